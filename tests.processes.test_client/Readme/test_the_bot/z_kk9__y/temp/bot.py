import json, socket

chat = socket.create_connection(("127.0.0.1", 40351)).makefile("rw", encoding="utf-8", newline="\n")
tell = lambda **fields: (chat.write(json.dumps(fields) + "\n"), chat.flush())
tell(type="hello", nick="echo")
for line in chat:
    event = json.loads(line) if line.startswith("{") else {}
    if event.get("type") == "message" and event["text"].startswith("echo "):
        tell(type="say", room=event["room"], text=event["text"][5:])
    elif event.get("type") == "ping":
        tell(type="pong")

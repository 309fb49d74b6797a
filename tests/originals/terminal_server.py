"""The original terminal server, as it is described (docs: rows A1-A13): threads, blocking sockets, a recv is a message.

    python tests/originals/terminal_server.py [PORT]

Started with port 0 it takes any. It prints what it does, first ``listening on HOST PORT``. It is here to be talked to
as it is, faults included: it asks with NICK and takes whatever comes, checks nothing, and passes on bytes as they come.
"""

import socket
import sys
import threading
from contextlib import suppress

HOST = "127.0.0.1"
clients = []
nicknames = []
lock = threading.Lock()


def say(line):
    print(line, flush=True)


def broadcast(message):
    with lock:
        everybody = list(clients)
    for client in everybody:
        with suppress(OSError):  # its own thread finds out
            client.sendall(message)


def serve(client):
    while True:
        try:
            message = client.recv(1024)
        except OSError:
            message = b""
        if not message:
            break
        say(f"got {message!r}")
        broadcast(message)
    with lock:
        nickname = nicknames.pop(clients.index(client))
        clients.remove(client)
    client.close()
    say(f"{nickname} left")
    broadcast(f"{nickname} left the chat!".encode("ascii", "replace"))


def welcome(client):
    try:
        client.sendall(b"NICK")
        nickname = client.recv(1024).decode("utf-8", "replace")
    except OSError:
        nickname = ""
    if not nickname:
        client.close()
        return
    with lock:
        clients.append(client)
        nicknames.append(nickname)
    say(f"{nickname} joined")
    broadcast(f"{nickname} joined the chat!".encode("ascii", "replace"))
    serve(client)


def main():
    listening = socket.create_server((HOST, int(sys.argv[1]) if len(sys.argv) > 1 else 55555))
    say("listening on {} {}".format(*listening.getsockname()))
    while True:
        client, _ = listening.accept()
        threading.Thread(target=welcome, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main()

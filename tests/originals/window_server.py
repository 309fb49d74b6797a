"""The original window server, as it is described (docs: rows C2-C14): threads, blocking sockets, a recv is a message.

    python tests/originals/window_server.py [PORT]

Started with port 0 it takes any. It prints ``Running the server on HOST PORT``, and what it does. It is here to
be talked to as it is: the first thing that comes is the username, it checks nothing but that there is one, and never
says that somebody left. Only the end of a connection is no reason for it to use all of a processor for ever.
"""

import socket
import sys
import threading
from contextlib import suppress

HOST = "127.0.0.1"
users = []
lock = threading.Lock()


def say(line):
    print(line, flush=True)


def broadcast(message):
    with lock:
        everybody = list(users)
    for _, client in everybody:
        with suppress(OSError):  # its own thread finds out
            client.sendall(message.encode())


def receive(client):
    try:
        data = client.recv(2048)
    except OSError:
        data = b""
    if data:
        say(f"got {data!r}")
    return data.decode("utf-8", "replace")


def serve(client):
    username = receive(client)
    if not username:
        say("Client username is empty")
        client.close()
        return
    with lock:
        users.append((username, client))
    broadcast(f"SERVER~{username} added to the chat")
    while message := receive(client):
        broadcast(f"{username}~{message}")
    say(f"The message sent from client {username} is empty")
    with lock:
        users.remove((username, client))
    client.close()


def main():
    listening = socket.create_server((HOST, int(sys.argv[1]) if len(sys.argv) > 1 else 9999))
    say("Running the server on {} {}".format(*listening.getsockname()))
    while True:
        client, address = listening.accept()
        say("Successfully connected to client {} {}".format(*address))
        threading.Thread(target=serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main()

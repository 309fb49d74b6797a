"""The terminal program's client: ``python terminal_client.py HOST PORT`` asks for a nickname, then talks."""

import socket
import sys
import threading

nickname = input("Choose your nickname: ")
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))


def hear() -> None:
    while True:
        try:
            message = connection.recv(1024).decode("ascii")
            if message == "NICK":
                connection.send(nickname.encode("ascii"))
            else:
                print(message, flush=True)
        except Exception:
            print("An error occured!", flush=True)
            connection.close()
            break


def talk() -> None:
    while True:
        connection.send(f"{nickname}: {input('')}".encode("ascii"))


threading.Thread(target=hear).start()
threading.Thread(target=talk).start()

"""The window program's client, 'Gossip..!': ``python window_client.py HOST PORT``.

What it shows it prints on standard output, too, so that a test can see it, and which of its boxes it opened.
"""

import socket
import sys
import threading
import tkinter
from tkinter import messagebox, scrolledtext

HOST, PORT = sys.argv[1], int(sys.argv[2])
PALE, PALER, GREY = "#9898FB", "#BBBBFF", "#C1C1CD"

connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def show(message: str) -> None:
    text.config(state=tkinter.NORMAL)
    text.insert(tkinter.END, message + "\n")
    text.config(state=tkinter.DISABLED)
    print(message, flush=True)


def complain(title: str, words: str) -> None:
    print(f"BOX {title} / {words}", flush=True)
    messagebox.showerror(title, words)


def connect() -> None:
    try:
        connection.connect((HOST, PORT))
        print("Successfully connected to server", flush=True)
        show("[SERVER] Successfully connected to the server")
    except OSError:
        complain("Unable to connect to server", f"Unable to connect to server {HOST} {PORT}")
    username = username_entry.get()
    if username != "":
        connection.sendall(username.encode())
    else:
        complain("Invalid username", "Username cannot be empty")
    threading.Thread(target=listen, daemon=True).start()
    username_entry.config(state=tkinter.DISABLED)
    connect_button.config(state=tkinter.DISABLED)


def send() -> None:
    message = message_entry.get()
    if message != "":
        connection.sendall(message.encode())
        message_entry.delete(0, len(message))
    else:
        complain("Empty message", "Message cannot be empty")


def listen() -> None:
    while True:
        message = connection.recv(2048).decode("utf-8")
        if message != "":
            name, words = message.split("~")[0], message.split("~")[1]
            show(f"[{name}] {words}")
        else:
            complain("Error", "Message received from client is empty")
            break  # the original asks for ever


root = tkinter.Tk()
root.geometry("600x600")
root.title("Gossip..!")
root.resizable(False, False)
for row, weight in enumerate((1, 4, 1)):
    root.grid_rowconfigure(row, weight=weight)
top = tkinter.Frame(root, width=600, height=100, bg=PALE)
middle = tkinter.Frame(root, width=600, height=400, bg=PALER)
bottom = tkinter.Frame(root, width=600, height=100, bg=PALE)
for row, frame in enumerate((top, middle, bottom)):
    frame.grid(row=row, column=0, sticky=tkinter.NSEW)
    frame.pack_propagate(False)
tkinter.Label(top, text="Enter username:", font=("Helvetica", 17), bg=PALE, fg="black").pack(side=tkinter.LEFT, padx=10)
username_entry = tkinter.Entry(top, font=("Helvetica", 17), bg=PALER, fg="black", width=23)
username_entry.pack(side=tkinter.LEFT)
connect_button = tkinter.Button(top, text="connect", font=("Helvetica", 15), bg=GREY, fg="black", command=connect)
connect_button.pack(side=tkinter.LEFT, padx=15)
message_entry = tkinter.Entry(bottom, font=("Helvetica", 17), bg=PALER, fg="black", width=38)
message_entry.pack(side=tkinter.LEFT, padx=10)
tkinter.Button(bottom, text="Send", font=("Helvetica", 15), bg=GREY, fg="black", command=send).pack(
    side=tkinter.LEFT, padx=10
)
text = scrolledtext.ScrolledText(middle, font=("Helvetica", 13), bg=PALER, fg="black", width=67, height=26.5)
text.config(state=tkinter.DISABLED)
text.pack(side=tkinter.TOP)
root.mainloop()

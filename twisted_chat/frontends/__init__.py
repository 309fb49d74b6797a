"""The doors: each turns one kind of connection into a session of the chat. They never import each other."""

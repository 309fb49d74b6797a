"""Stand-ins of the two old programs, as they are known: threads, blocking sockets, a read is a message.

They do on purpose what the originals do wrong, too; each is a program of its own, and knows nothing of the package.
"""

"""One chat, many doors: a self-hosted chat service on Twisted."""

__version__ = "0.1.0"

"""Tells twistd the name ``chat``. It imports nothing of ours, so it can't fail where twistd lists its commands."""

from twisted.application.service import ServiceMaker

chat = ServiceMaker(
    "Twisted Chat", "twisted_chat.tap", "A chat server that nc, telnet and its own client enter.", "chat"
)

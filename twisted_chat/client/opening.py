"""Opens a conversation with a server, in the dialect that it speaks."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import partial

from twisted_chat import __version__
from twisted_chat.client.connection import Connection, MakeLink
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.dialects import ORIGINAL
from twisted_chat.client.old_conversation import OldConversation
from twisted_chat.client.options import Target
from twisted_chat.client.outbox import Outbox
from twisted_chat.client.unframed import Unframed
from twisted_chat.client.wording import Speech
from twisted_chat.frontends import shapes


def conversation_for(
    target: Target, nick: str, *, password: str | None, history_lines: int | None = None, speech: Speech | None = None
) -> Conversation:
    """A new one, by this process's clock. `speech` writes what people say; None: as it is written there."""
    outbox = Outbox(secrets.token_hex(8))
    if target.dialect in ORIGINAL:
        return OldConversation(ORIGINAL[target.dialect], nick, outbox, now=local_now, speech=speech)
    return Conversation(
        nick,
        target.rooms,
        outbox,
        now=local_now,
        client=f"twisted-chat {__version__}",
        server_password=password,
        history_lines=history_lines,
        speech=speech or shapes,
    )


def links_for(target: Target) -> MakeLink:
    """What makes the connections of such a conversation."""
    return partial(Unframed, ORIGINAL[target.dialect]) if target.dialect in ORIGINAL else Connection


def local_now() -> datetime:
    """Aware, in the user's zone."""
    return datetime.now().astimezone()

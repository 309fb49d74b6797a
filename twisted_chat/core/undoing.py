"""The audit log of a room, and how an action in it is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted_chat.core import appointing, moderating, rights
from twisted_chat.core.charters import Action, Ban, Change, Charter, Hush, Topic
from twisted_chat.core.durations import until, when
from twisted_chat.core.errors import BadRequest, NoSuchRoom
from twisted_chat.core.rights import Verb, rank_in
from twisted_chat.core.text import shortened
from twisted_chat.core.told import Reply

if TYPE_CHECKING:
    from twisted_chat.core.rooms import Room
    from twisted_chat.core.session import Session

LOOKED_AT = 1_000
"""Actions among which one that is to be undone is looked for."""

SHOWN = 20
"""Lines of the audit log."""


def show_log(session: Session, room: Room, client_id: str | None) -> None:
    """Whether this session may see it is decided already."""

    def show(actions: list[Action]) -> None:
        lines = tuple(map(line_of, reversed(actions))) or (f"Nothing was done in {room.name} yet",)
        session.feed.tell(Reply(lines, client_id))

    moderating.actions(session, room.id, SHOWN, show, client_id)


def line_of(action: Action) -> str:
    whom = f" {action.whom}" if action.whom else ""
    why = f" ({action.why})" if action.why else ""
    undone = f", undone by #{action.undone}" if action.undone else ""
    return f"#{action.number} {when(action.time)} {action.nick}: {action.verb}{whom}{value_of(action)}{why}{undone}"


def value_of(action: Action) -> str:
    """What a topic or a setting became, without its secrets; until when a ban is."""
    after = action.change.after if action.change is not None else None
    if isinstance(after, Topic) and action.verb == Verb.TOPIC.value:
        return f": {shortened(after.text)}" if after.text else ": none"
    if action.verb == Verb.SET.value and action.change is not None:
        name = action.change.key[1]
        value = getattr(after, "value", getattr(Charter("", "").rules, name))
        return f" {appointing.shown(name, value)}"
    return until(getattr(after, "until", 0))


def undo(session: Session, room: Room, number: int | None, client_id: str | None) -> None:
    """Take back the action with this number, or the last one that can be. Who does it must have that one's right."""
    rights.check(Verb.UNDO, session.case(room))

    def found(actions: list[Action]) -> None:
        if not session.over:
            _take_back(session, room, chosen(actions, number, f"in {room.name}", "/log"), client_id)

    moderating.actions(session, room.id, LOOKED_AT, found, client_id)


def number_of(text: str, log: str) -> int | None:
    """The number of an action as it is typed; None for none. `log` is the command that shows them."""
    number = text.removeprefix("#")
    if number and not (number.isascii() and number.isdigit() and len(number) < 16):
        raise BadRequest(f"{shortened(text, 20)} is no number of an action; {log} shows them")
    return int(number) if number else None


def chosen(actions: list[Action], number: int | None, where: str, log: str) -> Action:
    """The one with this number, or the last one that can be undone. Raises `BadRequest` where there is none."""
    if number is None:
        action = next((each for each in actions if not each.undone and _can_be(each)), None)
    else:
        action = next((each for each in actions if each.number == number), None)
    if action is None:
        raise BadRequest(f"there is nothing to undo {where}; {log} shows what was done")
    if action.undone or not _can_be(action):
        why = f"was undone by #{action.undone}" if action.undone else "can't be undone"
        raise BadRequest(f"#{action.number} {why}")
    return action


def _can_be(action: Action) -> bool:
    return action.verb != Verb.UNDO.value and (action.change is not None or action.verb == Verb.KICK.value)


def _take_back(session: Session, room: Room, action: Action, client_id: str | None) -> None:
    chat = session.chat
    if chat.rooms.get(room.key) is not room:
        raise NoSuchRoom(room.name)  # it was dropped meanwhile
    whom = chat.accounts.of(action.whom_id)
    rank = rank_in(room, whom, False) if whom is not None else None
    rights.check(Verb.UNDO, session.case(room))  # anew: something may have happened since it was asked
    rights.check(Verb(action.verb), session.case(room, whom=rank))
    change = action.change.reversed() if action.change is not None else None
    if change is not None and isinstance(change.after, Topic):
        chat.helm.check_speech(session)
    if change is not None and change.key[0] != "topic" and room.charter.parts.get(change.key) != change.before:
        raise BadRequest(f"#{action.number} can't be undone: that was changed since; /log shows by whom")
    if change is not None and change.before is None and change.after is not None:
        moderating.room_for(room, type(change.after), chat.now())
    if change is not None and isinstance(change.after, Topic):
        chat.helm.check_speech(session)
    kept = moderating.act(
        session, room, Verb.UNDO, whom=f"#{action.number} {action.verb} {action.whom}".rstrip(), whom_id=action.whom_id,
        change=change, undoes=action.number,
    )  # fmt: skip
    if action.verb == Verb.KICK.value:
        room.admitted.give(action.whom_id)
        person = chat.persons.get(action.whom_id)
        if person is not None and room not in person.wanted:
            moderating.notify(person, f"You may come back to {room.name}")
    if action.verb == Verb.INVITE.value:
        invited = chat.persons.get(action.whom_id)
        if invited is None or room not in invited.wanted:  # whoever came in stays
            room.admitted.take(action.whom_id)
    if change is not None and isinstance(change.after, Topic):
        session.post_topic(room, change.after.text)
    if change is not None and isinstance(change.after, Ban):
        moderating.expel_hit(session, room, change.after)
    if change is not None and action.whom_id:
        _tell(session, room, action, change)
    moderating.answer(session, kept, f"Undone: {line_of(action)}", client_id)


def _tell(session: Session, room: Room, action: Action, change: Change) -> None:
    """Whom it was about, as he was told of what is undone now."""
    person = session.chat.persons.get(action.whom_id)
    who = moderating.Somebody(action.whom_id, action.whom, person.account if person is not None else None, person)
    if change.key[0] == "hush":
        moderating.tell_hush(who, room, change.after if isinstance(change.after, Hush) else None)
    else:
        appointing.tell_role(who, room, change)

from __future__ import annotations

import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core import errors
from twisted_chat.core.errors import ChatError

ALL = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ChatError)]
PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"

WORDS = {
    errors.BadNick("why not"): "why not",
    errors.NickInUse("bob"): "bob is taken",
    errors.NickConfusable("Iarry", "larry"): "Iarry looks too much like larry",
    errors.NickReserved("server"): "server is a reserved word",
    errors.NoSuchNick("bob"): "nobody here is called bob",
    errors.BadRoom("why not"): "why not",
    errors.NoSuchRoom("#dev"): "there is no room #dev",
    errors.NobodyToAnswer(): "nobody has written to you alone yet",
    errors.NotIgnored("bob"): "you do not ignore bob",
    errors.InNoRoom(): "you are in no room; /join one first",
    errors.NotInRoom("#dev"): "you are not in #dev; /join #dev first",
    errors.TooManyRooms("a person may be in", 50): "a person may be in at most 50 rooms",
    errors.Banned("#dev"): "you are banned from #dev",
    errors.Banned("#dev", "spam", "noon"): "you are banned from #dev until noon: spam",
    errors.NetworkBanned(): "your network is banned from this server",
    errors.NetworkBanned(" until noon", ": spam"): "your network is banned from this server until noon: spam",
    errors.NeedKey("#dev"): "#dev is locked; /join #dev KEY opens it",
    errors.InviteOnly("#dev"): "#dev is for those who are invited",
    errors.RoomFull("#dev", 2): "#dev has room for 2 people, and they are there",
    errors.TooFast("#dev", 30, 7): "one message in 30 s each in #dev; say it again in 7 s",
    errors.NeedText("/me ACTION"): "/me ACTION",
    errors.TextTooLong(2001, 2000): "2001 characters; at most 2000 are taken",
    errors.LineTooLong(8192): "a line may have 8192 bytes; nothing of this one was said",
    errors.UnknownCommand("/x"): "/x: no such command; /help lists them",
    errors.UnknownCommand("/jion", ("/join",)): "/jion: did you mean /join?",
    errors.UnknownCommand("/h", ("/help", "/history")): "/h: did you mean /help or /history?",
    errors.BadRequest("why not"): "why not",
    errors.BadLogin("why not"): "why not",
    errors.NameTaken("bob"): "bob is registered; /login bob makes it yours, if you know its password",
    errors.BadPassword("why not"): "why not",
    errors.PlaintextRefused(): "a password may not cross the net in clear: come by TLS",
    errors.TooManySessions(20): "this account is here 20 times already; /sessions lists them, /ghost ends them",
    errors.IdReused("c-7"): "id c-7 stands in the log with something else",
    errors.NoSuchLine(12): "there is no line #12 that you could read",
    errors.Busy("why not"): "why not",
    errors.NotAllowed("why not"): "why not",
    errors.ServerFull("why not"): "why not",
    errors.StorageUnavailable(): "the log can't be written now; nothing was said",
    errors.Flood(): "too much for too long; come back when there is less to say",
    errors.Replaced(): "you came back by another connection; this one ends",
    errors.Killed(": spam"): "an operator of the server ended this connection: spam",
    errors.TimedOut("why not"): "why not",
    errors.ShuttingDown(): "the server is going down",
}


class Words(SynchronousTestCase):
    def test_each_says_in_one_line_why(self) -> None:
        for error, words in WORDS.items():
            self.assertEqual(str(error), words)

    def test_none_is_left_out(self) -> None:
        self.assertEqual({type(error) for error in WORDS} | {ChatError}, set(ALL))

    def test_the_protocol_page_has_each_code_and_no_other(self) -> None:
        table = PROTOCOL.read_text().split("## Error codes")[1]
        rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
        self.assertEqual(
            sorted(code for row in rows for code in re.findall(r"`(\w+)`", row)),
            sorted({error.code for error in ALL if error is not ChatError}),
        )

    def test_what_somebody_typed_is_quoted_clean_and_short(self) -> None:
        self.assertEqual(str(errors.NoSuchNick("b\x1bo\nb")), "nobody here is called bo b")
        self.assertEqual(len(str(errors.NoSuchNick("b" * 5_000))), len("nobody here is called ") + 120)
        self.assertEqual(
            str(errors.UnknownCommand("/\x07" + "x" * 99)), "/" + "x" * 56 + "...: " + errors.UnknownCommand("").hint
        )

    def test_braces_in_it_mean_nothing(self) -> None:
        self.assertEqual(str(errors.NoSuchNick("{nick}{0}")), "nobody here is called {nick}{0}")

"""What the terminal program's server does, row by row, and what ours does in its place."""

from __future__ import annotations

import re

from anyascii import anyascii
from twisted.logger import LogEvent, formatEvent, globalLogPublisher

from tests.frontends.unframed.case import UnframedCase
from tests.helpers import Rate
from twisted_chat.core.errors import ServerFull
from twisted_chat.core.names import parse_nick, similar
from twisted_chat.core.people import Person
from twisted_chat.frontends.connection import GREETING_TIME
from twisted_chat.frontends.unframed.codec import REST_WITHIN
from twisted_chat.frontends.unframed.dialects import Tutorial

TAKEN = b"!!! NICK_IN_USE alice is taken"


class ComingIn(UnframedCase):
    def test_four_bytes_and_nothing_else(self) -> None:
        """A3."""
        client = self.terminal()
        self.assertEqual(client.reads(), [b"NICK"])

    def test_a_nickname_is_one_read(self) -> None:
        """A4, A6."""
        nc = self.person("bob")
        client = self.terminal()
        client.says("alice")
        self.assertEqual(
            client.reads(), [b"NICK", b"*** Welcome, alice. 1 other is in #lobby: bob. /help lists the commands."]
        )
        nc.hears("*** alice joined #lobby")

    def test_a_name_that_is_taken(self) -> None:
        """A4: the client answers by itself with the same name, so after three tries it gets another."""
        self.person("alice")
        client = self.terminal()
        answered, seen = 0, []
        for _round in range(10):
            for write in client.reads():
                seen.append(write)
                if write == b"NICK":  # it compares the whole read
                    client.says("alice")
                    answered += 1
        self.assertEqual(seen[:5], [b"NICK", TAKEN, b"NICK", TAKEN, b"NICK"])
        self.assertEqual(seen[5], b"*** alice is taken; here you are alice2")
        self.assertTrue(seen[6].startswith(b"*** Welcome, alice2. "))
        self.assertEqual((answered, len(seen)), (3, 7))

    def test_another_answer_than_the_first(self) -> None:
        self.person("alice")
        client = self.terminal()
        client.says("alice")
        client.says("eve")
        self.assertIn(b"*** Welcome, eve. 1 other is in #lobby: alice. /help lists the commands.", client.reads())

    def test_bad_names(self) -> None:
        """A4: empty, reserved, ill-formed: why, and NICK again."""
        for sent, code in ((b"\n", b"BAD_NICK"), (b"  ", b"BAD_NICK"), (b"admin", b"NICK_RESERVED"),
                           (b"a b", b"BAD_NICK"), (b"x" * 40, b"BAD_NICK"), (b"\xff\xfe", b"BAD_NICK")):  # fmt: skip
            client = self.terminal()
            client.reads()
            client.sends(sent)
            why, prompt = client.reads()
            self.assertTrue(why.startswith(b"!!! " + code), why)
            self.assertEqual(prompt, b"NICK")

    def test_nothing_that_could_be_made_a_name(self) -> None:
        client = self.terminal()
        for _try in range(3):
            client.says("~ ~")
        self.assertTrue(client.reads()[-1].startswith(b"*** Welcome, guest. "))

    def test_everything_like_it_is_taken(self) -> None:
        holder = Person("1", parse_nick("somebody"), 0)
        for nick in similar("alice"):
            self.chat.names.reserve(parse_nick(nick), holder)
        client = self.terminal()
        for _try in range(3):
            client.says("alice")
        self.assertTrue(client.reads()[-1].startswith(b"!!! NICK_IN_USE alice"))
        self.assertTrue(client.is_closed)

    def test_no_answer(self) -> None:
        client = self.terminal()
        self.clock.advance(GREETING_TIME)
        self.assertEqual(client.reads(), [b"NICK", b"!!! TIMEOUT you had 60 seconds for a name"])
        self.assertTrue(client.is_closed)

    def test_the_end_of_the_stream_instead(self) -> None:
        client = self.terminal()
        client.protocol.readConnectionLost()
        self.assertTrue(client.is_closed)

    def test_a_browser_that_was_talked_into_it(self) -> None:
        client = self.terminal()
        client.sends(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nalice\r\nhi\r\n")
        self.assertTrue(client.transport.aborted)
        self.assertEqual(self.chat.persons, {})

    def test_a_newline_behind_the_name_does_no_harm(self) -> None:
        """With `nc`, which sends lines."""
        client = self.terminal()
        client.sends(b"alice\r\n")
        self.assertTrue(client.reads()[-1].startswith(b"*** Welcome, alice. "))

    def test_the_last_lines(self) -> None:
        nc = self.person("bob")
        nc.says("one", "two")
        client = self.terminal()
        client.says("alice")
        self.assertEqual(
            client.reads()[2:],
            [
                b"*** The last 2 lines of #lobby (UTC):",
                b"*** #1 2026-11-18 12:00 bob: one",
                b"*** #2 2026-11-18 12:00 bob: two",
            ],
        )

    def test_what_is_typed_before_one_is_in(self) -> None:
        """It is no nickname, and the client goes on putting the one that it gave before everything."""
        nc = self.person("alice")
        client = self.terminal()
        client.says("alice")
        client.says("alice: hello there")
        client.says("alice")
        client.says("alice")
        self.assertIn(b"*** You are not in yet, and that was not said", client.reads())
        client.says("alice: hi")
        self.assertEqual(nc.takes(), ["*** alice2 joined #lobby", "alice2: hi"])

    def test_it_is_in_the_log(self) -> None:
        """A6, C5."""
        said: list[LogEvent] = []
        globalLogPublisher.addObserver(said.append)
        self.addCleanup(globalLogPublisher.removeObserver, said.append)
        self.terminal("alice", host="192.0.2.7")
        self.assertIn("'alice' (1) came from 192.0.2.7:40001", [formatEvent(each) for each in said])

    def test_a_server_that_goes_down(self) -> None:
        client = self.terminal()
        self.chat.close("bye")
        client.says("alice")
        self.assertEqual(client.reads()[1:], [b"!!! SHUTTING_DOWN the server is going down"])
        self.assertTrue(client.is_closed)

    def test_who_is_not_admitted(self) -> None:
        self.assertEqual(self.tutorial.refusal(ServerFull("full")), b"!!! SERVER_FULL full")
        self.assertEqual(self.gossip.refusal(ServerFull("full")), b"SERVER~!!! SERVER_FULL full")


class Talking(UnframedCase):
    def setUp(self) -> None:
        super().setUp()
        self.nc = self.person("bob")
        self.alice = self.terminal("alice")
        self.nc.takes()

    def test_to_all_the_sender_included(self) -> None:
        """A8, A9: the client puts the nickname before the text."""
        self.alice.says("alice: hi")
        self.assertEqual(self.alice.reads(), [b"alice: hi"])
        self.nc.hears("alice: hi")

    def test_what_others_say(self) -> None:
        self.nc.says("hi", "/me waves", "/msg alice psst", "/topic tea")
        self.assertEqual(
            self.alice.reads(), [b"bob: hi", b"* bob waves", b"[pm] bob: psst", b"*** bob set the topic of #lobby: tea"]
        )

    def test_nobody_speaks_as_somebody_else(self) -> None:
        """A9."""
        self.alice.says("bob: I owe alice a beer")
        self.assertEqual(self.alice.reads(), [b"alice: bob: I owe alice a beer"])
        self.nc.hears("alice: bob: I owe alice a beer")

    def test_the_name_that_was_given_instead(self) -> None:
        other = self.terminal()
        for _try in range(3):
            other.says("alice")
        other.says("alice: hi")
        self.assertEqual(self.nc.takes()[-1], "alice2: hi")

    def test_a_new_name(self) -> None:
        self.alice.says("alice: /nick ally")
        self.alice.says("alice: one")
        self.alice.says("ally: two")
        self.nc.hears("*** alice is now ally", "ally: one", "ally: two")

    def test_only_one_prefix_is_taken_away(self) -> None:
        self.alice.says("alice: oneDalice: /quit")
        self.nc.hears("alice: oneDalice: /quit")

    def test_lines_from_nc(self) -> None:
        self.alice.sends(b"one\r\ntwo\n\nthr")
        self.alice.sends(b"ee\n")
        self.nc.hears("alice: one", "alice: two", "alice: thr", "alice: ee")

    def test_nothing_said(self) -> None:
        for text in ("alice: ", "\n", "alice:  "):
            self.alice.says(text)
        self.assertEqual(self.alice.reads(), [])
        self.nc.hears()

    def test_commands(self) -> None:
        self.alice.says("alice: /who")
        self.assertEqual(self.alice.reads(), [b"*** 2 people are here:", b"*** alice  #lobby", b"*** bob  #lobby"])
        self.alice.says("alice: /jion")
        self.assertEqual(self.alice.reads(), [b"!!! UNKNOWN_COMMAND /jion: did you mean /join?"])
        self.nc.hears()

    def test_passwords_are_not_asked_for(self) -> None:
        self.alice.says("alice: /oper ruth")
        self.assertEqual(self.alice.reads(), [b"!!! NEED_TEXT that needs more: /oper NAME PASSWORD"])
        self.nc.hears()

    def test_another_room(self) -> None:
        self.alice.says("alice: /join #dev")
        self.assertEqual(self.alice.reads(), [b"*** You are in #dev, alone."])
        self.nc.says("hi")
        self.assertEqual(self.alice.reads(), [b"[#lobby] bob: hi"])

    def test_only_ascii(self) -> None:
        """A11."""
        self.person("josé").says("Café — Straße 北")
        self.assertEqual(self.alice.reads(), [b"*** jose~ joined #lobby", b"jose~: Cafe - Strasse ?"])

    def test_a_name_that_looks_like_another_there(self) -> None:
        jose, real = self.person("josé"), self.person("jose")
        jose.says("/msg alice psst", "/nick josè", "/join #café", "/part", "hi")
        real.says("hi")
        self.assertEqual(
            self.alice.reads()[2:],
            [b"[pm] jose~: psst", b"*** jose~ is now jos?~", b"jos?~: hi", b"jose: hi"],
        )
        self.alice.says("alice: /join #café")
        self.assertEqual(self.alice.reads(), [b"*** You are in #cafe~, alone."])
        self.alice.says("alice: /history")
        self.assertEqual(self.alice.reads(), [b"*** #cafe~ has no lines there"])
        self.alice.says("alice: /switch #lobby")
        self.alice.reads()
        self.alice.says("alice: /search hi")
        self.assertEqual(self.alice.reads()[0], b"*** 2 lines found, the newest first (UTC):")
        other = self.terminal()
        other.says("eve")
        self.assertIn(b"jos?~", other.reads()[1])

    def test_no_write_over_1024_bytes(self) -> None:
        """A12: cut between words, each with the name."""
        words = [f"word{number}" for number in range(250)]
        self.nc.says(" ".join(words))
        written = self.alice.reads()
        self.assertEqual(len(written), 2)
        self.assertLessEqual(max(map(len, written)), 1024)
        self.assertEqual(b" ".join(write.removeprefix(b"bob: ") for write in written).decode().split(), words)
        self.nc.says("/me " + "x" * 1500)
        self.assertEqual([write[:6] for write in self.alice.reads()], [b"* bob "] * 2)

    def test_a_long_answer(self) -> None:
        for number in range(70):
            self.person(f"somebody-with-a-long-name-{number}")
        self.alice.reads()
        self.alice.says("alice: /names")
        written = self.alice.reads()
        self.assertGreater(len(written), 1)
        self.assertEqual([write[:8] for write in written[1:]], [b"*** ... "] * (len(written) - 1))
        self.assertLessEqual(max(map(len, written)), 1024)

    def test_no_line_of_the_servers_can_be_made_by_cutting_another(self) -> None:
        """What somebody makes long enough to be cut goes on in a way in which no line of the server's begins."""
        forged = "x" * 900 + " " + "left #lobby (kicked) " * 30
        self.nc.says(forged, f"/edit #1 {forged}", f"/me {forged}", f"/topic {forged[:400]}", f"/quit {forged}")
        late = self.terminal()
        late.says("late")
        for write in self.alice.reads() + late.reads():
            for line in write.decode().split("\n"):
                self.assertRegex(line, r"^(NICK$|\*\*\* (\.\.\. |#\d+ |bob |late |Welcome|The )|bob: |\* bob )")

    def test_the_longest_names_that_there_are(self) -> None:
        """One letter may be written out in 20."""
        long = "\U00016809" * 49
        self.tutorial = self.door(Tutorial(anyascii))
        client = self.terminal("carol")
        self.nc.says(f"/nick {long[:32]}", f"/join #{long}", "hello " * 300, "/topic tea", "/part #" + long)
        client.says(f"carol: /join #{long}")
        client.says("carol: /switch #lobby")
        self.nc.says(
            f"/join #{long}", "hello " * 300, "/me waves", "/msg carol psst " + "x " * 900, "/quit " + "y " * 900
        )
        written = client.reads()
        self.assertGreater(len(written), 9)
        self.assertLessEqual(max(map(len, written)), 1024)

    def test_who_says_nick(self) -> None:
        self.nc.says("NICK")
        self.assertEqual(self.alice.reads(), [b"bob: NICK"])

    def test_200_lines_at_full_speed(self) -> None:
        self.nc.says(*(f"line {number}" for number in range(200)))
        written = self.alice.reads()
        said = b"\n".join(written).decode().split("\n")
        self.assertEqual(said, [f"bob: line {number}" for number in range(200)])
        self.assertLess(len(written), 60)

    def test_half_a_character(self) -> None:
        data = "alice: né".encode()
        self.alice.sends(data[:-1])
        self.nc.hears()
        self.alice.sends(data[-1:])
        self.nc.hears("alice: né")

    def test_letters_of_two_characters(self) -> None:
        self.nc.sends("cafe\u0301\r\n".encode())
        self.assertEqual(self.alice.reads(), [b"bob: cafe"])

    def test_half_a_character_and_a_rude_end(self) -> None:
        self.alice.sends(b"alice: n\xc3")
        self.alice.hangs_up(rudely=True)
        self.nc.hangs_up()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_half_a_character_whose_rest_never_comes(self) -> None:
        self.alice.sends(b"alice: n\xc3")
        self.clock.advance(REST_WITHIN)
        self.turn()
        self.nc.hears("alice: n\ufffd")
        self.alice.sends(b"alice: n\xc3")
        self.alice.hangs_up()
        self.nc.hears("alice: n\ufffd", "*** alice left #lobby")

    def test_a_read_too_long(self) -> None:
        for _read in range(16):
            self.alice.sends(b"x" * 65_536)
        self.assertEqual(set(b"\n".join(self.alice.reads()).split(b"\n")),
                         {b"!!! LINE_TOO_LONG a line may have 8192 bytes; nothing of this one was said"})  # fmt: skip
        self.alice.says("alice: still here")
        self.nc.hears("alice: still here")

    def test_a_text_too_long(self) -> None:
        self.alice.says("alice: " + "x" * 2001)
        self.assertEqual(self.alice.reads(), [b"!!! TEXT_TOO_LONG 2001 characters; at most 2000 are taken"])

    def test_control_characters(self) -> None:
        self.alice.sends(b"alice: a\x1b[2Jb\x00c")
        self.nc.hears("alice: a[2Jbc")


class Leaving(UnframedCase):
    """A10: told exactly once, however it ends."""

    def setUp(self) -> None:
        super().setUp()
        self.nc = self.person("bob")
        self.alice = self.terminal("alice")
        self.nc.takes()

    def test_closed(self) -> None:
        self.alice.protocol.readConnectionLost()
        self.turn()
        self.nc.hears("*** alice left #lobby")
        self.assertTrue(self.alice.is_closed)
        self.alice.hangs_up()
        self.nc.hears()

    def test_reset(self) -> None:
        self.alice.hangs_up(rudely=True)
        self.nc.hears("*** alice left #lobby (connection lost)")

    def test_quit(self) -> None:
        self.alice.says("alice: /quit so long")
        self.nc.hears("*** alice left #lobby (so long)")
        self.assertEqual(self.alice.reads(), [b"*** Goodbye, alice."])
        self.assertTrue(self.alice.is_closed)
        self.alice.hangs_up()
        self.nc.hears()

    def test_nothing_is_left_behind(self) -> None:
        self.alice.says("alice: /help")
        self.alice.hangs_up()
        self.nc.hangs_up()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.tutorial.connections, set())

    def test_the_server_goes_down(self) -> None:
        stranger = self.terminal()
        stranger.reads()
        self.chat.close("The server is going down")
        gone = self.tutorial.close("The server is going down", 2.0)
        for client in (self.alice, stranger):
            self.assertEqual(client.reads(), [b"*** The server is going down"])
            self.assertTrue(client.is_closed)
            client.hangs_up()
        self.successResultOf(gone)


class ASlowReader(UnframedCase):
    options = {"history_lines": 0}

    def test_it_is_passed_by_and_nobody_else_notices(self) -> None:
        nc, alice = self.person("bob"), self.terminal("alice")
        nc.takes()
        alice.protocol._outbox.pauseProducing()
        for number in range(300):
            nc.says(f"{number} " + "x" * 500)
        self.assertEqual(alice.has_read(), [])
        self.assertLess(alice.protocol.backlog, 100_000)
        alice.protocol._outbox.resumeProducing()
        said = b"\n".join(alice.reads()).decode()
        numbers = [int(found) for found in re.findall(r"^bob: (\d+) ", said, re.MULTILINE)]
        self.assertEqual(numbers, list(range(300)))

    def test_who_missed_too_much_gets_one_notice(self) -> None:
        nc, alice = self.person("bob"), self.terminal("alice")
        alice.protocol._outbox.pauseProducing()
        for number in range(800):
            nc.says(f"{number} " + "x" * 500)
        alice.protocol._outbox.resumeProducing()
        said = b"\n".join(alice.reads()).decode()
        self.assertEqual(len(re.findall(r"lines skipped, /history has them", said)), 1)


class AFastTalker(UnframedCase):
    rate = Rate(20, 5.0)

    def test_it_is_slowed_and_nothing_is_lost(self) -> None:
        nc, alice = self.person("bob"), self.terminal("alice")
        nc.takes()
        alice.sends(b"".join(b"line %d\n" % number for number in range(40)))
        self.assertLess(len(nc.takes()), 25)
        heard = 0
        for _second in range(10):
            self.clock.advance(1)
            self.turn()
            heard += len(nc.takes())
        self.assertGreater(heard, 15)
        alice.says("last")
        for _second in range(10):
            self.clock.advance(1)
            self.turn()
        self.assertEqual(nc.takes()[-1], "alice: last")

    def test_each_message_has_its_price(self) -> None:
        nc, alice = self.person("bob"), self.terminal("a")
        nc.takes()
        alice.says("a: " + "xa: " * 2000)
        self.assertEqual(len(nc.takes()), 0)  # one text, and too long
        self.assertTrue(alice.reads()[0].startswith(b"!!! TEXT_TOO_LONG "))

    def test_half_a_character_behind_a_pause(self) -> None:
        nc, alice = self.person("bob"), self.terminal("alice")
        alice.sends(b"".join(b"line %d\n" % number for number in range(20)))
        alice.sends(b"x\nhalf \xc3")
        for _second in range(10):
            self.clock.advance(1)
            self.turn()
        self.assertEqual(nc.takes()[-2:], ["alice: x", "alice: half \ufffd"])


class APassword(UnframedCase):
    password = "sesame"

    def test_it_is_asked_for(self) -> None:
        client = self.terminal()
        client.says("alice")
        wanted = b"*** This server has a password: send it as your next message"
        self.assertEqual(client.reads(), [b"NICK", wanted])
        self.assertEqual(self.chat.persons, {})
        client.says("alice: sesame")
        self.assertTrue(client.reads()[0].startswith(b"*** Welcome, alice. "))

    def test_three_wrong_ones(self) -> None:
        client = self.window()
        client.says("alice")
        for _try in range(3):
            self.assertFalse(client.is_closed)
            client.says("open")
        written = client.reads()
        self.assertEqual(written[0], b"SERVER~This server has a password: send it as your next message")
        self.assertEqual(written[1:], [b"SERVER~!!! BAD_LOGIN that is not the server's password"] * 3)
        self.assertTrue(client.is_closed)

    def test_a_taken_name_behind_it(self) -> None:
        nc = self.connect()
        nc.says("sesame", "alice")
        client = self.terminal()
        client.says("alice")
        client.says("sesame")
        self.assertEqual(client.reads()[-2:], [TAKEN, b"NICK"])
        client.says("eve")
        self.assertTrue(client.reads()[0].startswith(b"*** Welcome, eve. "))


class Accounts(UnframedCase):
    def test_a_registered_name_is_not_given_away(self) -> None:
        nc = self.person("alice")
        nc.says("/register open-sesame", "/quit")
        nc.hangs_up()
        client = self.terminal()
        for _try in range(3):
            client.says("alice")
        written = client.reads()
        why = b"alice is registered; /login alice makes it yours, if you know its password"
        self.assertEqual((written[1], written[5]), (b"!!! NAME_TAKEN " + why, b"*** " + why + b"; here you are alice2"))
        self.person("josé").says("/msg alice psst")
        client.reads()
        client.says("alice: /login alice open-sesame")
        written = client.reads()
        self.assertEqual(written[0], b"*** You are alice now")
        self.assertIn(b"[pm] jose~: psst", b"".join(written))
        self.assertIsNotNone(self.chat.person_called("alice").account)


class AnotherRoom(UnframedCase):
    room = "#class"

    def test_it_is_the_only_one(self) -> None:
        nc = self.person("bob")
        client = self.terminal()
        client.says("alice")
        self.assertTrue(client.reads()[1].startswith(b"*** Welcome, alice. You are alone in #class. "))
        nc.hears()
        nc.says("/join #class")
        nc.takes()
        client.says("alice: hi")
        nc.hears("alice: hi")
        self.assertEqual(self.window("carol").reads(), [])
        self.assertEqual(client.reads(), [b"*** bob joined #class", b"alice: hi", b"*** carol joined #class"])

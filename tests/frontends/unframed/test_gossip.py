"""What the window program's server does, row by row, and what ours does in its place."""

from __future__ import annotations

from tests.frontends.unframed.case import UnframedCase
from twisted_chat.frontends.connection import GREETING_TIME

TILDE = "\u223c"
"""What a tilde is to this door: harmless."""


class ComingIn(UnframedCase):
    def test_the_first_read_is_the_username(self) -> None:
        """C6, C8."""
        bob = self.window("bob")
        alice = self.window()
        self.assertEqual(alice.reads(), [])
        alice.says("alice")
        self.assertEqual(
            alice.reads(),
            [
                b"SERVER~alice added to the chat",
                b"SERVER~Welcome, alice. 1 other is in #lobby: bob. /help lists the commands.",
            ],
        )
        self.assertEqual(bob.reads(), [b"SERVER~alice added to the chat"])

    def test_an_empty_one(self) -> None:
        """C6."""
        client = self.window()
        client.sends(b"\n")
        client.sends(b"  ")
        self.assertEqual(client.reads(), [b"SERVER~Username cannot be empty"] * 2)
        client.says("alice")
        self.assertEqual(client.reads()[0], b"SERVER~alice added to the chat")

    def test_nothing_but_empty_ones(self) -> None:
        client = self.window()
        for _try in range(65):
            client.sends(b"\n")
        self.assertIn(b"!!! FLOOD ", client.reads()[-1])
        self.assertTrue(client.is_closed)

    def test_none(self) -> None:
        """C6: a deadline; the end of the stream is an end."""
        client = self.window()
        self.clock.advance(GREETING_TIME)
        self.assertEqual(client.reads(), [b"SERVER~!!! TIMEOUT you had 60 seconds for a name"])
        self.assertTrue(client.is_closed)
        client = self.window()
        client.protocol.readConnectionLost()
        self.assertTrue(client.is_closed)

    def test_a_taken_one(self) -> None:
        """C7: the client can't answer, so another is given at once."""
        self.person("alice")
        client = self.window()
        client.says("alice")
        self.assertEqual(
            client.reads()[:2], [b"SERVER~alice is taken; here you are alice2", b"SERVER~alice2 added to the chat"]
        )

    def test_what_can_be_no_name(self) -> None:
        """C7: `~`, control characters, the name SERVER."""
        for username, nick in (
            ("a~b", "a_b"),
            ("SERVER", "_SERVER"),
            ("SERVER]", "_SERVER]"),
            ("x\x1b[0my", "x_[0my"),
            ("John Smith", "John_Smith"),
            ("~", "guest"),
            ("7up", "_7up"),
            ("x" * 40, "x" * 32),
        ):
            client = self.window()
            client.says(username)
            added = client.reads()[1].decode()
            self.assertEqual(added, f"SERVER~{nick} added to the chat")
            client.hangs_up()

    def test_a_username_cut_in_two(self) -> None:
        data = "josé".encode()
        client = self.window()
        client.sends(data[:-1])
        client.sends(data[-1:])
        self.assertEqual(client.reads()[0].decode(), "SERVER~josé added to the chat")


class Talking(UnframedCase):
    def setUp(self) -> None:
        super().setUp()
        self.nc = self.person("bob")
        self.alice = self.window("alice")
        self.nc.takes()

    def test_to_all_the_sender_too(self) -> None:
        """C9."""
        self.alice.says("hi žluťoučký")
        self.assertEqual([write.decode() for write in self.alice.reads()], ["alice~hi žluťoučký"])
        self.nc.hears("alice: hi žluťoučký")

    def test_what_others_say(self) -> None:
        self.nc.says("hi", "/me waves", "/msg alice psst", "/topic tea", "/away", "/nick rob")
        self.assertEqual(
            self.alice.reads(),
            [
                b"bob~hi",
                b"bob~* waves",
                b"bob -> you~psst",
                b"SERVER~bob set the topic of #lobby: tea",
                b"SERVER~bob is away",
                b"SERVER~bob is now rob",
            ],
        )

    def test_ones_own_prefix_is_text_here(self) -> None:
        self.alice.says("alice: hi")
        self.assertEqual(self.alice.reads(), [b"alice~alice: hi"])

    def test_a_tilde(self) -> None:
        """C13: the window shows a text up to its second one only."""
        self.alice.says("~/bin is ~ where")
        self.assertEqual(self.alice.reads()[0].decode(), f"alice~{TILDE}/bin is {TILDE} where")
        self.nc.hears("alice: ~/bin is ~ where")

    def test_who_speaks_as_the_server(self) -> None:
        self.alice.says("SERVER~bob left the chat")
        self.assertEqual(self.alice.reads()[0].decode(), f"alice~SERVER{TILDE}bob left the chat")
        self.nc.says("SERVER~x")
        self.assertEqual(self.alice.reads()[0].decode(), f"bob~SERVER{TILDE}x")

    def test_no_write_over_2048_bytes(self) -> None:
        """C14: cut between characters, always name~text."""
        self.nc.says("é" * 1999)
        written = self.alice.reads()
        self.assertEqual(len(written), 2)
        self.assertLessEqual(max(map(len, written)), 2048)
        self.assertEqual("".join(write.decode().removeprefix("bob~") for write in written), "é" * 1999)

    def test_no_line_of_the_servers_can_be_made_by_cutting_another(self) -> None:
        forged = "\u00e9" * 900 + " " + "alice left the chat " * 50
        self.nc.says(forged, f"/edit #1 {forged}", f"/quit {forged}")
        late = self.window()
        late.says("late")
        for write in self.alice.reads() + late.reads():
            for line in write.decode().split("\n"):
                if line.startswith(("SERVER~", "[SERVER] ")):
                    self.assertRegex(line[7:].lstrip("] "), r"^(\.\.\. |#1 |bob |late |Welcome|The )")
                else:
                    self.assertRegex(line, r"^(bob~|\[bob\] )")

    def test_what_is_said_to_one_alone_or_elsewhere_can_not_be_imitated(self) -> None:
        self.nc.says("[pm] psst", "[#dev] hi", "-> you: psst")
        self.assertEqual([write.partition(b"~")[0] for write in self.alice.reads()], [b"bob"] * 3)
        self.nc.says("/msg alice psst", "/msg alice /me waves")
        self.assertEqual(self.alice.reads(), [b"bob -> you~psst", b"bob -> you~/me waves"])

    def test_200_lines_at_full_speed(self) -> None:
        self.nc.says(*(f"line {number}" for number in range(200)))
        shown = []
        for write in self.alice.reads():
            name, text = write.decode().split("~")  # as the window does; more of them would be lost
            shown += f"[{name}] {text}".split("\n")
        self.assertEqual(shown, [f"[bob] line {number}" for number in range(200)])

    def test_commands(self) -> None:
        self.alice.says("/who")
        self.assertEqual(
            self.alice.reads(), [b"SERVER~2 people are here:", b"SERVER~alice  #lobby", b"SERVER~bob  #lobby"]
        )
        self.alice.says("/msg nobody hi")
        self.assertEqual(self.alice.reads(), [b"SERVER~!!! NO_SUCH_NICK nobody here is called nobody"])
        self.alice.says("/msg bob psst")
        self.assertEqual(self.alice.reads(), [b"you -> bob~psst"])

    def test_other_rooms(self) -> None:
        self.alice.says("/join #dev")
        self.assertEqual(self.alice.reads(), [b"SERVER~You are in #dev, alone."])
        self.nc.says("hi", "/join #dev", "there", "/part", "/quit")
        self.assertEqual(
            self.alice.reads(),
            [
                b"bob in #lobby~hi",
                b"SERVER~bob added to the chat",
                b"bob~there",
                b"SERVER~bob left the chat",
                b"SERVER~bob left #lobby",
            ],
        )
        self.alice.says("/part")
        self.assertEqual(self.alice.reads(), [b"SERVER~You left #dev", b"SERVER~You are in #lobby now"])

    def test_a_tilde_in_what_the_server_says(self) -> None:
        self.nc.says("/topic ~")
        self.assertEqual(self.alice.reads()[0].decode(), f"SERVER~bob set the topic of #lobby: {TILDE}")

    def test_leaving(self) -> None:
        """C10, C11."""
        other = self.window("carol")
        self.assertEqual(self.alice.reads(), [b"SERVER~carol added to the chat"])
        other.protocol.readConnectionLost()
        self.turn()
        self.assertEqual(self.alice.reads(), [b"SERVER~carol left the chat"])
        self.assertTrue(other.is_closed)
        self.nc.hangs_up()
        self.assertEqual(self.alice.reads(), [b"SERVER~bob left the chat"])


class TheMessageOfTheDay(UnframedCase):
    options = {"motd": ("Be kind ~", "", "and quiet")}

    def test_blank_lines_are_left_out(self) -> None:
        client = self.window()
        client.says("alice")
        self.assertEqual(
            [write.decode() for write in client.reads()[2:]], [f"SERVER~Be kind {TILDE}", "SERVER~and quiet"]
        )


class Together(UnframedCase):
    def test_all_in_one_room(self) -> None:
        """E."""
        nc, terminal, window = self.person("bob"), self.terminal("alice"), self.window("carol")
        terminal.reads()
        nc.takes()
        nc.says("from nc")
        terminal.says("alice: from the terminal")
        window.says("from the window")
        self.assertEqual(terminal.reads(), [b"bob: from nc", b"alice: from the terminal", b"carol: from the window"])
        self.assertEqual(window.reads(), [b"bob~from nc", b"alice~from the terminal", b"carol~from the window"])
        nc.hears("alice: from the terminal", "carol: from the window")
        terminal.hangs_up()
        window.hangs_up()
        nc.hears("*** alice left #lobby", "*** carol left #lobby")

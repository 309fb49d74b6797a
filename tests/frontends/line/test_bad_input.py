"""What strangers send: each gets a clear answer, and somebody else in the room sees nothing of it and goes on."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import LineCase, Peer
from twisted_chat.frontends.line.framing import MAX_LINE

TOO_LONG = "!!! LINE_TOO_LONG a line may have 8192 bytes; nothing of this one was said"
FLOOD = "!!! FLOOD too much for too long; come back when there is less to say"


class BadInputCase(LineCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob, self.carol = self.person("bob"), self.person("carol")
        self.bob.takes()

    def tearDown(self) -> None:
        """Whatever happened: the others are undisturbed."""
        self.bob.hears()
        self.bob.says("can you read me?")
        self.assertEqual(self.carol.takes()[-1], "bob: can you read me?")
        self.carol.says("yes")
        self.bob.hears("carol: yes")

    def stranger(self) -> Peer:
        """Not in yet."""
        peer = self.connect()
        peer.hears("NICK")
        return peer

    def mallory(self) -> Peer:
        peer = self.person("mallory")
        self.bob.hears("*** mallory joined #lobby")
        return peer

    def bot(self) -> Peer:
        peer = self.program("mallory")
        self.bob.hears("*** mallory joined #lobby")
        return peer


class Lines(BadInputCase):
    def test_no_newline_for_ever_before_a_name(self) -> None:
        peer = self.stranger()
        for _packet in range(8):
            peer.sends(b"x" * 1024)
        peer.hears()
        peer.sends(b"xx")
        peer.hears(TOO_LONG)
        self.assertTrue(peer.is_closed)
        for _packet in range(100):
            peer.sends(b"x" * 65536)
            self.assertEqual(len(peer.protocol._buffer), 0)
        peer.sends(b"\r\nmallory\r\n")
        peer.hears()

    def test_no_newline_for_ever_in_the_room(self) -> None:
        peer = self.mallory()
        for _packet in range(160):
            peer.sends(b"x" * 65536)
            self.assertLessEqual(len(peer.protocol._buffer), MAX_LINE + 1)
        peer.hears(TOO_LONG)
        peer.sends(b"\r\nsorry\r\n")
        self.bob.hears("mallory: sorry")
        self.assertFalse(peer.is_closed)

    def test_a_line_of_10_megabytes_at_once(self) -> None:
        peer = self.mallory()
        peer.sends(b"x" * 10_000_000 + b"\r\nsorry\r\n")
        peer.hears(TOO_LONG)
        self.bob.hears("mallory: sorry")

    def test_64_kibibytes_of_bare_newlines_in_the_room(self) -> None:
        mallory, robot = self.mallory(), self.program("robot")
        self.bob.takes()
        mallory.takes()
        for peer in (mallory, robot):
            peer.sends(b"\n" * 65536)
            peer.hears()
            self.assertFalse(peer.is_closed)

    def test_64_kibibytes_of_bare_newlines_before_a_name(self) -> None:
        peer = self.stranger()
        peer.sends(b"\n" * 65536)
        lines = peer.takes()
        self.assertEqual(len(lines), 64 * 2 + 1)
        self.assertEqual(lines[-1], FLOOD)
        self.assertTrue(peer.is_closed)

    def test_the_greeting_split_byte_by_byte(self) -> None:
        peer = self.stranger()
        for at in range(len(line := "mällory\r\nhi 😀\r\n".encode())):
            peer.sends(line[at : at + 1])
        self.bob.hears("*** mällory joined #lobby", "mällory: hi 😀")

    def test_an_http_request(self) -> None:
        peer = self.stranger()
        peer.sends(b"POST / HTTP/1.1\r\nHost: 127.0.0.1:55555\r\n\r\nmallory\r\nbuy this\r\n")
        peer.hears()
        self.assertTrue(peer.transport.disconnected)

    def test_an_http_request_in_pieces(self) -> None:
        peer = self.stranger()
        for piece in (b"GET /", b" HTTP/1.1", b"\r\n", b"\r\nmallory\r\n"):
            peer.sends(piece)
        peer.hears()
        self.assertTrue(peer.transport.disconnected)


class Characters(BadInputCase):
    def test_nul_and_control_bytes(self) -> None:
        self.mallory().sends(b"he\x00ll\x07o\x08\x7f\x1a\t!\xc2\x9b\r\r\n")
        self.bob.hears("mallory: hello\t!")

    def test_nothing_but_control_bytes(self) -> None:
        peer = self.mallory()
        peer.sends(b"\x00\x01\x02\r\n")
        peer.hears()

    def test_escape_sequences(self) -> None:
        self.mallory().sends(b"\x1b[2J\x1b]0;owned\x07hi\xc2\x9b31m\r\n")
        self.bob.hears("mallory: [2J]0;ownedhi31m")

    def test_the_direction_of_writing(self) -> None:
        self.mallory().says("\u202eevil\u2066 \u200f\u061c\U000e0041")
        self.bob.hears("mallory: evil")

    def test_bad_utf_8_cut_across_packets(self) -> None:
        peer = self.mallory()
        peer.sends(b"caf\xc3")
        peer.sends(b"\xa9 \xf0\x9f")
        peer.sends(b"( \xc3\r\n")
        self.bob.hears("mallory: café �( �")

    def test_bad_utf_8_as_a_name(self) -> None:
        peer = self.stranger()
        peer.sends(b"m\xe4llory\r\n")
        self.assertEqual([line[:12] for line in peer.takes()], ["!!! BAD_NICK", "NICK"])

    def test_look_alike_whitespace_as_a_name(self) -> None:
        for code in (
            0x3164, 0x2800, 0x00A0, 0xFFA0, 0x115F, 0x1160, 0x180E, 0x200B, 0x2003, 0x2060, 0x3000, 0xFEFF, 0x00AD,
        ):  # fmt: skip
            for nick in (chr(code), f"bob{chr(code)}", f"{chr(code)}bob", f"bo{chr(code)}b"):
                peer = self.stranger()
                peer.says(nick)
                refusal, prompt = peer.takes()
                self.assertTrue(refusal.startswith("!!! BAD_NICK a nickname "), f"U+{code:04X}: {refusal}")
                self.assertIn(f"U+{code:04X}", refusal)
                self.assertEqual(prompt, "NICK")

    def test_a_name_that_plays_the_server(self) -> None:
        for nick in ("***", "!!!", "[#dev]", "* bob", "bob:", "*** bob", "{", "-bob", "1bob"):
            peer = self.stranger()
            peer.says(nick)
            self.assertIn(peer.takes()[0][:13], ("!!! BAD_NICK ", '{"type":"erro'), nick)
            self.assertIsNone(peer.protocol._session)

    @settings(max_examples=200)
    @given(st.lists(st.binary(max_size=60), max_size=8))
    def test_any_bytes_at_all(self, packets: list[bytes]) -> None:
        for peer in (self.connect(), self.person("mallory"), self.program("robot")):
            self.bob.takes()
            for packet in packets:
                peer.sends(packet.replace(b"/q", b"/x"))
            for line in self.bob.takes():
                self.assertTrue(line.replace("\t", "").isprintable() or "�" in line or not line.isascii(), line)
                self.assertFalse(any(ord(character) < 32 and character != "\t" for character in line), line)
            peer.hangs_up()
        self.bob.takes()


class BeforeTheGreeting(BadInputCase):
    def test_a_command(self) -> None:
        peer = self.stranger()
        for command in ("/who", "/quit", "/msg bob hi", "//", "/nick mallory"):
            peer.says(command)
            refusal, prompt = peer.takes()
            self.assertTrue(refusal.startswith("!!! BAD_NICK "), refusal)
            self.assertEqual(prompt, "NICK")
        self.assertFalse(peer.is_closed)

    def test_requests_of_a_program(self) -> None:
        peer = self.stranger()
        for fields in (
            {"type": "say", "room": "#lobby", "text": "hi"}, {"type": "command", "text": "/who"}, {"type": "ping"},
        ):  # fmt: skip
            peer.says_object(id="c-1", **fields)
            self.assertEqual(
                peer.takes_objects(), [{"type": "error", "code": "BAD_REQUEST", "text": "say hello first", "id": "c-1"}]
            )

    def test_1000_connections_that_never_answer(self) -> None:
        self.factory.admission._in_all = 2_000
        silent = [self.connect() for _number in range(1000)]
        self.clock.advance(30)
        dora = self.person("dora")
        self.bob.hears("*** dora joined #lobby")
        dora.says("crowded here")
        self.bob.hears("dora: crowded here")
        self.clock.advance(29)
        self.assertFalse(any(peer.is_closed for peer in silent))
        self.clock.advance(1)
        for peer in silent:
            peer.hears("NICK", "!!! TIMEOUT you had 60 seconds for a name")
            self.assertTrue(peer.is_closed)
        self.clock.advance(5)
        self.assertTrue(all(peer.transport.disconnected for peer in silent))
        for peer in silent:
            peer.hangs_up()
        self.assertEqual(len(self.factory.connections), 3)
        self.assertFalse(dora.is_closed)


class Objects(BadInputCase):
    def refused(self, peer: Peer, line: str, text: str, code: str = "BAD_REQUEST", **more: object) -> None:
        peer.says(line)
        self.assertEqual(peer.takes_objects(), [{"type": "error", "code": code, "text": text, **more}])
        self.assertFalse(peer.is_closed)

    def test_10000_nested_brackets(self) -> None:
        peer = self.bot()
        for line in ('{"text":' + "[" * 10_000, '{"a":' * 5_000, "[" * 10_000 + "]" * 10_000):
            self.refused_in_some_words(peer, line)

    def test_nested_brackets_in_the_hello(self) -> None:
        self.refused_in_some_words(self.stranger(), '{"nick":' + "[" * 8_000)

    def refused_in_some_words(self, peer: Peer, line: str) -> None:
        """How deep is too deep depends on the version of Python; which complaint comes, too."""
        peer.says(line)
        (answer,) = peer.takes_objects()
        self.assertEqual((answer["type"], answer["code"]), ("error", "BAD_REQUEST"))
        self.assertFalse(peer.is_closed)

    def test_numbers_where_strings_belong(self) -> None:
        peer = self.bot()
        self.refused(peer, '{"type":"say","room":"#lobby","text":5}', "text of say must be a string")
        self.refused(peer, '{"type":"say","room":5,"text":"hi"}', "room of say must be a string")
        self.refused(peer, '{"type":"command","text":[]}', "text of command must be a string")
        self.refused(peer, '{"type":"ping","id":7}', "id of ping must be a string of 1 to 64 printable characters")
        self.refused(self.stranger(), '{"type":"hello","nick":5}', "nick of hello must be a string")

    def test_strange_numbers(self) -> None:
        peer = self.bot()
        self.refused(peer, '{"type":"history","room":"#lobby","limit":NaN}', "NaN is no JSON")
        self.refused(peer, f'{{"type":"history","room":"#lobby","limit":{"9" * 5000}}}', "a number is too long")
        for number in ("1e400", "-1", "1.5", "true", '"5"', str(2**63)):
            self.refused(
                peer,
                f'{{"type":"history","room":"#lobby","before":{number}}}',
                "before of history must be a whole number from 0",
            )

    def test_what_is_no_object(self) -> None:
        peer = self.bot()
        for line in ("[]", "5", '"hello"', "null"):
            self.refused(peer, line, "an object is wanted")

    def test_lone_surrogates(self) -> None:
        peer = self.bot()
        peer.says('{"type":"say","room":"#lobby","text":"\\ud800hi\\udfff"}')
        self.assertEqual(peer.takes_objects()[0]["text"], "hi")
        self.bob.hears("mallory: hi")
        self.refused(
            peer, '{"type":"say","room":"#lobby","text":"\\ud800"}', "there is nothing to say in that", "NEED_TEXT"
        )
        self.refused(
            peer,
            '{"type":"ping","id":"\\ud800"}',
            "id of ping must be a string of 1 to 64 printable characters",
        )
        self.refused(peer, '{"type":"ping","\\ud800key":1}', "ping has no key key")
        self.refused(peer, '{"type":"say","to":"\\ud800","text":"hi"}', "nobody here is called ", "NO_SUCH_NICK")
        self.refused(
            peer,
            '{"type":"join","room":"#\\ud800"}',
            "a room's name holds letters, digits and _ - [ ] { } \\ ^ | `, not U+D800",
            "BAD_ROOM",
        )
        self.refused(
            peer, '{"type":"command","text":"/\\ud800"}', "/: no such command; /help lists them", "UNKNOWN_COMMAND"
        )
        self.assertEqual(json.loads('"\\ud800"'), "\ud800", "Python's decoder lets them through")

    def test_lone_surrogates_in_the_hello(self) -> None:
        peer = self.stranger()
        self.refused(
            peer,
            '{"type":"hello","nick":"mal\\ud800"}',
            "a nickname holds letters, digits and _ - [ ] { } \\ ^ | `, not U+D800",
            "BAD_NICK",
        )
        peer.says('{"type":"hello","nick":"mallory","resume":"\\ud800","log":"\\ud800","client":"\\ud800"}')
        self.assertEqual(peer.takes_objects()[0]["type"], "welcome")
        self.bob.hears("*** mallory joined #lobby")

    def test_line_ends_within_a_text(self) -> None:
        peer = self.bot()
        peer.says_object(type="say", room="#lobby", text="one\r\n*** bob left #lobby\u2028two\x85three")
        self.bob.hears("mallory: one  *** bob left #lobby two three")

    def test_too_many_rooms_at_once(self) -> None:
        peer = self.stranger()
        line = json.dumps({"type": "hello", "nick": "mallory", "rooms": [f"#r{number}" for number in range(60)]})
        self.refused(peer, line, "a person may be in at most 50 rooms", "TOO_MANY_ROOMS")
        self.assertEqual(list(self.chat.rooms), ["#lobby"])

"""Whatever a stranger sends to an unframed door, nobody else is hurt."""

from __future__ import annotations

import re

from anyascii import anyascii
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.frontends.unframed.case import UnframedCase
from twisted_chat.frontends.unframed.dialects import Tutorial

READS = st.lists(
    st.binary(min_size=1, max_size=60)
    | st.text(min_size=1, max_size=60).map(lambda text: text.encode("utf-8", "replace"))
    | st.sampled_from([b"alice: ", b"NICK", b"SERVER~x", b"/", b"/nick ", b"\xc3", b"~", b"\n", b"x" * 9_000]),
    max_size=20,
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Strangers(UnframedCase):
    @settings(max_examples=60)
    @given(READS)
    def test_no_exception_and_no_control_byte_on_anybodys_wire(self, reads: list[bytes]) -> None:
        self.setUp()
        self.tutorial = self.door(Tutorial(anyascii))
        nc, terminal, window = self.person("bob"), self.terminal("carol"), self.window("dave")
        for stranger in (self.terminal(), self.window()):
            for read in reads:
                stranger.sends(read)
            stranger.hangs_up()
        nc.says("still here")
        for line in nc.takes():
            self.assertIsNone(CONTROL.search(line), line)
        for write in terminal.reads():
            self.assertTrue(write.isascii())
            self.assertIsNone(CONTROL.search(write.decode()), write)
        seen = window.reads()
        for write in seen:
            self.assertEqual(write.count(b"~"), 1)
            self.assertIsNone(CONTROL.search(write.decode()), write)
        self.assertTrue(seen[-1].endswith(b"still here"))
        self.assertEqual(self.flushLoggedErrors(), [])

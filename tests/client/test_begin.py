"""Ctrl-C before the client is ready for it, in processes that interrupt themselves."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import twisted_chat

ROOT = Path(twisted_chat.__file__).parent.parent


class Interrupted(SynchronousTestCase):
    def runs(self, code: str) -> tuple[int, str, str]:
        """The status of a process, what it said, and the last line of its complaint."""
        begin = "import os, signal\nfrom twisted_chat.client.begin import *\n"
        found = subprocess.run(
            [sys.executable, "-c", begin + code], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return found.returncode, found.stdout, found.stderr.strip().rpartition("\n")[2]

    def test_at_first_it_ends_without_a_word(self) -> None:
        ended = self.runs("die_at_interrupt(); os.kill(os.getpid(), signal.SIGINT)")
        self.assertEqual(ended, (-signal.SIGINT, "", ""))

    def test_then_it_is_taken_as_everywhere(self) -> None:
        code = "die_at_interrupt(); heed_interrupts(); os.kill(os.getpid(), signal.SIGINT)"
        self.assertEqual(self.runs(code)[2], "KeyboardInterrupt")

    def test_where_it_is_ignored_it_stays_so(self) -> None:
        code = """if True:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            die_at_interrupt()
            heed_interrupts()
            os.kill(os.getpid(), signal.SIGINT)
            print('still here')
        """
        self.assertEqual(self.runs(code), (0, "still here\n", ""))

    def test_the_program_begins_there_and_reads_the_rest_later(self) -> None:
        self.assertIn("twisted-chat = twisted_chat.client.begin:main\n", (ROOT / "setup.cfg").read_text())
        code = "import sys; print(sorted(name for name in sys.modules if 'twisted' in name))"
        names = "['twisted_chat', 'twisted_chat.client', 'twisted_chat.client.begin']"
        self.assertEqual(self.runs(code), (0, f"{names}\n", ""))

    def test_it_is_the_client(self) -> None:
        status, said, _error = self.runs("import sys; sys.argv = ['twisted-chat', '--version']; main()")
        self.assertEqual((status, said), (0, f"Twisted Chat {twisted_chat.__version__}\n"))

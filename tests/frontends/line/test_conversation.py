"""The human dialect, as a chat log."""

from tests.helpers import LineCase


class Talking(LineCase):
    def test_two_people(self) -> None:
        alice = self.connect()
        alice.hears("NICK")
        alice.says("alice")
        alice.hears("*** Welcome, alice. You are alone in #lobby. /help lists the commands.")
        bob = self.person("bob")
        alice.hears("*** bob joined #lobby")
        alice.says("hello")
        bob.hears("alice: hello")
        alice.hears()

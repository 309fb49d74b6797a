"""What strangers wrote, on the screen of whoever runs the server: `twisted-chat-admin` puts no control byte there."""

from __future__ import annotations

import json

from tests.admin.test_admin import AdminCase
from tests.hostile import HOSTILE, dangerous

LINE = {"type": "message", "room": "#lobby", "nick": "alice", "text": "hi", "time": "2026-11-22T12:00:00Z"}


class Hostile(AdminCase):
    def looked_through(self) -> None:
        for text in (self.out, self.errors):
            for line in text.splitlines():
                self.assertEqual(dangerous(line), [], line)

    def test_a_file_of_texts_and_its_export(self) -> None:
        lines = [
            json.dumps(LINE | {"text": f"x{hostile}mark{number}.", "id": f"c-{number}"})
            for number, hostile in enumerate(HOSTILE)
        ]
        self.assertEqual(self.admin("import", "-", stdin="\n".join(lines).encode()), 0, self.errors)
        self.looked_through()
        for words in ((), ("--format", "jsonl")):
            self.assertEqual(self.admin("export", *words), 0)
            self.looked_through()
            shown = self.out.split("\n")[:-1]
            self.assertEqual(len(shown), len(HOSTILE), "one line each")
            for number, line in enumerate(shown):
                self.assertIn(f"mark{number}.", line)
        for line in shown:
            self.assertEqual(dangerous(json.loads(line)["text"]), [])

    def test_lines_that_are_refused(self) -> None:
        for hostile in HOSTILE:
            for wrong in (
                {"nick": f"alice{hostile}"}, {"room": f"#lobby{hostile}"}, {"type": hostile}, {hostile: hostile},
                {"time": hostile}, {"person": hostile}, {"id": f"{hostile}c"}, {"seq": hostile}, {"to": hostile},
            ):  # fmt: skip
                self.admin("import", "-", stdin=json.dumps(LINE | wrong).encode())
                self.looked_through()
            self.admin("import", "-", stdin=f"{hostile}\n".encode("utf-8", "surrogatepass"))
            self.looked_through()
        self.admin("export")
        self.looked_through()
        self.admin("export", "--format", "jsonl")
        self.looked_through()
        for line in self.out.splitlines():
            self.assertEqual(
                [dangerous(str(value)) for value in json.loads(line).values() if dangerous(str(value))], []
            )

    def test_rooms_that_are_asked_for(self) -> None:
        self.fill()
        for hostile in HOSTILE:
            self.admin("export", "--room", f"#{hostile}")
            self.looked_through()

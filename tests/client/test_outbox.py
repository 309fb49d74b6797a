"""What is unconfirmed, over cuts."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.outbox import Outbox


class OutboxTests(SynchronousTestCase):
    def add(self, box: Outbox, kind: str, line: str) -> None:
        box.add({"type": kind}, line, "#lobby")

    def test_in_order_with_ids(self) -> None:
        box = Outbox("x")
        self.assertFalse(box)
        self.add(box, "say", "one")
        self.add(box, "say", "two")
        self.assertEqual([entry.fields["id"] for entry in box.take()], ["x-1", "x-2"])
        self.assertEqual(box.take(), [])
        self.assertEqual(len(box), 2)
        self.assertEqual(box.confirm("x-1").typed, "one")
        self.assertIsNone(box.confirm("x-1"))
        self.assertIsNone(box.confirm(""))
        self.assertEqual(len(box), 1)

    def test_the_window(self) -> None:
        box = Outbox("x", window=2)
        for line in "abc":
            self.add(box, "say", line)
        self.assertEqual([entry.typed for entry in box.take()], ["a", "b"])
        self.assertEqual([entry.typed for entry in box], ["a", "b", "c"])
        box.confirm("x-2")
        self.assertEqual([entry.typed for entry in box.take()], ["c"])

    def test_the_limit(self) -> None:
        box = Outbox("x", limit=1)
        self.assertFalse(box.full)
        self.add(box, "say", "a")
        self.assertTrue(box.full)

    def test_a_cut(self) -> None:
        box = Outbox("x", window=4)
        for kind, line in [("say", "a"), ("command", "b"), ("join", "c"), ("say", "d"), ("command", "e")]:
            self.add(box, kind, line)
        box.take()
        self.assertEqual([entry.typed for entry in box.cut()], ["b"])
        self.assertEqual([(entry.id, entry.typed) for entry in box.take()],
                         [("x-1", "a"), ("x-3", "c"), ("x-4", "d"), ("x-5", "e")])  # fmt: skip

    def test_one_that_waits_again_can_be_confirmed(self) -> None:
        box = Outbox("x", window=1)
        self.add(box, "say", "a")
        self.add(box, "say", "b")
        box.take()
        box.cut()
        self.assertEqual(box.confirm("x-1").typed, "a")
        self.assertEqual([entry.typed for entry in box.take()], ["b"])

    def test_what_follows_waits_for_an_answer(self) -> None:
        box = Outbox("x")
        self.add(box, "say", "a")
        box.add({"type": "command"}, "b", "#lobby", alone=True)
        self.add(box, "say", "c")
        self.assertEqual([entry.typed for entry in box.take()], ["a", "b"])
        self.assertEqual(box.take(), [])
        box.confirm("x-1")
        self.assertEqual(box.take(), [])
        box.confirm("x-2")
        self.assertEqual([entry.typed for entry in box.take()], ["c"])

"""Who is where."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.rooms import Rooms


class RoomsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.rooms = Rooms()
        self.rooms.replace([{"name": "#lobby", "people": ["bob", "Carol"]}, {"name": "#dev", "people": ["dave"]}])

    def test_the_current_room_comes_first(self) -> None:
        self.assertEqual(self.rooms.nicks(), ["bob", "Carol", "dave"])
        self.rooms.current = "#dev"
        self.assertEqual(self.rooms.nicks(), ["dave", "bob", "Carol"])
        self.rooms.current = "#gone"
        self.assertEqual(self.rooms.nicks(), ["bob", "Carol", "dave"])

    def test_comings_and_goings(self) -> None:
        self.rooms.joined("#dev", "erin")
        self.rooms.left("#lobby", "bob")
        self.rooms.renamed("dave", "dan")
        for room in ("#nowhere",):
            self.rooms.joined(room, "x")
            self.rooms.left(room, "x")
            self.rooms.listed(room, ["x"])
            self.rooms.spoke(room, 1)
        self.assertEqual(self.rooms.nicks(), ["Carol", "dan", "erin"])
        self.rooms.listed("#lobby", ["zoe"])
        self.assertEqual(self.rooms.nicks(), ["zoe", "dan", "erin"])

    def test_finding(self) -> None:
        self.assertEqual(self.rooms.find("#DEV"), "#dev")
        self.assertEqual(self.rooms.find("dev"), "#dev")
        self.assertIsNone(self.rooms.find("de"))

    def test_entering_and_leaving(self) -> None:
        self.rooms.enter("#new", ["x"])
        self.assertEqual(self.rooms.current, "#new")
        self.rooms.leave("#dev")
        self.assertEqual(self.rooms.current, "#new")
        self.rooms.leave("#new")
        self.assertEqual(self.rooms.current, "#lobby")
        self.rooms.leave("#lobby")
        self.assertEqual((self.rooms.current, self.rooms.names()), ("#lobby", []))

    def test_who_leaves_is_where_he_was_let_in_last(self) -> None:
        self.rooms.enter("#new", [])
        self.rooms.leave("#new")
        self.assertEqual(self.rooms.current, "#dev")

    def test_what_is_history(self) -> None:
        self.assertTrue(self.rooms.is_history("#dev", 9))
        self.rooms.spoke("#dev", 5)
        self.rooms.spoke("#dev", 7)
        self.assertTrue(self.rooms.is_history("#dev", 4))
        self.assertFalse(self.rooms.is_history("#dev", 5))
        self.assertTrue(self.rooms.is_history("#else", 5))

    def test_a_room_by_another_spelling(self) -> None:
        for typed in ("dev", "#DEV", "#\uff44\uff45\uff56"):
            self.assertEqual(self.rooms.find(typed), "#dev")

    def test_a_room_that_the_user_is_put_out_of(self) -> None:
        self.rooms.aim("#Dev")
        self.assertEqual(self.rooms.current, "#dev")
        self.rooms.leave("#dev", unasked=True)
        self.assertEqual((self.rooms.current, self.rooms.place, self.rooms.is_nowhere), ("#dev", "not in #dev", True))
        self.rooms.enter("#ops", [], unasked=True)
        self.assertTrue(self.rooms.is_nowhere)
        self.rooms.enter("#dev", [], unasked=True)
        self.assertEqual((self.rooms.place, self.rooms.is_nowhere), ("#dev", False))

    def test_a_room_that_can_not_be_joined(self) -> None:
        self.rooms.aim("#ops")
        self.rooms.turn_back("#lobby")
        self.assertEqual(self.rooms.place, "#lobby")
        self.rooms.aim("#ops")
        self.rooms.turn_back("#gone")
        self.assertEqual(self.rooms.place, "not in #gone")

    def test_a_list_that_lacks_the_current_room(self) -> None:
        lobby = [{"name": "#lobby"}]
        self.rooms.current = "#dev"
        self.rooms.replace(lobby, {"#dev"})
        self.assertFalse(self.rooms.is_nowhere)
        self.rooms.replace(lobby)
        self.assertTrue(self.rooms.is_nowhere)
        self.rooms.replace([*lobby, {"name": "#dev"}])
        self.assertEqual(self.rooms.place, "#dev")

    def test_what_was_seen_live_is_known_over_a_list_of_the_same_log(self) -> None:
        self.rooms.spoke("#dev", 5)
        self.rooms.replace([{"name": "#dev"}], seen=True)
        self.assertFalse(self.rooms.is_history("#dev", 5))
        self.rooms.replace([{"name": "#dev"}])
        self.assertTrue(self.rooms.is_history("#dev", 5))

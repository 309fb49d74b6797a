from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.doubles import arrives, someone
from tests.helpers import CoreCase
from twisted_chat import __version__
from twisted_chat.core import commands
from twisted_chat.core.commands import BY_NAME, COMMANDS, Command, find
from twisted_chat.core.errors import UnknownCommand

SUMMARY = "Whatever does not begin with / is said in your current room; //x says /x."


class Finding(SynchronousTestCase):
    def unknown(self, word: str) -> str:
        return str(self.assertRaises(UnknownCommand, find, word))

    def test_by_name_and_alias_in_any_case(self) -> None:
        for command in COMMANDS:
            for word in (command.name, command.name.upper(), *command.aliases):
                self.assertIs(find(word), command)

    def test_each_name_and_alias_is_one_commands(self) -> None:
        names = [name for command in COMMANDS for name in (command.name, *command.aliases)]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(set(names), set(BY_NAME))

    def test_by_a_prefix_that_only_one_has(self) -> None:
        for word, name in (("sw", "switch"), ("he", "help"), ("HIST", "history"), ("una", ""), ("uni", "unignore")):
            if name:
                self.assertEqual(find(word).name, name)
            else:
                self.unknown(word)

    def test_an_alias_goes_before_a_prefix(self) -> None:
        self.assertEqual([find(word).name for word in "mwrj"], ["msg", "msg", "reply", "join"])

    def test_a_prefix_that_several_have(self) -> None:
        self.assertEqual(self.unknown("h"), "/h: did you mean /help or /history or /hush?")
        self.assertEqual(self.unknown("wh"), "/wh: did you mean /who or /whois?")

    def test_a_slip_of_the_keys(self) -> None:
        self.assertEqual(self.unknown("jion"), "/jion: did you mean /join?")
        self.assertEqual(self.unknown("Histroy"), "/Histroy: did you mean /history?")

    def test_nothing_like_it(self) -> None:
        for word in ("xyzzy", "", "€"):
            self.assertEqual(self.unknown(word), f"/{word}: no such command; /help lists them")

    def test_an_exact_one_is_never_shortened(self) -> None:
        fatal = Command("zap", "", "ends it all", lambda _session, _argument, _id: None, exact=True)
        self.patch(commands, "COMMANDS", (*COMMANDS, fatal))
        self.patch(commands, "BY_NAME", {**BY_NAME, "zap": fatal})
        self.assertEqual(self.unknown("za"), "/za: did you mean /zap?")
        self.assertIs(find("ZAP"), fatal)


EVERYBODYS = tuple(command for command in COMMANDS if not command.for_operators)


class Case(CoreCase):
    options = {"motd": ("be kind",), "name": "Test"}

    def setUp(self) -> None:
        super().setUp()
        self.alice = someone(self, "alice")
        self.bob = someone(self, "bob")
        self.alice.takes()

    def answers(self, *lines: str) -> list[str]:
        """What alice hears of typing `lines`."""
        self.alice.takes()
        self.bob.takes()
        self.alice.types(*lines)
        return self.alice.takes()

    def answer(self, line: str) -> str:
        [answer] = self.answers(line)
        return answer


class Usage(Case):
    def test_those_that_need_more_say_so(self) -> None:
        for command in EVERYBODYS:
            if command.name == "password":  # of which a guest has none
                self.assertIn("!!! NOT_ALLOWED you are a guest", self.answer("/password"))
            elif command.parameters and not command.parameters.startswith("["):
                self.assertEqual(
                    self.answer(f"/{command.name}  "),
                    f"!!! NEED_TEXT that needs more: /{command.name} {command.parameters}",
                )

    def test_the_others_do_not(self) -> None:
        for command in EVERYBODYS:
            if command.parameters.startswith("[") or not command.parameters:
                guest = someone(self, "guest")
                guest.types(f"/{command.name}")
                complaints = [each for each in guest.takes() if each.startswith("!!!")]
                if command.name in ("logout", "unread", "bans", "log", "undo"):
                    self.assertEqual(len(complaints), 1)  # a guest is no account's, and keeps no room
                else:
                    self.assertEqual(complaints, [], command.name)
                guest.session.depart()
                self.turn()

    def test_an_unknown_one_is_not_said_aloud(self) -> None:
        self.assertEqual(self.answer("/jion #dev"), "!!! UNKNOWN_COMMAND /jion: did you mean /join?")
        self.assertEqual(self.answer("/"), "!!! UNKNOWN_COMMAND /: no such command; /help lists them")
        self.bob.hears()

    def test_each_is_answered_once_to_a_program_that_marks_it(self) -> None:
        typed = {
            "help": "", "nick": "ally", "me": "waves", "say": "hi", "msg": "bob hi", "reply": "hi", "join": "#dev",
            "part": "#dev", "switch": "#lobby", "rooms": "", "names": "", "who": "", "whois": "bob", "topic": "work",
            "away": "", "back": "", "ignore": "bob", "unignore": "bob", "history": "", "motd": "", "time": "",
            "version": "", "register": "long enough", "login": "alice wrong", "password": "long enough", "sessions": "",
            "unread": "", "ghost": "", "oper": "alice wrong", "search": "hi", "edit": "#1 ho", "delete": "#1",
            "create": "#mine", "drop": "#mine", "invite": "bob", "kick": "bob", "ban": "?bob", "unban": "bob",
            "bans": "", "op": "bob", "deop": "bob", "voice": "bob", "devoice": "bob", "hush": "bob", "slow": "5",
            "lock": "off", "set": "", "log": "", "undo": "", "logout": "", "quit": "",
        }  # fmt: skip
        self.assertEqual(set(typed), {command.name for command in EVERYBODYS})
        self.bob.types("/msg alice hi")
        for name, argument in typed.items():
            self.alice.takes()
            self.alice.session.typed(f"/{name} {argument}", "c-1")
            self.turn()
            marks = [getattr(item, "client_id", None) for item, _stance, _view in self.alice.listener.heard]
            self.assertEqual(marks.count("c-1"), 0 if name == "quit" else 1, name)

    def test_those_that_take_nothing_more_say_so(self) -> None:
        for line in ("/logout now", "/sessions x", "/who #dev", "/rooms all"):
            usage = line.split()[0]
            self.assertEqual(self.answer(line), f"!!! BAD_REQUEST that takes nothing more: {usage}")
        for line in ("/join #a #b", "/join #a key more"):
            self.assertEqual(self.answer(line), "!!! BAD_REQUEST one room at a time: /join #ROOM [KEY]")
        self.assertNotIn("#a", self.chat.rooms)


class Helping(Case):
    def test_all(self) -> None:
        self.alice.types("/help")
        [(reply, _stance, _view)] = self.alice.listener.heard
        first, *rows, last = reply.lines
        self.assertEqual(first, SUMMARY)
        self.assertEqual(
            rows[0], "/help [COMMAND]                                  lists the commands, or explains one"
        )
        self.assertEqual([row.split()[0] for row in rows], [f"/{command.name}" for command in EVERYBODYS])
        self.assertEqual({row.index(command.help) for row, command in zip(rows, EVERYBODYS, strict=True)}, {49})
        self.assertEqual(
            last,
            "A command may be shortened as long as it is clear which one is meant; a PASSWORD left out is asked for.",
        )

    def test_one(self) -> None:
        self.assertEqual(self.answer("/help /me"), "reply /me ACTION  says what you do: * alice waves")
        self.assertEqual(self.answer("/help quit"), "reply /quit [WHY]  leaves the chat (also /exit, /bye)")

    def test_none(self) -> None:
        self.assertEqual(self.answer("/help xyzzy"), "!!! UNKNOWN_COMMAND /xyzzy: no such command; /help lists them")


class Speaking(Case):
    def test_me_and_say(self) -> None:
        self.alice.types("/me waves", "/say /me is what I typed")
        self.bob.hears("[#lobby] * alice waves", "[#lobby] alice: /me is what I typed")

    def test_nick(self) -> None:
        self.assertEqual(self.answer("/nick ally"), "alice is ally now")
        self.assertEqual(self.answer("/nick bob"), "!!! NICK_IN_USE bob is taken")
        self.assertEqual(
            self.answer("/nick 1"), "!!! BAD_NICK a nickname begins with a letter or one of _ [ ] } \\ ^ | `"
        )

    def test_quit(self) -> None:
        for word in ("quit", "exit", "bye"):
            guest = someone(self, "guest")
            self.bob.takes()
            guest.types(f"/{word} I must go")
            guest.hears("reply Goodbye, guest.")
            self.bob.hears("[#lobby] guest left I must go")

    def test_msg(self) -> None:
        for word in ("msg", "tell", "m", "w"):
            self.alice.types(f"/{word} bob   psst  you")
            self.bob.hears("[alice -> bob] psst  you")

    def test_msg_without_words_or_addressee(self) -> None:
        self.assertEqual(self.answer("/msg bob"), "!!! NEED_TEXT that needs more: /msg NICK TEXT")
        self.assertEqual(self.answer("/msg carol hi"), "!!! NO_SUCH_NICK nobody here is called carol")

    def test_long_lists_are_cut(self) -> None:
        for number in range(205):
            someone(self, f"p{number:03}")
        self.alice.listener.forget()
        self.alice.types("/who")
        (listed,) = self.alice.takes()
        self.assertTrue(listed.endswith(" / and 7 more"), listed[-60:])
        self.patch(commands, "_MAX_LISTED", 1)
        self.alice.types("/join #dev")
        self.alice.listener.forget()
        self.assertTrue(self.answer("/rooms").endswith(" / and 1 more"))

    def test_a_slip_behind_something_invisible(self) -> None:
        for blank in (" ", "\u200b", "\ufeff ", "\u2060"):
            self.assertIn("!!! NOT_ALLOWED", self.answer(f"{blank}/login alice secret"))
        self.bob.hears()

    def test_reply(self) -> None:
        self.assertEqual(self.answer("/reply hi"), "!!! NO_SUCH_NICK nobody has written to you alone yet")
        self.bob.types("/msg alice psst")
        self.assertEqual(self.answer("/r what?"), "[alice -> bob] what?")
        self.bob.hears("[alice -> bob] what?")

    def test_reply_goes_to_the_person_under_whatever_name(self) -> None:
        self.bob.types("/msg alice psst", "/nick rob")
        thief = someone(self, "bob")
        self.alice.types("/reply the secret")
        self.bob.takes()
        thief.hears()
        self.assertEqual(self.alice.takes()[-1], "[alice -> rob] the secret")

    def test_reply_to_one_who_has_left(self) -> None:
        self.bob.types("/msg alice psst", "/quit")
        thief = someone(self, "bob")
        self.assertEqual(self.answer("/reply the secret"), "!!! NO_SUCH_NICK nobody here is called bob")
        thief.hears()

    def test_reply_is_not_turned_to_one_who_is_ignored(self) -> None:
        mallory = someone(self, "mallory")
        self.bob.types("/msg alice psst")
        self.alice.types("/ignore mallory")
        mallory.types("/msg alice me too")
        self.alice.types("/reply the secret")
        mallory.hears("[mallory -> alice] me too")


class Rooms(Case):
    def test_join_part_switch(self) -> None:
        self.assertEqual(self.answer("/join #dev"), "entered #dev:")
        self.assertEqual(self.answer("/j #ops"), "entered #ops:")
        self.assertEqual(self.answer("/switch #dev"), "reply You are in #dev now")
        self.assertEqual(self.answers("/part"), ["[#dev] alice left", "reply You are in #ops now"])
        self.assertEqual(
            self.answers("/leave #lobby so long"), ["[#lobby] alice left so long", "reply You are in #ops now"]
        )
        self.bob.hears("[#lobby] alice left so long")
        self.assertEqual(
            self.answers("/part had enough"),
            ["[#ops] alice left had enough", "reply You are in no room now; /join one"],
        )

    def test_join_of_what_is_no_room(self) -> None:
        self.assertEqual(self.answer("/join dev"), "!!! BAD_ROOM a room's name begins with #")
        self.assertEqual(self.answer("/switch #dev"), "!!! NO_SUCH_ROOM there is no room #dev")

    def test_rooms(self) -> None:
        self.bob.types("/join #b", "/join #a", "/topic plans")
        self.assertEqual(self.answer("/rooms"), "reply *#lobby 2 /  #a 1  plans /  #b 1")
        self.assertEqual(self.answer("/list"), "reply *#lobby 2 /  #a 1  plans /  #b 1")

    def test_names(self) -> None:
        self.bob.types("/join #dev")
        self.assertEqual(self.answer("/names"), "reply 2 in #lobby: alice, bob")
        self.assertEqual(self.answer("/users #DEV"), "reply 1 in #dev: bob")
        self.assertEqual(self.answer("/names #ops"), "!!! NO_SUCH_ROOM there is no room #ops")
        self.assertEqual(self.answer("/names ops"), "!!! BAD_ROOM a room's name begins with #")
        self.alice.types("/part")
        self.assertEqual(self.answer("/names"), "!!! NOT_IN_ROOM you are in no room; /join one first")

    def test_names_of_very_many(self) -> None:
        self.patch(commands, "_MAX_NAMED", 1)
        self.assertEqual(self.answer("/names"), "reply 2 in #lobby: alice and 1 more")

    def test_topic(self) -> None:
        self.assertEqual(self.answer("/topic"), "reply #lobby has no topic")
        self.assertEqual(self.answer("/topic work"), "[#lobby] alice topic work")
        self.bob.hears("[#lobby] alice topic work")
        self.assertEqual(self.answer("/topic"), "reply The topic of #lobby: work")
        self.assertEqual(self.answer("/topic -"), "[#lobby] alice topic")
        self.assertEqual(self.answer("/topic"), "reply #lobby has no topic")

    def test_history(self) -> None:
        self.bob.types("one", "two", "three")
        said = "[#lobby] bob: one | [#lobby] bob: two | [#lobby] bob: three"
        self.assertEqual(self.answer("/history"), f"history of #lobby: {said}")
        self.assertEqual(self.answer("/history 2"), f"history of #lobby: {said[20:]}")
        self.assertEqual(self.answer("/history 0"), "history of #lobby: [#lobby] bob: three")
        self.assertEqual(self.answer("/history " + "9" * 30), f"history of #lobby: {said}")
        for number in ("#2", "2"):
            self.assertEqual(self.answer(f"/history BEFORE {number}"), "history of #lobby: [#lobby] bob: one")

    def test_history_that_is_not_understood(self) -> None:
        usage = "/history [N | 2h | before #ID]"
        for words in ("x", "2x", "0h", "2 h", "before", "before 1 2", "after 2", "\u0663", "before \u0663"):
            self.assertEqual(self.answer(f"/history {words}"), f"!!! BAD_REQUEST that is not understood; {usage}")
        for word in ("#x", "#", "1a", "-1"):
            self.assertEqual(
                self.answer(f"/history before {word}"), f"!!! BAD_REQUEST {word} is no number of a line; {usage}"
            )


class People(Case):
    def test_who(self) -> None:
        self.bob.types("/join #dev", "/away lunch")
        someone(self, "Carol").types("/part", "/away")
        self.assertEqual(
            self.answer("/who"),
            "reply 3 people are here: / alice  #lobby / bob  #lobby #dev  (away: lunch) / Carol    (away)",
        )

    def test_who_alone(self) -> None:
        self.bob.types("/quit")
        self.assertEqual(self.answer("/who"), "reply 1 person is here: / alice  #lobby")

    def test_whois(self) -> None:
        self.assertEqual(self.answer("/whois BOB"), "reply bob is a guest, here since 2026-11-18 12:00 UTC / in #lobby")
        self.bob.types("/part", "/away lunch")
        self.assertEqual(
            self.answer("/whois bob"), "reply bob is a guest, here since 2026-11-18 12:00 UTC  (away: lunch)"
        )
        self.assertEqual(self.answer("/whois carol"), "!!! NO_SUCH_NICK nobody here is called carol")

    def test_whois_with_a_client(self) -> None:
        arrives(self, "carol", client="bot 1.0")
        self.assertIn(" / with bot 1.0", self.answer("/whois carol"))

    def test_away_and_back(self) -> None:
        self.assertEqual(self.answer("/away lunch"), "alice is away: lunch")
        self.assertEqual(self.answer("/back"), "alice is back")

    def test_ignore_and_unignore(self) -> None:
        self.assertEqual(self.answer("/ignore"), "reply You ignore: nobody")
        self.assertEqual(self.answer("/ignore Bob"), "reply You ignore Bob now; /unignore Bob ends it")
        self.assertEqual(self.answer("/ignore carol"), "reply You ignore carol now; /unignore carol ends it")
        self.assertEqual(self.answer("/ignore"), "reply You ignore: Bob, carol")
        self.bob.types("hello?", "/msg alice hello?")
        self.alice.hears()
        self.assertEqual(self.answer("/unignore bob"), "reply You hear bob again")
        self.bob.types("hello!")
        self.alice.hears("[#lobby] bob: hello!")

    def test_unignore_after_a_renaming(self) -> None:
        for name in ("bob", "robert"):
            self.alice.types("/ignore bob")
            self.bob.types("/nick robert")
            self.assertEqual(self.answer(f"/unignore {name}"), f"reply You hear {name} again")
            self.assertEqual(self.answer("/ignore"), "reply You ignore: nobody")
            self.bob.types("hello!", "/nick bob")
            self.assertIn("[#lobby] robert: hello!", self.alice.takes())

    def test_what_can_not_be_ignored(self) -> None:
        self.assertEqual(self.answer("/ignore ALICE"), "!!! NOT_ALLOWED you can't ignore yourself")
        self.assertTrue(self.answer("/ignore #dev").startswith("!!! BAD_NICK "))
        self.assertEqual(self.answer("/unignore bob"), "!!! NO_SUCH_NICK you do not ignore bob")


class House(Case):
    def test_motd(self) -> None:
        self.assertEqual(self.answer("/motd"), "reply be kind")
        self.chat.motd = ()
        self.assertEqual(self.answer("/motd"), "reply There is no message of the day")

    def test_time_and_version(self) -> None:
        self.clock.advance(61)
        self.assertEqual(self.answer("/time"), "reply 2026-11-18 12:01:01 UTC")
        self.assertEqual(self.answer("/version"), f"reply Test runs Twisted Chat {__version__}")


class WithoutHistoryLines(CoreCase):
    options = {"history_lines": 0}

    def test_history_shows_twenty_when_asked(self) -> None:
        alice = someone(self, "alice")
        for number in range(25):
            alice.session.say(f"m{number}")
        self.turn()
        alice.listener.forget()
        alice.types("/history")
        [(history, _stance, _view)] = alice.listener.heard
        self.assertEqual([event.text for event in history.events], [f"m{number}" for number in range(5, 25)])

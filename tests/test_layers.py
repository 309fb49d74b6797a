"""Imports point inward, and this keeps them so: it reads every module of the package and runs none."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import twisted_chat

ROOT = Path(twisted_chat.__file__).parent

DOORS = ("line", "unframed", "irc", "web", "ssh")
"""Each may use its own parts and the modules that all doors share, never another door."""

CODECS = tuple(f"twisted_chat.frontends.{name}" for name in ("shapes", "line.jsonl", "unframed.codec"))
"""What servers and clients share."""

CORE_OF_TWISTED = {"twisted.internet.defer", "twisted.internet.interfaces", "twisted.logger", "twisted.python.failure"}
SAFETY = {"confusable_homoglyphs", "precis_i18n"}
"""What the core needs to know of Unicode, and Python does not."""

REACTORS = {"twisted_chat.tap", "twisted_chat.client.__main__", "twisted_chat.window.__main__"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        parts = ("twisted_chat", *path.relative_to(ROOT).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text(), str(path))


def imports(tree: ast.Module) -> set[str]:
    """Whatever is imported, wherever it is: modules, and for ``from a import b`` also ``a.b``."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def within(name: str, *places: str) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def is_standard(name: str) -> bool:
    return name.split(".")[0] in sys.stdlib_module_names


class Layers(SynchronousTestCase):
    def setUp(self) -> None:
        self.imports = {name: imports(tree) for name, tree in modules()}

    def ours(self, *places: str) -> Iterator[tuple[str, str]]:
        """Each import of our own that the modules of these places make."""
        for module, found in self.imports.items():
            if within(module, *places):
                for each in sorted(found):
                    if within(each, "twisted_chat"):
                        yield module, each

    def only(self, place: str, *allowed: str) -> None:
        wrong = [pair for pair in self.ours(place) if not within(pair[1], place, *allowed)]
        self.assertEqual(wrong, [])

    def test_they_were_found(self) -> None:
        for name in (
            "twisted_chat.core.delivery",
            "twisted_chat.tap",
            "twisted_chat.journal.memory",
            "twisted_chat.core",
        ):
            self.assertIn(name, self.imports)
        self.assertIn("twisted_chat.core.delivery.deliver", self.imports["twisted_chat.core.chat"])

    def test_the_core_knows_the_seams_and_itself(self) -> None:
        self.only("twisted_chat.core", "twisted_chat.boundaries", "twisted_chat.__version__")

    def test_the_core_knows_little_of_twisted_and_nothing_else(self) -> None:
        wrong = [
            (module, each)
            for module, found in self.imports.items()
            if within(module, "twisted_chat.core", "twisted_chat.boundaries")
            for each in found
            if not (is_standard(each) or within(each, "twisted_chat", *CORE_OF_TWISTED, *SAFETY))
        ]
        self.assertEqual(wrong, [])

    def test_the_seams_speak_of_the_cores_values_only(self) -> None:
        self.only(
            "twisted_chat.boundaries",
            "twisted_chat.core.charters",
            "twisted_chat.core.errors.ChatError",
            "twisted_chat.core.events",
            "twisted_chat.core.told",
            "twisted_chat.core.search",
            "twisted_chat.core.names.Name",
            "twisted_chat.core.session.Session",
        )

    def test_journals(self) -> None:
        self.only("twisted_chat.journal", "twisted_chat.core", "twisted_chat.boundaries")

    def test_accounts(self) -> None:
        """Only what keeps them in the log's database knows the journal."""
        wrong = [
            pair
            for pair in self.ours("twisted_chat.accounts")
            if not within(pair[1], "twisted_chat.accounts", "twisted_chat.core", "twisted_chat.boundaries")
        ]
        self.assertEqual({module for module, _each in wrong}, {"twisted_chat.accounts.sqlite"})
        self.assertTrue(all(within(each, "twisted_chat.journal") for _module, each in wrong))

    def test_keeping(self) -> None:
        """The same."""
        self.only("twisted_chat.keeping", "twisted_chat.core", "twisted_chat.boundaries", "twisted_chat.journal.sqlite")
        knowing = {pair[0] for pair in self.ours("twisted_chat.keeping") if within(pair[1], "twisted_chat.journal")}
        self.assertEqual(knowing, {"twisted_chat.keeping.sqlite"})

    def test_the_pure_parts_of_the_database_know_no_thread(self) -> None:
        for name in ("file", "rows", "writing", "reading", "keeping", "retention"):
            wrong = [
                each for each in self.imports[f"twisted_chat.journal.{name}"] if within(each, "threading", "twisted")
            ]
            self.assertEqual(wrong, [], name)

    def test_the_administrators_tool_knows_files_and_shapes(self) -> None:
        self.only(
            "twisted_chat.admin",
            "twisted_chat.__version__",
            "twisted_chat.accounts.passwords",
            "twisted_chat.accounts.sqlite",
            "twisted_chat.accounts.store",
            "twisted_chat.core",
            "twisted_chat.boundaries",
            "twisted_chat.journal",
            "twisted_chat.keeping.sqlite",
            "twisted_chat.frontends.shapes",
            "twisted_chat.frontends.line.jsonl",
            "twisted_chat.frontends.line.objects",
        )

    def test_sql_is_the_journals(self) -> None:
        for module, found in self.imports.items():
            if within(module, "twisted_chat.core", "twisted_chat.frontends", "twisted_chat.client", "twisted_chat.tap"):
                self.assertEqual([each for each in found if within(each, "sqlite3")], [], module)

    def test_doors_know_the_core(self) -> None:
        self.only("twisted_chat.frontends", "twisted_chat.core", "twisted_chat.boundaries")

    def test_doors_do_not_know_each_other(self) -> None:
        doors = {door: f"twisted_chat.frontends.{door}" for door in DOORS}
        for door, place in doors.items():
            others = [other for name, other in doors.items() if name != door]
            self.assertEqual([pair for pair in self.ours(place) if within(pair[1], *others)], [])
        for module, found in self.imports.items():
            if within(module, "twisted_chat.frontends") and not within(module, *doors.values()):
                self.assertEqual([each for each in found if within(each, *doors.values())], [], module)

    def test_each_door_is_known_here(self) -> None:
        """A new folder is a new door: it goes into `DOORS`."""
        folders = {path.parent.name for path in (ROOT / "frontends").glob("*/__init__.py")}
        self.assertEqual(folders - set(DOORS), set())

    def test_the_client_knows_the_codecs_only(self) -> None:
        self.only(
            "twisted_chat.client",
            "twisted_chat.__version__",
            *CODECS,
        )

    def test_the_window_knows_the_client_and_nobody_knows_it(self) -> None:
        self.only(
            "twisted_chat.window", "twisted_chat.__version__", "twisted_chat.client", "twisted_chat.frontends.shapes"
        )
        outside = [pair for pair in self.ours("twisted_chat") if not within(pair[0], "twisted_chat.window")]
        self.assertEqual([pair for pair in outside if within(pair[1], "twisted_chat.window")], [])

    def test_only_the_windows_widgets_know_tk(self) -> None:
        knowing = {
            name.removeprefix("twisted_chat.window.")
            for name, found in self.imports.items()
            if any(within(each, "tkinter", "twisted.internet.tksupport") for each in found)
        }
        self.assertEqual(knowing, {"__main__", "boxes", "transcript", "view", "widgets"})

    def test_no_second_thread_touches_tk(self) -> None:
        for module, found in self.imports.items():
            if within(module, "twisted_chat.window"):
                threads = ("threading", "concurrent", "twisted.internet.threads", "twisted.python.threadpool")
                self.assertEqual([each for each in found if within(each, *threads)], [], module)

    def test_no_widget_runs_an_event_loop_of_its_own(self) -> None:
        """Such a loop runs inside a call of the reactor's, and stops it."""
        for module, found in self.imports.items():
            nested = ("tkinter.messagebox", "tkinter.simpledialog", "tkinter.commondialog", "tkinter.filedialog")
            self.assertEqual([each for each in found if within(each, *nested)], [], module)
        waiting = {"wait_window", "wait_variable", "wait_visibility", "mainloop"}
        for module, tree in modules():
            used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            self.assertEqual(used & waiting, set(), module)

    def test_the_codecs_know_nothing(self) -> None:
        for name in CODECS:
            self.assertEqual([each for each in self.imports[name] if not is_standard(each)], [])

    def test_each_program_and_what_it_begins_with_can_be_read_first(self) -> None:
        """Two modules that need each other at once work in one order only, and tests know another one."""
        for name in ("admin.__main__", "client.__main__", "tap", "core.session", "core.proving", "core.operators"):
            code = f"import twisted_chat.{name}"
            found = subprocess.run([sys.executable, "-c", code], cwd=ROOT.parent, capture_output=True, check=False)
            self.assertEqual((found.returncode, found.stderr.decode()), (0, ""), name)

    def test_nobody_knows_the_tap(self) -> None:
        self.assertEqual([pair for pair in self.ours("twisted_chat") if within(pair[1], "twisted_chat.tap")], [])

    def test_only_the_starters_know_the_reactor(self) -> None:
        knowing = {
            name
            for name, found in self.imports.items()
            if any(within(each, "twisted.internet.reactor") for each in found)
        }
        self.assertEqual(knowing, REACTORS)

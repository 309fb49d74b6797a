"""What must be so that twistd finds the plugin, however the package was installed."""

from __future__ import annotations

import ast
import configparser
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import twisted_chat

ROOT = Path(__file__).parent.parent


class Packaging(SynchronousTestCase):
    def test_twisted_is_not_taken_over(self) -> None:
        """An __init__.py there would overwrite Twisted's own, and uninstalling would delete it."""
        self.assertEqual([str(path) for path in (ROOT / "twisted").rglob("__init__.py")], [])

    def test_the_plugin_imports_nothing_of_ours(self) -> None:
        """An import error in it would read "Unknown command", and a reactor would break twistd -r."""
        tree = ast.parse((ROOT / "twisted" / "plugins" / "twisted_chat_plugin.py").read_text())
        imported = [
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
        ]
        self.assertEqual(imported, ["twisted.application.service"])

    def test_the_core_needs_twisted_and_what_keeps_it_safe(self) -> None:
        setup = configparser.ConfigParser()
        setup.read(ROOT / "setup.cfg")
        needed = [line.partition(">=")[0] for line in setup["options"]["install_requires"].split()]
        self.assertEqual(needed, ["Twisted", "confusable-homoglyphs", "precis-i18n", "argon2-cffi"])
        self.assertEqual(setup["options"]["python_requires"], ">=3.11")

    def test_the_version_has_its_change_notes(self) -> None:
        self.assertIn(f"## {twisted_chat.__version__}", (ROOT / "CHANGES.md").read_text())

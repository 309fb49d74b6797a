"""Files for tests, away from the working directory."""

from __future__ import annotations

import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase


def place_for(case: SynchronousTestCase) -> Path:
    """A name for a file of this test's; nothing is there yet."""
    folder = tempfile.TemporaryDirectory()
    case.addCleanup(folder.cleanup)
    return Path(folder.name, "file")

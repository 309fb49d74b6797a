"""Files for tests, away from the working directory (trial's own mktemp leaves folders there under pytest)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase


def folder_for(case: SynchronousTestCase) -> Path:
    """A folder of this test's, gone when it ends."""
    folder = tempfile.TemporaryDirectory()
    case.addCleanup(folder.cleanup)
    return Path(folder.name)


def place_for(case: SynchronousTestCase) -> Path:
    """A name for a file of this test's; nothing is there yet."""
    return folder_for(case) / "file"

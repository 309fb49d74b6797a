"""Why a run came to nothing."""


class RunError(Exception):
    """There are no figures, and its text says why."""


class StartError(RunError):
    """The server did not come up."""


class RefusedError(RunError):
    """The server did not let a client in, or sent it away."""


class StuckError(RunError):
    """The clients did not get in, or the server did not get to rest, in time."""

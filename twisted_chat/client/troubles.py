"""Words for what can go wrong with a connection. Pure."""

from __future__ import annotations

from twisted.internet import error
from twisted.python.failure import Failure

_WORDS: list[tuple[type[BaseException], str]] = [
    (error.ConnectionRefusedError, "{where} refused the connection"),
    (error.DNSLookupError, "no address is known for {where}"),
    (error.TimeoutError, "{where} does not answer"),
    (error.NoRouteError, "there is no way to {where}"),
    (error.ConnectionDone, "{where} closed the connection"),
    (error.ConnectionLost, "the connection to {where} was cut"),
    (error.ConnectionAborted, "the connection to {where} was given up"),
]


def worded(reason: Failure, where: str) -> str:
    """Why there is no connection to `where`, in a few words without a stop."""
    value = reason.value
    for kind, words in _WORDS:
        if isinstance(value, kind):
            return words.format(where=where)
    if type(value).__name__ == "VerificationError":  # of service_identity, which need not be installed
        return f"the certificate of {where} is for another host; connect by a name or an address that it bears"
    detail = _detail(value)
    if "certificate" in detail.lower():
        return f"the certificate of {where} is not trusted ({detail}); --ca FILE trusts one that you have from there"
    if "SSL" in type(value).__module__:
        return f"{where} does not speak TLS as it should ({detail})"
    return f"no connection to {where} ({detail})"


def reason(error: Exception) -> str:
    """Why a file can't be read, without its name: whoever says so names it."""
    return (error.strerror if isinstance(error, OSError) else None) or _detail(error)


def _detail(value: BaseException | None) -> str:
    # OpenSSL's errors hold a list of (library, function, reason).
    match getattr(value, "args", ()):
        case ([(*_, str(words)), *_], *_):
            return words
    return " ".join(str(value).split()) or type(value).__name__

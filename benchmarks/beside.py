"""Something that goes on in a process of its own, so that neither it nor we wait for the other."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def beside(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> Iterator[Future[T]]:
    """``function`` at work, and what it will come to; on leaving it is waited for."""
    with ProcessPoolExecutor(1, get_context("fork")) as pool:
        yield pool.submit(function, *arguments, **named)

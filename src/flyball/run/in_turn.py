"""Work done ahead on threads, its results taken in turn."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2
"""How many tasks of each thread are done, or being done, before whoever takes their results."""


def in_turn(makers: Sequence[Callable[[T], R]], tasks: Iterable[T]) -> Iterator[R]:
    """The results of all tasks, in their order; task i is done by maker i modulo their number, on a thread of its own.

    A maker does one task at a time, in order, so that it may keep what it likes. What a maker raises is raised here, in
    the turn of its task; tasks that wait then are not done any more.

    Args:
        makers: each does some of the tasks.
        tasks: what is to be done.

    >>> list(in_turn([lambda n: ("a", n), lambda n: ("b", n)], range(3)))
    [('a', 0), ('b', 1), ('a', 2)]
    """
    pools = [ThreadPoolExecutor(1, thread_name_prefix="ahead") for _ in makers]
    waiting: deque[Future[R]] = deque()
    try:
        for i, task in enumerate(tasks):
            waiting.append(pools[i % len(pools)].submit(makers[i % len(pools)], task))
            if len(waiting) > AHEAD * len(pools):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)

"""Grows a small table with its kernels as plain Python, and records every store that readers can see, in order.

python split_recorder.py FILE, with NUMBA_DISABLE_JIT=1: what `test_dead_writer.py` takes apart. Kernels call single
machine instructions, which Python does not have: they are put in their places before the kernels are loaded.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn import arena, atomic

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

BITS = 6
SEGMENTS = 128
GROWN = 1_200
"""How many keys are there in the end: segments are used again and again, and so are both halves of the directory."""

stores: list[tuple[int, int]] = []
"""(word, value) of each store."""
before_load: list[Callable[[], None]] = []
"""What happens before each load: other processes go on meanwhile."""


def load(words: Words, at: int) -> np.uint64:
    """Word `at`."""
    for happens in before_load:
        happens()
    return np.uint64(words[at])


def store(words: Words, at: int, value: int) -> None:
    """Writes word `at`."""
    stores.append((int(at), int(value)))
    words[at] = np.uint64(value)


def nothing(_words: Words, _at: int) -> None:
    """Asks no cache."""


def take_places() -> None:
    """Puts Python's functions in the places of numba's, for the kernels that are loaded after this."""
    plain: Any = atomic
    plain.load = plain.load_acquire = load
    plain.store = plain.store_release = store
    plain.prefetch = nothing


def keys_of(count: int) -> Words:
    """The same different keys for everybody, spread as hashes are."""
    return np.random.default_rng(11).integers(1, 2**64 - 1, GROWN, dtype=np.uint64)[:count]


def pair_for(key: int) -> int:
    """Each key has a pair of its own."""
    return (int(key) * 0x9E3779B97F4A7C15) % 2**64


def recorded() -> tuple[Words, Words, Words]:
    """(the words before the first store, every store, after which of them each key and its pair were there)."""
    from flyball.learn.slots import put  # noqa: PLC0415  # only now are the instructions in their places
    from flyball.learn.table import Table  # noqa: PLC0415  # only now as well

    table = Table(slot_bits=BITS, max_segments=SEGMENTS)
    first = table.words.copy()
    stores.clear()
    there = []
    for key in keys_of(GROWN):
        put(table.words, np.array([key]), np.array([pair_for(key)], dtype=np.uint64))
        there.append(len(stores))
    return first, np.array(stores, dtype=np.uint64), np.array(there, dtype=np.uint64)


def misled(words: Words, log: Words, there: Words, seed: int) -> tuple[int, int]:
    """Looks keys up one after the other while stores happen, any number of them between any two looks of the reader.

    Returns:
        (how many keys were looked up, for how many something else was found than what had been put).
    """
    from flyball.learn.place import find  # noqa: PLC0415  # only now are the instructions in their places

    random = np.random.default_rng(seed)
    keys, asked, wrong, done = keys_of(GROWN), 0, 0, int(there[0])
    held = np.empty(1, dtype=np.uint64)

    def go_on() -> None:
        nonlocal done
        until = min(len(log), done + int(random.choice([0, 0, 1, 2, 9, 600], p=[0.4, 0.3, 0.1, 0.1, 0.09, 0.01])))
        for at, value in log[done:until]:
            words[at] = value
        done = until

    for at, value in log[:done]:
        words[at] = value
    before_load.append(go_on)
    while done < len(log):
        key = random.choice(keys[: np.searchsorted(there, done, side="right")])
        known, row = find(words, key, held), int(held[0])
        asked += 1
        wrong += not known or row != pair_for(key)
    before_load.clear()
    return asked, wrong


if __name__ == "__main__":
    take_places()
    words, log, there = recorded()
    np.savez(sys.argv[1], words=words, log=log, there=there)
    silent = log[log[:, 0] != arena.AT_GENERATION]
    for each, places in ((log, there), (silent, there - np.cumsum(log[:, 0] == arena.AT_GENERATION)[there - 1])):
        asked, wrong = np.sum([misled(words.copy(), each, places, seed) for seed in range(20)], axis=0)
        print(asked, wrong)  # noqa: T201  # the test reads these lines

"""A writer that dies at any store, in the middle of a split or of a doubled directory: readers go on, and are right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from numba import njit

from flyball.learn import arena, slots
from flyball.learn.place import directory_of, find

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

GROWN = 1_200
"""How many keys the program puts; to import it would take the kernels' instructions away."""


class Recorded(NamedTuple):
    """What `split_recorder.py` says."""

    words: Words
    log: Words
    there: Words
    asked: list[tuple[int, int]]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A table that grows, store by store."""
    program, path = Path(__file__).with_name("split_recorder.py"), tmp_path_factory.mktemp("recorded") / "log.npz"
    paths = os.pathsep.join([str(program.parents[2]), *(path for path in sys.path if path)])
    told = subprocess.run(
        [sys.executable, str(program), str(path)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    with np.load(path) as held:
        words, log, there = held["words"], held["log"], held["there"]
    return Recorded(words, log, there, [(int(a), int(w)) for a, w in (line.split() for line in told.splitlines())])


def keys_and_pairs() -> tuple[Words, Words]:
    """All keys in the order in which they were put, and what was put; as the program makes them."""
    keys = np.random.default_rng(11).integers(1, 2**64 - 1, GROWN, dtype=np.uint64)
    return keys, keys * np.uint64(0x9E3779B97F4A7C15)


@njit(nogil=True)
def wrong_at_each_store(words: Words, log: Words, there: Words, keys: Words, pairs: Words) -> int:
    """Stops the writer after each store and asks for every key that was there; for how many it was not right."""
    wrong, known, row = 0, 0, np.empty(1, dtype=np.uint64)
    for i in range(len(log)):
        words[log[i, 0]] = log[i, 1]
        while known < len(there) and there[known] <= i + 1:
            known += 1
        for j in range(known):
            found = find(words, keys[j], row)
            wrong += not found or row[0] != pairs[j]
    return wrong


def test_wherever_the_writer_stops_every_key_is_found_with_its_pair(recorded: Recorded) -> None:
    """After each store of twelve hundred new keys, some thirty splits and five doublings; no reader waits."""
    words, (keys, pairs) = recorded.words.copy(), keys_and_pairs()
    slots_used_again = int((recorded.log[:, 0] == arena.AT_GENERATION).sum())

    assert wrong_at_each_store(words, recorded.log, recorded.there, keys, pairs) == 0
    assert slots_used_again > 20
    assert directory_of(words)[1] == 5
    assert len(recorded.log) > 10_000


def test_what_the_stores_make_is_the_table(recorded: Recorded) -> None:
    """So nothing that readers see was left out of the record."""
    words, (keys, pairs) = recorded.words.copy(), keys_and_pairs()
    for at, value in recorded.log:
        words[at] = value

    assert int(words[arena.AT_LIVE]) == GROWN
    assert (
        int(slots.digest(words)) == sum(slots.mix(k ^ slots.mix(p)) for k, p in zip(keys, pairs, strict=True)) % 2**64
    )


def test_a_reader_is_right_however_many_stores_happen_between_two_of_its_looks(recorded: Recorded) -> None:
    """Also where what it is in is used again under it: the generation tells; without that some would be misled."""
    (asked, wrong), (_, misled) = recorded.asked

    assert asked > 1_000
    assert wrong == 0
    assert misled > 0

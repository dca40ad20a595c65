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
from flyball.learn.expiry import STAMP_BITS
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


class Turned(NamedTuple):
    """What `turnover_recorder.py` says."""

    words: Words
    log: Words
    there: Words
    gone: Words
    asked: list[tuple[int, int]]


def run_without_compiler(name: str, path: Path) -> list[tuple[int, int]]:
    """Runs a recorder; the lines that it printed."""
    program = Path(__file__).with_name(name)
    paths = os.pathsep.join([str(program.parents[2]), *(path for path in sys.path if path)])
    told = subprocess.run(
        [sys.executable, str(program), str(path)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [(int(a), int(w)) for a, w in (line.split() for line in told.splitlines())]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A table that grows, store by store."""
    path = tmp_path_factory.mktemp("recorded") / "log.npz"
    asked = run_without_compiler("split_recorder.py", path)
    with np.load(path) as held:
        return Recorded(held["words"], held["log"], held["there"], asked)


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Turned:
    """A table whose rows expire and are taken out, store by store."""
    path = tmp_path_factory.mktemp("turned") / "log.npz"
    asked = run_without_compiler("turnover_recorder.py", path)
    with np.load(path) as held:
        return Turned(held["words"], held["log"], held["there"], held["gone"], asked)


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


@njit(nogil=True)
def wrong_while_turned(words: Words, log: Words, there: Words, gone: Words, keys: Words, pairs: Words) -> int:
    """Stops the writer after each store and asks for every key; for how many it was not right."""
    wrong, row = 0, np.empty(1, dtype=np.uint64)
    for i in range(len(log)):
        words[log[i, 0]] = log[i, 1]
        for j in range(len(keys)):
            found = find(words, keys[j], row)
            if there[j] <= i + 1 < gone[j]:
                wrong += not found or row[0] != pairs[j]
            elif i + 1 >= gone[j]:
                wrong += found
    return wrong


def test_wherever_the_writer_stops_a_key_is_there_until_it_has_expired_and_never_after(turned: Turned) -> None:
    """A thousand keys that come once, twenty that stay; segments are written anew, and become one again."""
    words, count = turned.words.copy(), len(turned.there)
    keys = np.random.default_rng(12).integers(1, 2**64 - 1, count, dtype=np.uint64)
    pairs = (keys * np.uint64(0x9E3779B97F4A7C15)) & ~np.uint64(STAMP_BITS)
    segments = []
    for at, value in turned.log:
        words[at] = value
        if at == arena.AT_FREE:
            segments.append(int(words[arena.AT_USED] - words[arena.AT_FREE]))

    assert wrong_while_turned(turned.words.copy(), turned.log, turned.there, turned.gone, keys, pairs) == 0
    assert (turned.gone < 2**62).sum() > 1_000, "so many keys expired"
    assert int(words[arena.AT_LIVE]) < 100, "and were taken out"
    assert max(segments) >= 15
    assert segments[-1] < 5, "so that fewer segments are needed"
    assert (turned.log[:, 0] == arena.AT_GENERATION).sum() > 20, "segments are used again"


def test_a_reader_is_right_while_rows_expire_and_are_taken_out_between_two_of_its_looks(turned: Turned) -> None:
    """Also where what it is in is written anew; without the generation some would be misled."""
    (asked, wrong), (_, misled) = turned.asked

    assert asked > 1_000
    assert wrong == 0
    assert misled > 0

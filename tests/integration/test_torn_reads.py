"""Two processes on one shared table: what is read is always whole, also while segments split."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numba import njit

from flyball.learn import arena, ftrl, slots
from flyball.learn.loss import SQUARED
from flyball.learn.place import directory_of
from flyball.learn.table import Table
from tests.integration.table_writer import GROWN, KNOWN, keys_of, pairs_of, places_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ALPHA = 0.25
HYPER = np.array([ALPHA, 0.0, 0.0, 0.0])
READS = 2_000_000
"""How many pairs are read while the other process writes them."""

needs_two_cores = pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="on one core the two processes take turns and hardly ever meet"
)


@njit(nogil=True)
def torn_plainly(halves: NDArray[np.float32], places: NDArray[np.int64]) -> int:
    """What must not be done: two plain loads of a pair's halves; how many did not belong together."""
    torn = 0
    for i in range(len(places)):
        z, n = halves[2 * places[i]], halves[2 * places[i] + 1]
        torn += z * z != n
    return torn


def shared_table() -> Table:
    """A table that others may read, with the known keys in it."""
    table = Table(slot_bits=6, max_segments=8_192, shared=True)
    table.load(keys_of(KNOWN), pairs_of(0))
    return table


class Reader:
    """Asks for the margin of each known key alone, again and again, with nothing in between that takes time."""

    def __init__(self, table: Table, rounds: int, keys: NDArray[np.uint64] | None = None) -> None:
        assert table.descriptor is not None
        self.table = Table.attach(table.descriptor)
        self._keys = np.tile(keys_of(KNOWN) if keys is None else keys, rounds)
        self._starts, self._ones = np.arange(len(self._keys) + 1), np.ones(len(self._keys))
        self._margins = np.empty(len(self._keys))
        self.reads = self.wrong = self.absent = 0
        self.ask()

    def ask(self) -> None:
        """All keys, `rounds` times over; the coefficient of each is -ALPHA as long as its z and n belong together."""
        ftrl.predict(self.table.words, HYPER, SQUARED, self._starts, self._keys, self._ones, self._margins)
        self.reads += len(self._margins)
        self.wrong += int((self._margins != -ALPHA).sum())
        self.absent += int((self._margins == 0.0).sum())


@contextmanager
def writing(table: Table, how: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that writes the table meanwhile, ready to begin."""
    assert table.descriptor is not None
    program = Path(__file__).with_name("table_writer.py")
    top = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, str(program), str(table.descriptor), how],
        pass_fds=[table.descriptor],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=top,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


@needs_two_cores
def test_no_pair_is_ever_read_torn() -> None:
    """z and n of a coefficient always belong together: two million reads and more while they are rewritten."""
    table = shared_table()
    reader = Reader(table, 20)
    place = places_of(table.words, keys_of(1))[0]
    seen: set[int] = set()
    with writing(table, "rewrite"):
        while reader.reads < READS or (len(seen) < 10 and reader.reads < 100 * READS):
            reader.ask()
            seen.add(int(reader.table.words[place]))

    assert len(seen) >= 10
    assert reader.wrong == 0


@needs_two_cores
def test_plain_loads_and_stores_do_tear() -> None:
    """So the test above can fail, and the atomic ones are needed."""
    table = shared_table()
    halves, places = table.words.view(np.float32), places_of(table.words, keys_of(KNOWN))
    with writing(table, "rewrite-plainly"):
        torn = sum(torn_plainly(halves, places) for _ in range(10 * READS // KNOWN))

    assert torn > 0


@needs_two_cores
def test_coefficients_are_right_while_segments_split_and_the_directory_doubles() -> None:
    """Sixty thousand keys are added meanwhile, in segments of 64 slots; a reader never loses one that it knows."""
    table = shared_table()
    reader = Reader(table, 20)
    words = reader.table.words
    _, before = directory_of(words)
    generations: set[int] = set()
    with writing(table, "grow") as process:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        while len(reader.table) < GROWN and process.poll() is None:
            reader.ask()
            generations.add(int(words[arena.AT_GENERATION]))
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"

    assert len(generations) > 20
    assert directory_of(words)[1] - before >= 5
    assert reader.wrong == 0
    assert reader.table.digest() == int(slots.digest(table.words))


@needs_two_cores
def test_coefficients_are_right_while_others_are_let_in_expire_and_are_taken_out() -> None:
    """What is used is there all the time; what comes and goes is there whole, or not at all."""
    table = shared_table()
    table.expire_from(0)
    stays, goes = Reader(table, 20), Reader(table, 1, keys_of(GROWN)[KNOWN:])
    words = stays.table.words
    generations: set[int] = set()
    with writing(table, "turn-over") as process:
        while (stays.reads < READS or int(words[arena.AT_EPOCH]) < 100) and process.poll() is None:
            stays.ask()
            goes.ask()
            generations.add(int(words[arena.AT_GENERATION]))
        assert process.poll() is None, "the writer goes on"

    assert max(generations) - min(generations) > 100, "segments were used again"
    assert stays.wrong == 0
    assert goes.wrong == goes.absent
    assert 0 < goes.absent < goes.reads
    assert len(stays.table) < GROWN // 2, "most were taken out"

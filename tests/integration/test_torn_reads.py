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


def predicted(table: Table, keys: NDArray[np.uint64], rounds: int) -> NDArray[np.float64]:
    """The margin of each key alone, asked `rounds` times over."""
    asked = np.tile(keys, rounds)
    margins = np.empty(len(asked))
    ftrl.predict(table.words, HYPER, np.arange(len(asked) + 1), asked, np.ones(len(asked)), margins)
    return margins


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
    """z and n of a coefficient always belong together: two million reads while they are rewritten."""
    table = shared_table()
    assert table.descriptor is not None
    reader = Table.attach(table.descriptor)
    seen: set[int] = set()
    wrong = 0
    with writing(table, "rewrite"):
        for _ in range(READS // (KNOWN * 50)):
            wrong += int((predicted(reader, keys_of(KNOWN), 50) != -ALPHA).sum())
            seen.add(int(reader.words[places_of(reader.words, keys_of(1))[0]]))

    assert len(seen) > 10
    assert wrong == 0


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
    assert table.descriptor is not None
    reader = Table.attach(table.descriptor)
    before = int(reader.words[arena.AT_DEPTH])
    generations: set[int] = set()
    wrong = int((predicted(reader, keys_of(KNOWN), 1) != -ALPHA).sum())
    with writing(table, "grow") as process:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        while len(reader) < GROWN:
            wrong += int((predicted(reader, keys_of(KNOWN), 1) != -ALPHA).sum())
            generations.add(int(reader.words[arena.AT_GENERATION]))
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"

    assert len(generations) > 20
    assert int(reader.words[arena.AT_DEPTH]) - before >= 5
    assert wrong == 0
    assert reader.digest() == int(slots.digest(table.words))

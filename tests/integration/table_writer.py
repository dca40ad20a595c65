"""A process that writes a shared table for as long as it lives: what `test_torn_reads.py` reads from meanwhile.

python table_writer.py DESCRIPTOR rewrite|rewrite-plainly|grow|turn-over
"""

from __future__ import annotations

import itertools
import mmap
import sys
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from flyball.learn import arena, place, slots
from flyball.learn.admission import admit
from flyball.learn.expiry import stamp_for
from flyball.learn.gate import Gate
from flyball.learn.table import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

KNOWN = 1_024
"""How many keys are known before the writer begins."""
GROWN = 60_000
"""How many it adds."""


def keys_of(count: int) -> NDArray[np.uint64]:
    """The same different keys for everybody, spread as hashes are; the first KNOWN are the known ones."""
    return np.random.default_rng(5).integers(1, 2**64 - 1, GROWN, dtype=np.uint64)[:count]


def pairs_of(step: int) -> NDArray[np.uint64]:
    """For every known key z = 2^k and n = z^2: with beta 0 its coefficient is -alpha, whatever k is."""
    z = np.full(KNOWN, 2.0 ** (step % 32), dtype=np.float32)
    halves: NDArray[np.uint64] = np.column_stack([z, z * z]).view(np.uint64).ravel()
    return halves


@njit(nogil=True)
def write_plainly(halves: NDArray[np.float32], places: NDArray[np.int64], rounds: int) -> None:
    """What must not be done: two plain stores of a pair's halves."""
    z = np.float32(1.0)
    for step in range(rounds):
        z = np.float32(1.0) if step % 32 == 0 else z * np.float32(2.0)
        for i in range(len(places)):
            halves[2 * places[i]] = z
            halves[2 * places[i] + 1] = z * z


def places_of(words: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The words of the pairs of these keys."""
    frame = place.frame_of(words)
    return np.array([place.seek(words, frame, key) + 1 for key in keys])


def writable(descriptor: int) -> Table:
    """The shared table, to be written: only a test may be a second writer."""
    table = Table.attach(descriptor)
    table.words = np.frombuffer(mmap.mmap(descriptor, 0), dtype=np.uint64)
    return table


def turn_over(table: Table) -> None:
    """For ever: an epoch goes by, the known keys are used, some of the others come and are let in or not."""
    known, others, gate = keys_of(KNOWN), keys_of(GROWN)[KNOWN:], Gate.counting(times=1, keys=50_000)
    for epoch in itertools.count(1):
        table.age(epoch)
        # The next ones, and those of five epochs ago once more: they come twice, and then not for long.
        coming = np.concatenate([np.arange(each * 200, (each + 1) * 200) for each in (epoch + 5, epoch)])
        mine = others[coming % len(others)]
        mine = mine[[bool(admit(gate.words, key, np.uint64(0))) for key in mine]]  # type: ignore[arg-type]  # as in a kernel
        keys = np.concatenate([known, mine])
        rows = np.tile(pairs_of(epoch), len(keys) // KNOWN + 1)[: len(keys)]
        slots.put(table.words, keys, rows | stamp_for(1, int(table.words[arena.AT_EXPIRY])))
        table.tidy(64)


def main(descriptor: int, how: str) -> None:
    """Says when it is ready; writes until it is killed, or has added its keys."""
    table = writable(descriptor)
    known = keys_of(KNOWN)
    halves, places = table.words.view(np.float32), places_of(table.words, known)
    write_plainly(halves, places, 1)
    slots.put(table.words, known, pairs_of(0))
    print("ready", flush=True)  # noqa: T201  # the test waits for this line
    if how == "turn-over":
        turn_over(table)
    if how == "grow":
        sys.stdin.readline()
        one = np.zeros(1)
        for key in keys_of(GROWN)[KNOWN:]:
            table.put(np.array([key]), z=one, n=one)
        print("done", flush=True)  # noqa: T201  # and for this one
        return
    for step in itertools.count():
        if how == "rewrite":
            slots.put(table.words, known, pairs_of(step))
        else:
            write_plainly(halves, places, 10_000)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])

"""Lets rows of a small table expire and be taken out, as `split_recorder.py` lets one grow, and records every store.

python turnover_recorder.py FILE, with NUMBA_DISABLE_JIT=1: what `test_dead_writer.py` takes apart.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn import arena
from tests.integration.split_recorder import BITS, before_load, pair_for, stores, take_places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

SEGMENTS = 64
EPOCHS = 60
EACH = 25
"""How many keys come in an epoch; they never come again."""
STAY = 20
"""How many come in every epoch."""
NEVER = 2**62


def keys_of() -> Words:
    """All keys: those that stay, then those that come once."""
    return np.random.default_rng(12).integers(1, 2**64 - 1, STAY + EPOCHS * EACH, dtype=np.uint64)


def recorded() -> tuple[Words, Words, Words, Words]:
    """(the words at first, every store, after which of them each key is there, after which it has expired)."""
    from flyball.learn.expiry import SPAN, STAMP_BITS, stamp_for  # noqa: PLC0415  # only now are the instructions there
    from flyball.learn.slots import put  # noqa: PLC0415  # only now as well
    from flyball.learn.table import Table  # noqa: PLC0415  # only now as well

    table, keys = Table(slot_bits=BITS, max_segments=SEGMENTS), keys_of()
    table.expire_from(0)
    first = table.words.copy()
    stores.clear()
    there, gone = np.full(len(keys), NEVER), np.full(len(keys), NEVER)
    for epoch in range(EPOCHS):
        table.age(epoch)
        stores.append((arena.AT_EXPIRY, int(table.words[arena.AT_EXPIRY])))
        past = STAY + max(epoch - SPAN, 0) * EACH
        gone[STAY:past] = np.minimum(gone[STAY:past], len(stores))
        # Fewer come in the end, so that segments become one again.
        count = EACH if epoch < EPOCHS // 2 else 2
        coming = STAY + epoch * EACH
        for i in [*range(STAY), *range(coming, coming + count)]:
            pair = (pair_for(keys[i]) & ~STAMP_BITS) | int(stamp_for(keys[i], int(table.words[arena.AT_EXPIRY])))
            put(table.words, keys[i : i + 1], np.array([pair], dtype=np.uint64))
            there[i] = min(there[i], len(stores))
        table.tidy(8)
    return first, np.array(stores, dtype=np.uint64), there, gone


def misled(words: Words, log: Words, there: Words, gone: Words, seed: int) -> tuple[int, int]:
    """Looks keys up while any number of stores happen between any two looks; (how many, how many wrong answers)."""
    from flyball.learn.expiry import STAMP_BITS  # noqa: PLC0415  # only now are the instructions in their places
    from flyball.learn.place import find  # noqa: PLC0415  # only now as well

    random = np.random.default_rng(seed)
    keys, asked, wrong, done = keys_of(), 0, 0, 0
    held = np.empty(1, dtype=np.uint64)

    def go_on() -> None:
        nonlocal done
        until = min(len(log), done + int(random.choice([0, 0, 1, 2, 9, 600], p=[0.4, 0.3, 0.1, 0.1, 0.09, 0.01])))
        for at, value in log[done:until]:
            words[at] = value
        done = until

    before_load.append(go_on)
    while done < len(log):
        here = np.flatnonzero(there <= done)
        i = int(random.choice(here)) if len(here) > 0 else 0
        begun = done
        known, row = find(words, keys[i], held), int(held[0])
        asked += 1
        mine = row == pair_for(keys[i]) & ~STAMP_BITS
        right = mine and begun < gone[i] if known else done >= gone[i] or begun < there[i]
        wrong += not right
    before_load.clear()
    return asked, wrong


if __name__ == "__main__":
    take_places()
    words, log, there, gone = recorded()
    np.savez(sys.argv[1], words=words, log=log, there=there, gone=gone)
    counted = np.concatenate([[0], np.cumsum(log[:, 0] == arena.AT_GENERATION), [0]])
    silent = log[log[:, 0] != arena.AT_GENERATION]
    earlier = [np.where(at < NEVER, at - counted[np.minimum(at, len(log))], at) for at in (there, gone)]
    for each, places in ((log, (there, gone)), (silent, earlier)):
        asked, wrong = np.sum([misled(words.copy(), each, places[0], places[1], seed) for seed in range(20)], axis=0)
        print(asked, wrong)  # noqa: T201  # the test reads these lines

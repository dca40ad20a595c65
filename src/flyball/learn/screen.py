"""Which features of an example count: those that the table holds, and of the others those that it lets in.

A key is held when its row says something and has not expired. When an example is learned, the gate is asked about every
other key, once; who is refused is left out of the example as if it had not come, and gets no slot. What is told later
of the same prediction is no new sighting: it is learned by the keys that are held. The bias is never asked about.
Keys of one example are distinct.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.admission import admit
from flyball.learn.arena import AT_EXPIRY
from flyball.learn.atomic import load, store, store_release
from flyball.learn.bias import BIAS_KEY
from flyball.learn.expiry import stale, stamp_bits_in
from flyball.learn.growth import FULL
from flyball.learn.kernel import inner, kernel
from flyball.learn.offset import end_of
from flyball.learn.place import Frame, frame_of, seek
from flyball.learn.seeker import MASK, Seeker, realign
from flyball.learn.slots import insert
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.ftrl import Steps

    Words = NDArray[Any]


class Sieve(NamedTuple):
    """Room for what is left of an example of at most so many features.

    Attributes:
        keys: shape (most,).
        values: shape (most,).
        at: shape (most,), the words of their slots.

    >>> len(sieve_of(3).keys)
    3
    """

    keys: NDArray[Any]
    values: NDArray[np.float64]
    at: NDArray[np.int64]


@kernel
def sieve_of(most: int) -> Sieve:
    """Room for examples of at most `most` features."""
    return Sieve(np.empty(most, np.uint64), np.empty(most, np.float64), np.empty(most, np.int64))


@inner
def guards(words: Words, gate: Words) -> bool:
    """Whether features have to be looked at one by one: otherwise whatever is learned is let in, and stays."""
    return len(gate) > 0 or load(words, AT_EXPIRY) != uint64(0)


@inner
def held(words: Words, frame: Frame, at: int, key: int, present: int) -> bool:
    """Whether the row at word `at` is this key's, says something, and has not expired."""
    if load(words, at) != uint64(key):
        return False
    first = load(words, at + 1)
    if stale(first, present):
        return False
    said = first & ~stamp_bits_in(present)
    for word in range(at + 2, at + (int64(1) << frame.width_bits)):
        said |= load(words, word)
    return bool(said != uint64(0))


@inner
def screen(words: Words, gate: Words, steps: Steps, i: int, learns: bool, seeker: Seeker, sieve: Sieve) -> int:
    """Puts what counts of example i into the sieve, after `settle`; how many features, or FULL.

    Args:
        words: the table's.
        gate: the gate's words.
        steps: all examples.
        i: which.
        learns: whether it is learned: then features may be let in, and all that count have slots afterwards.
        seeker: where the slots of the examples on their way are.
        sieve: gets the features.
    """
    kept = chosen(words, gate, steps, i, learns, seeker, sieve)
    return kept if not learns or take_slots(words, steps, i, seeker, sieve, kept) else int64(FULL)


@inner
def chosen(words: Words, gate: Words, steps: Steps, i: int, learns: bool, seeker: Seeker, sieve: Sieve) -> int:
    """Puts the features that are held or let in into the sieve; those that the table does not have are at -1."""
    here, start, present = i & MASK, steps.starts[i], load(words, AT_EXPIRY)
    frame, kept, k = frame_of(words), int64(0), int64(0)
    # What is told once more of a prediction is no sighting.
    asks = learns and (len(gate) == 0 or steps.labels[i, 3] == 0.0)
    for j in range(end_of(steps.keys, start, steps.starts[i + 1]) - start):
        key, at = steps.keys[start + j], seeker.at[here, j]
        if k < seeker.counts[here] and seeker.left[here, k] == j:
            # It was not there when it was looked up; an example since may have put it there.
            k, at = k + 1, seek(words, frame, key)
        if not held(words, frame, at, key, present):
            if not learns or (uint64(key) != uint64(BIAS_KEY) and not (asks and admit(gate, key, steps.noises[i]))):
                continue
            if load(words, at) != uint64(key):
                at = int64(-1)
        sieve.keys[kept], sieve.values[kept], sieve.at[kept] = key, steps.values[start + j], at
        kept += 1
    return kept


@inner
def take_slots(words: Words, steps: Steps, i: int, seeker: Seeker, sieve: Sieve, kept: int) -> bool:
    """Takes slots for the features in the sieve that have none; False when the table is full."""
    k = 0
    while k < kept:
        place = insert(words, sieve.keys[k]) if sieve.at[k] < 0 else sieve.at[k]
        if place == FULL:
            return False
        if place >= 0:
            sieve.at[k] = place
            k += 1
            continue
        # A segment split: slots that were found before may have moved, and expired rows have been left behind.
        realign(words, steps.starts, steps.keys, i + 1, i, seeker)
        frame, k = frame_of(words), 0
        for other in range(kept):
            at = seek(words, frame, sieve.keys[other])
            sieve.at[other] = at if load(words, at) == sieve.keys[other] else int64(-1)
    revive(words, sieve, kept)
    return True


@inner
def revive(words: Words, sieve: Sieve, kept: int) -> None:
    """Makes expired rows of those in the sieve nothing; a reader finds the old row expired, or a row of nothing."""
    present, width_bits = load(words, AT_EXPIRY), frame_of(words).width_bits
    for k in range(kept):
        at = sieve.at[k]
        if stale(load(words, at + 1), present):
            for word in range(at + 2, at + (int64(1) << width_bits)):
                store(words, word, uint64(0))
            store_release(words, at + 1, uint64(0))

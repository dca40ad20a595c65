"""Which new features get a place in the table: all, those that have been seen often enough, or a random part.

In click logs half of all features occur once (McMahan et al., KDD 2013, section 4.1): a row for each would be memory
for nothing. A gate is one array of 64-bit words, which the kernels of learning ask about every key that the table does
not hold; the empty array admits everything. What it answers follows from what it was asked before, or from the
example's random bits, and from nothing else, so that a replay admits the same keys.

    header      | GATE_WORDS: mode, limit, and the geometry of the filter; from the second line on, what changes
    lines       | of a counting filter: per line of the cache two halves of 256 bits, counters of one key's sightings
    marks       | one bit a line, the header's too: changed since the last checkpoint

Counting (Fan et al., IEEE/ACM ToN 2000, with the smallest counters raised only: Estan and Varghese, SIGCOMM 2002) is
done in one line a key (blocked: Putze, Sanders and Singler, JEA 2009). A filter that is never emptied admits everything
in the end, so every line has two halves that take turns: sightings are counted in the present one and looked up in
both. A hand goes round the lines, once for each `capacity` keys that were entered; where it passes, the older half is
emptied and becomes the present one. Nothing is cleared at once, and a sighting counts for at least the next `capacity`
entered keys. Counters overlap, so a key may be admitted early, and within that span never late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.learn.atomic import load, store
from flyball.learn.kernel import inner
from flyball.learn.slots import mix
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Words = NDArray[Any]
    Integers = NDArray[np.int64]

COUNTING = 1
"""A key is admitted when it was refused as often as the limit says."""
CHANCE = 2
"""A key is admitted with one probability at each sighting: limit / 2^53."""

GATE_WORDS = 16
AT_MODE = 0
AT_LIMIT = 1
AT_CHECKS = 2
"""How many counters a key has in a half."""
AT_LINES = 3
AT_CAPACITY = 4
"""How many keys are entered while the hand goes round once."""
AT_FIELD_BITS = 5
"""A counter has 2 to this power bits."""
AT_MARKS = 6
"""First word of the marks."""
AT_ENTERED = 8
"""Keys ever entered. From here on the words change."""
AT_HAND = 9
"""The line that the hand comes to next."""
AT_ROUND = 10
"""Which half is the present one of the lines that the hand has not passed: 0 or 1."""
AT_DUE = 11
"""How far the hand is on its way to that line, in parts of AT_CAPACITY."""
AT_ADMITTED = 12
"""Sightings that were answered with yes."""
AT_REFUSED = 13
"""And those with no."""

HALF_BITS = 256
CHANCE_BITS = 53
KEY_SALT = 0x61646D6974746564
"""'admitted': the lines of the filter have nothing to do with the places in the table."""
NOISE_SALT = 0x6368616E63653F21
"""And its chances nothing with the rounding of coefficients, which takes the same random bits."""


@inner
def admit(gate: Words, key: int, noise: int) -> bool:
    """Whether this key, which the table does not hold, is given a place in it now; to be asked once for each sighting.

    Args:
        gate: the words of a gate; none admit everything.
        key: the feature.
        noise: the random bits of the example.
    """
    if len(gate) == 0:
        return True
    counting = int64(load(gate, AT_MODE)) == COUNTING
    admitted = often_enough(gate, key) if counting else by_chance(gate, key, noise)
    tally = AT_ADMITTED if admitted else AT_REFUSED
    store(gate, tally, load(gate, tally) + uint64(1))
    return admitted


@inner
def by_chance(gate: Words, key: int, noise: int) -> bool:
    """Whether the hash of the example's random bits and the key falls below the limit."""
    drawn = mix(mix(uint64(noise) ^ uint64(NOISE_SALT)) ^ uint64(key))
    return bool((drawn >> uint64(64 - CHANCE_BITS)) < load(gate, AT_LIMIT))


@inner
def line_of(gate: Words, hashed: int) -> int:
    """The line of a key, by the upper half of its hash."""
    return int64(((uint64(hashed) >> uint64(32)) * load(gate, AT_LINES)) >> uint64(32))


@inner
def half_at(gate: Words, line: int, turns: int) -> int:
    """First word of a line's present half, or after one more of its `turns`, of the older one."""
    passed = line < int64(load(gate, AT_HAND))
    half = int64(load(gate, AT_ROUND)) ^ int64(passed) ^ turns
    return int64(GATE_WORDS) + 8 * line + 4 * half


@inner
def counter_at(half: int, spots: int, i: int, field_bits: int) -> tuple[int, int]:
    """(the word of a key's i-th counter, its first bit there): byte i of `spots` is its number in the half."""
    number = int64((uint64(spots) >> uint64(8 * i)) & uint64(HALF_BITS - 1)) & ((int64(HALF_BITS) >> field_bits) - 1)
    each = 6 - field_bits
    return half + (number >> each), (number & ((int64(1) << each) - 1)) << field_bits


@inner
def least(gate: Words, half: int, spots: int) -> int:
    """The smallest of a key's counters in a half: it has been counted there at most so often."""
    field_bits = int64(load(gate, AT_FIELD_BITS))
    most = (uint64(1) << (uint64(1) << uint64(field_bits))) - uint64(1)
    found = most
    for i in range(int64(load(gate, AT_CHECKS))):
        word, bit = counter_at(half, spots, i, field_bits)
        found = min(found, (load(gate, word) >> uint64(bit)) & most)
    return int64(found)


@inner
def count_up(gate: Words, half: int, spots: int, count: int) -> None:
    """Raises those of a key's counters in a half that stand at `count`, the smallest."""
    field_bits = int64(load(gate, AT_FIELD_BITS))
    most = (uint64(1) << (uint64(1) << uint64(field_bits))) - uint64(1)
    for i in range(int64(load(gate, AT_CHECKS))):
        word, bit = counter_at(half, spots, i, field_bits)
        held = load(gate, word)
        if (held >> uint64(bit)) & most == uint64(count):
            store(gate, word, held + (uint64(1) << uint64(bit)))


@inner
def often_enough(gate: Words, key: int) -> bool:
    """Whether a key was counted as often as the limit says; if not, it is counted."""
    hashed = mix(uint64(key) ^ uint64(KEY_SALT))
    # Lines come from the upper half of the hash; these bits must not follow from them.
    line, spots = line_of(gate, hashed), mix(hashed)
    half = half_at(gate, line, 0)
    count = least(gate, half, spots)
    if count + least(gate, half_at(gate, line, 1), spots) >= int64(load(gate, AT_LIMIT)):
        return True
    count_up(gate, half, spots, count)
    touch(gate, line)
    if count == 0:
        enter(gate)
    return False


@inner
def touch(gate: Words, line: int) -> None:
    """Marks a line as changed."""
    number = line + GATE_WORDS // 8
    word = int64(load(gate, AT_MARKS)) + (number >> 6)
    store(gate, word, load(gate, word) | (uint64(1) << uint64(number & 63)))


@inner
def enter(gate: Words) -> None:
    """A key was entered that the present half did not know: the hand moves on."""
    store(gate, AT_ENTERED, load(gate, AT_ENTERED) + uint64(1))
    due, capacity = load(gate, AT_DUE) + load(gate, AT_LINES), load(gate, AT_CAPACITY)
    while due >= capacity:
        due -= capacity
        turn(gate)
    store(gate, AT_DUE, due)


@inner
def turn(gate: Words) -> None:
    """Empties the older half of the line that the hand comes to, and makes it the present one."""
    line = int64(load(gate, AT_HAND))
    half = half_at(gate, line, 1)
    for word in range(half, half + 4):
        store(gate, word, uint64(0))
    touch(gate, line)
    if line + 1 < int64(load(gate, AT_LINES)):
        store(gate, AT_HAND, uint64(line + 1))
    else:
        store(gate, AT_HAND, uint64(0))
        store(gate, AT_ROUND, load(gate, AT_ROUND) ^ uint64(1))


@inner
def sift(gate: Words, keys: Words, noise: int, places: Integers, count: int, refused: Integers) -> int:
    """Asks about the keys of one example that the table does not hold, `keys[places[:count]]`, in this order.

    Returns:
        How many are admitted: `places` begins with theirs, and `refused` with those of the others.
    """
    admitted = 0
    for i in range(count):
        place = places[i]
        if admit(gate, keys[place], noise):
            places[admitted] = place
            admitted += 1
        else:
            refused[i - admitted] = place
    return admitted

"""Single words of shared memory, written and read so that other processes see them in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.learn.atomic import exchange, load, load_acquire, store, store_release
from flyball.learn.kernel import kernel
from flyball.learn.word import int64, uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]

LINE = 8
"""Words in a cache line."""


@kernel
def publish(words: Words, at: int, value: int) -> None:
    """Writes word `at` after everything written before it: whoever observes the value sees all that."""
    store_release(words, at, uint64(value))


@kernel
def observe(words: Words, at: int) -> int:
    """Word `at`; nothing after it is read before it."""
    return int64(load_acquire(words, at))


@kernel
def claim(words: Words, mask: int, key: int) -> bool:
    """Notes a key in its line of words; False if it stands there already.

    A line is a count of keys and seven places; the oldest key makes room. Any number of processes may claim at once:
    of several that claim one key, at most one is told that it was the first.

    Args:
        words: lines of eight words, a power of two of them.
        mask: the number of lines less one.
        key: not 0.
    """
    line = int64(uint64(key) & uint64(mask)) * LINE
    for i in range(1, LINE):
        if load(words, line + i) == uint64(key):
            return False
    while True:
        count = load_acquire(words, line)
        place = line + 1 + int64(count % uint64(LINE - 1))
        held = load(words, place)
        if held == uint64(key):
            return False
        if exchange(words, place, held, uint64(key)) == held:
            exchange(words, line, count, count + uint64(1))
            break
    # Somebody else may have claimed the same key in another place meanwhile: then neither is told that it was first.
    twice = False
    for i in range(1, LINE):
        twice |= line + i != place and load_acquire(words, line + i) == uint64(key)
    return not twice


@kernel
def release(words: Words, mask: int, key: int) -> None:
    """Takes a key out again."""
    line = int64(uint64(key) & uint64(mask)) * LINE
    for i in range(1, LINE):
        if load(words, line + i) == uint64(key):
            store(words, line + i, uint64(0))

"""Gates: what decides which new features get a place in the table (`flyball.learn.admission`), sized and kept."""

from __future__ import annotations

import math
import mmap
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xxhash

from flyball.learn import admission
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]  # of uint64

KEYS = 10_000_000
"""How many new keys are remembered unless it is said otherwise: 16 MB where each is refused once."""
MOST_TIMES = 15
"""A counter has at most four bits."""
MOST_CHECKS = 8
"""One byte each of a hash."""
LINE_WORDS = 8
NUMBER = np.uint64(32)
"""By so many bits the number of a line is shifted up where it is a key."""
HEADER_LINES = admission.GATE_WORDS // LINE_WORDS
"""The first of them says what a gate is and never changes, the second how far it has come."""


class GateRefused(FlyballError):
    """A gate was asked for that cannot be, or what was kept of one is not of this gate."""


def false_rate_of(*, keys_per_half: float, counters: int, checks: int, fill: float = 1.0) -> float:
    """How often a key that was never seen is taken for one that was.

    A half with j keys answers wrongly with probability (1 - (1 - 1/m)^(k j))^k, of m counters, k of them for each key
    (Bloom, CACM 1970); over lines, j follows Poisson's law; and either half may err: 1 - (1 - f)(1 - f').

    Args:
        keys_per_half: how many keys a half holds on average when its turn ends.
        counters: m, in a half.
        checks: k.
        fill: how far the present half's turn is; the older one is full. The rate rises with it, and starts again.

    >>> round(false_rate_of(keys_per_half=32.0, counters=256, checks=4), 3)
    0.053
    """
    full, present = (_entered_errors(keys_per_half * share, counters, checks) for share in (1.0, fill))
    return 1.0 - (1.0 - full) * (1.0 - present)


def _entered_errors(mean: float, counters: int, checks: int) -> float:
    """How often a half errs in which so many keys were entered: those that it took for old ones are not among them."""
    share = _errors_of(mean, counters, checks)
    # The rate grows as the power `checks` of what is held, so that many of all keys were taken for old ones.
    return _errors_of(mean * (1.0 + share / (checks + 1.0)), counters, checks)


def _errors_of(mean: float, counters: int, checks: int) -> float:
    """How often a half errs that holds so many keys on average, drawn at random."""
    held = np.arange(int(mean + 12.0 * math.sqrt(mean) + 20.0))
    factorials = np.cumsum(np.log(np.maximum(held, 1)))
    logs = held * math.log(max(mean, 1e-300)) - mean - factorials
    # The share of counters that are not 0: its mean, and its variance (Johnson and Kotz, Urn Models, 1977, chapter 3).
    empty = (1.0 - 1.0 / counters) ** (checks * held)
    both = (1.0 - 2.0 / counters) ** (checks * held)
    spread = (1.0 - 1.0 / counters) * both + empty / counters - empty**2
    share = 1.0 - empty
    wrong = share**checks
    if checks > 1:
        wrong += checks * (checks - 1) / 2.0 * share ** (checks - 2.0) * spread
    return float(np.exp(logs) @ wrong)


@cache
def density_of(*, counters: int, false_rate: float) -> tuple[float, int]:
    """(how many keys a half may hold on average, the number of checks with which it may hold most).

    >>> density, checks = density_of(counters=256, false_rate=0.05)
    >>> round(density, 1), checks
    (32.0, 5)
    """
    best = (0.0, 1)
    for checks in range(1, MOST_CHECKS + 1):
        low, high = 0.0, float(counters)
        for _ in range(40):
            middle = (low + high) / 2.0
            if false_rate_of(keys_per_half=middle, counters=counters, checks=checks) <= false_rate:
                low = middle
            else:
                high = middle
        best = max(best, (low, checks))
    return best


def _allocate(words: int) -> Words:
    """Zeros that begin on a line of the cache, which take memory where they are written."""
    held = mmap.mmap(-1, words * 8)
    with suppress(OSError):  # where the system has no huge pages, it is as slow as it must be
        held.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(held, dtype=np.uint64)


class Gate:
    """What is asked about every feature that the table does not hold yet.

    Args:
        words: what the kernels take; none admit everything.

    >>> Gate.counting(times=1, keys=1_000_000).memory_bytes
    1601912
    """

    def __init__(self, words: Words) -> None:
        self.words = words

    @classmethod
    def open(cls) -> Gate:
        """A gate that admits everything.

        >>> Gate.open().memory_bytes
        0
        """
        return cls(np.empty(0, dtype=np.uint64))

    @classmethod
    def chance(cls, p: float) -> Self:
        """A gate that admits a key with probability `p` at each sighting.

        Raises:
            GateRefused: it is no probability above 0.

        >>> Gate.chance(0.1).memory_bytes
        136
        """
        limit = round(p * 2.0**admission.CHANCE_BITS) if 0.0 < p <= 1.0 else 0
        if limit == 0:
            raise GateRefused(f"p is {p!r}; give a probability above 0, at most 1")
        return cls._begun([admission.CHANCE, limit])

    @classmethod
    def counting(cls, *, times: int, keys: int, false_rate: float = 0.1) -> Self:
        """A gate that admits a key when it comes for the time number `times + 1`.

        Args:
            times: how often it is refused, 1 to 15.
            keys: for at least so many newly seen keys a sighting is remembered.
            false_rate: how often, at most, a key that is new is taken for one that was seen, and with `times=1`
                admitted at once: `false_rate_of`. The filter then takes 64 bytes for `density_of` keys.

        Raises:
            GateRefused: one of them is out of its range.

        >>> gate = Gate.counting(times=2, keys=1000)
        >>> [bool(admission.admit(gate.words, np.uint64(7), np.uint64(0))) for _ in range(3)]
        [False, False, True]
        """
        if not 1 <= times <= MOST_TIMES:
            raise GateRefused(f"times is {times!r}; give a whole number from 1 to {MOST_TIMES}")
        if not 1 <= keys < 2**36:
            raise GateRefused(f"keys is {keys!r}; give how many new keys are to be remembered, 1 to {2**36 - 1:,}")
        if not 1e-9 <= false_rate < 1.0:
            raise GateRefused(f"false_rate is {false_rate!r}; give a share of at least 1e-9 and below 1")
        # The narrowest counters that count as far as is asked: 1, 2 or 4 bits.
        field_bits = (times.bit_length() - 1).bit_length()
        counters = admission.HALF_BITS >> field_bits
        density, checks = density_of(counters=counters, false_rate=false_rate)
        lines = math.ceil(keys / density)
        if lines >= 2**32:
            raise GateRefused(
                f"a filter for {keys:,} keys with a false_rate of {false_rate:g} would take {64 * lines:,} bytes, more "
                "than it can have; give fewer keys, or a higher rate"
            )
        return cls._begun([admission.COUNTING, times, checks, lines, max(keys, lines), field_bits])

    @classmethod
    def _begun(cls, header: list[int]) -> Self:
        lines = header[admission.AT_LINES] if header[admission.AT_MODE] == admission.COUNTING else 0
        marks = (HEADER_LINES + lines) * LINE_WORDS
        words = _allocate(marks + (HEADER_LINES + lines + 63) // 64)
        words[: len(header)] = header
        words[admission.AT_MARKS] = marks
        return cls(words)

    @classmethod
    def of(cls, admission: float | None, keys: int | None = None) -> Gate:
        """The gate that a model declares.

        Args:
            admission: `None` admits everything, a whole number counts, a fraction is a chance.
            keys: of a gate that counts, how many are remembered; `KEYS` unless it is given.

        >>> Gate.of(None).closes, Gate.of(0.5).closes, Gate.of(2, 1000).memory_bytes
        (False, True, 3464)
        """
        if admission is None:
            return cls.open()
        if admission < 1:
            return cls.chance(admission)
        return cls.counting(times=int(admission), keys=KEYS if keys is None else keys)

    @property
    def kind(self) -> int:
        """A hash of what it is, of its mode and size, whatever it remembers."""
        return xxhash.xxh64_intdigest(self.words[:LINE_WORDS].tobytes())

    @property
    def closes(self) -> bool:
        """Whether it refuses anything."""
        return len(self.words) > 0

    @property
    def memory_bytes(self) -> int:
        """What it takes when all of it has been written."""
        return self.words.nbytes

    @property
    def admitted(self) -> int:
        """How many sightings were answered with yes."""
        return self._told(admission.AT_ADMITTED)

    @property
    def refused(self) -> int:
        """How many sightings were answered with no."""
        return self._told(admission.AT_REFUSED)

    @property
    def entered(self) -> int:
        """How many keys were counted for the first time, as far as it knows."""
        return self._told(admission.AT_ENTERED)

    def _told(self, at: int) -> int:
        return int(self.words[at]) if len(self.words) > 0 else 0

    def digest(self) -> int:
        """A 64-bit hash of all that decides what it answers from here on; which lines are marked does not."""
        return xxhash.xxh64_intdigest(self._lines().data if len(self.words) > 0 else b"")

    def _lines(self) -> Words:
        """Header and lines, shape (n, 8)."""
        return self.words[: int(self.words[admission.AT_MARKS])].reshape(-1, LINE_WORDS)

    def entries(self, *, only_touched: bool = False) -> tuple[Words, Words]:
        """All lines, or those that changed since `untouch` and the header: (their numbers, their 8 words each).

        They have the form of a table's keys and rows, so that a checkpoint's base and deltas keep and merge them. The
        numbers are shifted up by 32 bits: what merges divides entries by their leading bits.
        """
        none = np.empty(0, dtype=np.uint64)
        if len(self.words) == 0:
            return none, none
        lines = self._lines()
        numbers = np.arange(len(lines))
        if only_touched:
            marks = self.words[int(self.words[admission.AT_MARKS]) :]
            changed = np.unpackbits(marks.view(np.uint8), bitorder="little")[: len(lines)]
            changed[:HEADER_LINES] = 1
            numbers = np.flatnonzero(changed)
        return numbers.astype(np.uint64) << NUMBER, lines[numbers].ravel()

    def untouch(self) -> None:
        """Forgets which lines have changed: they are in a checkpoint now."""
        if len(self.words) > 0:
            self.words[int(self.words[admission.AT_MARKS]) :] = 0

    def touch_all(self) -> None:
        """Makes every line count as changed: what was written down of them was lost."""
        if len(self.words) > 0:
            self.words[int(self.words[admission.AT_MARKS]) :] = ~np.uint64(0)

    def load(self, numbers: Words, rows: Words) -> None:
        """Goes on from where the gate stood whose `entries` these are, later ones of the same line over earlier ones.

        Raises:
            GateRefused: they are of another gate.
        """
        if len(self.words) == 0 and len(numbers) == 0:
            return
        whole = len(self.words) > 0 and len(rows) == len(numbers) * LINE_WORDS
        held = rows.reshape(-1, LINE_WORDS)[numbers == 0] if whole else np.empty((0, LINE_WORDS), np.uint64)
        if len(held) == 0 or not np.array_equal(held[-1], self.words[:LINE_WORDS]):
            raise GateRefused(
                "what was kept is of another gate, of another mode or size; open the state under the definition that "
                "it was kept by, or learn it again from the log"
            )
        lines, places = self._lines(), (numbers >> NUMBER).astype(np.int64)
        if places.max() >= len(lines):
            raise GateRefused(f"line {int(places.max())} was kept of a gate that has {len(lines)}; replay the log")
        lines[places] = rows.reshape(-1, LINE_WORDS)
        self.touch_all()

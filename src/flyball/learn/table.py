"""The table of coefficients: from a 64-bit feature key to what was learned of it, growing without a stall."""

from __future__ import annotations

import mmap
import os
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from flyball.learn import arena, growth, mark, pair, place, slots, sweep
from flyball.learn.expiry import SPAN, STAMP_BITS, TIMELESS, present_at
from flyball.learn.gate import Gate
from flyball.learn.snapshot import Snapshot
from flyball.learn.word import uint64
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Callable

Words = NDArray[Any]  # of uint64; kernels take it so that `words[i]` is an int to the type checker

ENTRIES_AT_ONCE = 1 << 16
"""How many entries a snapshot hands over at once where it has to be finished before anything else."""

SEGMENT_BITS = 17
"""A segment has 2 to this power words, 1 MiB, unless it is said otherwise."""

MOST_SEGMENTS = 8192
"""So many segments a table of pairs has at most unless it is said otherwise; wider rows have more, for as many keys."""
MOST_BYTES = 64 << 30
"""Not for more than that: addresses cost nothing, but some systems count them."""

MAP_NORESERVE = 0x4000
"""Linux's flag for memory that is not counted before it is used; Python names it from 3.13 on."""


LEAP = 4 * SPAN
"""By so many epochs time may go on at once without a look at the whole table."""
LATE = 16
"""By so many rounds the taking out of expired rows may be late: four times the time after which rows expire."""


class TableFull(FlyballError):
    """The table holds as many features as it was allowed; nothing was lost, but new features cannot be learned."""


class TableForeign(FlyballError):
    """A block of memory that was to be read as a table is none."""


class Table:
    """A map from 64-bit feature keys to rows of words, such as one pair (z, n), which grows one segment at a time.

    Args:
        width_bits: a row has `2 ** width_bits` words, of which the key takes one: 1 for a pair.
        slot_bits: a segment has `2 ** slot_bits` slots; by default as many as take 1 MiB.
        max_segments: the limit of growth; by default room for about 400 million keys, whose pairs fill 8,192 segments
            of 1 MiB, and wider rows more, up to 64 GiB. Memory is taken as it is filled: with 16 bytes a slot between
            20 and 40 bytes a feature, 29 on average.
        shared: whether other processes may read the table while this one writes it, through its `descriptor`, which
            is closed with the table: whoever is to read later needs a copy of it (`os.dup`, `pass_fds`). Readers never
            wait, whatever becomes of the writer, and `get` and `flyball.learn.ftrl.predict` are exact at any moment;
            what goes through the whole table (`entries`, `digest`) is so only while nobody writes.

    Attributes:
        gate: what is asked about every key that is learned and that the table does not hold.

    >>> table = Table(slot_bits=6, max_segments=64)
    >>> table.put(np.array([7, 8], np.uint64), z=np.array([0.5, -1.0]), n=np.array([1.0, 2.0]))
    >>> len(table), table.get(8)
    (2, (-1.0, 2.0))
    """

    def __init__(
        self,
        *,
        width_bits: int = 1,
        slot_bits: int | None = None,
        max_segments: int | None = None,
        shared: bool = False,
    ) -> None:
        slot_bits = SEGMENT_BITS - width_bits if slot_bits is None else slot_bits
        max_segments = segment_limit(width_bits, slot_bits) if max_segments is None else max_segments
        self.layout = arena.Layout.of(slot_bits=slot_bits, width_bits=width_bits, max_segments=max_segments)
        size = self.layout.words * 8
        self.descriptor: int | None = None
        if shared:
            # Freed by the kernel with its last user, whatever way the users die.
            self.descriptor = os.memfd_create("flyball-table")
            weakref.finalize(self, os.close, self.descriptor)  # the mapping stays for whoever holds `words`
            os.ftruncate(self.descriptor, size)
            self._map = mmap.mmap(self.descriptor, size)
        else:
            flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
            self._map = mmap.mmap(-1, size, flags=flags)
            # Random access to gigabytes misses the translation buffer at every feature without huge pages. Where the
            # system has none, it is as slow as it must be.
            with suppress(OSError):
                self._map.madvise(mmap.MADV_HUGEPAGE)
        self.words: Words = np.frombuffer(self._map, dtype=np.uint64)
        self.gate = Gate.open()
        self._snapshot: Snapshot | None = None
        self._begin()

    def _begin(self) -> None:
        words, layout = self.words, self.layout
        words[arena.AT_MAGIC] = arena.MAGIC
        words[arena.AT_SLOT_BITS] = layout.slot_bits
        words[arena.AT_WIDTH_BITS] = layout.width_bits
        words[arena.AT_MAX_SEGMENTS] = layout.max_segments
        words[arena.AT_DIRECTORY_BITS] = layout.directory_bits
        words[arena.AT_TOUCHED] = layout.marks
        words[layout.directory] = growth.take_segment(words, 0)

    @classmethod
    def attach(cls, descriptor: int) -> Table:
        """Opens for reading a table that another process shares.

        Args:
            descriptor: the `descriptor` of a shared table, inherited or passed on.

        Raises:
            TableForeign: it holds no table, or not a whole one.
        """
        self = cls.__new__(cls)
        self.descriptor = descriptor
        self.gate = Gate.open()
        self._snapshot = None
        try:
            self._map = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # nothing that can be mapped, or nothing in it
            raise foreign(descriptor) from error
        if len(self._map) < arena.HEADER_WORDS * 8 or len(self._map) % 8 != 0:
            raise foreign(descriptor)
        self.words = np.frombuffer(self._map, dtype=np.uint64)
        if int(self.words[arena.AT_MAGIC]) != arena.MAGIC:
            raise foreign(descriptor)
        self.layout = arena.Layout.of(
            slot_bits=int(self.words[arena.AT_SLOT_BITS]),
            width_bits=int(self.words[arena.AT_WIDTH_BITS]),
            max_segments=int(self.words[arena.AT_MAX_SEGMENTS]),
        )
        if self.layout.words != len(self.words):
            raise foreign(descriptor)
        return self

    def __len__(self) -> int:
        return int(self.words[arena.AT_LIVE])

    @property
    def memory_bytes(self) -> int:
        """The memory taken by segments, in bytes."""
        return int(self.words[arena.AT_USED] - self.words[arena.AT_FREE]) * self.layout.segment_words * 8

    def digest(self) -> int:
        """A 64-bit hash of all keys and rows, whatever their places, of what is common to all, and of the gate."""
        common = self.common
        shared = xxhash.xxh64_intdigest(common.tobytes()) if common.any() else 0
        return int(slots.digest(self.words)) ^ shared ^ (self.gate.digest() if self.gate.closes else 0)

    @property
    def held(self) -> int:
        """How many keys have a row that says something and has not expired; goes through the whole table."""
        return int(slots.count_held(self.words))

    @property
    def common(self) -> Words:
        """What the learner knows that is not of one feature (`flyball.learn.mixture`): a copy, all 0 at first."""
        return self.words[arena.AT_MIXTURE : arena.HEADER_WORDS].copy()

    @common.setter
    def common(self, words: Words) -> None:
        self.words[arena.AT_MIXTURE : arena.AT_MIXTURE + len(words)] = words

    def get(self, key: int) -> tuple[float, float] | None:
        """The first pair of one key, (z, n), or None."""
        row = self.row(key)
        return None if row is None else (float(pair.z_of(row[0])), float(pair.n_of(row[0])))

    def row(self, key: int) -> Words | None:
        """What is learned of one key, shape (words of a row - 1,), or None."""
        row = np.empty(self.layout.row_words, dtype=np.uint64)
        return row if place.find(self.words, uint64(slots.ZERO_KEY if key == 0 else key), row) else None

    def entries(self, *, only_touched: bool = False) -> tuple[Words, Words]:
        """All keys and rows, or those that changed since `untouch`, in an order that is no promise.

        Rows stand one after the other, without their keys: for pairs, one word each. Where rows expire they have
        stamps, as `load` takes them; those that have expired are left out.
        """
        none = np.empty(0, dtype=np.uint64)
        count = slots.copy_out(self.words, only_touched, none, none)
        keys, rows = np.empty(count, dtype=np.uint64), np.empty(count * self.layout.row_words, dtype=np.uint64)
        slots.copy_out(self.words, only_touched, keys, rows)
        return keys, rows

    def learned(self) -> tuple[Words, Words]:
        """As `entries`, of all keys, without stamps: numbers to reckon with."""
        keys, rows = self.entries()
        if self.expires:
            rows[:: self.layout.row_words] &= ~np.uint64(STAMP_BITS)
        return keys, rows

    def untouch(self) -> None:
        """Forgets which entries have changed."""
        slots.untouch(self.words)

    def touch_all(self) -> None:
        """Makes everything count as changed: what was written down of it was lost."""
        mark.touch_all(self.words)

    def forget(self) -> None:
        """Makes every coefficient 0 as if it had never been learned; the keys keep their slots."""
        self._finish_snapshot()
        slots.forget(self.words)
        self.common = np.zeros(arena.HEADER_WORDS - arena.AT_MIXTURE, dtype=np.uint64)

    def load(self, keys: Words, rows: Words) -> None:
        """Writes rows, as `entries` gave them.

        Raises:
            TableFull: they do not fit.
            TableForeign: rows of this table have another length.
        """
        if len(rows) != len(keys) * self.layout.row_words:
            raise TableForeign(
                f"{len(keys):,} keys come with {len(rows):,} words; a row of this table has {self.layout.row_words} "
                "beside its key: load what a table of the same learner gave"
            )
        self.preserve(keys)
        # Keys come in the order of a table, which would crowd the first slots of a small one: make room first.
        growth.reserve(self.words, len(self) + len(keys))
        if slots.put(self.words, keys, rows) < len(keys):
            raise self.full()

    def _finish_snapshot(self) -> None:
        while self._snapshot is not None and not self._snapshot.step(ENTRIES_AT_ONCE):
            pass

    @property
    def expires(self) -> bool:
        """Whether rows expire."""
        return int(self.words[arena.AT_EXPIRY]) != 0

    def expire_from(self, epoch: int | None) -> None:
        """Lets rows expire from an epoch on, in which all count as used, or none any more (`None`).

        Goes through the whole table. What has expired before is gone; readers are right all the time.

        >>> table, one = Table(slot_bits=6, max_segments=4), np.ones(1)
        >>> table.put(np.array([7], np.uint64), z=one, n=one)
        >>> table.expire_from(100)
        >>> table.age(116)
        >>> table.get(7)
        (1.0, 1.0)
        >>> table.age(117)
        >>> table.get(7), table.held
        (None, 0)
        """
        if self.expires:
            self._sweep_all()
        elif epoch is None:
            return
        self._finish_snapshot()
        present = 0 if epoch is None else present_at(epoch)
        self.words[arena.AT_EXPIRY] = TIMELESS
        sweep.restamp(self.words, uint64(present))
        self.words[arena.AT_EPOCH] = 0 if epoch is None else epoch
        self.words[arena.AT_EXPIRY] = present

    def age(self, epoch: int) -> None:
        """It is this epoch now: what was not used for more than `expiry.SPAN` epochs has expired. Never goes back."""
        now = int(self.words[arena.AT_EPOCH])
        if not self.expires or epoch <= now:
            return
        if epoch - now > LEAP:
            # Stamps would come round: whatever has one expires on the way, and is taken out.
            self._go_to(now + LEAP)
            self._sweep_all()
        self._go_to(epoch)
        circle = 1 << self.layout.directory_bits
        if int(self.words[arena.AT_DUE]) - int(self.words[arena.AT_SWEPT]) > LATE * circle:
            self._sweep_all()

    def _go_to(self, epoch: int) -> None:
        passed = min(epoch - int(self.words[arena.AT_EPOCH]), SPAN)
        self.words[arena.AT_DUE] += np.uint64((sweep.ROUNDS * passed << self.layout.directory_bits) // SPAN)
        self.words[arena.AT_EPOCH] = epoch
        self.words[arena.AT_EXPIRY] = present_at(epoch)

    def tidy(self, segments: int) -> None:
        """Takes out what has expired, as far as that is due, from so many segments at most; not during a snapshot."""
        if self.expires:
            sweep.sweep(self.words, segments, everything=False)

    def _sweep_all(self) -> None:
        """Takes out all that has expired."""
        self._finish_snapshot()
        self.words[arena.AT_DUE] = self.words[arena.AT_SWEPT] + np.uint64(1 << self.layout.directory_bits)
        sweep.sweep(self.words, np.iinfo(np.int64).max, everything=True)

    def begin_snapshot(self, write: Callable[[Words, Words], None]) -> Snapshot:
        """Begins to copy the entries that have changed since the last snapshot; nothing counts as changed any more.

        From here on `preserve` must be called before pairs are changed; `load`, `put` and `forget` do so themselves.
        A snapshot that is not done yet is given up.

        Args:
            write: takes keys and rows, as they were now; see `Snapshot`.
        """
        if self._snapshot is not None:
            self._snapshot.abandon()
        self._snapshot = Snapshot(self.words, write)
        return self._snapshot

    def preserve(self, keys: Words) -> None:
        """Lets a snapshot that is being taken have the pairs of these keys, which are about to be changed."""
        if self._snapshot is not None:
            self._snapshot.preserve(keys)

    def put(self, keys: Words, *, z: NDArray[np.float64], n: NDArray[np.float64]) -> None:
        """Writes z and n (shape (n,), rounded to float32) under keys; further words of the rows become 0."""
        halves = np.zeros((len(keys), 2 * self.layout.row_words), dtype=np.float32)
        halves[:, 0], halves[:, 1] = z, n
        self.load(np.where(keys == 0, np.uint64(slots.ZERO_KEY), keys), halves.view(np.uint64).ravel())

    def full(self) -> TableFull:
        """The error that says how many features there are and what to do."""
        return TableFull(
            f"the table is full: {len(self):,} features in {self.layout.max_segments:,} segments of "
            f"{self.layout.segment_words * 8:,} bytes; raise max_segments, or drop a signal with many values"
        )


def segment_limit(width_bits: int, slot_bits: int) -> int:
    """How many segments a table has at most: as many as hold the keys that MOST_SEGMENTS of pairs do.

    >>> segment_limit(1, 16), segment_limit(2, 15), segment_limit(6, 11)
    (8192, 16384, 65536)
    """
    return min(MOST_SEGMENTS << (width_bits - 1), MOST_BYTES >> (slot_bits + width_bits + 3))


def foreign(descriptor: int) -> TableForeign:
    """The error for a descriptor that is no table's.

    >>> print(foreign(7))
    descriptor 7 does not hold a table of coefficients; pass the `descriptor` of a shared Table
    """
    return TableForeign(
        f"descriptor {descriptor} does not hold a table of coefficients; pass the `descriptor` of a shared Table"
    )

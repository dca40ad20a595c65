"""The table of coefficients: growth, limits, and what others may read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from flyball.learn import arena, ftrl, growth, slots
from flyball.learn.loss import SQUARED
from flyball.learn.pair import n_of, z_of
from flyball.learn.place import directory_of
from flyball.learn.table import Table, TableForeign, TableFull
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Keys = NDArray[Any]  # of uint64

HYPER = np.array([0.1, 1.0, 0.0, 0.0])


def keys_of(count: int, seed: int = 0) -> Keys:
    """Different keys, spread as hashes are."""
    return np.unique(np.random.default_rng(seed).integers(1, 2**64 - 1, count, dtype=np.uint64))


def upto(keys: Keys) -> NDArray[np.float64]:
    """The keys' numbers."""
    return np.arange(len(keys), dtype=np.float64)


def filled(keys: Keys, *, slot_bits: int, max_segments: int) -> Table:
    """A table that holds for key number i the pair (i, i + 0.5)."""
    table = Table(slot_bits=slot_bits, max_segments=max_segments)
    table.put(keys, z=upto(keys), n=upto(keys) + 0.5)
    return table


def predicted(table: Table, keys: Keys) -> list[float]:
    """The margin of each key alone."""
    margins = np.empty(len(keys))
    ftrl.predict(table.words, HYPER, SQUARED, np.arange(len(keys) + 1), keys, np.ones(len(keys)), margins)
    return margins.tolist()


def test_what_was_put_is_got_through_many_splits_and_doublings() -> None:
    """Two thousand keys in segments of 64 slots: fifty splits, seven doublings of the directory."""
    keys = keys_of(2_000)
    table = filled(keys, slot_bits=6, max_segments=256)

    assert directory_of(table.words)[1] >= 6
    assert len(table) == len(keys)
    assert [table.get(key) for key in keys.tolist()] == [(i, i + 0.5) for i in range(len(keys))]
    assert table.get(12345) is None


def test_one_key_at_a_time_grows_like_many_at_once() -> None:
    """As learning does it."""
    keys = keys_of(500)
    table, whole = Table(slot_bits=6, max_segments=64), filled(keys, slot_bits=6, max_segments=64)
    for i in range(len(keys)):
        table.put(keys[i : i + 1], z=np.array([float(i)]), n=np.array([i + 0.5]))

    assert table.digest() == whole.digest()


@pytest.mark.parametrize("slot_bits", [6, 8, 10])
def test_the_digest_depends_on_what_is_held_only(slot_bits: int) -> None:
    """Not on the order in which keys came, nor on the size of segments."""
    keys = keys_of(700)
    order = np.random.default_rng(1).permutation(len(keys))
    table = Table(slot_bits=slot_bits, max_segments=64)
    table.put(keys[order], z=upto(keys)[order], n=upto(keys)[order] + 0.5)

    assert table.digest() == filled(keys, slot_bits=12, max_segments=8).digest()


def test_the_digest_sees_every_bit_of_a_pair_and_every_key() -> None:
    """One coefficient changed by the least, one key more, two pairs swapped."""
    keys = keys_of(10)
    plain = filled(keys, slot_bits=6, max_segments=4)
    changed, more, swapped = (filled(keys, slot_bits=6, max_segments=4) for _ in range(3))
    changed.put(keys[3:4], z=np.array([np.nextafter(np.float32(3), np.float32(4))]), n=np.array([3.5]))
    more.put(np.array([77], np.uint64), z=np.zeros(1), n=np.ones(1))
    swapped.put(keys[:2], z=np.array([1.0, 0.0]), n=np.array([1.5, 0.5]))

    assert len({table.digest() for table in (plain, changed, more, swapped)}) == 4


def test_the_digest_sees_no_key_that_was_never_learned() -> None:
    """What is forgotten, or only looked for, leaves no trace."""
    keys = keys_of(10)
    plain, more = (filled(keys, slot_bits=6, max_segments=4) for _ in range(2))
    more.put(np.array([77], np.uint64), z=np.zeros(1), n=np.zeros(1))
    assert more.digest() == plain.digest()

    more.forget()
    assert more.digest() == Table(slot_bits=6, max_segments=4).digest()


def test_a_table_loaded_from_anothers_entries_is_equal() -> None:
    """Whatever the sizes of their segments."""
    table = filled(keys_of(900), slot_bits=6, max_segments=64)
    copy = Table(slot_bits=9, max_segments=8)
    copy.load(*table.entries())

    assert copy.digest() == table.digest()
    assert len(copy) == len(table)


def test_touched_entries_are_those_changed_since_untouch_also_through_splits() -> None:
    """What a delta holds; a split carries the marks along."""
    first, second = np.split(keys_of(600), 2)
    table = filled(first, slot_bits=6, max_segments=64)
    table.untouch()
    assert len(table.entries(only_touched=True)[0]) == 0

    table.put(first[:5], z=np.ones(5), n=np.ones(5))
    table.put(second, z=np.ones(len(second)), n=np.ones(len(second)))
    assert sorted(table.entries(only_touched=True)[0].tolist()) == sorted([*first[:5].tolist(), *second.tolist()])

    table.untouch()
    assert len(table.entries(only_touched=True)[0]) == 0
    assert len(table.entries()[0]) == len(first) + len(second)


def test_reserve_makes_room_before_keys_come() -> None:
    """Then no key of the load splits a segment."""
    keys = keys_of(1_000)
    table = Table(slot_bits=6, max_segments=128)
    growth.reserve(table.words, len(keys) * 2)
    used = int(table.words[arena.AT_USED])
    table.put(keys, z=np.ones(len(keys)), n=np.ones(len(keys)))

    assert int(table.words[arena.AT_USED]) == used


def test_reserve_keeps_what_is_there_and_stops_where_there_are_no_segments() -> None:
    """Evenly: a reserve that ran out on its way would leave some keys' segments small and others' large."""
    keys = keys_of(300)
    table = filled(keys, slot_bits=6, max_segments=20)
    digest = table.digest()
    growth.reserve(table.words, 10_000)

    assert table.digest() == digest
    assert int(table.words[arena.AT_USED] - table.words[arena.AT_FREE]) == 16


def test_a_table_that_is_full_says_so_and_keeps_all_that_it_held() -> None:
    """Known features are learned on; new ones are refused."""
    keys = keys_of(500)
    table = filled(keys[:100], slot_bits=6, max_segments=8)
    with pytest.raises(TableFull, match=r"the table is full: \d+ features in 8 segments of 1,024 bytes; raise max_seg"):
        table.put(keys[100:], z=np.ones(len(keys) - 100), n=np.ones(len(keys) - 100))

    assert [table.get(key) for key in keys[:100].tolist()] == [(i, i + 0.5) for i in range(100)]
    table.put(keys[:100], z=np.ones(100), n=np.ones(100))
    assert table.get(int(keys[7])) == (1.0, 1.0)


def test_a_nearly_full_table_is_loaded_again_from_its_entries() -> None:
    """That no room for all the keys given can be made says nothing: deltas bring keys twice."""
    keys = keys_of(200)
    table = filled(keys, slot_bits=6, max_segments=8)
    copy = Table(slot_bits=6, max_segments=8)
    once = table.entries()
    copy.load(*(np.concatenate([part, part]) for part in once))

    assert copy.digest() == table.digest()


def test_keys_with_the_same_leading_bits_end_in_an_error_not_in_a_loop() -> None:
    """Hashes are never like that; if they were, the directory could not tell them apart."""
    skewed = np.arange(1, 100, dtype=np.uint64)
    table = Table(slot_bits=6, max_segments=1024)
    with pytest.raises(TableFull, match="the table is full: 52 features"):
        table.put(skewed, z=np.ones(99), n=np.ones(99))

    assert table.get(52) == (1.0, 1.0)
    assert table.get(53) is None
    table.put(keys_of(50), z=np.ones(50), n=np.ones(50))


def test_the_key_0_is_a_key_like_any_other_to_callers() -> None:
    """Inside it marks an empty slot, so it is given another."""
    table = Table(slot_bits=6, max_segments=4)
    assert table.get(0) is None
    table.put(np.array([0], np.uint64), z=np.array([2.0]), n=np.array([3.0]))

    assert table.get(0) == (2.0, 3.0)
    assert len(table) == 1
    assert table.entries()[0].tolist() == [slots.ZERO_KEY]


def test_memory_is_that_of_the_segments_in_use() -> None:
    """16 bytes a slot; a segment that was split is used again."""
    table = Table(slot_bits=6, max_segments=64)
    assert table.memory_bytes == 64 * 16
    keys = keys_of(1_000)
    table.put(keys, z=np.ones(len(keys)), n=np.ones(len(keys)))
    segments = table.memory_bytes // (64 * 16)

    assert len(keys) * 20 <= table.memory_bytes <= len(keys) * 40
    assert segments <= int(table.words[arena.AT_USED]) <= segments + 1


def test_forgetting_leaves_the_keys_and_takes_what_was_learned() -> None:
    """And marks all as changed, so that the next delta says so too."""
    keys = keys_of(300)
    table = filled(keys, slot_bits=6, max_segments=64)
    table.untouch()
    table.forget()

    assert {table.get(key) for key in keys.tolist()} == {(0.0, 0.0)}
    assert len(table.entries(only_touched=True)[0]) == len(keys)


def test_another_mapping_reads_a_shared_table_and_cannot_write_it() -> None:
    """By its descriptor, as another process would."""
    keys = keys_of(300)
    table = Table(slot_bits=6, max_segments=64, shared=True)
    table.put(keys, z=upto(keys), n=np.ones(len(keys)))
    assert table.descriptor is not None
    reader = Table.attach(table.descriptor)

    assert reader.digest() == table.digest()
    assert predicted(reader, keys) == predicted(table, keys)
    with pytest.raises(ValueError, match="read-only"):
        reader.words[0] = 1


def test_the_descriptor_of_a_table_is_closed_with_it() -> None:
    """Its words stay for whoever holds them."""
    table = Table(slot_bits=6, max_segments=4, shared=True)
    words, descriptor = table.words, table.descriptor
    assert descriptor is not None
    os.fstat(descriptor)
    del table

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert int(words[arena.AT_MAGIC]) == arena.MAGIC


def test_a_shared_table_grows_as_cheaply_as_a_private_one() -> None:
    """A segment that split is used again; the generation tells readers that are still in it."""
    keys = keys_of(1_000)
    shared, own = Table(slot_bits=6, max_segments=128, shared=True), Table(slot_bits=6, max_segments=128)
    for table in (shared, own):
        table.put(keys, z=np.ones(len(keys)), n=np.ones(len(keys)))

    assert shared.memory_bytes == own.memory_bytes
    assert int(shared.words[arena.AT_USED]) == int(own.words[arena.AT_USED])
    assert shared.digest() == own.digest()


def _memory(content: bytes) -> int:
    descriptor = os.memfd_create("foreign")
    os.write(descriptor, content)
    return descriptor


@pytest.mark.parametrize("kind", ["empty", "short", "uneven", "other", "cut", "pipe", "closed"])
def test_memory_that_is_no_table_is_refused(kind: str) -> None:
    """Never read beyond its end."""
    table = Table(slot_bits=6, max_segments=64, shared=True)
    assert table.descriptor is not None
    header = table.words[: arena.HEADER_WORDS].tobytes()
    made: dict[str, Callable[[], int]] = {
        "empty": lambda: _memory(b""),
        "short": lambda: _memory(b"x" * 64),
        "uneven": lambda: _memory(header + b"x"),
        "other": lambda: _memory(b"x" * len(header)),
        "cut": lambda: _memory(header),
        "pipe": lambda: os.pipe()[0],
        "closed": lambda: 987_654,
    }
    with pytest.raises(TableForeign, match=r"descriptor \d+ does not hold a table of coefficients; pass the `desc"):
        Table.attach(made[kind]())


def test_pairs_are_two_singles_in_one_word() -> None:
    """z in the low half, n in the high one."""
    table = Table(slot_bits=6, max_segments=4)
    table.put(np.array([9], np.uint64), z=np.array([-1.5]), n=np.array([2.5]))
    _, pairs = table.entries()

    assert (z_of(uint64(pairs[0])), n_of(uint64(pairs[0]))) == (-1.5, 2.5)
    assert int(pairs[0]) >> 32 == int(np.array([2.5], np.float32).view(np.uint32)[0])

"""Taking out what has expired: everything that has, nothing else, and memory goes down again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from flyball.learn import slots
from flyball.learn.expiry import SPAN, STAMP_BITS, present_at, stamp_for
from flyball.learn.footprint import footprint
from flyball.learn.table import LEAP, Table
from tests.unit.learn.gate_rows import some_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]

pytestmark = pytest.mark.unit


def use(table: Table, keys: Words, epoch: int) -> None:
    """Uses these keys in an epoch: rows of ones."""
    stamp = int(stamp_for(1, present_at(epoch)))
    rows = np.full((len(keys), table.layout.row_words), 0x3F800000_3F800000, dtype=np.uint64)
    rows[:, 0] = (rows[:, 0] & ~np.uint64(STAMP_BITS)) | np.uint64(stamp)
    table.preserve(keys)
    assert slots.put(table.words, keys, rows.ravel()) == len(keys)


def forgetful(**settings: int) -> Table:
    """A table whose rows expire, in epoch 0."""
    table = Table(**settings)  # type: ignore[arg-type]  # none of them is `shared`
    table.expire_from(0)
    return table


@pytest.mark.parametrize("width_bits", [1, 2, 3])
def test_memory_follows_what_is_held_up_and_down_again(width_bits: int) -> None:
    """A day of many keys, and a long one of few: the formula holds to a tenth on both, once rows are taken out."""
    table, each = forgetful(slot_bits=10, max_segments=4_096, width_bits=width_bits), 40_000
    keys = some_keys(each + 400 * 40, 9)
    use(table, keys[:each], 0)
    full = footprint(keys=len(table), slot_bits=10, max_segments=4_096, width_bits=width_bits)
    assert table.memory_bytes == pytest.approx(full.rows, rel=0.1)
    for epoch in range(1, 40):
        table.age(epoch)
        use(table, keys[each + 400 * epoch : each + 400 * (epoch + 1)], epoch)
        table.tidy(10_000)
    little = footprint(keys=len(table), slot_bits=10, max_segments=4_096, width_bits=width_bits)

    assert 400 * (SPAN + 1) <= len(table) <= 400 * (SPAN + 1 + SPAN // 3)
    assert table.memory_bytes == pytest.approx(little.rows, rel=0.1)
    assert table.held == 400 * (SPAN + 1)


def test_nothing_is_taken_out_while_a_snapshot_is_taken_which_tells_how_it_was() -> None:
    """What has expired meanwhile is told as it was when the snapshot began."""
    table, keys, told = forgetful(slot_bits=6, max_segments=256), some_keys(1_000, 2), []
    use(table, keys, 0)
    snapshot = table.begin_snapshot(lambda keys, _: told.extend(keys.tolist()))
    snapshot.step(100)
    table.age(SPAN + 1)
    table.tidy(10_000)
    assert len(table) == 1_000
    use(table, some_keys(2_000, 3), SPAN + 1)  # segments split meanwhile
    while not snapshot.step(100):
        pass
    table.age(SPAN + 2 + LEAP)

    assert sorted(told) == sorted(keys.tolist())
    assert len(table) == table.held == 0


def test_however_long_nothing_happens_no_row_comes_back() -> None:
    """Stamps come round, rows do not."""
    for gap in range(1, 1_200, 7):
        table, keys = forgetful(slot_bits=6, max_segments=16), some_keys(100, gap)
        use(table, keys, 0)
        table.age(gap)
        assert table.held == (100 if gap <= SPAN else 0), gap


def test_a_table_that_is_full_of_what_has_expired_has_room_again() -> None:
    """One segment is always left to write another one anew."""
    table, keys = forgetful(slot_bits=6, max_segments=5), some_keys(1_000, 4)
    rows = np.ones(len(keys), dtype=np.uint64)
    many = slots.put(table.words, keys, rows | np.uint64(stamp_for(1, present_at(0))))
    assert 100 < many < 300, "full"
    table.age(SPAN + 1)
    table.age(2 * SPAN + 2)
    table.tidy(100)

    use(table, keys[-many // 2 :], 2 * SPAN + 2)
    assert table.held == len(table) == many // 2 + many % 2


def test_expiry_can_begin_and_end_and_what_is_learned_stays() -> None:
    """n loses what makes room for stamps."""
    table, keys = Table(slot_bits=6, max_segments=64), some_keys(500, 5)
    table.put(keys, z=np.arange(500.0), n=np.linspace(0.0, 9.0, 500))
    before = {key: table.get(key) for key in keys.tolist()}
    table.expire_from(1_000)
    table.age(1_000 + SPAN)
    use(table, keys[:10], 1_000 + SPAN)
    table.expire_from(None)
    held = {key: table.get(key) for key in keys.tolist()}

    assert not table.expires
    assert len(table) == 500
    for key in keys[10:].tolist():
        assert held[key] == (before[key][0], pytest.approx(before[key][1], rel=2.0**-16)), key  # type: ignore[index]  # all are there
    table.expire_from(2_000)
    table.age(2_000 + SPAN + 1)
    table.expire_from(None)
    assert len(table) == 0

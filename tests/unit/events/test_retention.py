"""Retention: which segments go, and what those who still want them are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.events.log import LogDropped
from flyball.events.reader import open_reader
from flyball.events.retention import Extent, plan_retention
from flyball.events.store import SqliteLog
from tests.unit.events.log_records import filled, outcomes, seqs

if TYPE_CHECKING:
    from pathlib import Path


@given(
    sizes=st.lists(st.tuples(st.integers(1, 50), st.integers(0, 1000)), max_size=8),
    live=st.integers(0, 1000),
    limit=st.integers(0, 4000),
    keep=st.integers(1, 300),
)
def test_a_plan_drops_as_little_as_it_may_and_as_much_as_it_must(
    sizes: list[tuple[int, int]], live: int, limit: int, keep: int
) -> None:
    """Always a prefix, never what is needed, and not one segment more than the limit asks for."""
    extents, first = [], 1
    for rows, size in sizes:
        extents.append(Extent(first_seq=first, last_seq=first + rows - 1, size_bytes=size))
        first += rows

    plan = plan_retention(extents, live_bytes=live, first_seq=1, max_disk_bytes=limit, keep_from_seq=keep)

    gone = len(plan.drop)
    assert plan.drop == tuple(extent.first_seq for extent in extents[:gone])
    assert all(extent.last_seq < keep for extent in extents[:gone])
    assert plan.first_seq == (extents[gone - 1].last_seq + 1 if gone else 1)
    assert plan.size_bytes == live + sum(extent.size_bytes for extent in extents[gone:])
    assert plan.excess_bytes == max(plan.size_bytes - limit, 0)
    if gone:
        assert plan.size_bytes + extents[gone - 1].size_bytes > limit
    if plan.excess_bytes and gone < len(extents):
        assert extents[gone].last_seq >= keep


def test_retention_drops_the_oldest_segments_and_says_what_remains(tmp_path: Path) -> None:
    """Those that something still needs stay."""
    with filled(tmp_path, rows=50) as log:
        log.seal_ready(limit=2)
        size = log.disk_bytes()
        plan = log.retain(max_disk_bytes=size, keep_from_seq=50)
        assert plan.drop == ()
        plan = log.retain(max_disk_bytes=size - 1, keep_from_seq=45)
        assert (plan.drop, plan.first_seq, log.first_seq) == ((1,), 11, 11)
        assert plan.size_bytes == log.disk_bytes()
        assert seqs(list(log.read(after=10))) == list(range(11, 51))
        with pytest.raises(
            LogDropped, match=r"record 1 was asked for .* records 11 to 50 remain: read after 10 or later"
        ):
            log.read()
        with pytest.raises(LogDropped, match=r"record 3 was asked for .* records 11 to 50 remain"):
            log.get([12, 3])
        plan = log.retain(max_disk_bytes=1000, keep_from_seq=25)
        assert (plan.drop, plan.first_seq, log.first_seq) == ((11,), 21, 21)
        assert plan.excess_bytes == plan.size_bytes - 1000 == log.disk_bytes() - 1000
    with SqliteLog(tmp_path) as log:
        assert log.first_seq == 21
        log.append(outcomes(51, 1))
        assert open_reader(tmp_path).first_seq == 21


def test_retention_never_drops_the_segment_being_written(tmp_path: Path) -> None:
    """However little room there is."""
    with filled(tmp_path, rows=30) as log:
        plan = log.retain(max_disk_bytes=1, keep_from_seq=10**9)
        assert (plan.drop, plan.excess_bytes) == ((1, 11), log.disk_bytes() - 1)
    with SqliteLog(tmp_path, durable=False) as log:
        assert (log.first_seq, log.last_seq) == (21, 30)


def test_retention_never_drops_the_last_segment_of_a_log_that_is_all_sealed(tmp_path: Path) -> None:
    """It says with which record and at which time the log goes on."""
    with filled(tmp_path, rows=30) as log:
        log.seal_ready()
    (tmp_path / f"{21:020d}.sqlite").unlink()
    with SqliteLog(tmp_path, durable=False) as log:
        plan = log.retain(max_disk_bytes=0, keep_from_seq=10**9)
        assert (plan.drop, plan.first_seq, plan.excess_bytes) == ((1,), 11, log.disk_bytes())
        assert (log.first_seq, log.last_seq) == (11, 20)
        log.append(outcomes(21, 1))
        assert seqs(list(log.read(after=10))) == list(range(11, 22))


def test_a_reader_whose_segments_are_dropped_is_told(tmp_path: Path) -> None:
    """Also in the middle of reading."""
    with filled(tmp_path, rows=50) as log, open_reader(tmp_path) as reader:
        log.seal_ready()
        reading = reader.read()
        assert next(reading).seq == 1
        log.retain(max_disk_bytes=0, keep_from_seq=50)
        with pytest.raises(LogDropped, match=r"record 11 was asked for .* records 41 to 50 remain"):
            list(reading)
        with pytest.raises(LogDropped, match="record 2 was asked for"):
            reader.get([2])

"""What every log promises: one suite, run on each implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from flyball.events.log import LogDropped, LogRefused, check_after, check_seqs
from flyball.events.record import Outcome, Record, Tick
from flyball.events.sealed import ParquetArchive
from flyball.events.store import SqliteLog
from flyball.testing.memory_log import MemoryLog
from tests.unit.events.log_records import NOON, batches, numbered, outcomes, restamped, seqs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flyball.events.log import Log
    from flyball.events.record import Body


def memory(_: Path) -> MemoryLog:
    """The log in memory."""
    return MemoryLog()


def durable(path: Path) -> SqliteLog:
    """The log on the disk, as it is used."""
    return SqliteLog(path)


def temporary(path: Path) -> SqliteLog:
    """The log of a system that keeps nothing."""
    return SqliteLog(path, durable=False)


class Sealing(SqliteLog):
    """A log of tiny segments, sealed after each append, with a cache that holds next to nothing."""

    def __init__(self, path: Path) -> None:
        """Three rows a segment, two a row group."""
        super().__init__(path, durable=False, segment_rows=3, archive=ParquetArchive(group_rows=2, cache_bytes=100))

    def append(self, records: list[Record]) -> None:  # type: ignore[override]  # the tests append lists
        """Append and seal."""
        super().append(records)
        self.seal_ready()


@pytest.fixture(params=[memory, durable, temporary, Sealing], ids=["memory", "durable", "temporary", "sealing"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """A new log of each kind."""
    make: Callable[[Path], Log] = request.param
    made = make(tmp_path / "log")
    yield made
    made.close()


def test_a_new_log_is_empty(log: Log) -> None:
    """Its first record will be number one."""
    assert (log.first_seq, log.last_seq, log.last_ingest_ts) == (1, 0, None)
    assert list(log.read()) == []
    assert log.get([]) == []


def test_what_is_appended_is_read_in_order(log: Log) -> None:
    """Batches leave no trace."""
    log.append(outcomes(1, 5))
    log.append(outcomes(6, 1))
    log.append(outcomes(7, 4))

    assert list(log.read()) == outcomes(1, 10)
    assert list(log.read(after=4)) == outcomes(5, 6)
    assert list(log.read(after=10)) == []
    assert list(log.read(after=99)) == []
    assert (log.first_seq, log.last_seq, log.last_ingest_ts) == (1, 10, NOON + 10)


def test_an_empty_batch_changes_nothing(log: Log) -> None:
    """Nothing is written for it."""
    log.append([])

    assert log.last_seq == 0


def test_records_are_got_in_the_order_asked_for_and_as_often(log: Log) -> None:
    """Whatever segment they stand in."""
    for first in range(1, 21, 4):
        log.append(outcomes(first, 4))

    assert seqs(log.get([20, 1, 7, 7, 13, 2])) == [20, 1, 7, 7, 13, 2]
    assert log.get([3]) == outcomes(3, 1)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (outcomes(5, 1), "record with seq 5 does not follow on seq 3; give it seq 4"),
        (outcomes(3, 1), "record with seq 3 does not follow on seq 3; give it seq 4"),
        ([*outcomes(4, 1), *outcomes(6, 1)], "record with seq 6 does not follow on seq 4"),
        (
            [restamped(outcomes(4, 1)[0], ingest_ts=NOON + 2)],
            f"record 4 has ingest_ts {NOON + 2}, before {NOON + 3} of record 3; the log's time never falls",
        ),
    ],
    ids=["gap", "again", "gap in the batch", "time falls"],
)
def test_a_batch_that_does_not_follow_is_refused_whole(log: Log, batch: list[Record], message: str) -> None:
    """Nothing of it is kept, and the right batch still goes in."""
    log.append(outcomes(1, 3))

    with pytest.raises(LogRefused, match=message):
        log.append(batch)

    assert list(log.read()) == outcomes(1, 3)
    log.append(outcomes(4, 2))
    assert list(log.read()) == outcomes(1, 5)


def test_time_may_stand_still(log: Log) -> None:
    """Many records share a microsecond."""
    log.append([restamped(record, ingest_ts=NOON) for record in outcomes(1, 3)])

    assert log.last_ingest_ts == NOON


def test_a_reader_sees_the_log_as_it_was_when_it_began(log: Log) -> None:
    """So that who reads and appends at once comes to an end."""
    log.append(outcomes(1, 3))
    reading = log.read()
    log.append(outcomes(4, 3))

    assert seqs(list(reading)) == [1, 2, 3]


@pytest.mark.parametrize("wrong", [0, -3, 4])
def test_a_record_that_never_was_is_refused(log: Log, wrong: int) -> None:
    """With what is there."""
    log.append(outcomes(1, 3))

    with pytest.raises(LogRefused, match=rf"record {wrong} was asked for and is not in the log; records 1 to 3 are"):
        log.get([1, wrong])


def test_a_closed_log_refuses_everything(log: Log) -> None:
    """And closing it again does no harm."""
    log.append(outcomes(1, 1))
    log.close()
    log.close()

    for use in (lambda: log.append(outcomes(2, 1)), log.read, lambda: log.get([1])):
        with pytest.raises(LogRefused, match=r"the log .*is closed; open"):
            use()


def test_dropped_records_are_named_with_what_remains() -> None:
    """Both ways to ask for one."""
    with pytest.raises(LogDropped, match=r"record 8 was asked .* records 11 to 20 remain: read after 10 or later"):
        check_after(7, 11, 20)
    with pytest.raises(LogDropped, match=r"record 10 was asked .* records 11 to 20 remain: keep what is still needed"):
        check_seqs([12, 10], 11, 20)
    with pytest.raises(LogDropped, match="none remains"):
        check_after(0, 11, 10)


def test_seqs_of_an_empty_log_are_refused() -> None:
    """There is no range to name."""
    with pytest.raises(LogRefused, match="record 1 was asked for and is not in the log; it is empty"):
        check_seqs([1], 1, 0)


@given(drawn=batches)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_record_comes_back_as_it_went_in(
    drawn: list[list[tuple[Body, int, int]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Through SQLite, through Parquet, and after opening again."""
    path = tmp_path_factory.mktemp("log")
    made = numbered(drawn)
    expected = [record for batch in made for record in batch]
    with Sealing(path) as log:
        for batch in made:
            log.append(batch)
        assert list(log.read()) == expected
        assert log.get([record.seq for record in reversed(expected)]) == expected[::-1]
    with SqliteLog(path, durable=False) as log:
        assert list(log.read()) == expected
        assert log.last_ingest_ts == (expected[-1].ingest_ts if expected else None)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (Record(seq=1, event_ts=2**63, ingest_ts=0, body=Outcome(id="a", outcome="o", value=1.0)), "64-bit"),
        (Record(seq=1, event_ts=0, ingest_ts=0, body=Outcome(id="\ud800", outcome="o", value=1.0)), "Unicode text"),
        (Record(seq=1, event_ts=1.5, ingest_ts=0, body=Tick()), "not an integer"),  # type: ignore[arg-type]  # the point
        (Record(seq=1, event_ts=0, ingest_ts=None, body=Tick()), "not an integer"),  # type: ignore[arg-type]  # the point
        (Record(seq=1, event_ts=0, ingest_ts=0, body=Outcome(id=[], outcome="o", value=1.0)), "text"),  # type: ignore[arg-type]  # the point
    ],
    ids=["time", "text", "half a microsecond", "no time", "list"],
)
def test_a_record_that_cannot_be_written_is_refused(tmp_path: Path, record: Record, message: str) -> None:
    """Its whole batch stays out, and the log goes on."""
    with SqliteLog(tmp_path, durable=False) as log:
        with pytest.raises(LogRefused, match=f"cannot be written: .*{message}"):
            log.append([record])
        log.append(outcomes(1, 1))
        assert log.last_seq == 1

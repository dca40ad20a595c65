"""A program that appends and seals, prints each seq that was acknowledged, and frees the disk when it is full.

Usage: `python log_writer.py DIRECTORY SEED ROWS HEAL`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from flyball.events.log import LogFull
from flyball.events.record import Outcome, Record
from flyball.events.store import SqliteLog

if TYPE_CHECKING:
    from collections.abc import Callable

SEGMENT_ROWS = 100


def batch(first: int, count: int) -> list[Record]:
    """Records from `first` on."""
    return [
        Record(seq=seq, event_ts=seq, ingest_ts=seq, body=Outcome(id=f"r{seq}", outcome="click", value=seq % 2))
        for seq in range(first, first + count)
    ]


def insist(work: Callable[[], object], heal: Path) -> None:
    """Do it, and once more after space is made; a second failure is an error."""
    try:
        work()
    except LogFull as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201  # for whoever runs it
        if heal.exists():
            raise
        heal.touch()
        work()


def main() -> None:
    """Write until there are enough rows."""
    directory, seed, rows, heal = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    rng = Random(seed)  # noqa: S311  # chance, not secrecy
    opened: list[SqliteLog] = []
    insist(lambda: opened.append(SqliteLog(directory, segment_rows=SEGMENT_ROWS)), heal)
    log = opened[0]
    while log.last_seq < rows:
        records = batch(log.last_seq + 1, rng.choice((1, 3, 40)))
        insist(lambda: log.append(records), heal)  # noqa: B023  # called before the loop goes on
        print(log.last_seq, flush=True)  # noqa: T201  # this is how it acknowledges
        if rng.random() < 0.3:
            insist(log.seal_ready, heal)
    if [record.seq for record in log.read()] != list(range(1, log.last_seq + 1)):
        sys.exit("the log has a gap")
    log.close()


if __name__ == "__main__":
    main()

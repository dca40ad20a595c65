"""Upkeep: what is dropped of the log, and when it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events.record import Record, Rewind, Tick
from flyball.run.live.chore_thread import ChoreThread
from flyball.run.live.upkeep import LOOK_SECONDS, Upkeep
from flyball.system.clock import ManualClock
from tests.unit.run.live.small_system import SmallSystem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flyball.events.record import Body

MONTH_US = 30 * 86_400_000_000


class AtOnce(ChoreThread):
    """Does what it is given before it says that it took it."""

    def give(self, work: Callable[[], object]) -> bool:
        """Done."""
        work()
        return True


def logged(small: SmallSystem, *bodies: Body) -> list[Record]:
    """Records a month later, in the log and not folded."""
    log, now = small.state.log, small.state.now + MONTH_US
    records = [
        Record(seq=log.last_seq + 1 + i, event_ts=now, ingest_ts=now, body=body) for i, body in enumerate(bodies)
    ]
    log.append(records)
    return records


def test_nothing_is_dropped_while_a_rewind_waits_to_be_folded(tmp_path: Path) -> None:
    """It learns again from the first record on, which was there when it was accepted."""
    small = SmallSystem(tmp_path / "state", segment_rows=10)
    clock, chores = ManualClock(0), AtOnce(small.told.append)
    for i in range(50):
        small.state.engine.apply(logged(small, small.asked(f"r{i}")[1]))
    small.state.checkpoint()
    upkeep = Upkeep(chores, every=10**9, seconds=1e9, max_disk_bytes=1, clock=lambda: clock.now() / 1e6)

    def step() -> int:
        clock.advance(round(2e6 * LOOK_SECONDS))
        upkeep.step(small.loop)
        return small.state.log.first_seq

    step()
    waiting = logged(small, Rewind(model="late", to_ts=small.state.now), Tick())
    assert small.loop.behind
    assert [step(), step()] == [1, 1]

    small.state.engine.apply(waiting)
    small.state.checkpoint()
    assert step() > 1
    chores.close()
    small.state.leave()

"""The loop and the channels to it: what is acknowledged is logged once, whenever the loop is killed."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from flyball.events.log import LogFull
from flyball.events.record import Outcome, Prediction, Record, Tick
from flyball.learn.table import TableFull
from flyball.run.live.vitals import Vital
from flyball.run.log_replay import replay_log
from flyball.serve.port import DiskFull, Evaluate, Known, LoopDown
from tests.unit.run.live.small_system import SmallSystem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from pathlib import Path


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallSystem]:
    """A system whose loop goes round when it is told to."""
    system = SmallSystem(tmp_path / "state")
    yield system
    system.state.leave()


def talk(small: SmallSystem, talking: Callable[[], Awaitable[None]]) -> None:
    """Runs what talks to the loop, with the channels listening."""

    async def whole() -> None:
        for channel in small.channels:
            channel.attach()
        try:
            await asyncio.wait_for(talking(), 20)
        finally:
            for channel in small.channels:
                channel.detach()

    asyncio.run(whole())


def test_an_outcome_is_acknowledged_when_it_is_in_the_log_and_not_before(small: SmallSystem) -> None:
    """Together with the prediction that was handed over before."""

    async def talking() -> None:
        channel = small.channels[0]
        channel.offer([small.asked("r1")])
        place = channel.offer([small.told_outcome("r1")])
        assert place is not None
        done = channel.committed(place)
        assert not done.done(), "acknowledged before the loop went round"
        small.loop.round()
        await done
        assert [type(body) for body in small.bodies()[1:]] == [Prediction, Outcome]
        assert small.vitals.learned_through == 3, "the loop did not say what it has learned"

    talk(small, talking)


def test_a_prediction_in_another_lane_is_logged_before_or_with_its_outcome(small: SmallSystem) -> None:
    """All lanes are emptied before a commit."""

    async def talking() -> None:
        small.channels[1].offer([small.asked("r1")])
        place = small.channels[0].offer([small.told_outcome("r1")])
        small.loop.round()
        assert place is not None
        await small.channels[0].committed(place)
        tally = small.state.engine.joiner.tallies["late", 1]
        assert (tally.predictions, tally.joined) == (1, 1), tally

    talk(small, talking)


@pytest.mark.parametrize("moment", ["before the commit", "after the commit", "after the release"])
def test_a_loop_that_is_killed_logs_nothing_twice_and_loses_nothing(
    small: SmallSystem, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever that is."""
    append, done = small.state.log.append, small.loop.intake.done

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed("killed")

    def append_and_die(records: Sequence[Record]) -> None:
        append(records)
        raise Killed("killed")

    def done_and_die(draught: object) -> None:
        done(draught)  # type: ignore[arg-type]  # handed through
        raise Killed("killed")

    small.channels[0].offer([small.asked("r1"), small.asked("r2")])
    small.channels[1].offer([small.told_outcome("r1")])
    if moment == "before the commit":
        monkeypatch.setattr(small.state.log, "append", killed)
    elif moment == "after the commit":
        monkeypatch.setattr(small.state.log, "append", append_and_die)
    else:
        monkeypatch.setattr(small.loop.intake, "done", done_and_die)
    with pytest.raises(Killed, match="killed"):
        small.loop.round()
    small.crash()
    small.start()
    small.loop.round()
    names = [body.id for body in small.bodies() if isinstance(body, (Prediction, Outcome))]
    assert names == ["r1", "r2", "r1"], f"killed {moment}: {names}"
    digest = small.state.engine.digest()
    small.state.close()
    assert replay_log(small.directory).state_digest == digest


def test_whoever_waits_is_told_when_the_loop_dies(small: SmallSystem) -> None:
    """And is not left waiting."""

    async def talking() -> None:
        channel = small.channels[0]
        place = channel.offer([small.told_outcome("r1")])
        assert place is not None
        waiting = channel.committed(place)
        small.crash()
        with pytest.raises(LoopDown, match="down"):
            await waiting
        with pytest.raises(LoopDown, match="down"):
            await channel.committed(place)
        with pytest.raises(LoopDown, match="down"):
            await channel.ask(Known(model="late", version=1, id="r1"))

    talk(small, talking)


def test_a_full_disk_declines_outcomes_and_keeps_predictions_for_later(
    small: SmallSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also over the loop's death."""

    def full(_: object) -> None:
        raise LogFull("the disk refused while appending: no space")

    async def talking() -> None:
        channel = small.channels[0]
        channel.offer([small.asked("r1")])
        declined = channel.offer([small.told_outcome("r1")])
        assert declined is not None
        waiting = channel.committed(declined)
        monkeypatch.setattr(small.state.log, "append", full)
        small.loop.round()
        with pytest.raises(DiskFull, match="full"):
            await waiting
        assert small.vitals.disk_full
        small.crash()
        small.start()
        small.loop.round()
        assert [type(body) for body in small.bodies()[1:]] == [Prediction], "a declined outcome came back"
        monkeypatch.setattr(small.state.log, "append", full)
        channel.offer([small.asked("r2")])
        small.loop.round()
        monkeypatch.undo()
        small.loop.round()
        small.loop.round()
        assert small.vitals.get(Vital.DISK_FULL) == 0, "the disk is still said to be full"
        names = [body.id for body in small.bodies() if isinstance(body, Prediction)]
        assert names == ["r1", "r2"], names

    talk(small, talking)


def test_a_full_lane_takes_nothing_and_keeps_what_it_has(small: SmallSystem) -> None:
    """And takes again when there is room."""
    channel = small.channels[0]
    count = 0
    while channel.offer([small.asked(f"r{count}")]) is not None:
        count += 1
    assert channel.fill > 0.9
    small.loop.round()
    names = [body.id for body in small.bodies() if isinstance(body, Prediction)]
    assert names == [f"r{i}" for i in range(count)]
    assert channel.offer([small.asked("more")]) is not None, "there is room again"


def test_questions_are_answered_from_between_two_batches(small: SmallSystem) -> None:
    """Those that cannot be answered, too."""

    async def talking() -> None:
        channel = small.channels[0]
        channel.offer([small.asked("r1", hour=9, score=0.25)])
        known = channel.ask(Known(model="late", version=1, id="r1"))
        unknown = channel.ask(Known(model="late", version=1, id="r2"))
        definition = small.state.engine.models["late"].form.definition
        evaluated = channel.ask(Evaluate(model="late", definition=definition, inputs=[9, "JFK"], derived=[]))
        foreign = channel.ask(Evaluate(model="late", definition="?", inputs=[9, "JFK"], derived=[]))
        small.loop.round()
        reply = await known
        assert (reply.found, reply.score, reply.inputs) == (True, 0.25, {"hour": 9, "origin": "JFK"})
        assert not (await unknown).found
        assert (await evaluated).score == pytest.approx(0.5)
        with pytest.raises(LoopDown, match="down"):
            await foreign

    talk(small, talking)


def test_time_passes_in_the_log_when_something_is_due_and_only_then(small: SmallSystem) -> None:
    """An idle system writes nothing."""
    small.loop.round()
    assert len(small.bodies()) == 1, "an idle loop wrote to the log"
    small.channels[0].offer([small.asked("r1")])
    small.loop.round()
    small.loop.round()
    assert not any(isinstance(body, Tick) for body in small.bodies())


def test_what_cannot_be_learned_is_logged_and_acknowledged_all_the_same(
    small: SmallSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be learned later."""

    def full(_: object) -> None:
        raise TableFull("the table is full")

    async def talking() -> None:
        monkeypatch.setattr(small.state.engine, "advance", full)
        place = small.channels[0].offer([small.told_outcome("r1")])
        small.loop.round()
        assert place is not None
        await small.channels[0].committed(place)
        assert not small.vitals.learning
        assert "nothing is lost" in small.told[0]

    talk(small, talking)


def test_a_new_process_in_a_lane_gets_no_answers_meant_for_the_one_before(small: SmallSystem) -> None:
    """They are thrown away."""
    small.loop.intake.answer(0, 1, b"")
    again = type(small.channels[0])(small.shared.lanes[0], small.shared.loop_wake, small.vitals)
    assert again._back.take() == []


def test_stopping_takes_what_is_still_in_the_lanes(small: SmallSystem) -> None:
    """Before it ends."""
    small.channels[0].offer([small.asked("r1")])
    small.loop.stop()
    small.loop.run()
    assert small.vitals.get(Vital.LAST_SEQ) == 2
    assert os.eventfd_read(small.shared.loop_wake) >= 1

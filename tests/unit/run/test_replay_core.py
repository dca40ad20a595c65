"""Replay and the engine: one fold, whatever way it is cut, interrupted or forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.events.record import Origin, Outcome, Prediction, Tick
from flyball.learn.checkpoint import CheckpointStore
from flyball.run import replay
from flyball.run.engine import Engine
from flyball.run.ephemeral import Ephemeral
from flyball.run.replay import ReplayRefused
from flyball.system.missing import MISSING
from flyball.system.outcome import Outcome as Declared
from tests.unit.run.flights import (
    CARRIER,
    HOUR,
    Recorded,
    flights,
    model,
    part,
    planned,
    record,
    refolded,
    replay_of,
    rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flyball.events.record import Body, Leaf
    from flyball.run.files.typed_rows import Rows
    from flyball.system.system import System

SYSTEMS: dict[str, Callable[[], System]] = {
    "arrival": flights,
    "close": lambda: flights(model(outcome=Declared("late", window="1h", if_silent=0))),
    "revise": lambda: flights(model(outcome=Declared("late", window="1h", if_silent=0, learn="revise"))),
    "number": lambda: flights(model(outcome=Declared("late", float, window="1h", scale=3.0))),
    "sum": lambda: flights(model(outcome=Declared("late", float, window="1h", reducer="sum"))),
    "two": lambda: flights(model("one"), model("other", of=[CARRIER, HOUR], slice_by=[])),
}
every_system = pytest.mark.parametrize("system", [made() for made in SYSTEMS.values()], ids=SYSTEMS)


def lived(system: System, given: Rows) -> Recorded:
    """The rows replayed, with a log."""
    target = Recorded(system)
    replay_of(given).run(target)
    return target


@every_system
@pytest.mark.parametrize("chunk", [1, 7, 100, 8_192])
def test_the_state_does_not_depend_on_how_many_events_are_taken_at_once(
    system: System, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Learned coefficients, boards, joiner: every bit."""
    given = rows()
    expected = lived(system, given)
    monkeypatch.setattr(replay, "CHUNK", chunk)
    found = lived(system, given)

    assert found.engine.digest() == expected.engine.digest()
    assert list(found.log.read()) == list(expected.log.read())


@every_system
@pytest.mark.parametrize("chunk", [1, 13, 8_192])
def test_the_log_folded_again_gives_the_state_that_was_lived(system: System, chunk: int) -> None:
    """State = fold(log), with the answers as served."""
    target = lived(system, rows())

    assert refolded(target.log, chunk=chunk).digest() == target.engine.digest()


@every_system
@pytest.mark.parametrize("at", [1, 2, 80, 200])
def test_a_checkpoint_and_the_log_after_it_give_the_state_that_was_lived(
    system: System, at: int, tmp_path: Path
) -> None:
    """Wherever it was taken: features of pending predictions come from the log."""
    target = lived(system, rows())
    store = CheckpointStore(tmp_path)
    store.save(refolded(target.log, through=at).checkpoint(only_touched=False), after=0)
    checkpoint = store.load()
    assert checkpoint is not None
    restored = Engine(target.log)
    restored.restore(checkpoint)

    assert restored.seq == at
    assert refolded(target.log, engine=restored).digest() == target.engine.digest()


@every_system
def test_a_base_and_deltas_give_the_state_that_was_lived(system: System, tmp_path: Path) -> None:
    """Deltas hold what was touched since the one before."""
    target = lived(system, rows())
    store, engine, after = CheckpointStore(tmp_path), Engine(target.log), 0
    for through in (1, 60, 150, target.engine.seq):
        refolded(target.log, engine=engine, through=through)
        store.save(engine.checkpoint(only_touched=after > 0), after=after)
        engine.written()
        after = through
    checkpoint = store.load()
    assert checkpoint is not None
    restored = Engine(target.log)
    restored.restore(checkpoint)

    assert len(store.chain()) == 4
    assert restored.digest() == target.engine.digest()


@every_system
def test_predictions_that_left_memory_are_read_again_from_the_log(system: System) -> None:
    """Room for one batch only, one prediction at a time: the state is the same."""
    target = lived(system, rows())
    engine = Engine(target.log)
    refolded(target.log, engine=engine, through=1)
    for live in engine.models.values():
        live.recent._max_bytes = 1
    refolded(target.log, engine=engine, chunk=1)

    assert sum(live.recent.fetched for live in engine.models.values()) > 50
    assert engine.digest() == target.engine.digest()


@every_system
def test_a_target_without_a_log_finds_what_left_memory_in_the_file(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its replay gives the records that would have been logged."""
    given = rows()
    expected = lived(system, given)
    monkeypatch.setattr(replay, "CHUNK", 10)
    way = replay_of(given, logged=False)
    target = Ephemeral(system, way)
    for live in target.engine.models.values():
        live.recent._max_bytes = 1
    way.run(target)

    assert sum(live.recent.fetched for live in target.engine.models.values()) > 25
    assert target.engine.digest() == expected.engine.digest()
    asked = [each for each in expected.log.read() if isinstance(each.body, Prediction)]
    assert way.get([each.seq for each in asked]) == asked


@pytest.mark.parametrize("stopped", [1, 30, 200])
def test_an_interrupted_replay_goes_on_where_it_was(stopped: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log tells how many events of this very file it holds."""
    given = rows()
    expected = lived(flights(), given)
    monkeypatch.setattr(replay, "CHUNK", 1)
    target = Recorded(flights())
    way = replay_of(given)

    class Stopped(Exception):
        """Enough, as when it is killed."""

    def stop(done: int, _total: int) -> None:
        if done == stopped:
            raise Stopped("enough")

    with pytest.raises(Stopped, match="enough"):
        way.run(target, stop)
    rest = replay_of(given).run(target)

    assert rest == len(way.schedule) - stopped
    assert target.engine.digest() == expected.engine.digest()
    assert replay_of(given).run(target) == 0


def test_a_second_file_goes_on_after_the_first() -> None:
    """If it begins where the first one ended, or later."""
    given = rows(delayed=False)
    first, second = part(given, 0, 100), part(given, 100, 160)
    target = lived(flights(), first)
    replay_of(second, fingerprint="g").run(target)

    assert target.engine.joiner.tallies["late_model", 1].predictions == 160


def test_a_model_that_was_dropped_is_not_asked_any_more() -> None:
    """It only hears what became of its old predictions."""
    given = rows(delayed=False)
    target = lived(flights(model("late_model"), model("other", of=[CARRIER])), part(given, 0, 100))
    target.commit([(target.now, target.now, planned(flights(model("late_model"))))])
    replay_of(part(given, 100, 160), fingerprint="g").run(target)

    assert target.engine.joiner.tallies["other", 1].predictions == 100
    assert target.engine.joiner.tallies["late_model", 1].predictions == 160
    assert [form.model for form in target.engine.forms] == ["late_model"]


def test_a_file_may_be_older_than_the_clocks_of_computers() -> None:
    """Its times lie before 1970."""
    given = rows()
    assert given.outcome_ts is not None
    century = 100 * 365 * 86_400_000_000
    older = replace(given, event_ts=given.event_ts - century, outcome_ts=given.outcome_ts - century)
    target = lived(flights(), older)

    assert target.now < 0
    assert target.engine.joiner.tallies == lived(flights(), given).engine.joiner.tallies


def test_a_file_that_begins_before_the_end_of_what_was_seen_is_refused() -> None:
    """Time never goes back, and nothing is changed."""
    given = rows()
    target = lived(flights(), given)
    digest = target.engine.digest()
    with pytest.raises(ReplayRefused, match=r"flights.csv begins before the end of what this state has seen; replay"):
        replay_of(given, fingerprint="another file").run(target)

    assert target.engine.digest() == digest


@pytest.mark.parametrize("between", ["tick", "prediction", "outcome"])
def test_a_replay_does_not_go_on_after_something_else_was_logged(between: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its place could not be told any more: an event would be skipped or told twice."""
    given = rows()
    monkeypatch.setattr(replay, "CHUNK", 10)
    target = Recorded(flights())
    way = replay_of(given)
    way._begin(target)
    way._forms = [target.engine.models["late_model"].form]
    _, entries, batches = way._chunk(way._forms, (0, 50, target.engine.seq + 1))
    target.commit(entries, batches)
    bodies: dict[str, Body] = {"tick": Tick(), "outcome": Outcome(id="x", outcome="late", value=1.0)}
    if between == "prediction":
        more = target.engine.models["late_model"]
        seq, now = target.engine.seq + 1, target.now + 1
        leaves: list[Leaf] = [None] * len(more.form.names)
        body = Prediction(
            id="x",
            model="late_model",
            version=1,
            definition=more.form.definition,
            inputs=leaves,
            score=0.0,
            derived=[None],
        )
        values = more.form.encoder.evaluate([MISSING] * len(leaves))
        target.commit([(now, now, body)], {"late_model": more.form.one(seq, now, values)})
    else:
        now = target.now + 1
        target.commit([(now, now, bodies[between])])
    with pytest.raises(ReplayRefused, match="begins before the end"):
        replay_of(given).run(target)


def test_the_origin_of_the_last_records_is_forgotten_when_others_come() -> None:
    """Only while all come from the file it is their origin."""
    engine = Ephemeral(flights(), None).engine
    engine.apply([record(2, Origin(name="a", fingerprint="f", rows=1))])
    assert engine.origin == (2, Origin(name="a", fingerprint="f", rows=1))
    engine.apply([record(3, Outcome(id="x", outcome="late", value=1.0))])
    assert engine.origin is not None
    engine.apply([record(4, Tick())])
    assert engine.origin is None


def test_outcomes_come_when_they_really_came() -> None:
    """Later than the predictions made meanwhile; what comes after the window is late."""
    target = lived(flights(), rows())
    tally = target.engine.joiner.tallies["late_model", 1]
    known = int(rows().has_label.sum())

    assert (tally.predictions, tally.balanced) == (160, True)
    assert tally.joined + tally.late == known
    assert tally.late > 25
    assert target.engine.joiner.tallies["late_model", 1].orphans == 0


def test_every_prediction_is_scored_with_what_was_served_before_it_was_learned_from() -> None:
    """The board's log loss is that of the logged answers."""
    target = lived(flights(), rows(delayed=False, answered=1.0))
    served = {each.body.id: each.body.score for each in target.log.read() if isinstance(each.body, Prediction)}
    told = {each.body.id: each.body.value for each in target.log.read() if isinstance(each.body, Outcome)}
    p = np.array([served[id] for id in told])
    y = np.array(list(told.values()))
    card = target.engine.models["late_model"].board.total()

    assert card.examples == 160
    assert card.log_loss == pytest.approx(float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()), rel=1e-12)
    assert next(iter(served.values())) == 0.5
    assert len(set(served.values())) > 120


def test_scores_of_the_file_are_compared_on_the_same_examples() -> None:
    """Each where and when ours is scored; a constant score of 0.3 has a log loss that anybody can work out."""
    given = replace(rows(delayed=False, answered=0.8), scores=np.full(160, 0.3))
    target, way = Recorded(flights()), replay_of(given)
    with way.watching_column(target) as boards:
        way.run(target)
    card, ours = boards["late_model"].total(), target.engine.models["late_model"].board.total()
    rate = float(given.label[given.has_label].mean())

    assert card.examples == ours.examples == int(given.has_label.sum())
    assert card.log_loss == pytest.approx(-(rate * np.log(0.3) + (1 - rate) * np.log(0.7)), rel=1e-9)
    with replay_of(rows()).watching_column(target) as none:
        assert none == {}


def test_weights_of_the_file_weigh() -> None:
    """An outcome of weight 0 teaches nothing."""
    given = rows()
    weighted = Recorded(flights())
    replay_of(replace(given, weight=np.zeros(given.n))).run(weighted)

    states = weighted.engine.models["late_model"].table.entries()[1]
    assert set(states.tolist()) <= {0}


@every_system
@pytest.mark.parametrize("threads", [2, 4])
def test_threads_that_encode_ahead_change_nothing(
    system: System, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a bit of the log, of the answers, of what is learned; also where a replay goes on in the middle."""
    given, plain = rows(), lived(system, rows())
    monkeypatch.setattr(replay, "CHUNK", 16)
    target = Recorded(system)

    class Interrupted(Exception):  # named for what happens
        pass

    def interrupt(done: int, _: int) -> None:
        if done >= 64:
            raise Interrupted(str(done))

    with pytest.raises(Interrupted, match="64"):
        replay_of(given).run(target, interrupt, threads=threads)
    replay_of(given).run(target, threads=threads)
    assert list(target.log.read()) == list(plain.log.read())
    assert target.engine.digest() == plain.engine.digest()

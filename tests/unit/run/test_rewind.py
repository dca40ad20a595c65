"""Rewinding: as if it had never been learned, to the bit, and the same however the log is read again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from flyball.events.record import Exclusion, Pause, Rewind, Tick
from flyball.learn.table import Table
from flyball.run.engine import Engine
from flyball.run.ephemeral import Ephemeral
from flyball.run.joining import Joining
from flyball.run.release import Release
from flyball.run.rewind import MOST_STRETCHES, Rebuild, RewindRefused, check_rewind
from flyball.system.outcome import Outcome
from tests.unit.run.flights import CARRIER, HOUR, LATE, SECOND, flights, model, planned, refolded
from tests.unit.run.lives import MODEL, OTHER, Life

if TYPE_CHECKING:
    from flyball.events.record import Body

OUTCOMES = {
    "arrival": LATE,
    "close": Outcome("late", window="1h", if_silent=0),
    "revise": Outcome("late", window="1h", if_silent=0, learn="revise"),
    "sampled": Outcome("late", window="1h", if_silent=0, learn="revise", keep_silent=0.5),
}
EACH = pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=list(OUTCOMES))


def excluded(life: Life, start: int, end: int) -> Rewind:
    """A rewind without what was asked in this part of a life."""
    return Rewind(model=MODEL, to_ts=start, exclude=[(start, end)])


def restored(engine: Engine, life: Life) -> Engine:
    """A new engine with the state of another's checkpoint."""
    made = Engine(life.talk.target.log)
    made.restore(engine.checkpoint(only_touched=False))
    return made


@EACH
def test_what_is_excluded_is_as_if_it_had_never_been_learned(outcome: Outcome) -> None:
    """The coefficients are those of a log in which the exclusion stood from the beginning; life goes on so too."""
    life = Life(outcome)
    life.go_on()
    start = life.now
    life.go_on(30)
    end = life.now
    life.go_on()
    before = life.digest()
    place = life.say(excluded(life, start, end))
    stood: dict[int, Body] = {2: Exclusion(model=MODEL, from_ts=start, to_ts=end), place: Tick()}

    assert life.digest() != before
    assert life.digest() == life.told_otherwise(stood).models[MODEL].table.digest()
    life.go_on()
    assert life.digest() == life.told_otherwise(stood).models[MODEL].table.digest()


@EACH
def test_a_model_that_goes_back_is_as_if_it_had_been_frozen_since(outcome: Outcome) -> None:
    """What was learned is what was known then; what was pending is learned from when it is answered after."""
    life = Life(outcome, seed=2)
    life.go_on()
    freeze = life.say(Tick())
    life.now += SECOND
    to = life.now
    life.go_on()
    place = life.say(Rewind(model=MODEL, to_ts=to))
    frozen: dict[int, Body] = {freeze: Pause(model=MODEL, mode="freeze"), place: Pause(model=MODEL, mode="resume")}

    assert life.digest() == life.told_otherwise(frozen).models[MODEL].table.digest()
    life.go_on()
    assert life.digest() == life.told_otherwise(frozen).models[MODEL].table.digest()


def test_what_the_record_of_a_rewind_brings_about_is_learned() -> None:
    """A window that closes just then closes after what is left out; one that closed a moment before is left out."""
    life = Life(OUTCOMES["close"])
    life.talk.ask("left out", at=10 * SECOND, carrier="A", hour=1)
    life.talk.ask("learned", at=20 * SECOND, carrier="B", hour=2)
    life.talk.tell(Tick(), at=3_610 * SECOND)
    life.talk.tell(Rewind(model=MODEL, to_ts=30 * SECOND), at=3_620 * SECOND)

    assert life.talk.tally().silent == 2
    assert life.talk.ask("x", carrier="B", hour=2) < life.talk.ask("y", carrier="A", hour=1) < 0.5


def test_scores_counts_and_other_models_stay_as_they_were() -> None:
    """What was served was served; what waits for an outcome in an excluded stretch is discarded."""
    life = Life(LATE)
    life.go_on(80)
    engine = life.talk.engine
    other, boards = life.digest(OTHER), {name: board.digest() for name, board in life.talk.live().boards.items()}
    tally, theirs = life.talk.tally().copy(), life.talk.tally(OTHER).copy()
    life.say(excluded(life, 0, life.now + 1))

    assert len(life.talk.live().table.entries()[0]) > 0
    assert life.digest() == Table().digest()
    assert life.digest(OTHER) == other
    assert {name: board.digest() for name, board in life.talk.live().boards.items()} == boards
    assert life.talk.tally(OTHER) == theirs
    assert (life.talk.tally().joined, life.talk.tally().silent) == (tally.joined, tally.silent)
    assert (life.talk.tally().pending, life.talk.tally().discarded) == (0, tally.pending)
    assert tally.pending > 0
    assert engine.rewound == engine.seq


@EACH
def test_a_log_with_rewinds_gives_what_was_lived_however_it_is_read(outcome: Outcome) -> None:
    """In chunks of any size, from checkpoints taken before, between and after, and by the joiner alone."""
    life = Life(outcome, seed=3)
    points: list[Engine] = []
    marks = []
    for turn in range(3):
        life.go_on(40)
        marks.append(life.now)
        points.append(restored(life.talk.engine, life))
        life.go_on(40)
        if turn == 1:
            life.say(Rewind(model=MODEL, to_ts=marks[1]))
        else:
            life.say(excluded(life, marks[turn], marks[turn] + 600 * SECOND))
        points.append(restored(life.talk.engine, life))
    life.go_on(40)
    lived, log = life.talk.engine.digest(), life.talk.target.log
    joining = Joining(log)
    for record in log.read():
        joining.take(record)

    assert {refolded(log, chunk=size).digest() for size in (1, 7, 1_000)} == {lived}
    assert {refolded(log, chunk=50, engine=engine).digest() for engine in points} == {lived}
    assert joining.joiner.snapshot() == life.talk.engine.joiner.snapshot()


def test_what_one_rewind_left_out_stays_left_out() -> None:
    """Whatever the next one says, in either order."""
    life = Life(OUTCOMES["revise"], seed=4)
    life.go_on()
    start = life.now
    life.go_on(20)
    end = life.now
    freeze = life.say(Tick())
    life.now += SECOND
    to = life.now
    life.go_on(40)
    first = life.say(Rewind(model=MODEL, to_ts=to))
    life.go_on(40)
    second = life.say(excluded(life, start, end))
    life.go_on(40)
    otherwise: dict[int, Body] = {
        2: Exclusion(model=MODEL, from_ts=start, to_ts=end),
        freeze: Pause(model=MODEL, mode="freeze"),
        first: Pause(model=MODEL, mode="resume"),
        second: Tick(),
    }

    assert life.digest() == life.told_otherwise(otherwise).models[MODEL].table.digest()


@EACH
def test_what_a_pause_held_back_is_rewound_too(outcome: Outcome) -> None:
    """The rewind learns none of it; at the resume the rest is learned, without what was excluded."""
    life = Life(outcome, seed=5)
    life.go_on()
    life.say(Pause(model=MODEL, mode="pause"))
    paused = life.digest()
    life.go_on(30)
    start = life.now
    life.go_on(30)
    place = life.say(excluded(life, start, life.now))
    held = life.talk.engine.joiner.held_back(MODEL)
    assert life.digest() == paused
    resumed = life.say(Pause(model=MODEL, mode="resume"))
    life.go_on()
    stood: dict[int, Body] = {
        2: Exclusion(model=MODEL, from_ts=start, to_ts=life.talk.target.log.get([place])[0].ingest_ts)
    }
    otherwise = life.told_otherwise({**stood, place: Tick()})

    assert held > 0
    assert resumed > place
    assert life.digest() == otherwise.models[MODEL].table.digest()


@EACH
def test_a_rewind_to_a_pause_that_is_over_finds_what_was_held_back_then(outcome: Outcome) -> None:
    """It is learned now, since the model learns now; what came later is left out."""
    life = Life(outcome, seed=15)
    life.go_on()
    life.say(Pause(model=MODEL, mode="pause"))
    life.go_on(30)
    life.say(Tick())
    life.now += 1
    to, resumed = life.now, life.say(Pause(model=MODEL, mode="resume"))
    life.go_on(30)
    place = life.say(Rewind(model=MODEL, to_ts=to))
    frozen: dict[int, Body] = {
        resumed: Pause(model=MODEL, mode="freeze"),
        place: Pause(model=MODEL, mode="resume"),
    }

    assert life.talk.engine.joiner.held_back(MODEL) == 0
    assert life.digest() == life.told_otherwise(frozen).models[MODEL].table.digest()


@EACH
def test_a_pause_delays_learning_and_changes_nothing_else(outcome: Outcome) -> None:
    """Once it ends, the coefficients are those of a life without it; predictions in between knew less."""
    life = Life(outcome, seed=6)
    life.go_on()
    first = life.say(Pause(model=MODEL, mode="pause"))
    life.go_on()
    assert life.told_otherwise({first: Tick()}).models[MODEL].table.digest() != life.digest()
    second = life.say(Pause(model=MODEL, mode="resume"))
    unpaused = life.told_otherwise({first: Tick(), second: Tick()})

    assert life.digest() == unpaused.models[MODEL].table.digest()
    assert refolded(life.talk.target.log, chunk=9).digest() == life.talk.engine.digest()


def test_a_checkpoint_carries_what_is_held_back() -> None:
    """A state that is opened during a pause goes on as the one that was left."""
    life = Life(LATE, seed=7)
    life.go_on()
    life.say(Pause(model=MODEL, mode="pause"))
    life.go_on()
    opened = restored(life.talk.engine, life)
    assert (opened.joiner.mode(MODEL), opened.joiner.held_back(MODEL) > 0) == ("pause", True)
    life.say(Pause(model=MODEL, mode="resume"))

    assert refolded(life.talk.target.log, engine=opened).digest() == life.talk.engine.digest()


def test_a_resume_is_learned_in_parts_that_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a long pause held back may be more than memory takes at once."""
    life = Life(LATE, seed=8)
    life.say(Pause(model=MODEL, mode="pause"))
    life.go_on(150)
    life.say(Pause(model=MODEL, mode="resume"))
    monkeypatch.setattr("flyball.run.live_model.MOST_STEPS", 7)

    assert refolded(life.talk.target.log).digest() == life.talk.engine.digest()


def test_a_model_that_came_back_is_rewound_to_what_it_has_learned_since() -> None:
    """Its earlier coefficients were forgotten with the definition, and stay so."""
    life = Life(LATE, seed=9)
    life.go_on()
    both = life.talk.engine.system
    assert both is not None
    life.say(planned(flights(model(OTHER, of=[CARRIER])), {OTHER: 1}))
    life.say(planned(both, {MODEL: 2, OTHER: 1}))
    life.go_on(30)
    start = life.now
    life.go_on()
    place = life.say(excluded(life, start, life.now))
    stood: dict[int, Body] = {2: Exclusion(model=MODEL, from_ts=start, to_ts=life.now), place: Tick()}

    assert life.digest() == life.told_otherwise(stood).models[MODEL].table.digest()
    assert refolded(life.talk.target.log, chunk=11).digest() == life.talk.engine.digest()


def stepped(engine: Engine, life: Life, *, records: int, entries: int) -> int:
    """Lets an engine take a whole log, its rewinds done step by step; how many steps there were."""
    steps = 0
    while engine.seq < life.talk.engine.seq:
        work = engine.advance(list(life.talk.target.log.read(after=engine.seq)))
        while isinstance(work, Rebuild) and not work.step(records=records, entries=entries):
            assert work.progress[0] <= work.progress[1] == work.seq
            steps += 1
        while isinstance(work, Release) and not work.step(steps=entries):
            assert work.progress[0] <= work.progress[1]
            steps += 1
    return steps


def test_a_rewind_is_done_in_steps_that_change_nothing() -> None:
    """So a loop goes on logging meanwhile, and folds what it logged afterwards."""
    life = Life(LATE, seed=10)
    life.go_on()
    start = life.now
    for _ in range(2):
        life.go_on()
        life.say(excluded(life, start, life.now))
    life.go_on()
    engine = Engine(life.talk.target.log)

    assert stepped(engine, life, records=5, entries=2) > 30
    assert engine.digest() == life.talk.engine.digest()


def test_the_end_of_a_long_pause_is_done_in_steps_that_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also within the second fold of a rewind."""
    monkeypatch.setattr("flyball.run.engine.STEPS", 10)
    life = Life(OUTCOMES["close"], seed=14)
    life.say(Pause(model=MODEL, mode="pause"))
    life.go_on(150)
    held = life.talk.engine.joiner.held_back(MODEL)
    life.now += 7_200 * SECOND
    resumed = life.say(Pause(model=MODEL, mode="resume"))
    life.say(excluded(life, 0, 600 * SECOND))
    unpaused = life.told_otherwise(
        {3: Tick(), resumed: Tick(), 2: Exclusion(model=MODEL, from_ts=0, to_ts=600 * SECOND)}
    )
    engine = refolded(life.talk.target.log, through=resumed - 1)

    assert held > 10
    assert stepped(engine, life, records=5, entries=3) > held // 3
    assert engine.digest() == life.talk.engine.digest()
    assert life.digest() == unpaused.models[MODEL].table.digest()


def test_a_shared_table_is_written_over_where_it_stands() -> None:
    """Whoever reads it through its descriptor finds what was learned anew, and nothing else."""
    life = Life(LATE, seed=11)
    life.go_on()
    start = life.now
    life.go_on()
    life.say(excluded(life, start, life.now))
    engine = refolded(life.talk.target.log, engine=Engine(life.talk.target.log, shared=True))
    descriptor = engine.models[MODEL].table.descriptor
    assert descriptor is not None
    reader = Table.attach(os.dup(descriptor))

    assert reader.digest() == life.digest()
    assert engine.digest() == life.talk.engine.digest()


def test_what_left_memory_is_learned_from_the_log() -> None:
    """As always, and by the second fold too."""
    life = Life(OUTCOMES["close"], seed=12)
    life.go_on()
    start = life.now
    life.go_on()
    for name in (MODEL, OTHER):
        life.talk.live(name).recent._lanes.clear()
    life.say(excluded(life, start, life.now))
    life.go_on()

    assert refolded(life.talk.target.log).digest() == life.talk.engine.digest()


def test_a_system_without_a_log_cannot_be_rewound() -> None:
    """There is nothing to learn again from."""
    alone = Ephemeral(flights(model(of=[CARRIER, HOUR])), None)
    with pytest.raises(RewindRefused, match=r"'late_model' cannot be rewound: there is no log to learn again from"):
        alone.commit([(0, 0, Rewind(model=MODEL, to_ts=0))])


def test_a_rewind_of_a_model_that_never_was_changes_nothing() -> None:
    """Though callers refuse it, a log may hold it."""
    life = Life(LATE, seed=13)
    life.go_on()
    before = life.digest()
    life.say(Rewind(model="unheard of", to_ts=0))

    assert life.digest() == before
    assert refolded(life.talk.target.log).digest() == life.talk.engine.digest()


@pytest.mark.parametrize(
    ("changes", "first_seq", "message"),
    [
        ({"model": "lat"}, 1, r"no model is named 'lat'; accepted: 'late'; did you mean 'late'"),
        ({}, 1001, r"'late' cannot be rewound: what was learned before record 1001 cannot be learned again"),
        ({"to_ts": 101}, 1, r"to 1970-01-01T00:00:00\.000101Z lies in the future; give a time that has passed"),
        ({"exclude": [(60, 60)]}, 1, r"exclude from .+ to .+ is empty; give a later end"),
        ({"exclude": [(49, 60)]}, 1, r"exclude from .+ begins before to .+; give an earlier `to`"),
        ({"exclude": [(60, 70)] * (MOST_STRETCHES + 1)}, 1, r"exclude has 1001 stretches; give at most 1000 at once"),
    ],
)
def test_a_rewind_that_cannot_be_done_is_refused_before_it_is_logged(
    changes: dict[str, object], first_seq: int, message: str
) -> None:
    """With what was given, what is accepted, and what to do."""
    fields: dict[str, object] = {"model": "late", "to_ts": 50, "exclude": []} | changes
    with pytest.raises(RewindRefused, match=message):
        check_rewind(Rewind(**fields), models=["late"], first_seq=first_seq, now=100)  # type: ignore[arg-type]  # given by their names

    check_rewind(Rewind(model="late", to_ts=50, exclude=[(50, 60)]), models=["late"], first_seq=1, now=100)

"""Any pauses and rewinds of any life: what is learned is what the definition of a rewind says, however it is read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flyball.events.record import Pause, Rewind, Tick
from flyball.run import engine as engine_module
from flyball.run import rewind as rewind_module
from flyball.run.engine import Engine
from flyball.system.outcome import Outcome
from flyball.testing.memory_log import MemoryLog
from tests.unit.run.flights import LATE, SECOND, refolded
from tests.unit.run.lives import MODEL, OTHER, Life

OUTCOMES = [
    LATE,
    Outcome("late", window="1h", if_silent=0),
    Outcome("late", window="1h", if_silent=0, learn="revise"),
]
MODELS = st.sampled_from([MODEL, MODEL, OTHER])
MINUTES = st.integers(0, 120)
TURNS = st.one_of(
    st.tuples(st.just("live"), st.integers(1, 15)),
    st.tuples(st.just("turn"), MODELS, st.sampled_from(["pause", "freeze", "resume", "resume"])),
    st.tuples(st.just("back"), MODELS, MINUTES),
    st.tuples(st.just("without"), MODELS, st.lists(st.tuples(MINUTES, st.integers(1, 30)), min_size=1, max_size=2)),
)


def take_turn(life: Life, turn: tuple[object, ...]) -> None:
    """Lives on for a while, or says something about learning."""
    match turn:
        case ("live", int() as steps):
            life.go_on(steps)
        case ("turn", str() as model, ("pause" | "freeze" | "resume") as mode):
            life.say(Pause(model=model, mode=mode))
        case ("back", str() as model, int() as minutes):
            life.say(Rewind(model=model, to_ts=life.now - minutes * 60 * SECOND))
        case ("without", str() as model, list() as stretches):
            starts = [(life.now - start * 60 * SECOND, length * 60 * SECOND) for start, length in stretches]
            exclude = [(start, start + length) for start, length in starts]
            life.say(Rewind(model=model, to_ts=min(start for start, _ in starts), exclude=exclude))


def by_definition(life: Life, model: str) -> int:
    """The digest of what a model learns if all that rewinds left out had been left out from the beginning."""
    log = MemoryLog()
    for record in life.talk.records():
        log.append([replace(record, body=Tick()) if isinstance(record.body, Rewind) else record])
    engine = Engine(log)
    engine.joiner = life.talk.engine.joiner.again(model)
    return refolded(log, engine=engine).models[model].table.digest()


@settings(max_examples=60)
@given(st.sampled_from(OUTCOMES), st.integers(0, 50), st.lists(TURNS, max_size=12), st.integers(1, 40), st.data())
def test_a_life_with_rewinds_is_what_its_log_says(
    outcome: Outcome, seed: int, turns: list[tuple[object, ...]], chunk: int, data: st.DataObject
) -> None:
    """In chunks, from a checkpoint taken anywhere, and by the definition."""
    life = Life(outcome, seed)
    life.go_on(10)
    for turn in turns:
        take_turn(life, turn)
    lived, log = life.talk.engine.digest(), life.talk.target.log
    opened = Engine(log)
    cut = refolded(log, through=data.draw(st.integers(2, log.last_seq)))
    opened.restore(cut.checkpoint(only_touched=False))

    assert refolded(log, chunk=chunk).digest() == lived
    assert refolded(log, chunk=chunk, engine=opened).digest() == lived
    assert {model: life.digest(model) for model in (MODEL, OTHER)} == {
        model: by_definition(life, model) for model in (MODEL, OTHER)
    }
    assert all(tally.balanced for tally in life.talk.engine.joiner.tallies.values())


@pytest.mark.parametrize("records", [1, 2, 8])
def test_what_follows_a_pause_that_held_back_much_is_learned_again_too(
    records: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rebuilding engine stops in the middle of a chunk, and the rest of the chunk is not read again by itself."""
    monkeypatch.setattr(engine_module, "STEPS", 0)
    monkeypatch.setattr(rewind_module, "RECORDS", records)
    life = Life(LATE, 3)
    life.go_on(10)
    life.say(Pause(model=MODEL, mode="pause"))
    life.go_on(40)
    life.say(Pause(model=MODEL, mode="resume"))
    life.go_on(40)
    life.say(Rewind(model=MODEL, to_ts=life.now - 60 * SECOND))

    assert life.digest(MODEL) == by_definition(life, MODEL)
    assert refolded(life.talk.target.log, chunk=7).digest() == life.talk.engine.digest()

"""Any life of models that admit features late and forget them: what is learned follows from the log, in any parts."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.events.record import Rewind, Tick
from flyball.learn.checkpoint import CheckpointStore
from flyball.learn.compaction import compact
from flyball.run.engine import Engine
from flyball.system.outcome import Outcome
from tests.property.test_rewinds import by_definition
from tests.unit.run.flights import CARRIER, HOUR, LATE, SECOND, flights, model, refolded
from tests.unit.run.lives import MODEL, OTHER, Life
from tests.unit.run.talk import Talk

if TYPE_CHECKING:
    from typing import Any

OUTCOMES = [LATE, Outcome("late", window="1h", if_silent=0, learn="revise")]
MEMORIES = [
    {"expiry": "1h"},
    {"admission": 1, "admission_keys": 50},
    {"admission": 0.3, "expiry": "90m"},
    {"admission": 2, "expiry": "1h"},
]
TURNS = st.one_of(
    st.tuples(st.just("live"), st.integers(1, 30)),
    st.tuples(st.just("live"), st.integers(1, 30)),
    st.tuples(st.just("leap"), st.sampled_from([1, 60, 3 * 60, 40 * 60, 10**6])),
    st.tuples(st.just("back"), st.integers(0, 120)),
    st.tuples(st.just("plan"), st.sampled_from([{}, *MEMORIES])),
)


class Forgetful(Life):
    """A life whose first model has many carriers, and remembers as it is told; the other remembers everything."""

    def __init__(self, outcome: Outcome, seed: int, memory: dict[str, Any]) -> None:
        super().__init__(outcome, seed)
        self.outcome = outcome
        self.talk = Talk(self.system(memory))
        self.talk.tell(Tick(), at=0)

    def system(self, memory: dict[str, Any]) -> Any:  # noqa: ANN401  # as `flights` gives it
        """The definition."""
        mine = replace(model(MODEL, of=[CARRIER, HOUR], outcome=self.outcome), **memory)
        return flights(mine, model(OTHER, of=[CARRIER], outcome=self.outcome))

    def go_on(self, steps: int = 60) -> None:
        """Lives on for so many records."""
        for _ in range(steps):
            self.now += self.random.choice([0, 30, 60, 90, 600]) * SECOND
            if not self.asked or self.random.random() < 0.5:
                id = f"r{len(self.asked)}"
                self.asked.append(id)
                carrier, hour = f"C{self.random.randrange(30)}", self.random.randrange(24)
                for name in (MODEL, OTHER):
                    self.talk.ask(id, at=self.now, name=name, carrier=carrier, hour=hour)
            else:
                self.talk.answer(self.random.choice(self.asked[-12:]), self.random.choice([0.0, 1.0]), at=self.now)

    def take_turn(self, turn: tuple[object, ...]) -> None:
        """Lives on, lets time pass, goes back, or remembers otherwise."""
        match turn:
            case ("live", int() as steps):
                self.go_on(steps)
            case ("leap", int() as minutes):
                self.now += minutes * 60 * SECOND
                self.say(Tick())
            case ("back", int() as minutes):
                self.say(Rewind(model=MODEL, to_ts=self.now - minutes * 60 * SECOND))
            case ("plan", dict() as memory):
                self.talk.plan(self.system(memory), dict.fromkeys((MODEL, OTHER), 1), at=self.now)


@settings(max_examples=60)
@given(
    st.sampled_from(OUTCOMES),
    st.integers(0, 50),
    st.sampled_from(MEMORIES),
    st.lists(TURNS, max_size=8),
    st.integers(1, 40),
    st.data(),
)
def test_what_is_remembered_follows_from_the_log(
    outcome: Outcome,
    seed: int,
    memory: dict[str, Any],
    turns: list[tuple[object, ...]],
    chunk: int,
    data: st.DataObject,
) -> None:
    """In chunks, from a checkpoint taken anywhere, and, where it was taken back, by the definition."""
    life = Forgetful(outcome, seed, memory)
    life.go_on(40)
    for turn in turns:
        life.take_turn(turn)
    lived, log = life.talk.engine.digest(), life.talk.target.log
    opened = Engine(log)
    cut = refolded(log, through=data.draw(st.integers(2, log.last_seq)))
    opened.restore(cut.checkpoint(only_touched=False))

    assert opened.digest() == cut.digest()
    assert refolded(log, chunk=chunk).digest() == lived
    assert refolded(log, chunk=chunk, engine=opened).digest() == lived
    assert life.digest(MODEL) == by_definition(life, MODEL)
    assert all(tally.balanced for tally in life.talk.engine.joiner.tallies.values())


@settings(max_examples=60)
@given(
    st.sampled_from(OUTCOMES),
    st.integers(0, 50),
    st.sampled_from(MEMORIES),
    st.lists(st.one_of(TURNS, st.just(("write",)), st.just(("write",)), st.just(("compact",))), max_size=16),
)
def test_a_base_and_what_changed_since_bring_everything_back_and_nothing_that_was_forgotten(
    outcome: Outcome, seed: int, memory: dict[str, Any], turns: list[tuple[object, ...]]
) -> None:
    """However old the base is: stamps come round every sixteen hours here. In files of their own, and merged."""
    life = Forgetful(outcome, seed, memory)
    life.go_on(40)
    with tempfile.TemporaryDirectory() as directory:
        store, engine = CheckpointStore(Path(directory)), life.talk.engine

        def write() -> None:
            if store.seq < engine.seq:
                store.save(engine.checkpoint(only_touched=store.seq > 0), after=store.seq)
                engine.written()

        for turn in turns:
            match turn:
                case ("write",):
                    write()
                case ("compact",):
                    compact(store.directory, at_once=7)
                case _:
                    life.take_turn(turn)
        write()
        checkpoint = store.load()
        assert checkpoint is not None
        opened = Engine(life.talk.target.log)
        opened.restore(checkpoint)
        assert opened.digest() == engine.digest()
        compact(store.directory, at_once=7)
        base = store.load()
        assert base is not None
        again = Engine(life.talk.target.log)
        again.restore(base)
    assert again.digest() == engine.digest()

"""The joiner beside the slow obvious one: any records in any order, after each of them the same examples and counts."""

from __future__ import annotations

import math

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from flyball.events import record
from flyball.events.record import Body, Event, Exclusion, Origin, Outcome, Pause, Prediction, Rewind, Tick, Unlogged
from flyball.events.rule import JoinRule
from tests.property.joiner_pair import JoinerPair, Plan

MODELS = st.sampled_from(["a", "a", "a", "b", "b", "c"])
IDS = st.sampled_from(["r1", "r1", "r2", "r3"])
OUTCOMES = st.sampled_from(["click", "click", "click", "fraud"])
VALUES = st.sampled_from([1.0, 0.0, 1.0, 0.0, 2.5, -1.0])
NONSENSE = st.sampled_from(
    [(math.nan, 1.0), (math.inf, 1.0), (-2e100, 1.0), (1.0, math.nan), (1.0, 2e100), (1.0, -1.0)]
)
IDLE: list[Body] = [Tick(), record.Plan(definition="", versions={}), Origin(name="", fingerprint="", rows=0)]
# Windows are 1 to 16 long, so that a step may miss a deadline, hit it, or jump over several.
WINDOWS = st.sampled_from([16, 8, 12, 5, 3, 1])
LAPSES = st.sampled_from([*[0] * 12, *[1] * 6, 2, 3, 5, 8, 40])
# How much earlier (or, with skewed clocks, later) than it could be seen something happened.
AGES = st.sampled_from([*[0] * 12, 1, 2, 3, 5, 8, 16, 40, -1, -3])


@st.composite
def rules(draw: st.DrawFn, outcome: str) -> JoinRule:
    """Any rule that the joiner accepts."""
    if_silent = draw(st.sampled_from([0.0, None, 1.0]))
    return JoinRule(
        outcome=outcome,
        window_us=draw(WINDOWS),
        if_silent=if_silent,
        counts_from=draw(st.sampled_from([None, "shown"])),
        learn=draw(st.sampled_from(["arrival", "close"] if if_silent is None else ["arrival", "close", "revise"])),
        reducer=draw(st.sampled_from(["first", "last", "sum", "min", "max", "mean"])),
        revision=draw(st.sampled_from(["last", "first", "reject"])),
        keep_silent=draw(st.sampled_from([1.0, 1.0, 0.9, 0.25])),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Rules for both outcomes, and models with one of them each; sometimes a model is missing."""
    by_name = {name: draw(rules(name)) for name in ("click", "fraud")}
    outcomes = {model: draw(OUTCOMES) for model in ("a", "b", "c")}
    outcomes.pop(draw(st.sampled_from(["", "", "c", "a"])), None)
    return by_name, outcomes


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """What a record may say; predictions and outcomes of the same few ids most of the time."""
    kind = draw(st.sampled_from(["predict"] * 5 + ["answer"] * 6 + ["show"] * 3 + ["tick", "pause", "other"]))
    id, model = draw(IDS), draw(MODELS)
    if kind == "predict":
        version = draw(st.sampled_from([1, 1, 1, 2]))
        return Prediction(id=id, model=model, version=version, definition="", inputs=[], score=0.5)
    if kind == "answer":
        outcome_id, weight = draw(st.sampled_from([None, "x", "y"])), draw(st.sampled_from([1.0, 2.0, 0.0]))
        return Outcome(id=id, outcome=draw(OUTCOMES), value=draw(VALUES), outcome_id=outcome_id, weight=weight)
    if kind == "show":
        named = draw(st.booleans())
        type, event_id = draw(st.sampled_from(["shown", "shown", "opened"])), "e1" if named else id
        return Event(type=type, event_id=event_id, prediction_id=id if named else None)
    if kind == "tick":
        return draw(st.sampled_from([*IDLE, Unlogged(model=model, version=1, count=2)]))
    if kind == "pause":
        return Pause(model=model, mode=draw(st.sampled_from(["pause", "resume", "freeze"])))
    value, weight = draw(NONSENSE)
    return Outcome(id=id, outcome=draw(st.sampled_from(["click", "fraud", "unheard"])), value=value, weight=weight)


class JoinerMachine(RuleBasedStateMachine):
    """Grows one log, and gives each record to both joiners."""

    @initialize(plan=plans(), max_pending=st.sampled_from([1_000, 1_000, 3, 2, 1]), start=st.sampled_from([0, -50, 9]))
    def begin(self, plan: Plan, max_pending: int, start: int) -> None:
        """Both begin with the same rules and the same bound."""
        self.pair = JoinerPair(plan, max_pending, start)

    # One rule for nearly everything: Hypothesis leaves out some rules altogether in each run, and a run without
    # predictions, or without outcomes, finds nothing.
    @rule(body=bodies(), lapse=LAPSES, age=AGES)
    def happen(self, body: Body, lapse: int, age: int) -> None:
        """A record reaches the log."""
        self.pair.step(body, lapse, age)

    @precondition(lambda self: self.pair.seq % 8 == 7)
    @rule(model=MODELS, back=st.integers(-5, 15), length=st.integers(-1, 8))
    def exclude(self, model: str, back: int, length: int) -> None:
        """A stretch of time is not learned from, perhaps one to come."""
        from_ts = self.pair.now - back
        self.pair.step(Exclusion(model=model, from_ts=from_ts, to_ts=from_ts + length))

    @precondition(lambda self: self.pair.seq % 8 == 5)
    @rule(
        model=MODELS, back=st.integers(-3, 30), stretches=st.lists(st.tuples(st.integers(-5, 30), st.integers(-1, 9)))
    )
    def rewind(self, model: str, back: int, stretches: list[tuple[int, int]]) -> None:
        """A model goes back to some time, or learns again without some stretches."""
        exclude = [(self.pair.now - start, self.pair.now - start + length) for start, length in stretches]
        self.pair.step(Rewind(model=model, to_ts=self.pair.now - back, exclude=exclude))

    @precondition(lambda self: self.pair.seq % 8 == 3)
    @rule(plan=plans())
    def replan(self, plan: Plan) -> None:
        """Other rules for what comes."""
        self.pair.replan(plan)

    @precondition(lambda self: self.pair.seq % 3 == 2)
    @rule()
    def save_and_restore(self) -> None:
        """The joiner is put away and taken out again."""
        self.pair.save_and_restore()


TestJoinerMachine = JoinerMachine.TestCase
TestJoinerMachine.settings = settings(max_examples=150, stateful_step_count=50)

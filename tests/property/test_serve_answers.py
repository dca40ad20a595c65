"""A worker answers what the embedded system answers, to the bit, after whatever was learned."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

import flyball as fb
from flyball.events.leaf import leaf_of
from flyball.serve.predictor import Predictor
from flyball.system.clock import ManualClock

YES, HOUR, WEIGHT = fb.Input("yes", bool), fb.Input("hour", int), fb.Input("weight", float)
CARRIER, TAGS, WHEN = fb.Input("carrier", str), fb.Input("tags", list[str]), fb.Input("when", "timestamp", unit="s")
SHARES, PLANE, TEXT = fb.Input("shares", dict[str, float]), fb.Entity("plane", int), fb.Input("text", str)
BY_HOUR = fb.bucket(HOUR, [6, 12, 18])
SIGNALS = [
    YES, HOUR, WEIGHT, CARRIER, TAGS, WHEN, SHARES, PLANE, BY_HOUR, fb.cross(CARRIER, BY_HOUR, HOUR),
    fb.cross(TAGS, fb.bucket(WEIGHT, width=10)), fb.words(TEXT), fb.ngrams(TEXT, 3), HOUR * 2.5 + WEIGHT,
    fb.derive("math:floor", [WEIGHT], int, version=1, name="floor"),
]  # fmt: skip  # a list of signals

NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, 1e-300, 1e15])
INPUTS = st.fixed_dictionaries(
    {"weight": NUMBERS},  # math.floor takes no missing value
    optional={
        "yes": st.booleans(),
        "hour": st.integers(-(2**40), 2**40),
        "carrier": st.sampled_from(["AA", "BB", "", "Łódź"]),
        "tags": st.lists(st.sampled_from(["a", "b", "c"]), max_size=4),
        "when": st.integers(0, 2_000_000_000),
        "shares": st.dictionaries(st.sampled_from(["x", "y"]), NUMBERS, max_size=2),
        "plane": st.integers(0, 5),
        "text": st.text("ab ", max_size=12),
    },
)
LATE, DELAY = fb.Outcome("late"), fb.Outcome("delay", float, scale=7.0)


@settings(max_examples=20)
@given(
    st.sampled_from([LATE, DELAY]),
    st.lists(st.tuples(INPUTS, st.booleans()), min_size=2, max_size=8),
    st.lists(INPUTS, min_size=3, max_size=6),
)
def test_a_worker_answers_as_the_embedded_system_does(
    outcome: fb.Outcome, told: list[tuple[dict[str, object], bool]], asked: list[dict[str, object]]
) -> None:
    """For every kind of signal, for probabilities and for numbers."""
    model = fb.Model("late", signals=SIGNALS, outcome=outcome)
    with fb.open(fb.System("flights", models=[model]), clock=ManualClock(1)) as fly:
        for number, (inputs, value) in enumerate(told):
            fly.predict("late", inputs, id=str(number))
            fly.outcome(str(number), value if outcome is LATE else value * 3.5)
        words = fly.state.engine.models["late"].table.words
        predictor = Predictor(fly.state.engine.system, "late", 1, words)  # type: ignore[arg-type]  # it is opened
        for inputs in asked:
            taken = predictor.intake.take(inputs)
            values = predictor.evaluate(taken.values)
            score = predictor.score(values)
            expected = fly.predict("late", inputs)
            [record] = fly.state.log.get([fly.state.engine.seq])

            assert struct.pack("<d", score) == struct.pack("<d", expected.prediction), "another answer"
            assert (taken.leaves, predictor.derived(values)) == (record.body.inputs, record.body.derived)  # type: ignore[union-attr]  # a prediction
            assert [leaf_of(value) for value in taken.values] == taken.leaves

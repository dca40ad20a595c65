"""The embedded system: asked and told in one process, by the clock it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import flyball as fb
from flyball.events.record import Prediction
from flyball.run.embedded import PredictionConflict
from flyball.serve.request import RequestRefused
from flyball.system.clock import ManualClock
from flyball.system.kind import Kind
from tests.unit.run.flights import CARRIER, HOUR, PLANE, WIND, flights, model

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.run.embedded import Embedded
    from flyball.testing.plugin import OpenSystem

HOUR_US = 3_600_000_000
START = 1_700_000_000_000_000
SHOWN = fb.Event("shown")


def ads() -> fb.System:
    """A model of clicks, and one of what was paid."""
    click = fb.Outcome("click", window="30m", if_silent=0, counts_from=SHOWN)
    paid = fb.Outcome("paid", float, window="1h", reducer="sum")
    country = fb.Input("country", str)
    return fb.System(
        "ads",
        models=[fb.Model("ctr", signals=[country], outcome=click), fb.Model("value", signals=[country], outcome=paid)],
    )


@pytest.fixture
def fly(flyball_system: OpenSystem) -> Embedded:
    """Flights, on a clock that the test moves."""
    return flyball_system(flights())


def test_what_is_told_is_learned_before_the_call_returns(fly: Embedded) -> None:
    """The next prediction knows it."""
    first = fly.predict("late_model", {"carrier": "A", "hour": 8}, id="r1")
    seq = fly.outcome("r1", True)
    second = fly.predict("late_model", {"carrier": "A", "hour": 8})

    assert (first.prediction, first.served_by, first.version, first.learned_through) == (0.5, "model", 1, 1)
    assert second.prediction > 0.5
    assert second.learned_through == seq
    assert fly.scorecard("late_model").examples == 1
    assert fly.tallies("late_model")[1].joined == 1


def test_the_same_question_gets_the_same_answer_and_is_not_logged_again(fly: Embedded) -> None:
    """Whatever was learned meanwhile."""
    first = fly.predict("late_model", {"hour": 8}, id="r1")
    fly.outcome("r1", True)
    seq = fly.state.engine.seq

    assert fly.predict("late_model", {"hour": "8"}, id="r1") == first
    assert fly.state.engine.seq == seq


def test_the_same_id_with_another_question_is_a_conflict(fly: Embedded) -> None:
    """The first answer stands."""
    fly.predict("late_model", {"hour": 8}, id="r1")
    with pytest.raises(PredictionConflict, match=r"id 'r1' of 'late_model' was already asked with inputs .+, now with"):
        fly.predict("late_model", {"hour": 9}, id="r1")

    assert fly.tallies("late_model")[1].predictions == 1


def test_the_same_question_is_the_same_however_the_definition_writes_it(tmp_path: Path) -> None:
    """In another order of signals, and watched by one more."""
    clock = ManualClock(START)
    with fb.open(flights(model(of=[CARRIER, HOUR], slice_by=[])), tmp_path, clock=clock) as fly:
        first = fly.predict("late_model", {"carrier": "A", "hour": 8, "plane": 7}, id="r1")
    with fb.open(flights(model(of=[HOUR, CARRIER], slice_by=[PLANE])), tmp_path, clock=clock) as fly:
        assert fly.predict("late_model", {"carrier": "A", "hour": 8, "plane": 7}, id="r1") == first
        with pytest.raises(PredictionConflict, match=r"inputs \{'carrier': 'A', 'hour': 8\}, now with .+ 'B'"):
            fly.predict("late_model", {"carrier": "B", "hour": 8, "plane": 7}, id="r1")


def test_inputs_that_no_definition_knows_are_logged_and_unused(fly: Embedded) -> None:
    """So a client may be deployed before the definition."""
    fly.predict("late_model", {"hour": 8, "moon": "full", "list": [1, 2], "none": None, "big": 2**70}, id="r1")
    [record] = fly.state.log.get([fly.state.engine.seq])

    assert isinstance(record.body, Prediction)
    assert record.body.unknown == {"moon": "full", "list": "[1, 2]", "none": None, "big": str(2**70)}
    assert fly.predict("late_model", {"hour": 8}).prediction == 0.5


def test_what_is_left_out_is_missing_and_learned_as_such(fly: Embedded) -> None:
    """A value of its own."""
    for i in range(20):
        fly.predict("late_model", {"carrier": None}, id=f"r{i}")
        fly.outcome(f"r{i}", True)

    assert fly.predict("late_model", {}).prediction > 0.7


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"hour": "soon"}, r"input 'hour': 'soon' is not taken as int"),
        ({"wind": float("nan")}, r"input 'wind': .*nan"),
        ({"carrier": "\ud800"}, r"input 'carrier':"),
        (
            {f"x{i}": 1 for i in range(65)},
            r"65 inputs are unknown to 'late_model'; accepted: at most 64 besides carrier",
        ),
        ({"\ud800": 1}, r"the name of an input .+ is no text of 1 to 256 characters"),
        ({"": 1}, r"the name of an input '' is no text"),
    ],
)
def test_a_question_that_cannot_be_taken_is_refused_and_nothing_is_logged(
    fly: Embedded, inputs: dict[str, object], message: str
) -> None:
    """And the system goes on."""
    seq = fly.state.engine.seq
    with pytest.raises(RequestRefused, match=message):
        fly.predict("late_model", inputs)

    assert fly.state.engine.seq == seq
    assert fly.predict("late_model", {"hour": 8}).prediction == 0.5


def test_a_model_that_is_not_there_is_refused_with_a_guess(fly: Embedded) -> None:
    """And those that are."""
    with pytest.raises(RequestRefused, match=r"no model is named 'late_modl'; accepted: 'late_model'; did you mean"):
        fly.predict("late_modl", {})
    with pytest.raises(RequestRefused, match="no model is named"):
        fly.scorecard("x")
    with pytest.raises(RequestRefused, match="no model is named"):
        fly.tallies("x")


@pytest.mark.parametrize("id", ["", "x" * 257, 7, "\ud800", b"r1"])
def test_an_id_is_a_text_that_can_be_written_down(fly: Embedded, id: object) -> None:
    """Of at most 256 characters; refused before anything is learned."""
    with pytest.raises(RequestRefused, match=r"id .+ is no text of 1 to 256 characters; give one, or leave it out"):
        fly.predict("late_model", {}, id=id)  # type: ignore[arg-type]  # what a caller may give
    with pytest.raises(RequestRefused, match=r"id .+ is no text"):
        fly.outcome(id, True)  # type: ignore[arg-type]  # what a caller may give
    with pytest.raises(RequestRefused, match=r"outcome_id .+ is no text"):
        fly.outcome("r1", True, outcome_id=id)  # type: ignore[arg-type]  # what a caller may give

    assert fly.state.engine.seq == 1
    assert fly.outcome("r1", True) == 2


def test_an_outcome_without_an_id_is_refused(fly: Embedded) -> None:
    """There is nothing to join it to."""
    with pytest.raises(RequestRefused, match=r"id None is no text"):
        fly.outcome(None, True)  # type: ignore[arg-type]  # what a caller may give


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"value": "maybe"}, "outcome 'late': 'maybe' is not taken as bool"),
        ({"value": None}, "outcome 'late' of 'r1' has no value; leave out what is not known"),
        ({"value": True, "outcome": "early"}, "outcome 'early' is not declared; accepted: 'late'"),
        ({"value": True, "weight": -1.0}, r"weight -1.0 is no finite number of at least 0"),
        ({"value": True, "weight": float("nan")}, "weight: "),
        ({"value": True, "weight": float("inf")}, "weight: "),
        ({"value": True, "weight": 10**400}, "weight: "),
        ({"value": True, "weight": None}, "weight None is no finite number"),
        ({"value": True, "event_ts": "yesterday"}, "event_ts: "),
        ({"value": True, "event_ts": "2024-01-01T00:00:00"}, "event_ts: "),
    ],
)
def test_an_outcome_that_cannot_be_taken_is_refused(fly: Embedded, told: dict[str, object], message: str) -> None:
    """With what was given, and what is accepted."""
    fly.predict("late_model", {}, id="r1")
    with pytest.raises(RequestRefused, match=message):
        fly.outcome("r1", **told)  # type: ignore[arg-type]  # what a caller may give

    assert fly.tallies("late_model")[1].pending == 1
    assert fly.outcome("r1", True) == 3


def test_a_time_in_the_future_is_refused_beyond_five_minutes(fly: Embedded) -> None:
    """The caller's clock may be a little fast."""
    fly.predict("late_model", {}, id="r1", event_ts=fly.now + 299_000_000)
    with pytest.raises(
        RequestRefused, match=r"event_ts .+ lies more than five minutes after now, .+; set the caller's"
    ):
        fly.predict("late_model", {}, id="r2", event_ts=fly.now + 301_000_000)


def test_time_passes_when_the_clock_does(flyball_system: OpenSystem, flyball_clock: ManualClock) -> None:
    """Windows close at the next record, a tick at the latest."""
    fly = flyball_system(flights(model(outcome=fb.Outcome("late", window="1h", if_silent=0))))
    fly.predict("late_model", {"hour": 8})
    flyball_clock.advance(HOUR_US + 1)
    assert fly.tallies("late_model")[1].pending == 1
    fly.tick()

    assert fly.tallies("late_model")[1].silent == 1
    assert fly.predict("late_model", {"hour": 8}).prediction < 0.5


def test_a_clock_that_is_set_back_does_not_turn_back_the_log(
    flyball_system: OpenSystem, flyball_clock: ManualClock
) -> None:
    """Time stands still until the clock is where it was."""
    fly = flyball_system(flights())
    fly.predict("late_model", {}, id="r1")
    before = fly.now
    flyball_clock.set(5)

    assert fly.now == before
    fly.outcome("r1", True)
    assert fly.tallies("late_model")[1].joined == 1


def test_an_exposure_starts_the_window_and_a_sum_has_named_parts(
    flyball_system: OpenSystem, flyball_clock: ManualClock
) -> None:
    """Two models, two outcomes, one id."""
    fly = flyball_system(ads())
    for name in ("ctr", "value"):
        fly.predict(name, {"country": "DE"}, id="r1")
    fly.event("shown", "e1", prediction_id="r1", keys={"ad": 7})
    fly.outcome("r1", True, outcome="click")
    fly.outcome("r1", 2.5, outcome="paid", outcome_id="p1")
    fly.outcome("r1", 1.5, outcome="paid", outcome_id="p2")
    with pytest.raises(
        RequestRefused, match=r"outcome 'paid' of 'r1' has no outcome_id; give one to each part of the su"
    ):
        fly.outcome("r1", 1.5, outcome="paid")
    with pytest.raises(
        RequestRefused, match=r"outcome None is not declared; accepted: 'click', 'paid'|'click' or 'paid'"
    ):
        fly.outcome("r1", True)
    flyball_clock.advance(HOUR_US + 1)
    fly.tick()

    values = {row["model"]: row["value"] for row in fly.examples().to_pylist()}
    assert values == {"ctr": 1.0, "value": 4.0}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"type": "seen", "event_id": "e1"}, "event 'seen' is not declared; accepted: 'shown'"),
        ({"type": "shown", "event_id": 7}, "id 7 is no text"),
        ({"type": "shown", "event_id": "e1", "prediction_id": 7}, "prediction_id 7 is no text"),
        ({"type": "shown", "event_id": "e1", "keys": {7: 1}}, "the name of a key 7 is no text"),
        ({"type": "shown", "event_id": "e1", "values": {"\ud800": 1}}, "the name of a value .+ is no text"),
    ],
)
def test_an_event_that_cannot_be_taken_is_refused(
    flyball_system: OpenSystem, given: dict[str, object], message: str
) -> None:
    """What could not be read again is never written."""
    fly = flyball_system(ads())
    with pytest.raises(RequestRefused, match=message):
        fly.event(**given)  # type: ignore[arg-type]  # what a caller may give

    assert fly.state.engine.seq == 1


def test_examples_and_predictions_are_tables(fly: Embedded) -> None:
    """With the inputs as they were served."""
    fly.predict("late_model", {"carrier": "A", "hour": 8, "wind": 0.5, "remarks": "fog"}, id="r1")
    fly.predict("late_model", {}, id="r2")
    fly.outcome("r1", True)

    [one, two] = fly.predictions().to_pylist()
    assert {key: one[f"input:{key}"] for key in ("carrier", "hour", "wind", "plane", "remarks")} == {
        "carrier": "A", "hour": 8, "wind": 0.5, "plane": None, "remarks": "fog"
    }  # fmt: skip  # one row of a table
    assert (two["id"], two["input:carrier"]) == ("r2", None)
    assert [(row["id"], row["value"], row["learned"]) for row in fly.examples().to_pylist()] == [("r1", 1.0, True)]


def test_every_kind_of_input_is_asked_and_learned(flyball_system: OpenSystem) -> None:
    """Through the log and back."""
    values: dict[Kind, object] = {
        Kind.BOOL: True, Kind.INT: 3, Kind.FLOAT: 2.5, Kind.STR: "x", Kind.LIST: ["a", "b"],
        Kind.TIMESTAMP: "2024-01-01T00:00:00Z", Kind.MAP: {"a": 1.5},
    }  # fmt: skip  # one of each kind
    signals = [fb.Input(kind.value, kind) for kind in values]
    fly = flyball_system(fb.System("all", models=[fb.Model("m", signals=signals, outcome=fb.Outcome("late"))]))
    inputs = {kind.value: value for kind, value in values.items()}
    fly.predict("m", inputs, id="r1")
    for live in fly.state.engine.models.values():
        live.recent._lanes.clear()
    fly.outcome("r1", True)

    assert fly.predict("m", inputs).prediction > 0.6
    assert fly.state.engine.models["m"].recent.fetched >= 1
    assert fly.predictions().to_pylist()[0]["input:map"] == [("a", 1.5)]


def test_a_question_that_a_users_function_cannot_take_is_refused(flyball_system: OpenSystem) -> None:
    """Nothing is logged; the message names the function."""
    root = fb.derive("math:sqrt", [WIND], float, version=1)
    fly = flyball_system(flights(model(of=[root], slice_by=[])))
    with pytest.raises(RequestRefused, match="function 'math:sqrt' raised ValueError"):
        fly.predict("late_model", {"wind": -1.0})

    assert fly.state.engine.seq == 1
    assert fly.predict("late_model", {"wind": 4.0}).prediction == 0.5


def test_a_file_is_replayed_into_a_system_that_goes_on(tmp_path: Path, flyball_system: OpenSystem) -> None:
    """Rows first, then questions."""
    (tmp_path / "flights.csv").write_text("carrier,hour,late\n" + "A,7,1\nB,8,0\n" * 50)
    fly = flyball_system(flights(model(of=[CARRIER, HOUR], slice_by=[])))
    report = fly.replay(tmp_path / "flights.csv")

    assert report.rows == 100
    assert fly.predict("late_model", {"carrier": "A", "hour": 7}).prediction > 0.7
    assert fly.predict("late_model", {"carrier": "B", "hour": 8}).prediction < 0.3

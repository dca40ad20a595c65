"""The engine: what changed definitions, pauses, exclusions and revisions do to what is learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.events.record import Event, Exclusion, Outcome, Pause, Plan, Tick
from flyball.learn.encoder import Encoder
from flyball.run.engine import Engine, rule_of, rules_of
from flyball.system.derivation import bucket, derive
from flyball.system.event import Event as DeclaredEvent
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome as Declared
from flyball.system.plan import plan
from tests.unit.run.flights import CARRIER, HOUR, LATE, SECOND, WIND, flights, model, refolded
from tests.unit.run.talk import Talk

if TYPE_CHECKING:
    from flyball.system.signal import Signal
    from flyball.system.system import System

HOUR_US = 3_600 * SECOND
SILENT = Declared("late", window="1h", if_silent=0)
REVISED = Declared("late", window="1h", if_silent=0, learn="revise")


def of(*signals: Signal, outcome: Declared = LATE) -> System:
    """A system of one model of these signals."""
    return flights(model(of=signals, outcome=outcome, slice_by=[]))


def half(version: int) -> Signal:
    """A user's function, whose author says that it changed."""
    return derive("tests.unit.run.flights:half_of", [WIND], float, version=version, name="half")


def learned(talk: Talk, signal: Signal, **inputs: str | float) -> list[tuple[float, float] | None]:
    """z and n of the coordinates of one signal, as the present definition names them."""
    live = talk.live()
    alone = of(signal).program("late_model")
    keys = Encoder(alone).encode([inputs[alone.nodes[place].name] for place in alone.leaves]).keys.tolist()[1:]
    return [live.table.get(key) for key in keys]


def taught(*signals: Signal, outcome: Declared = LATE) -> Talk:
    """A system that has learned from two outcomes for the same inputs."""
    talk = Talk(of(*signals, outcome=outcome))
    for i in range(2):
        talk.learn(f"r{i}", 1.0, carrier="A", hour=8, wind=4.0)
    return talk


def changed(talk: Talk, system: System) -> dict[str, int]:
    """Activates a definition as its plan says; the versions then."""
    held = talk.engine.system
    assert held is not None
    versions = {name: live.version for name, live in talk.engine.models.items()}
    planned = plan(held.to_json(), versions, system)
    assert not planned.refused
    talk.plan(system, dict(planned.versions))
    return {name: live.version for name, live in talk.engine.models.items()}


def test_a_signal_that_joins_leaves_all_others_as_they_were() -> None:
    """A new version, which keeps the table; the new signal has learned nothing."""
    talk = taught(CARRIER)
    before = learned(talk, CARRIER, carrier="A")

    assert changed(talk, of(CARRIER, HOUR)) == {"late_model": 2}
    assert learned(talk, CARRIER, carrier="A") == before
    assert None not in before
    assert set(learned(talk, HOUR, hour=8)) == {None}


def test_a_signal_that_leaves_and_comes_back_still_knows_what_it_learned() -> None:
    """Its coefficients stay in the table, untouched meanwhile."""
    talk = taught(CARRIER, HOUR)
    before = learned(talk, HOUR, hour=8)

    assert changed(talk, of(CARRIER)) == {"late_model": 2}
    talk.learn("r9", 0.0, carrier="A", hour=8)
    assert learned(talk, HOUR, hour=8) == before
    assert changed(talk, of(CARRIER, HOUR)) == {"late_model": 3}
    assert learned(talk, HOUR, hour=8) == before


def test_a_renamed_signal_keeps_its_coefficients() -> None:
    """`was=` names what it had learned as."""
    talk = taught(CARRIER, HOUR)
    before = learned(talk, CARRIER, carrier="A")
    airline = Input("airline", str, was="carrier")

    assert changed(talk, of(airline, HOUR)) == {"late_model": 2}
    assert learned(talk, airline, airline="A") == before
    assert talk.ask("r9", airline="A", hour=8) == talk.ask("r10", airline="A", hour=8)


@pytest.mark.parametrize(
    ("old", "new", "inputs"),
    [
        (bucket(HOUR, [6], name="part"), bucket(HOUR, [7], name="part"), {"hour": 8}),
        (Input("hour", int), Input("hour", str), {"hour": "8"}),
        (half(1), half(2), {"wind": 4.0}),
    ],
    ids=["edges", "type", "function"],
)
def test_a_signal_that_means_something_else_starts_anew_and_the_rest_stays(
    old: Signal, new: Signal, inputs: dict[str, str | float]
) -> None:
    """Its keys are others, since its meaning is hashed into them."""
    talk = taught(CARRIER, old)
    before = learned(talk, CARRIER, carrier="A")

    assert changed(talk, of(CARRIER, new)) == {"late_model": 2}
    assert learned(talk, CARRIER, carrier="A") == before
    assert set(learned(talk, new, **inputs)) == {None}
    talk.learn("r9", 1.0, carrier="A", **inputs)
    assert learned(talk, new, **inputs) != [None]


@pytest.mark.parametrize(
    "settings",
    [{"owner": "team:ops"}, {"description": "x"}, {"deadline": "5ms"}, {"fallback": 0.1}, {"slice_by": [CARRIER]}],
    ids=lambda settings: next(iter(settings)),
)
def test_what_is_only_said_about_a_model_keeps_the_version_and_everything_learned(settings: dict[str, object]) -> None:
    """Owner, description, deadline, fallback and slices."""
    talk = taught(CARRIER)
    digest = talk.live().table.digest()
    said = flights(Model("late_model", **{"signals": [CARRIER], "outcome": LATE, **settings}))  # type: ignore[arg-type]  # given by their names

    assert changed(talk, said) == {"late_model": 1}
    assert talk.live().table.digest() == digest


def test_other_slices_begin_a_board_of_their_own_and_predictions_are_scored_where_they_were_asked() -> None:
    """A board's dimensions do not change under it; going back finds the old one."""
    talk = taught(CARRIER)
    talk.ask("before", carrier="A")
    changed(talk, flights(model(of=[CARRIER], slice_by=[CARRIER])))
    talk.ask("after", carrier="A")
    talk.answer("before", 1.0)
    talk.answer("after", 1.0)

    assert [board.total().examples for board in talk.live().boards.values()] == [3, 1]
    assert talk.live().card(1).total().examples == 4
    assert {name: len(cells) for name, cells in talk.live().slices(1).items()} == {"carrier": 1}
    changed(talk, of(CARRIER))
    assert talk.live().board.total().examples == 3


def test_a_prediction_is_learned_from_as_it_was_asked_whatever_holds_meanwhile() -> None:
    """With the features of the definition that answered it, also after they left memory."""
    talk = taught(CARRIER)
    talk.ask("pending", carrier="B", hour=9)
    changed(talk, of(HOUR))
    talk.live().recent._lanes.clear()
    talk.answer("pending", 1.0)

    assert learned(talk, CARRIER, carrier="B") != [None]
    assert set(learned(talk, HOUR, hour=9)) == {None}
    assert refolded(talk.target.log).digest() == talk.engine.digest()


def test_a_definition_that_comes_back_is_a_new_version_of_its_own() -> None:
    """Predictions made by its first version are scored as that one's, whether they are in memory or in the log."""
    talk = Talk(of(CARRIER))
    talk.ask("first", carrier="A")
    changed(talk, of(CARRIER, HOUR))
    assert changed(talk, of(CARRIER)) == {"late_model": 3}
    talk.ask("third", carrier="A")
    talk.live().recent._lanes.clear()
    talk.answer("first", 1.0)
    talk.answer("third", 1.0)

    assert {name: board.total().examples for name, board in talk.live().boards.items()} == {"v1": 1, "v2": 0, "v3": 1}
    assert talk.tally(version=1).joined == talk.tally(version=3).joined == 1
    assert refolded(talk.target.log).digest() == talk.engine.digest()


def test_other_settings_of_the_learner_read_the_same_table() -> None:
    """A new version; the coefficients are another function of the same z and n."""
    talk = Talk(flights(Model("late_model", signals=[CARRIER], outcome=LATE, learner=FTRL(alpha=0.5))))
    talk.ask("r", carrier="A")
    talk.answer("r", 1.0)
    first, digest = talk.ask("x", carrier="A"), talk.live().table.digest()
    system = flights(Model("late_model", signals=[CARRIER], outcome=LATE, learner=FTRL(alpha=1.0)))

    assert changed(talk, system) == {"late_model": 2}
    assert talk.live().table.digest() == digest
    assert talk.ask("y", carrier="A") > first


def test_a_model_that_is_dropped_goes_on_learning_from_what_it_was_asked() -> None:
    """Its pending predictions are joined, counted and scored; nothing vanishes."""
    talk = Talk(flights(model("late_model", of=[CARRIER]), model("other", of=[CARRIER])))
    talk.ask("r1", carrier="A")
    talk.ask("r1", name="other", carrier="A")
    changed(talk, flights(model("other", of=[CARRIER])))
    talk.answer("r1", 1.0)

    assert talk.tally("late_model").joined == talk.tally("other").joined == 1
    assert talk.live("late_model").board.total().examples == 1
    assert refolded(talk.target.log).digest() == talk.engine.digest()


def test_a_model_that_comes_back_after_it_was_dropped_starts_with_nothing_learned() -> None:
    """As the plan says; under a version that was never given before."""
    both = flights(model("late_model", of=[CARRIER]), model("other", of=[CARRIER]))
    talk = Talk(both)
    for name in ("late_model", "other"):
        talk.ask("r1", name=name, carrier="A")
    talk.answer("r1", 1.0)
    assert talk.ask("r2", carrier="A") > 0.5
    changed(talk, flights(model("other", of=[CARRIER])))

    assert changed(talk, both) == {"late_model": 2, "other": 1}
    assert talk.ask("r3", carrier="A") == 0.5
    assert talk.ask("r3", name="other", carrier="A") > 0.5
    assert refolded(talk.target.log).digest() == talk.engine.digest()


def test_a_window_that_ends_when_a_definition_changes_is_closed_by_the_rules_it_began_with() -> None:
    """The record of the change moves time like any other: its examples are not lost."""
    talk = Talk(of(CARRIER, outcome=SILENT))
    talk.ask("r1", at=0, carrier="A")
    talk.plan(of(CARRIER, HOUR, outcome=SILENT), {"late_model": 2}, at=2 * HOUR_US)

    assert talk.tally().silent == 1
    assert talk.live().boards["v1"].total().examples == 1
    assert learned(talk, CARRIER, carrier="A") != [None]
    assert refolded(talk.target.log).digest() == talk.engine.digest()


def test_silence_is_learned_when_the_window_closes() -> None:
    """Not before, and an outcome within it is learned then too."""
    talk = Talk(of(CARRIER, outcome=SILENT))
    talk.ask("silent", at=0, carrier="A")
    talk.ask("told", at=1, carrier="B")
    talk.answer("told", 1.0, at=2)
    assert len(talk.live().table) == 0

    talk.tell(Tick(), at=HOUR_US + 1)
    assert talk.ask("a", carrier="A") < 0.5 < talk.ask("b", carrier="B")
    assert (talk.tally().silent, talk.tally().joined) == (1, 1)


def test_a_revised_example_takes_its_silence_back() -> None:
    """Learned as silent at once, then as what it was: two examples, one prediction scored once."""
    model_of_one = Model("late_model", signals=[CARRIER], outcome=REVISED, learner=FTRL(alpha=0.2))
    talk = Talk(flights(model_of_one))
    talk.ask("r1", at=0, carrier="A")
    assert talk.gradients(carrier="A") > 0

    talk.answer("r1", 1.0, at=5)
    assert talk.gradients(carrier="A") < 0
    talk.tell(Tick(), at=HOUR_US)
    assert talk.live().board.total().examples == 1
    assert talk.live().board.total().mean_outcome == 1.0


def test_while_frozen_nothing_is_learned_and_everything_is_scored() -> None:
    """From the record on, until the next one."""
    talk = taught(CARRIER)
    digest, examples = talk.live().table.digest(), talk.live().board.total().examples
    talk.tell(Pause(model="late_model", mode="freeze"))
    talk.learn("frozen", 0.0, carrier="A")

    assert talk.live().table.digest() == digest
    assert talk.live().board.total().examples == examples + 1
    talk.tell(Pause(model="late_model", mode="resume"))
    talk.learn("on", 0.0, carrier="A")
    assert talk.live().table.digest() != digest
    assert refolded(talk.target.log).digest() == talk.engine.digest()


def test_predictions_of_an_excluded_time_are_not_learned_from() -> None:
    """They count as discarded."""
    talk = taught(CARRIER)
    digest = talk.live().table.digest()
    talk.ask("bad", at=10, carrier="A")
    talk.tell(Exclusion(model="late_model", from_ts=5, to_ts=20), at=30)
    talk.answer("bad", 1.0, at=40)

    assert talk.live().table.digest() == digest
    assert (talk.tally().discarded, talk.tally().balanced) == (1, True)


def test_what_was_never_shown_is_neither_silent_nor_learned_from() -> None:
    """Where the window counts from an event."""
    shown = DeclaredEvent("shown")
    talk = Talk(of(CARRIER, outcome=Declared("late", window="1h", if_silent=0, counts_from=shown)))
    talk.ask("hidden", at=0, carrier="A")
    talk.ask("seen", at=0, carrier="B")
    talk.tell(Event(type="shown", event_id="e1", prediction_id="seen"), at=10)
    talk.tell(Tick(), at=3 * HOUR_US)

    assert (talk.tally().unexposed, talk.tally().silent) == (1, 1)
    assert learned(talk, CARRIER, carrier="A") == [None]
    assert learned(talk, CARRIER, carrier="B") != [None]


def test_an_outcome_before_its_prediction_waits_for_it() -> None:
    """It is learned from as soon as the prediction is there."""
    talk = Talk(of(CARRIER))
    talk.answer("r1", 1.0, at=0)
    assert talk.tally(version=0).orphans == 1
    talk.ask("r1", at=5, carrier="A")

    assert talk.tally(version=0).orphans == 0
    assert talk.tally().joined == 1
    assert talk.ask("r2", carrier="A") > 0.5


def test_one_outcome_joins_the_predictions_of_all_models() -> None:
    """Of the same id."""
    talk = Talk(flights(model("late_model", of=[CARRIER]), model("other", of=[HOUR], slice_by=[])))
    talk.ask("r1", carrier="A")
    talk.ask("r1", name="other", hour=7)
    talk.answer("r1", 1.0)

    assert talk.tally().joined == talk.tally("other").joined == 1


def test_numbers_are_learned_in_their_own_scale() -> None:
    """Predictions and scores are in minutes, the learner sees them divided by the scale."""
    talk = Talk(of(CARRIER, outcome=Declared("late", float, window="1h", scale=60.0)))
    for i in range(300):
        talk.learn(f"r{i}", 120.0, carrier="A")

    assert talk.ask("x", carrier="A") == pytest.approx(120.0, rel=0.05)


@pytest.mark.parametrize("value", [1e30, -1e100])
def test_an_absurd_number_stops_nothing(value: float) -> None:
    """What it touched is spoiled; the engine goes on, and everything stays finite."""
    talk = Talk(of(CARRIER, outcome=Declared("late", float, window="1h")))
    talk.learn("bad", value, carrier="A")
    talk.learn("next", 3.0, carrier="B")

    assert abs(talk.ask("a", carrier="A")) < float("inf")
    assert refolded(talk.target.log).digest() == talk.engine.digest()


def test_an_outcome_that_cannot_be_used_is_counted() -> None:
    """Nothing vanishes."""
    talk = taught(CARRIER)
    talk.ask("x", carrier="A")
    talk.tell(Outcome(id="x", outcome="late", value=float("nan")))
    talk.tell(Outcome(id="x", outcome="unheard of", value=1.0))

    assert talk.tally().refused == 1
    assert talk.engine.joiner.unknown_outcomes == 1


def test_rules_are_those_of_the_declared_outcomes() -> None:
    """In microseconds, and by model."""
    rules, outcomes = rules_of(flights(model(outcome=SILENT)))

    assert outcomes == {"late_model": "late"}
    assert rules["late"] == rule_of(SILENT)
    assert (rules["late"].window_us, rules["late"].if_silent, rules["late"].learn) == (HOUR_US, 0.0, "close")


def test_an_engine_that_has_seen_nothing_is_equal_to_another() -> None:
    """And differs from one that has."""
    assert Engine(None).digest() == Engine(None).digest()
    assert taught(CARRIER).engine.digest() != taught(HOUR, CARRIER, WIND).engine.digest()


def test_a_model_that_comes_back_does_not_learn_what_it_was_asked_before() -> None:
    """That was learned by a table which is forgotten, and may have been another question; it is counted and scored."""
    talk = Talk(flights(model(of=[CARRIER], slice_by=[]), model("other", of=[HOUR])))
    talk.ask("pending", carrier="A")
    talk.ask("revised", carrier="A")
    talk.answer("revised", 1.0)
    changed(talk, flights(model("other", of=[HOUR])))
    changed(talk, flights(model(of=[CARRIER], slice_by=[]), model("other", of=[HOUR])))
    talk.answer("pending", 1.0)
    talk.answer("revised", 0.0)

    assert talk.ask("new", carrier="A") == 0.5
    assert talk.tally(version=1).joined == 2
    restored = Engine(talk.target.log)
    restored.restore(talk.engine.checkpoint(only_touched=False))
    assert restored.digest() == refolded(talk.target.log).digest() == talk.engine.digest()
    came_back = [record.seq for record in talk.records() if isinstance(record.body, Plan)][-1]
    assert restored.models["late_model"].since == came_back

"""What is measured by a log is what the engine has learned."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.events.log import LogForeign
from flyball.events.record import Pause, Rewind, Tick
from flyball.run.ablation_log import LogOfExamples, log_examples
from flyball.run.ablator import Ablator
from flyball.run.state import StateRefused
from flyball.run.variant import single_variants
from flyball.system.derivation import cross, derive
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System
from flyball.testing.memory_log import MemoryLog
from tests.unit.run.flights import CARRIER, HOUR, SECOND, WIND
from tests.unit.run.talk import Talk

if TYPE_CHECKING:
    from flyball.events.record import Body
    from flyball.system.signal import Signal

OUTCOMES = {
    "arrival": Outcome("late", window="1h"),
    "close": Outcome("late", window="1h", if_silent=0),
    "revise": Outcome("late", window="1h", if_silent=0, learn="revise"),
}
EACH = pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES.keys())
HALF = derive("tests.unit.run.flights:half_of", [WIND], float, version=1, name="half the wind")


def system_of(outcome: Outcome, *signals: Signal) -> System:
    """A system of one model of one lane, watched by carrier."""
    learner = FTRL(alpha=0.3)
    model = Model("late_model", signals=signals, outcome=outcome, learner=learner, slice_by=[CARRIER])
    return System("flights", models=[model])


def live(talk: Talk, steps: int, seed: int = 1) -> None:
    """Questions and answers, corrections among them, a minute apart."""
    random = Random(seed)  # noqa: S311  # no secrets: a seed must give the same life
    now, asked = talk.target.now, [""]
    for i in range(steps):
        now += random.choice([0, 30, 60, 600]) * SECOND
        if i < 3 or random.random() < 0.5:
            asked.append(f"{talk.engine.seq}")
            carrier, hour = random.choice("ABC"), random.randrange(4)
            talk.ask(asked[-1], at=now, carrier=carrier, hour=hour, wind=random.random())
        else:
            talk.answer(random.choice(asked[-10:]), random.choice([0.0, 1.0]), at=now)


def measured(talk: Talk) -> tuple[Ablator, int]:
    """What is measured of all that was said, and how many examples were left out."""
    source = LogOfExamples(talk.target.log, Path("log"), sliced=True).of("late_model")
    form = source.form
    variants = single_variants(form.program)
    ablator = Ablator(form, form.recipe.hyper[0], variants, dimensions=form.dimensions)
    for examples in source:
        ablator.take(examples)
    return ablator, source.skipped


def same(talk: Talk, ablator: Ablator) -> bool:
    """Whether the model of the ablation has learned what the engine has: nearly the same z and n of every feature.

    Rounding at random goes the other way where two sums differ in the last bit of a double.
    """
    table = talk.live().table
    keys = table.entries()[0].tolist()
    ours = np.array([ablator.table.table.get(key) or (0.0, 0.0) for key in keys])
    theirs = np.array([table.get(key) for key in keys])
    return bool(np.allclose(ours, theirs, rtol=1e-5, atol=1e-6))


@EACH
def test_the_model_has_learned_what_the_engine_has(outcome: Outcome) -> None:
    """The same examples in the same order, with the same rounding: corrections and silence too."""
    talk = Talk(system_of(outcome, CARRIER, HOUR, cross(CARRIER, HOUR), HALF))
    live(talk, 600)

    ablator, skipped = measured(talk)

    assert ablator.differences.examples > 100
    assert skipped == 0
    assert same(talk, ablator)


@EACH
def test_pauses_and_rewinds_hold_here_too(outcome: Outcome) -> None:
    """What a rewind leaves out was never learned, what came before and after it was."""
    talk = Talk(system_of(outcome, CARRIER, HOUR))
    live(talk, 300)
    start = talk.target.now + SECOND
    live(talk, 300, seed=2)
    end = talk.target.now + SECOND
    pauses: list[Body] = [Pause(model="late_model", mode="pause"), Pause(model="late_model", mode="resume")]
    talk.tell(pauses[0], at=end)
    live(talk, 100, seed=3)
    talk.tell(pauses[1])
    talk.tell(Rewind(model="late_model", to_ts=start, exclude=[(start, end)]))
    live(talk, 300, seed=4)

    ablator, _ = measured(talk)

    assert same(talk, ablator)


def test_what_was_asked_under_an_earlier_definition_counts_where_its_inputs_are_known() -> None:
    """A signal dropped, one renamed, another added: what lacks the added one is left out, and counted."""
    outcome = OUTCOMES["arrival"]
    talk = Talk(system_of(outcome, CARRIER, HOUR, WIND))
    live(talk, 200)
    talk.plan(system_of(outcome, CARRIER, HOUR), {"late_model": 2})
    live(talk, 200, seed=2)
    everything, none = measured(talk)
    known = everything.differences.examples

    talk.plan(system_of(outcome, CARRIER, HOUR, Input("gate", str)), {"late_model": 3})
    live(talk, 200, seed=3)
    ablator, skipped = measured(talk)

    assert (none, known > 100) == (0, True)
    assert skipped >= known, "corrections are examples too"
    assert 20 < ablator.differences.examples < known


def test_examples_that_left_memory_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few predictions are kept."""
    talk = Talk(system_of(OUTCOMES["close"], CARRIER, HOUR))
    live(talk, 400)
    everything, _ = measured(talk)
    monkeypatch.setattr("flyball.run.ablation_log.KEPT", 3)

    few, _ = measured(talk)

    assert few.table.table.digest() == everything.table.table.digest()
    assert few.worths() == everything.worths()


def test_slices_are_told_by_the_log_too() -> None:
    """By their texts."""
    talk = Talk(system_of(OUTCOMES["arrival"], CARRIER, HOUR))
    live(talk, 400)

    ablator, _ = measured(talk)

    assert set(ablator.differences.slices(0)) == {"A", "B", "C"}


def test_a_directory_without_a_log_or_a_definition_is_refused(tmp_path: Path) -> None:
    """With what is wrong."""
    with pytest.raises(LogForeign, match="nowhere"), log_examples(tmp_path / "nowhere", sliced=False):
        pass
    with pytest.raises(StateRefused, match="holds no definition yet"):
        LogOfExamples(MemoryLog(), tmp_path, sliced=False)


def test_progress_is_told_to_the_last_record() -> None:
    """Also where no example comes of it."""
    talk = Talk(system_of(OUTCOMES["close"], CARRIER))
    talk.tell(Tick(), at=SECOND)
    told: list[tuple[int, int]] = []

    source = LogOfExamples(talk.target.log, Path("log"), sliced=False).of("late_model", lambda *done: told.append(done))

    assert list(source) == []
    assert told == [(2, 2)]

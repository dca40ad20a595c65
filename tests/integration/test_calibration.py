"""Calibrated models in a running system: whoever answers, the answer is the same, and it is the one that is logged."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

import flyball as fb
from flyball.events.record import Exclusion, Rewind, Tick
from flyball.learn import calibration
from flyball.learn.curve import FEWEST
from flyball.learn.export import ExportRefused
from flyball.learn.ftrl import LEARN
from flyball.learn.slice_cells import WHOLE
from flyball.run.engine import Engine
from flyball.run.live.answers import evaluated
from flyball.run.model_export import export_model
from flyball.serve.port import Evaluate
from flyball.serve.predictor import Predictor
from flyball.system.clock import ManualClock
from flyball.testing.loop_here import loop_here
from tests.unit.run.flights import CARRIER, refolded
from tests.unit.run.lives import MODEL, Life

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flyball.events.record import Body
    from flyball.run.embedded import Embedded
    from flyball.system.outcome import Learn

COUNTRY, HOUR = fb.Input("country", str), fb.Input("hour", int)
RATES = {"DE": 0.15, "FR": 0.65, "US": 0.4}
CTR = fb.Model("ctr", signals=[HOUR], outcome=fb.Outcome("click"), calibrate=[COUNTRY])
START = 1_700_000_000_000_000


def system(model: fb.Model = CTR) -> fb.System:
    """One model, which does not know what decides."""
    return fb.System("ads", models=[model])


def questions(count: int, seed: int = 1) -> Iterator[tuple[dict[str, object], bool]]:
    """Inputs, and whether it is clicked."""
    random = Random(seed)  # noqa: S311  # no secrets: a seed must give the same stream
    for _ in range(count):
        country = random.choice(sorted(RATES))
        yield {"country": country, "hour": random.randrange(24)}, random.random() < RATES[country]


def live_on(fly: Embedded, count: int, seed: int = 1) -> list[float]:
    """Asks and tells; the answers."""
    answers = []
    for i, (inputs, clicked) in enumerate(questions(count, seed)):
        answer = fly.predict("ctr", inputs, id=f"{seed}/{i}")
        assert answer.prediction is not None
        answers.append(answer.prediction)
        fly.outcome(f"{seed}/{i}", clicked)
    return answers


def served(fly: Embedded, definition: fb.System, version: int = 1) -> list[float]:
    """What a worker would answer now for each country, from the coefficients that it shares with the loop."""
    predictor = Predictor(definition, "ctr", version, fly.state.engine.models["ctr"].table.words)
    asked = [predictor.intake.take({"country": country, "hour": 7}) for country in RATES]
    return [predictor.score(predictor.evaluate(each.values)) for each in asked]


def asked_now(fly: Embedded) -> list[float | None]:
    """What the embedded system answers for each country."""
    return [fly.predict("ctr", {"country": country, "hour": 7}).prediction for country in RATES]


def test_answers_come_near_the_rates_of_slices_that_the_model_does_not_know() -> None:
    """Which no answer of the same model without `calibrate=` does."""
    told = list(questions(3_000))
    with fb.open(system(), clock=ManualClock(START)) as fly:
        calibrated = live_on(fly, 3_000)
    with fb.open(system(replace(CTR, calibrate=None)), clock=ManualClock(START)) as fly:
        raw = live_on(fly, 3_000)
    late = range(2_000, 3_000)
    for country in RATES:
        mine = [i for i in late if told[i][0]["country"] == country]
        observed = float(np.mean([told[i][1] for i in mine]))

        assert abs(np.mean([calibrated[i] for i in mine]) - observed) < 0.06, country
        assert country == "US" or abs(np.mean([raw[i] for i in mine]) - observed) > 0.1, country


@pytest.mark.parametrize(
    "model",
    [
        CTR,
        replace(CTR, calibrate=True),
        replace(CTR, calibrate=[(COUNTRY, HOUR)], learner=fb.FTRL(alpha=0.1)),
        replace(CTR, calibrate=None, outcome=fb.Outcome("click", negatives_kept=0.1)),
        replace(CTR, outcome=fb.Outcome("click", negatives_kept=0.1)),
    ],
    ids=["slices", "whole", "pairs", "sampled", "sampled and slices"],
)
def test_whoever_answers_the_answer_is_the_same_and_logged(model: fb.Model) -> None:
    """The embedded system and a worker, to the bit, while it learns; the log has what was answered."""
    definition = system(model)
    logged: list[float | None] = []
    with fb.open(definition, clock=ManualClock(START)) as fly:
        for seed in range(8):
            logged += live_on(fly, 100, seed)
            worker = served(fly, definition)
            embedded = asked_now(fly)
            logged += embedded

            assert worker == embedded
        found = fly.predictions().column("score").to_pylist()

    assert found == logged


def test_the_loop_answers_a_request_that_could_not_wait_as_a_worker_does() -> None:
    """From the logged form of its inputs."""
    loop, _ = loop_here(system())
    engine = loop.engine
    form = engine.models["ctr"].form
    live = engine.models["ctr"]
    random = np.random.default_rng(1)
    labels = np.zeros((1_000, 4))
    labels[:, 0], labels[:, 1] = random.random(1_000) < 0.1, 1.0
    cells = form.one(1, 0, form.encoder.evaluate([7, "DE"])).cells
    assert cells is not None
    assert form.correction is not None
    form.correction.run(
        live.table,
        np.tile(cells, (1_000, 1)),
        todo=np.full(1_000, LEARN, dtype=np.uint8),
        labels=labels,
        noises=np.arange(1_000, dtype=np.uint64),
        scores=np.full(1_000, 0.5),
    )
    predictor = Predictor(system(), "ctr", 1, live.table.words)
    reply = evaluated(loop.state, Evaluate(model="ctr", definition=form.definition, inputs=[7, "DE"], derived=[]))
    loop.state.close()

    assert reply is not None
    assert reply.score == predictor.score(predictor.evaluate([7, "DE"]))
    assert reply.score == pytest.approx(0.1, abs=0.05)


def test_a_state_that_is_opened_again_goes_on_as_if_it_had_stayed_open(tmp_path: Path) -> None:
    """Curves come from the checkpoint and from the log after it."""
    clock = ManualClock(START)
    with fb.open(system(), clock=clock) as stayed:
        expected = live_on(stayed, 400, 1) + live_on(stayed, 400, 2)
    with fb.open(system(), tmp_path, clock=clock) as fly:
        answers = live_on(fly, 400, 1)
    with fb.open(system(), tmp_path, clock=clock) as fly:
        answers += live_on(fly, 400, 2)

    assert answers == expected


def test_calibration_that_is_switched_on_later_begins_with_what_comes_then(tmp_path: Path) -> None:
    """It is a new version that keeps what was learned; what was asked before tells it nothing."""
    clock, plain = ManualClock(START), system(replace(CTR, calibrate=None, signals=[HOUR, COUNTRY]))
    calibrated = system(replace(CTR, signals=[HOUR, COUNTRY]))
    with fb.open(plain, tmp_path, clock=clock) as fly:
        live_on(fly, 300, 1)
        fly.predict("ctr", {"country": "DE", "hour": 7}, id="waits")
        before = asked_now(fly)
    with fb.open(calibrated, tmp_path, clock=clock) as fly:
        assert fly.state.engine.models["ctr"].version == 2
        assert asked_now(fly) == before
        size = len(fly.state.engine.models["ctr"].table)
        fly.outcome("waits", True)
        assert len(fly.state.engine.models["ctr"].table) == size
        live_on(fly, 300, 2)
        assert len(fly.state.engine.models["ctr"].table) > size
        digest = fly.state.engine.digest()
    with fb.open(calibrated, tmp_path, clock=clock) as fly:
        assert fly.state.engine.digest() == digest


@pytest.mark.parametrize("learn", ["close", "revise"])
def test_curves_are_rewound_with_the_coefficients(learn: Learn) -> None:
    """As if what is left out had never been learned, to the bit, and the same however the log is read again."""
    life = Life(fb.Outcome("late", window="1h", if_silent=0, learn=learn), seed=16, calibrate=[CARRIER])
    life.go_on(500)
    point, start = Engine(life.talk.target.log), life.now
    point.restore(life.talk.engine.checkpoint(only_touched=False))
    life.go_on(100)
    exclude = [(start, life.now)]
    life.go_on(100)
    place = life.say(Rewind(model=MODEL, to_ts=start, exclude=exclude))
    stood: dict[int, Body] = {2: Exclusion(model=MODEL, from_ts=start, to_ts=exclude[0][1]), place: Tick()}
    life.go_on(100)
    counts = life.talk.live().table.get(int(calibration.key_of(WHOLE, calibration.COUNTS)))
    lived, log = life.talk.engine.digest(), life.talk.target.log

    assert counts is not None
    assert min(counts) > 2 * FEWEST
    assert life.digest() == life.told_otherwise(stood).models[MODEL].table.digest()
    assert {refolded(log, chunk=size).digest() for size in (7, 1_000)} == {lived}
    assert refolded(log, chunk=50, engine=point).digest() == lived


def test_negatives_that_were_left_out_before_are_put_right_and_counted() -> None:
    """One no in ten came here: answers are of all, and the scorecard weighs each no as ten."""
    model = fb.Model("ctr", signals=[HOUR], outcome=fb.Outcome("click", negatives_kept=0.1))
    random = Random(3)  # noqa: S311  # no secrets: a seed must give the same stream
    with fb.open(system(model), clock=ManualClock(START)) as fly:
        for i in range(20_000):
            clicked = random.random() < 0.02
            if clicked or random.random() < 0.1:
                fly.predict("ctr", {"hour": i % 24}, id=f"r{i}")
                fly.outcome(f"r{i}", clicked)
        card = fly.scorecard("ctr")
        answer = fly.predict("ctr", {"hour": 7}).prediction

    assert answer == pytest.approx(0.02, abs=0.01)
    assert card.weight == pytest.approx(20_000, rel=0.1)
    assert card.examples < 3_000


def test_an_export_that_could_not_hold_the_curves_is_refused(tmp_path: Path) -> None:
    """Its answers would be others."""
    with fb.open(system(), tmp_path / "state", clock=ManualClock(START)) as fly:
        live_on(fly, 50)

    with pytest.raises(ExportRefused, match=r"'ctr' is calibrated, .*; leave out calibrate="):
        export_model(tmp_path / "state", "ctr", tmp_path / "ctr.export")
    assert not (tmp_path / "ctr.export").exists()


def test_a_model_of_sampled_negatives_begins_with_its_fallback_too() -> None:
    """The fallback is of the world; answers are put right for it."""
    outcome = fb.Outcome("click", negatives_kept=0.1)
    model = fb.Model("ctr", signals=[fb.Input("hour", int)], outcome=outcome, fallback=0.02)
    with fb.open(fb.System("ads", models=[model])) as fly:
        assert fly.predict("ctr", {"hour": 7}).prediction == pytest.approx(0.02, rel=1e-4)

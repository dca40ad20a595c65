"""Which signals a model gives up first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.run.ablation_rows import RowExamples
from flyball.run.file_replay import read_recording
from flyball.run.form import Form
from flyball.run.l1_path import L1Path, Step, l1_path
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System
from tests.unit.run.planted import planted, write_planted

if TYPE_CHECKING:
    from pathlib import Path

HYPER = np.array([0.1, 1.0, 0.0, 0.0])


def path_of(system: System, path: Path) -> tuple[dict[str, int], L1Path]:
    """The places of the signals, and the path."""
    [model] = system.models
    form = Form(system, model.name, 1)
    names = {form.program.nodes[place].name: i for i, place in enumerate(form.program.outputs)}
    return names, l1_path(form, RowExamples(read_recording(system, path).rows, form, sliced=False), HYPER)


def test_noise_vanishes_first_and_what_matters_last(tmp_path: Path) -> None:
    """`crowd` and `idle` are noise of many and of two values, `here` matters in a slice, the others everywhere."""
    names, path = path_of(planted(FTRL(alpha=0.1)), write_planted(tmp_path / "rows.csv", rows=20_000))

    order = sorted(names, key=lambda name: path.vanishing(names[name]))
    assert order[:3] == ["crowd", "idle", "here"]
    assert names["crowd"] in path.gone(0.005)
    assert {names["strong"], names["twin"], names["double"]}.isdisjoint(path.gone(0.005))


def test_more_l1_leaves_fewer_coefficients(tmp_path: Path) -> None:
    """From nearly all to none, at growing loss."""
    _, path = path_of(planted(FTRL(alpha=0.1)), write_planted(tmp_path / "rows.csv", rows=20_000))

    alive = np.array([step.alive.mean() for step in path.steps])
    l1 = np.array([step.l1 for step in path.steps])
    assert len(path.steps) == 8
    assert np.all(np.diff(alive) <= 0.0)
    assert alive[0] > 0.9
    assert alive[-1] < 0.15
    assert np.diff(np.log(l1)) == pytest.approx(np.log(l1[1] / l1[0])), "the series is not geometric"
    assert path.steps[-1].loss > path.steps[0].loss * 1.1


def test_numbers_have_a_path_in_their_own_units(tmp_path: Path) -> None:
    """A squared error of an outcome of scale 10."""
    random = np.random.default_rng(4)
    to, day = random.integers(0, 5, 4_000), random.integers(0, 7, 4_000)
    delay = 20.0 * to + random.normal(0.0, 5.0, 4_000)
    path = tmp_path / "flights.csv"
    rows = (f"{a},{b},{c}" for a, b, c in zip(to, day, delay, strict=True))
    path.write_text("\n".join(["to,day,delay", *rows]), encoding="utf-8")
    signals = [Input("to", str), Input("day", str)]
    system = System("s", models=[Model("m", signals=signals, outcome=Outcome("delay", float, scale=10.0))])

    names, found = path_of(system, path)

    assert found.vanishing(names["to"]) > 5.0 * found.vanishing(names["day"])
    assert 25.0 < found.steps[0].loss < 250.0, "the variance that nothing explains is 25"
    assert found.steps[-1].loss > 500.0, "the variance is 825"


def test_the_place_where_a_signal_vanishes_lies_between_two_steps() -> None:
    """By the share of its largest weight that is left."""
    weights = [(1.0, 0.0, 0.3), (0.5, 0.0, 0.6), (0.0, 0.0, 0.6)]
    steps = tuple(
        Step(l1, 0.5, np.array(each), np.ones(3)) for l1, each in zip((1.0, 10.0, 100.0), weights, strict=True)
    )
    path = L1Path(steps)

    assert path.vanishing(0) == pytest.approx(10.0 ** (1.0 + 0.45 / 0.5))
    assert path.vanishing(1) == 1.0, "what never had a weight is gone from the first"
    assert path.vanishing(2) == float("inf")


def test_the_cheapest_step_is_the_last_within_the_budget() -> None:
    """What has vanished there could go."""
    both = np.ones(1)
    losses = (0.501, 0.5, 0.5004, 0.6)
    path = L1Path(tuple(Step(4.0**k, loss, both * (k < 2), both) for k, loss in enumerate(losses)))

    chosen = path.cheapest(0.001)

    assert chosen is not None
    assert chosen.l1 == 16.0
    assert path.gone(0.001) == {0}
    assert path.gone(0.0) == frozenset()
    assert (L1Path(()).cheapest(0.1), L1Path(()).gone(0.1)) == (None, frozenset())

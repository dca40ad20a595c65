"""What decision trees ask for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn.loss import POISSON, SQUARED
from flyball.learn.recipe import Recipe
from flyball.run.ablation_rows import RowExamples
from flyball.run.boosting import Boosting, BoostingMissing, boosted
from flyball.run.file_replay import read_recording
from flyball.run.form import Form
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System
from tests.unit.run.planted import planted, write_planted

if TYPE_CHECKING:
    from pathlib import Path


def trees_of(system: System, path: Path) -> Boosting | None:
    """What they say of the rows of a file."""
    form = Form(system, system.models[0].name, 1)
    return boosted(form, RowExamples(read_recording(system, path).rows, form, sliced=False))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Planted rows."""
    return write_planted(tmp_path / "rows.csv", rows=10_000)


def test_what_matters_is_asked_for_and_noise_is_not(path: Path) -> None:
    """Of signals that say the same, one is enough; crosses are left to the trees."""
    found = trees_of(planted(FTRL()), path)

    assert found is not None
    assert (found.trained, found.asked) == (7_000, 3_000)
    assert "cross(strong, here)" not in found.gains
    assert sum(found.gains.values()) == pytest.approx(1.0)
    assert min(found.permuted[name] for name in ("strong", "here")) > 0.01 * found.loss
    assert found.permuted["twin"] + found.permuted["double"] > 0.05 * found.loss
    assert {"crowd", "idle"} <= found.gone(0.003), found.permuted
    assert {"strong", "here"}.isdisjoint(found.gone(0.003))
    assert 0.5 < found.loss < 0.8, "what faded in the second half is held to by trees that do not learn on"


def test_it_says_the_same_again(path: Path) -> None:
    """To the bit."""
    first, again = (trees_of(planted(FTRL()), path) for _ in range(2))

    assert first == again


@pytest.mark.parametrize(("kind", "scale", "low", "high"), [(SQUARED, 10.0, 5.0, 9.0), (POISSON, 1.0, 0.4, 0.7)])
def test_numbers_and_counts_have_trees_too(tmp_path: Path, kind: int, scale: float, low: float, high: float) -> None:
    """In units of the outcome: the mean of the variances is 6.5, half of a Poisson deviance about 0.5."""
    random = np.random.default_rng(5)
    to, day = random.integers(0, 4, 4_000), random.integers(0, 7, 4_000)
    amount = random.poisson(2.0 + 3.0 * to)
    rows = (f"{a},{b},{c}" for a, b, c in zip(to, day, amount, strict=True))
    (tmp_path / "rows.csv").write_text("\n".join(["to,day,amount", *rows]), encoding="utf-8")
    outcome = Outcome("amount", float, scale=scale)
    system = System("s", models=[Model("m", signals=[Input("to", str), Input("day", str)], outcome=outcome)])
    form = Form(system, "m", 1)
    form.recipe = Recipe(kind, form.recipe.hyper)
    source = RowExamples(read_recording(system, tmp_path / "rows.csv").rows, form, sliced=False)

    found = boosted(form, source)

    assert found is not None
    assert found.gone(0.02) == {"day"}
    assert low < found.loss < high


def test_without_lightgbm_it_says_how_to_install_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the extra."""
    monkeypatch.setitem(sys.modules, "lightgbm", None)

    with pytest.raises(BoostingMissing, match=r"pip install 'flyball\[lightgbm\]'"):
        trees_of(planted(FTRL()), path)


def test_of_too_little_nothing_is_said(tmp_path: Path) -> None:
    """Too few rows, or all outcomes alike."""
    few = write_planted(tmp_path / "few.csv", rows=150)
    alike = write_planted(tmp_path / "alike.csv", rows=500)
    lines = alike.read_text(encoding="utf-8").splitlines()
    alike.write_text("\n".join([lines[0], *(line[:-1] + "0" for line in lines[1:])]), encoding="utf-8")

    assert trees_of(planted(FTRL()), few) is None
    assert trees_of(planted(FTRL()), alike) is None

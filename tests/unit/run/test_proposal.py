"""Which signals can go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.run.ablation import Ablation, Wanted, ablate
from flyball.run.ablation_rows import RowExamples
from flyball.run.file_replay import read_recording
from flyball.run.form import Form
from flyball.run.proposal import Proposal, order_of, propose
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System
from flyball.watch.interval import Interval
from flyball.watch.worth import Worth
from tests.unit.run.planted import planted, write_planted

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.watch.worth import Kind

LEARNER = FTRL(alpha=0.1)


def proposed(system: System, path: Path, budget: float) -> tuple[Ablation, Proposal, list[tuple[int, int]]]:
    """The ablation, the proposal, and the progress that was told."""
    found = ablate(system, path, wanted=Wanted(pairs=True, probes=0))
    form = Form(system, found.model, 1)
    source = RowExamples(read_recording(system, path).rows, form, sliced=False)
    told: list[tuple[int, int]] = []
    setting = np.array(found.setting)
    made = propose(
        form, source, setting, found.worths, loss=found.loss, budget=budget, progress=lambda *done: told.append(done)
    )
    return found, made, told


def worth(cost: float, *members: str) -> Worth:
    """One signal's, or a pair's."""
    change = Interval(low=cost - 0.1, mean=cost, high=cost + 0.1)
    kind: Kind = "pair" if len(members) == 2 else "signal"
    name = ", ".join(members)
    return Worth(name=name, kind=kind, members=members, left_out=members, change=change, early=None, late=None)


def test_noise_and_doubles_go_and_one_of_each_stays(tmp_path: Path) -> None:
    """Each of a, b, c alone costs nothing; the last of them is needed, and so is one of the twins."""
    found, made, told = proposed(planted(LEARNER), write_planted(tmp_path / "rows.csv", rows=20_000), 0.001)

    assert {"crowd", "idle"} <= set(made.drop)
    assert len({"a", "b", "c"} & set(made.drop)) == 2
    assert len({"twin", "double"} & set(made.drop)) == 1
    assert {"strong", "here", "fading"}.isdisjoint(made.gone)
    assert made.expected is not None
    assert made.measured is not None
    assert made.holds
    assert made.measured - made.loss == pytest.approx(made.expected.mean, abs=0.0005 * found.loss)
    assert told[-1] == (20_000, 20_000)


def test_what_is_computed_from_a_signal_goes_with_it(tmp_path: Path) -> None:
    """With a budget for nearly everything; one signal is always kept."""
    _, made, _ = proposed(planted(LEARNER), write_planted(tmp_path / "rows.csv", rows=5_000), 0.9)

    assert {"here", "cross(strong, here)"} <= set(made.gone)
    assert len(made.gone) < 11


def test_nothing_goes_where_all_is_needed(tmp_path: Path) -> None:
    """And nothing is retrained."""
    random = np.random.default_rng(6)
    a, b = random.integers(0, 2, (2, 5_000))
    y = random.random(5_000) < 1.0 / (1.0 + np.exp(1.0 - a - b))
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["a,b,y", *(f"{i},{j},{int(k)}" for i, j, k in zip(a, b, y, strict=True))]))
    model = Model("m", signals=[Input("a", str), Input("b", str)], outcome=Outcome("y"), learner=LEARNER)

    _, made, _ = proposed(System("s", models=[model]), path, 0.001)

    assert (made.drop, made.gone, made.expected, made.measured, made.share) == ((), (), None, None, None)
    assert made.holds


def test_a_need_that_no_pair_shows_is_found(tmp_path: Path) -> None:
    """A number and the three parts that it is the sum of: either can go, and no pair of them is alike."""
    random = np.random.default_rng(7)
    parts = random.integers(0, 2, (3, 20_000))
    y = random.random(20_000) < 1.0 / (1.0 + np.exp(1.5 - parts.sum(axis=0)))
    rows = zip(*parts, parts.sum(axis=0) + 5, y, strict=True)
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["a,b,c,sum,y", *(",".join(str(int(each)) for each in row) for row in rows)]))
    names = ("a", "b", "c", "sum")
    model = Model("m", signals=[Input(name, str) for name in names], outcome=Outcome("y"), learner=LEARNER)

    found, made, _ = proposed(System("s", models=[model]), path, 0.01)

    assert not [worth for worth in found.worths if worth.kind == "pair"]
    assert {worth.cost <= 0.01 * found.loss for worth in found.worths} == {True}, "each alone can go"
    assert set(made.drop) in ({"sum"}, {"a", "b", "c"})
    assert made.holds


def test_what_is_known_of_pairs_decides_the_order() -> None:
    """The last of a chain of signals that are alike comes last; what costs too much does not come at all."""
    chain = [worth(0.0, "a"), worth(0.0001, "b"), worth(0.0002, "c"), worth(-0.01, "d"), worth(0.1, "e")]
    pairs = [worth(0.2, "a", "b"), worth(0.2, "b", "c")]

    assert order_of([*chain, *pairs], 0.5, 0.001) == ["d", "a", "b", "c"]
    assert order_of([worth(0.0, "d"), *chain[:3], *pairs], 0.5, 0.001) == ["d", "a", "b", "c"]
    assert order_of([worth(0.0, "a"), worth(0.0001, "e2"), worth(0.1, "b"), *pairs], 0.5, 0.001) == ["a", "e2"]


def test_a_proposal_that_costs_more_than_its_budget_does_not_hold() -> None:
    """By what was really measured."""
    change = Interval(low=-0.001, mean=0.0, high=0.001)
    made = Proposal(drop=("a",), gone=("a",), expected=change, loss=0.5, measured=0.502, budget=0.001)

    assert made.share == pytest.approx(0.004)
    assert not made.holds

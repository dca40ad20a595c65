"""What three opinions say of signals whose worth is known."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from flyball.run.ablation import Wanted, ablate
from flyball.run.selection import Selection, select
from flyball.run.variant import AblationRefused
from flyball.system.learner import FTRL
from tests.unit.run.planted import planted, write_planted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LEARNER = FTRL(alpha=0.1)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows."""
    return write_planted(tmp_path_factory.mktemp("planted") / "rows.csv", rows=20_000)


@pytest.fixture(scope="module")
def found(path: Path) -> Selection:
    """What is found of them."""
    return select(planted(LEARNER), path)


def test_every_signal_has_all_opinions(found: Selection) -> None:
    """In the order of the ablation; trees say nothing of a cross."""
    opinions = {opinion.name: opinion for opinion in found.opinions}

    assert [o.name for o in found.opinions] == [w.name for w in found.ablation.worths if w.kind == "signal"]
    assert set(opinions["strong"].ranks) == {"ablation", "l1", "permuted"}
    cross = opinions["cross(strong, here)"]
    assert (set(cross.ranks), cross.gain, cross.permuted) == ({"ablation", "l1"}, None, None)
    assert set(opinions["crowd"].droppers) >= {"ablation", "permuted"}
    assert opinions["strong"].droppers == ()
    assert {name for name, opinion in opinions.items() if opinion.drop} == set(found.proposal.gone)


def test_the_ablation_is_that_of_the_command_for_it(found: Selection, path: Path) -> None:
    """With pairs."""
    alone = ablate(planted(LEARNER), path, wanted=Wanted(pairs=True))

    assert found.ablation.worths == alone.worths
    assert found.ablation.loss == alone.loss


def test_opinions_that_differ_are_named(found: Selection) -> None:
    """Ablation and trees need only one of two doubles, l1 gives weight to both."""
    pairs = {"ablation", "l1", "gain", "permuted"}

    assert set(found.agreement) == {(a, b) for a in pairs for b in pairs} & set(found.agreement)
    assert len(found.agreement) == 6
    assert all(tau is not None and -1.0 <= tau <= 1.0 for tau in found.agreement.values())
    assert found.agreement["ablation", "permuted"] > 0.2  # type: ignore[operator]  # it is not None, as was said
    assert {"twin", "double"} & {opinion.name for opinion in found.disputed}
    assert "crowd" not in [opinion.name for opinion in found.disputed]


def test_without_lightgbm_there_are_two_opinions(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a note that says how to get the third."""
    monkeypatch.setitem(sys.modules, "lightgbm", None)

    found = select(planted(LEARNER), path)

    assert found.boosting is None
    assert set(found.agreement) == {("ablation", "l1")}
    assert "pip install 'flyball[lightgbm]'" in found.notes[-1]
    assert "crowd" in found.proposal.drop


def test_every_stage_tells_how_far_it_is(path: Path, tmp_path: Path) -> None:
    """By name, to the end."""
    few = write_planted(tmp_path / "few.csv", rows=3_000)
    told: dict[str, tuple[int, int]] = {}

    @contextmanager
    def stage(name: str) -> Iterator[Callable[[int, int], None]]:
        yield lambda done, total: told.__setitem__(name, (done, total))

    select(planted(LEARNER), few, stage=stage)

    assert told["leaving out each signal"] == (3_000, 3_000)
    assert told["under more and more l1"] == (3_000, 3_000)
    assert told["leaving out more and more signals"] == (3_000, 3_000)
    assert "asking decision trees" in told


def test_few_examples_give_no_trees_and_no_proposal(tmp_path: Path) -> None:
    """Before 100 examples nothing is known of any signal."""
    found = select(planted(LEARNER), write_planted(tmp_path / "few.csv", rows=90))

    assert (found.boosting, found.proposal.drop) == (None, ())
    assert "too few examples" in found.notes[-1]


def test_a_file_without_an_outcome_is_no_evidence(tmp_path: Path) -> None:
    """Nothing is said of any signal."""
    path = write_planted(tmp_path / "rows.csv", rows=50)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], *(line[:-1] for line in lines[1:])]), encoding="utf-8")

    found = select(planted(LEARNER), path)

    assert (found.ablation.examples, found.path.steps, found.proposal.drop) == (0, (), ())


@pytest.mark.parametrize("budget", [-0.001, 1.0, float("nan")])
def test_a_budget_out_of_range_is_refused(path: Path, budget: float) -> None:
    """Before anything is read."""
    with pytest.raises(AblationRefused, match=r"budget is .*from 0 to below 1"):
        select(planted(LEARNER), path, budget=budget)


def test_a_model_that_there_is_not_is_refused(path: Path) -> None:
    """With what there is."""
    with pytest.raises(AblationRefused, match="did you mean 'planted'"):
        select(planted(LEARNER), path, model="plantd")

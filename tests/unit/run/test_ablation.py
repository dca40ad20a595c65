"""What an ablation says of signals whose worth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from flyball.learn.recipe import LANES
from flyball.run.ablation import Ablation, Wanted, ablate, ablate_log
from flyball.run.file_replay import replay_file
from flyball.run.parquet_learning import learn_parquet
from flyball.run.variant import AblationRefused
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System
from tests.unit.run.planted import ROWS, planted, write_planted

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.watch.worth import Worth

LEARNER = FTRL(alpha=0.1)
EVERYTHING = Wanted(groups=[["a", "b", "c"], ["twin", "double"]], pairs=True, slices=True, probes=8)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows."""
    return write_planted(tmp_path_factory.mktemp("planted") / "rows.csv")


@pytest.fixture(scope="module")
def found(path: Path) -> Ablation:
    """What is found of them."""
    return ablate(planted(LEARNER), path, wanted=EVERYTHING)


def named(found: Ablation, name: str) -> Worth:
    """The worth of this name."""
    [worth] = [worth for worth in found.worths if worth.name == name]
    return worth


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("strong", "useful"),
        ("here", "useful"),
        ("twin", "correlated"),
        ("double", "correlated"),
        ("twin, double", "correlated"),
        ("fading", "legacy"),
        ("a", "bundled"),
        ("b", "bundled"),
        ("c", "bundled"),
        ("a, b, c", "bundled"),
        ("idle", "epsilon"),
        ("crowd", "harmful"),
    ],
)
def test_every_signal_is_called_what_it_is(found: Ablation, name: str, verdict: str) -> None:
    """By the names of the debts that they are."""
    assert named(found, name).verdict == verdict, named(found, name)


def test_what_costs_most_comes_first(found: Ablation) -> None:
    """And noise of many values is worst."""
    costs = [worth.cost for worth in found.worths]

    assert costs == sorted(costs, reverse=True)
    assert found.worths[-1].name == "crowd"
    assert [worth.name for worth in found.spare][:1] == ["crowd"]


def test_no_probe_seems_to_be_useful(found: Ablation) -> None:
    """Pure noise, of as many values as the signals have: the more, the more it costs."""
    assert len(found.probes) == 8
    assert found.false_alarms == 0
    assert min(found.probes, key=lambda probe: probe.cost).name == "noise like crowd"
    assert max(probe.cost for probe in found.probes) < 0.0


def test_what_is_computed_from_a_signal_is_left_out_with_it(found: Ablation) -> None:
    """Without `here` there is no cross of it."""
    assert named(found, "here").left_out == ("here", "cross(strong, here)")
    assert named(found, "cross(strong, here)").left_out == ("cross(strong, here)",)


def test_slices_say_where_a_signal_matters(found: Ablation) -> None:
    """`here` matters where `strong` is 0, and nowhere else."""
    here = {(each.dimension, each.value): each.change for each in found.slices if each.signal == "here"}

    assert here["strong", "0"].low > named(found, "here").cost
    assert here["strong", "1"].high < 0.5 * named(found, "here").cost
    assert not [each for each in found.slices if each.signal == "idle"], "noise is worth something somewhere"


def test_the_model_is_the_one_that_a_plain_pass_learns(found: Ablation, path: Path) -> None:
    """Beside its variants, and with probes put in, its loss is the same to the last digits."""
    report = replay_file(planted(LEARNER), path).report.models[0]

    assert found.loss == pytest.approx(report.scorecard.log_loss, rel=1e-5)
    assert (found.examples, found.loss_name) == (ROWS, "log loss")
    assert found.setting == (0.1, 1.0, 0.0, 0.0)


def test_another_pass_says_the_same(found: Ablation, path: Path) -> None:
    """To the bit: what is drawn is drawn by the number of the row."""
    again = ablate(planted(LEARNER), path, wanted=EVERYTHING)

    assert (again.worths, again.probes, again.slices) == (found.worths, found.probes, found.slices)


def test_the_log_of_a_replay_says_the_same_as_its_file(path: Path, tmp_path: Path) -> None:
    """The rows are rounded by other numbers, and noise is drawn from other rows."""
    few = tmp_path / "few.csv"
    few.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:6_001]), encoding="utf-8")
    replay_file(planted(LEARNER), few, state=tmp_path / "state")
    told: list[tuple[int, int]] = []
    wanted = Wanted(probes=2, slices=True)

    by_log = ablate_log(tmp_path / "state", wanted=wanted, progress=lambda *done: told.append(done))

    by_file = ablate(planted(LEARNER), few, wanted=wanted)
    assert (by_log.examples, by_log.source) == (6_000, "the log in state")
    assert by_log.loss == pytest.approx(by_file.loss, rel=1e-5)
    costs = {worth.name: worth.cost for worth in by_file.worths}
    assert [worth.cost for worth in by_log.worths] == pytest.approx([costs[w.name] for w in by_log.worths], abs=1e-6)
    assert told[-1] == (12_002, 12_002)


def test_a_learner_without_settings_is_measured_with_the_best_of_its_own(path: Path) -> None:
    """One lane of its recipe: which, is said."""
    tuned = ablate(planted(FTRL()), path, wanted=Wanted(probes=0))

    assert tuned.setting[:3] in LANES
    assert tuned.probes == ()
    others = [
        ablate(planted(FTRL(alpha=alpha, beta=beta)), path, wanted=Wanted(probes=0)).loss
        for alpha, beta in [(4.0, 2.0)]
    ]
    assert tuned.loss <= min(others) + 1e-9


def test_numbers_are_measured_in_their_own_units(tmp_path: Path) -> None:
    """A squared error of an outcome of scale 10."""
    random = np.random.default_rng(3)
    to = random.integers(0, 5, 4_000)
    delay = 20.0 * to + random.normal(0.0, 5.0, 4_000)
    path = tmp_path / "flights.parquet"
    parquet.write_table(
        pa.table({"to": to.astype(str), "day": random.integers(0, 7, 4_000).astype(str), "delay": delay}), path
    )
    signals = [Input("to", str), Input("day", str)]
    outcome = Outcome("delay", float, scale=10.0)
    system = System("s", models=[Model("m", signals=signals, outcome=outcome, learner=LEARNER)])

    found = ablate(system, path, wanted=Wanted(probes=0))

    learned = learn_parquet(system, path)
    assert found.loss_name == "squared error"
    assert found.loss == pytest.approx(learned.loss * 100.0, rel=1e-5)
    assert named(found, "to").verdict == "useful"
    assert 500.0 < named(found, "to").cost < 900.0, "the variance that `to` explains is 800"


def test_a_model_or_a_group_that_there_is_not_is_refused(path: Path) -> None:
    """With what there is."""
    with pytest.raises(AblationRefused, match=r"no model to be measured is named 'plantd'.*did you mean 'planted'"):
        ablate(planted(LEARNER), path, model="plantd")
    with pytest.raises(AblationRefused, match=r"no signal is named 'strog'.*did you mean 'strong'"):
        ablate(planted(LEARNER), path, wanted=Wanted(groups=[["strog", "here"]]))


@pytest.mark.parametrize(
    ("field", "value", "accepted"),
    [
        ("probes", -1, "0 to 100"),
        ("probes", 101, "0 to 100"),
        ("least", 1.0, "from 0"),
        ("least", -0.1, "from 0"),
        ("alpha", 0.0, "above 0"),
    ],
)
def test_numbers_out_of_range_are_refused(field: str, value: float, accepted: str) -> None:
    """Before anything is read."""
    with pytest.raises(AblationRefused, match=f"{field} is .*{accepted}"):
        Wanted(**{field: value})  # type: ignore[arg-type]  # given by their names


def test_a_file_without_an_outcome_is_no_evidence(tmp_path: Path) -> None:
    """Nothing is said of any signal."""
    path = write_planted(tmp_path / "rows.csv", rows=50)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], *(line[:-1] for line in lines[1:])]), encoding="utf-8")

    found = ablate(planted(LEARNER), path)

    assert (found.examples, found.notes[-1]) == (0, "there is no example")
    assert {worth.verdict for worth in found.worths} == {"unclear"}

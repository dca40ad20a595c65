"""What one pass says of every signal is what really retraining without it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.run.ablation_rows import RowExamples
from flyball.run.ablator import Ablator, best_setting
from flyball.run.file_replay import read_recording
from flyball.run.form import Form
from flyball.run.variant import kept_by, single_variants
from flyball.system.load import load_system
from flyball.testing.retraining import retrained
from flyball.testing.world import World
from flyball.testing.worlds import ADS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """For every signal of the simulated exchange the change of the loss in one pass and by retraining; the loss."""
    path: Path = tmp_path_factory.mktemp("world") / "clicks.parquet"
    World(seed=7).month(days=2, requests_per_day=15_000).write(path)
    system = load_system(ADS)
    form = Form(system, "ctr", 1)
    blocks = list(RowExamples(read_recording(system, path).rows, form, sliced=False))
    outputs, variants = len(form.program.outputs), single_variants(form.program)
    hyper = best_setting(form.recipe, outputs, blocks[0])
    ablator = Ablator(form, hyper, variants)
    for block in blocks:
        ablator.take(block)
    costs = {worth.name: worth.cost for worth in ablator.worths()}
    kept = kept_by(variants, outputs, 0)
    losses = np.array([retrained(form, hyper, kept[:, lane], blocks) for lane in range(kept.shape[1])])
    assert ablator.loss == pytest.approx(losses[0], rel=1e-7), "the model is not the one that is retrained"
    return np.array([costs[variant.name] for variant in variants]), losses[1:] - losses[0], ablator.loss


def test_the_changes_are_those_of_retraining(both: tuple[NDArray[np.float64], NDArray[np.float64], float]) -> None:
    """Each within 0.05 % of the loss, half of what makes a signal worth keeping; the largest is some percent of it."""
    ours, truth, loss = both

    assert len(ours) == 16
    assert np.abs(ours - truth).max() < 0.0005 * loss
    assert np.median(np.abs(ours - truth)) < 0.0001 * loss
    assert truth.max() > 0.015 * loss


def test_the_order_is_that_of_retraining(both: tuple[NDArray[np.float64], NDArray[np.float64], float]) -> None:
    """Spearman's rank correlation."""
    ours, truth, _ = both
    ranks = [np.argsort(np.argsort(each)).astype(np.float64) for each in (ours, truth)]

    assert np.corrcoef(ranks[0], ranks[1])[0, 1] > 0.98

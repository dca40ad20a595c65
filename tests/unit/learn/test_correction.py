"""What a model declares to be corrected."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.learn.correction import Correction, correction_of
from flyball.learn.ftrl import LEARN, PREDICT
from flyball.learn.sampling import in_the_world
from flyball.learn.slice_cells import WHOLE
from flyball.learn.table import Table
from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome

HOUR = Input("hour", int)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Model("ctr", signals=[HOUR], outcome=Outcome("click")), None),
        (Model("ctr", signals=[HOUR], outcome=Outcome("click"), calibrate=True), Correction()),
        (Model("ctr", signals=[HOUR], outcome=Outcome("click"), calibrate=[HOUR]), Correction()),
        (Model("ctr", signals=[HOUR], outcome=Outcome("click", negatives_kept=0.1)), Correction(kept=0.1)),
    ],
)
def test_a_model_without_corrections_has_none(model: Model, expected: Correction | None) -> None:
    """So that it costs nothing."""
    assert correction_of(model) == expected


def test_sampled_negatives_alone_touch_no_table() -> None:
    """Rows without cells are put right by the formula, and nothing is learned."""
    table, scores = Table(), np.array([0.5, 0.09])
    todo, noises = np.full(2, PREDICT | LEARN, dtype=np.uint8), np.zeros(2, dtype=np.uint64)

    done = Correction(kept=0.1).run(
        table, np.empty((2, 0), dtype=np.uint64), todo=todo, labels=np.ones((2, 4)), noises=noises, scores=scores
    )

    assert (done, len(table)) == (2, 0)
    assert scores.tolist() == [in_the_world(0.5, 0.1), in_the_world(0.09, 0.1)]


def test_serving_says_what_learning_says() -> None:
    """For the same score, the same cells and the same table."""
    random = np.random.default_rng(1)
    table, rows = Table(), 2_000
    raw = random.uniform(0.2, 0.8, rows)
    labels = np.zeros((rows, 4))
    labels[:, 0], labels[:, 1] = random.random(rows) < raw / 2, 1.0
    cells = np.full((rows, 1), WHOLE, dtype=np.uint64)
    correction, noises = Correction(kept=0.5), random.integers(0, 2**63, rows).astype(np.uint64)
    before = [raw[:-1].copy(), raw[-1:].copy()]

    correction.run(
        table, cells[:-1], todo=np.full(rows - 1, 3, np.uint8), labels=labels[:-1], noises=noises[:-1], scores=before[0]
    )
    served = correction.score(table.words, cells[0], float(raw[-1]))
    correction.run(
        table, cells[-1:], todo=np.full(1, 3, np.uint8), labels=labels[-1:], noises=noises[-1:], scores=before[1]
    )

    assert served == before[1][0]
    assert served < in_the_world(float(raw[-1]), 0.5)

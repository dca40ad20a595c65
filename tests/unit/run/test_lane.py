"""A model of its own that sees some of the signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn.encoder import BIAS_KEY
from flyball.run.ablation_rows import RowExamples
from flyball.run.file_replay import read_recording
from flyball.run.form import Form
from flyball.run.lane import Lane
from flyball.system.learner import FTRL
from flyball.testing.retraining import retrained
from tests.unit.run.planted import planted, write_planted

if TYPE_CHECKING:
    from pathlib import Path

HYPER = np.array([0.1, 1.0, 2.0, 0.5])


@pytest.fixture
def rows(tmp_path: Path) -> tuple[Form, RowExamples]:
    """A few thousand."""
    system = planted(FTRL(alpha=0.1))
    form = Form(system, "planted", 1)
    recording = read_recording(system, write_planted(tmp_path / "rows.csv", rows=6_000))
    return form, RowExamples(recording.rows, form, sliced=False)


def test_its_loss_is_that_of_really_retraining(rows: tuple[Form, RowExamples]) -> None:
    """With all signals and without some, to the last digit."""
    form, source = rows
    every = np.ones(len(form.program.outputs), dtype=np.bool_)
    some = every.copy()
    some[[0, 3]] = False
    losses = []
    for kept in (every, some):
        lane = Lane(form, HYPER, kept)
        for block in source:
            lane.take(block)
        assert lane.loss == pytest.approx(retrained(form, HYPER, kept, source), rel=1e-12)
        losses.append(lane.loss)

    assert losses[0] < losses[1], "two signals that matter were left out"


def test_its_coefficients_are_those_that_it_predicts_with(rows: tuple[Form, RowExamples]) -> None:
    """Their sums are the margins of its predictions."""
    form, source = rows
    lane = Lane(form, HYPER)
    for block in source:
        lane.take(block)
    keys, found = lane.coefficients()
    features = next(iter(source)).features

    at = np.searchsorted(keys, features.keys)
    assert np.array_equal(keys[at], features.keys), "a feature has no coefficient"
    margins = np.add.reduceat(found[at] * features.values, features.starts[:-1])
    scores = np.empty(features.rows)
    lane._recipe.predict(lane.table.words, features, scores)
    assert 1.0 / (1.0 + np.exp(-margins)) == pytest.approx(scores, abs=1e-6)


def test_l1_does_not_hold_back_a_bias_that_begins_somewhere(rows: tuple[Form, RowExamples]) -> None:
    """While everything else is held at 0."""
    form, source = rows
    rate = source.labels(source.order)[:, 0].mean()
    assert rate > 0.5
    lane = Lane(form, np.array([0.1, 1.0, 1e5, 0.0]), begins=0.9)
    for block in source:
        lane.take(block)

    keys, found = lane.coefficients()
    assert set(np.flatnonzero(found).tolist()) == {int(np.searchsorted(keys, np.uint64(BIAS_KEY)))}
    assert 1.0 / (1.0 + np.exp(-found.sum())) == pytest.approx(rate, abs=0.06), "the bias has not learned"


def test_without_examples_there_is_no_loss(rows: tuple[Form, RowExamples]) -> None:
    """It is 0."""
    assert Lane(rows[0], HYPER).loss == 0.0

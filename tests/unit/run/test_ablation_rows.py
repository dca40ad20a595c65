"""Rows of a file in the order in which they are learned from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.run.ablation_rows import RowExamples, learning_order
from flyball.run.form import Form
from flyball.system.event import Event
from flyball.system.outcome import Outcome
from tests.unit.run.flights import LATE, flights, model, rows

if TYPE_CHECKING:
    from flyball.run.files.typed_rows import Rows

SILENT = replace(LATE, if_silent=False, learn="revise")


def known(file: Rows) -> np.ndarray:
    """Which outcomes ever came."""
    assert file.outcome_ts is not None
    return file.has_label & file.has_outcome_ts


def test_without_silence_only_what_was_answered_is_learned() -> None:
    """In the order of the answers."""
    file = rows()

    order = learning_order(file, LATE)

    assert file.outcome_ts is not None
    assert sorted(order.tolist()) == np.flatnonzero(known(file)).tolist()
    assert (np.diff(file.outcome_ts[order]) >= 0).all()


def test_silence_is_learned_when_its_window_closes() -> None:
    """Among the answers of others, by time."""
    file = rows()

    order = learning_order(file, SILENT)

    assert len(order) == file.n
    at = np.where(known(file), file.outcome_ts, file.event_ts + LATE.window_us)  # type: ignore[arg-type]  # they are delayed
    assert (np.diff(at[order]) >= 0).all()


def test_what_is_learned_at_the_close_keeps_the_order_of_the_predictions() -> None:
    """All windows are of one length."""
    assert learning_order(rows(), replace(SILENT, learn="close")).tolist() == list(range(160))


def test_labels_at_once_keep_the_file_s_order() -> None:
    """Without times of outcomes."""
    file = rows(delayed=False)

    assert learning_order(file, LATE).tolist() == np.flatnonzero(file.has_label).tolist()


def test_silence_of_what_may_never_have_been_shown_says_nothing() -> None:
    """A file holds no exposures."""
    shown = replace(SILENT, counts_from=Event("shown", keys=()))
    file = rows()

    assert sorted(learning_order(file, shown).tolist()) == np.flatnonzero(known(file)).tolist()


@pytest.mark.parametrize("sliced", [False, True])
def test_examples_have_labels_weights_and_the_features_of_their_rows(
    sliced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many at once, those by which something is chosen first; a silent row has weight 1."""
    monkeypatch.setattr("flyball.run.ablation_rows.FIRST", 70)
    monkeypatch.setattr("flyball.run.ablation_rows.BLOCK", 40)
    file = replace(rows(), weight=np.linspace(1.0, 3.0, 160))
    form = Form(flights(model(outcome=SILENT)), "late_model", 1)
    source = RowExamples(file, form, sliced=sliced)

    blocks = list(source)

    order, answered = learning_order(file, SILENT), known(file)
    assert [block.features.rows for block in blocks] == [70, 40, 40, 10]
    assert len(source) == 160
    labels = np.concatenate([block.labels for block in blocks])
    assert labels[:, 0].tolist() == np.where(answered, file.label, 0.0)[order].tolist()
    assert labels[:, 1].tolist() == np.where(answered, file.weight, 1.0)[order].tolist()  # type: ignore[arg-type]  # given above
    assert not labels[:, 2:].any()
    leaves = [file.columns[name].take(order[:70]) for name in form.names]
    expected = form.bulk.encode(leaves, form.derive(leaves, 70), 70)
    assert blocks[0].features.keys.tolist() == expected.keys.tolist()
    assert blocks[0].features.signals is not None
    assert blocks[0].features.signals.max() == len(form.program.outputs) - 1
    if sliced:
        carriers = [blocks[0].texts[0][code] for code in blocks[0].slices[:, 0].tolist()]  # type: ignore[index]  # asked for
        assert carriers == file.columns["carrier"].take(order[:70]).leaves(0, 70)
    else:
        assert blocks[0].texts == ()


def test_numbers_are_learned_in_units_of_their_scale() -> None:
    """As everywhere."""
    outcome = Outcome("late", float, window="1h", scale=4.0)
    file = rows(delayed=False)
    [block] = RowExamples(file, Form(flights(model(outcome=outcome)), "late_model", 1), sliced=False)

    assert block.labels[:, 0].tolist() == (file.label[file.has_label] / 4.0).tolist()

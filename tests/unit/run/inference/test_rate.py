"""The learning rate that `flyball init` proposes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.run.file_replay import read_recording, replay_file
from flyball.run.inference.rate import Rate, best_rate
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.source import Source
from flyball.system.system import System

if TYPE_CHECKING:
    from pathlib import Path


def flipping(path: Path, *, every: int, rows: int = 2_000) -> Path:
    """A file whose label is that of its one signal, turned over every so many rows: only fast learning follows."""
    names = np.random.default_rng(1).integers(0, 2, rows)
    turned = (np.arange(rows) // every) % 2
    lines = [f"{'ab'[name]},{name ^ turn}" for name, turn in zip(names.tolist(), turned.tolist(), strict=True)]
    path.write_text("\n".join(["name,label", *lines]) + "\n")
    return path


def system(learner: FTRL) -> System:
    """The system for such a file."""
    label = Outcome("label")
    model = Model("m", signals=[Input("name", str)], outcome=label, learner=learner)
    return System("s", owner="t", models=[model], source=Source(label="label"))


def test_what_turns_over_often_asks_for_a_fast_rate(tmp_path: Path) -> None:
    """And the one that is found is worth writing down."""
    path = flipping(tmp_path / "a.csv", every=100)

    rate = best_rate(system(FTRL()), read_recording(system(FTRL()), path).rows)

    assert rate is not None
    assert (rate.learner.alpha, rate.rows, rate.is_worth_writing) == (2.0, 2_000, True)


def test_the_loss_that_is_promised_is_the_loss_of_the_replay(tmp_path: Path) -> None:
    """The same rows in the same order, by the whole loop."""
    path = flipping(tmp_path / "a.csv", every=300)
    rate = best_rate(system(FTRL()), read_recording(system(FTRL()), path).rows)
    assert rate is not None

    card = replay_file(system(rate.learner), path).report.models[0].scorecard

    assert card.log_loss == pytest.approx(rate.loss, abs=1e-6)


def test_rows_without_labels_give_no_rate(tmp_path: Path) -> None:
    """There is nothing to compare."""
    path = tmp_path / "a.csv"
    path.write_text("name,label\na,\nb,\n")

    assert best_rate(system(FTRL()), read_recording(system(FTRL()), path).rows) is None


def test_where_silence_is_no_the_rate_is_tried_on_both_classes(tmp_path: Path) -> None:
    """On labels of 1 alone, the fastest rate would always win."""
    path = tmp_path / "a.csv"
    path.write_text("name,label\n" + "a,1\nb,\na,\nb,\n" * 100)
    silent = Outcome("label", if_silent=0)
    model = Model("m", signals=[Input("name", str)], outcome=silent)
    held = System("s", owner="t", models=[model], source=Source(label="label"))

    rate = best_rate(held, read_recording(held, path).rows)

    assert rate is not None
    assert (rate.rows, rate.loss > 0.2) == (400, True)


def test_a_label_that_never_arrived_is_not_tried(tmp_path: Path) -> None:
    """As in the replay, which learns nothing from it."""
    path = tmp_path / "a.csv"
    path.write_text("at,known,name,label\n" + "2026-01-01,2026-01-02,a,1\n2026-01-01,,b,0\n" * 50)
    source = Source(label="label", time="at", outcome_time="known", tz="UTC")
    timed = replace(system(FTRL()), source=source)

    rate = best_rate(timed, read_recording(timed, path).rows)

    assert rate is not None
    assert rate.rows == 50


def test_a_nuance_is_not_worth_writing() -> None:
    """Half a per cent of the loss is noise to whoever reads the file."""
    assert not Rate(learner=FTRL(alpha=0.5), loss=0.3990, default_loss=0.4, rows=10).is_worth_writing

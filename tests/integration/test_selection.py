"""On the simulated exchange a selection finds what was planted in its traffic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from flyball.run.selection import Selection, select
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.load import load_system
from flyball.testing.world import World
from flyball.testing.worlds import ADS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Selection:
    """Of two days with three signals more: noise of few values and of many, and the placement in other words."""
    path: Path = tmp_path_factory.mktemp("world") / "clicks.parquet"
    World(seed=7).month(days=2, requests_per_day=15_000).write(path)
    table, random = parquet.read_table(path), np.random.default_rng(9)
    place = np.unique(np.array(table["placement"].to_pylist(), dtype=str), return_inverse=True)[1]
    columns = {
        "coin": random.integers(0, 2, table.num_rows),
        "session": random.integers(0, 5_000, table.num_rows),
        "place_again": place,
    }
    for name, values in columns.items():
        table = table.append_column(name, pa.array([f"v{value}" for value in values.tolist()]))
    parquet.write_table(table, path)
    system = load_system(ADS)
    [model] = system.models
    more = [*model.signals, *(Input(name, str) for name in columns)]
    return select(replace(system, models=[replace(model, signals=more, learner=FTRL(alpha=0.1))]), path, budget=0.005)


def test_planted_noise_is_dropped_and_one_of_two_doubles_kept(found: Selection) -> None:
    """What carries the exchange stays."""
    drop = set(found.proposal.drop)

    assert {"coin", "session"} <= drop
    assert "place_again" in drop or "placement" in drop
    assert not {"place_again", "placement"} <= drop
    assert {"country", "topic", "device"}.isdisjoint(drop)


def test_what_is_expected_is_what_retraining_measures(found: Selection) -> None:
    """To half of what makes a signal worth keeping."""
    proposal = found.proposal

    assert proposal.holds
    assert proposal.expected is not None
    assert proposal.measured is not None
    assert proposal.measured - proposal.loss == pytest.approx(proposal.expected.mean, abs=0.0005 * proposal.loss)


def test_all_three_opinions_know_planted_noise(found: Selection) -> None:
    """The ablation and the path of l1 rank it low, and trees lose nothing without it."""
    opinions = {opinion.name: opinion for opinion in found.opinions}

    for name in ("coin", "session"):
        assert max(opinions[name].ranks["ablation"], opinions[name].ranks["l1"]) < 0.5, opinions[name].ranks
        assert {"ablation", "permuted"} <= set(opinions[name].droppers)
    assert opinions["country"].ranks["ablation"] > 0.8
    assert opinions["country"].droppers == ()

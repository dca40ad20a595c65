"""The simulated exchange's clicks as rows of features, encoded as flyball encodes them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.reference import Rows
from flyball.run.file_replay import read_recording
from flyball.run.form import Form
from flyball.system.load import load_system
from flyball.testing.worlds import ADS

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from flyball.testing.traffic import Traffic


@dataclass(frozen=True, eq=False)
class WorldRows:
    """Rows whose features are numbered by how early and how often they come: place 0 is the one that every row has.

    Args:
        rows: the features and the labels.
        keys: of each place, shape (places,), uint64.

    >>> from flyball.testing.world import World
    >>> world = WorldRows.of(World(seed=7, users=1000).month(days=1, requests_per_day=500))
    >>> len(world.rows.labels) == len(world.rows.starts) - 1, int(world.rows.places.max()) + 1 == len(world.keys)
    (True, True)
    """

    rows: Rows
    keys: NDArray[Any]

    @classmethod
    def of(cls, traffic: Traffic) -> WorldRows:
        """The rows of traffic, in the order of time, labelled as if every window had closed at once."""
        system = load_system(ADS)
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "clicks.parquet"
            traffic.write(path)
            rows = read_recording(system, path).rows
        form = Form(system, system.models[0].name, 1)
        leaves = [rows.columns[name] for name in form.names]
        features = form.bulk.encode(leaves, form.derive(leaves, rows.n), rows.n)
        labels = np.where(rows.has_outcome_ts, rows.label, 0.0).astype(np.float64)
        keys, places, counts = np.unique(features.keys, return_inverse=True, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        ranks = np.empty(len(keys), dtype=np.int64)
        ranks[order] = np.arange(len(keys))
        starts = np.asarray(features.starts, dtype=np.int64)
        return cls(Rows(starts, ranks[places], np.asarray(features.values, dtype=np.float64), labels), keys[order])

    @property
    def places(self) -> int:
        """How many different features there are."""
        return len(self.keys)

    def hashed(self, bits: int) -> Rows:
        """The same rows with a space of 2^bits places, which features share as their hashes have it."""
        return self.rows._replace(places=(self.keys >> np.uint64(64 - bits)).astype(np.int64)[self.rows.places])

    def normalised(self) -> Rows:
        """The same rows, each of length 1."""
        starts, values = self.rows.starts, self.rows.values
        lengths = np.sqrt(np.add.reduceat(values * values, starts[:-1]))
        return self.rows._replace(values=values / np.repeat(lengths, np.diff(starts)))

    def flipped(self, share: float) -> Rows:
        """The same rows, a random share of their labels turned around."""
        turned = np.random.default_rng(1).random(len(self.rows.labels)) < share
        return self.rows._replace(labels=np.where(turned, 1.0 - self.rows.labels, self.rows.labels))


def scrambled(traffic: Traffic, share: float) -> Traffic:
    """Traffic of which a random share of every input's values stands in for another row's.

    >>> from flyball.testing.world import World
    >>> one = World(seed=7, users=1000).month(days=1, requests_per_day=500)
    >>> sum(a != b for a, b in zip(one.inputs["title"], scrambled(one, 0.2).inputs["title"])) / len(one) > 0.1
    True
    """
    rng = np.random.default_rng(2)
    inputs = {}
    for name, column in traffic.inputs.items():
        sources = np.where(rng.random(len(traffic)) < share, rng.integers(0, len(traffic), len(traffic)), -1)
        taken = np.where(sources < 0, np.arange(len(traffic)), sources)
        inputs[name] = [column[i] for i in taken.tolist()] if isinstance(column, list) else column[taken]
    return replace(traffic, inputs=inputs)

"""The guard on real streams: silent on clean ones, and a planted poison is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from benchmarks.data import DATA, SETS, set_named
from flyball.run.ephemeral import Ephemeral
from flyball.run.file_replay import read_recording
from flyball.system.learner import FTRL

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.run.file_replay import Recording
    from flyball.watch.alarm import Alarm

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the real sets are not beside the repository (../shared/data)"
)

LATER = 200
"""Outcomes come so many predictions later."""


def recording(name: str, folder: Path, *, learner: FTRL | None = None) -> Recording:
    """A real set, as `flyball init` drafts it."""
    chosen = set_named(name)
    system = chosen.system(folder)
    if learner is not None:
        system = replace(system, models=[replace(model, learner=learner) for model in system.models])
    return read_recording(system, chosen.at(folder))


def noticed(recording: Recording, **columns: Any) -> tuple[Alarm, ...]:  # noqa: ANN401  # columns of `Rows`
    """What the guard notices of the rows, with other columns."""
    changed = replace(recording, rows=replace(recording.rows, **columns))
    replay = changed.replay(logged=False)
    target = Ephemeral(changed.system, replay)
    replay.run(target)
    [model] = target.engine.models.values()
    return model.guard.alarms()


def flipped(recording: Recording, rows: int) -> np.ndarray:
    """The labels, those of so many rows in the middle turned around."""
    label, middle = recording.rows.label.copy(), recording.rows.n // 2
    label[middle : middle + rows] = 1.0 - label[middle : middle + rows]
    return label


def delayed(recording: Recording) -> dict[str, np.ndarray]:
    """The times of outcomes that come `LATER`."""
    times, n = recording.rows.event_ts, recording.rows.n
    later = times[np.minimum(np.arange(n) + LATER, n - 1)] + 1
    return {"outcome_ts": later, "has_outcome_ts": np.ones(n, dtype=np.bool_)}


@pytest.mark.parametrize("learner", [FTRL(), FTRL(alpha=0.05)], ids=["lanes", "one"])
@pytest.mark.parametrize("name", [each.name for each in SETS])
def test_clean_streams_make_no_alarm(name: str, learner: FTRL, tmp_path: Path) -> None:
    """None of the sets by which quality is measured."""
    assert noticed(recording(name, tmp_path, learner=learner)) == ()


@pytest.mark.parametrize("name", ["seaflights15", "elec2", "sms_spam", "clickbait", "movietweetings_100k"])
def test_flipped_labels_are_told_though_the_learner_follows_them(name: str, tmp_path: Path) -> None:
    """Each outcome is learned before the next prediction: within 60 examples it has turned around."""
    kept = recording(name, tmp_path)
    kinds = [alarm.kind for alarm in noticed(kept, label=flipped(kept, 500))]
    assert kinds == ["turned"]


@pytest.mark.parametrize("name", ["adult", "bank_marketing", "clickbait", "sms_spam", "obd_men"])
def test_flipped_labels_are_told_by_their_losses_where_they_come_later(name: str, tmp_path: Path) -> None:
    """Until they come, what is served is wrong."""
    kept = recording(name, tmp_path)
    losses = [alarm for alarm in noticed(kept, label=flipped(kept, 500), **delayed(kept)) if alarm.kind == "loss"]
    first = kept.rows.event_ts[kept.rows.n // 2]
    assert len(losses) == 1, losses
    assert losses[0].first_ts >= first, "it was told before it came"


def test_one_variant_alone_is_watched_too(tmp_path: Path) -> None:
    """It cannot turn around, and loses for longer."""
    kept = recording("adult", tmp_path, learner=FTRL(alpha=0.05))
    assert [alarm.kind for alarm in noticed(kept, label=flipped(kept, 2_000))] == ["loss"]


def test_an_absurd_number_and_an_input_that_stays_the_same_are_told(tmp_path: Path) -> None:
    """In the flights: one distance of 10^30 km, and a stretch in which every flight is the same aeroplane's."""
    kept = recording("seaflights15", tmp_path)
    columns = dict(kept.rows.columns)
    tail, distance = columns["tailnum"], columns["distance"]
    codes, numbers = tail.values.copy(), distance.values.astype(np.float64)
    codes[100_000:101_000], numbers[50_000] = codes[100_000], 1e18
    columns["tailnum"] = replace(tail, values=codes)
    columns["distance"] = replace(distance, values=numbers.astype(distance.values.dtype))
    found = {(alarm.kind, alarm.signal): alarm for alarm in noticed(kept, columns=columns)}

    assert set(found) == {("one-key", "tailnum"), ("beyond", "distance")}
    times = kept.rows.event_ts
    assert times[100_200] <= found["one-key", "tailnum"].first_ts <= times[100_300]
    assert found["beyond", "distance"].first_ts == times[50_000]

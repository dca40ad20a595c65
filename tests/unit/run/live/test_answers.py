"""What the loop tells those who look on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from flyball.events.record import Prediction
from flyball.run.live.answers import feed_of
from flyball.watch.feed import Look
from flyball.watch.sums import EXAMPLES
from tests.unit.run.live.small_system import SmallSystem

if TYPE_CHECKING:
    from pathlib import Path


def test_every_version_that_is_scored_has_its_sums_in_the_feed(tmp_path: Path) -> None:
    """One whose predictions were made elsewhere too; boards only of the present one."""
    small = SmallSystem(tmp_path / "state")
    now, body = small.asked("r1", score=0.25, served_by="elsewhere")
    assert isinstance(body, Prediction)
    small.channels[0].offer([small.asked("r1"), (now, msgspec.structs.replace(body, version=-7))])
    small.channels[0].offer([small.told_outcome("r1")])
    while small.loop.round():
        pass
    model = feed_of(small.loop, Look()).models["late"]
    small.state.leave()

    assert {version: told.sums[EXAMPLES] for version, told in model.versions.items()} == {1: 1.0, -7: 1.0}
    assert [name.split("|")[0] for name in model.boards] == ["v1"]

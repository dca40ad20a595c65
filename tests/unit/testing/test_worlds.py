"""The system file of the world fits the world."""

from __future__ import annotations

from flyball.system.check import check
from flyball.testing.world import World
from flyball.testing.worlds import ADS

IRRELEVANT = {"server"}


def test_the_system_file_has_no_mistakes() -> None:
    """As `flyball check` sees it."""
    assert check(ADS).mistakes == ()


def test_the_system_reads_what_the_world_sends() -> None:
    """Every input but the irrelevant one, and nothing else."""
    lineage = check(ADS).lineage
    traffic = World(seed=1, users=100).month(days=1, requests_per_day=100)

    assert lineage is not None
    read = {column for columns in lineage.sources["ctr"].values() for column in columns}
    assert read == set(traffic.inputs) - IRRELEVANT

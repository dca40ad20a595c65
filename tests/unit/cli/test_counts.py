"""What became of predictions, version by version."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from rich.console import Console

from flyball.cli.counts import counts, in_words
from flyball.events.tally import Tally
from flyball.run.report import ENDINGS, ODDITIES

ALL = Tally(
    predictions=6_000_000,
    **dict.fromkeys(ENDINGS, 1_000_000),
    **dict.fromkeys(ODDITIES, 1_000_000),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as it is printed."""

    lines: list[str]

    @property
    def labels(self) -> list[str]:
        """What stands left of the counts."""
        return [line.split("  ")[1] for line in self.lines]


def shown(present: int, tallies: dict[int, Tally], width: int = 80) -> Shown:
    """What a terminal or a pipe of that width would show."""
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(counts(present, tallies))
    return Shown([line.rstrip() for line in capture.get().splitlines()])


def test_a_rollout_is_seen_version_by_version() -> None:
    """The new one has answered once; the sum of all would hide it."""
    old, new = Tally(predictions=45_599, joined=45_599), Tally(predictions=1, pending=1)
    foreign = Tally(predictions=3, silent=3)

    assert shown(2, {0: Tally(orphans=4), 1: old, 2: new, -7: foreign}, width=100).lines == [
        "  v1            45,599 predictions = 45,599 joined",
        "  v2 (present)  1 prediction = 1 pending",
        "  elsewhere v7  3 predictions = 3 silent",
        "  no version    no prediction; 4 orphans",
        "  all together  45,603 predictions = 45,599 joined + 3 silent + 1 pending; 4 orphans",
    ]


def test_the_present_version_is_shown_before_it_has_answered() -> None:
    """Others only with counts; one version needs no sum."""
    one = Tally(predictions=1, joined=1)

    assert shown(3, {1: one, 2: Tally(), 0: Tally(late=1)}).labels == ["v1", "v3 (present)", "no version"]


def test_versions_are_in_their_order_and_those_made_elsewhere_after_ours() -> None:
    """As numbers, not as texts."""
    one = Tally(predictions=1, joined=1)

    assert shown(2, dict.fromkeys((-10, 10, -9, 2), one)).labels == [
        "v2 (present)",
        "v10",
        "elsewhere v9",
        "elsewhere v10",
        "all together",
    ]


@pytest.mark.parametrize("width", [60, 80, 100])
def test_every_count_can_be_read_at_any_width(width: int) -> None:
    """No word is cut short."""
    lines = shown(1, {1: ALL, -999_999_999: ALL}, width).lines

    assert max(map(len, lines)) <= width
    words = " ".join(lines).replace("…", "?").split()
    cut = [name for name in (*ENDINGS, *ODDITIES) if sum(word.rstrip(",;") == name for word in words) != 3]
    assert cut == []


def test_counts_that_are_0_are_left_out() -> None:
    """And words are told from numbers."""
    assert in_words(Tally(predictions=2, joined=2)) == "2 predictions = 2 joined"
    assert in_words(Tally(unlearned=1)) == "no prediction; 1 unlearned"

"""What labels without a time mean where the times of outcomes are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.run.inference.draft import Draft
    from flyball.system.system import System

    Loaded = Callable[[Draft], System]
    Drafted = Callable[..., Draft]

ROWS = 600
ROLES = {"label": "late", "time": "at", "outcome_time": "known"}


def columns(labels: list[object], timed: list[bool]) -> dict[str, list[object]]:
    """A table in which these labels have a time of their own, half an hour after the prediction."""
    return {
        "x": [n % 7 for n in range(ROWS)],
        "at": [f"2026-01-01T{n % 24:02d}:00:00Z" for n in range(ROWS)],
        "known": [f"2026-01-01T{n % 24:02d}:30:00Z" if there else None for n, there in enumerate(timed)],
        "late": labels,
    }


@pytest.mark.parametrize("words", [("0", "1"), ("no", "yes"), ("ON TIME", "LATE")])
def test_where_only_yes_has_a_time_silence_is_no(words: tuple[str, str], loaded: Loaded, drafted: Drafted) -> None:
    """Whatever no and yes are called."""
    late = [n % 6 == 0 for n in range(ROWS)]

    draft = drafted(columns([words[each] for each in late], late), **ROLES)

    outcome = loaded(draft).model("late").outcome
    assert (outcome.silent_value, outcome.learn) == (0.0, "close")
    assert "500 of 500 no and 0 of 100 yes have no time in 'known': silence is no" in draft.label.evidence
    assert not [note for note in draft.notes if "no time" in note]


@pytest.mark.parametrize(
    ("labels", "timed", "count"),
    [
        ([n % 6 == 0 for n in range(ROWS)], [n % 5 > 0 for n in range(ROWS)], 120),
        ([n % 2 == 0 for n in range(ROWS)], [n > 0 for n in range(ROWS)], 1),
        ([n % 9 / 2 for n in range(ROWS)], [n % 5 > 0 for n in range(ROWS)], 120),
    ],
    ids=["yes and no lack times alike", "one row lacks a time", "numbers"],
)
def test_labels_without_a_time_are_told(
    labels: list[float], timed: list[bool], count: int, loaded: Loaded, drafted: Drafted
) -> None:
    """Nothing is learned from them, and nothing is guessed."""
    values = [int(each) if isinstance(each, bool) else each for each in labels]

    draft = drafted(columns([*values], timed), **ROLES)

    assert loaded(draft).model("late").outcome.silent_value is None
    [note] = [note for note in draft.notes if "no time in 'known'" in note]
    assert f"{count:,} rows have a label but no time in 'known'" in note


def test_rows_without_a_label_are_told_where_silence_is_no(drafted: Drafted) -> None:
    """They would be learned as no."""
    late = [n % 6 == 0 for n in range(ROWS)]
    labels: list[object] = [int(each) if n % 100 else None for n, each in enumerate(late)]

    draft = drafted(columns(labels, late), **ROLES)

    assert draft.label.if_silent == 0
    assert [note for note in draft.notes if note.startswith("6 rows have no label: silence is no, so they are learned")]

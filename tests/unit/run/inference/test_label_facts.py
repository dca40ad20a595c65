"""What can be predicted from a column: which of two texts is yes, or how large its numbers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.run.inference.label_facts import LabelUnusable
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.run.inference.draft import Draft
    from flyball.system.system import System

    Written = Callable[..., str]
    World = dict[str, list[object]]
    Loaded = Callable[[Draft], System]
    Drafted = Callable[..., Draft]


@pytest.mark.parametrize(
    ("values", "labels", "share", "evidence"),
    [
        (["ham", "ham", "ham", "spam"], ("ham", "spam"), 0.25, "(25.00 %) are 'spam': the rarer is taken for yes"),
        (["<=50K", ">50K", "<=50K", "<=50K"], ("<=50K", ">50K"), 0.25, "the rarer is taken for yes"),
        (["yes", "yes", "no", "yes"], ("no", "yes"), 0.75, "(75.00 %) are yes"),
        (["1", "0", "0", "0"], None, 0.25, "(25.00 %) are yes"),
        (["1.0", "0.0", "0.0", "0.0"], None, 0.25, "(25.00 %) are yes"),
        (["-1", "1", "1", "1"], ("-1", "1"), 0.75, "the greater is taken for yes"),
        (["true", "false", "", "true"], None, 2 / 3, "are yes"),
    ],
)
def test_two_classes_are_told_apart(
    values: list[str], labels: tuple[str, str] | None, share: float, evidence: str, loaded: Loaded, drafted: Drafted
) -> None:
    """And which of them is yes is said."""
    columns: dict[str, list[object]] = {"x": [*range(7)] * 40, "y": [*(values * 70)]}

    draft = drafted(columns, label="y")

    assert draft.label.labels == labels
    assert draft.label.mean == pytest.approx(share)
    assert evidence in draft.label.evidence
    outcome = loaded(draft).model("y").outcome
    assert outcome.value_of(values[0]) == draft.label.values[0]


def test_a_number_is_predicted_in_units_of_its_spread(loaded: Loaded, drafted: Drafted) -> None:
    """And its mean is the fallback."""
    columns: dict[str, list[object]] = {"x": [n % 7 for n in range(500)], "cnt": [n * 37 % 101 for n in range(500)]}

    outcome = loaded(drafted(columns, label="cnt")).model("cnt").outcome

    assert (outcome.kind, outcome.scale) == (Kind.FLOAT, 29.0)


def test_where_only_clicks_are_written_down_silence_is_no(loaded: Loaded, drafted: Drafted) -> None:
    """An empty label is no missing one then."""
    columns: dict[str, list[object]] = {
        "x": [n % 7 for n in range(500)],
        "click": [1 if n % 9 == 0 else None for n in range(500)],
    }

    draft = drafted(columns, label="click")
    outcome, fallback = loaded(draft).model("click").outcome, loaded(draft).model("click").fallback

    assert (outcome.silent_value, outcome.learn) == (0.0, "close")
    assert draft.label.known.all()
    assert fallback == 0.112


def test_where_silence_is_no_columns_are_measured_on_both_classes(drafted: Drafted) -> None:
    """Leaks are found, slices are ranked by what they tell, and the time of the outcome is named."""
    clicked = [n % 9 == 0 for n in range(900)]
    columns: dict[str, list[object]] = {
        "at": [f"2026-01-{1 + n // 24 % 28:02d}T{n % 24:02d}:00:00Z" for n in range(900)],
        "seen": [f"2026-03-01T{n % 24:02d}:00:00Z" if each else None for n, each in enumerate(clicked)],
        "revenue": [f"{n * 37 % 101}.5" if each else None for n, each in enumerate(clicked)],
        "click": [1 if each else None for each in clicked],
    }

    draft = drafted(columns, label="click", time="at")

    assert {each.column: each.kind for each in draft.suspicions} == {"seen": "later_time", "revenue": "tells_label"}
    assert "use --outcome-time seen" in draft.suspicions[0].evidence


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1e307", "2e307", "7e307"], r"holds numbers as large as 7e\+307; .* at most 1e\+100"),
        (["1", "2", "01", "2.0"], r"has two numbers in several spellings, '1', '2', '01', '2\.0'; write them as 0"),
    ],
)
def test_labels_that_no_replay_would_take_are_refused(values: list[object], said: str, drafted: Drafted) -> None:
    """Before a file is written that refuses their rows, or that does not load."""
    columns: dict[str, list[object]] = {"x": [*range(len(values))] * 40, "y": values * 40}

    with pytest.raises(LabelUnusable, match=said):
        drafted(columns, label="y")

"""What a finished selection shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flyball.cli.console import Console
from flyball.cli.select_output import selection_json, show_selection
from flyball.run.boosting import Boosting
from flyball.run.l1_path import L1Path, Step
from flyball.run.proposal import Proposal
from flyball.run.selection import Opinion, Selection
from flyball.watch.interval import Interval
from tests.unit.cli.test_ablate_output import FOUND, MUCH, worth

if TYPE_CHECKING:
    import pytest

SMALL = Interval(low=-0.0002, mean=0.0, high=0.0002)
HOUR = Opinion(
    name="hour",
    worth=worth("hour", MUCH, "useful"),
    vanishes=float("inf"),
    gain=0.75,
    permuted=0.05,
    drop=False,
    ranks={"ablation": 1.0, "l1": 0.5, "permuted": 0.25},
    droppers=(),
)
DAY = Opinion(
    name="[bold]day",
    worth=worth("[bold]day", SMALL, "epsilon"),
    vanishes=12.345,
    gain=None,
    permuted=None,
    drop=True,
    ranks={"ablation": 0.0, "l1": 0.0},
    droppers=("ablation", "l1"),
)
SELECTED = Selection(
    ablation=FOUND,
    path=L1Path((Step(1.0, 0.4, np.ones(2), np.ones(2)),)),
    boosting=Boosting(gains={"hour": 0.75}, permuted={"hour": 0.05}, loss=0.5, trained=700, asked=300),
    opinions=(HOUR, DAY),
    agreement={("ablation", "l1"): 1.0, ("ablation", "gain"): 0.5, ("ablation", "permuted"): None},
    proposal=Proposal(
        drop=("[bold]day",), gone=("[bold]day",), expected=SMALL, loss=0.4, measured=0.4002, budget=0.001
    ),
    seconds=2.5,
    notes=("a note",),
)


def shown(found: Selection, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """What people see, and what they are warned of."""
    show_selection(found, Console())
    said = capsys.readouterr()
    return said.out, said.err


def test_signals_stand_with_what_each_opinion_says(capsys: pytest.CaptureFixture[str]) -> None:
    """Text from data is shown as it is; what trees were not asked about has a dash."""
    out, err = shown(SELECTED, capsys)

    lines = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    assert "ctr: 1,000 examples of a.csv in 2.5 s, log loss 0.4000 with all signals" in out
    assert lines["hour"] == [
        "hour",
        "+5.00%",
        "+2.50",
        "to",
        "+7.50",
        "useful",
        "the",
        "end",
        "75.0%",
        "+10.00%",
        "keep",
    ]
    assert lines["[bold]day"] == ["[bold]day", "+0.00%", "-0.05", "to", "+0.05", "epsilon", "12.3", "—", "—", "drop"]
    assert "they agree (the same order is 1, chance 0): ablation and l1 +1.00\n" in out
    assert "disagree on hour, which ranks above so many others: ablation 100%, l1 50%, trees 25%" in out
    assert "note: a note" in err


def test_the_proposal_says_what_was_expected_and_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """And what to do next."""
    out, err = shown(SELECTED, capsys)

    assert "proposal: drop [bold]day\n" in out
    assert "expected: the loss changes by +0.00%, between -0.05% and +0.05%" in out
    assert "really retrained without them: log loss 0.4002 (+0.05%)" in out
    assert "next: take them out of the model" in out
    assert "smaller --budget" not in err


def test_a_proposal_that_does_not_hold_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """With what to do instead."""
    _, err = shown(replace(SELECTED, proposal=replace(SELECTED.proposal, measured=0.41)), capsys)

    assert "costs more than the budget" in " ".join(err.split())


def test_where_nothing_can_go_all_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """Within the budget."""
    none = Proposal(drop=(), gone=(), expected=None, loss=0.4, measured=None, budget=0.001)

    out, _ = shown(replace(SELECTED, proposal=none, boosting=None), capsys)

    assert "proposal: keep all signals; none can go for less than 0.10 % of the loss" in out
    assert "next" not in out


def test_json_has_no_infinity() -> None:
    """What never vanishes is null."""
    found = selection_json(SELECTED)

    assert found["path"] == [{"l1": 1.0, "loss": 0.4}]
    assert found["trees"] == {"loss": 0.5, "trained": 700, "asked": 300}
    assert found["disputed"] == ["hour"]
    assert [each["l1"] for each in found["signals"]] == [None, 12.345]  # type: ignore[index, union-attr, call-overload]  # a list of objects
    assert selection_json(replace(SELECTED, boosting=None))["trees"] is None

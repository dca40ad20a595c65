"""What a finished ablation shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flyball.cli.ablate_output import show_ablation
from flyball.cli.console import Console
from flyball.run.ablation import Ablation
from flyball.run.ablation_document import ablation_json
from flyball.run.ablator import SliceWorth
from flyball.watch.interval import Interval
from flyball.watch.worth import Kind, Verdict, Worth

if TYPE_CHECKING:
    import pytest

MUCH, LITTLE = Interval(low=0.01, mean=0.02, high=0.03), Interval(low=-0.0001, mean=0.0, high=0.0001)


def worth(name: str, change: Interval | None, verdict: Verdict, kind: Kind = "signal") -> Worth:
    """One signal's."""
    return Worth(
        name=name, kind=kind, members=(name,), left_out=(name,), change=change, early=None, late=None, verdict=verdict
    )


NOISE = worth("noise like hour", LITTLE, "epsilon", "probe")
FOUND = Ablation(
    system="ads",
    model="ctr",
    source="a.csv",
    examples=1_000,
    loss_name="log loss",
    loss=0.4,
    setting=(0.1, 1.0, 0.0, 0.0),
    worths=(
        worth("hour", MUCH, "useful"),
        worth("[bold]day", LITTLE, "epsilon"),
        worth("ad", LITTLE, "harmful"),
        worth("user", None, "unclear"),
    ),
    probes=(NOISE,) * 5,
    alpha=0.05,
    least=0.0004,
    seconds=0.5,
    memory_bytes=1 << 20,
)


def shown(found: Ablation, capsys: pytest.CaptureFixture[str], *, pairs: bool = False) -> tuple[str, str]:
    """What people see, and what they are warned of."""
    show_ablation(found, Console(), pairs=pairs)
    said = capsys.readouterr()
    return said.out, said.err


def test_signals_stand_with_their_cost_and_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    """Text from data is shown as it is."""
    out, err = shown(FOUND, capsys)

    assert "ctr: 1,000 examples of a.csv in 0.5 s (2,000 a second), log loss 0.4000 with all signals" in out
    [hour] = [line for line in out.splitlines() if line.startswith("hour")]
    assert hour.split() == ["hour", "+0.02000", "+5.00%", "+0.01000", "to", "+0.03000", "useful"]
    assert "[bold]day" in out
    assert "next: what if they all go?  --groups 'ad,[bold]day'" in out
    assert "--pairs" in out
    assert err == ""


def test_what_was_tried_is_not_proposed(capsys: pytest.CaptureFixture[str]) -> None:
    """Pairs."""
    assert "--pairs" not in shown(FOUND, capsys, pairs=True)[0]


def test_one_signal_that_could_go_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """With the command that says what it changes."""
    out, _ = shown(replace(FOUND, worths=FOUND.worths[:2]), capsys)

    assert "next: take [bold]day out of the model; `flyball plan` says what that changes" in out


def test_noise_that_seems_useful_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """More often than it may."""
    useful = replace(NOISE, change=MUCH, verdict="useful")
    out, err = shown(replace(FOUND, probes=(NOISE, useful)), capsys)
    assert "1 of 2 signals of pure noise seems to be useful" in out
    assert err == ""

    out, err = shown(replace(FOUND, probes=(useful,) * 3), capsys)

    assert "do not trust the intervals" in " ".join(err.split())
    assert "pure noise" not in out


def test_slices_stand_below(capsys: pytest.CaptureFixture[str]) -> None:
    """With what they are of all, and of their own loss."""
    one = SliceWorth(dimension="country", value=None, signal="hour", share=0.25, loss=0.2, change=MUCH)
    found = replace(FOUND, slices=(one,), notes=("a note",))

    out, err = shown(found, capsys)

    [line] = [line for line in out.splitlines() if line.startswith("country = (missing)")]
    assert line.split()[3:] == ["hour", "25.0", "%", "+0.02000", "+10.00%"]
    assert "note: a note" in err
    assert ablation_json(found)["slices"] == [
        {
            "dimension": "country",
            "value": None,
            "signal": "hour",
            "share": 0.25,
            "loss": 0.2,
            "change": {"low": 0.01, "mean": 0.02, "high": 0.03},
        }
    ]

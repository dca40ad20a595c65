"""The tables for a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console

from flyball.cli.table import tables
from flyball.run.files.rejection import Rejection
from flyball.run.report import ModelReport, Report
from flyball.watch.scorecard import Scorecard
from tests.unit.cli.report_sample import sample


def printed(report: Report, width: int = 100) -> str:
    """What a terminal without colours would show."""
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(tables(report))
    return capture.get()


def test_tables_fit_a_terminal_of_100_columns_without_wrapping_a_row() -> None:
    """Every model has one line of measures."""
    lines = printed(sample(count=3_000)).splitlines()

    assert max(len(line) for line in lines) <= 100
    assert sum(line.startswith("ctr@v1 ") for line in lines) == 1
    assert sum(line.startswith("delay@v3 ") for line in lines) == 1


def test_tables_show_measures_counts_slices_and_refusals() -> None:
    """Each part of the report has its place."""
    shown = printed(sample())

    for part in (
        "norm. entropy",
        "rmse",
        "predictions =",
        "orphans",
        "slices that stand out",
        "country = ",
        "refused because",
    ):
        assert part in shown


def test_a_count_that_does_not_add_up_is_cried_out() -> None:
    """The sample's second model has lost one prediction."""
    assert printed(sample(count=3_000)).count("THE COUNT DOES NOT ADD UP") == 1


@pytest.mark.parametrize("hostile", ["[red]x[/red]", "[/]", "[link=file:///]a"])
def test_text_from_data_is_not_taken_for_markup(hostile: str) -> None:
    """Brackets are shown as brackets."""
    report = Report(
        system=hostile,
        digest="",
        source=hostile,
        command="",
        seconds=1.0,
        rows=1,
        rejections=(Rejection(reason=hostile, count=1, first_row=1, example=hostile),),
    )

    assert printed(report).count(hostile) == 4


def test_line_ends_in_an_example_do_not_break_the_table() -> None:
    """They are shown escaped."""
    report = replace(
        sample(count=3_000),
        models=(),
        rejections=(Rejection(reason="cut", count=1, first_row=1, example="a\nb\x1b[31m"),),
    )

    assert r"a\nb\x1b[31m" in printed(report)


def test_a_model_without_examples_is_shown_with_dashes() -> None:
    """Nothing is divided by nothing."""
    model = ModelReport(name="ctr", version=1, scorecard=Scorecard(kind="binary", examples=0, weight=0.0))

    assert "ctr@v1" in printed(replace(sample(count=3_000), models=(model,)))


def test_many_reasons_are_cut_with_their_sum() -> None:
    """What is not shown is counted."""
    many = tuple(Rejection(reason=f"reason {i}", count=i, first_row=1, example="") for i in range(1, 11))

    assert "4 more reasons" in printed(replace(sample(count=3_000), models=(), rejections=many))

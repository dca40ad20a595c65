"""The options that say which columns of a file mean what, for every command that reads files of history.

>>> from types import SimpleNamespace
>>> names = ("time", "tz", "unit", "outcome_time", "label", "weight", "outcome")
>>> file_options(SimpleNamespace(**dict.fromkeys(names) | {"label": "clicked"})).label
'clicked'
"""

from __future__ import annotations

from typing import Annotated, Protocol

import typer

from flyball.run.file_options import FileOptions

COLUMNS = "Columns and how they are read (instead of the system's source)"
"""Under which heading `--help` shows them."""

TimeColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", rich_help_panel=COLUMNS, help="When each prediction was asked for.")
]
OutcomeTimeColumn = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        rich_help_panel=COLUMNS,
        help="When each outcome was known; without it, every outcome is known before the next row.",
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(metavar="ZONE", rich_help_panel=COLUMNS, help="The zone of times without an offset, such as UTC."),
]
Unit = Annotated[
    str | None,
    typer.Option(metavar="s|ms|us", rich_help_panel=COLUMNS, help="What times that are numbers count since 1970."),
]
LabelColumn = Annotated[str | None, typer.Option(metavar="COLUMN", rich_help_panel=COLUMNS, help="The outcome.")]
WeightColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", rich_help_panel=COLUMNS, help="The weight of each example.")
]
OutcomeName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", rich_help_panel=COLUMNS, help="Which outcome the file holds, where the system has several."
    ),
]


class ColumnOptions(Protocol):
    """What was typed of a file's columns."""

    @property
    def time(self) -> str | None:
        """When each prediction was asked for."""

    @property
    def tz(self) -> str | None:
        """The zone of times without an offset."""

    @property
    def unit(self) -> str | None:
        """What times that are numbers count."""

    @property
    def outcome_time(self) -> str | None:
        """When each outcome was known."""

    @property
    def label(self) -> str | None:
        """The outcome."""

    @property
    def weight(self) -> str | None:
        """The weight of each example."""

    @property
    def outcome(self) -> str | None:
        """Which outcome the file holds."""


def file_options(options: ColumnOptions, *, id: str | None = None, score_column: str | None = None) -> FileOptions:
    """What was typed, for who reads the file.

    Args:
        options: what all commands have.
        id: the column of the predictions' ids.
        score_column: that of scores given already.
    """
    return FileOptions(
        time=options.time,
        tz=options.tz,
        unit=options.unit,
        id=id,
        outcome_time=options.outcome_time,
        label=options.label,
        weight=options.weight,
        score_column=score_column,
        outcome=options.outcome,
    )

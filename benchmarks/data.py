"""The real data sets, and the systems that `flyball init` drafts for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flyball.run.inference.infer import infer
from flyball.system.load import load_system

if TYPE_CHECKING:
    from flyball.system.system import System

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
"""Beside the checkout; a user's clone lacks them, and the tables that need them say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """One data set.

    Args:
        name: its folder.
        file: the file in it.
        label: the column to be predicted.
        time: the column of the prediction's time.
        outcome_time: the column of the time when the label became known.
    """

    name: str
    file: str
    label: str
    time: str | None = None
    outcome_time: str | None = None

    @property
    def path(self) -> Path:
        """Where it lies."""
        return DATA / self.name / self.file

    def system(self, folder: Path, *, delayed: bool = False) -> System:
        """The system that `flyball init` drafts, with labels at once unless `delayed`."""
        draft = infer(self.path, label=self.label, time=self.time, outcome_time=self.outcome_time)
        if not delayed and draft.source.outcome_time is not None:
            draft = replace(draft, source=replace(draft.source, outcome_time=None))
        file = folder / f"{self.name}.py"
        file.write_text(draft.text, encoding="utf-8")
        return load_system(file)


SETS = (
    DataSet(name="seaflights15", file="flights.csv.gz", label="late15", time="event_ts", outcome_time="label_ts"),
    DataSet(name="bank_marketing", file="bank_additional_full.csv.gz", label="y"),
    DataSet(name="adult", file="adult_train.csv.gz", label="income"),
    DataSet(name="elec2", file="elec2.csv.gz", label="label"),
    DataSet(name="sms_spam", file="SMSSpamCollection.tsv.gz", label="Label"),
    DataSet(name="clickbait", file="headlines.csv.gz", label="label"),
)


def set_named(name: str) -> DataSet:
    """The data set of this name."""
    return next(each for each in SETS if each.name == name)

"""The real data sets, and the systems that `flyball init` drafts for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.making import good_ratings, men_of_both, news
from flyball.run.inference.infer import infer
from flyball.system.load import load_system

if TYPE_CHECKING:
    from collections.abc import Callable

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
        make: writes that file from its folder's files, where it does not lie there as it is.
    """

    name: str
    file: str
    label: str
    time: str | None = None
    outcome_time: str | None = None
    make: Callable[[Path, Path], None] | None = None

    @property
    def path(self) -> Path:
        """Where it lies."""
        return DATA / self.name / self.file

    def at(self, folder: Path) -> Path:
        """Where it lies; in this folder where it has to be made."""
        if self.make is None:
            return self.path
        made = folder / self.file
        if not made.exists():
            self.make(DATA / self.name, made)
        return made

    def system(self, folder: Path, *, delayed: bool = False) -> System:
        """The system that `flyball init` drafts, with labels at once unless `delayed`.

        Without its `fallback`, a model's first answer: it is the mean of the whole file, which nobody knows beforehand.
        """
        draft = infer(self.at(folder), label=self.label, time=self.time, outcome_time=self.outcome_time)
        if not delayed and draft.source.outcome_time is not None:
            draft = replace(draft, source=replace(draft.source, outcome_time=None))
        file = folder / f"{self.name}.py"
        file.write_text(draft.text, encoding="utf-8")
        system = load_system(file)
        return replace(system, models=[replace(model, fallback=None) for model in system.models])


SETS = (
    DataSet(name="seaflights15", file="flights.csv.gz", label="late15", time="event_ts", outcome_time="label_ts"),
    DataSet(name="bank_marketing", file="bank_additional_full.csv.gz", label="y"),
    DataSet(name="adult", file="adult_train.csv.gz", label="income"),
    DataSet(name="elec2", file="elec2.csv.gz", label="label"),
    DataSet(name="sms_spam", file="SMSSpamCollection.tsv.gz", label="Label"),
    DataSet(name="clickbait", file="headlines.csv.gz", label="label"),
    DataSet(name="rcv1_vw", file="rcv1.parquet", label="label", make=news),
    DataSet(name="movietweetings_100k", file="movies.parquet", label="liked", time="ts", make=good_ratings),
    DataSet(name="obd_men", file="obd_men.parquet", label="click", time="timestamp", make=men_of_both),
)


def set_named(name: str) -> DataSet:
    """The data set of this name."""
    return next(each for each in SETS if each.name == name)

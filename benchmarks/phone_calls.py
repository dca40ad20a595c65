"""Phone calls: twenty columns of a bank's campaign, ten texts and ten numbers, and what each call led to."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import numpy as np

from benchmarks.data import set_named
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

Row: TypeAlias = dict[str, int | float | str]

COLUMNS: dict[str, Kind] = {
    "age": Kind.INT,
    "job": Kind.STR,
    "marital": Kind.STR,
    "education": Kind.STR,
    "default": Kind.STR,
    "housing": Kind.STR,
    "loan": Kind.STR,
    "contact": Kind.STR,
    "month": Kind.STR,
    "day_of_week": Kind.STR,
    "duration": Kind.INT,
    "campaign": Kind.INT,
    "pdays": Kind.INT,
    "previous": Kind.INT,
    "poutcome": Kind.STR,
    "emp_var_rate": Kind.FLOAT,
    "cons_price_idx": Kind.FLOAT,
    "cons_conf_idx": Kind.FLOAT,
    "euribor3m": Kind.FLOAT,
    "nr_employed": Kind.FLOAT,
}
"""Those of bank_marketing, dots in their names replaced."""
TEXTS = [name for name, kind in COLUMNS.items() if kind is Kind.STR]
PYTHON = {Kind.INT: int, Kind.FLOAT: float, Kind.STR: str}


@dataclass(frozen=True, slots=True)
class PhoneCalls:
    """Calls in a random order.

    Args:
        source: where they are from.
        rows: the inputs of each.
        labels: whether each led to a subscription.
    """

    source: str
    rows: Sequence[Row]
    labels: Sequence[bool]

    def part(self, start: int, stop: int) -> PhoneCalls:
        """Some of them."""
        return PhoneCalls(self.source, self.rows[start:stop], self.labels[start:stop])

    @property
    def log_loss_of_their_mean(self) -> float:
        """The log loss of always answering how often it happens: what answers must be better than."""
        p = sum(self.labels) / len(self.labels)
        return float(-(p * np.log(p) + (1 - p) * np.log(1 - p)))

    def log_loss(self, answers: Sequence[float]) -> float:
        """The mean log loss of answers to them."""
        given = np.array(answers)
        return float(-np.log(np.where(self.labels, given, 1 - given)).mean())


def read_calls(count: int) -> PhoneCalls:
    """So many calls: real ones where the data set lies beside the checkout, drawn ones otherwise."""
    path = set_named("bank_marketing").path
    if not path.exists():
        return drawn_calls(count)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    order = np.random.default_rng(0).permutation(len(lines))[:count]
    chosen = [{name.replace(".", "_"): text for name, text in lines[i].items()} for i in order]
    rows = [{name: PYTHON[kind](line[name]) for name, kind in COLUMNS.items()} for line in chosen]
    return PhoneCalls("phone calls of a bank", rows, [line["y"] == "yes" for line in chosen])


def drawn_calls(count: int) -> PhoneCalls:
    """So many calls of the same columns, drawn."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(count, len(COLUMNS)))
    codes = rng.integers(0, 12, size=numbers.shape)
    rows: list[Row] = [
        {
            name: f"{name}-{codes[i, j]}" if kind is Kind.STR else PYTHON[kind](100 * abs(numbers[i, j]))
            for j, (name, kind) in enumerate(COLUMNS.items())
        }
        for i in range(count)
    ]
    chances = 1 / (1 + np.exp(2 - np.abs(numbers[:, 10]) - (codes[:, 1] % 3)))
    return PhoneCalls("drawn rows of the same form", rows, (rng.random(count) < chances).tolist())


def system_text() -> str:
    """A system file that predicts the outcome of a call from all twenty."""
    inputs = ", ".join(f'fb.Input("{name}", {PYTHON[kind].__name__})' for name, kind in COLUMNS.items())
    return f'''"""Will this call lead to a subscription?"""

import flyball as fb

calls = fb.Model("calls", signals=[{inputs}], outcome=fb.Outcome("subscribed"))
bank = fb.System("bank", models=[calls])
'''


def flat(row: Row) -> bytes:
    """A body as peers take it."""
    return msgspec.json.encode(row)


def under_inputs(row: Row) -> bytes:
    """A body as flyball takes it."""
    return msgspec.json.encode({"inputs": row})

"""Columns that together make the label exactly: a sum, a difference, a product, or which of two is greater."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from flyball.run.inference.information import auc_of
from flyball.run.inference.suspicion import Suspicion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from flyball.run.inference.column_facts import ColumnFacts
    from flyball.run.inference.label_facts import LabelFacts

    Numbers = NDArray[np.float64]

_ROWS = 2_000
_COLUMNS = 60
_EXACT = 1e-6
_MATTERS = 1e-4
_EACH_CLASS = 400
_FEWEST = 50
_RANKS = 0.995


def find_combinations(columns: Sequence[ColumnFacts], label: LabelFacts) -> Iterator[Suspicion]:
    """Columns of numbers that make the label exactly, together.

    A label that is a number is tried as a weighted sum of all columns and as a product or quotient of two; a class as
    the sign of a difference of two, shifted.

    Args:
        columns: of numbers, none of which tells the label alone; at most the first 60 are tried.
        label: what is predicted.

    >>> import pyarrow as pa
    >>> from flyball.run.inference.column_facts import column_facts
    >>> from flyball.run.inference.label_facts import label_facts
    >>> raw = {"a": [str(n % 7) for n in range(90)], "b": [str(n * n % 11) for n in range(90)]}
    >>> raw["sum"] = [str(int(a) + int(b)) for a, b in zip(raw["a"], raw["b"])]
    >>> facts = {name: column_facts(name, pa.chunked_array([texts])) for name, texts in raw.items()}
    >>> label = label_facts(facts["sum"], pa.chunked_array([raw["sum"]]))
    >>> [str(suspicion) for suspicion in find_combinations([facts["a"], facts["b"]], label)]
    ["a: is part of the label: 'sum' is a + b", "b: is part of the label: 'sum' is a + b"]
    """
    numbers = [facts for facts in columns if facts.numbers is not None][:_COLUMNS]
    if label.binary:
        yield from _ordered_pairs(numbers, label)
    else:
        found = _weighted_sum(numbers, label) or _product(numbers, label)
        for facts, formula in found:
            yield Suspicion(
                column=facts.name, kind="adds_up", evidence=f"is part of the label: {label.name!r} is {formula}"
            )


def _weighted_sum(numbers: Sequence[ColumnFacts], label: LabelFacts) -> list[tuple[ColumnFacts, str]]:
    """By least squares on a few rows, checked on all."""
    full = [facts for facts in numbers if 2 * facts.present > facts.rows]
    matrix, truth = _complete(full, label)
    if len(truth) < max(_FEWEST, 5 * (len(full) + 1)) or truth.std() == 0:
        return []
    few = np.linspace(0, len(truth) - 1, min(len(truth), _ROWS)).astype(np.int64)
    centre, spread = matrix[few].mean(axis=0), matrix[few].std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(few)), (matrix[few] - centre) / spread])
    weights = np.linalg.lstsq(design, truth[few], rcond=None)[0]
    fitted = weights[0] + (matrix - centre) / spread @ weights[1:]
    if np.abs(fitted - truth).max() > _EXACT * max(truth.std(), np.abs(truth).max()):
        return []
    parts = [
        (facts, weight / size)
        for facts, weight, size in zip(full, weights[1:], spread, strict=True)
        if abs(weight) > _MATTERS * truth.std()
    ]
    formula = _formula([(facts.name, slope) for facts, slope in parts])
    return [(facts, formula) for facts, _ in parts]


def _product(numbers: Sequence[ColumnFacts], label: LabelFacts) -> list[tuple[ColumnFacts, str]]:
    for one, two in combinations(numbers, 2):
        matrix, truth = _complete([one, two], label)
        if len(truth) < _FEWEST or truth.std() == 0 or 2 * len(truth) < one.rows:
            continue
        for formula, left, right in (("{0} * {1}", 0, 1), ("{0} / {1}", 0, 1), ("{0} / {1}", 1, 0)):
            make = np.multiply if "*" in formula else np.divide
            if _made_by(make, matrix[:, left], matrix[:, right], truth):
                text = formula.format((one, two)[left].name, (one, two)[right].name)
                return [(one, text), (two, text)]
    return []


def _made_by(make: np.ufunc, left: Numbers, right: Numbers, truth: Numbers) -> bool:
    """Whether this makes the label, asked of a few rows first."""
    few = slice(None, None, max(1, len(truth) // _FEWEST))
    with np.errstate(all="ignore"):  # a division by 0 equals no label
        return _equal(make(left[few], right[few]), truth[few]) and _equal(make(left, right), truth)


def _ordered_pairs(numbers: Sequence[ColumnFacts], label: LabelFacts) -> Iterator[Suspicion]:
    few = _both_classes(label)
    told: set[str] = set()
    if len(few) == 0:
        return
    for one, two in combinations(numbers, 2):
        if _difference_ranks(one, two, label, few) and _difference_ranks(one, two, label, np.flatnonzero(label.known)):
            for facts in (one, two):
                if facts.name not in told:
                    told.add(facts.name)
                    evidence = (
                        f"tells {label.name!r} together with another: by {one.name} - {two.name}, AUC above {_RANKS}"
                    )
                    yield Suspicion(column=facts.name, kind="adds_up", evidence=evidence)


def _difference_ranks(one: ColumnFacts, two: ColumnFacts, label: LabelFacts, rows: NDArray[np.int64]) -> bool:
    if one.numbers is None or two.numbers is None:
        return False
    difference, truth = one.numbers[rows] - two.numbers[rows], label.values[rows]
    known = ~np.isnan(difference)
    if 2 * np.count_nonzero(known) < len(rows):
        return False
    auc = auc_of(difference[known], truth[known])
    return max(auc, 1 - auc) > _RANKS


def _both_classes(label: LabelFacts) -> NDArray[np.int64]:
    """Rows of which half are yes; none if there are too few of one class."""
    classes = [np.flatnonzero(label.values == value) for value in (0.0, 1.0)]
    if min(len(rows) for rows in classes) < _FEWEST:
        return np.empty(0, dtype=np.int64)
    size = min(_EACH_CLASS, *(len(rows) for rows in classes))
    return np.concatenate([rows[np.linspace(0, len(rows) - 1, size).astype(np.int64)] for rows in classes])


def _complete(columns: Sequence[ColumnFacts], label: LabelFacts) -> tuple[Numbers, Numbers]:
    """The rows in which all of these and the label are known."""
    held = [facts.numbers for facts in columns if facts.numbers is not None]
    matrix = np.column_stack(held) if held else np.empty((len(label.values), 0))
    known = label.known & ~np.isnan(matrix).any(axis=1)
    return matrix[known], label.values[known]


def _equal(made: Numbers, truth: Numbers) -> bool:
    close = np.abs(made - truth) <= _EXACT * np.maximum(np.abs(truth), truth.std())
    return bool(close.all())


def _formula(parts: Sequence[tuple[str, float]]) -> str:
    text = ""
    for name, slope in parts:
        size = "" if abs(abs(slope) - 1) < _MATTERS else f"{abs(slope):.4g} * "
        sign = "-" if slope < 0 else "+"
        text += f" {sign} {size}{name}" if text else f"{'-' if slope < 0 else ''}{size}{name}"
    return text

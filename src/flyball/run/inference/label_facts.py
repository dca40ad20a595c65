"""What the label of a file is: which texts mean no and yes, or how large its numbers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.events.reducer import LARGEST
from flyball.run.files.typed_column import typed_column
from flyball.system.error import FlyballError
from flyball.system.excerpt import excerpt
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.run.files.tabular import RawColumn
    from flyball.run.inference.column_facts import ColumnFacts

_TWO = 2


class LabelUnusable(FlyballError):
    """A column cannot be what is predicted.

    >>> raise LabelUnusable("late", "is empty in every row", "name the column to predict")
    Traceback (most recent call last):
        ...
    flyball.run.inference.label_facts.LabelUnusable: the label 'late' is empty in every row; name the column to predict
    """

    def __init__(self, name: str, fault: str, cure: str) -> None:
        """What is wrong and what to do."""
        super().__init__(f"the label {name!r} {fault}; {cure}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFacts:
    """The label of a sample of n rows.

    Args:
        name: its column.
        binary: whether it is one of two classes.
        labels: the texts that mean no and yes; None where they are truths already, or for numbers.
        values: shape (n,), 0 or 1 if `binary`; NaN where there is no label that means something.
        if_silent: what no label means, where only one class is ever written down.
        evidence: a sentence with what was counted.

    >>> label = LabelFacts(
    ...     name="y", binary=True, labels=None, values=np.array([1.0, 0.0, np.nan]), if_silent=None, evidence=""
    ... )
    >>> label.known.tolist(), label.mean
    ([True, True, False], 0.5)
    """

    name: str
    binary: bool
    labels: tuple[str, str] | None
    values: NDArray[np.float64]
    if_silent: int | None
    evidence: str

    @property
    def known(self) -> NDArray[np.bool_]:
        """Shape (n,), where there is a label."""
        return ~np.isnan(self.values)

    @property
    def mean(self) -> float:
        """The share of yes, or the mean of the numbers."""
        return float(np.mean(self.values[self.known]))

    @property
    def scale(self) -> float:
        """The standard deviation to two digits; 1 if there is none."""
        spread = float(np.std(self.values[self.known]))
        return float(f"{spread:.2g}") if spread > 0 else 1.0


def label_facts(facts: ColumnFacts, raw: RawColumn) -> LabelFacts:
    """What can be predicted from a column.

    Truths (0 and 1, yes and no) mean what they say. Of two other numbers the greater is yes, of two other texts the
    rarer: what one waits for is rare.

    Args:
        facts: the column in a sample of the rows.
        raw: the same rows.

    Raises:
        LabelUnusable: it has no value, one value, or more than two that are no numbers; or numbers that no outcome can
            have.

    >>> import pyarrow as pa
    >>> from flyball.run.inference.column_facts import column_facts
    >>> raw = pa.chunked_array([["ham", "ham", "spam"]])
    >>> label_facts(column_facts("Label", raw), raw).labels
    ('ham', 'spam')
    """
    name = facts.name
    if facts.present == 0:
        raise LabelUnusable(name, "is empty in every row", "name the column to predict with --label")
    if facts.kind is Kind.BOOL or _are_truths(facts):
        return _truths(facts)
    if facts.distinct == 1:
        raise LabelUnusable(name, f"is {excerpt(facts.values[0])} in every row", "there is nothing to predict")
    if facts.distinct == _TWO and facts.kind in (Kind.INT, Kind.FLOAT, Kind.STR):
        return _two_texts(facts, raw)
    if facts.kind in (Kind.INT, Kind.FLOAT) and facts.numbers is not None:
        known = facts.numbers[~np.isnan(facts.numbers)]
        largest = float(np.abs(known).max())
        if largest > LARGEST:
            fault = f"holds numbers as large as {largest:g}; outcomes are at most {LARGEST:g} from 0"
            raise LabelUnusable(name, fault, "divide them by a constant, or leave out rows where it is a mistake")
        evidence = (
            f"{facts.distinct:,} different numbers from {known.min():g} to {known.max():g}, "
            f"mean {known.mean():.4g}, standard deviation {known.std():.4g}"
        )
        return _facts(name, facts.numbers, evidence, binary=False)
    cure = "make a column that is 1 for the class you want to predict and 0 for the others"
    raise LabelUnusable(name, f"has {facts.distinct:,} values that are no numbers, such as {_some(facts)}", cure)


def _are_truths(facts: ColumnFacts) -> bool:
    """Whether these numbers are 0 and 1, or 1 and nothing."""
    return facts.numbers is not None and set(np.unique(facts.numbers[facts.codes >= 0])) in ({0.0, 1.0}, {1.0})


def _facts(
    name: str,
    values: NDArray[np.float64],
    evidence: str,
    *,
    binary: bool,
    labels: tuple[str, str] | None = None,
    if_silent: int | None = None,
) -> LabelFacts:
    return LabelFacts(name=name, binary=binary, labels=labels, values=values, if_silent=if_silent, evidence=evidence)


def _truths(facts: ColumnFacts) -> LabelFacts:
    numbers = facts.numbers if facts.numbers is not None else np.full(facts.rows, np.nan)
    words = sorted({value.strip().lower() for value in facts.values})
    labels = ("no", "yes") if words == ["no", "yes"] and set(facts.values) == {"no", "yes"} else None
    if facts.distinct == 1:
        if numbers[facts.codes >= 0][0] == 1 and facts.present < facts.rows:
            evidence = (
                f"{_share(facts.present, facts.rows)} are {facts.values[0]!r}, all others are empty: silence is no"
            )
            answered = np.where(facts.absent, 0.0, 1.0)
            return _facts(facts.name, answered, evidence, binary=True, if_silent=0)
        raise LabelUnusable(facts.name, f"is {facts.values[0]!r} in every row", "there is nothing to predict")
    yes = int(np.nansum(numbers))
    return _facts(facts.name, numbers, f"{_share(yes, facts.present)} are yes", binary=True, labels=labels)


def _two_texts(facts: ColumnFacts, raw: RawColumn) -> LabelFacts:
    if facts.kind is not Kind.STR:
        _check_spelling(facts, raw)
    counts = np.bincount(facts.codes[facts.codes >= 0])
    places = np.flatnonzero(counts)
    by_place = {int(facts.codes[row]): value for row, value in _first_rows(facts)}
    if facts.kind is Kind.STR:
        rarer = int(places[np.argmin(counts[places])])
        reason = "the rarer is taken for yes"
    else:
        rarer = int(places[-1])
        reason = "the greater is taken for yes"
    other = next(int(place) for place in places if place != rarer)
    labels = (by_place[other], by_place[rarer])
    values = np.where(facts.codes < 0, np.nan, (facts.codes == rarer).astype(np.float64))
    share = _share(int(counts[rarer]), facts.present)
    return _facts(facts.name, values, f"{share} are {labels[1]!r}: {reason}", binary=True, labels=labels)


def _check_spelling(facts: ColumnFacts, raw: RawColumn) -> None:
    """Two numbers are told apart by their texts, so each must have one."""
    leaves = typed_column(raw, Kind.STR).column.leaves(0, facts.rows)
    texts = dict.fromkeys(leaf for leaf, code in zip(leaves, facts.codes.tolist(), strict=True) if code >= 0)
    if None in texts:
        fault = f"has the two numbers {facts.values[0]} and {facts.values[1]}"
    elif len(texts) > _TWO:
        fault = f"has two numbers in several spellings, {', '.join(excerpt(text) for text in [*texts][:4])}"
    else:
        return
    raise LabelUnusable(facts.name, fault, "write them as 0 for no and 1 for yes")


def _first_rows(facts: ColumnFacts) -> list[tuple[int, str]]:
    distinct, first = np.unique(facts.codes, return_index=True)
    return list(zip(np.sort(first[distinct >= 0]).tolist(), facts.values, strict=True))


def _some(facts: ColumnFacts) -> str:
    return ", ".join(excerpt(value) for value in facts.values[:3])


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.2f} %)"

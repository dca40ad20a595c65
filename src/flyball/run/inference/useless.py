"""Columns from which nothing can be learned: they say nothing, the same as another, or something new in every row."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from flyball.run.inference.suspicion import Suspicion
from flyball.system.excerpt import excerpt
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from flyball.run.inference.column_facts import ColumnFacts

_ENOUGH_ROWS = 50
_NEARLY_ALL = 0.95
_CLOCK_VALUES = 50
_CLOCK_RISES = 0.98
_SUPPORT = 20
_ID_NAME = re.compile(r"(^|[^a-z])(id|ids|uuid|guid|hash|token)($|[^a-z])|[a-z]I[dD]$", re.ASCII)


def is_named_id(name: str) -> bool:
    """Whether a column is called an id.

    >>> is_named_id("user_id"), is_named_id("userId"), is_named_id("paid")
    (True, True, False)
    """
    return _ID_NAME.search(name if name[-2:-1] == "I" else name.lower()) is not None


def find_useless(columns: Mapping[str, ColumnFacts]) -> Iterator[Suspicion]:
    """Columns that are constant, number the rows, follow the clock, or name each row.

    Args:
        columns: what they look like.

    >>> import pyarrow as pa
    >>> from flyball.run.inference.column_facts import column_facts
    >>> facts = column_facts("year", pa.chunked_array([["2015", "2015"]]))
    >>> [str(suspicion) for suspicion in find_useless({"year": facts})]
    ["year: is '2015' in every row"]
    """
    for name, facts in columns.items():
        found = _constant(facts) or _counter(facts) or _identifier(facts)
        if found is not None:
            yield Suspicion(column=name, kind=found[0], evidence=found[1])


def find_duplicates(columns: Mapping[str, ColumnFacts]) -> Iterator[Suspicion]:
    """Columns that say the same, value for value, as one before them; the first of them is kept.

    Args:
        columns: what they look like, in the order in which they are preferred.

    >>> import pyarrow as pa
    >>> from flyball.run.inference.column_facts import column_facts
    >>> numbers, texts = [["1", "2", "1"] * 30], [["a", "b", "a"] * 30]
    >>> columns = {"n": column_facts("n", pa.chunked_array(numbers)), "t": column_facts("t", pa.chunked_array(texts))}
    >>> [str(suspicion) for suspicion in find_duplicates(columns)]
    ["t: says the same as 'n': one to one for all 2 values"]
    """
    sizes = Counter((facts.distinct, facts.present) for facts in columns.values())
    first: dict[bytes, ColumnFacts] = {}
    for name, facts in columns.items():
        if facts.distinct < 2 or _support(facts.codes) < _SUPPORT:  # one value tells nothing
            continue
        if sizes[facts.distinct, facts.present] == 1:
            continue
        original = first.setdefault(_by_appearance(facts.codes).tobytes(), facts)
        if original is facts:
            continue
        if original.values == facts.values:
            evidence = f"holds the same values as {original.name!r} in every row"
        elif 2 * facts.distinct <= facts.present and _in_step(original, facts):
            evidence = f"says the same as {original.name!r}: one to one for all {facts.distinct:,} values"
        else:
            continue
        yield Suspicion(column=name, kind="duplicate", evidence=evidence)


def _in_step(one: ColumnFacts, two: ColumnFacts) -> bool:
    """Two numbers that are one to one but in another order are two measurements, not one."""
    if one.numbers is None or two.numbers is None:
        return True
    known = ~np.isnan(one.numbers) & ~np.isnan(two.numbers)
    order = np.argsort(one.numbers[known], kind="stable")
    steps = np.diff(two.numbers[known][order])
    return bool(np.all(steps >= 0) or np.all(steps <= 0))


def _constant(facts: ColumnFacts) -> tuple[str, str] | None:
    if facts.present == 0:
        return "constant", "is empty in every row"
    if facts.distinct == 1 and facts.present == facts.rows:
        return "constant", f"is {excerpt(facts.values[0])} in every row"
    return None


def _counter(facts: ColumnFacts) -> tuple[str, str] | None:
    if facts.numbers is None or facts.present < _ENOUGH_ROWS:
        return None
    if facts.kind is Kind.INT and facts.distinct == facts.present == facts.rows:
        if facts.rises == 1.0:
            return "row_number", "rises from row to row and never repeats: a running number"
        if facts.numbers.max() - facts.numbers.min() == facts.rows - 1:
            return "row_number", f"holds each number from {facts.values[0]} on once: a running number, shuffled"
    if facts.distinct >= _CLOCK_VALUES and facts.rises >= _CLOCK_RISES:
        what = "a time" if facts.kind is Kind.TIMESTAMP else "a clock or a counter, unless the file is sorted by it"
        often = "always" if facts.rises == 1.0 else f"in {100 * facts.rises:.1f} % of its changes"
        return "clock", f"{often} rises from row to row, so its values never come again: {what}"
    return None


def _identifier(facts: ColumnFacts) -> tuple[str, str] | None:
    if facts.present < _ENOUGH_ROWS or facts.is_prose or facts.distinct < _NEARLY_ALL * facts.present:
        return None
    named = facts.kind is Kind.INT and (is_named_id(facts.name) or facts.leading_zeros)
    if facts.kind is not Kind.STR and not named:
        return None
    evidence = (
        f"has {facts.distinct:,} different values in {facts.present:,} rows: nothing repeats that could be learned"
    )
    return "identifier", f"{evidence}; if it names the prediction, use --id {facts.name}"


def _support(codes: NDArray[np.int64]) -> int:
    """In how many rows the column does not hold its most frequent value."""
    return len(codes) - int(np.bincount(codes + 1).max())


def _by_appearance(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The codes renumbered by first appearance, missing kept apart: equal for columns that are one to one."""
    first = np.full(int(codes.max()) + 1, len(codes))
    known = np.flatnonzero(codes >= 0)[::-1]
    first[codes[known]] = known  # the last one written is the first of its kind
    ranks = np.empty(len(first), dtype=np.int64)
    ranks[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.where(codes < 0, -1, ranks[codes])

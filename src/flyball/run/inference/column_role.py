"""What part a column plays in a drafted system: a name, a number, a text of words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from flyball.run.inference.information import information_of
from flyball.run.inference.useless import is_named_id
from flyball.system.kind import Kind
from flyball.system.moment import format_moment

if TYPE_CHECKING:
    from flyball.run.inference.column_facts import ColumnFacts
    from flyball.run.inference.label_facts import LabelFacts

Part = Literal["entity", "input", "prose"]

_NAMES = 100
_EACH = 5.0
_DISTINCT = 50
_GAIN, _RATIO = 0.01, 3.0
_SHOWN, _ROOM, _LONG = 4, 28, 18
_WRITTEN_OUT = 1e12
_SENTINEL = re.compile(r"-?9{2,}(\.0*)?|-1(\.0*)?")
_SENTINEL_SHARE, _SENTINEL_GAP = 0.05, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRole:
    """What a column is declared as.

    Args:
        part: `entity` for names of many things, `prose` for texts of several words, `input` for all else.
        kind: the type that is declared.
        evidence: what was seen, in a few words.

    >>> ColumnRole(part="input", kind=Kind.INT, evidence="0 to 23").part
    'input'
    """

    part: Part
    kind: Kind
    evidence: str


def column_role(facts: ColumnFacts, label: LabelFacts, *, asked: bool = False) -> ColumnRole:
    """What a column should be declared as.

    Whole numbers are names if they begin with 0, are called ids, or tell far more of the label one by one than as
    sizes.

    Args:
        facts: what the column looks like.
        label: what is predicted.
        asked: whether the user says that it is an entity.

    >>> import pyarrow as pa
    >>> from flyball.run.inference.column_facts import column_facts
    >>> from flyball.run.inference.label_facts import label_facts
    >>> raw = {"movie_id": ["007", "012", "007"], "seen": ["1", "0", "1"]}
    >>> facts = {name: column_facts(name, pa.chunked_array([texts])) for name, texts in raw.items()}
    >>> role = column_role(facts["movie_id"], label_facts(facts["seen"], pa.chunked_array([raw["seen"]])))
    >>> role.part, role.kind, role.evidence
    ('entity', <Kind.STR: 'str'>, '2 names, digits with leading zeros')
    """
    if facts.kind is Kind.INT:
        why = "as asked" if asked else _name_evidence(facts, label)
        if why is not None:
            kind = Kind.STR if facts.leading_zeros else Kind.INT
            return ColumnRole(part="entity", kind=kind, evidence=f"{facts.distinct:,} names, {why}")
    elif asked:
        return ColumnRole(part="entity", kind=Kind.STR, evidence=f"{facts.distinct:,} names, as asked")
    if facts.is_prose:
        return ColumnRole(part="prose", kind=Kind.STR, evidence=f"{facts.words:.1f} words on average")
    if facts.kind is Kind.STR and facts.distinct > _NAMES:
        return ColumnRole(part="entity", kind=Kind.STR, evidence=f"{facts.distinct:,} names, such as {_some(facts)}")
    return ColumnRole(part="input", kind=facts.kind, evidence=_described(facts))


def _name_evidence(facts: ColumnFacts, label: LabelFacts) -> str | None:
    if facts.leading_zeros:
        return "digits with leading zeros"
    if is_named_id(facts.name):
        return "called an id"
    if facts.distinct <= _DISTINCT or facts.present < _EACH * facts.distinct:
        return None
    known = label.known
    truth = label.values[known]
    one_by_one = information_of(facts.codes[known], truth, binary=label.binary).share
    as_size = max(information_of(facts.bins()[known], truth, binary=label.binary).share, 0.0)
    if one_by_one - as_size < _GAIN or one_by_one < _RATIO * as_size:
        return None
    return f"not sizes: one by one they tell {_percent(one_by_one)} of the label, as sizes {_percent(as_size)}"


def _described(facts: ColumnFacts) -> str:
    empty = facts.rows - facts.present
    more = f", {_percent(empty / facts.rows)} empty" if empty else ""
    if facts.kind is Kind.STR:
        return f"{facts.distinct:,} values: {_some(facts)}{more}"
    if facts.numbers is None or facts.present == 0:
        return more.removeprefix(", ")
    known = facts.numbers[~np.isnan(facts.numbers)]
    if facts.kind is Kind.BOOL:
        return f"yes in {_percent(float(known.mean()))}{more}"
    if facts.kind is Kind.TIMESTAMP:
        return f"{format_moment(int(known.min()))} to {format_moment(int(known.max()))}{more}"
    return f"{_number(known.min())} to {_number(known.max())}{more}{_sentinel(known)}"


def _sentinel(known: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """A number of nines (or -1) far from all others, and frequent, may stand for something else."""
    distinct, counts = np.unique(known, return_counts=True)
    if len(distinct) < 4:  # too few to say that one is far from the others
        return ""
    for value, next_to, count in ((distinct[-1], distinct[-2], counts[-1]), (distinct[0], distinct[1], counts[0])):
        frequent = count >= _SENTINEL_SHARE * len(known)
        width = float(np.ptp(distinct[distinct != value]))
        far = abs(value - next_to) > _SENTINEL_GAP * max(width, 1.0) or (value == -1 and next_to >= 0)
        if frequent and far and _SENTINEL.fullmatch(f"{value:g}"):
            return f"; {value:g} in {_percent(count / len(known))} of the rows may stand for 'none'"
    return ""


def _some(facts: ColumnFacts) -> str:
    """The first values, as many as fit behind a declaration."""
    shown = [value if len(value) <= _LONG else f"{value[: _LONG - 3]}..." for value in facts.values[:_SHOWN]]
    while len(shown) > 1 and len(", ".join(shown)) > _ROOM:
        shown.pop()
    return ", ".join(shown) + (", ..." if facts.distinct > len(shown) else "")


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < _WRITTEN_OUT else f"{value:.6g}"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"

"""Columns that seem to be known only with or after the outcome."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from flyball.run.inference.combination import find_combinations
from flyball.run.inference.information import binned, information_of, local_information_of
from flyball.run.inference.suspicion import Suspicion
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from flyball.run.inference.column_facts import ColumnFacts
    from flyball.run.inference.information import Information
    from flyball.run.inference.label_facts import LabelFacts
    from flyball.run.inference.sample import Sample

_FEWEST = 20
_EMPTY_WITHOUT, _EMPTY_WITH = 0.5, 0.01
_LATER = 0.5
_RANKS, _TELLS = 0.99, 0.9
_TELLS_NUMBER = 0.985
_SAME = 0.999
_COMMON = 0.95
_BINS = 16
_AFTER_SHARE, _AFTER_MARGIN = 0.05, 2.0
_AFTER_NAME = re.compile(
    r"(^|[^a-z])(durations?|elapsed|actual|results?|outcomes?|status|end|ended|finish(ed)?|closed?|arr|arrived|"
    r"arrival|resol(ved|ution)|response|reply|settled|final|paid|refund(ed)?|returned|delivered|completed?|"
    r"confirmed|cancel(l?ed)?|label|target)($|[^a-z])"
)


def find_leaks(sample: Sample) -> Iterator[Suspicion]:
    """Columns that no prediction could have known, each once, with the strongest evidence.

    Args:
        sample: the columns that may become signals, and the label.

    >>> import pyarrow as pa
    >>> from flyball.run.inference.column_facts import column_facts
    >>> from flyball.run.inference.label_facts import label_facts
    >>> from flyball.run.inference.sample import Sample
    >>> late = pa.chunked_array([["0", "1", "0"] * 50])
    >>> delay = pa.chunked_array([["2", "31", "9"] * 50])
    >>> label = label_facts(column_facts("late", late), late)
    >>> leaks = find_leaks(Sample(columns={"delay": column_facts("delay", delay)}, label=label, event_us=None))
    >>> [leak.kind for leak in leaks]
    ['tells_label']
    """
    told: set[str] = set()
    for search in (_later_time, _tells_label, _filled_later, _combined, _afterthought):
        for suspicion in search(sample, told):
            if suspicion.column not in told:
                told.add(suspicion.column)
                yield suspicion


def _tells_label(sample: Sample, _told: set[str]) -> Iterator[Suspicion]:
    label = sample.label
    known = label.known
    truth = label.values[known]
    rare = min(truth.sum(), len(truth) - truth.sum()) if label.binary else len(truth)
    if rare < _FEWEST:
        return
    for name, facts in sample.columns.items():
        if facts.is_prose:
            continue
        told = information_of(facts.bins()[known], truth, binary=label.binary)
        evidence = _implausible(facts, told, label)
        if evidence is None and 0 < facts.present < facts.rows:
            # What is filled with the outcome tells it by being there, however many values it has.
            told = information_of(facts.absent[known].astype(np.int64), truth, binary=label.binary)
            if _is_implausible(told, label):
                evidence = f"tells {label.name!r} by whether it is empty: {_in_words(told, label)}"
        if evidence is not None:
            yield Suspicion(column=name, kind="tells_label", evidence=evidence)


def _implausible(facts: ColumnFacts, told: Information, label: LabelFacts) -> str | None:
    if _is_implausible(told, label) or (not label.binary and _is_straight(facts, label)):
        return f"tells {label.name!r} all but alone: {_in_words(told, label)}"
    if not label.binary and _follows(facts, label):
        return f"has one value for each value of {label.name!r}: it is made from it"
    return None


def _is_implausible(told: Information, label: LabelFacts) -> bool:
    if label.binary:
        return told.share > _TELLS or (told.auc > _RANKS and told.share > _LATER)
    return told.share > _TELLS_NUMBER


def _in_words(told: Information, label: LabelFacts) -> str:
    if label.binary:
        return f"AUC {told.auc:.3f}, {_percent(told.share)} of its uncertainty"
    return f"{_percent(told.share)} of its variance"


def _is_straight(facts: ColumnFacts, label: LabelFacts) -> bool:
    """Whether the label is a straight line in this column."""
    if facts.numbers is None:
        return False
    known = label.known & ~np.isnan(facts.numbers)
    x, y = facts.numbers[known], label.values[known]
    if 2 * len(x) < facts.rows or x.std() == 0 or y.std() == 0:
        return False
    return abs(float(np.corrcoef(x, y)[0, 1])) > 1 - 1e-6


def _follows(facts: ColumnFacts, label: LabelFacts) -> bool:
    """Whether rows with the same label have the same value, where both repeat."""
    known = label.known
    _, classes = np.unique(label.values[known], return_inverse=True)
    sizes = np.bincount(classes)
    repeated = sizes[classes] >= 2  # a value that occurs once agrees with itself
    codes = facts.codes[known][repeated] + 1
    if (
        len(codes) < 10 * _FEWEST or facts.distinct < 2 or np.bincount(codes).max() > _COMMON * len(codes)
    ):  # one value tells nothing
        return False
    pairs, counts = np.unique(classes[repeated] * (codes.max() + 1) + codes, return_counts=True)
    owners = pairs // (codes.max() + 1)
    best = np.zeros(int(owners.max()) + 1, dtype=np.int64)
    np.maximum.at(best, owners, counts)
    return bool(best.sum() >= _SAME * len(codes))


def _filled_later(sample: Sample, _told: set[str]) -> Iterator[Suspicion]:
    known = sample.label.known
    without, having = int(np.count_nonzero(~known)), int(np.count_nonzero(known))
    if without < _FEWEST or sample.label.if_silent is not None:
        return
    for name, facts in sample.columns.items():
        absent = facts.absent
        empty_without = int(np.count_nonzero(absent & ~known))
        empty_with = int(np.count_nonzero(absent & known))
        if empty_without >= _EMPTY_WITHOUT * without and empty_with <= _EMPTY_WITH * having:
            evidence = (
                f"is empty in {empty_without:,} of the {without:,} rows without a label "
                f"and in {empty_with:,} of the {having:,} with one: filled when the outcome is known"
            )
            yield Suspicion(column=name, kind="filled_later", evidence=evidence)


def _later_time(sample: Sample, _told: set[str]) -> Iterator[Suspicion]:
    if sample.event_us is None:
        return
    for name, facts in sample.columns.items():
        if facts.kind is not Kind.TIMESTAMP or facts.numbers is None:
            continue
        both = ~np.isnan(facts.numbers) & ~np.isnan(sample.event_us)
        later = int(np.count_nonzero(facts.numbers[both] > sample.event_us[both]))
        if both.any() and later > _LATER * np.count_nonzero(both):
            share = later / np.count_nonzero(both)
            evidence = f"lies after the time of the prediction in {_percent(share)} of the rows"
            if np.array_equal(facts.absent, ~sample.label.known) or np.array_equal(
                facts.absent, sample.label.values == 0
            ):
                evidence += f"; if it says when the label was known, use --outcome-time {name}"
            yield Suspicion(column=name, kind="later_time", evidence=evidence)


def _combined(sample: Sample, told: set[str]) -> Iterator[Suspicion]:
    yield from find_combinations([facts for name, facts in sample.columns.items() if name not in told], sample.label)


def _afterthought(sample: Sample, told: set[str]) -> Iterator[Suspicion]:
    """Weaker evidence: a name that speaks of what comes after, and far more information than any other column."""
    known = sample.label.known
    names = [name for name, facts in sample.columns.items() if name not in told and not facts.is_prose]
    if not any(_AFTER_NAME.search(name.lower()) for name in names):
        return
    truth = sample.label.values[known]
    shares = {
        name: local_information_of(_few_codes(sample.columns[name])[known], truth, binary=sample.label.binary)
        for name in names
    }
    for name in names:
        others = [share for other, share in shares.items() if other != name]
        second = max(others, default=0.0)
        if (
            _AFTER_NAME.search(name.lower())
            and shares[name] >= _AFTER_SHARE
            and shares[name] >= _AFTER_MARGIN * max(second, 0.0)
        ):
            best = next((other for other in names if other != name and shares[other] == second), None)
            beside = "" if best is None else f", {best!r} as the next best {_percent(max(second, 0.0))}"
            evidence = (
                f"looks known only afterwards: so its name says, and within a stretch of the file it tells "
                f"{_percent(shares[name])} of the uncertainty{beside}"
            )
            yield Suspicion(column=name, kind="afterthought", evidence=evidence)


def _few_codes(facts: ColumnFacts) -> NDArray[np.int64]:
    """At most 16 different codes: numbers in bins, of other values the most frequent."""
    if facts.numbers is not None:
        return binned(facts.numbers, _BINS)
    counts = np.bincount(facts.codes + 1)[1:]
    frequent = np.argsort(-counts, kind="stable")[: _BINS - 1]
    ranks = np.full(len(counts) + 1, len(frequent), dtype=np.int64)
    ranks[frequent] = np.arange(len(frequent))
    return np.where(facts.codes < 0, -1, ranks[facts.codes])


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"

"""What labels without a time mean, where the times of outcomes are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.run.inference.label_facts import LabelFacts

_HARDLY = 0.01
"""The share of a class that may have no time although it has one, or a time although it has none."""


def with_silence(label: LabelFacts, known_us: NDArray[np.float64], column: str) -> tuple[LabelFacts, list[str]]:
    """The label with what its silence means, and what is worth telling.

    A replay takes it that a label without a time never arrived. If only yes ever has a time, no is written down for
    what did not happen: it is learned when the window closes without an answer.

    Args:
        label: as found.
        known_us: shape (n,), when each outcome was known, NaN where there is no time.
        column: where these times stand.

    >>> from flyball.run.inference.label_facts import LabelFacts
    >>> values, times = np.array([0.0, 1.0, 0.0]), np.array([np.nan, 7.0, np.nan])
    >>> label = LabelFacts(name="y", binary=True, labels=None, values=values, if_silent=None, evidence="1 of 3 are yes")
    >>> found, notes = with_silence(label, times, "click_ts")
    >>> found.if_silent, found.evidence
    (0, "1 of 3 are yes; 2 of 2 no and 0 of 1 yes have no time in 'click_ts': silence is no")
    """
    timeless = label.known & np.isnan(known_us)
    counts = {value: int(np.count_nonzero(label.values == value)) for value in (0.0, 1.0)}
    lost = {value: int(np.count_nonzero(timeless & (label.values == value))) for value in counts}
    told_by_silence = lost[0.0] > _HARDLY * counts[0.0] and lost[1.0] <= _HARDLY * counts[1.0]
    if label.if_silent is None and not (label.binary and told_by_silence):
        return label, _notes(int(np.count_nonzero(timeless)), column)
    notes = _notes(lost[1.0], column, "yes")
    if label.if_silent is not None:
        return label, notes
    seen = f"{lost[0.0]:,} of {counts[0.0]:,} no and {lost[1.0]:,} of {counts[1.0]:,} yes have no time in {column!r}"
    unlabelled = int(np.count_nonzero(~label.known))
    if unlabelled:
        notes.append(
            f"{unlabelled:,} rows have no label: silence is no, so they are learned as no; leave out rows whose "
            "outcome is not known yet."
        )
    return replace(label, if_silent=0, evidence=f"{label.evidence}; {seen}: silence is no"), notes


def _notes(timeless: int, column: str, which: str = "") -> list[str]:
    if not timeless:
        return []
    label = f"the label {which}" if which else "a label"
    return [f"{timeless:,} rows have {label} but no time in {column!r}: it is taken that their outcome never arrived."]

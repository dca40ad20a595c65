"""What the world wrote down: one row for every prediction, by columns, with the truth beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from flyball.system.error import FlyballError
from flyball.testing.delays import WINDOW_US

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from flyball.testing.arrays import Flags, Floats, Ints

Texts: TypeAlias = "list[str] | list[str | None]"
"""A column of text; `None` stands for missing."""

Cell: TypeAlias = "str | int | float | None"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traffic:
    """Rows in the order of `event_ts`; every column has one value a row.

    Attributes:
        id: name of the prediction, unique.
        event_ts: when it was made (and, where shown, shown), int64 microseconds UTC.
        inputs: the inputs as a client would send them, by name: text as lists, where `None` is missing; numbers as
            int64 or float64 arrays, where NaN is missing.
        shown: whether the ad was shown; all true, unless candidates were logged too.
        clicked: whether a click came within the window of 30 minutes.
        click_ts: when the click came, int64 microseconds UTC, -1 if never; it may have come after the window.
        truth: the true probability that a click comes within the window, if the ad is shown.
        propensity: the probability with which the exchange shows this candidate.

    >>> from flyball.testing.world import World
    >>> traffic = World(seed=7, users=1000).month(days=1, requests_per_day=500)
    >>> len(traffic) == len(traffic.id) == len(traffic.inputs["title"])
    True
    """

    id: list[str]
    event_ts: Ints
    inputs: Mapping[str, Texts | Ints | Floats]
    shown: Flags
    clicked: Flags
    click_ts: Ints
    truth: Floats
    propensity: Floats

    def __len__(self) -> int:
        return len(self.id)

    @property
    def ad_age_us(self) -> Ints:
        """How long the ad had lived, microseconds, shape (rows,)."""
        return np.asarray(self.inputs["ad_age_us"], dtype=np.int64)

    @property
    def entropy(self) -> float:
        """The expected log loss of an oracle that answers `truth`, in nats: no prediction can expect to do better.

        The mean of -p ln p - (1 - p) ln(1 - p) over the rows that were shown. A learner sees less than the oracle: some
        inputs are missing or wrong.
        """
        p = self.truth[self.shown]
        return float(np.mean(-p * np.log(p) - (1.0 - p) * np.log1p(-p)))

    @property
    def realised_entropy(self) -> float:
        """The log loss, in nats, that an oracle answering `truth` really had on the labels of the rows shown."""
        p = self.truth[self.shown]
        return float(-np.mean(np.where(self.clicked[self.shown], np.log(p), np.log1p(-p))))

    @property
    def base_log_loss(self) -> float:
        """The log loss, in nats, of answering the share of clicks every time: what normalised entropy divides by."""
        share = float(np.mean(self.clicked[self.shown]))
        if share in {0.0, 1.0}:
            return 0.0
        return float(-share * np.log(share) - (1.0 - share) * np.log1p(-share))

    def rows(self) -> Iterator[dict[str, Cell]]:
        """The inputs row by row, as a client would send them; missing is `None`.

        >>> from flyball.testing.world import World
        >>> next(World(seed=7, users=1000).month(days=1, requests_per_day=500).rows())["placement"]
        'feed'
        """
        columns = [_cells(column) for column in self.inputs.values()]
        for cells in zip(*columns, strict=True):
            yield dict(zip(self.inputs, cells, strict=True))

    def write(self, path: Path) -> None:
        """Write the rows to a file whose name ends in `.csv`, `.csv.gz` or `.parquet`; the same rows, the same bytes.

        The columns are `id`, `event_ts`, the inputs, `clicked` (0 or 1), `click_ts`, `truth`, and `shown` (0 or 1)
        where some rows were not. Times are RFC 3339 text in CSV, timestamps in Parquet; a missing value and the time of
        a click that never came are empty in CSV and null in Parquet. A click after the window has its `click_ts` and
        `clicked` 0. Needs pyarrow: `pip install 'flyball[offline]'`.

        Raises:
            FlyballError: if the name ends in something else.
        """
        # It needs pyarrow, which is of the extra `offline`: a world that writes no file does without.
        from flyball.testing import traffic_file  # noqa: PLC0415  # see the comment above

        traffic_file.write(self, path)


def outcome(event_ts: Ints, delays_us: Ints) -> tuple[Flags, Ints]:
    """Whether a click came within the window, and when it came if at all (-1 if never), from its delays.

    >>> [part.tolist() for part in outcome(np.array([10, 10]), np.array([5, -1]))]
    [[True, False], [15, -1]]
    """
    comes = delays_us >= 0
    return comes & (delays_us < WINDOW_US), np.where(comes, event_ts + delays_us, -1)


def concatenate(parts: Sequence[Traffic]) -> Traffic:
    """The rows of all parts, one after the other.

    Raises:
        FlyballError: if there are no parts.

    >>> from flyball.testing.world import World
    >>> traffic = World(seed=7, users=1000).month(days=1, requests_per_day=500)
    >>> len(concatenate([traffic, traffic])) == 2 * len(traffic)
    True
    """
    if not parts:
        raise FlyballError("no traffic to put together; give at least one part")
    return Traffic(
        id=[name for part in parts for name in part.id],
        event_ts=np.concatenate([part.event_ts for part in parts]),
        inputs={name: _joined([part.inputs[name] for part in parts]) for name in parts[0].inputs},
        shown=np.concatenate([part.shown for part in parts]),
        clicked=np.concatenate([part.clicked for part in parts]),
        click_ts=np.concatenate([part.click_ts for part in parts]),
        truth=np.concatenate([part.truth for part in parts]),
        propensity=np.concatenate([part.propensity for part in parts]),
    )


def _joined(columns: Sequence[Texts | Ints | Floats]) -> Texts | Ints | Floats:
    texts = [column for column in columns if isinstance(column, list)]
    if texts:
        return [cell for column in texts for cell in column]
    return np.concatenate([column for column in columns if not isinstance(column, list)])


def _cells(column: Texts | Ints | Floats) -> Sequence[Cell]:
    if isinstance(column, list):
        return column
    missing = np.isnan(column)
    cells = column.tolist()
    return [None if gone else cell for cell, gone in zip(cells, missing, strict=True)] if missing.any() else cells

"""One model as it is shown: kept from tick to tick, so that each tick computes only what is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from flyball.events.tally import Tally, summed
from flyball.run.report import ENDINGS, ODDITIES
from flyball.run.summary import learner_text
from flyball.watch import sums as at
from flyball.watch.extract import Extract, merged
from flyball.watch.scorecard import scorecard
from flyball.web.quality import Quality, bucket_of, measures_of
from flyball.web.samples import Samples, quantile
from flyball.web.status import Card, Detail, ModelStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from flyball.system.system import System
    from flyball.watch.feed import ModelFeed, VersionFeed
    from flyball.web.status import Row

    Floats = NDArray[np.float64]

SECOND: Final = 1_000_000
TRAFFIC_STEP: Final = 5 * SECOND
QUALITY_STEP: Final = 10 * SECOND
SHOWN: Final = 600 * SECOND
"""How much of the past the charts of traffic and of what was scored lately show."""
NOW: Final = 10 * SECOND
"""Rates are told over the last stretches that cover this."""
MINUTE: Final = 60 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a tick knows beside the model's own feed.

    Attributes:
        now_us: the time.
        elapsed: seconds since the tick before.
        stale: whether what is learned does not reach those who ask.
        bounds: upper ends of the latencies' buckets, seconds.
        outcomes: how many were accepted since the tick before; None where that is not known for one model.

    >>> Moment(now_us=0, elapsed=1.0).bounds
    ()
    """

    now_us: int
    elapsed: float
    stale: bool = False
    bounds: tuple[float, ...] = ()
    outcomes: int | None = None


class ModelView:
    """One model.

    Args:
        system: the definition.
        name: the model's.

    >>> import flyball as fb
    >>> from flyball.watch.board import Board
    >>> from flyball.watch.feed import ModelFeed, boards_of
    >>> late = fb.Model("late", signals=[fb.Input("hour", int)], outcome=fb.Outcome("late"))
    >>> view = ModelView(fb.System("flights", models=[late]), "late")
    >>> feed = ModelFeed(version=1, boards=boards_of({"v1": Board([], "binary")}, {}))
    >>> status = view.take(feed, {1: Tally(predictions=3, pending=3)}, [], Moment(now_us=0, elapsed=1.0))
    >>> status.card.version, status.detail.counts["pending"], list(view.stamps)
    (1, 3, ['v1'])
    """

    def __init__(self, system: System, name: str) -> None:
        self._name = name
        self._traffic = Samples(step_us=TRAFFIC_STEP, keep=SHOWN // TRAFFIC_STEP)
        self._recent = Samples(step_us=QUALITY_STEP, keep=SHOWN // QUALITY_STEP)
        self._extracts: dict[str, tuple[int, Extract]] = {}
        self._version = 0
        self._quality = Quality()
        self._sums: Floats | None = None
        self._counts: tuple[int, int] | None = None
        self._versions: dict[int, tuple[VersionFeed, dict[str, float]]] = {}
        self.define(system)

    def define(self, system: System) -> None:
        """The definition that holds from now on."""
        model = system.model(self._name)
        self._outcome, self._assumed = model.outcome.name, model.outcome.silent_value
        self._kind: at.BoardKind = "binary" if model.outcome.loss == "logistic" else "number"
        self._learner = f"{learner_text(model.learner)}, {model.outcome.loss} loss"

    @property
    def stamps(self) -> dict[str, int]:
        """The boards that it has."""
        return {name: stamp for name, (stamp, _) in self._extracts.items()}

    def take(
        self, feed: ModelFeed, tallies: Mapping[int, Tally], latencies: Sequence[float] | Floats, moment: Moment
    ) -> ModelStatus:
        """The model as it is now.

        Args:
            feed: what the loop said of it.
            tallies: its counts by version.
            latencies: answers since the tick before, by bucket of latency.
            moment: what else the tick knows.
        """
        self._take_boards(feed, moment.now_us)
        total = summed(tallies.values())
        self._take_traffic(total, latencies, moment)
        latest, minute = self._traffic.last(NOW), self._traffic.last(MINUTE)
        quality, seconds = self._quality, max(float(latest[0]), 1e-9)
        card = Card(
            version=feed.version,
            state=feed.state,
            stale=moment.stale,
            held=feed.held,
            progress=feed.progress,
            outcome=self._outcome,
            assumed=self._assumed,
            kind=self._kind,
            learner=self._learner,
            features=feed.features,
            table_bytes=feed.table_bytes,
            predictions_per_second=round(float(latest[1]) / seconds, 2),
            outcomes_per_second=round(float(latest[2]) / seconds, 2),
            p50=_time(quantile(moment.bounds, minute[3:], 0.5)),
            p99=_time(quantile(moment.bounds, minute[3:], 0.99)),
            measures=quality.measures,
            lately=self._lately(),
            spark=quality.spark,
            balanced=all(tally.balanced for tally in tallies.values()),
            alarms=feed.alarms,
        )
        recent = [bucket_of(self._kind, start, QUALITY_STEP, sums) for start, sums in self._recent.items()]
        detail = Detail(
            counts=counts_of(total),
            versions={str(version): counts_of(tally) for version, tally in sorted(tallies.items())},
            measures={str(version): self._measures(version, told) for version, told in sorted(feed.versions.items())},
            traffic={str(start): _traffic_row(sums, moment.bounds) for start, sums in self._traffic.items()},
            recent=quality.rows(recent),
            history=quality.history,
            curve=quality.curve,
            slices=quality.slices,
            values=quality.values,
        )
        return ModelStatus(card=card, detail=detail)

    def _take_boards(self, feed: ModelFeed, now_us: int) -> None:
        if feed.version != self._version:
            self._version, self._quality, self._sums = feed.version, Quality(), None
            self._recent.clear()
        known = {name: held for name, held in self._extracts.items() if name in feed.boards}
        fresh = {name: (board.stamp, board.extract) for name, board in feed.boards.items() if board.extract is not None}
        self._extracts = known | fresh
        ordered = [self._extracts[name][1] for name in feed.boards if name in self._extracts]
        if not fresh or not ordered:
            return
        extract = merged(ordered)
        self._quality.take(extract)
        sums = extract.rows()[0, : at.sums_of(extract.kind)].copy()
        if self._sums is not None:
            self._recent.add(now_us, sums - self._sums)
        self._sums = sums

    def _measures(self, version: int, told: VersionFeed) -> dict[str, float]:
        held = self._versions.get(version)
        if held is None or held[0] != told:
            held = told, measures_of(scorecard(told.kind, np.array(told.sums)))
            self._versions[version] = held
        return held[1]

    def _lately(self) -> dict[str, float]:
        sums = self._recent.last(SHOWN)
        return measures_of(scorecard(self._kind, sums)) if len(sums) else {}

    def _take_traffic(self, total: Tally, latencies: Sequence[float] | Floats, moment: Moment) -> None:
        heard = total.joined + total.late + total.duplicate + total.revised + total.refused + total.orphans
        before = self._counts if self._counts is not None else (total.predictions, heard)
        self._counts = total.predictions, heard
        # Outcomes that wait for their window to close are in no tally yet: what workers have accepted is fresher.
        outcomes = max(heard - before[1], 0) if moment.outcomes is None else moment.outcomes
        new = [max(total.predictions - before[0], 0), outcomes]
        padded = [*latencies, *([0.0] * (len(moment.bounds) + 1 - len(latencies)))]
        self._traffic.add(moment.now_us, np.array([moment.elapsed, *new, *padded], dtype=np.float64))


def counts_of(tally: Tally) -> dict[str, int]:
    """The counts by name, in the order in which they are shown.

    >>> list(counts_of(Tally(predictions=1, pending=1)))[:3]
    ['predictions', 'joined', 'silent']
    """
    return {name: getattr(tally, name) for name in ("predictions", *ENDINGS, *ODDITIES)}


def _traffic_row(sums: Floats, bounds: tuple[float, ...]) -> Row:
    spans = [_time(quantile(bounds, sums[3:], share)) for share in (0.5, 0.99)]
    return [round(float(sums[0]), 2), float(sums[1]), float(sums[2]), *spans]


def _time(seconds: float | None) -> float | None:
    return None if seconds is None else float(f"{seconds:.3g}")

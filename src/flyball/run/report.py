"""What a replay has to say: plain values, which the doors print, draw or write as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from flyball.events.version import version_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.run.files.rejection import Rejection
    from flyball.watch.bins import CalibrationBin
    from flyball.watch.board import Board, SliceCell, TimeBucket
    from flyball.watch.scorecard import Scorecard

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

ENDINGS = ("joined", "silent", "pending", "unexposed", "discarded", "unlogged")
"""How a prediction can have ended: of one model version they add up to its predictions."""
ODDITIES = ("repeated", "orphans", "late", "duplicate", "revised", "refused", "unlearned")
"""What else is counted on the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalLine:
    """One signal of a model, for the list in a report.

    >>> SignalLine(name="country", kind="str", note="input").kind
    'str'
    """

    name: str
    kind: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Other scores for the same examples: a logged score column, or the truth of a simulated world.

    >>> from flyball.watch.scorecard import Scorecard
    >>> Baseline(scorecard=Scorecard(kind="binary", examples=0, weight=0.0)).timeline
    ()
    """

    scorecard: Scorecard
    timeline: tuple[TimeBucket, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReport:
    """What is known of one model version after a replay.

    Attributes:
        name: of the model.
        version: its number.
        scorecard: of all examples.
        timeline: by the time of the prediction.
        slices: of each slice dimension the cells, the heaviest first.
        calibration: the calibration curve.
        tally: counts by the names of `ENDINGS` and `ODDITIES`, and `predictions`.
        learner: in words.
        keys: live features, those that have a coefficient.
        signals: what the model reads.
        examples_per_second: through the whole loop.
        baselines: other scores for the same examples, by name.
        outcome: name of the outcome.

    >>> from flyball.watch.scorecard import Scorecard
    >>> card = Scorecard(kind="binary", examples=0, weight=0.0)
    >>> ModelReport(name="ctr", version=1, scorecard=card).title
    'ctr@v1'
    """

    name: str
    version: int
    scorecard: Scorecard
    timeline: tuple[TimeBucket, ...] = ()
    slices: Mapping[str, tuple[SliceCell, ...]] = field(default_factory=dict)
    calibration: tuple[CalibrationBin, ...] = ()
    tally: Mapping[str, int] = field(default_factory=dict)
    learner: str = ""
    keys: int = 0
    signals: tuple[SignalLine, ...] = ()
    examples_per_second: float = 0.0
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    outcome: str = ""

    @classmethod
    def of(
        cls,
        board: Board,
        *,
        name: str,
        version: int,
        tally: Mapping[str, int],
        learner: str = "",
        keys: int = 0,
        signals: tuple[SignalLine, ...] = (),
        examples_per_second: float = 0.0,
        baselines: Mapping[str, Board] | None = None,
        outcome: str = "",
    ) -> ModelReport:
        """The report of a model version from its board, and from the boards of other scores for the same examples.

        >>> from flyball.watch.board import Board
        >>> ModelReport.of(Board([], "binary"), name="ctr", version=1, tally={}).scorecard.examples
        0
        """
        others = baselines if baselines is not None else {}
        return cls(
            name=name,
            version=version,
            scorecard=board.total(),
            timeline=board.timeline(),
            slices=board.slices(),
            calibration=board.calibration(),
            tally=dict(tally),
            learner=learner,
            keys=keys,
            signals=signals,
            examples_per_second=examples_per_second,
            baselines={
                key: Baseline(scorecard=other.total(), timeline=other.timeline()) for key, other in others.items()
            },
            outcome=outcome,
        )

    @property
    def title(self) -> str:
        """Name and version, as in the index."""
        return f"{self.name}@{version_text(self.version)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a replay read, how long it took, and what each model made of it.

    Attributes:
        system: its name.
        digest: hash of its definition.
        source: name of the file that was read, or of the log.
        command: what was typed.
        seconds: how long it took.
        rows: how many rows were read, rejected ones counted.
        rejections: by reason, in any order.
        models: one for each model version that met examples.

    >>> Report(system="ads", digest="", source="a.csv", command="", seconds=2.0, rows=10).rows_per_second
    5.0
    """

    system: str
    digest: str
    source: str
    command: str
    seconds: float
    rows: int
    rejections: tuple[Rejection, ...] = ()
    models: tuple[ModelReport, ...] = ()

    @property
    def rows_per_second(self) -> float:
        """Rows read per second, 0 where no time passed."""
        return self.rows / self.seconds if self.seconds > 0.0 else 0.0


MEASURES = (
    "weight",
    "mean_outcome",
    "mean_prediction",
    "log_loss",
    "log_loss_error",
    "normalised_entropy",
    "auc",
    "auc_resolution",
    "calibration",
    "calibration_z",
    "brier",
    "ece",
    "rmse",
    "rmse_error",
    "mae",
    "r2",
    "bias",
)
"""The measures that `as_json` gives of every model; null where a measure is not defined."""


def as_json(report: Report) -> dict[str, JSON]:
    """The report as `--json` prints it: one object, the models by name, measures that are not defined as null.

    >>> from flyball.watch.scorecard import Scorecard
    >>> model = ModelReport(name="ctr", version=1, scorecard=Scorecard(kind="binary", examples=0, weight=0.0))
    >>> found = as_json(Report(system="ads", digest="", source="", command="", seconds=1.0, rows=0, models=(model,)))
    >>> found["models"]["ctr"]["log_loss"] is None
    True
    """
    return {
        "system": report.system,
        "digest": report.digest,
        "source": report.source,
        "rows": report.rows,
        "seconds": report.seconds,
        "rejected": sum(rejection.count for rejection in report.rejections),
        "rejections": [
            {"reason": r.reason, "column": r.column, "count": r.count, "first_row": r.first_row, "example": r.example}
            for r in report.rejections
        ],
        "models": {model.name: _model(model, report.seconds) for model in report.models},
    }


def _model(model: ModelReport, seconds: float) -> dict[str, JSON]:
    return {
        "version": model.version,
        "examples": model.scorecard.examples,
        "seconds": seconds,
        "examples_per_second": model.examples_per_second,
        **{measure: getattr(model.scorecard, measure) for measure in MEASURES},
        "features": model.keys,
        "counts": dict(model.tally),
        "baselines": {
            name: {"log_loss": b.scorecard.log_loss, "rmse": b.scorecard.rmse} for name, b in model.baselines.items()
        },
    }

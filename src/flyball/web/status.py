"""What the dashboard shows and `GET /api/status` answers: one frozen value, made anew at every tick.

Rows of charts and tables are lists, kept in objects by what tells them apart, so that two statuses differ by few rows.

>>> status = Status(tick=1, now_us=0)
>>> (SystemStatus(name="ads").name, LogStatus(seq=7).seq, Status.__struct_fields__[0])
('ads', 7, 'tick')
>>> msgspec.json.decode(msgspec.json.encode(status), type=Status) == status
True
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from flyball.watch.alarm import Alarm
from flyball.watch.feed import LearningState
from flyball.watch.machine import ProcessKind

Row: TypeAlias = list[float | None]
Severity: TypeAlias = Literal["critical", "warning", "note"]

TRAFFIC_COLUMNS: Final = ("seconds", "predictions", "outcomes", "p50", "p99")
"""Of each stretch of traffic: its length, counts, and latencies in seconds."""
QUALITY_COLUMNS: Final = (
    "until_us",
    "examples",
    "loss",
    "loss_low",
    "loss_high",
    "constant",
    "calibration",
    "chance_low",
    "chance_high",
    "predicted",
    "actual",
)
"""Of each stretch of time; intervals are of 95 %, `constant` is the loss of always answering the mean outcome."""
CURVE_COLUMNS: Final = ("weight", "predicted", "actual", "lower", "upper")
"""Of each bin of the calibration curve."""
SLICE_COLUMNS: Final = (
    "examples",
    "weight",
    "actual",
    "predicted",
    "loss",
    "measure",
    "measure_low",
    "measure_high",
    "calibration",
    "calibration_low",
    "calibration_high",
    "skill",
    "promise",
    "named",
)
"""Of each value of a dimension; `measure` is normalised entropy, or for numbers the rmse."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Something about the system itself that somebody should know.

    Attributes:
        code: what it is.
        severity: how urgent.
        where: a model, a process, or "" for the whole.
        since_us: when it was first seen, microseconds UTC.
        what: in a sentence.
        todo: what to do about it.

    >>> Alert(code="loop-down", severity="critical", since_us=0, what="", todo="").where
    ''
    """

    code: str
    severity: Severity
    since_us: int
    what: str
    todo: str
    where: str = ""


class SystemStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The definition that holds.

    >>> SystemStatus(name="ads").owner
    ''
    """

    name: str = ""
    owner: str = ""
    description: str = ""
    definition: str = ""


class LogStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The log, the checkpoints and the disk; sizes in bytes, -1 unknown; times in microseconds UTC.

    >>> LogStatus().learned_through
    0
    """

    seq: int = 0
    log_ts: int = 0
    learned_through: int = 0
    learned_ts: int = 0
    log_bytes: int = 0
    checkpoint_seq: int = 0
    checkpoint_ts: int = 0
    disk_free: int = -1
    disk_total: int = -1


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One process; latencies in seconds over the last minute.

    >>> ProcessStatus(name="loop", kind="loop", pid=7).up
    True
    """

    name: str
    kind: ProcessKind
    pid: int
    up: bool = True
    started_us: int = 0
    resident_bytes: int = 0
    cpu_share: float | None = None
    restarts: int = 0
    requests: int = 0
    refused: int = 0
    failed: int = 0
    ring_fill: float = 0.0


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A model in short.

    Attributes:
        version: the present one; measures are of this version.
        state: what it does with examples.
        stale: whether what it learns does not reach those who ask.
        held: examples kept for later.
        progress: while it is learned again, how far that is.
        outcome: what it predicts.
        assumed: the value that holds where no outcome came; None where nothing is assumed.
        kind: `binary` or `number`.
        learner: in words.
        features: coefficients.
        table_bytes: memory that they take.
        predictions_per_second: over the last seconds.
        outcomes_per_second: likewise.
        p50: seconds within which half of the answers of the last minute came; None without answers.
        p99: likewise.
        measures: those of the scorecard that are defined, by name.
        lately: the same of what was scored in the last ten minutes.
        spark: the loss over time, the latest last.
        balanced: whether the counts add up (invariant 4).
        alarms: what the guard has noticed of its stream, now or ever.

    >>> Card(version=1, state="learning").stale
    False
    """

    version: int
    state: LearningState
    stale: bool = False
    held: int = 0
    progress: float = 1.0
    outcome: str = ""
    assumed: float | None = None
    kind: str = "binary"
    learner: str = ""
    features: int = 0
    table_bytes: int = 0
    predictions_per_second: float = 0.0
    outcomes_per_second: float = 0.0
    p50: float | None = None
    p99: float | None = None
    measures: dict[str, float] = {}
    lately: dict[str, float] = {}
    spark: Row = []
    balanced: bool = True
    alarms: list[Alarm] = []


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """All of a model.

    Attributes:
        counts: what became of its predictions, all versions together.
        versions: the same by version; 0 stands for none, and versions of predictions made elsewhere are negative.
        measures: how good each version is: the measures of its scorecard that are defined, by version and name; under
            0 those of versions beyond the number that are scored each by itself.
        traffic: by the beginning of a stretch of time, microseconds UTC: `TRAFFIC_COLUMNS`.
        recent: what was scored in the last minutes, by when it was scored: `QUALITY_COLUMNS`.
        history: all of this version, by when it was predicted: likewise.
        curve: the calibration curve: `CURVE_COLUMNS`.
        slices: by dimension and value, the heaviest: `SLICE_COLUMNS`.
        values: how many values each dimension has.

    >>> Detail().slices
    {}
    """

    counts: dict[str, int] = {}
    versions: dict[str, dict[str, int]] = {}
    measures: dict[str, dict[str, float]] = {}
    traffic: dict[str, Row] = {}
    recent: dict[str, Row] = {}
    history: dict[str, Row] = {}
    curve: list[Row] = []
    slices: dict[str, dict[str, Row]] = {}
    values: dict[str, int] = {}


class ModelStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A model, in short and in full.

    >>> ModelStatus(card=Card(version=1, state="learning")).detail.counts
    {}
    """

    card: Card
    detail: Detail = msgspec.field(default_factory=Detail)


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Everything.

    Attributes:
        tick: rises with every status.
        now_us: when it was made, microseconds UTC.
        heard_us: when the loop was last heard.
        learning: whether the loop is up, and the coefficients served are those that it learns.
        alerts: the most urgent first.

    >>> Status(tick=1, now_us=0).models
    {}
    """

    tick: int
    now_us: int
    heard_us: int = 0
    learning: bool = True
    system: SystemStatus = msgspec.field(default_factory=SystemStatus)
    log: LogStatus = msgspec.field(default_factory=LogStatus)
    models: dict[str, ModelStatus] = {}
    processes: dict[str, ProcessStatus] = {}
    alerts: list[Alert] = []

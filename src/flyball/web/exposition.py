"""What Prometheus reads on the control port: learning, quality, counts and processes, made from the latest status.

What is not known is left out rather than told as 0, and what may fall is a gauge: a counter that falls by one would be
taken for one that began anew.

>>> from flyball.web.status import Status
>>> exposition(Status(tick=1, now_us=0, learning=False)).decode().splitlines()[-1]
'flyball_learning 0.0'
>>> exposition(Status(tick=0, now_us=0))
b''
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeAlias, get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import generate_latest

from flyball.events.version import version_text
from flyball.run.report import ENDINGS, ODDITIES
from flyball.watch.feed import LearningState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flyball.web.status import ModelStatus, ProcessStatus, Status

Family: TypeAlias = CounterMetricFamily | GaugeMetricFamily
Samples: TypeAlias = "Iterable[tuple[tuple[str, ...], float | None]]"
Models: TypeAlias = "Mapping[str, ModelStatus]"

SECOND: Final = 1_000_000
ORPHANS: Final = "orphans"
"""The only one of `ODDITIES` that falls: when the prediction comes after its outcome."""
MEASURES: Final = (
    ("log_loss", "flyball_log_loss_nats", "Mean log loss of the answers as they were served."),
    ("normalised_entropy", "flyball_normalised_entropy_ratio", "Log loss over that of the constant mean outcome."),
    ("auc", "flyball_auc_ratio", "Area under the ROC curve."),
    ("rmse", "flyball_root_mean_squared_error", "Root of the mean squared error, in the outcome's own unit."),
    ("r2", "flyball_r2_ratio", "Share of the outcomes' variance that is explained."),
    ("calibration", "flyball_calibration_ratio", "Predicted over actual; above 1 too much is predicted."),
    ("calibration_z", "flyball_calibration_deviations", "Predicted minus actual, in standard deviations of chance."),
)
"""Of each measure its name in the status, its metric, and what that says."""


def exposition(status: Status) -> bytes:
    """The page, in Prometheus' text format 0.0.4.

    Args:
        status: the latest; nothing is told of one that was made before the first look.
    """
    return generate_latest(Exposition(status))


class Exposition:
    """The metrics of one status, as prometheus_client has them.

    Args:
        status: the latest.

    >>> from flyball.web.status import LogStatus, Status
    >>> status = Status(tick=1, now_us=0, log=LogStatus(seq=7, log_ts=1, learned_through=5, learned_ts=1))
    >>> [family.name for family in Exposition(status).collect()][2:4]
    ['flyball_log_last_seq', 'flyball_learned_through_seq']
    """

    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterator[Family]:
        """The metrics that have a value."""
        status = self._status
        if not status.tick:
            return
        everything = (
            *_system(status),
            *_processes(status.processes),
            *_models(status.models),
            *_counts(status.models),
            *_measures(status.models),
        )
        yield from (family for family in everything if family.samples)


def _gauge(name: str, about: str, labels: Iterable[str], samples: Samples) -> Family:
    return _filled(GaugeMetricFamily(name, about, labels=list(labels)), samples)


def _counter(name: str, about: str, labels: Iterable[str], samples: Samples) -> Family:
    return _filled(CounterMetricFamily(name, about, labels=list(labels)), samples)


def _filled(family: Family, samples: Samples) -> Family:
    for labels, value in samples:
        if value is not None and math.isfinite(value):
            family.add_metric(labels, float(value))
    return family


def _single(name: str, about: str, value: float | None) -> Family:
    return _gauge(name, about, (), [((), value)])


def _system(status: Status) -> Iterator[Family]:
    log = status.log
    # Before the loop was heard for the first time nothing is known of the log, and 0 stands everywhere.
    heard = log.log_ts > 0
    lag = (log.log_ts - log.learned_ts) / SECOND if heard and log.learned_ts else None
    yield _single("flyball_learning", "1 where what is served is being learned, 0 where it is not.", status.learning)
    yield _single(
        "flyball_loop_heard_timestamp_seconds",
        "When the loop was last heard; what comes from it is as old.",
        status.heard_us / SECOND if heard else None,
    )
    yield _single("flyball_log_last_seq", "The last record of the log.", log.seq if heard else None)
    yield _single(
        "flyball_learned_through_seq", "The last record that was learned from.", log.learned_through if heard else None
    )
    yield _single("flyball_learning_lag_seconds", "How far learning is behind the log.", lag)
    yield _single("flyball_log_size_bytes", "What the log takes on the disk.", log.log_bytes if heard else None)
    yield _single("flyball_checkpoint_seq", "The last record of the newest checkpoint.", log.checkpoint_seq or None)
    yield _single(
        "flyball_checkpoint_timestamp_seconds",
        "When the newest checkpoint was written.",
        log.checkpoint_ts / SECOND if log.checkpoint_ts else None,
    )
    yield _single("flyball_disk_free_bytes", "Left on the state's disk.", _known(log.disk_free))
    yield _single("flyball_disk_size_bytes", "Size of the state's disk.", _known(log.disk_total))
    alerts = Counter((alert.severity, alert.code) for alert in status.alerts)
    yield _gauge("flyball_alerts", "Alerts that hold, as the dashboard has them.", ("severity", "kind"), alerts.items())


def _known(size: int) -> int | None:
    return None if size < 0 else size


def _processes(processes: Mapping[str, ProcessStatus]) -> Iterator[Family]:
    held = [((name.replace(" ", "-"),), process) for name, process in processes.items()]
    label = ("process",)
    yield _gauge("flyball_process_up", "1 where it runs.", label, [(at, process.up) for at, process in held])
    yield _counter(
        "flyball_process_restarts",
        "How often it was started again since the system started.",
        label,
        [(at, process.restarts) for at, process in held],
    )
    yield _gauge(
        "flyball_process_resident_memory_bytes",
        "Resident memory.",
        label,
        [(at, process.resident_bytes or None) for at, process in held],
    )
    yield _gauge(
        "flyball_process_start_time_seconds",
        "When it was started last, since 1970.",
        label,
        [(at, process.started_us / SECOND if process.started_us else None) for at, process in held],
    )
    yield _gauge(
        "flyball_channel_fill_ratio",
        "How full a worker's channel to the log is.",
        label,
        [(at, process.ring_fill) for at, process in held if process.kind == "worker"],
    )


def _models(models: Models) -> Iterator[Family]:
    cards = [(name, model.card) for name, model in models.items()]
    yield _gauge(
        "flyball_model_state",
        "1 for what the model does with examples.",
        ("model", "state"),
        [((name, state), card.state == state) for name, card in cards for state in get_args(LearningState)],
    )
    label = ("model",)
    yield _gauge("flyball_coefficients", "Features.", label, [((name,), card.features) for name, card in cards])
    yield _gauge(
        "flyball_coefficients_size_bytes",
        "Memory of the coefficients.",
        label,
        [((name,), card.table_bytes) for name, card in cards],
    )
    yield _gauge(
        "flyball_held_examples", "Kept until resume.", label, [((name,), float(card.held)) for name, card in cards]
    )
    yield _gauge(
        "flyball_counts_balanced",
        "1 where the fates add up to the predictions.",
        label,
        [((name,), card.balanced) for name, card in cards],
    )
    holding: Counter[tuple[str, str]] = Counter()
    heard: Counter[tuple[str, str]] = Counter()
    for name, card in cards:
        for alarm in card.alarms:
            holding[name, alarm.kind] += int(alarm.on)
            heard[name, alarm.kind] += alarm.times
    kinds = ("model", "kind")
    yield _gauge("flyball_stream_alarms", "Alarms of the guard that hold.", kinds, holding.items())
    yield _counter("flyball_stream_alarmed", "How often one went on.", kinds, heard.items())


def _counts(models: Models) -> Iterator[Family]:
    held = [
        ((name, version_text(int(version))), counts)
        for name, model in models.items()
        for version, counts in model.detail.versions.items()
    ]
    label = ("model", "version")
    yield _counter(
        "flyball_counted_predictions",
        "Predictions, whether they reached the log or not.",
        label,
        [(at, counts.get("predictions")) for at, counts in held],
    )
    yield _gauge(
        "flyball_prediction_fates",
        "What became of them; the fates add up to the predictions.",
        (*label, "fate"),
        [((*at, fate), counts.get(fate)) for at, counts in held for fate in ENDINGS],
    )
    yield _counter(
        "flyball_oddities",
        "Records that said nothing new, came too late or could not be used, and examples not learned from.",
        (*label, "kind"),
        [((*at, kind), counts.get(kind)) for at, counts in held for kind in ODDITIES if kind != ORPHANS],
    )
    yield _gauge(
        "flyball_orphans",
        "Outcomes whose id no known prediction has yet.",
        ("model",),
        [((name,), model.detail.counts.get(ORPHANS)) for name, model in models.items()],
    )


def _measures(models: Models) -> Iterator[Family]:
    held = [
        ((name, version, over), measures)
        for name, model in models.items()
        for version, over, measures in _scorecards(model)
    ]
    label = ("model", "version", "over")
    yield _gauge(
        "flyball_examples",
        "Predictions that were scored with their outcome.",
        label,
        [(at, measures.get("examples")) for at, measures in held],
    )
    for measure, name, about in MEASURES:
        yield _gauge(name, about, label, [(at, measures.get(measure)) for at, measures in held])


def _scorecards(model: ModelStatus) -> Iterator[tuple[str, str, Mapping[str, float]]]:
    """Versions, what the measures are over, and the measures."""
    card = model.card
    # Of the present version the card knows more: what needs its bins.
    for version, measures in {**model.detail.measures, str(card.version): card.measures}.items():
        yield version_text(int(version)), "all", measures
    yield version_text(card.version), "10m", card.lately

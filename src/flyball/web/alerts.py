"""The alerts of the system itself: what is wrong with it, since when, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flyball.events.version import version_text
from flyball.system.moment import format_moment
from flyball.web.status import Alert

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flyball.watch.alarm import Alarm
    from flyball.watch.feed import Feed, TallyFeed
    from flyball.watch.machine import MachineFeed
    from flyball.web.status import Severity

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
SILENT: Final = 5 * SECOND
"""The loop answers several times a second; unheard for so long it is down."""
BEHIND: Final = 30 * SECOND
"""What is learned is this far behind what is logged."""
OVERDUE: Final = 30 * MINUTE
"""A checkpoint this old makes the next start slow."""
RESTARTED: Final = 10 * MINUTE
"""So long a restart is told."""
RECALLED: Final = 24 * 60 * MINUTE
"""So long an alarm of a guard is told when it is over."""
CLOCKS: Final = SECOND
"""Clocks may differ by this much."""
LITTLE: Final = 0.05
"""Of the disk; or `LEAST` bytes, if that is less."""
LEAST: Final = 5 * 1024**3
FILLING: Final = 0.5
"""How full a channel to the log may be."""
RANK: Final[dict[Severity, int]] = {"critical": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What is known at a tick.

    Attributes:
        now_us: the time.
        heard_us: when the loop was last heard.
        feed: what it said then; None if it never did.
        machine: the processes and the disk.

    >>> from flyball.watch.machine import MachineFeed
    >>> Sighting(now_us=0, heard_us=0, feed=None, machine=MachineFeed()).feed is None
    True
    """

    now_us: int
    heard_us: int
    feed: Feed | None
    machine: MachineFeed


class Alerts:
    """Remembers since when things are wrong.

    >>> from flyball.watch.machine import MachineFeed
    >>> alerts = Alerts()
    >>> full = MachineFeed(disk_full=True)
    >>> for now in (1, 2):
    ...     found = alerts.of(Sighting(now_us=now, heard_us=now, feed=None, machine=full))
    >>> [(alert.code, alert.severity, alert.since_us) for alert in found]
    [('disk-full', 'critical', 1)]
    """

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], int] = {}
        self._restarts: dict[str, tuple[int, int]] = {}

    def of(self, sighting: Sighting) -> list[Alert]:
        """The alerts that hold now, the most urgent first, and the oldest of these."""
        found = [*_loop(sighting), *_disk(sighting), *_processes(sighting.machine), *_learning(sighting)]
        found += self._restarted(sighting)
        held = {
            (alert.code, alert.where): self._since.get((alert.code, alert.where), sighting.now_us) for alert in found
        }
        self._since = held
        dated = [_since(alert, held[alert.code, alert.where]) for alert in found]
        return sorted(dated, key=lambda alert: (RANK[alert.severity], alert.since_us, alert.code, alert.where))

    def _restarted(self, sighting: Sighting) -> Iterator[Alert]:
        for process in sighting.machine.processes:
            name = f"{process.kind} {process.index}" if process.kind == "worker" else process.kind
            before, at = self._restarts.get(name, (process.restarts, -RESTARTED))
            if process.restarts > before:
                at = sighting.now_us
            self._restarts[name] = process.restarts, at
            if sighting.now_us - at < RESTARTED:
                yield _alert(
                    "restarted",
                    "warning",
                    name,
                    f"{name} ended and was started again: {_times(process.restarts)} since the system started.",
                    "See its last lines in the system's log; the same request crashing it again and again shows there.",
                )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _since(alert: Alert, since_us: int) -> Alert:
    return Alert(
        code=alert.code, severity=alert.severity, since_us=since_us, what=alert.what, todo=alert.todo, where=alert.where
    )


def _alert(code: str, severity: Severity, where: str, what: str, todo: str) -> Alert:
    return Alert(code=code, severity=severity, where=where, since_us=0, what=what, todo=todo)


def _loop(sighting: Sighting) -> Iterator[Alert]:
    machine = sighting.machine
    if sighting.now_us - sighting.heard_us > SILENT or any(p.kind == "loop" and not p.up for p in machine.processes):
        yield _alert(
            "loop-down",
            "critical",
            "",
            "The loop is down: predictions are answered from what was learned so far, outcomes are refused with 503.",
            "It is started again by itself. If this stays, see the system's log for why it ends; clients retry.",
        )
    elif not machine.learning:
        yield _alert(
            "stale",
            "warning",
            "",
            "Predictions are answered from coefficients that are not being learned any more.",
            "The loop reads the log again after a restart and takes over by itself; wait, and watch its progress.",
        )
    if machine.draining:
        yield _alert("draining", "note", "", "The system is about to stop.", "Nothing: it ends when all is written.")


def _disk(sighting: Sighting) -> Iterator[Alert]:
    machine, feed = sighting.machine, sighting.feed
    if machine.disk_full:
        yield _alert(
            "disk-full",
            "critical",
            "",
            "The disk takes no more: outcomes and events are refused with 507, predictions are not written down.",
            "Free space on the disk of the state directory, or shorten the retention; it goes on by itself.",
        )
    elif 0 <= machine.disk_free < min(LITTLE * machine.disk_total, LEAST):
        yield _alert(
            "disk-nearly-full",
            "warning",
            "",
            f"{machine.disk_free / 1024**2:,.0f} MiB are left on the disk of the state directory.",
            "Free space or shorten the retention, before outcomes are refused.",
        )
    if feed is None:
        return
    if feed.checkpoint_problem:
        yield _alert(
            "checkpoint-failed",
            "warning",
            "",
            f"The last checkpoint could not be written: {feed.checkpoint_problem}",
            "Nothing is lost, but the next start reads more of the log. Make room on the disk; it is tried again.",
        )
    elif 0 < feed.checkpoint_ts < sighting.now_us - OVERDUE and feed.seq > feed.checkpoint_seq:
        yield _alert(
            "checkpoint-overdue",
            "warning",
            "",
            f"The last checkpoint is {(sighting.now_us - feed.checkpoint_ts) // MINUTE} minutes old.",
            "Nothing is lost, but the next start reads more of the log. See the system's log for what delays it.",
        )


def _processes(machine: MachineFeed) -> Iterator[Alert]:
    for process in machine.processes:
        name = f"{process.kind} {process.index}" if process.kind == "worker" else process.kind
        if not process.up and process.kind != "loop":
            yield _alert(
                "process-down", "critical", name, f"{name} is down.", "It is started again by itself; see the log."
            )
        if process.kind == "worker" and process.ring_fill >= FILLING:
            yield _alert(
                "channel-filling",
                "critical" if process.ring_fill >= 0.9 else "warning",
                name,
                f"The channel from {name} to the log is {process.ring_fill:.0%} full.",
                "Predictions that find it full are answered but not written down. Slow the traffic, or see why the loop"
                " does not keep up: a slow disk, or more examples than one core learns.",
            )


def _learning(sighting: Sighting) -> Iterator[Alert]:
    feed = sighting.feed
    if feed is None:
        return
    if feed.log_ts - feed.learned_ts > BEHIND:
        yield _alert(
            "learning-behind",
            "warning",
            "",
            f"Learning is {(feed.log_ts - feed.learned_ts) // SECOND} seconds behind the log.",
            "More comes than one core learns, or a model is being learned again; it catches up when traffic falls.",
        )
    if abs(feed.clock_offset_us) > CLOCKS:
        way = "ahead of" if feed.clock_offset_us > 0 else "behind"
        yield _alert(
            "clocks-differ",
            "warning",
            "",
            f"The log's time is {abs(feed.clock_offset_us) / SECOND:.1f} seconds {way} the wall clock.",
            "See whether the machine's clock is kept by NTP; the log's time follows slowly and never runs backwards.",
        )
    for name, model in sorted(feed.models.items()):
        if model.state == "rewinding":
            yield _alert("rewinding", "note", name, f"{name} is being learned again.", "Wait; answers mix meanwhile.")
        elif model.state != "learning":
            yield _alert(model.state, "note", name, f"{name} is {model.state}.", "Resume it when the reason is gone.")
        yield from _guard(name, model.alarms, feed.log_ts)
    yield from _counts(feed.tallies)


def _guard(name: str, alarms: Sequence[Alarm], log_ts: int) -> Iterator[Alert]:
    """What the guard of a model has noticed: what holds, and for a day what held."""
    for alarm in alarms:
        where, code = f"{name} {alarm.signal}".rstrip(), f"stream-{alarm.kind}"
        span = f"{format_moment(alarm.first_ts)} to {format_moment(alarm.last_ts)}"
        if alarm.on:
            yield _alert(code, "warning", where, f"{alarm.said(name)}: predictions of {span}.", alarm.todo)
        elif log_ts - alarm.last_ts < RECALLED:
            yield _alert(code, "note", where, f"It is over, but {alarm.said(name)}: {span}.", alarm.todo)


def _counts(tallies: Sequence[TallyFeed]) -> Iterator[Alert]:
    for name in sorted({each.model for each in tallies}):
        mine = [each for each in tallies if each.model == name]
        lost = sum(each.tally.unlogged for each in mine)
        if lost > 0:
            yield _alert(
                "unlogged",
                "warning",
                name,
                f"{lost:,} predictions of {name} were answered but not written down: nothing can be learned from them.",
                "They are lost, and counted. See whether the channel to the log was full, or the disk.",
            )
        wrong = [version_text(each.version) for each in mine if not each.tally.balanced]
        if wrong:
            yield _alert(
                "invariant-broken",
                "critical",
                name,
                f"The counts of {name} ({', '.join(wrong)}) do not add up: a prediction vanished or is counted twice.",
                "This is a fault of flyball. Keep the state directory, replay the log elsewhere, and report both.",
            )

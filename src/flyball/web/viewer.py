"""From what the loop and the machine say to what is shown, tick by tick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from flyball.system.system import System
from flyball.watch.feed import Look
from flyball.web.alerts import BEHIND, SILENT, Alerts, Sighting
from flyball.web.latencies import LatencyMeter
from flyball.web.model_view import ModelView, Moment
from flyball.web.outcomes import OutcomeMeter
from flyball.web.status import LogStatus, ModelStatus, ProcessStatus, Status, SystemStatus

if TYPE_CHECKING:
    from flyball.events.tally import Tally
    from flyball.watch.feed import Feed
    from flyball.watch.machine import MachineFeed, ProcessFeed


CPU_OVER_US: Final = 2_000_000
"""The kernel counts processor time in hundredths of a second: over less time its share is noise."""


class CpuUse(msgspec.Struct, frozen=True, kw_only=True):
    """Processor time of a process up to a moment, and its share of a core before.

    >>> CpuUse(at_us=0, seconds=1.5).share is None
    True
    """

    at_us: int
    seconds: float
    share: float | None = None


class Viewer:
    """Keeps what has been seen, and makes a status of it.

    A tick costs what has changed: unchanged boards are not sent by the loop, unchanged rows are not computed again.

    >>> from flyball.watch.machine import MachineFeed
    >>> viewer = Viewer()
    >>> viewer.look()
    Look(stamps={})
    >>> status = viewer.take(None, MachineFeed(), now_us=1_000_000)
    >>> status.tick, status.models
    (1, {})
    """

    def __init__(self) -> None:
        self._tick = 0
        self._text = ""
        self._system: System | None = None
        self._views: dict[str, ModelView] = {}
        self._models: dict[str, ModelStatus] = {}
        self._feed: Feed | None = None
        self._heard_us = 0
        self._alerts = Alerts()
        self._latencies = LatencyMeter()
        self._outcomes = OutcomeMeter()
        self._cpu: dict[int, CpuUse] = {}

    def look(self) -> Look:
        """What to ask the loop next."""
        return Look(stamps={name: view.stamps for name, view in self._views.items()})

    def take(self, feed: Feed | None, machine: MachineFeed, now_us: int) -> Status:
        """The status as it is now.

        Args:
            feed: the loop's answer to `look`; None if it gave none.
            machine: the processes and the disk.
            now_us: the time, microseconds UTC.

        Raises:
            FlyballError: the loop is of another release.
        """
        self._tick += 1
        self._heard_us = self._heard_us or now_us
        if feed is not None:
            # What the loop counted while it was not heard belongs to all of that time.
            since = (now_us - self._heard_us) / 1e6 if self._feed is not None else 0.0
            self._feed, self._heard_us = feed, now_us
            self._define(feed.system)
            self._take_models(feed, machine, now_us, since)
        self._cpu = {process.pid: self._cpu_use(process, now_us) for process in machine.processes}
        sighting = Sighting(now_us=now_us, heard_us=self._heard_us, feed=self._feed, machine=machine)
        return Status(
            tick=self._tick,
            now_us=now_us,
            heard_us=self._heard_us,
            learning=machine.learning and now_us - self._heard_us <= SILENT,
            system=self._system_status(),
            log=_log_status(self._feed, machine),
            models=self._models,
            processes={_name(process): self._process(process) for process in machine.processes},
            alerts=self._alerts.of(sighting),
        )

    def _define(self, text: str) -> None:
        if text == self._text:
            return
        self._system, self._text = System.from_json(text), text
        kept = {}
        for model in self._system.models:
            view = self._views.get(model.name)
            if view is None:
                view = ModelView(self._system, model.name)
            view.define(self._system)
            kept[model.name] = view
        self._views = kept

    def _take_models(self, feed: Feed, machine: MachineFeed, now_us: int, elapsed: float) -> None:
        stale = not machine.learning or feed.log_ts - feed.learned_ts > BEHIND
        answered, told = self._latencies.take(machine.processes), self._outcomes.take(machine.processes)
        moment = Moment(
            now_us=now_us,
            elapsed=elapsed,
            stale=stale,
            bounds=self._latencies.bounds,
            outcomes=told if self._system is not None and len(self._system.outcomes) == 1 else None,
        )
        tallies: dict[str, dict[int, Tally]] = {name: {} for name in self._views}
        for each in feed.tallies:
            if each.model in tallies:
                tallies[each.model][each.version] = each.tally
        self._models = {
            name: view.take(feed.models[name], tallies[name], answered.get(name, ()), moment)
            for name, view in self._views.items()
            if name in feed.models
        }

    def _system_status(self) -> SystemStatus:
        system = self._system
        if system is None:
            return SystemStatus()
        return SystemStatus(
            name=system.name, owner=system.owner, description=system.description, definition=system.digest[:16]
        )

    def _cpu_use(self, process: ProcessFeed, now_us: int) -> CpuUse:
        before = self._cpu.get(process.pid)
        if before is None or now_us < before.at_us:
            return CpuUse(at_us=now_us, seconds=process.cpu_seconds)
        if now_us - before.at_us < CPU_OVER_US:
            return before
        used = max(process.cpu_seconds - before.seconds, 0.0) * 1e6 / (now_us - before.at_us)
        return CpuUse(at_us=now_us, seconds=process.cpu_seconds, share=round(used, 3))

    def _process(self, process: ProcessFeed) -> ProcessStatus:
        codes = {group: sum(n for code, n in process.requests.items() if code[:1] == group) for group in "45"}
        return ProcessStatus(
            name=_name(process),
            kind=process.kind,
            pid=process.pid,
            up=process.up,
            started_us=process.started_us,
            resident_bytes=process.resident_bytes,
            cpu_share=self._cpu[process.pid].share,
            restarts=process.restarts,
            requests=sum(process.requests.values()),
            refused=codes["4"],
            failed=codes["5"],
            ring_fill=process.ring_fill,
        )


def only(status: Status, model: str | None, dimension: str | None = None) -> Status:
    """The status with the details of one model only, and of its slices those of one dimension.

    Args:
        status: all.
        model: its name; None takes the first by name.
        dimension: its name; None takes the first.

    >>> only(Status(tick=1, now_us=0), None).models
    {}
    """
    wanted = min(status.models, default=None) if model is None else model
    models = {}
    for name, each in status.models.items():
        if name != wanted:
            models[name] = ModelStatus(card=each.card)
            continue
        slices = each.detail.slices
        chosen = dimension if dimension in slices else next(iter(slices), None)
        shown = {} if chosen is None else {chosen: slices[chosen]}
        models[name] = ModelStatus(card=each.card, detail=msgspec.structs.replace(each.detail, slices=shown))
    return msgspec.structs.replace(status, models=models)


def _name(process: ProcessFeed) -> str:
    return f"{process.kind} {process.index}" if process.kind == "worker" else process.kind


def _log_status(feed: Feed | None, machine: MachineFeed) -> LogStatus:
    if feed is None:
        return LogStatus(disk_free=machine.disk_free, disk_total=machine.disk_total)
    return LogStatus(
        seq=feed.seq,
        log_ts=feed.log_ts,
        learned_through=feed.learned_through,
        learned_ts=feed.learned_ts,
        log_bytes=feed.log_bytes,
        checkpoint_seq=feed.checkpoint_seq,
        checkpoint_ts=feed.checkpoint_ts,
        disk_free=machine.disk_free,
        disk_total=machine.disk_total,
    )

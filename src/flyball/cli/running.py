"""A running system in a few lines, as `flyball status` shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from flyball.cli.control_api import ControlApi, ControlRefused, ControlSilent, given_token
from flyball.cli.report.wording import seconds, whole
from flyball.run.live.roster import read_roster
from flyball.system.size import format_size

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from flyball.run.live.roster import Running
    from flyball.run.report import JSON
    from flyball.watch.alarm import Alarm
    from flyball.web.status import ProcessStatus, Status

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningView:
    """What is known of a running system.

    Attributes:
        running: who it is, from its state directory.
        status: what the control process tells; `None` where it does not answer.
        problem: why it does not.

    >>> from flyball.run.live.roster import Running
    >>> gone = Running(pid=1, host="127.0.0.1", port=8000, control_port=8001, processes=[])
    >>> RunningView(running=gone, status=None, problem="no answer").uptime is None
    True
    """

    running: Running
    status: Status | None
    problem: str

    @property
    def uptime(self) -> float | None:
        """Seconds since it was started; `None` unknown."""
        started = [process.started_us for process in self._processes if process.kind == "supervisor"]
        if self.status is None or not started or not started[0]:
            return None
        return max(self.status.now_us - started[0], 0) / SECOND_US

    @property
    def learned_age(self) -> float | None:
        """Seconds since the last record that the coefficients have learned from was logged; `None` unknown."""
        if self.status is None or not self.status.log.learned_ts:
            return None
        return max(self.status.now_us - self.status.log.learned_ts, 0) / SECOND_US

    def features(self, model: str) -> int | None:
        """How many coefficients a model has now; `None` unknown."""
        known = None if self.status is None else self.status.models.get(model)
        return None if known is None else known.card.features

    def alarms(self, model: str) -> list[Alarm] | None:
        """What the guard of a model has noticed; `None` unknown."""
        known = None if self.status is None else self.status.models.get(model)
        return None if known is None else known.card.alarms

    @property
    def _processes(self) -> list[ProcessStatus]:
        return [] if self.status is None else list(self.status.processes.values())

    def shown(self) -> list[RenderableType]:
        """As people read it."""
        uptime = "" if self.uptime is None else f", up for {seconds(self.uptime)}"
        parts: list[RenderableType] = [
            Text.assemble(("running", "bold green"), f"  predictions and outcomes: {self.running.address}{uptime}"),
            Text(f"         dashboard: {self.running.control}"),
        ]
        if self.status is None:
            parts.append(Text(f"         {self.problem}", style="yellow"))
            return [*parts, self._from_roster(), ""]
        log = self.status.log
        behind = log.seq - log.learned_through
        where = "the last one" if behind <= 0 else f"{whole(behind)} behind"
        age = "" if self.learned_age is None else f", logged {seconds(self.learned_age)} ago"
        through = f"learned through record {whole(log.learned_through)}, {where}{age}"
        learning = Text("learning", style="green") if self.status.learning else Text("STALE: not learning", style="red")
        parts.append(Text.assemble("         ", learning, f"; {through}"))
        parts += [
            Text(f"         {name} is {each.card.state}", style="yellow")
            for name, each in self.status.models.items()
            if each.card.state != "learning"
        ]
        parts.append(self._table())
        styles = {"critical": "bold red", "warning": "yellow"}
        for alert in self.status.alerts:
            where = f" ({alert.where})" if alert.where else ""
            said = f"{alert.severity}{where}: {alert.what}; {alert.todo}"
            parts.append(Text(said, style=styles.get(alert.severity, "")))
        return [*parts, ""]

    def as_json(self) -> dict[str, JSON]:
        """As a program reads it."""
        known = self.status
        processes: list[JSON] = [
            {
                "kind": each.kind,
                "name": each.name,
                "pid": each.pid,
                "up": each.up,
                "resident_bytes": each.resident_bytes,
                "restarts": each.restarts,
            }
            for each in self._processes
        ]
        if known is None:
            processes = [
                {"kind": each.kind, "pid": each.pid, "restarts": each.restarts} for each in self.running.processes
            ]
        return {
            "pid": self.running.pid,
            "address": self.running.address,
            "dashboard": self.running.control,
            "answers": known is not None,
            "problem": self.problem,
            "uptime_seconds": self.uptime,
            "learning": None if known is None else known.learning,
            "learned_through": None if known is None else known.log.learned_through,
            "learned_age_seconds": self.learned_age,
            "models": {} if known is None else {name: each.card.state for name, each in known.models.items()},
            "processes": processes,
            "alerts": []
            if known is None
            else [
                {
                    "code": each.code,
                    "severity": each.severity,
                    "where": each.where,
                    "what": each.what,
                    "todo": each.todo,
                }
                for each in known.alerts
            ],
        }

    def _table(self) -> Table:
        table = _empty()
        for each in self._processes:
            name = each.name if each.up else f"{each.name} (down)"
            table.add_row(name, str(each.pid), format_size(each.resident_bytes), whole(each.restarts))
        return table

    def _from_roster(self) -> Table:
        table = _empty()
        for each in self.running.processes:
            table.add_row(each.kind, str(each.pid), "", whole(each.restarts))
        return table


def _empty() -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("process")
    for heading in ("pid", "memory", "restarts"):
        table.add_column(heading, justify="right")
    return table


def view_running(state: Path) -> RunningView | None:
    """Who runs a state directory, and what its control process tells; `None` where nobody runs it.

    Args:
        state: the directory.

    >>> from pathlib import Path
    >>> view_running(Path("nowhere")) is None
    True
    """
    running = read_roster(state)
    if running is None:
        return None
    try:
        return RunningView(running=running, status=ControlApi(running, given_token()).status(), problem="")
    except (ControlSilent, ControlRefused) as error:
        return RunningView(running=running, status=None, problem=str(error))

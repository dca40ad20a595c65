"""Whatever holds a state: a system that runs, which is asked over its control API, or a directory that is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.cli.control_api import ControlApi, given_token
from flyball.events.reader import open_reader
from flyball.events.record import Rewind
from flyball.run.live.roster import read_roster
from flyball.run.rewind import check_rewind
from flyball.run.state import State, StateRefused, read_label
from flyball.system.clock import SystemClock
from flyball.system.error import FlyballError
from flyball.system.mistake import did_you_mean, one_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from flyball.events.record import Pause
    from flyball.system.clock import Clock


class ModelUnknown(FlyballError):
    """The state has no model of this name."""


def target_of(state: Path) -> RunningTarget | StoppedTarget:
    """Who is to do something to a model of this state directory.

    Args:
        state: the directory.

    Raises:
        StateRefused: it holds no state.
        LogBusy: it is being started or stopped, or another program has it.

    >>> from pathlib import Path
    >>> target_of(Path("nowhere"))
    Traceback (most recent call last):
        ...
    flyball.run.state.StateRefused: nowhere holds no state; give one that `flyball up` or `flyball replay --state` made
    """
    if read_label(state) is None:
        raise StateRefused(f"{state} holds no state; give one that `flyball up` or `flyball replay --state` made")
    running = read_roster(state)
    return StoppedTarget(state) if running is None else RunningTarget(state, ControlApi(running, given_token()))


def check_model(model: str, models: Collection[str]) -> None:
    """Refuses a model that there is not.

    Raises:
        ModelUnknown: it is not among them.

    >>> check_model("ctl", ["ctr"])
    Traceback (most recent call last):
        ...
    flyball.cli.target.ModelUnknown: no model is named 'ctl'; accepted: 'ctr'; did you mean 'ctr'?
    """
    if model not in models:
        names = sorted(models)
        hint = did_you_mean(model, names)
        raise ModelUnknown(f"no model is named {model!r}; accepted: {one_of(names)}{'; ' + hint if hint else ''}")


class RunningTarget:
    """A system that runs.

    Args:
        state: its state directory.
        api: its control API.
        clock: this machine's, on which the system runs.

    >>> from pathlib import Path
    >>> from flyball.events.record import Pause
    >>> from flyball.run.live.roster import Running
    >>> gone = Running(pid=1, host="127.0.0.1", port=1, control_port=1, processes=[])
    >>> RunningTarget(Path("state"), ControlApi(gone, token=None)).act(Pause(model="ctr", mode="pause"))
    Traceback (most recent call last):
        ...
    flyball.cli.control_api.ControlSilent: ...
    """

    def __init__(self, state: Path, api: ControlApi, clock: Clock | None = None) -> None:
        self.state, self._api = state, api
        self.now_us = (clock or SystemClock()).now()
        """The time, microseconds UTC: a status may be two seconds old."""

    def act(self, body: Pause | Rewind) -> None:
        """Has this logged and done; a rewind goes on after it returns.

        Raises:
            ModelUnknown: there is no such model.
            RewindRefused: a rewind that cannot be done.
            ControlSilent: the control process does not answer.
            ControlRefused: it says no.
        """
        status = self._api.status()
        check_model(body.model, status.models)
        if not isinstance(body, Rewind):
            self._api.act(body.model, body.mode)
            return
        with open_reader(self.state / "log") as reader:
            check_rewind(body, models=status.models, first_seq=reader.first_seq, now=self.now_us)
        stretches = [{"from": start, "to": end} for start, end in body.exclude]
        self._api.act(body.model, "rewind", {"to": body.to_ts, "exclude": stretches})


class StoppedTarget:
    """A state directory that nobody has open.

    Args:
        state: the directory.

    Raises:
        LogBusy: somebody has it open.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.events.record import Pause
    >>> state = Path(tempfile.mkdtemp())
    >>> State.open(state, System("s", models=[Model("m", signals=[Input("x", int)], outcome=Outcome("y"))])).close()
    >>> StoppedTarget(state).act(Pause(model="m", mode="pause"))
    """

    def __init__(self, state: Path) -> None:
        self.state = state
        with open_reader(state / "log") as reader:
            self.now_us = reader.last_ingest_ts or 0
            """The log's time, microseconds UTC: that of its last record."""

    def act(self, body: Pause | Rewind) -> None:
        """Logs and does this; it is done when it returns.

        Raises:
            ModelUnknown: there is no such model.
            RewindRefused: a rewind that cannot be done.
            LogBusy: somebody has it open.
        """
        with State.open(self.state) as state:
            models = state.engine.models
            check_model(body.model, models)
            if isinstance(body, Rewind):
                check_rewind(body, models=models, first_seq=state.log.first_seq, now=state.now)
            state.commit([(state.now, state.now, body)])

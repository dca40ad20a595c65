"""What the control app needs of the running system: two small ports.

>>> Action(kind="pause", model="ctr").exclude
()
>>> raise ActionRefused("model 'ctr' is not paused; nothing to resume")
Traceback (most recent call last):
    ...
flyball.web.port.ActionRefused: model 'ctr' is not paused; nothing to resume
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import msgspec

from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from flyball.web.status import Status

ActionKind: TypeAlias = Literal["pause", "freeze", "resume", "rewind"]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants done to a model.

    Attributes:
        kind: pause keeps what arrives and learns it at resume; freeze scores it and never learns it; resume ends both;
            rewind goes back to what was learned from what was known before `to_us`.
        model: its name.
        to_us: of a rewind, the time, microseconds UTC.
        exclude: of a rewind, stretches `[from, to)` of predictions to leave out when the rest is learned again.
    """

    kind: ActionKind
    model: str
    to_us: int | None = None
    exclude: tuple[tuple[int, int], ...] = ()


class ActionRefused(FlyballError):
    """The system does not do this; the message says why, and what to do instead."""


class SystemBusy(FlyballError):
    """The loop is down or busy; the same action may be tried again soon."""


class Ended(FlyballError):
    """The system is about to stop: there will be no further status."""


class Running(Protocol):
    """The running system, as the control app sees it."""

    def status(self) -> Status:
        """The latest status."""

    def changed(self, after: int) -> Awaitable[Status]:
        """The latest status, once its tick is higher than `after`.

        Raises:
            Ended: there will be none.
        """

    def act(self, action: Action, actor: str) -> Awaitable[int]:
        """Writes the action to the log and gives its place there, once that is durable.

        Raises:
            ActionRefused: it cannot be done.
            SystemBusy: it could be done later.
        """


class Audit(Protocol):
    """Where administrators' actions are written down."""

    def __call__(self, actor: str, action: str, details: Mapping[str, object]) -> None:
        """Writes down who did what."""

"""What is done to the learning of a model in an embedded system: paused, frozen, resumed, rewound."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from flyball.events.record import Pause, Rewind
from flyball.run.rewind import check_rewind
from flyball.serve.request import RequestRefused, checked_time
from flyball.system.mistake import did_you_mean, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from threading import RLock

    from flyball.run.form import Form
    from flyball.run.state import State
    from flyball.system.system import System

F = TypeVar("F", bound="Callable[..., Any]")


def one_at_a_time(method: F) -> F:
    """A method that waits until no other thread is in one of these.

    >>> one_at_a_time(Controls.pause).__name__
    'pause'
    """

    @wraps(method)
    def alone(self: Controls, *args: Any, **options: Any) -> Any:  # noqa: ANN401  # as the method has them
        with self._alone:
            return method(self, *args, **options)

    return cast("F", alone)


class Controls:
    """The part of an embedded system by which learning is stopped, goes on, or is taken back.

    Args:
        state: its opened state.
        alone: held by the thread that is in a method.

    >>> import flyball as fb
    >>> late = fb.Model("late", signals=[fb.Input("hour", int)], outcome=fb.Outcome("late"))
    >>> with fb.open(fb.System("flights", models=[late])) as fly:
    ...     fly.pause("late")
    ...     told = fly.predict("late", {"hour": 7}, id="r1"), fly.outcome("r1", True)
    ...     before = fly.predict("late", {"hour": 7}).prediction
    ...     fly.resume("late")
    ...     before, fly.predict("late", {"hour": 7}).prediction > 0.5
    (0.5, True)
    """

    def __init__(self, state: State, alone: RLock) -> None:
        self.state = state
        self._alone = alone

    @property
    def now(self) -> int:
        """The time of the next record, microseconds UTC."""
        return self.state.now

    @property
    def _system(self) -> System:
        """The definition that holds."""
        system = self.state.engine.system
        assert system is not None  # noqa: S101  # a state is opened with a definition
        return system

    def _form(self, model: str) -> Form:
        names = [each.name for each in self._system.models]
        if model not in names:
            msg = f"no model is named {model!r}; accepted: {one_of(names)}; {did_you_mean(str(model), names)}"
            raise RequestRefused(msg)
        return self.state.engine.models[model].form

    @one_at_a_time
    def pause(self, model: str) -> None:
        """Stops learning: what is told from now on is scored, and learned when `resume` is called.

        Raises:
            RequestRefused: the model is unknown.
        """
        self._turn(model, "pause")

    @one_at_a_time
    def freeze(self, model: str) -> None:
        """Stops learning: what is told from now on is scored, and never learned.

        Raises:
            RequestRefused: the model is unknown.
        """
        self._turn(model, "freeze")

    @one_at_a_time
    def resume(self, model: str) -> None:
        """Ends a pause or a freeze; what a pause held back is learned before the call returns.

        Raises:
            RequestRefused: the model is unknown.
        """
        self._turn(model, "resume")

    @one_at_a_time
    def rewind(self, model: str, *, to: object, exclude: Iterable[tuple[object, object]] = ()) -> None:
        """Takes back what a model has learned; its scores and counts stay.

        Without `exclude` it knows again what it had learned before `to`, and what was learned since is never learned
        again. With it, it is as if predictions made in these stretches had never been learned from, nor will they be.

        Args:
            model: the model's name.
            to: RFC 3339 with an offset, or microseconds since 1970.
            exclude: stretches from a time up to, without, another; none may begin before `to`.

        Raises:
            RequestRefused: the model is unknown, or a time is none.
            RewindRefused: a time lies in the future, a stretch before `to`, or the log no longer holds its beginning.
        """
        self._form(model)
        now = self.now
        stretches = [(checked_time(start, now), checked_time(end, now)) for start, end in exclude]
        body = Rewind(model=model, to_ts=checked_time(to, now), exclude=stretches)
        check_rewind(body, models=self.state.engine.models, first_seq=self.state.log.first_seq, now=now)
        self.state.commit([(now, now, body)])

    def _turn(self, model: str, mode: Literal["pause", "freeze", "resume"]) -> None:
        self._form(model)
        now = self.now
        self.state.commit([(now, now, Pause(model=model, mode=mode))])

"""Who calls, how patiently, and the course that each call takes; without any I/O of its own."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar

from flyball.client.address import Address
from flyball.client.course import Attempt, Course
from flyball.client.error import ClientError, TimedOut, Unavailable, error_of
from flyball.client.failure import Failure, Kind
from flyball.client.options import Options, checked_seconds
from flyball.client.patience import Ended, Patience
from flyball.client.ports import Ports
from flyball.client.problem import read_problem
from flyball.client.request import checked_token
from flyball.client.response import Response

if TYPE_CHECKING:
    from flyball.client.call import Call

T = TypeVar("T")

PASSING = frozenset({502, 503})
"""Statuses after which the same request is sent again."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how.

    Args:
        address: whom.
        token: by which it is known.
        timeout: how many seconds a call may take that says nothing else.
        options: its limits and patience.
        ports: its time and chance.

    >>> Caller.of("http://127.0.0.1:8000", timeout=2).timeout
    2.0
    """

    address: Address
    token: str | None
    timeout: float
    options: Options
    ports: Ports

    @classmethod
    def of(
        cls,
        address: str,
        token: str | None = None,
        timeout: float = 5.0,
        options: Options | None = None,
        ports: Ports | None = None,
    ) -> Self:
        """A caller, if all that is given makes sense.

        Raises:
            Unsendable: something does not; the message says what is accepted.
        """
        return cls(
            Address.read(address),
            checked_token(token),
            checked_seconds("timeout", timeout),
            Options() if options is None else options,
            Ports() if ports is None else ports,
        )

    def course(self, call: Call[T]) -> Course[T]:
        """The course of one call, its fallback included.

        Raises:
            ClientError: there is no value, see `flyball.client.error`.
        """
        try:
            response = yield from self._answer(call)
            return call.read(response)
        except (Unavailable, TimedOut) as error:
            if call.instead is None:
                raise
            return call.instead(error)

    def _answer(self, call: Call[T]) -> Course[Response]:
        patience, elapsed = self._patience(call), self.ports.elapsed
        wire = partial(call.request.wire, self.address, self.token)
        where = f"{call.request.method} {self.address}{call.request.path}"
        began = elapsed()
        tries, fresh, asked, ended = 0, False, 0.0, patience.used_up
        met: Response | Failure = Failure(Kind.LATE, "no answer in time")
        while (left := began + patience.seconds - elapsed()) > 0:
            result = yield Attempt(wire, left if call.once else self.options.try_seconds, left, fresh)
            assert result is not None  # noqa: S101  # an attempt comes to an answer or a failure
            if isinstance(result, Response) and result.status in call.answers:
                return result
            met, stale = result, isinstance(result, Failure) and result.kind is Kind.STALE
            if stale and not fresh:
                fresh = True
                continue
            tries, fresh = tries + 1, fresh or isinstance(result, Failure)
            asked = self._asked_to_wait(result)
            left = began + patience.seconds - elapsed()
            own = self.options.pause(tries, self.ports.random())
            step = patience.after(tries, left=left, asked=asked, own=own) if _passes(result) else Ended("")
            if isinstance(step, Ended):
                ended = step
                break
            yield step
        made = f"after {'1 try' if tries == 1 else f'{tries} tries'} in {round(elapsed() - began, 3):g} s"
        raise _error(where, met, "; ".join(filter(None, (made, ended.why))), asked)

    def _patience(self, call: Call[T]) -> Patience:
        if call.seconds is None:
            return Patience(self.timeout, "timeout", self.options.tries, call.once)
        return Patience(call.seconds, "deadline", self.options.tries, call.once)

    def _asked_to_wait(self, result: Response | Failure) -> float:
        """Seconds of `Retry-After`: a number, or a date; 0 where it says nothing that can be understood."""
        said = result.retry_after if isinstance(result, Response) else None
        if said is None:
            return 0.0
        if said.isascii() and said.isdigit():
            return float(said[:9])
        try:
            return max(0.0, parsedate_to_datetime(said).timestamp() - self.ports.wall())
        except (ValueError, OverflowError):
            return 0.0


def _passes(result: Response | Failure) -> bool:
    """Whether the same request may fare better a little later."""
    return result.status in PASSING if isinstance(result, Response) else result.kind is not Kind.FINAL


def _error(where: str, result: Response | Failure, ending: str, asked: float) -> ClientError:
    """The error for what the last try met."""
    if isinstance(result, Response):
        problem = read_problem(result.status, result.reason, result.body)
        error = error_of(f"{where}: {problem}{f', {ending}' if _passes(result) else ''}", problem)
        if isinstance(error, Unavailable):
            error.retry_after = asked
        return error
    message = f"{where}: {result.text}, {ending}"
    if result.kind is Kind.LATE:
        return TimedOut(message)
    return Unavailable(
        f"{message}; {'is the service up at this address?' if _passes(result) else 'it would fail again'}"
    )

"""What can go wrong between a caller and the service.

    FlyballError
    └── ClientError
        ├── Unsendable      what was given cannot be written down; nothing was sent
        ├── Closed          the client or sender is closed, or belongs to another process or event loop
        ├── Refused         the service says no; asking again changes nothing
        │   ├── Unauthorised    401, 403: the token
        │   ├── NotFound        404: no such model or event type
        │   └── Conflict        409: the id was used for something else
        ├── Unavailable     nobody answers, or the service says: not now
        ├── TimedOut        no answer in time, or none within the model's deadline
        └── Unreadable      the answer is none that the service would give

Only `Unavailable` and `TimedOut` may pass by themselves; a `fallback` stands in for these two alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from flyball.client.problem import Problem


class ClientError(FlyballError):
    """A call did not do what it was made for.

    Args:
        message: what was given, what is accepted, what to do.
        problem: what the service says, if it said something.
    """

    def __init__(self, message: str, problem: Problem | None = None) -> None:
        super().__init__(message, problem)
        self.problem = problem

    def __str__(self) -> str:
        """The message."""
        return str(self.args[0])


class Unsendable(ClientError):
    """What was given cannot be sent, such as a number that is not finite; nothing was sent."""


class Closed(ClientError):
    """The client or sender was closed, or belongs to another process or event loop."""


class Refused(ClientError):
    """The service says no, and says why in `problem`."""

    problem: Problem

    def __init__(self, message: str, problem: Problem) -> None:
        super().__init__(message, problem)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def type(self) -> str:
        """The kind of problem, such as `urn:flyball:problem:conflict`."""
        return self.problem.type

    @property
    def title(self) -> str:
        """The kind of problem in a few words."""
        return self.problem.title

    @property
    def detail(self) -> str:
        """What is wrong, in a sentence."""
        return self.problem.detail


class Unauthorised(Refused):
    """No token, a wrong one, or one that does not allow this (401, 403)."""


class NotFound(Refused):
    """No such model, event type or path (404)."""


class Conflict(Refused):
    """The id was already used for something else (409)."""


class Unavailable(ClientError):
    """Nobody answered the last try, or the service says that it cannot now (502, 503, 507); later it may.

    `retry_after` is how many seconds the service asks to wait, 0 where it does not say.
    """

    retry_after: float = 0.0


class TimedOut(ClientError):
    """The last try had no answer in time, or the model none within its deadline (504)."""


class Unreadable(ClientError):
    """The answer is none that the service would give: not HTTP, not JSON, something missing, or too large."""


def error_of(message: str, problem: Problem) -> ClientError:
    """The error for a problem.

    >>> from flyball.client.problem import Problem
    >>> error_of("r1: no", Problem(409))
    Conflict('r1: no', Problem(status=409, type='about:blank', title='', detail='', given=None, ...))
    """
    if problem.status in {502, 503, 507}:
        return Unavailable(message, problem)
    if problem.status == 504:
        return TimedOut(message, problem)
    refusals: dict[int, type[Refused]] = {401: Unauthorised, 403: Unauthorised, 404: NotFound, 409: Conflict}
    return refusals.get(problem.status, Refused)(message, problem)

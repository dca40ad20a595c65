"""Problems: why a request was refused, as RFC 9457 has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from flyball.serve.telling import NotDeclared
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Sequence

URN = "urn:flyball:problem:"
"""What every problem's type begins with."""

TITLES: dict[str, tuple[int, str]] = {
    "malformed": (400, "The body is not JSON"),
    "duplicate-key": (400, "A key stands twice"),
    "too-deep": (400, "The body is nested too deeply"),
    "bad-request": (400, "The request cannot be read"),
    "unauthorised": (401, "A token is needed"),
    "forbidden": (403, "The token does not allow this"),
    "not-found": (404, "There is nothing of this name"),
    "wrong-method": (405, "This is not done here"),
    "body-slow": (408, "The request came too slowly"),
    "conflict": (409, "The id was asked with other inputs"),
    "too-large": (413, "The body is too large"),
    "wrong-media": (415, "The body is not declared as JSON"),
    "wrong-host": (421, "This host is not served here"),
    "refused": (422, "A value cannot be taken"),
    "not-declared": (422, "What was named is not declared"),
    "too-many": (422, "There are too many at once"),
    "headers-too-large": (431, "The headers are too large"),
    "loop-down": (503, "Nothing can be recorded at present"),
    "queue-full": (503, "Too much is waiting to be recorded"),
    "no-answer": (503, "The model has no answer"),
    "not-ready": (503, "Not ready"),
    "too-many-connections": (503, "There are too many connections"),
    "deadline": (504, "The deadline has passed"),
    "disk-full": (507, "The disk is full"),
}
"""Status and title of every kind of problem."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One problem, as it is sent.

    Args:
        type: `urn:flyball:problem:` and the kind.
        title: what is wrong with all requests of this kind.
        status: the HTTP status.
        detail: what was given, what is accepted and what to do, in one sentence.
        given: what was given, cut.
        accepted: what is accepted.
        hint: what to do.

    >>> problem("not-found", "no model is named 'ctr'").status
    404
    """

    type: str
    title: str
    status: int
    detail: str
    given: str | None = None
    accepted: str | None = None
    hint: str | None = None

    @property
    def kind(self) -> str:
        """The type without what all types begin with.

        >>> problem("conflict", "").kind
        'conflict'
        """
        return self.type.removeprefix(URN)


class Refused(FlyballError):
    """A request that is not served.

    Args:
        problem: what it is answered with.
        headers: what its answer carries besides, as ASGI has it.

    >>> raise Refused(problem("forbidden", "the token of 'web' has the scopes read; this needs outcome"))
    Traceback (most recent call last):
        ...
    flyball.serve.problem.Refused: the token of 'web' has the scopes read; this needs outcome
    """

    def __init__(self, problem: Problem, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """The message is the problem's detail."""
        super().__init__(problem.detail)
        self.problem = problem
        self.headers = tuple(headers)


def problem(
    kind: str, detail: str, *, given: str | None = None, accepted: str | None = None, hint: str | None = None
) -> Problem:
    """A problem of one of the kinds in `TITLES`.

    >>> problem("too-large", "the body has 9 bytes; at most 8 are taken").type
    'urn:flyball:problem:too-large'
    """
    status, title = TITLES[kind]
    return Problem(
        type=URN + kind, title=title, status=status, detail=detail, given=given, accepted=accepted, hint=hint
    )


def malformed(detail: str) -> Refused:
    """The body is not JSON.

    >>> malformed("the body is not JSON: it ends too early").problem.status
    400
    """
    return Refused(problem("malformed", detail))


def unauthorised(detail: str) -> Refused:
    """No token was sent, or one that is not known.

    >>> unauthorised("no token was sent").headers
    ((b'www-authenticate', b'Bearer'),)
    """
    return Refused(problem("unauthorised", detail), [(b"www-authenticate", b"Bearer")])


def forbidden(detail: str) -> Refused:
    """The token does not have the scope.

    >>> forbidden("it has the scopes read").problem.status
    403
    """
    return Refused(problem("forbidden", detail))


def not_found(detail: str, *, hint: str | None = None) -> Refused:
    """There is no such path, model or type of event.

    >>> not_found("no model is named 'x'", hint="did you mean 'y'?").problem.hint
    "did you mean 'y'?"
    """
    return Refused(problem("not-found", detail, hint=hint))


def wrong_method(method: str, allowed: str) -> Refused:
    """The path is there, but not for this method.

    >>> wrong_method("PUT", "GET, HEAD").headers
    ((b'allow', b'GET, HEAD'),)
    """
    detail = f"{method[:20]} is not done here; accepted: {allowed}"
    return Refused(problem("wrong-method", detail, accepted=allowed), [(b"allow", allowed.encode())])


def conflict(detail: str) -> Refused:
    """An id was asked again with other inputs.

    >>> conflict("id 'r1' was already asked").problem.status
    409
    """
    return Refused(problem("conflict", detail))


def unavailable(kind: str, detail: str, *, seconds: int = 1) -> Refused:
    """It cannot be done now, but soon: every status 503.

    >>> unavailable("loop-down", "the loop is being started again").headers
    ((b'retry-after', b'1'),)
    """
    return Refused(problem(kind, detail), [(b"retry-after", str(seconds).encode())])


def problem_of(error: FlyballError) -> Problem:
    """What a request is answered that was refused with this error.

    >>> problem_of(FlyballError("input 'hour': 'x' is not taken as int")).kind
    'refused'
    """
    if isinstance(error, Refused):
        return error.problem
    return problem("not-declared" if isinstance(error, NotDeclared) else "refused", str(error))

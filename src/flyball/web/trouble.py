"""Every error of the control app as a problem (RFC 9457), those of its framework too.

>>> from litestar.exceptions import NotFoundException
>>> problem_of(NotFoundException()).kind, problem_of(ValueError("x")).status
('not-found', 500)
>>> answer_of(SystemBusy("the loop is down")).headers["Retry-After"]
'1'
>>> on_error(None, ActionRefused("model 'ctr' is not paused; nothing to resume")).status_code  # no request needed
409
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException

from flyball.serve.problem import URN, Problem, Refused
from flyball.serve.problem import problem as make
from flyball.web.port import ActionRefused, SystemBusy

if TYPE_CHECKING:
    from litestar import Request

MEDIA: Final = "application/problem+json"
_log = logging.getLogger("flyball.web")


def other(kind: str, status: int, title: str, detail: str) -> Problem:
    """A problem of a kind that only the control app has.

    >>> other("cross-site", 403, "Another site asked", "x").type
    'urn:flyball:problem:cross-site'
    """
    return Problem(type=URN + kind, title=title, status=status, detail=detail)


def problem_of(error: Exception) -> Problem:
    """What an exception is answered with; it never tells an outsider what went on inside."""
    if isinstance(error, Refused):
        return error.problem
    if isinstance(error, ActionRefused):
        return other("action-refused", 409, "This cannot be done now", str(error))
    if isinstance(error, SystemBusy):
        return other("busy", 503, "Nothing can be recorded at present", str(error))
    if isinstance(error, NotFoundException):
        return make("not-found", "nothing is at this address; see schema.json for what there is")
    if isinstance(error, MethodNotAllowedException):
        return make("wrong-method", "this address does not take this method; see schema.json for what it takes")
    if isinstance(error, ValidationException):
        found = [f"{each.get('key', 'body')}: {each.get('message', '')}" for each in _extra(error)]
        return make("refused", "; ".join(found) or "the request is not as schema.json has it")
    if isinstance(error, HTTPException):
        known = {400: "malformed", 413: "too-large", 415: "wrong-media"}.get(error.status_code)
        if known is not None:
            return make(known, f"{error.detail or 'the request cannot be read'}; send JSON as schema.json has it")
        if error.status_code < 500:
            return other("bad-request", error.status_code, "The request cannot be served", error.detail)
    return other("internal", 500, "The control process failed", "this is a fault of flyball; its log says more")


def answer_of(error: Exception) -> Response[bytes]:
    """The response to an exception."""
    problem = problem_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, Refused):
        headers |= {name.decode("latin-1"): value.decode("latin-1") for name, value in error.headers}
    elif isinstance(error, HTTPException) and error.headers and problem.status == error.status_code:
        headers |= error.headers
    if problem.status == 503:
        headers.setdefault("Retry-After", "1")
    return Response(msgspec.json.encode(problem), status_code=problem.status, media_type=MEDIA, headers=headers)


def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler."""
    found = answer_of(error)
    if found.status_code == 500:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return found


def _extra(error: HTTPException) -> list[dict[str, Any]]:
    return [each for each in error.extra if isinstance(each, dict)] if isinstance(error.extra, list) else []

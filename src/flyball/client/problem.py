"""What the service found wrong, as RFC 9457 describes problems."""

from __future__ import annotations

import json
from dataclasses import dataclass

TEXTS = ("type", "title", "detail", "given", "accepted", "hint")
EXCERPT = 200
"""How many characters of an answer that is no problem document are shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem.

    Args:
        status: the HTTP status.
        type: the kind of problem, such as `urn:flyball:problem:conflict`; `about:blank` where the status says it all.
        title: the kind in a few words.
        detail: what was given, what is accepted and what to do, in a sentence.
        given: what was given, where the service says it by itself.
        accepted: what is accepted, likewise.
        hint: what to do, likewise.

    >>> print(Problem(409, title="Conflict", detail="id 'r1' was asked with other inputs"))
    409 Conflict: id 'r1' was asked with other inputs
    """

    status: int
    type: str = "about:blank"
    title: str = ""
    detail: str = ""
    given: str | None = None
    accepted: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        """The status, the title and the detail."""
        return ": ".join(filter(None, (f"{self.status} {self.title}".rstrip(), self.detail)))


def problem_of(found: object, status: int) -> Problem:
    """The problem in a decoded JSON object; what is missing or of another type is left at its default.

    >>> problem_of({"status": 422, "title": "Unknown outcome"}, 202).status
    422
    >>> problem_of("no object", 500)
    Problem(status=500, type='about:blank', title='', detail='', given=None, accepted=None, hint=None)
    """
    if not isinstance(found, dict):
        return Problem(status)
    texts = {name: value for name in TEXTS if isinstance(value := found.get(name), str)}
    said = found.get("status")
    return Problem(
        status=said if type(said) is int else status,
        **texts,
    )


def read_problem(status: int, reason: str, body: bytes) -> Problem:
    """The problem that the body of an answer describes; a proxy's page of HTML becomes an excerpt of it.

    >>> print(read_problem(502, "Bad Gateway", b"<h1>no backend</h1>"))
    502 Bad Gateway: <h1>no backend</h1>
    >>> print(read_problem(404, "Not Found", b'{"title": "Unknown model", "detail": "no model is named ctx"}'))
    404 Unknown model: no model is named ctx
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        problem = problem_of(found, status)
        return problem if problem.title or problem.detail else Problem(status, title=reason)
    return Problem(status, title=reason, detail=body[:EXCERPT].decode(errors="replace").strip())

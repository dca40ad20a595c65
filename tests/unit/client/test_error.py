"""Errors of the client travel: through pickles, and up to the root of all errors."""

from __future__ import annotations

import pickle

from flyball.client import ClientError, Conflict, Problem, Refused, Unavailable
from flyball.system.error import FlyballError


def test_errors_survive_a_pickle() -> None:
    """A pool of processes sends them that way."""
    given: list[ClientError] = [Conflict("no: 409", Problem(409, "urn:x", "Conflict", "no")), Unavailable("away")]
    found = [pickle.loads(pickle.dumps(each)) for each in given]  # noqa: S301  # made in the line itself

    assert [(type(each), str(each), each.problem) for each in found] == [
        (type(each), str(each), each.problem) for each in given
    ]


def test_a_refusal_shows_what_the_service_said() -> None:
    """Without a detour by way of the problem."""
    error = Refused("422 No: hour is text", Problem(422, "urn:flyball:problem:refused", "No", "hour is text"))

    assert (error.status, error.type, error.title, error.detail) == (
        422,
        "urn:flyball:problem:refused",
        "No",
        "hour is text",
    )
    assert isinstance(error, FlyballError)

"""Problems: one for each way to refuse a request."""

from __future__ import annotations

import msgspec
import pytest

from flyball.serve.problem import (
    TITLES,
    Problem,
    Refused,
    conflict,
    forbidden,
    malformed,
    not_found,
    problem,
    problem_of,
    unauthorised,
    unavailable,
    wrong_method,
)
from flyball.serve.request import RequestRefused
from flyball.serve.telling import NotDeclared


@pytest.mark.parametrize("kind", TITLES)
def test_every_kind_has_a_type_a_title_and_a_status_of_an_error(kind: str) -> None:
    """And says on the wire what it was given, and no more."""
    made = problem(kind, "x")
    sent = msgspec.json.decode(msgspec.json.encode(made))

    assert 400 <= made.status < 600, f"{kind} is no error"
    assert made.kind == kind
    assert set(sent) == {"type", "title", "status", "detail"}, "a field that says nothing was sent"


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        (malformed("x"), 400),
        (unauthorised("x"), 401),
        (forbidden("x"), 403),
        (not_found("x"), 404),
        (wrong_method("PUT", "GET"), 405),
        (conflict("x"), 409),
        (unavailable("queue-full", "x"), 503),
    ],
)
def test_each_refusal_has_its_status(refused: Refused, status: int) -> None:
    """As the documented table has it."""
    assert refused.problem.status == status, refused.problem.title


def test_whoever_is_to_come_again_is_told_when() -> None:
    """As HTTP has it, in seconds."""
    assert unavailable("loop-down", "x", seconds=3).headers == ((b"retry-after", b"3"),)


def test_errors_of_the_embedded_system_become_problems() -> None:
    """A value that cannot be taken, a name that is not declared, and what is a problem already."""
    kinds = [problem_of(error).kind for error in (RequestRefused("x"), NotDeclared("x"), conflict("x"))]

    assert kinds == ["refused", "not-declared", "conflict"]


def test_a_problem_is_read_as_it_was_written() -> None:
    """Whatever it holds."""
    made = problem("refused", "d", given="'x'", accepted="int", hint="give a number")

    assert msgspec.json.decode(msgspec.json.encode(made), type=Problem) == made

"""Requests: from what a caller gives to the typed values of a model's inputs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from flyball.events.leaf import leaf_of
from flyball.system.error import FlyballError
from flyball.system.excerpt import excerpt
from flyball.system.kind import Kind
from flyball.system.missing import MISSING
from flyball.system.moment import format_moment, parse_moment
from flyball.system.refusal import ValueRefused
from flyball.system.value import coerce

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.events.record import Leaf
    from flyball.system.program import Program
    from flyball.system.value import Value

UNKNOWN_INPUTS = 64
"""How many inputs that no definition knows one request may carry."""
ID_CHARACTERS = 256
"""The longest id."""
EARLIEST_US = 100_000_000_000_000
"""A number below it, which would be a time before 1973-03-03, is one of seconds or milliseconds."""
SKEW_US = 5 * 60 * 1_000_000
"""How far in the future a caller's clock may be, in microseconds."""


class RequestRefused(FlyballError):
    """A request that cannot be taken; nothing was recorded."""


def checked_id(given: object) -> str:
    """An id as it is kept; a new one where none was given.

    Raises:
        RequestRefused: it is no text of 1 to 256 characters.

    >>> checked_id("r1"), len(checked_id(None))
    ('r1', 32)
    """
    return uuid.uuid4().hex if given is None else checked_name("id", given)


def checked_name(what: str, given: object) -> str:
    """A name that a caller chose, such as an `outcome_id`, as it is kept.

    Args:
        what: what it is called.
        given: what was given.

    Raises:
        RequestRefused: it is no text of 1 to 256 characters.

    >>> checked_name("outcome_id", "o1")
    'o1'
    """
    if isinstance(given, str) and 0 < len(given) <= ID_CHARACTERS:
        try:
            given.encode()
        except UnicodeEncodeError:
            pass  # a lone surrogate is no text: it cannot be written down
        else:
            return given
    raise RequestRefused(
        f"{what} {excerpt(given)} is no text of 1 to {ID_CHARACTERS} characters; give one, or leave it out"
    )


def checked_time(given: object, now: int) -> int:
    """A caller's `event_ts` in microseconds UTC; the present where none was given.

    Raises:
        RequestRefused: it is no time, has no offset, is a number that was not meant as microseconds, or lies more than
            five minutes in the future.

    >>> checked_time(None, 7), checked_time("1970-01-01T00:00:01Z", 0)
    (7, 1000000)
    """
    if given is None:
        return now
    try:
        time = parse_moment(given, "us")
    except ValueRefused as error:
        raise RequestRefused(f"event_ts: {error}") from error
    if time < EARLIEST_US <= now and _is_number(given):
        raise RequestRefused(
            f"event_ts {excerpt(given)} would be in {format_moment(time)[:4]}; a number is taken as microseconds since "
            "1970: give that, or a text with an offset such as '2026-11-23T07:00:00Z'"
        )
    if time > now + SKEW_US:
        msg = (
            f"event_ts {format_moment(time)} lies more than five minutes after now, {format_moment(now)}; "
            "set the caller's clock, or leave event_ts out"
        )
        raise RequestRefused(msg)
    return time


def _is_number(given: object) -> bool:
    return isinstance(given, (int, float)) or (isinstance(given, str) and "-" not in given[1:])


def checked_weight(given: object) -> float:
    """The importance of an outcome.

    Raises:
        RequestRefused: it is no finite number of at least 0.

    >>> checked_weight(2)
    2.0
    """
    try:
        weight = coerce(Kind.FLOAT, given)
    except ValueRefused as error:
        raise RequestRefused(f"weight: {error}") from error
    if not isinstance(weight, float) or weight < 0.0:
        raise RequestRefused(f"weight {given!r} is no finite number of at least 0; leave it out for 1")
    return weight


def typed_inputs(
    model: str, program: Program, inputs: Mapping[str, object], *, strict: bool = False
) -> tuple[list[Value], dict[str, Leaf]]:
    """The values of a model's leaves, in its order, and the inputs that it does not know.

    What is not given is missing.

    Args:
        model: the model's name.
        program: its program.
        inputs: what was given, by name.
        strict: whether inputs that it does not know are refused.

    Raises:
        RequestRefused: a value is not of its declared type, or inputs are unknown that must not be, or too many.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> program = compile_program([Input("hour", int), Input("day", int)])
    >>> typed_inputs("late", program, {"hour": "7", "moon": "full"})
    ([7, MISSING], {'moon': 'full'})
    """
    values: list[Value] = []
    for place in program.leaves:
        node = program.nodes[place]
        unit, tz = node.params.get("unit"), node.params.get("tz")
        try:
            typed = coerce(
                node.kind,
                inputs.get(node.name),
                unit=unit if isinstance(unit, str) else None,
                tz=tz if isinstance(tz, str) else None,
            )
        except ValueRefused as error:
            raise RequestRefused(f"input {node.name!r}: {error}") from error
        values.append(typed)
    known = {program.nodes[place].name for place in program.leaves}
    unknown = {name: raw for name, raw in inputs.items() if name not in known}
    allowed = 0 if strict else UNKNOWN_INPUTS
    if len(unknown) > allowed:
        raise RequestRefused(
            f"{len(unknown)} inputs are unknown to {model!r}; accepted: at most {allowed} besides "
            f"{', '.join(program.nodes[place].name for place in program.leaves)}; not {excerpt(next(iter(unknown)))}"
        )
    return values, plain_values("the name of an input", unknown)


def plain_values(what: str, given: Mapping[str, object]) -> dict[str, Leaf]:
    """Undeclared values by name, as they are logged.

    Raises:
        RequestRefused: a name is no text of 1 to 256 characters.

    >>> plain_values("key", {"user": 7})
    {'user': 7}
    """
    return {checked_name(what, name): plain(raw) for name, raw in given.items()}


def plain(raw: object) -> Leaf:
    """An undeclared value as it is logged: as it is where that is possible, otherwise its text, cut to 200 characters.

    >>> plain(3), plain([1, 2])
    (3, '[1, 2]')
    """
    for kind in (Kind.BOOL, Kind.INT, Kind.FLOAT, Kind.STR):
        if isinstance(raw, (bool, int, float, str)) and type(raw).__name__ == kind.value:
            try:
                return leaf_of(coerce(kind, raw))
            except ValueRefused:
                break
    return None if raw is None or raw is MISSING else repr(raw)[:200]

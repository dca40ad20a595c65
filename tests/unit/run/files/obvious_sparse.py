"""Sparse text read slowly and plainly, a line at a time: what the kernels must find."""

from __future__ import annotations

import re
from math import isfinite
from typing import NamedTuple

_BLANKS = " \t\r"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_INDEX = re.compile(r"\d+", re.ASCII)


class Refused(Exception):
    """The line is no example."""


class Example(NamedTuple):
    """One line: its label (None without one), importance, base and tag, and the values by namespace and name."""

    label: float | None
    weight: float
    base: float
    tag: str | None
    values: dict[str, dict[str, float]]


def words(text: str) -> list[str]:
    """What stands between blanks."""
    return [word for word in re.split(f"[{_BLANKS}]", text) if word]


def number(text: str) -> float:
    """A finite number."""
    if not _NUMBER.fullmatch(text) or not isfinite(float(text)):
        raise Refused(text)
    return float(text)


def _added(values: dict[str, dict[str, float]], space: str, name: str, value: float) -> None:
    within = values.setdefault(space, {})
    within[name] = within.get(name, 0.0) + value


def _settled(values: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Without zeros and what is empty then; a sum that is too large is refused."""
    if not all(isfinite(value) for within in values.values() for value in within.values()):
        raise Refused("a sum")
    kept = {space: {name: value for name, value in within.items() if value != 0.0} for space, within in values.items()}
    return {space: within for space, within in kept.items() if within}


def vw_example(line: str) -> Example | None:
    """A line of Vowpal Wabbit's text; None for a blank one.

    Raises:
        Refused: it is no example.
    """
    if not words(line):
        return None
    head, bar, rest = line.partition("|")
    if not bar:
        raise Refused(line)
    given = words(head)
    tag = None
    if given and (head[-1] not in _BLANKS or given[-1].startswith("'")):
        tag = given.pop().removeprefix("'") or None
    if len(given) > 3:
        raise Refused(head)
    numbers = [number(word) for word in given]
    values: dict[str, dict[str, float]] = {}
    for part in rest.split("|"):
        named = part[:1] not in ("", *_BLANKS)
        first = words(part)[0] if named else ""
        space, colon, scale = first.partition(":")
        factor = number(scale) if colon else 1.0
        for word in words(part[len(first) :]):
            name, colon, value = word.partition(":")
            if colon and not name:
                raise Refused(word)
            _added(values, space, name, (number(value) if colon else 1.0) * factor)
    label, weight, base = (*numbers, *(None, None, None))[:3]
    return Example(label, 1.0 if weight is None else weight, base or 0.0, tag, _settled(values))


def pair_example(line: str, *, fields: bool) -> Example | None:
    """A line of libsvm's text, or of libffm's with `fields`; None for a blank one.

    Raises:
        Refused: it is no example.
    """
    given = words(line.partition("#")[0])
    if not given:
        return None
    label, tag = number(given[0]), None
    values: dict[str, dict[str, float]] = {}
    for word in given[1:]:
        *indices, value = word.split(":", 2 if fields else 1)
        if not fields and indices == ["qid"]:
            tag = value
            indices = [value]
            if not _INDEX.fullmatch(tag):
                raise Refused(word)
            continue
        if len(indices) != (2 if fields else 1) or not all(_INDEX.fullmatch(index) for index in indices):
            raise Refused(word)
        _added(values, indices[0] if fields else "", indices[-1], number(value))
    return Example(label, 1.0, 0.0, tag, _settled(values))

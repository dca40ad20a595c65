"""Mistakes in what a model declares about its memory: which features are taken in, and when they are forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.system.duration import DURATION, UNITS_US, parse_duration
from flyball.system.place import raw
from flyball.system.refusal import ValueRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyball.system.inspection.subject import Subject
    from flyball.system.mistake import Mistake
    from flyball.system.model import Model

MOST_TIMES = 15
"""So often a feature can be refused before it is taken in: a counter has four bits at most."""
LEAST_CHANCE = 2.0**-53
"""A chance is a number of so many."""
MOST_KEYS = 2**36 - 1
"""So many new features can be remembered."""
SHORTEST_US, LONGEST_US = UNITS_US["h"], 36_525 * UNITS_US["d"]
"""An hour: what is forgotten sooner was hardly learned. A century: longer than any log."""


def in_memory(subject: Subject, model: Model) -> Iterator[Mistake]:
    """Mistakes in `admission=`, `admission_keys=` and `expiry=`.

    >>> from flyball.system.input import Input
    >>> from flyball.system.inspection.subject import Subject
    >>> from flyball.system.model import Model
    >>> from flyball.system.outcome import Outcome
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"), admission=16, expiry="5m")
    >>> [mistake.code for mistake in in_memory(Subject("model", "late", late.place), late)]
    ['admission-bad', 'expiry-bad']
    """
    yield from _in_admission(subject, model)
    yield from _in_expiry(subject, model)


def _in_admission(subject: Subject, model: Model) -> Iterator[Mistake]:
    given, keys = raw(model, "admission"), raw(model, "admission_keys")
    counts = isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= MOST_TIMES
    if given is not None and not counts and not (isinstance(given, float) and LEAST_CHANCE <= given < 1.0):
        accepted = f"admission= as a whole number from 1 to {MOST_TIMES}, or a fraction between 0 and 1"
        hint = "2 takes a feature in when it comes for the third time, 0.1 one in ten at each sighting"
        yield subject.mistake("admission-bad", given, accepted, hint)
    elif keys is not None and not counts:
        hint = "leave it out, or give admission= how often a new feature is refused"
        yield subject.mistake("admission-bad", keys, "admission_keys= beside a whole number for admission=", hint)
    if keys is not None and (not isinstance(keys, int) or isinstance(keys, bool) or not 1 <= keys <= MOST_KEYS):
        yield subject.mistake("admission-bad", keys, f"admission_keys= as a whole number from 1 to {MOST_KEYS:,}")


def _in_expiry(subject: Subject, model: Model) -> Iterator[Mistake]:
    given = raw(model, "expiry")
    if given is None:
        return
    try:
        expiry_us = parse_duration(given)
    except ValueRefused:
        yield subject.mistake("expiry-bad", given, f"expiry= as {DURATION}, such as '30d'")
        return
    if not SHORTEST_US <= expiry_us <= LONGEST_US:
        yield subject.mistake("expiry-bad", given, "expiry= from '1h' to '36525d', a century")

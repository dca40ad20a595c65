"""Mistakes in outcomes and the events that they count from."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, get_args

from flyball.system.duration import DURATION, UNITS_US, parse_duration
from flyball.system.event import Event
from flyball.system.inspection.subject import Subject, has_utf8, in_word
from flyball.system.kind import Kind, KindUnknown
from flyball.system.outcome import NUMBERS, Learn, Outcome, Reducer, Revision
from flyball.system.place import as_tuple, raw
from flyball.system.refusal import ValueRefused
from flyball.system.signal import kind_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyball.system.mistake import Mistake

LONG_US = 90 * UNITS_US["d"]
"""A window above this is doubted: so long a prediction waits in memory."""


def in_outcome(outcome: Outcome) -> Iterator[Mistake]:
    """Mistakes in one outcome.

    >>> [mistake.code for mistake in in_outcome(Outcome("click", window="soon"))]
    ['window-bad']
    """
    subject = Subject("outcome", outcome.name, outcome.place)
    yield from in_word(subject, outcome.name)
    yield from subject.texts(outcome.owner, outcome.description)
    yield from _in_type(subject, outcome)
    yield from _in_window(subject, outcome)
    yield from _in_silence(subject, outcome)
    yield from _in_learn(subject, outcome)
    yield from _in_rules(subject, outcome)
    yield from _in_labels(subject, outcome)
    event = raw(outcome, "counts_from")
    if event is not None and not isinstance(event, Event):
        hint = "such as Event('impression', keys=('ad_id',))"
        yield subject.mistake("event-expected", event, "counts_from= as an Event", hint)
    share = "keep_silent= above 0 and at most 1"
    yield from subject.number("keep-silent-bad", outcome.keep_silent, share, above=0.0, up_to=1.0)
    yield from _in_sampling(subject, outcome)


def in_event(event: Event) -> Iterator[Mistake]:
    """Mistakes in one event.

    >>> list(in_event(Event("impression", keys=("ad_id",))))
    []
    """
    subject = Subject("event", event.name, event.place)
    yield from in_word(subject, event.name)
    yield from subject.texts(event.owner, event.description)
    for key in as_tuple(event.keys):
        if not isinstance(key, str) or not key:
            yield subject.mistake("key-bad", key, "keys= as entities or their names")


def _in_type(subject: Subject, outcome: Outcome) -> Iterator[Mistake]:
    try:
        kind = Kind.of(outcome.type)
    except KindUnknown as unknown:
        yield subject.mistake("type-unknown", outcome.type, "bool, int, float", unknown.hint)
        return
    if kind in NUMBERS:
        accepted = ("logistic",) if kind is Kind.BOOL else ("squared", "poisson")
        yield from subject.choice("loss-unknown", outcome.loss, accepted)
    if kind not in NUMBERS:
        hint = "two texts are a bool with labels=(no, yes)" if kind is Kind.STR else ""
        yield subject.mistake("outcome-type", kind, "bool, int, float", hint)


def _in_window(subject: Subject, outcome: Outcome) -> Iterator[Mistake]:
    if outcome.window is None:
        hint = "a prediction must stop waiting at some time"
        if outcome.learn in ("close", "revise"):
            hint = f"learn={outcome.learn!r} learns when the window closes"
        yield subject.mistake("window-missing", None, "window=, such as '7d'", hint)
        return
    try:
        window_us = parse_duration(outcome.window)
    except ValueRefused:
        yield subject.mistake("window-bad", outcome.window, f"window= as {DURATION}, such as '30m'")
        return
    if window_us <= 0:
        yield subject.mistake("window-bad", outcome.window, "window= longer than nothing")
    elif window_us > LONG_US:
        hint = "every prediction waits that long in memory; is the unit right?"
        yield subject.mistake("window-long", outcome.window, "a window of 90d or less", hint, severity="warning")


def _in_silence(subject: Subject, outcome: Outcome) -> Iterator[Mistake]:
    kind, given = kind_or_none(outcome.type), outcome.if_silent
    if given is None or kind not in NUMBERS:
        return
    if kind is Kind.BOOL and not isinstance(given, bool):
        labels = "" if outcome.labels is None else ", or one of labels="
        yield subject.mistake("silent-bad", given, f"if_silent= as 0, 1, False, True{labels}")
    elif kind is not Kind.BOOL and not (isinstance(given, float) and isfinite(given)):
        yield subject.mistake("silent-bad", given, f"if_silent= as a finite number of {kind}")
    elif kind is Kind.INT and isinstance(given, float) and not given.is_integer():
        yield subject.mistake("silent-bad", given, "if_silent= as a whole number")


def _in_learn(subject: Subject, outcome: Outcome) -> Iterator[Mistake]:
    yield from subject.choice("learn-unknown", outcome.learn, get_args(Learn))
    if outcome.learn == "revise" and outcome.if_silent is None:
        hint = "say what silence means with if_silent="
        yield subject.mistake("learn-revise", outcome.learn, "learn='revise' together with if_silent=", hint)
    if outcome.learn == "arrival" and outcome.if_silent is not None:
        hint = "answers on arrival and silence at the close bias every new id; use 'close' or 'revise'"
        yield subject.mistake("learn-biased", outcome.learn, "learn='arrival' without if_silent=", hint)


def _in_rules(subject: Subject, outcome: Outcome) -> Iterator[Mistake]:
    yield from subject.choice("reducer-unknown", outcome.reducer, get_args(Reducer))
    yield from subject.choice("revision-unknown", outcome.revision, get_args(Revision))
    kind = kind_or_none(outcome.type)
    if kind is Kind.BOOL and outcome.reducer in ("sum", "mean"):
        hint = "a count of answers is an outcome of int"
        yield subject.mistake("reducer-bool", outcome.reducer, "'first', 'last', 'min', 'max' for bool", hint)
    if kind is Kind.BOOL and outcome.scale != 1.0:
        yield subject.mistake("scale-bad", outcome.scale, "scale= for numbers only")
    if kind is Kind.BOOL:
        return
    if raw(outcome, "loss") == "poisson":
        yield from _in_counts(subject, outcome)
        return
    wrong = list(subject.number("scale-bad", outcome.scale, "scale= as a finite number above 0", above=0.0, up_to=_MAX))
    yield from wrong
    if not wrong and kind in NUMBERS and outcome.scale == 1.0:
        hint = "give their usual size, such as scale=100.0; leave it where values are about 1"
        yield subject.mistake("scale-unset", outcome.scale, "a scale= for numbers", hint, severity="warning")


def _in_counts(subject: Subject, outcome: Outcome) -> Iterator[Mistake]:
    if outcome.scale != 1.0:
        hint = "a count and a tenth of it are not equally sure"
        yield subject.mistake("scale-bad", outcome.scale, "no scale= with loss='poisson'", hint)
    silent = outcome.if_silent
    if isinstance(silent, (int, float)) and silent < 0:
        yield subject.mistake("silent-bad", silent, "if_silent= of 0 or more with loss='poisson'")


def _in_sampling(subject: Subject, outcome: Outcome) -> Iterator[Mistake]:
    accepted = "negatives_kept= above 0 and at most 1"
    wrong = list(subject.number("negatives-kept-bad", outcome.negatives_kept, accepted, above=0.0, up_to=1.0))
    yield from wrong
    if wrong or outcome.negatives_kept == 1.0:
        return
    if kind_or_none(outcome.type) not in {None, Kind.BOOL}:
        yield subject.mistake("negatives-kept-bad", outcome.negatives_kept, "negatives_kept= for bool only")
    silent = raw(outcome, "keep_silent")
    if isinstance(silent, float) and silent < 1.0:
        given = f"keep_silent={silent:g} with negatives_kept={outcome.negatives_kept:g}"
        hint = (
            "negatives_kept= is for what was left out before it came here, and corrects predictions; keep_silent= "
            "leaves out here, and corrects by weights; both would correct twice"
        )
        yield subject.mistake("negatives-twice", given, "one of keep_silent= and negatives_kept=", hint, quoted=False)


_MAX = 1.7976931348623157e308
"""The greatest finite float."""


def _in_labels(subject: Subject, outcome: Outcome) -> Iterator[Mistake]:
    labels = None if outcome.labels is None else as_tuple(outcome.labels)
    if labels is None:
        return
    if kind_or_none(outcome.type) not in {None, Kind.BOOL}:
        yield subject.mistake("labels-bad", labels, "labels= for bool only")
    elif (
        not all(isinstance(label, str) and has_utf8(label) for label in labels)
        or len(labels) != 2
        or labels[0] == labels[1]
    ):
        yield subject.mistake("labels-bad", labels, "two different texts, the one for no first, such as ('no', 'yes')")

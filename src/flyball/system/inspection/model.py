"""Mistakes in models and learners."""

from __future__ import annotations

from math import isfinite, nan
from typing import TYPE_CHECKING

from flyball.system.duration import DURATION, parse_duration
from flyball.system.excerpt import excerpt
from flyball.system.inspection.memory import in_memory
from flyball.system.inspection.signal import shape_of
from flyball.system.inspection.subject import Subject, in_word
from flyball.system.kind import Kind
from flyball.system.learner import FM, FTRL, MOST_FACTORS
from flyball.system.outcome import Outcome
from flyball.system.place import as_tuple, raw
from flyball.system.refusal import ValueRefused
from flyball.system.signal import Signal, kind_or_none, only_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyball.system.learner import Learner
    from flyball.system.mistake import Mistake
    from flyball.system.model import Model

SLICED = (Kind.BOOL, Kind.INT, Kind.STR)
"""The kinds that a dimension can have."""
_MAX = 1.7976931348623157e308


def in_model(model: Model) -> Iterator[Mistake]:
    """Mistakes in one model, its signals and its outcome taken as they are.

    >>> from flyball.system.model import Model
    >>> [mistake.code for mistake in in_model(Model("ctr", signals=[], outcome=Outcome("click")))]
    ['signals-empty']
    """
    subject = Subject("model", model.name, model.place)
    yield from in_word(subject, model.name)
    yield from subject.texts(model.owner, model.description)
    yield from _in_signals(subject, model)
    outcome, learner = raw(model, "outcome"), raw(model, "learner")
    if not isinstance(outcome, Outcome):
        yield subject.mistake("outcome-expected", outcome, "an Outcome", "such as Outcome('click', window='30m')")
    if isinstance(learner, FTRL | FM):
        yield from in_learner(learner)
    else:
        yield subject.mistake("learner-expected", learner, "a learner, such as FTRL(alpha=0.1) or FM()")
    yield from _in_slices(subject, "slice_by=", model.slice_by)
    yield from _in_calibration(subject, model)
    yield from _in_candidates(subject, model)
    yield from _in_offset(subject, model)
    yield from in_memory(subject, model)
    yield from _in_fallback(subject, model)
    yield from _in_deadline(subject, model)


def _in_signals(subject: Subject, model: Model) -> Iterator[Mistake]:
    if not model.signals:
        yield subject.mistake("signals-empty", model.signals, "one signal or more")
    seen: dict[str, Signal] = {}
    for signal in as_tuple(model.signals):
        if not isinstance(signal, Signal):
            hint = "declare it with Input(name, type)"
            yield subject.mistake("signal-expected", signal, "signals= as a list of signals", hint)
        elif not isinstance(raw(signal, "name"), str):
            continue
        elif signal.name not in seen:
            seen[signal.name] = signal
        elif shape_of(signal) == shape_of(seen[signal.name]):
            yield subject.mistake("signal-repeated", signal.name, "each signal once")


def in_learner(learner: Learner) -> Iterator[Mistake]:
    """Mistakes in the settings of a learner.

    >>> [mistake.given for mistake in in_learner(FM(factors=3))]
    ['3']
    """
    subject = Subject("learner", type(learner).__name__, learner.place)
    if isinstance(learner, FM):
        yield from _in_factors(subject, learner)
    if not learner.tuned:
        yield from _in_settings(subject, learner, ["alpha"], ["beta", "l1", "l2"])


def _in_factors(subject: Subject, learner: FM) -> Iterator[Mistake]:
    count = raw(learner, "factors")
    if isinstance(count, bool) or not isinstance(count, int) or count not in [1 << bits for bits in range(1, 7)]:
        yield subject.mistake("learner-bad", count, f"factors= as a power of two from 2 to {MOST_FACTORS}")
    yield from _in_settings(subject, learner, ["alpha_v", "beta_v"], ["l1_v", "l2_v"])
    accepted = "scale_v= as a number above 0, at most 1"
    yield from subject.number("learner-bad", learner.scale_v, accepted, above=0.0, up_to=1.0)


def _in_settings(subject: Subject, learner: Learner, above: list[str], from_0: list[str]) -> Iterator[Mistake]:
    for name in above:
        accepted = f"{name}= as a finite number above 0"
        yield from subject.number("learner-bad", getattr(learner, name), accepted, above=0.0, up_to=_MAX)
    for name in from_0:
        given, accepted = getattr(learner, name), f"{name}= as a finite number of 0 or more"
        if not isinstance(given, float) or not 0.0 <= given <= _MAX:
            yield subject.mistake("learner-bad", given, accepted)


def _in_slices(subject: Subject, field: str, given: object) -> Iterator[Mistake]:
    dimensions = [as_tuple(dimension) for dimension in as_tuple(given)]
    for signals in dimensions:
        if not signals:
            yield subject.mistake("slice-expected", signals, f"{field} as signals or tuples of signals")
        for signal in signals:
            yield from _in_dimension(subject, field, signal)
    names = [" & ".join(str(signal.name) for signal in only_signals(signals)) for signals in dimensions]
    for name in {name: None for place, name in enumerate(names) if name in names[:place]}:
        yield subject.mistake("slice-repeated", name, "each dimension once")


def _in_calibration(subject: Subject, model: Model) -> Iterator[Mistake]:
    given, outcome = raw(model, "calibrate"), raw(model, "outcome")
    if given is None:
        return
    kind = kind_or_none(outcome.type) if isinstance(outcome, Outcome) else Kind.BOOL
    if kind not in {None, Kind.BOOL}:
        accepted = "calibrate= where the outcome is a bool"
        yield subject.mistake("calibrate-number", f"outcome of {kind}", accepted, quoted=False)
    yield from _in_slices(subject, "calibrate=", given)


def _in_candidates(subject: Subject, model: Model) -> Iterator[Mistake]:
    given, learner = as_tuple(model.candidates), raw(model, "learner")
    names = [signal.name for signal in only_signals(model.signals)]
    for place, signal in enumerate(given):
        accepted = "candidates= as signals that are in signals= too"
        if not isinstance(signal, Signal):
            hint = "the signal itself, not its name" if isinstance(signal, str) else ""
            yield subject.mistake("candidate-expected", signal, accepted, hint)
        elif signal.name not in names:
            yield subject.mistake("candidate-absent", signal.name, accepted)
        elif any(other is signal for other in given[:place]):
            yield subject.mistake("candidate-repeated", signal.name, "each candidate once")
    if given and not (type(learner) is FTRL and learner.tuned):
        accepted = "candidates= with a learner that finds its own settings, FTRL()"
        yield subject.mistake("candidate-learner", excerpt(str(learner)), accepted, quoted=False)


def _in_offset(subject: Subject, model: Model) -> Iterator[Mistake]:
    given, accepted = raw(model, "offset"), "offset= as a signal that is a number"
    if given is None:
        return
    if not isinstance(given, Signal):
        hint = "the signal itself, not its name" if isinstance(given, str) else "such as Input('exposure', float)"
        yield subject.mistake("offset-expected", given, accepted, hint)
    elif given.op in {"cross", "entity", "bucket"} or kind_or_none(given.type) not in {None, Kind.INT, Kind.FLOAT}:
        shown = f"{given.op} {excerpt(str(given.name))} of {kind_or_none(given.type)}"
        yield subject.mistake("offset-kind", shown, accepted, quoted=False)


def _in_dimension(subject: Subject, field: str, signal: object) -> Iterator[Mistake]:
    if not isinstance(signal, Signal):
        hint = "the signal itself, not its name" if isinstance(signal, str) else ""
        yield subject.mistake("slice-expected", signal, f"{field} as signals or tuples of signals", hint)
        return
    kind = kind_or_none(signal.type)
    if signal.op == "cross":
        names = ", ".join(str(each.name) for each in only_signals(signal.inputs))
        hint = f"take them together as a tuple of signals: ({names})"
        yield subject.mistake("slice-kind", signal.name, "dimensions that have a value", hint)
    elif kind is not None and kind not in SLICED:
        hint = "use bucket(...) first" if kind is Kind.FLOAT else "derive(...) a name from it"
        given = f"{signal.op} {excerpt(signal.name)} of {kind}"
        yield subject.mistake("slice-kind", given, "dimensions of bool, int or str", hint, quoted=False)


def _in_fallback(subject: Subject, model: Model) -> Iterator[Mistake]:
    fallback = raw(model, "fallback")
    if fallback is None or not isinstance(raw(model, "outcome"), Outcome):
        return
    number = fallback if isinstance(fallback, float) else nan
    if kind_or_none(model.outcome.type) is not Kind.BOOL:
        if not isfinite(number):
            yield subject.mistake("fallback-bad", fallback, "fallback= as a finite number")
    elif not 0.0 <= number <= 1.0:
        yield subject.mistake("fallback-bad", fallback, "fallback= as a probability from 0 to 1")


def _in_deadline(subject: Subject, model: Model) -> Iterator[Mistake]:
    if model.deadline is None:
        return
    try:
        deadline_us = parse_duration(model.deadline)
    except ValueRefused:
        yield subject.mistake("deadline-bad", model.deadline, f"deadline= as {DURATION}, such as '20ms'")
        return
    if deadline_us <= 0:
        yield subject.mistake("deadline-bad", model.deadline, "deadline= longer than nothing")

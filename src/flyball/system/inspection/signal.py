"""Mistakes in single signals."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any

from flyball.system.excerpt import excerpt
from flyball.system.function import FunctionUnknown, is_path, resolve
from flyball.system.input import Input
from flyball.system.inspection.subject import Subject, in_name
from flyball.system.kind import Kind, KindUnknown
from flyball.system.mistake import Mistake, one_of
from flyball.system.place import as_tuple, raw
from flyball.system.program import LEAVES
from flyball.system.signal import ARITHMETIC, Derived, Signal, kind_or_none

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NUMBERS = (Kind.INT, Kind.FLOAT)
"""The kinds that are calculated with."""
CROSSED = (Kind.BOOL, Kind.INT, Kind.STR, Kind.LIST)
"""The kinds that are crossed."""


def subject_of(signal: Signal) -> Subject:
    """A signal, as mistakes name it.

    >>> str(subject_of(Input("hour", int)))
    "input 'hour'"
    """
    return Subject(signal.op, signal.name, signal.place)


def shape_of(signal: Signal) -> tuple[object, ...]:
    """All that a signal is, its inputs by name: where names are unique, equal shapes are equal signals.

    >>> shape_of(Input("hour", int)) == shape_of(Input("hour", float))
    False
    """
    fields = ("name", "type", "was", "owner", "description")
    inputs = tuple(getattr(each, "name", None) for each in signal.inputs)
    return (signal.op, *(raw(signal, field) for field in fields), inputs, dict(signal.params))


def in_signal(signal: Signal, *, import_functions: bool) -> Iterator[Mistake]:
    """Mistakes in one signal, its inputs taken as they are.

    >>> [mistake.hint for mistake in in_signal(Input("hour", "itn"), import_functions=False)]
    ["did you mean 'int'?"]
    """
    subject = subject_of(signal)
    yield from in_name(subject, signal.name)
    if signal.was is not None:
        yield from in_name(Subject(f"was= of {signal.op}", signal.name, signal.place), signal.was)
    yield from subject.texts(signal.owner, signal.description)
    yield from _in_type(subject, signal)
    strangers = [each for each in as_tuple(signal.inputs) if not isinstance(each, Signal)]
    for stranger in strangers:
        yield subject.mistake("signal-expected", stranger, "a signal", "declare it with Input(name, type)")
    look = _LOOKS.get(signal.op)
    # A document by another hand may give an input what only derived signals have.
    if look is None or (signal.op in LEAVES and isinstance(signal, Derived)):
        yield subject.mistake("op-unknown", signal.op, one_of(_LOOKS))
    elif not strangers:
        yield from look(subject, signal, signal.params)
    if signal.op == "function" and import_functions:
        yield from _in_import(subject, signal.params.get("path"))


def _in_type(subject: Subject, signal: Signal) -> Iterator[Mistake]:
    try:
        kind = Kind.of(signal.type)
    except KindUnknown as unknown:
        yield subject.mistake("type-unknown", signal.type, unknown.accepted, unknown.hint)
        return
    expected = _RESULTS.get(signal.op)
    if expected is not None and kind not in expected:
        yield subject.mistake("type-wrong", kind, one_of(expected), f"{signal.op} results in nothing else")


def _in_entity(subject: Subject, signal: Signal, _params: Mapping[str, Any]) -> Iterator[Mistake]:
    if kind_or_none(signal.type) not in {None, Kind.STR, Kind.INT}:
        hint = "history is kept for names; a value is an Input"
        yield subject.mistake("entity-type", signal.type, "str or int", hint)


def _in_input(subject: Subject, signal: Signal, _params: Mapping[str, Any]) -> Iterator[Mistake]:
    unit, tz = (signal.unit, signal.tz) if isinstance(signal, Input) else (None, None)
    if kind_or_none(signal.type) not in {None, Kind.TIMESTAMP}:
        for field, given in (("unit", unit), ("tz", tz)):
            if given is not None:
                hint = "describe a unit of measurement in description="
                yield subject.mistake(f"{field}-unused", given, f"{field}= for datetime only", hint)
        return
    if unit is not None:
        yield from subject.choice("unit-bad", unit, ("s", "ms", "us"))
    if tz is not None:
        yield from subject.zone(tz)


def _in_cross(subject: Subject, signal: Signal, _params: Mapping[str, Any]) -> Iterator[Mistake]:
    if len(signal.inputs) < len("ab"):
        given = [each.name for each in signal.inputs]
        yield subject.mistake("cross-short", given, "two signals or more", "one signal alone is a signal of the model")
    for each in signal.inputs:
        if each.op != "entity" and kind_or_none(each.type) not in {None, *CROSSED}:
            hint = "use bucket(...) first" if kind_or_none(each.type) is Kind.FLOAT else "derive(...) a name from it"
            yield _of_input(subject, "cross-kind", each, "signals of bool, int, str or list[str]", hint)


def _in_bucket(subject: Subject, signal: Signal, params: Mapping[str, Any]) -> Iterator[Mistake]:
    yield from _in_numbers(subject, signal, "bucket-kind", count=1)
    edges, width = params.get("edges"), params.get("width")
    if ("edges" in params) == ("width" in params):
        given = "both" if "edges" in params else "neither"
        yield subject.mistake(
            "bucket-rule", given, "either edges= or width=", "such as edges=[1, 10, 100]", quoted=False
        )
    if "edges" in params and not _increasing(edges):
        shown = excerpt(edges) if not isinstance(edges, tuple) else ", ".join(excerpt(each) for each in edges)
        accepted = "one or more finite numbers, each above the one before"
        yield subject.mistake("bucket-edges", shown, accepted, quoted=False)
    if "width" in params and not (isinstance(width, float) and isfinite(width) and width > 0):
        yield subject.mistake("bucket-width", width, "a finite number above 0")


def _increasing(edges: object) -> bool:
    if not isinstance(edges, tuple) or not edges:
        return False
    if not all(isinstance(edge, float) and isfinite(edge) for edge in edges):
        return False
    return all(low < high for low, high in pairwise(edges))


def _in_words(subject: Subject, signal: Signal, _params: Mapping[str, Any]) -> Iterator[Mistake]:
    if len(signal.inputs) != 1:
        yield subject.mistake("inputs-count", len(signal.inputs), "one signal")
    for each in signal.inputs:
        if kind_or_none(each.type) not in {None, Kind.STR} or each.op == "cross":
            yield _of_input(subject, "text-kind", each, "a signal of str, and no cross")


def _in_ngrams(subject: Subject, signal: Signal, params: Mapping[str, Any]) -> Iterator[Mistake]:
    yield from _in_words(subject, signal, params)
    n = params.get("n")
    if not isinstance(n, int) or isinstance(n, bool) or not 1 <= n <= LONGEST_RUN:
        yield subject.mistake("ngrams-n", n, f"n= as a whole number from 1 to {LONGEST_RUN}")
    yield from subject.choice("ngrams-of", params.get("of"), ("words", "chars"))


LONGEST_RUN = 100
"""The longest run of words or characters."""


def _in_arithmetic(subject: Subject, signal: Signal, _params: Mapping[str, Any]) -> Iterator[Mistake]:
    yield from _in_numbers(subject, signal, "arithmetic-kind", count=2)


def _in_constant(subject: Subject, _signal: Signal, params: Mapping[str, Any]) -> Iterator[Mistake]:
    value = params.get("value")
    if not isinstance(value, float) or not isfinite(value):
        yield subject.mistake("constant-bad", value, "a signal or a finite number beside + - * /")


def _in_function(subject: Subject, signal: Signal, params: Mapping[str, Any]) -> Iterator[Mistake]:
    for each in signal.inputs:
        if each.op == "cross":
            hint = "a cross has features but no value; give its signals one by one"
            yield _of_input(subject, "function-input", each, "signals that have a value", hint)
    path, version = params.get("path"), params.get("version")
    if not is_path(path):
        yield subject.mistake("function-path", path, "'package.module:function'", "a function is named, never passed")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        hint = "raise it when the function returns something else"
        yield subject.mistake("function-version", version, "version= as a whole number of 1 or more", hint)


def _in_import(subject: Subject, path: object) -> Iterator[Mistake]:
    if not isinstance(path, str) or not is_path(path):
        return
    try:
        resolve(path)
    except FunctionUnknown as unknown:
        yield subject.mistake("function-import", path, "a function that can be imported", str(unknown))


def _in_numbers(subject: Subject, signal: Signal, code: str, *, count: int) -> Iterator[Mistake]:
    if len(signal.inputs) != count:
        yield subject.mistake("inputs-count", len(signal.inputs), f"{count} signals")
    for each in signal.inputs:
        if each.categorical or kind_or_none(each.type) not in {None, *NUMBERS}:
            hint = "an entity and a bucket are names" if each.op in {"entity", "bucket"} else ""
            yield _of_input(subject, code, each, "a signal of int or float", hint)


def _of_input(subject: Subject, code: str, each: Signal, accepted: str, hint: str = "") -> Mistake:
    kind = kind_or_none(each.type)
    given = f"{each.op} {excerpt(each.name)} of {kind or excerpt(each.type)}"
    return subject.mistake(code, given, accepted, hint, quoted=False)


_LOOKS: Mapping[str, Callable[[Subject, Signal, Mapping[str, Any]], Iterator[Mistake]]] = {
    "input": _in_input,
    "entity": _in_entity,
    "cross": _in_cross,
    "bucket": _in_bucket,
    "words": _in_words,
    "ngrams": _in_ngrams,
    "const": _in_constant,
    "function": _in_function,
    **dict.fromkeys(ARITHMETIC, _in_arithmetic),
}
_RESULTS: Mapping[str, tuple[Kind, ...]] = {
    "cross": (Kind.STR, Kind.LIST),
    "bucket": (Kind.INT,),
    "words": (Kind.LIST,),
    "ngrams": (Kind.LIST,),
    "const": (Kind.FLOAT,),
    **dict.fromkeys(ARITHMETIC, (Kind.FLOAT,)),
}

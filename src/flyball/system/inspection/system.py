"""Mistakes in systems: in each part, and between the parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from flyball.system.event import Event
from flyball.system.inspection.model import in_model
from flyball.system.inspection.outcome import in_event, in_outcome
from flyball.system.inspection.signal import in_signal, shape_of, subject_of
from flyball.system.inspection.source import in_source
from flyball.system.inspection.subject import Subject, in_word
from flyball.system.mistake import Mistake, did_you_mean, in_order, one_of
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.place import as_tuple, raw
from flyball.system.program import LEAVES
from flyball.system.signal import Signal, walk
from flyball.system.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flyball.system.system import System

T = TypeVar("T")

DEEPEST = 100
"""How many signals may be derived one from the other."""


def inspect(system: System, *, import_functions: bool) -> tuple[Mistake, ...]:
    """Everything that is wrong or doubtful, by line.

    Args:
        system: whatever was declared.
        import_functions: whether users' own functions are imported to see that they exist.

    >>> from flyball.system.input import Input
    >>> from flyball.system.system import System
    >>> model = Model("ctr", signals=[Input("hour", int)], outcome=Outcome("click"))
    >>> [mistake.code for mistake in inspect(System("ads", models=[model]), import_functions=True)]
    ['owner-missing']
    """
    return in_order(_mistakes(system, import_functions=import_functions))


def _mistakes(system: System, *, import_functions: bool) -> Iterator[Mistake]:
    models = [model for model in as_tuple(system.models) if isinstance(model, Model)]
    outcomes = _outcomes(models)
    events = [each for each in (raw(outcome, "counts_from") for outcome in outcomes) if isinstance(each, Event)]
    yield from _in_head(system)
    for model in models:
        yield from in_model(model)
    for outcome in _each_once(outcomes):
        yield from in_outcome(outcome)
    for event in _each_once(events):
        yield from in_event(event)
    signals = walk(each for model in models for each in _used(model))
    for signal in signals:
        yield from in_signal(signal, import_functions=import_functions)
    if isinstance(system.source, Source):
        yield from in_source(system.source)
        yield from _in_label(system.source, outcomes)
        yield from _in_weights(system.source, outcomes)
    yield from _in_names(signals, outcomes, events, models)
    yield from _in_depth(signals)
    for model in models:
        yield from _in_leaks(model, system)
    yield from _in_keys(events, signals)


def _in_head(system: System) -> Iterator[Mistake]:
    subject = Subject("system", system.name, system.place)
    yield from in_word(subject, system.name)
    yield from subject.texts(system.owner, system.description)
    if system.owner == "":
        hint = "say who answers for it, such as owner='team:ads'"
        yield subject.mistake("owner-missing", system.owner, "an owner=", hint, severity="warning")
    if not system.models:
        yield subject.mistake("models-empty", system.models, "one model or more")
    for model in as_tuple(system.models):
        if not isinstance(model, Model):
            yield subject.mistake("model-expected", model, "models= as a list of models")
    source = raw(system, "source")
    if source is not None and not isinstance(source, Source):
        yield subject.mistake("source-expected", source, "a Source, such as Source(time='ts')")


def _used(model: Model) -> list[object]:
    """What stands where signals are expected, whether it is one or not."""
    dimensions = [*as_tuple(model.slice_by), *as_tuple(() if model.calibrate is None else model.calibrate)]
    offset = () if raw(model, "offset") is None else (model.offset,)
    return [*model.signals, *offset, *(signal for dimension in dimensions for signal in as_tuple(dimension))]


def _outcomes(models: Iterable[Model]) -> list[Outcome]:
    return [each for each in (raw(model, "outcome") for model in models) if isinstance(each, Outcome)]


def _each_once(items: Iterable[T]) -> list[T]:
    return list({id(item): item for item in items}.values())


def _in_names(
    signals: Sequence[Signal], outcomes: Sequence[Outcome], events: Sequence[Event], models: Sequence[Model]
) -> Iterator[Mistake]:
    yield from _in_twins([(subject_of(each), shape_of(each)) for each in signals])
    yield from _in_twins([(Subject("outcome", each.name, each.place), each) for each in _each_once(outcomes)])
    yield from _in_twins([(Subject("event", each.name, each.place), each) for each in _each_once(events)])
    yield from _in_twins([(Subject("model", each.name, each.place), place) for place, each in enumerate(models)])
    lineages: dict[object, Signal] = {}
    for signal in signals:
        if isinstance(raw(signal, "lineage"), str):
            first = lineages.setdefault(signal.lineage, signal)
            if first.name != signal.name:
                late = signal if signal.was is not None else first
                accepted = "a name that no other signal has or had"
                hint = f"{(first if late is signal else signal).name!r} has its features"
                yield subject_of(late).mistake("was-taken", late.was, accepted, hint)


def _in_twins(parts: Sequence[tuple[Subject, object]]) -> Iterator[Mistake]:
    seen: dict[str, tuple[Subject, object]] = {}
    for subject, part in parts:
        if not isinstance(subject.name, str):
            continue
        first, other = seen.setdefault(subject.name, (subject, part))
        if first is not subject and other != part:
            where = "" if first.place is None else f"; the other is {first.noun} at {first.place.short}"
            accepted = f"one {subject.noun} for each name"
            yield subject.mistake("name-duplicate", subject.name, accepted, f"rename one of them{where}")


def _in_depth(signals: Sequence[Signal]) -> Iterator[Mistake]:
    depths: dict[int, int] = {}
    for signal in signals:
        depth = 1 + max((depths.get(id(each), 0) for each in signal.inputs), default=0)
        depths[id(signal)] = depth
        if depth == DEEPEST + 1:
            accepted = f"at most {DEEPEST} signals derived one from the other"
            yield subject_of(signal).mistake("signal-deep", depth, accepted)


def _in_leaks(model: Model, system: System) -> Iterator[Mistake]:
    source = system.source if isinstance(system.source, Source) else Source()
    if not isinstance(raw(model, "outcome"), Outcome):
        return
    own = f"the answer itself, of outcome {model.outcome.name!r} of model {model.name!r}"
    columns = {str(model.outcome.name): own}
    if source.label is not None:
        columns[str(source.label)] = f"the label= of the source: {own}"
    if source.outcome_time is not None:
        columns[str(source.outcome_time)] = "known only when the answer is: outcome_time= of the source"
    others = {str(each.name) for each in _outcomes(each for each in as_tuple(system.models) if isinstance(each, Model))}
    for leaf in walk(_used(model)):
        if leaf.op not in LEAVES or not isinstance(raw(leaf, "name"), str):
            continue
        accepted = "signals that are known when the prediction is asked for"
        if leaf.name in columns:
            hint = f"it is {columns[leaf.name]}; leave it out of the model"
            yield subject_of(leaf).mistake("leak", leaf.name, accepted, hint)
        elif leaf.name in others:
            hint = f"it is the outcome of another model; is it known when {model.name!r} is asked?"
            yield subject_of(leaf).mistake("leak-other", leaf.name, accepted, hint, severity="warning")


def _in_label(source: Source, outcomes: Sequence[Outcome]) -> Iterator[Mistake]:
    names = sorted({str(each.name) for each in outcomes})
    if source.label is not None and len(names) > 1:
        accepted = "label= where there is one outcome; of several, each is read from the column of its name"
        yield Subject("source", None, source.place).mistake("label-ambiguous", source.label, accepted, one_of(names))


def _in_weights(source: Source, outcomes: Sequence[Outcome]) -> Iterator[Mistake]:
    for outcome in _each_once(outcomes):
        kept = raw(outcome, "negatives_kept")
        if source.weight is not None and isinstance(kept, float) and kept < 1.0:
            accepted = "weights that say nothing of the sampling, or no negatives_kept="
            hint = f"negatives weighed by 1 / {kept:g} and negatives_kept= would correct predictions twice"
            subject = Subject("outcome", outcome.name, outcome.place)
            given = f"weight={source.weight!r} of the source with negatives_kept={kept:g}"
            yield subject.mistake("negatives-weighted", given, accepted, hint, severity="warning", quoted=False)


def _in_keys(events: Sequence[Event], signals: Sequence[Signal]) -> Iterator[Mistake]:
    entities = [str(each.name) for each in signals if each.op == "entity"]
    for event in _each_once(events):
        for key in as_tuple(event.keys):
            if isinstance(key, str) and key not in entities:
                subject = Subject("event", event.name, event.place)
                accepted = f"keys= as entities of the models: {one_of(entities) or 'there are none'}"
                yield subject.mistake("key-unknown", key, accepted, did_you_mean(key, entities), severity="warning")

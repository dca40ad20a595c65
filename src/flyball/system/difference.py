"""Differences between two definitions of one model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flyball.system.canonical import canonical, plain
from flyball.system.change import Change, Effect
from flyball.system.learner_entry import LearnerEntry, MachineEntry
from flyball.system.mistake import noun
from flyball.system.program import Node, compile_program
from flyball.system.signal import Signal, walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from flyball.system.canonical import JSON
    from flyball.system.document import Document, ModelEntry, OutcomeEntry

MODEL_FIELDS = {
    "owner": Effect.SAME,
    "description": Effect.SAME,
    "slice_by": Effect.SAME,
    "calibrate": Effect.NEW,
    "admission": Effect.NEW,
    "admission_keys": Effect.NEW,
    "expiry": Effect.NEW,
    "fallback": Effect.SAME,
    "deadline": Effect.SAME,
}
"""The fields of a model beside its signals and its learner: what was learned stays, whichever of them changes."""
LEARNER_FIELDS = ("alpha", "beta", "l1", "l2")
"""The settings of a learner: another setting reads the same table."""
FACTOR_FIELDS = ("alpha_v", "beta_v", "l1_v", "l2_v", "scale_v")
"""Those of a factorisation machine beside them."""
OUTCOME_FIELDS = {
    "type": Effect.REFUSED,
    "loss": Effect.REFUSED,
    "window": Effect.REFUSED,
    "if_silent": Effect.REFUSED,
    "counts_from": Effect.REFUSED,
    "reducer": Effect.REFUSED,
    "revision": Effect.REFUSED,
    "scale": Effect.REFUSED,
    "learn": Effect.NEW,
    "keep_silent": Effect.NEW,
    "negatives_kept": Effect.NEW,
    "owner": Effect.SAME,
    "description": Effect.SAME,
}
"""The fields of an outcome: what it means, how it is learned, and who answers for it."""

MOST_NAMES = 3
"""Of how many signals a new one is asked whether it is one of them renamed."""

_SENTENCES = {
    Effect.SAME: "{subject} of {whose} changes; what was learned stays, and so does the version.",
    Effect.NEW: "{subject} of {whose} changes; the new version keeps everything that was learned.",
    Effect.REFUSED: "{subject} of {whose} changes its meaning; what was learned would answer another question.",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """One side of a comparison: a document, and its signals.

    Args:
        document: the system as data.
        signals: its signals by name.

    >>> from flyball.system.document import parse, signals_of
    >>> document = parse('{"format":1,"name":"ads","signals":{},"events":{},"outcomes":{},"models":{}}')
    >>> Definition(document, signals_of(document)).document.name
    'ads'
    """

    document: Document
    signals: Mapping[str, Signal]


@dataclass(frozen=True, slots=True)
class _Part:
    signal: Signal
    node: Node
    consumed: bool  # by the model itself, not only by other signals


def differences(name: str, old: Definition, new: Definition) -> Iterator[Change]:
    """What differs between two definitions of the model of this name.

    >>> from flyball.system.document import parse, signals_of
    >>> from flyball.system.input import Input
    >>> from flyball.system.model import Model
    >>> from flyball.system.outcome import Outcome
    >>> from flyball.system.system import System
    >>> def defined(deadline):
    ...     model = Model("ctr", signals=[Input("hour", int)], outcome=Outcome("click"), deadline=deadline)
    ...     document = parse(System("ads", models=[model]).to_json())
    ...     return Definition(document, signals_of(document))
    >>> [(change.subject, change.effect.value) for change in differences("ctr", defined("20ms"), defined("1s"))]
    [("deadline of model 'ctr'", 'same version')]
    """
    was, now = old.document.models[name], new.document.models[name]
    if old.document.hash != new.document.hash:
        yield _field(name, noun("model", name), "hash", old.document.hash, new.document.hash, Effect.REFUSED)
    yield from _in_outcome(name, old.document, new.document)
    yield from _in_label(name, old.document, new.document)
    taken = {signal.lineage for signal in new.signals.values()}
    yield from _in_signals(name, _parts(was, old), _parts(now, new), taken)
    if was.signals != now.signals and sorted(was.signals) == sorted(now.signals):
        order = (", ".join(was.signals), ", ".join(now.signals))
        yield _field(name, noun("model", name), "order of signals", *order, Effect.SAME)
    yield from _in_fields(name, noun("model", name), was, now, MODEL_FIELDS)
    yield from _in_slices(name, was, now, old, new)
    yield from _in_candidates(name, was, now)
    yield from _in_offset(name, was, now, old, new)
    yield from _in_learner(name, was, now)


def _in_learner(name: str, was: ModelEntry, now: ModelEntry) -> Iterator[Change]:
    whose = f"the learner of {noun('model', name)}"
    for what, told in _shapes(was.learner, now.learner):
        if told[0] != told[1]:
            sentence = f"{what} of {whose} change from {told[0]} to {told[1]}: its coefficients have another shape."
            yield Change(
                model=name,
                subject=f"{what} of {whose}",
                old=told[0],
                new=told[1],
                effect=Effect.REFUSED,
                sentence=sentence,
            )
            return
    for field in LEARNER_FIELDS if isinstance(was.learner, LearnerEntry) else (*LEARNER_FIELDS, *FACTOR_FIELDS):
        settings = getattr(was.learner, field), getattr(now.learner, field)
        if settings[0] != settings[1]:
            yield _field(name, whose, field, *settings, Effect.NEW)


def _shapes(was: LearnerEntry | MachineEntry, now: LearnerEntry | MachineEntry) -> Iterator[tuple[str, list[str]]]:
    """What decides how a row of the table looks, each as it was and is."""
    both = (was, now)
    yield "kind and factors", [f"FM of {each.factors}" if isinstance(each, MachineEntry) else "FTRL" for each in both]
    yield "settings", ["its own" if each.alpha is None else "given" for each in both]


def _in_outcome(name: str, old: Document, new: Document) -> Iterator[Change]:
    for change in _of_outcome(name, old, new):
        yield replace(change, outcome=old.models[name].outcome)


def _of_outcome(name: str, old: Document, new: Document) -> Iterator[Change]:
    was, now = old.models[name].outcome, new.models[name].outcome
    if was != now:
        yield _field(name, noun("model", name), "outcome", was, now, Effect.REFUSED)
        return
    before, after = old.outcomes[was], new.outcomes[now]
    whose = noun("outcome", was)
    yield from _in_fields(name, whose, before, after, OUTCOME_FIELDS)
    if before.labels != after.labels:
        # Texts were not accepted before, or no longer are: the numbers mean the same.
        effect = Effect.SAME if None in {before.labels, after.labels} else Effect.REFUSED
        yield _field(name, whose, "labels", before.labels, after.labels, effect)


def _in_label(name: str, old: Document, new: Document) -> Iterator[Change]:
    was = None if old.source is None else old.source.label
    now = None if new.source is None else new.source.label
    outcome = new.models[name].outcome
    # Without a label, the column of the outcome's name is read.
    if (outcome if was is None else was) != (outcome if now is None else now):
        yield _field(name, "the source", "label", was, now, Effect.REFUSED)


def _in_signals(
    model: str, old: Mapping[str, _Part], new: Mapping[str, _Part], taken: Collection[str]
) -> Iterator[Change]:
    for lineage, part in new.items():
        before = old.get(lineage)
        if before is None:
            if part.consumed:
                yield _added(model, part, f"{_earlier(part, old)}{_renamed(part, old, new, taken)}")
            continue
        yield from _in_signal(model, before, part, old, new)
    for lineage, part in old.items():
        after = new.get(lineage)
        if part.consumed and (after is None or not after.consumed):
            subject = noun("signal", part.signal.name)
            sentence = f"{subject} leaves {noun('model', model)}; the new version keeps the rest of the table."
            yield Change(model=model, subject=subject, old=_told(part), new=None, effect=Effect.NEW, sentence=sentence)


def _in_signal(
    model: str, before: _Part, after: _Part, old: Mapping[str, _Part], new: Mapping[str, _Part]
) -> Iterator[Change]:
    subject = noun("signal", after.signal.name)
    if before.node.digest != after.node.digest:
        if after.consumed and before.consumed:
            yield _anew(model, before, after, old, new)
    elif before.signal.name != after.signal.name:
        sentence = f"signal {before.signal.name!r} is now {after.signal.name!r} and keeps its features."
        names = {"old": before.signal.name, "new": after.signal.name}
        yield Change(model=model, subject=subject, effect=Effect.RENAMED, sentence=sentence, **names)
    if after.consumed and not before.consumed:
        yield _added(model, after)
    for field in ("owner", "description"):
        told = getattr(before.signal, field), getattr(after.signal, field)
        if told[0] != told[1]:
            yield _field(model, subject, field, *told, Effect.SAME)


def _added(model: str, part: _Part, hint: str = "") -> Change:
    subject = noun("signal", part.signal.name)
    sentence = f"{subject} joins {noun('model', model)} with nothing learned; the new version keeps the table.{hint}"
    return Change(model=model, subject=subject, old=None, new=_told(part), effect=Effect.NEW, sentence=sentence)


def _earlier(part: _Part, old: Mapping[str, _Part]) -> str:
    """What keeps what was learned under the name that this signal has, or says that it had."""
    named = {each.signal.name: each for each in old.values()}
    earlier = named.get(part.signal.name) or named.get(part.signal.was or "")
    if earlier is None:
        return ""
    return f" To keep what was learned as {earlier.signal.name!r}, write was={earlier.signal.lineage!r}."


def _renamed(part: _Part, old: Mapping[str, _Part], new: Mapping[str, _Part], taken: Collection[str]) -> str:
    """What to write where this signal, or one that only others are made of, may be one that leaves under a new name.

    Names under which something is learned still, by another model perhaps, are taken.
    """
    hints: list[str] = []
    for signal in walk([part.signal]):
        its = new.get(signal.lineage)
        if its is None or signal.was is not None or signal.lineage in old or (its.consumed and its is not part):
            continue
        names = {each.signal.name for each in new.values()}
        left = [each.signal for lineage, each in old.items() if lineage not in new and _told(each) == _told(its)]
        was = [f"was={each.lineage!r}" for each in left if each.name not in names and each.lineage not in taken]
        if was:
            asked = "Renamed?" if its is part else f"Is {signal.name!r} renamed?"
            hints.append(f" {asked} Then write {' or '.join(was[:MOST_NAMES])} there, and it keeps its features.")
    return "".join(hints)


def _anew(model: str, before: _Part, after: _Part, old: Mapping[str, _Part], new: Mapping[str, _Part]) -> Change:
    subject = noun("signal", after.signal.name)
    told = _told(before), _told(after)
    because = f"from {told[0]} to {told[1]}"
    if told[0] == told[1]:
        changed = [each.name for each in after.signal.inputs if _differs(each, old, new)]
        because = f"with {', '.join(changed)}, which it is made of"
    sentence = f"{subject} changes {because}: it starts anew, the rest stays."
    return Change(model=model, subject=subject, old=told[0], new=told[1], effect=Effect.ANEW, sentence=sentence)


def _differs(signal: Signal, old: Mapping[str, _Part], new: Mapping[str, _Part]) -> bool:
    before, after = old.get(signal.lineage), new.get(signal.lineage)
    return before is None or after is None or before.node.digest != after.node.digest


def _parts(model: ModelEntry, definition: Definition) -> dict[str, _Part]:
    """What the model consumes and what that is made of, by the name under which it is learned."""
    consumed = [definition.signals[name] for name in model.signals]
    nodes = {node.name: node for node in compile_program(consumed).nodes}
    return {
        signal.lineage: _Part(signal, nodes[signal.name], signal.name in model.signals)
        for signal in walk(consumed)
        if signal.op != "const" or signal.name in model.signals
    }


def _in_slices(name: str, was: ModelEntry, now: ModelEntry, old: Definition, new: Definition) -> Iterator[Change]:
    """Dimensions that keep their names, but cut otherwise."""
    both = (was.slice_by, now.slice_by, "slice", Effect.SAME), (was.calibrate, now.calibrate, "calibration", Effect.NEW)
    for before, after, what, effect in both:
        cuts = _cuts(before or (), old), _cuts(after or (), new)
        for dimension in sorted(cuts[0].keys() & cuts[1].keys()):
            if cuts[0][dimension] != cuts[1][dimension]:
                subject = f"{what} {dimension!r} of {noun('model', name)}"
                sentence = f"{subject} changes its meaning; its cells start anew, what was learned stays."
                yield Change(model=name, subject=subject, old=None, new=None, effect=effect, sentence=sentence)


def _in_candidates(name: str, was: ModelEntry, now: ModelEntry) -> Iterator[Change]:
    """Another number of lanes, or signals whose features have other keys."""
    both = set(was.signals) & set(now.signals)
    told = sorted(was.candidates), sorted(now.candidates)
    moved = both & (set(was.candidates) ^ set(now.candidates))
    if moved or bool(was.candidates) != bool(now.candidates):
        yield _field(name, noun("model", name), "candidates", ", ".join(told[0]), ", ".join(told[1]), Effect.REFUSED)


def _in_offset(name: str, was: ModelEntry, now: ModelEntry, old: Definition, new: Definition) -> Iterator[Change]:
    """Another offset, or one of another meaning: what was learned was learned beside it."""
    before, after = _meaning(was.offset, old), _meaning(now.offset, new)
    if before != after:
        yield _field(name, noun("model", name), "offset", was.offset, now.offset, Effect.REFUSED)


def _meaning(signal: str | None, definition: Definition) -> str | None:
    """The semantic hash of a signal."""
    return None if signal is None else compile_program([definition.signals[signal]]).nodes[-1].digest


def _cuts(dimensions: Collection[tuple[str, ...]], definition: Definition) -> dict[str, list[str]]:
    """The semantic hashes of what each dimension is cut by."""
    cut = {name for names in dimensions for name in names}
    nodes = {node.name: node for node in compile_program([definition.signals[name] for name in sorted(cut)]).nodes}
    return {" & ".join(names): [nodes[name].digest for name in names] for names in dimensions}


def _told(part: _Part) -> str:
    params = [f"{key}={canonical(value)}" for key, value in sorted(part.signal.params.items())]
    inputs = [each.lineage for each in part.signal.inputs]
    made = f"({', '.join([*inputs, *params])})" if inputs or params else ""
    return f"{part.node.op}{made} of {part.node.kind}"


def _in_fields(
    model: str,
    whose: str,
    old: ModelEntry | OutcomeEntry,
    new: ModelEntry | OutcomeEntry,
    fields: Mapping[str, Effect],
) -> Iterator[Change]:
    for field, effect in fields.items():
        told = getattr(old, field), getattr(new, field)
        if told[0] != told[1]:
            yield _field(model, whose, field, *told, effect)


def _field(model: str, whose: str, field: str, old: JSON, new: JSON, effect: Effect) -> Change:
    sentence = _SENTENCES[effect].format(subject=field, whose=whose)
    return Change(
        model=model, subject=f"{field} of {whose}", old=plain(old), new=plain(new), effect=effect, sentence=sentence
    )

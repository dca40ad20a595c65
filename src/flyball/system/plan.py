"""Plans: what activating a changed system does to what its models have learned."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from flyball.system.canonical import canonical, fingerprint, plain
from flyball.system.change import Change, Effect
from flyball.system.difference import Definition, differences
from flyball.system.document import Document, SourceEntry, parse, signals_of
from flyball.system.error import FlyballError
from flyball.system.mistake import did_you_mean, noun, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flyball.system.canonical import JSON
    from flyball.system.system import System

Start: TypeAlias = Literal["now", "log"]
"""Where a forked model begins: with nothing, or with what the retained log holds."""

_SOURCE_FIELDS = ("time", "id", "outcome_time", "tz", "unit", "weight", "delimiter", "quoted", "missing")
_STARTS = {"now": "It starts with nothing learned.", "log": "It learns from the retained log first."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What activating a system does.

    Args:
        changes: every difference, by model.
        versions: the version of each model afterwards; as before when the plan is refused.
        refused: whether something would make what was learned mean something else.
        forks: the models that were forked, and where each begins.
        digest: the SHA-256 of all this and of both definitions: a plan is applied only while it is still the same.

    >>> Plan(changes=(), versions={"ctr": 1}, refused=False, forks={}, digest="").versions
    {'ctr': 1}
    """

    changes: tuple[Change, ...]
    versions: Mapping[str, int]
    refused: bool
    forks: Mapping[str, Start]
    digest: str


def plan(old: str | None, versions: Mapping[str, int], new: System, *, fork: Mapping[str, Start] | None = None) -> Plan:
    """What activating `new` does where the definition `old` holds.

    Args:
        old: the canonical JSON that holds now; `None` where none does.
        versions: the version of each model now; versions of models that were dropped may be among them, and are never
            given again.
        new: the system to be activated.
        fork: models that may begin as new ones where their change is refused otherwise; it changes nothing for others.

    Raises:
        FlyballError: `old` is of a newer flyball, a model of it has no version, or `fork` names no model.
        SystemInvalid: `old` is no such document.

    >>> from flyball.system.input import Input
    >>> from flyball.system.model import Model
    >>> from flyball.system.outcome import Outcome
    >>> from flyball.system.system import System
    >>> def ads(*signals):
    ...     return System("ads", models=[Model("ctr", signals=signals, outcome=Outcome("click"))])
    >>> first, second = ads(Input("hour", int)), ads(Input("hour", int), Input("day", int))
    >>> plan(first.to_json(), {"ctr": 1}, second).versions
    {'ctr': 2}
    """
    forks = dict(fork or {})
    names = [model.name for model in new.models]
    for name, start in forks.items():
        if name not in names:
            raise FlyballError(f"fork names no model {name!r}; accepted: {one_of(names)}; {did_you_mean(name, names)}")
        if start not in _STARTS:
            raise FlyballError(f"fork of {name!r} cannot begin at {start!r}; accepted: {one_of(_STARTS)}")
    now = _definition(new.to_json())
    before = None if old is None else _definition(old)
    changes = tuple(_forked(change, forks) for change in _changes(before, now))
    refused = any(change.effect is Effect.REFUSED for change in changes)
    forked = {name: start for name, start in sorted(forks.items()) if _has(changes, name, Effect.FORKED)}
    after = _versions(before, versions, now, changes, refused=refused)
    rows = [asdict(change) for change in changes]
    digest = fingerprint([old, dict(versions), new.to_json(), rows, after, forked])
    return Plan(changes=changes, versions=after, refused=refused, forks=forked, digest=digest)


def _definition(text: str) -> Definition:
    document = parse(text)
    return Definition(document, signals_of(document))


def _changes(old: Definition | None, new: Definition) -> Iterator[Change]:
    before = {} if old is None else old.document.models
    if old is not None:
        yield from _in_system(old.document, new.document)
    for name in new.document.models:
        if old is None or name not in before:
            told = canonical(list(new.document.models[name].signals))
            yield _whole(name, None, told, Effect.CREATED, "is new and starts with nothing learned.")
        else:
            yield from differences(name, old, new)
    for name in before:
        if name not in new.document.models:
            told = canonical(list(before[name].signals))
            yield _whole(name, told, None, Effect.DROPPED, "is dropped; what it learned is kept in the log only.")


def _whole(name: str, old: str | None, new: str | None, effect: Effect, predicate: str) -> Change:
    subject = noun("model", name)
    return Change(model=name, subject=subject, old=old, new=new, effect=effect, sentence=f"{subject} {predicate}")


def _in_system(old: Document, new: Document) -> Iterator[Change]:
    if old.name != new.name:
        sentence = f"what is here was learned by system {old.name!r}; use another state directory for {new.name!r}."
        yield Change(model="", subject="name", old=old.name, new=new.name, effect=Effect.REFUSED, sentence=sentence)
    for field in ("owner", "description"):
        yield from _told(f"{field} of the system", getattr(old, field), getattr(new, field))
    # No source reads as one without settings does.
    sources = old.source or SourceEntry(), new.source or SourceEntry()
    for field in _SOURCE_FIELDS:
        yield from _told(f"{field} of the source", getattr(sources[0], field), getattr(sources[1], field))
    for name in sorted(old.events.keys() & new.events.keys()):
        for field in ("keys", "owner", "description"):
            told = getattr(old.events[name], field), getattr(new.events[name], field)
            yield from _told(f"{field} of {noun('event', name)}", *told)


def _told(subject: str, old: JSON, new: JSON) -> Iterator[Change]:
    if old == new:
        return
    sentence = f"{subject} changes; what was learned stays, and so do all versions."
    yield Change(model="", subject=subject, old=plain(old), new=plain(new), effect=Effect.SAME, sentence=sentence)


def _forked(change: Change, forks: Mapping[str, Start]) -> Change:
    if change.effect is not Effect.REFUSED or change.model not in forks:
        return change
    sentence = (
        f"{change.sentence} A new model takes the name, in a state directory of its own. {_STARTS[forks[change.model]]}"
    )
    return replace(change, effect=Effect.FORKED, sentence=sentence)


def _has(changes: tuple[Change, ...], model: str, effect: Effect) -> bool:
    return any(change.model == model and change.effect is effect for change in changes)


def _versions(
    old: Definition | None,
    versions: Mapping[str, int],
    new: Definition,
    changes: tuple[Change, ...],
    *,
    refused: bool,
) -> dict[str, int]:
    before = {} if old is None else old.document.models
    for name in before:
        if name not in versions:
            raise FlyballError(f"model {name!r} has no version; given: {one_of(versions)}; the state is incomplete")
    if refused:
        return {name: versions[name] for name in before}
    raised = {change.model for change in changes if change.effect is not Effect.SAME}
    return {name: versions.get(name, 0) + (name in raised) for name in new.document.models}

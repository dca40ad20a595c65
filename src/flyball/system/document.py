"""Documents: a system as canonical JSON, to be kept in git, hashed, compared, and read back without executing it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from flyball.system.entity import Entity
from flyball.system.error import FlyballError
from flyball.system.event import Event
from flyball.system.input import Input
from flyball.system.learner import FM, FTRL
from flyball.system.learner_entry import Entry, LearnerEntry, MachineEntry
from flyball.system.mistake import Mistake, SystemInvalid, did_you_mean, noun, one_of
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.place import as_float
from flyball.system.signal import Derived, Signal, walk
from flyball.system.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flyball.system.canonical import JSON
    from flyball.system.system import System

FORMAT = 1
"""Counts the layouts of the document."""
HASH = 1
"""Counts the ways in which features' keys are made from signals and values; another one is another memory."""
LATER_FIELDS = ("candidates", "offset", "admission", "admission_keys", "expiry")
"""The fields of a model that are written down only where they are given: without them a text is what it was before."""

T = TypeVar("T")
E = TypeVar("E", bound="Entry")


class SignalEntry(Entry, frozen=True, kw_only=True):
    """A signal: `op` says what it is, `inputs` names the signals it is computed from.

    >>> SignalEntry(op="words", type="list", inputs=("title",)).op
    'words'
    """

    op: str
    type: str
    inputs: tuple[str, ...] = ()
    params: dict[str, Any] = msgspec.field(default_factory=dict)  # each operation has its own; the check knows them
    was: str | None = None
    owner: str = ""
    description: str = ""


class EventEntry(Entry, frozen=True, kw_only=True):
    """A type of event.

    >>> EventEntry(keys=("ad_id",)).owner
    ''
    """

    keys: tuple[str, ...] = ()
    owner: str = ""
    description: str = ""


class OutcomeEntry(Entry, frozen=True, kw_only=True):
    """An outcome; `counts_from` names an event.

    >>> OutcomeEntry(type="bool", window="30m", learn="arrival").reducer
    'first'
    """

    type: str
    window: str
    learn: str
    if_silent: bool | float | None = None
    counts_from: str | None = None
    reducer: str = "first"
    revision: str = "last"
    labels: tuple[str, str] | None = None
    loss: str | None = None
    keep_silent: float = 1.0
    negatives_kept: float = 1.0
    scale: float = 1.0
    owner: str = ""
    description: str = ""


class ModelEntry(Entry, frozen=True, kw_only=True):
    """A model; signals and the outcome stand by name.

    >>> ModelEntry(signals=("hour",), outcome="click", learner=LearnerEntry()).slice_by
    ()
    """

    signals: tuple[str, ...]
    outcome: str
    learner: LearnerEntry | MachineEntry
    slice_by: tuple[tuple[str, ...], ...] = ()
    calibrate: tuple[tuple[str, ...], ...] | None = None
    candidates: tuple[str, ...] = ()
    offset: str | None = None
    admission: int | float | None = None
    admission_keys: int | None = None
    expiry: str | None = None
    fallback: float | None = None
    deadline: str | None = None
    owner: str = ""
    description: str = ""


class SourceEntry(Entry, frozen=True, kw_only=True):
    """How recorded data is read.

    >>> SourceEntry(time="ts").quoted
    True
    """

    time: str | None = None
    id: str | None = None
    outcome_time: str | None = None
    tz: str | None = None
    unit: str | None = None
    label: str | None = None
    weight: str | None = None
    delimiter: str | None = None
    quoted: bool = True
    missing: tuple[str, ...] = ("",)


class Document(Entry, frozen=True, kw_only=True):
    """A system as data: every part by its name.

    >>> Document(name="ads", signals={}, events={}, outcomes={}, models={}).format
    1
    """

    name: str
    signals: dict[str, SignalEntry]
    events: dict[str, EventEntry]
    outcomes: dict[str, OutcomeEntry]
    models: dict[str, ModelEntry]
    source: SourceEntry | None = None
    owner: str = ""
    description: str = ""
    format: int = FORMAT
    hash: int = HASH


class _Head(msgspec.Struct):
    format: int


def content_of(system: System) -> JSON:
    """The content of the document of a system, ready for canonical JSON.

    >>> from flyball.system.system import System
    >>> model = Model("ctr", signals=[Input("hour", int)], outcome=Outcome("click"))
    >>> sorted(content_of(System("ads", models=[model])))[:4]
    ['description', 'events', 'format', 'hash']
    """
    outcomes = {model.outcome.name: model.outcome for model in system.models}
    events = [outcome.counts_from for outcome in outcomes.values()]
    used = [signal for model in system.models for signal in (*model.signals, *model.beside)]
    document = Document(
        name=system.name,
        owner=system.owner,
        description=system.description,
        signals={signal.name: _signal_entry(signal) for signal in walk(used)},
        events={each.name: _copied(EventEntry, each) for each in events if each is not None},
        outcomes={
            name: _copied(OutcomeEntry, each, type=each.kind.value, counts_from=each.counts_from_name)
            for name, each in outcomes.items()
        },
        models={model.name: _model_entry(model) for model in system.models},
        source=None if system.source is None else _copied(SourceEntry, system.source),
    )
    content: dict[str, Any] = msgspec.to_builtins(document)
    for entry in content["models"].values():
        for name in LATER_FIELDS:
            if not entry[name] and entry[name] != 0:
                del entry[name]
    return content


def parse(text: str) -> Document:
    """The document in a JSON text.

    Raises:
        FlyballError: it was written by a newer version of flyball.
        SystemInvalid: it is no such document.

    >>> parse("{}")
    Traceback (most recent call last):
        ...
    flyball.system.mistake.SystemInvalid: the system has 1 mistake:
      error document-bad: the JSON document: given something else: Object missing required field `format`; ...
    """
    try:
        head = msgspec.json.decode(text, type=_Head)
        if head.format > FORMAT:
            message = f"the document has format {head.format}, of a newer flyball; this one reads up to {FORMAT}"
            raise FlyballError(message)
        if head.format < 1:
            raise SystemInvalid([_unreadable(f"format {head.format}, which never was")])
        return msgspec.json.decode(text, type=Document)
    except RecursionError as error:
        raise SystemInvalid([_unreadable("brackets in brackets, thousands deep")]) from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise SystemInvalid([_unreadable(str(error))]) from error


def signals_of(document: Document) -> dict[str, Signal]:
    """The signals of a document by name.

    Raises:
        SystemInvalid: a signal is made of one that is not there, or of itself.

    >>> entry = SignalEntry(op="input", type="int")
    >>> signals_of(Document(name="ads", signals={"hour": entry}, events={}, outcomes={}, models={}))["hour"].kind
    <Kind.INT: 'int'>
    """
    made: dict[str, Signal] = {}
    users: dict[str, list[str]] = {}
    waiting = {name: len(set(entry.inputs)) for name, entry in document.signals.items()}
    for name, entry in document.signals.items():
        for each in set(entry.inputs):
            users.setdefault(each, []).append(name)
    ready = [name for name, inputs in waiting.items() if inputs == 0]
    for name in ready:
        made[name] = _signal(name, document.signals[name], made)
        for user in users.get(name, ()):
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    unmade = [_unmade(name, entry, document) for name, entry in document.signals.items() if name not in made]
    if unmade:
        raise SystemInvalid(unmade)
    return made


def read(text: str, make: Callable[..., T]) -> T:
    """What `make` makes of the parts of a system in a JSON text.

    Args:
        text: canonical JSON, or any JSON of that layout.
        make: called with `name`, `models`, `owner`, `source` and `description`, as `System` is.

    Raises:
        FlyballError: it was written by a newer version of flyball.
        SystemInvalid: it is no such document.

    >>> from flyball.system.system import System
    >>> read('{"format":1,"name":"ads","signals":{},"events":{},"outcomes":{},"models":{}}', dict)["name"]
    'ads'
    """
    document = parse(text)
    if document.hash != HASH:
        raise SystemInvalid([_unreadable(f"hash {document.hash}; this flyball has hash {HASH}")])
    signals = signals_of(document)
    events = {name: Event(name, **_fields(entry)) for name, entry in document.events.items()}
    outcomes = {
        name: Outcome(name, **_fields(entry, counts_from=_named(events, entry.counts_from, noun("outcome", name))))
        for name, entry in document.outcomes.items()
    }
    return make(
        name=document.name,
        owner=document.owner,
        description=document.description,
        models=[_model(name, entry, signals, outcomes) for name, entry in document.models.items()],
        source=None if document.source is None else Source(**_fields(document.source)),
    )


def _copied(entry: type[E], declared: object, **instead: object) -> E:
    names = (field.name for field in msgspec.structs.fields(entry))
    return entry(**{name: instead[name] if name in instead else getattr(declared, name) for name in names})


def _fields(entry: Entry, **instead: object) -> dict[str, Any]:
    return msgspec.structs.asdict(entry) | instead


def _signal_entry(signal: Signal) -> SignalEntry:
    inputs = tuple(each.name for each in signal.inputs)
    return _copied(SignalEntry, signal, type=signal.kind.value, inputs=inputs, params=dict(signal.params))


def _model_entry(model: Model) -> ModelEntry:
    calibrated_by = tuple(tuple(signal.name for signal in signals) for signals in model.calibrated_by)
    return _copied(
        ModelEntry,
        model,
        signals=tuple(signal.name for signal in model.signals),
        outcome=model.outcome.name,
        learner=_copied(MachineEntry if isinstance(model.learner, FM) else LearnerEntry, model.learner),
        slice_by=tuple(tuple(signal.name for signal in signals) for signals in model.slices),
        calibrate=calibrated_by if model.calibrated else None,
        candidates=tuple(signal.name for signal in model.candidates),
        offset=None if model.offset is None else model.offset.name,
    )


def _signal(name: str, entry: SignalEntry, made: Mapping[str, Signal]) -> Signal:
    said: dict[str, Any] = {"was": entry.was, "owner": entry.owner, "description": entry.description}
    if entry.op == "entity" and not entry.params and not entry.inputs:
        return Entity(name, entry.type, **said)
    if entry.op == "input" and not entry.params.keys() - {"unit", "tz"} and not entry.inputs:
        return Input(name, entry.type, **entry.params, **said)
    params = {key: _number(key, value) for key, value in entry.params.items()}
    inputs = tuple(made[each] for each in entry.inputs)
    return Derived(op=entry.op, inputs=inputs, params=params, type=entry.type, name=name, **said)


def _number(key: str, value: Any) -> JSON:  # noqa: ANN401  # whatever JSON holds
    if key == "edges" and isinstance(value, list):
        return tuple(_number("edge", each) for each in value)
    number: Any = as_float(value) if key in {"edge", "width", "value"} else value
    return number  # type: ignore[no-any-return]  # whatever JSON holds


def _model(name: str, entry: ModelEntry, signals: Mapping[str, Signal], outcomes: Mapping[str, Outcome]) -> Model:
    subject = noun("model", name)
    instead = {
        "signals": [_named(signals, each, subject) for each in entry.signals],
        "outcome": _named(outcomes, entry.outcome, subject),
        "learner": (FM if isinstance(entry.learner, MachineEntry) else FTRL)(**_fields(entry.learner)),
        "slice_by": [tuple(_named(signals, each, subject) for each in names) for names in entry.slice_by],
        "calibrate": None
        if entry.calibrate is None
        else [tuple(_named(signals, each, subject) for each in names) for names in entry.calibrate],
        "candidates": [_named(signals, each, subject) for each in entry.candidates],
        "offset": _named(signals, entry.offset, subject),
    }
    return Model(name, **_fields(entry, **instead))


def _named(parts: Mapping[str, T], name: str | None, subject: str) -> T | None:
    if name is None:
        return None
    if name in parts:
        return parts[name]
    hint = did_you_mean(name, parts)
    raise SystemInvalid(
        [Mistake(code="name-unknown", subject=subject, given=repr(name), accepted=one_of(sorted(parts)), hint=hint)]
    )


def _unmade(name: str, entry: SignalEntry, document: Document) -> Mistake:
    unknown = [each for each in entry.inputs if each not in document.signals]
    return Mistake(
        code="name-unknown" if unknown else "signal-circular",
        subject=noun("signal", name),
        given=one_of(unknown or entry.inputs),
        accepted="names of signals that are not made of this one",
        hint=did_you_mean(unknown[0], document.signals) if unknown else "",
    )


def _unreadable(problem: str) -> Mistake:
    unknown = re.search(r"unknown field `(\w+)`", problem)
    known = {field.name for entry in Entry.__subclasses__() for field in msgspec.structs.fields(entry)}
    return Mistake(
        code="document-bad",
        subject="the JSON document",
        given=f"something else: {problem}",
        accepted="what `System.to_json` writes",
        hint=did_you_mean(unknown[1], known) if unknown else "",
    )

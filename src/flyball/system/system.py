"""Systems: all definitions of one file."""

from __future__ import annotations

from dataclasses import KW_ONLY, InitVar, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from flyball.system import document
from flyball.system.canonical import canonical, fingerprint
from flyball.system.error import FlyballError
from flyball.system.excerpt import excerpt
from flyball.system.inspection.system import inspect
from flyball.system.mistake import SystemInvalid, did_you_mean, one_of
from flyball.system.model import Model
from flyball.system.place import Declared, as_tuple, raw
from flyball.system.program import Offset, Program, compile_program
from flyball.system.signal import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.system.event import Event
    from flyball.system.outcome import Outcome
    from flyball.system.signal import Signal
    from flyball.system.source import Source


@dataclass(frozen=True, slots=True)
class System(Declared):
    """All definitions of one file, checked as a whole when it is made.

    Args:
        name: its name.
        owner: who answers for it.
        models: what predicts; their order means nothing.
        source: how recorded data is read.
        description: what it means.
        import_functions: whether the users' own functions are imported to see that they exist.

    Raises:
        SystemInvalid: something is wrong; everything that is wrong is listed, each at the line where it was declared.

    >>> from flyball.system.input import Input
    >>> from flyball.system.outcome import Outcome
    >>> ctr = Model("ctr", signals=[Input("hour", int)], outcome=Outcome("click", window="30m"))
    >>> system = System("ads", owner="team:ads", models=[ctr])
    >>> System.from_json(system.to_json()) == system
    True
    """

    name: str
    _: KW_ONLY
    models: Sequence[Model]
    owner: str = ""
    source: Source | None = None
    description: str = ""
    import_functions: InitVar[bool] = True

    def __post_init__(self, import_functions: bool) -> None:  # dataclasses pass it so
        """Notes the line, puts the models in order, and checks everything."""
        Declared.__post_init__(self)
        models = as_tuple(self.models)
        self._settle(models=tuple(sorted(models, key=_name)))
        mistakes = inspect(self, import_functions=import_functions)
        if any(mistake.severity == "error" for mistake in mistakes):
            raise SystemInvalid(mistakes)

    @staticmethod
    def from_json(text: str, *, import_functions: bool = False) -> System:
        """The system in a document that `to_json` wrote. Nothing is executed.

        Args:
            text: the document.
            import_functions: whether the users' own functions are imported to see that they exist.

        Raises:
            FlyballError: it was written by a newer version of flyball.
            SystemInvalid: it is no such document, or something is wrong with the system.

        >>> System.from_json('{"format": 99}')
        Traceback (most recent call last):
            ...
        flyball.system.error.FlyballError: the document has format 99, of a newer flyball; this one reads up to 1
        """
        return document.read(text, partial(System, import_functions=import_functions))

    def to_json(self) -> str:
        """The system as canonical JSON: equal systems give the same text, whatever order they were declared in."""
        return canonical(document.content_of(self))

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical JSON, as 64 hexadecimal digits."""
        return fingerprint(document.content_of(self))

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """The outcomes of all models by name."""
        return {model.outcome.name: model.outcome for model in self.models}

    @property
    def events(self) -> dict[str, Event]:
        """The events that outcomes count from, by name."""
        events = (outcome.counts_from for outcome in self.outcomes.values())
        return {event.name: event for event in events if event is not None}

    @property
    def signals(self) -> dict[str, Signal]:
        """The signals of all models and dimensions, and those that they are made of, by name."""
        used = [signal for model in self.models for signal in (*model.signals, *model.beside)]
        return {signal.name: signal for signal in walk(used)}

    def model(self, name: str) -> Model:
        """The model of this name.

        Raises:
            FlyballError: there is none.
        """
        for model in self.models:
            if model.name == name:
                return model
        names = [model.name for model in self.models]
        hint = did_you_mean(name, names, "see the models= of the system")
        raise FlyballError(f"no model is named {excerpt(name)}; accepted: {one_of(names)}; {hint}")

    def program(self, name: str) -> Program:
        """The program of a model: its signals are the outputs, and its offset and dimensions are computed too.

        Args:
            name: the model's.

        Raises:
            FlyballError: there is no such model.
        """
        model = self.model(name)
        program = compile_program(model.signals, beside=model.beside)
        if model.candidates:
            names = {signal.name for signal in model.candidates}
            chosen = frozenset(i for i, place in enumerate(program.outputs) if program.nodes[place].name in names)
            program = replace(program, candidates=chosen)
        if model.offset is None:
            return program
        # Numbers are learned in units of the outcome's scale.
        unit = model.outcome.scale if model.outcome.loss == "squared" else 1.0
        return replace(program, offset=Offset(program.place(model.offset.name), unit))


def _name(model: object) -> str:
    return model.name if isinstance(model, Model) and isinstance(raw(model, "name"), str) else ""

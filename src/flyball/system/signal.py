"""Signals: the typed values that models consume."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flyball.system.excerpt import excerpt
from flyball.system.kind import Kind, KindUnknown
from flyball.system.place import Declared, as_float, as_tuple, unchecked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flyball.system.canonical import JSON

NAME_LENGTH = 200
"""The longest name of a signal, in characters."""

ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
"""The operations on numbers, and how they are written."""


class Signal(Declared):
    """One typed value that a model consumes. Signals combine with `+ - * /` into signals.

    >>> from flyball.system.input import Input
    >>> (Input("arrival", int) - Input("departure", int)).name
    '(arrival - departure)'
    """

    __slots__ = ()
    # NumPy's numbers leave the arithmetic to us.
    __array_ufunc__ = None

    name: str
    type: object
    was: str | None
    owner: str
    description: str

    @property
    def kind(self) -> Kind:
        """The type of its values.

        Raises:
            KindUnknown: the declared type is none; `System` reports that before anybody asks.
        """
        return Kind.of(self.type)

    @property
    def op(self) -> str:
        """What it is: "input", "entity", or the operation that derives it."""
        raise NotImplementedError

    @property
    def inputs(self) -> tuple[Signal, ...]:
        """The signals it is computed from."""
        return ()

    @property
    def params(self) -> Mapping[str, JSON]:
        """What it means beside its kind and its inputs; part of its semantic hash."""
        return {}

    @property
    def categorical(self) -> bool:
        """Whether its values are names, not numbers: an entity's int is a name."""
        return self.op in {"entity", "bucket"} or kind_or_none(self.type) in {Kind.BOOL, Kind.STR, Kind.LIST}

    @property
    def lineage(self) -> str:
        """The name under which its features are learned: `was`, or else its name."""
        return self.name if self.was is None else self.was

    def __add__(self, other: object) -> Derived:
        return _arithmetic("add", self, other)

    def __radd__(self, other: object) -> Derived:
        return _arithmetic("add", other, self)

    def __sub__(self, other: object) -> Derived:
        return _arithmetic("sub", self, other)

    def __rsub__(self, other: object) -> Derived:
        return _arithmetic("sub", other, self)

    def __mul__(self, other: object) -> Derived:
        return _arithmetic("mul", self, other)

    def __rmul__(self, other: object) -> Derived:
        return _arithmetic("mul", other, self)

    def __truediv__(self, other: object) -> Derived:
        return _arithmetic("div", self, other)

    def __rtruediv__(self, other: object) -> Derived:
        return _arithmetic("div", other, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Signal):
    """A signal that is a pure function of others; made by `cross`, `bucket`, `words`, `ngrams`, `derive` and `+ - * /`.

    Args:
        op: what is done: cross, bucket, words, ngrams, add, sub, mul, div, const or function.
        inputs: the signals it is done to.
        params: what else it depends on; JSON.
        type: what it results in.
        name: its name; without one it is named after what it does.
        was: the name that it had, whose features it keeps.
        owner: who answers for it.
        description: what it means.

    >>> from flyball.system.input import Input
    >>> Derived(op="words", inputs=(Input("text", str),), params={}, type=Kind.LIST).name
    'words(text)'
    """

    op: str
    inputs: tuple[Signal, ...]
    params: Mapping[str, JSON] = field(hash=False)
    type: object
    name: str = ""
    was: str | None = None
    owner: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        """Notes the line, and finds a name where none was given."""
        Declared.__post_init__(self)
        self._settle(type=kind_or_none(self.type) or self.type)
        if self.name == "":
            name, lineage = _called(self, _name_of), _called(self, _lineage_of)
            self._settle(name=name, was=self.was if self.was is not None or lineage == name else lineage)

    def named(self, name: str, *, was: str | None = None) -> Derived:
        """The same signal under a name of its own.

        Args:
            name: the name.
            was: the name that it had, whose features it keeps.

        >>> from flyball.system.input import Input
        >>> (Input("arrival", int) - Input("departure", int)).named("flight_time").name
        'flight_time'
        """
        return Derived(
            op=self.op,
            inputs=self.inputs,
            params=self.params,
            type=self.type,
            name=name,
            was=was,
            owner=self.owner,
            description=self.description,
        )


def kind_or_none(declared: object) -> Kind | None:
    """The kind of a declared type, or `None` where it is none.

    >>> kind_or_none("int"), kind_or_none("strng")
    (<Kind.INT: 'int'>, None)
    """
    try:
        return Kind.of(declared)
    except KindUnknown:
        return None


def walk(signals: Iterable[object]) -> tuple[Signal, ...]:
    """All signals that these are made of and these themselves, each object once, inputs before what uses them.

    What is no signal is left out: the check reports it.

    >>> from flyball.system.input import Input
    >>> [signal.name for signal in walk([Input("a", int) + Input("b", int)])]
    ['a', 'b', '(a + b)']
    """
    found: dict[int, Signal] = {}
    entered: set[int] = set()
    stack = only_signals(signals)[::-1]
    while stack:
        signal = stack[-1]
        if id(signal) in entered:
            found.setdefault(id(signal), stack.pop())
            continue
        entered.add(id(signal))
        stack.extend(each for each in reversed(only_signals(signal.inputs)) if id(each) not in entered)
    return tuple(found.values())


def only_signals(items: Iterable[object]) -> list[Signal]:
    """Those of the items that are signals.

    >>> only_signals(["hour"])
    []
    """
    return [item for item in items if isinstance(item, Signal)]


def _arithmetic(op: str, left: object, right: object) -> Derived:
    return Derived(op=op, inputs=(_operand(left), _operand(right)), params={}, type=Kind.FLOAT)


def _operand(given: object) -> Signal:
    if isinstance(given, Signal):
        return given
    return Derived(op="const", inputs=(), params={"value": unchecked(as_float(given))}, type=Kind.FLOAT)


def _name_of(given: object) -> str:
    return _shown(given.name) if isinstance(given, Signal) else excerpt(given)


def _lineage_of(given: object) -> str:
    return _shown(given.lineage) if isinstance(given, Signal) else excerpt(given)


def _shown(name: object) -> str:
    return name if isinstance(name, str) else excerpt(name)


def _called(signal: Derived, name_of: Callable[[object], str]) -> str:
    inputs = [_constant(each) or name_of(each) for each in as_tuple(signal.inputs)]
    if signal.op in ARITHMETIC and len(inputs) == len("ab"):
        return _shortened(f"({inputs[0]} {ARITHMETIC[signal.op]} {inputs[1]})")
    if signal.op == "const":
        return f"const({_constant(signal)})"
    word = signal.op
    if signal.op == "function":
        word = str(signal.params.get("path")).rpartition(":")[2] or "function"
    if signal.op == "ngrams":
        inputs += [excerpt(signal.params.get("n")), str(signal.params.get("of"))]
    return _shortened(f"{word}({', '.join(inputs)})")


def _constant(given: object) -> str:
    """How a constant is written; empty for everything else."""
    return excerpt(given.params.get("value")) if isinstance(given, Signal) and given.op == "const" else ""


def _shortened(name: str) -> str:
    """Names of names stay bounded: the end of a long one is replaced by its hash."""
    if len(name) <= NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:16]
    return f"{name[: NAME_LENGTH - 20]}...{digest}"

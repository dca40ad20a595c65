"""Intakes: how a model takes its inputs from JSON, settled when the model is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from flyball.events.leaf import leaf_of
from flyball.serve.body import check_unique, fields_given
from flyball.serve.request import RequestRefused, typed_inputs
from flyball.serve.wire import Ask
from flyball.system.kind import Kind
from flyball.system.missing import MISSING
from flyball.system.refusal import ValueRefused
from flyball.system.value import ITEMS, ITEMS_BYTES, TEXT_BYTES, coercer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flyball.events.record import Leaf
    from flyball.system.program import Node, Program
    from flyball.system.value import Value

_TEXT = Annotated[str, Meta(max_length=TEXT_BYTES // 4)]
"""A text that is short enough whatever its characters are; longer ones are counted in bytes by `coerce`."""
_INT = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]

_TAKEN: dict[Kind, Any] = {
    Kind.BOOL: bool,
    Kind.INT: _INT,
    Kind.FLOAT: float,
    Kind.STR: _TEXT,
    Kind.LIST: Annotated[list[_TEXT], Meta(max_length=ITEMS)],
    Kind.TIMESTAMP: int | float | str,
    Kind.MAP: Annotated[dict[_TEXT, float], Meta(max_length=ITEMS)],
}
"""What a decoder may take as a value of each kind without asking `coerce`; all else is left to it."""
BESIDE = frozenset({"id", "deadline_ms", "event_ts", "consistent", "uncertainty"})
"""What a question of one prediction may hold besides its inputs."""


class Taken(NamedTuple):
    """The inputs of one question.

    Args:
        leaves: what is logged, in the model's order.
        values: what is computed with, in the same order.
        unknown: what the model does not know.

    >>> Taken([None], [MISSING], {}).leaves
    [None]
    """

    leaves: list[Leaf]
    values: list[Value]
    unknown: dict[str, Leaf]


class Intake:
    """Takes the inputs of one model.

    Nearly every question is decoded straight into typed values. What the strict decoder does not take (a number as
    text, an input that no definition knows) is decoded again as plain JSON and typed by `coerce`; both give the same.

    Args:
        model: the model's name.
        program: its program.
        strict: whether inputs that it does not know are refused.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> intake = Intake("late", compile_program([Input("hour", int)]))
    >>> intake.quick(b'{"inputs": {"hour": 7}}')[1].leaves, intake.quick(b'{"inputs": {"hour": "7"}}')
    ([7], None)
    >>> intake.take({"hour": "7"}).leaves
    [7]
    """

    def __init__(self, model: str, program: Program, *, strict: bool = False) -> None:
        self._model = model
        self._program = program
        self._strict = strict
        nodes = [program.nodes[place] for place in program.leaves]
        self.names = tuple(node.name for node in nodes)
        self._finish = [(i, finish) for i, node in enumerate(nodes) if (finish := _finisher(node)) is not None]
        self._maps = [i for i, node in enumerate(nodes) if node.kind is Kind.MAP]
        self._one = _decoder(nodes)

    def quick(self, body: bytes) -> tuple[Any, Taken] | None:
        """A question with inputs of one prediction, and these; `None` where a second look is needed.

        Raises:
            Refused: a key stands twice.
            RequestRefused: a time is none.
        """
        if self._one is None or len(body) > ITEMS_BYTES:
            return None
        try:
            ask = self._one.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        raw = msgspec.structs.astuple(ask.inputs)
        absent = raw.count(UNSET)
        keys = fields_given(ask) + len(raw) - absent
        for i in self._maps:
            if isinstance(raw[i], dict):
                keys += len(raw[i])
        check_unique(body, keys)
        leaves = [None if leaf is UNSET else leaf for leaf in raw] if absent else list(raw)
        values = [MISSING if leaf is None else leaf for leaf in leaves]
        for i, finish in self._finish:
            if leaves[i] is not None:
                values[i] = finish(leaves[i])
                leaves[i] = leaf_of(values[i])
        return ask, Taken(leaves, values, {})

    def take(self, inputs: Mapping[str, object]) -> Taken:
        """The inputs, from plain JSON.

        Raises:
            RequestRefused: a value is not of its declared type, or inputs are unknown that must not be, or too many.
        """
        values, unknown = typed_inputs(self._model, self._program, inputs, strict=self._strict)
        return Taken([leaf_of(value) for value in values], values, unknown)


def _decoder(nodes: list[Node]) -> msgspec.json.Decoder[Any] | None:
    """Decodes a question into a struct of `Ask`'s fields whose inputs are typed; `None` where a name forbids it."""
    names = {f"leaf_{i}": node.name for i, node in enumerate(nodes)}
    fields = [(name, _TAKEN[node.kind] | None | UnsetType, UNSET) for name, node in zip(names, nodes, strict=True)]
    try:
        inputs = msgspec.defstruct("Inputs", fields, rename=names, frozen=True, forbid_unknown_fields=True)
    except ValueError:  # a name with a quotation mark in it is no name of a field
        return None
    others = [(each.name, each.type, UNSET) for each in msgspec.structs.fields(Ask) if each.name in BESIDE]
    ask = msgspec.defstruct("Ask", [("inputs", inputs), *others], frozen=True, forbid_unknown_fields=True)
    return msgspec.json.Decoder(ask)


def _finisher(node: Node) -> Callable[[Any], Value] | None:
    """What makes a value of what the decoder took; `None` where it is one already."""
    if node.kind is Kind.LIST:
        return tuple
    if node.kind is Kind.MAP:
        return _in_order
    if node.kind is not Kind.TIMESTAMP:
        return None
    unit, tz = node.params.get("unit"), node.params.get("tz")
    coerced = coercer(node.kind, unit=unit if isinstance(unit, str) else None, tz=tz if isinstance(tz, str) else None)

    def moment(raw: object) -> Value:
        try:
            return coerced(raw)
        except ValueRefused as error:
            raise RequestRefused(f"input {node.name!r}: {error}") from error

    return moment


def _in_order(numbers: dict[str, float]) -> Value:
    return dict(sorted(numbers.items()))

"""What is read for one input or entity of a system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flyball.system.kind import Kind
    from flyball.system.program import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafSpec:
    """The column that a leaf is read from, and as what.

    Args:
        name: the leaf's name, which is the column's.
        kind: the type of its values.
        unit: for timestamps: what numbers count since 1970, "s", "ms" or "us".
        tz: for timestamps: the zone of texts without an offset.

    >>> from flyball.system.kind import Kind
    >>> LeafSpec(name="hour", kind=Kind.INT).kind
    <Kind.INT: 'int'>
    """

    name: str
    kind: Kind
    unit: str | None = None
    tz: str | None = None


def leaf_specs(program: Program) -> tuple[LeafSpec, ...]:
    """What is read for the leaves of a program, in the order in which they are logged.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> [spec.name for spec in leaf_specs(compile_program([Input("a", int) + Input("b", int)]))]
    ['a', 'b']
    """
    nodes = [program.nodes[place] for place in program.leaves]
    return tuple(
        LeafSpec(name=node.name, kind=node.kind, unit=_text(node.params.get("unit")), tz=_text(node.params.get("tz")))
        for node in nodes
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None

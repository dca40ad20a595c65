"""Programs: the signals of a model in the order in which they are computed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.system.canonical import fingerprint
from flyball.system.kind import Kind
from flyball.system.signal import Signal, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flyball.system.canonical import JSON

LEAVES = frozenset({"input", "entity"})
"""The operations that compute nothing: their values come with the request."""
NAMING = frozenset({"entity", "bucket"})
"""The operations whose whole numbers are names, not amounts."""
NUMBERS = frozenset({Kind.INT, Kind.FLOAT, Kind.TIMESTAMP})
"""The types whose values are amounts, unless they name something."""
GRIDS = "1, 16 * 0.375; crossed 4"
"""How amounts become features, part of their meaning: cells an octave (`flyball.learn.grid`)."""


@dataclass(frozen=True, slots=True)
class Node:
    """One signal of a program.

    Args:
        name: the signal's name.
        op: input, entity, cross, bucket, words, ngrams, add, sub, mul, div, const or function.
        kind: the type of its values.
        inputs: the places in the program of the nodes it is computed from; all lie before it.
        params: what else it depends on. For leaves: `name`, under which it is learned, and `unit` and `tz` where
            declared; `edges` or `width` of a bucket; `n` and `of` of n-grams; `value` of a constant; `path` and
            `version` of a function.
        digest: the semantic hash, 64 hexadecimal digits: equal for what means the same.
        seed: what its features' keys are hashed with.

    >>> Node("hour", "input", Kind.INT, (), {"name": "hour"}, "00", 1).categorical
    False
    """

    name: str
    op: str
    kind: Kind
    inputs: tuple[int, ...]
    params: Mapping[str, JSON]
    digest: str
    seed: int

    @property
    def categorical(self) -> bool:
        """Whether its values are names, not numbers: an entity's int is a name, an input's a number."""
        return self.op in NAMING or self.kind in {Kind.BOOL, Kind.STR, Kind.LIST}


@dataclass(frozen=True, slots=True)
class Offset:
    """What is added to the margin.

    Args:
        place: of the signal in the program.
        unit: what it is divided by before.

    >>> Offset(3, 2.0).unit
    2.0
    """

    place: int
    unit: float


@dataclass(frozen=True, slots=True)
class Program:
    """Signals in the order in which they are computed.

    Args:
        nodes: each after its inputs.
        outputs: the places of the model's signals, in the model's order.
        offset: what is added to the margin and not learned.
        candidates: which of the outputs, counted from 0, some lanes learn without.

    >>> from flyball.system.input import Input
    >>> program = compile_program([Input("a", int) * 2.0])
    >>> [node.op for node in program.nodes], program.outputs, program.leaves
    (['input', 'const', 'mul'], (2,), (0,))
    """

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    offset: Offset | None = None
    candidates: frozenset[int] = frozenset()

    @property
    def leaves(self) -> tuple[int, ...]:
        """The places of the inputs and entities, in order of first appearance: the order in which they are logged."""
        return tuple(place for place, node in enumerate(self.nodes) if node.op in LEAVES)

    @property
    def functions(self) -> tuple[int, ...]:
        """The places of the users' own functions, in order: the order in which their results are logged."""
        return tuple(place for place, node in enumerate(self.nodes) if node.op == "function")

    def place(self, name: str) -> int:
        """The place of the signal of this name.

        Raises:
            KeyError: there is none.

        >>> from flyball.system.input import Input
        >>> compile_program([Input("a", int)]).place("a")
        0
        """
        for place, node in enumerate(self.nodes):
            if node.name == name:
                return place
        raise KeyError(name)


def compile_program(signals: Iterable[Signal], *, beside: Iterable[Signal] = ()) -> Program:
    """The program that computes these signals; what two of them share is computed once.

    Args:
        signals: the model's signals.
        beside: signals that are computed too, after the others, but are none of the outputs: dimensions of slices.

    Raises:
        KindUnknown: a signal's type is none of the known ones; a `System` is never made of such.

    >>> from flyball.system.input import Input
    >>> len(compile_program([Input("a", int), Input("a", int)]).nodes)
    1
    """
    outputs = tuple(signals)
    nodes: list[Node] = []
    known: dict[tuple[str, str], int] = {}
    places: dict[int, int] = {}
    everything = walk([*outputs, *beside])  # kept alive while their ids are in use
    for signal in everything:
        node = _node(signal, tuple(places[id(each)] for each in signal.inputs), nodes)
        place = known.setdefault((node.name, node.digest), len(nodes))
        if place == len(nodes):
            nodes.append(node)
        places[id(signal)] = place
    return Program(tuple(nodes), tuple(places[id(signal)] for signal in outputs))


def seed_of(lineage: str, digest: str) -> int:
    """What the keys of a signal's features are hashed with: another name or another meaning, other features.

    Args:
        lineage: the name under which the signal is learned.
        digest: its semantic hash.

    >>> seed_of("hour", "00")
    11774652397658172217
    """
    return int.from_bytes(hashlib.sha256(f"{lineage}\0{digest}".encode()).digest()[:8], "little")


def _node(signal: Signal, inputs: tuple[int, ...], nodes: list[Node]) -> Node:
    params = dict(signal.params)
    if signal.op in LEAVES:
        # Two leaves of one type differ by name, and so do signals derived from them.
        params["name"] = signal.lineage
    kind = signal.kind
    meaning: list[JSON] = [signal.op, kind.value, params, [nodes[place].digest for place in inputs]]
    if kind in NUMBERS and signal.op not in NAMING:
        meaning.append(GRIDS)
    digest = fingerprint(meaning)
    return Node(signal.name, signal.op, kind, inputs, params, digest, seed_of(signal.lineage, digest))

"""Variants: what an ablation leaves out of a model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.dependence import codes_of, dependence
from flyball.system.cone import cone_of
from flyball.system.error import FlyballError
from flyball.system.mistake import did_you_mean, one_of
from flyball.system.program import LEAVES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from flyball.learn.features import Features
    from flyball.system.program import Program
    from flyball.watch.worth import Kind

ALIKE = 0.5
"""Signals of which one foretells so much of the other are tried as pairs; from 0 to 1, `dependence` says how."""
MOST_PAIRS = 40
"""At most so many, those that are most alike."""
COMPARED = 5_000
"""So many rows are compared."""


class AblationRefused(FlyballError):
    """This cannot be left out, or there is nothing to leave out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A model without some signals.

    Args:
        name: what is left out, in words.
        kind: a signal, an input that is no signal itself, a group or a pair.
        members: the names of what was named.
        outputs: the places of all signals that are left out: those named and those computed from them.

    >>> Variant(name="hour", kind="signal", members=("hour",), outputs=frozenset([0])).kind
    'signal'
    """

    name: str
    kind: Kind
    members: tuple[str, ...]
    outputs: frozenset[int]


def single_variants(program: Program) -> tuple[Variant, ...]:
    """One for every signal of a model, and for every input of which several signals are made, but none is itself.

    Without a signal there is nothing to compute others from: a cross is left out with each signal that it is made of.

    Raises:
        AblationRefused: the model has an offset, which variants do not add.

    >>> from flyball.system.derivation import cross
    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> to, day = Input("to", str), Input("day", str)
    >>> [(v.name, sorted(v.outputs)) for v in single_variants(compile_program([to, day, cross(to, day)]))]
    [('to', [0, 2]), ('day', [1, 2]), ('cross(to, day)', [2])]
    """
    if program.offset is not None:
        name = program.nodes[program.offset.place].name
        raise AblationRefused(
            f"the model adds the offset {name!r}, and models without a signal are learned without it; leave out offset="
        )
    cones = [cone_of(program, place) for place in program.outputs]
    found = []
    for place, node in enumerate(program.nodes):
        outputs = frozenset(i for i, cone in enumerate(cones) if place in cone)
        own = place in program.outputs
        if own or (node.op in LEAVES and len(outputs) > 1):
            kind: Kind = "signal" if own else "input"
            found.append((own, Variant(name=node.name, kind=kind, members=(node.name,), outputs=outputs)))
    order = [program.nodes[place].name for place in program.outputs]
    signals = sorted((v for own, v in found if own), key=lambda v: order.index(v.name))
    return (*signals, *(variant for own, variant in found if not own))


def together(singles: Iterable[Variant], names: Sequence[str], kind: Kind = "group") -> Variant:
    """The variant that leaves out several at once.

    Args:
        singles: what can be left out alone.
        names: of two of them or more.
        kind: group or pair.

    Raises:
        AblationRefused: a name is unknown, or there are not two.

    >>> hour = Variant(name="hour", kind="signal", members=("hour",), outputs=frozenset([0]))
    >>> together([hour], ["hour", "huor"])
    Traceback (most recent call last):
        ...
    flyball.run.variant.AblationRefused: no signal is named 'huor'; accepted: 'hour'; did you mean 'hour'?
    """
    known = {variant.name: variant for variant in singles}
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise AblationRefused(
                f"no signal is named {name!r}; accepted: {one_of(known)}{'; ' + hint if hint else ''}"
            )
    members = tuple(dict.fromkeys(names))
    if len(members) < 2:
        raise AblationRefused(f"a group of {one_of(members) or 'nothing'} is none; name two signals or more")
    outputs = frozenset().union(*(known[name].outputs for name in members))
    return Variant(name=", ".join(members), kind=kind, members=members, outputs=outputs)


def alike_pairs(singles: Sequence[Variant], program: Program, features: Features) -> tuple[Variant, ...]:
    """The pairs of signals of which one foretells much of the other, the most alike first.

    Two of which one is computed from the other are no pair, since they are left out together anyway, and neither is a
    cross with anything: it foretells whatever its members foretell.

    Args:
        singles: what can be left out alone.
        program: of the model.
        features: of some rows, with their signals.

    >>> from flyball.learn.features import side_by_side, singles as texts
    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> program = compile_program([Input("code", str), Input("name", str)])
    >>> keys = np.arange(200, dtype=np.uint64) % 7
    >>> rows = side_by_side([texts(keys + 1), texts(keys + 100)], 9, numbered=True)
    >>> [pair.name for pair in alike_pairs(single_variants(program), program, rows)]
    ['code, name']
    """
    codes = codes_of(features, len(program.outputs))
    places = {program.nodes[p].name: i for i, p in enumerate(program.outputs) if program.nodes[p].op != "cross"}
    signals = {variant.name: variant for variant in singles if variant.name in places}
    found: list[tuple[float, int, Variant]] = []
    for a, b in combinations(signals, 2):
        if places[b] in signals[a].outputs or places[a] in signals[b].outputs:
            continue
        likeness = dependence(codes[places[a]], codes[places[b]])
        if likeness >= ALIKE:
            found.append((-likeness, len(found), together(singles, [a, b], "pair")))
    return tuple(pair for _, _, pair in sorted(found)[:MOST_PAIRS])


def kept_by(variants: Sequence[Variant], outputs: int, probes: int) -> NDArray[np.bool_]:
    """Which lane has the features of which signal: shape (outputs + probes, 1 + variants + probes).

    Lane 0 is the model, which has no probe; then the variants; then for each probe the model with this probe.

    >>> hour = Variant(name="hour", kind="signal", members=("hour",), outputs=frozenset([0]))
    >>> kept_by([hour], 2, 1).astype(int).tolist()
    [[1, 0, 1], [1, 1, 1], [0, 0, 1]]
    """
    kept = np.ones((outputs + probes, 1 + len(variants) + probes), dtype=np.bool_)
    for lane, variant in enumerate(variants, 1):
        kept[sorted(variant.outputs), lane] = False
    kept[outputs:] = False
    kept[outputs:, 1 + len(variants) :] = np.eye(probes, dtype=np.bool_)
    return kept

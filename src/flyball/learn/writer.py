"""Writers: what puts one signal's features of one row after the others, settled when the program is compiled."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from xxhash import xxh64_intdigest

from flyball.learn.candidate import tagged
from flyball.learn.features import squash
from flyball.learn.grid import CROSSED, GRIDS, cells
from flyball.learn.hash64 import crossed_key, missing_key
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flyball.learn.grid import Grid
    from flyball.system.program import Node, Program
    from flyball.system.value import Value

    Writer: TypeAlias = Callable[[Sequence[Value], list[int], list[float]], None]
    """Appends the keys and values of a signal's features, given the values of all nodes."""

KNOWN = 512
"""How many values of a signal have their keys in memory: a quarter of a megabyte at most."""
SHORT = 64
"""The longest text whose key is kept, in characters."""

_word = struct.Struct("<q").pack


def output_writer(program: Program, output: int) -> Writer:
    """What writes the features of one of a program's outputs, under the keys that they are learned by.

    >>> from dataclasses import replace
    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> program, found = compile_program([Input("to", str), Input("day", str)]), []
    >>> for place in range(2):
    ...     output_writer(replace(program, candidates=frozenset([1])), place)(["SEA", "1"], found, [])
    >>> [key & 2 for key in found]
    [0, 2]
    """
    write = writer_of(program, program.outputs[output])
    if not program.candidates:
        return write
    candidate = output in program.candidates

    def tag(values: Sequence[Value], keys: list[int], shares: list[float]) -> None:
        first = len(keys)
        write(values, keys, shares)
        keys[first:] = [tagged(key, candidate=candidate) for key in keys[first:]]

    return tag


def writer_of(program: Program, place: int, *, crossed: bool = False) -> Writer:
    """What writes the features of one signal of a program.

    Args:
        program: the compiled signals.
        place: the signal's.
        crossed: whether they are to be crossed: whole numbers are then taken as they are, not as cells.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> program = compile_program([Input("hour", int)])
    >>> keys, shares = [], []
    >>> writer_of(program, 0)([9], keys, shares)
    >>> len(keys), shares
    (3, [0.875, 0.125, 0.375])
    >>> writer_of(program, 0, crossed=True)([9], keys, shares)
    >>> len(keys)
    4
    """
    node = program.nodes[place]
    if node.op == "cross":
        return _cross([writer_of(program, i, crossed=True) for i in node.inputs], node.seed)
    if node.kind is Kind.STR:
        return _text(place, node.seed)
    if node.kind is Kind.LIST:
        return _items(place, node.seed)
    if node.kind is Kind.MAP:
        return _mapping(place, node.seed)
    if node.categorical or (crossed and node.kind is not Kind.FLOAT):
        return _whole(place, node)
    return _number(place, node.seed, CROSSED if crossed else GRIDS)


def _text(place: int, seed: int) -> Writer:
    absent = missing_key(seed)

    @lru_cache(KNOWN)
    def known(text: str) -> int:
        return xxh64_intdigest(text.encode(), seed)

    def write(values: Sequence[Value], keys: list[int], shares: list[float]) -> None:
        value = values[place]
        if not isinstance(value, str):
            keys.append(absent)
        else:
            keys.append(known(value) if len(value) <= SHORT else xxh64_intdigest(value.encode(), seed))
        shares.append(1.0)

    return write


def _whole(place: int, node: Node) -> Writer:
    seed = node.seed
    absent = missing_key(seed)

    def write(values: Sequence[Value], keys: list[int], shares: list[float]) -> None:
        value = values[place]
        keys.append(xxh64_intdigest(_word(int(value)), seed) if isinstance(value, (int, float)) else absent)
        shares.append(1.0)

    return write


def _number(place: int, seed: int, grids: Sequence[Grid]) -> Writer:
    absent = missing_key(seed)

    @lru_cache(KNOWN)
    def known(number: float) -> tuple[tuple[int, ...], tuple[float, ...]]:
        keys: list[int] = []
        shares: list[float] = []
        for bits, weight in grids:
            cell, share = cells(number, bits)
            keys.append(xxh64_intdigest(_word(cell), seed))
            shares.append((1.0 - share) * weight)
            if share > 0.0:
                keys.append(xxh64_intdigest(_word(cell + 1 if cell > 0 else cell - 1), seed))
                shares.append(share * weight)
        return tuple(keys), tuple(shares)

    def write(values: Sequence[Value], keys: list[int], shares: list[float]) -> None:
        value = values[place]
        if not isinstance(value, (int, float)):
            keys.append(absent)
            shares.append(1.0)
            return
        its_keys, its_shares = known(float(value))
        keys += its_keys
        shares += its_shares

    return write


def _items(place: int, seed: int) -> Writer:
    absent = missing_key(seed)

    def write(values: Sequence[Value], keys: list[int], shares: list[float]) -> None:
        value = values[place]
        found = [absent]
        if isinstance(value, tuple):
            found = [xxh64_intdigest(item.encode(), seed) for item in dict.fromkeys(value)]
        keys += found
        shares += [1.0] * len(found)

    return write


def _mapping(place: int, seed: int) -> Writer:
    absent = missing_key(seed)

    def write(values: Sequence[Value], keys: list[int], shares: list[float]) -> None:
        value = values[place]
        if not isinstance(value, dict):
            keys.append(absent)
            shares.append(1.0)
            return
        for name, number in value.items():
            keys.append(xxh64_intdigest(name.encode(), seed))
            shares.append(float(squash(float(number))))

    return write


def _cross(parts: Sequence[Writer], seed: int) -> Writer:
    first, *others = parts

    def write(values: Sequence[Value], keys: list[int], shares: list[float]) -> None:
        crossed: list[int] = []
        first(values, crossed, [])
        for part in others:
            right: list[int] = []
            part(values, right, [])
            crossed = [crossed_key(left, key, seed) for left in crossed for key in right]
        keys += crossed
        shares += [1.0] * len(crossed)

    return write

"""Cones: a node of a program with all that it is computed from."""

from __future__ import annotations

from dataclasses import replace

from flyball.system.program import Program


def cone_of(program: Program, place: int) -> frozenset[int]:
    """The places of a node and of all nodes that it is computed from, directly or not.

    >>> from flyball.system.derivation import cross
    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> sorted(cone_of(compile_program([Input("a", str), cross(Input("a", str), Input("b", str))]), 2))
    [0, 1, 2]
    """
    found: set[int] = set()
    todo = [place]
    while todo:
        here = todo.pop()
        if here not in found:
            found.add(here)
            todo += program.nodes[here].inputs
    return frozenset(found)


def cut(program: Program, place: int) -> Program:
    """The program of one node alone: its cone, with this node as the only output.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> one = cut(compile_program([Input("a", int), Input("b", int) * 2]), 3)
    >>> [node.op for node in one.nodes], one.outputs
    (['input', 'const', 'mul'], (2,))
    """
    kept = sorted(cone_of(program, place))
    new = {old: place for place, old in enumerate(kept)}
    nodes = [program.nodes[old] for old in kept]
    nodes = [replace(node, inputs=tuple(new[i] for i in node.inputs)) for node in nodes]
    return Program(tuple(nodes), (new[place],))

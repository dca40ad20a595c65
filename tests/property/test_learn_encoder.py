"""Encoding by row and in bulk: the same features to the bit, for every program and every row."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flyball.events.leaf import leaf_of, value_of
from flyball.learn.bulk_encoder import BulkEncoder
from flyball.learn.column import Column
from flyball.learn.encoder import BIAS_KEY, Encoder
from flyball.learn.features import pick
from flyball.system.derivation import bucket, cross, derive, ngrams, words
from flyball.system.entity import Entity
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.program import Program, compile_program

if TYPE_CHECKING:
    from flyball.events.record import Leaf
    from flyball.learn.features import Features
    from flyball.system.signal import Signal

TEXT = st.text("abç '\u2019-_7\n", max_size=12) | st.text(max_size=12)
LEAF: dict[Kind, st.SearchStrategy[Leaf]] = {
    Kind.BOOL: st.booleans(),
    Kind.INT: st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9),
    Kind.FLOAT: st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 5e-324, 1.5, 2.0]),
    Kind.STR: TEXT,
    Kind.LIST: st.lists(TEXT, max_size=4),
    Kind.TIMESTAMP: st.integers(-(2**53), 2**53),
    Kind.MAP: st.dictionaries(TEXT, st.floats(allow_nan=False, allow_infinity=False), max_size=4),
}


def label(value: object) -> str | None:
    """A user's function: a name of a value, and none of what is missing."""
    return None if value is None else f"is {value}"


def length(value: object) -> float | None:
    """Another: a number of a value."""
    return None if value is None else float(len(str(value)))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Signals of every kind and operation, made of each other, of which some are the model's."""
    truth, text, items = Input("truth", bool), Input("text", str), Input("items", list[str])
    whole, real = Input("whole", int), Input("real", float)
    user, ad = Entity("user", str), Entity("ad", int)
    numbers: list[Signal] = [whole, real]
    names: list[Signal] = [truth, text, items, whole, user, ad]
    texts: list[Signal] = [text]
    others: list[Signal] = [Input("when", "timestamp"), Input("mapped", "map")]
    for step in range(draw(st.integers(0, 6))):
        op = draw(st.sampled_from(["arithmetic", "constant", "edges", "width", "words", "ngrams", "cross", "function"]))
        if op == "arithmetic":
            left, right = draw(st.sampled_from(numbers)), draw(st.sampled_from(numbers))
            numbers.append(draw(st.sampled_from([left + right, left - right, left * right, left / right])))
        elif op == "constant":
            constant = draw(st.floats(-1e6, 1e6))
            numbers.append(draw(st.sampled_from([left * constant for left in numbers])))
        elif op == "edges":
            edges = sorted(draw(st.sets(st.floats(-1e3, 1e3), min_size=1, max_size=3)))
            names.append(bucket(draw(st.sampled_from(numbers)), edges, name=f"edges {step}"))
        elif op == "width":
            width = draw(st.floats(1e-300, 1e300))
            names.append(bucket(draw(st.sampled_from(numbers)), width=width, name=f"width {step}"))
        elif op == "words":
            names.append(words(draw(st.sampled_from(texts))))
        elif op == "ngrams":
            of = draw(st.sampled_from(["words", "chars"]))
            names.append(ngrams(draw(st.sampled_from(texts)), draw(st.integers(1, 3)), of))
        elif op == "cross":
            parts = draw(st.lists(st.sampled_from(names), min_size=2, max_size=3))
            names.append(cross(*parts, name=f"cross {step}"))
        else:
            source = draw(st.sampled_from([whole, text, truth]))
            texts.append(derive(f"{__name__}:label", [source], str, version=1, name=f"label {step}"))
            numbers.append(derive(f"{__name__}:length", [source], float, version=1, name=f"length {step}"))
    everything = [*numbers, *names, *texts, *others]
    chosen = draw(st.lists(st.sampled_from(everything), min_size=1, max_size=6, unique_by=lambda signal: signal.name))
    return compile_program(chosen)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Program, list[list[Leaf]]]:
    """A program and rows for its leaves, with values missing everywhere."""
    program = draw(programs())
    kinds = [program.nodes[place].kind for place in program.leaves]
    rows = st.tuples(*(st.none() | LEAF[kind] for kind in kinds)).map(list)
    return program, draw(st.lists(rows, max_size=6))


def by_row(program: Program, rows: list[list[Leaf]]) -> tuple[list[Features], list[list[Leaf]]]:
    """Each row's features, and the results of users' functions, by function."""
    encoder = Encoder(program)
    results: list[list[Leaf]] = [[] for _ in program.functions]
    made: list[Features] = []
    for row in rows:
        values = encoder.evaluate([value_of(leaf) for leaf in row])
        for result, place in zip(results, program.functions, strict=True):
            result.append(leaf_of(values[place]))
        made.append(encoder.features(values))
    return made, results


def columns_of(program: Program, places: tuple[int, ...], leaves: list[list[Leaf]]) -> list[Column]:
    """The columns of these nodes."""
    return [Column.of(program.nodes[place].kind, column) for place, column in zip(places, leaves, strict=True)]


def told(features: Features) -> list[tuple[list[int], list[str]]]:
    """Keys, and values to the bit, of each row."""
    ends = features.starts.tolist()
    return [
        (features.keys[start:end].tolist(), [value.hex() for value in features.values[start:end].tolist()])
        for start, end in pairwise(ends)
    ]


@given(cases())
def test_bulk_equals_rows_to_the_bit(case: tuple[Program, list[list[Leaf]]]) -> None:
    """What is served is what is trained on."""
    program, rows = case
    rowwise, results = by_row(program, rows)
    leaves = columns_of(program, program.leaves, [[row[i] for row in rows] for i in range(len(program.leaves))])
    derived = columns_of(program, program.functions, results)

    assert told(BulkEncoder(program).encode(leaves, derived, len(rows))) == [told(one)[0] for one in rowwise]


@given(cases(), st.data())
def test_a_part_and_a_selection_of_columns_encode_as_those_rows(
    case: tuple[Program, list[list[Leaf]]], data: st.DataObject
) -> None:
    """However a file is cut into chunks or reordered, a row's features are its own; dictionaries are remembered."""
    program, rows = case
    _, results = by_row(program, rows)
    leaves = columns_of(program, program.leaves, [[row[i] for row in rows] for i in range(len(program.leaves))])
    derived = columns_of(program, program.functions, results)
    encoder = BulkEncoder(program)
    whole = encoder.encode(leaves, derived, len(rows))
    start = data.draw(st.integers(0, len(rows)))
    order = np.array(data.draw(st.permutations(range(start, len(rows)))), dtype=np.int64)
    part = encoder.encode(
        [column.part(start, len(rows)) for column in leaves],
        [column.part(start, len(rows)) for column in derived],
        len(rows) - start,
    )
    taken = encoder.encode([column.take(order) for column in leaves], [c.take(order) for c in derived], len(order))

    assert told(part) == told(whole)[start:]
    assert told(taken) == told(pick(whole, order)) == [told(whole)[row] for row in order.tolist()]


@given(cases())
def test_every_row_begins_with_the_bias_and_has_no_feature_twice_or_of_key_0(
    case: tuple[Program, list[list[Leaf]]],
) -> None:
    """A feature twice in an example would lose one of its two steps; the key 0 is the table's own."""
    program, rows = case
    for features in by_row(program, rows)[0]:
        keys = features.keys.tolist()

        assert (keys[0], features.values[0]) == (BIAS_KEY, 1.0)
        assert len(set(keys)) == len(keys)
        assert 0 not in keys

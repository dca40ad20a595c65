"""Probes: noise that looks like a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.bulk_encoder import BulkEncoder
from flyball.learn.column import Column
from flyball.learn.probes import Probes, spread
from flyball.system.derivation import cross, derive
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.program import compile_program

if TYPE_CHECKING:
    from flyball.learn.features import Features
    from flyball.system.program import Program

ROWS = 4_000
TO, PRICE, TAGS = Input("to", str), Input("price", float), Input("tags", list[str])


def flights() -> tuple[Program, list[Column]]:
    """Three signals of different shapes, and a cross of two."""
    random = np.random.default_rng(5)
    to = [f"A{i}" for i in random.zipf(1.5, ROWS).tolist()]
    price = random.exponential(100.0, ROWS).tolist()
    tags = [[f"t{i % 7}", f"t{i % 3}"] if i % 5 else None for i in range(ROWS)]
    columns = [Column.of(Kind.STR, to), Column.of(Kind.FLOAT, price), Column.of(Kind.LIST, tags)]
    return compile_program([TO, PRICE, TAGS, cross(TO, TAGS)]), columns


def encoded(program: Program, columns: list[Column]) -> Features:
    """All rows, with their signals."""
    return BulkEncoder(program, numbered=True).encode(columns, [], ROWS)


def counts(features: Features, signal: int) -> np.ndarray:
    """How often each feature of a signal occurs, the most frequent first."""
    keys = features.keys[features.signals == signal]
    return np.sort(np.unique(keys, return_counts=True)[1])[::-1]


def test_a_probe_has_the_values_of_its_signal_as_often() -> None:
    """In number and frequency, of whatever shape; under keys of its own."""
    program, columns = flights()
    plain = encoded(program, columns)

    rows = Probes(program, [0, 1, 2, 3], columns).add(plain, 0)

    for output in range(4):
        real, noise = counts(rows, output), counts(rows, 4 + output)
        assert noise.sum() == np.sum(real) or abs(noise.sum() / real.sum() - 1.0) < 0.1, output
        assert abs(noise[0] / real[0] - 1.0) < 0.15, output
        mine = set(rows.keys[rows.signals == 4 + output].tolist())
        assert not mine & set(plain.keys.tolist()), "a probe shares features with the model"


def test_the_model_s_own_features_stay_as_they_are() -> None:
    """In their order, before those of the probes."""
    program, columns = flights()
    plain = encoded(program, columns)

    rows = Probes(program, [1, 0], columns).add(plain, 0)

    assert rows.signals is not None
    own = rows.signals < 4
    assert (rows.keys[own] == plain.keys).all()
    assert (rows.values[own] == plain.values).all()
    for i in range(50):
        mine = rows.signals[rows.starts[i] : rows.starts[i + 1]]
        assert (np.flatnonzero(mine >= 4) >= (mine < 4).sum()).all(), "a probe stands before the model's own"


def test_noise_says_nothing_of_its_row() -> None:
    """The value that is drawn is independent of the signal's own value in the row."""
    program, columns = flights()

    rows = Probes(program, [0], columns).add(encoded(program, columns), 0)

    real, noise = rows.keys[rows.signals == 0], rows.keys[rows.signals == 4]
    first, other = real == np.unique(real)[0], noise == np.unique(noise)[0]
    expected = first.mean() * other.mean() * ROWS
    assert abs((first & other).sum() - expected) < 5.0 * np.sqrt(expected) + 5.0


def test_what_is_drawn_depends_on_the_number_of_the_row_alone() -> None:
    """However the rows are cut, a replay draws the same."""
    program, columns = flights()
    probes = Probes(program, [0, 2], columns)
    whole = probes.add(encoded(program, columns), 0)

    rest = [column.part(1_000, ROWS) for column in columns]
    part = probes.add(BulkEncoder(program, numbered=True).encode(rest, [], ROWS - 1_000), 1_000)

    assert (part.keys == whole.keys[whole.starts[1_000] :]).all()


def test_probes_are_spread_from_few_values_to_many() -> None:
    """And a signal that a user's function makes is not mirrored: it is never computed again."""
    program, columns = flights()
    rows = encoded(program, columns)
    sizes = [len(counts(rows, output)) for output in range(4)]

    chosen = spread(rows, program, 4)

    assert chosen == sorted(range(4), key=sizes.__getitem__)
    made = compile_program([derive("math:floor", [Input("price", float)], int, version=1)])
    assert spread(rows, made, 3) == []

"""From typed values to features: what each kind becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn.bulk_encoder import BulkEncoder
from flyball.learn.column import Column
from flyball.learn.encoder import BIAS_KEY, Encoder
from flyball.learn.grid import CROSSED, GRIDS, cells
from flyball.learn.hash64 import (
    PRIME_1,
    PRIME_2,
    PRIME_4,
    PRIME_5,
    crossed_key,
    missing_key,
    number_key,
    text_key,
)
from flyball.learn.maths import log
from flyball.learn.slots import ZERO_KEY
from flyball.system.derivation import cross, derive, words
from flyball.system.entity import Entity
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.missing import MISSING
from flyball.system.program import compile_program
from flyball.system.refusal import ValueRefused

if TYPE_CHECKING:
    from flyball.system.signal import Signal
    from flyball.system.value import Value

WORD = 2**64


def pairs(signal: Signal, *leaves: Value) -> list[tuple[int, float]]:
    """The features of one row beside the bias."""
    features = Encoder(compile_program([signal])).encode(leaves)
    return list(zip(features.keys.tolist(), features.values.tolist(), strict=True))[1:]


def seed(signal: Signal) -> int:
    """The seed of a signal's features."""
    program = compile_program([signal])
    return program.nodes[program.outputs[0]].seed


def number_of_key_0(its_seed: int) -> int:
    """The int64 whose key is 0, by undoing XXH64 of 8 bytes step by step."""
    one, two, four, five = (int(prime) for prime in (PRIME_1, PRIME_2, PRIME_4, PRIME_5))
    before = -four * pow(one, -1, WORD) % WORD
    rounded = (before >> 27 | before << 37) % WORD ^ (its_seed + five + 8) % WORD
    turned = rounded * pow(one, -1, WORD) % WORD
    lane = (turned >> 31 | turned << 33) % WORD * pow(two, -1, WORD) % WORD
    return lane - WORD if lane >= WORD // 2 else lane


def test_names_become_one_feature_of_value_1() -> None:
    """Texts, truths, and whole numbers that name an entity."""
    text, truth, ad = Input("text", str), Input("truth", bool), Entity("ad", int)

    assert pairs(text, "DE") == [(text_key("DE", seed(text)), 1.0)]
    assert pairs(truth, True) == [(number_key(1, seed(truth)), 1.0)]
    assert pairs(ad, 7) == [(number_key(7, seed(ad)), 1.0)]


def on_grids(number: float, its_seed: int) -> list[tuple[int, float]]:
    """A number's two points of each grid, or the one it lies on."""
    found = []
    for bits, weight in GRIDS:
        point, share = cells(number, bits)
        found.append((number_key(point, its_seed), (1.0 - share) * weight))
        if share > 0.0:
            found.append((number_key(point + 1 if point > 0 else point - 1, its_seed), share * weight))
    return found


def test_a_number_becomes_its_two_points_of_each_grid_or_the_one_it_lies_on() -> None:
    """An input's int is a number, not a name."""
    hour = Input("hour", int)

    assert pairs(hour, 9) == on_grids(9.0, seed(hour))
    assert [value for _, value in pairs(hour, 9)] == [0.875, 0.125, 0.375]
    assert [value for _, value in pairs(hour, 8)] == [1.0, 0.375]


def test_below_zero_the_next_point_lies_further_below() -> None:
    """Away from zero on both sides."""
    real = Input("real", float)
    point, share = cells(-1.1, GRIDS[0].bits)

    assert pairs(real, -1.1)[1] == (number_key(point - 1, seed(real)), share * GRIDS[0].weight)
    assert pairs(real, -1.1) == on_grids(-1.1, seed(real))


def test_a_real_number_that_is_crossed_becomes_points_of_the_grid_for_crosses() -> None:
    """All of value 1: of fewer points than alone, since their number multiplies."""
    real, country = Input("real", float), Input("country", str)
    both = cross(real, country)
    point, _ = cells(1.1, CROSSED[0].bits)
    left = [number_key(each, seed(real)) for each in (point, point + 1)]

    assert pairs(both, 1.1, "DE") == [
        (crossed_key(key, text_key("DE", seed(country)), seed(both)), 1.0) for key in left
    ]


def test_a_list_becomes_one_feature_for_each_different_item() -> None:
    """In the order of their first appearance; an empty one none."""
    items = Input("items", list[str])

    assert [key for key, _ in pairs(items, ("b", "a", "b"))] == [text_key("b", seed(items)), text_key("a", seed(items))]
    assert pairs(items, ()) == []


def test_a_mapping_weighs_its_names_with_the_logarithm_of_their_numbers() -> None:
    """sgn(x) ln(1 + |x|)."""
    mapped = Input("mapped", "map")

    assert pairs(mapped, {"up": 3.0, "down": -3.0}) == [
        (text_key("up", seed(mapped)), log(4.0)),
        (text_key("down", seed(mapped)), -log(4.0)),
    ]


@pytest.mark.parametrize("kind", list(Kind))
def test_missing_is_a_value_of_its_own_of_every_kind(kind: Kind) -> None:
    """And a different one of each signal."""
    signal, other = Input("a", kind), Input("b", kind)

    assert pairs(signal, MISSING) == [(missing_key(seed(signal)), 1.0)]
    assert pairs(signal, MISSING) != pairs(other, MISSING)


def test_a_cross_combines_keys_from_left_to_right() -> None:
    """A whole number enters as it is, not as cells; a list gives one feature for each item; missing is a value."""
    country, hour, tags = Input("country", str), Input("hour", int), Input("tags", list[str])
    both = cross(country, hour, tags)
    left = crossed_key(text_key("DE", seed(country)), number_key(9, seed(hour)), seed(both))
    expected = [crossed_key(left, text_key(tag, seed(tags)), seed(both)) for tag in ("x", "y")]

    assert pairs(both, "DE", 9, ("x", "y")) == [(key, 1.0) for key in expected]
    assert pairs(both, "DE", 9, ()) == []
    assert len(pairs(both, MISSING, 9, ("x",))) == 1


def test_logged_results_of_functions_are_taken_and_nothing_is_called() -> None:
    """Replay must not run users' code again: here it would fail."""
    failing = derive("math:sqrt", [Input("x", float)], float, version=1)
    encoder = Encoder(compile_program([failing]))

    assert encoder.encode([-1.0], [4.0]).keys.tolist() == encoder.encode([16.0]).keys.tolist()
    with pytest.raises(ValueRefused, match="'math:sqrt' raised ValueError"):
        encoder.encode([-1.0])


def test_the_number_whose_key_is_0_is_given_another_by_row_and_in_bulk() -> None:
    """0 marks an empty slot in the table: what it stands for would be lost by every checkpoint."""
    ad = Entity("ad", int)
    number = number_of_key_0(seed(ad))
    program = compile_program([ad])
    column = Column(Kind.INT, np.array([number]), np.array([False]))

    assert number_key(number, seed(ad)) == 0
    assert Encoder(program).encode([number]).keys.tolist() == [BIAS_KEY, ZERO_KEY]
    assert BulkEncoder(program).encode([column], [], 1).keys.tolist() == [BIAS_KEY, ZERO_KEY]


def test_a_column_of_missing_texts_needs_no_words() -> None:
    """A file's empty column."""
    text = Input("text", str)
    program = compile_program([text, words(text)])
    column = Column.of(Kind.STR, [None, None])

    assert (
        BulkEncoder(program).encode([column], [], 2).keys.tolist()
        == Encoder(program).encode([MISSING]).keys.tolist() * 2
    )

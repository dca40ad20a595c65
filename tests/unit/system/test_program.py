"""Programs: signals in the order in which they are computed, and what their features are hashed with."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from flyball.system.canonical import canonical
from flyball.system.derivation import bucket, cross, derive, ngrams
from flyball.system.entity import Entity
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.program import GRIDS, compile_program, seed_of
from tests.unit.system.ads import AD, COUNTRY, HOUR

if TYPE_CHECKING:
    from flyball.system.signal import Signal

PRICE = Input("price", float)


def digest(signal: Signal) -> str:
    """The semantic hash of a signal."""
    program = compile_program([signal])
    return program.nodes[program.outputs[0]].digest


def seed(signal: Signal) -> int:
    """What the signal's features are hashed with."""
    program = compile_program([signal])
    return program.nodes[program.outputs[0]].seed


def test_a_program_computes_inputs_first_and_shared_signals_once() -> None:
    """The outputs are the model's signals in its order."""
    program = compile_program([cross(COUNTRY, AD), HOUR, COUNTRY, bucket(HOUR, [6]), COUNTRY])

    assert [node.name for node in program.nodes] == [
        "country",
        "ad_id",
        "cross(country, ad_id)",
        "hour",
        "bucket(hour)",
    ]
    assert [node.inputs for node in program.nodes] == [(), (), (0, 1), (), (3,)]
    assert program.outputs == (2, 3, 0, 4, 0)


def test_leaves_come_in_order_of_first_appearance() -> None:
    """The order in which they are logged."""
    program = compile_program([cross(COUNTRY, AD), HOUR, COUNTRY])

    assert [program.nodes[place].name for place in program.leaves] == ["country", "ad_id", "hour"]


def test_functions_come_in_order_too() -> None:
    """Their results are logged beside the leaves."""
    program = compile_program([derive("math:floor", [PRICE], int), HOUR, derive("math:ceil", [PRICE], int)])

    assert [program.nodes[place].name for place in program.functions] == ["floor(price)", "ceil(price)"]


def test_signals_beside_are_computed_but_are_no_outputs() -> None:
    """The dimensions of slices are read, not learned from."""
    program = compile_program([HOUR], beside=[COUNTRY, HOUR])

    assert [node.name for node in program.nodes] == ["hour", "country"]
    assert program.outputs == (0,)


def test_a_signal_is_found_by_name() -> None:
    """Or not at all."""
    program = compile_program([HOUR, COUNTRY])

    assert program.place("country") == 1
    with pytest.raises(KeyError, match="day"):
        program.place("day")


def test_the_digest_is_the_hash_of_what_the_signal_means() -> None:
    """By the formula of the documentation."""
    leaf = hashlib.sha256(canonical(["input", "int", {"name": "hour"}, [], GRIDS]).encode()).hexdigest()
    derived = hashlib.sha256(canonical(["bucket", "int", {"edges": [6.0, 12.0]}, [leaf]]).encode()).hexdigest()

    assert digest(HOUR) == leaf
    assert digest(bucket(HOUR, [6, 12])) == derived


def test_the_seed_is_eight_bytes_of_the_hash_of_lineage_and_digest() -> None:
    """By the formula of the documentation."""
    expected = int.from_bytes(hashlib.sha256(f"hour\0{digest(HOUR)}".encode()).digest()[:8], "little")

    assert seed(HOUR) == expected
    assert seed_of("hour", digest(HOUR)) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Input("hour", int), Input("hour", int, owner="team:ads", description="local")),
        (Input("hour", int), Input("local_hour", int, was="hour")),
        (cross(COUNTRY, AD), cross(Input("land", str, was="country"), AD)),
        (bucket(HOUR, [1], name="part"), bucket(HOUR, [1], name="daytime", was="part")),
        (PRICE + 1, Input("cost", float, was="price") + 1.0),
    ],
)
def test_what_means_the_same_keeps_its_features(old: Signal, new: Signal) -> None:
    """Owners, descriptions and names with `was=` take no part."""
    assert (digest(old), seed(old)) == (digest(new), seed(new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Input("hour", int), Input("hour", float)),
        (Input("hour", int), Entity("hour", int)),
        (Input("hour", int), Input("day", int)),
        (Input("at", "datetime", unit="s"), Input("at", "datetime", unit="ms")),
        (Input("at", "datetime"), Input("at", "datetime", tz="UTC")),
        (bucket(HOUR, [1, 2]), bucket(HOUR, [1, 3])),
        (bucket(HOUR, width=1), bucket(HOUR, width=2)),
        (cross(COUNTRY, AD, name="both"), cross(AD, COUNTRY, name="both")),
        (cross(COUNTRY, AD, name="both"), cross(COUNTRY, HOUR, name="both")),
        (cross(COUNTRY, AD, name="both"), cross(COUNTRY, AD, name="pair")),
        (ngrams(COUNTRY, n=2), ngrams(COUNTRY, n=3)),
        (ngrams(COUNTRY, n=2), ngrams(COUNTRY, n=2, of="chars")),
        (derive("math:floor", [PRICE], int), derive("math:floor", [PRICE], int, version=2)),
        (derive("math:floor", [PRICE], int), derive("math:floor", [PRICE], float)),
        (PRICE + 1, PRICE + 2),
        (PRICE - HOUR, HOUR - PRICE),
    ],
)
def test_what_means_something_else_has_other_features(old: Signal, new: Signal) -> None:
    """Type, unit, order, edges, function, version, or the signals it is made of."""
    assert seed(old) != seed(new)


def test_a_node_says_whether_its_values_are_names() -> None:
    """As its signal does."""
    signals = [AD, HOUR, COUNTRY, bucket(HOUR, [1]), PRICE]

    program = compile_program(signals)
    assert [program.nodes[place].categorical for place in program.outputs] == [signal.categorical for signal in signals]
    assert program.nodes[0].kind is Kind.STR

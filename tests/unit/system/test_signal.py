"""Signals, their names and their arithmetic."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from flyball.system.derivation import bucket, cross, derive, ngrams, words
from flyball.system.entity import Entity
from flyball.system.input import Input
from flyball.system.kind import Kind, KindUnknown
from flyball.system.place import Place
from flyball.system.signal import NAME_LENGTH, Derived, Signal, walk
from tests.unit.system.ads import AD, COUNTRY, HOUR

PRICE = Input("price", float)
TITLE = Input("title", str)


@pytest.mark.parametrize(
    ("signal", "name", "kind"),
    [
        (cross(COUNTRY, AD), "cross(country, ad_id)", Kind.STR),
        (cross(COUNTRY, words(TITLE)), "cross(country, words(title))", Kind.LIST),
        (bucket(PRICE, [1, 2]), "bucket(price)", Kind.INT),
        (bucket(PRICE, width=0.5), "bucket(price)", Kind.INT),
        (words(TITLE), "words(title)", Kind.LIST),
        (ngrams(TITLE, n=3, of="chars"), "ngrams(title, 3, chars)", Kind.LIST),
        (PRICE + HOUR, "(price + hour)", Kind.FLOAT),
        (PRICE - 2, "(price - 2.0)", Kind.FLOAT),
        (2 * PRICE, "(2.0 * price)", Kind.FLOAT),
        (1 / (PRICE + 1), "(1.0 / (price + 1.0))", Kind.FLOAT),
        (1 + PRICE, "(1.0 + price)", Kind.FLOAT),
        (1 - PRICE, "(1.0 - price)", Kind.FLOAT),
        (PRICE / HOUR, "(price / hour)", Kind.FLOAT),
        (PRICE * HOUR, "(price * hour)", Kind.FLOAT),
        (derive("shop.prices:discount", [PRICE, HOUR], int), "discount(price, hour)", Kind.INT),
    ],
)
def test_a_derived_signal_is_named_after_what_it_does(signal: Derived, name: str, kind: Kind) -> None:
    """So nobody must invent names; and its kind follows."""
    assert (signal.name, signal.kind) == (name, kind)


def test_a_name_of_names_stays_bounded_and_distinct() -> None:
    """A sum of sums would otherwise double its name each time."""
    total, other = PRICE + HOUR, PRICE - HOUR
    for _ in range(40):
        total, other = total + total, other + other

    assert len(total.name) <= NAME_LENGTH
    assert total.name != other.name


def test_a_derived_signal_of_a_renamed_one_keeps_the_name_under_which_it_learned() -> None:
    """Otherwise `was=` would lose all crosses."""
    place = Input("place", str, was="country")

    assert cross(place, AD).name == "cross(place, ad_id)"
    assert cross(place, AD).lineage == cross(COUNTRY, AD).lineage
    assert cross(COUNTRY, AD).was is None


def test_a_name_of_its_own_replaces_the_made_one() -> None:
    """By argument, or afterwards."""
    named = (PRICE / HOUR).named("pace", was="speed")

    assert (named.name, named.lineage, named.op, named.inputs) == ("pace", "speed", "div", (PRICE, HOUR))
    assert cross(COUNTRY, AD, name="where").name == "where"


def test_numbers_of_numpy_are_constants() -> None:
    """NumPy leaves the arithmetic to the signal."""
    assert np.float64(2.0) * PRICE == 2.0 * PRICE
    assert isinstance(np.array([1.0, 2.0]) + PRICE, Signal)


@pytest.mark.parametrize(
    ("signal", "categorical"),
    [
        (Entity("user_id", int), True),
        (COUNTRY, True),
        (HOUR, False),
        (PRICE, False),
        (bucket(PRICE, [1]), True),
        (cross(COUNTRY, AD), True),
        (Input("odd", bool), True),
        (Input("bad", "strng"), False),
    ],
)
def test_an_entity_and_a_bucket_are_names_even_in_digits(signal: Signal, categorical: bool) -> None:
    """An int input is a number."""
    assert signal.categorical is categorical


def test_the_line_takes_no_part_in_what_a_signal_is() -> None:
    """Two declarations of the same are equal, hash alike, and each knows its own line."""
    first = Input("hour", int)
    second = Input("hour", "int")

    assert first == second
    assert hash(first) == hash(second)
    assert isinstance(first.place, Place)
    assert isinstance(second.place, Place)
    assert second.place.line == first.place.line + 1
    assert first.place.short.startswith("test_signal.py:")


def test_the_line_is_where_the_user_wrote_and_not_where_a_function_made_it() -> None:
    """`cross`, `+` and `dataclasses.replace` step aside."""
    places = [
        cross(COUNTRY, AD).place, (PRICE + 1).place, dataclasses.replace(COUNTRY, name="land").place,
        (PRICE + 1).named("more").place,
    ]  # fmt: skip  # the lines are what is tested

    lines = [place.line for place in places if place is not None]
    assert [line - lines[0] for line in lines] == [0, 0, 0, 1]


def test_a_signal_survives_the_way_to_another_process() -> None:
    """Workers are spawned."""
    signal = cross(COUNTRY, bucket(PRICE, [1, 2]))

    assert pickle.loads(pickle.dumps(signal)) == signal  # noqa: S301  # bytes of our own


def test_signals_are_frozen() -> None:
    """A definition does not change under those who read it."""
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'name'"):
        HOUR.name = "day"  # type: ignore[misc]  # what is tested


def test_an_unknown_type_is_reported_only_when_asked_for() -> None:
    """Declaring it raises nothing: the system lists it at its line."""
    signal = Input("hour", "strng")

    with pytest.raises(KindUnknown, match="did you mean 'str'"):
        _ = signal.kind


def test_walking_meets_inputs_before_what_uses_them_and_each_once() -> None:
    """In order of first appearance; what is no signal is left out."""
    total = PRICE + HOUR

    names = [signal.name for signal in walk([total, COUNTRY, "hour", total * total, COUNTRY])]
    assert names == ["price", "hour", "(price + hour)", "country", "((price + hour) * (price + hour))"]


def test_walking_a_deep_expression_needs_no_stack() -> None:
    """Ten thousand additions are read like ten; the system then refuses them by name."""
    total: Signal = PRICE
    for _ in range(10_000):
        total = total + HOUR

    assert len(walk([total])) == 10_002


def test_minus_zero_declares_the_same_as_zero() -> None:
    """They are equal, so they have one canonical form."""
    assert repr(bucket(PRICE, [-0.0]).params) == "{'edges': (0.0,)}"

"""Users' own functions: named by path, imported, and their results typed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from flyball.system.function import FunctionUnknown, bind, is_path, resolve
from flyball.system.kind import Kind
from flyball.system.missing import MISSING
from flyball.system.value import ValueRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOP = """
def discount(price, share):
    return None if price is None else price * share

def fails(price):
    raise RuntimeError("out of stock")

class Prices:
    @staticmethod
    def double(price):
        return 2 * price

rate = 3
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module of a user's, importable while the test runs."""
    name = "shop_of_the_function_tests"
    (tmp_path / f"{name}.py").write_text(SHOP)
    (tmp_path / f"{name}_broken.py").write_text("raise RuntimeError('no stock')")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ("shop.prices:discount", True),
        ("shop:Prices.double", True),
        ("shop.prices.discount", False),
        ("shop:", False),
        (":f", False),
        ("shop.py:f", True),
        ("../shop:f", False),
        ("shop:f()", False),
        (len, False),
        (None, False),
    ],
)
def test_a_path_is_a_module_a_colon_and_a_name(given: object, accepted: bool) -> None:
    """Nothing else is ever imported."""
    assert is_path(given) is accepted


def test_a_function_is_found_by_its_path(shop: str) -> None:
    """In a module, or in a class of it."""
    assert resolve(f"{shop}:discount")(10, 0.5) == 5
    assert resolve(f"{shop}:Prices.double")(4) == 8


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{shop}.discount", "is no path of a function; accepted: 'package.module:function'"),
        ("{shop}_nowhere:f", "raised ModuleNotFoundError"),
        ("{shop}_broken:f", "raised RuntimeError: no stock"),
        ("{shop}:discont", "has no 'discont'; did you mean 'discount'"),
        ("{shop}:Prices.triple", "has no 'triple'"),
        ("{shop}:rate", "is no function but 3"),
    ],
)
def test_a_path_that_leads_nowhere_says_why(shop: str, path: str, message: str) -> None:
    """Each step of the way has its own message."""
    with pytest.raises(FunctionUnknown, match=message):
        resolve(path.format(shop=shop))


def test_a_bound_function_takes_values_and_gives_a_typed_one(shop: str) -> None:
    """Missing goes in as `None`, and `None` comes out as missing."""
    discount = bind(f"{shop}:discount", Kind.FLOAT)

    assert discount([10, 0.5]) == 5.0
    assert isinstance(discount([10, 1]), float)
    assert discount([MISSING, 0.5]) is MISSING


@pytest.mark.parametrize(
    ("path", "kind", "reason", "message"),
    [
        ("{shop}:fails", Kind.FLOAT, "function_failed", "raised RuntimeError: out of stock; it is to return None"),
        ("{shop}:Prices.double", Kind.STR, "wrong_type", "8 is not taken as str"),
        ("{shop}:discount", Kind.FLOAT, "function_failed", "raised TypeError"),
    ],
)
def test_a_function_that_fails_refuses_its_value(shop: str, path: str, kind: Kind, reason: str, message: str) -> None:
    """A prediction must not fall with it."""
    function = bind(path.format(shop=shop), kind)

    with pytest.raises(ValueRefused, match=message) as caught:
        function([4])

    assert caught.value.reason == reason


class Nameless(Exception):
    """Its text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no")


def nameless(_: object) -> int:
    """A user's function that fails badly."""
    raise Nameless


def emptied(mapping: dict[str, float]) -> int:
    """A user's function that changes what it is given."""
    count = len(mapping)
    mapping.clear()
    return count


def test_an_exception_without_a_text_is_told_by_its_type() -> None:
    """The prediction is refused, whatever the exception does."""
    with pytest.raises(ValueRefused, match=r"raised Nameless; it is to return None where it cannot say"):
        bind(f"{__name__}:nameless", Kind.INT)([1])


def test_a_function_cannot_change_what_is_logged() -> None:
    """A mapping that it gets is its own."""
    given = {"a": 1.0, "b": 2.0}

    assert bind(f"{__name__}:emptied", Kind.INT)([given]) == 2
    assert given == {"a": 1.0, "b": 2.0}

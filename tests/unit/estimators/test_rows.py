"""Rows as dictionaries: which features each value gives, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

import numpy as np
import pytest

from flyball.estimators.refusal import InputRefused
from flyball.estimators.rows import KNOWN, RowEncoder
from flyball.learn.encoder import BIAS_KEY
from flyball.learn.features import cell_features, squash
from flyball.learn.hash64 import missing_key, text_key
from flyball.learn.matrix import column_key

SEED = column_key("a")


def encoded(value: object, *, grid: bool = False) -> dict[int, float]:
    """What a row of one value gives beside the bias."""
    keys, values = RowEncoder(grid=grid).encode({"a": value})
    assert keys[0] == BIAS_KEY
    assert values[0] == 1.0
    return dict(zip(keys[1:].tolist(), values[1:].tolist(), strict=True))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("DE", {text_key("DE", SEED): 1.0}),
        ("", {text_key("", SEED): 1.0}),
        (np.str_("DE"), {text_key("DE", SEED): 1.0}),
        (2.5, {SEED: 2.5}),
        (7, {SEED: 7.0}),
        (np.float32(0.5), {SEED: 0.5}),
        (Fraction(1, 4), {SEED: 0.25}),
        (True, {SEED: 1.0}),
        (np.bool_(True), {SEED: 1.0}),
        (0.0, {}),
        (False, {}),
        (None, {missing_key(SEED): 1.0}),
        (["x", "y", "x"], {text_key("x", SEED): 1.0, text_key("y", SEED): 1.0}),
        ({"y", "x"}, {text_key("x", SEED): 1.0, text_key("y", SEED): 1.0}),
        ((), {}),
        ({"x": 2, "y": -1.5}, {text_key("x", SEED): squash(2.0), text_key("y", SEED): squash(-1.5)}),
    ],
)
def test_each_value_gives_its_features(value: object, expected: dict[int, float]) -> None:
    """A number is linear, a text a category, a collection a bag."""
    assert encoded(value) == expected


@pytest.mark.parametrize("number", [1.5, -3, 7e20, np.float64(0.1)])
def test_on_the_grid_a_number_gives_the_points_that_a_column_gives(number: float) -> None:
    """Rows and columns are learned alike."""
    column = cell_features(np.array([float(number)]), np.zeros(1, bool), SEED)

    assert encoded(number, grid=True) == dict(zip(column.keys.tolist(), column.values.tolist(), strict=True))
    assert encoded(0, grid=True) == {}


@pytest.mark.parametrize(
    ("value", "match"),
    [
        (float("nan"), "None where it is missing"),
        (float("inf"), "within"),
        (np.float64("-inf"), "within"),
        (1e39, "within"),
        (10**400, "within"),
        (object(), "accepted: texts, numbers"),
        (b"bytes", "accepted: texts, numbers"),
        (3j, "accepted: texts, numbers"),
        (Decimal(1), "accepted: texts, numbers"),
        ([1, 2], "hold texts"),
        ({"x": "y"}, "finite numbers"),
        ({"x": float("nan")}, "finite numbers"),
        ({3: 1.0}, "hold texts"),
        ("\ud800", "no UTF-8"),
    ],
)
@pytest.mark.parametrize("grid", [False, True])
def test_what_cannot_be_learned_from_is_refused(value: object, match: str, *, grid: bool) -> None:
    """With what is accepted, and what to do."""
    with pytest.raises(InputRefused, match=match):
        RowEncoder(grid=grid).encode({"a": value})


def test_a_row_that_is_no_mapping_is_refused() -> None:
    """River's rows are dictionaries."""
    with pytest.raises(InputRefused, match="pass a dictionary"):
        RowEncoder(grid=False).encode(cast("Any", [1.0]))


def test_what_was_encoded_before_changes_nothing() -> None:
    """Neither the same row again, nor one that was changed in between, nor more texts than are remembered."""
    encoder = RowEncoder(grid=False)
    row: dict[Any, Any] = {"a": "x", "b": 2.0, 3: "z", np.int64(4): 1, "bag": ["p"]}
    first = encoder.encode(row)[0].tolist()
    again = encoder.encode(dict(row))[0].tolist()
    row["bag"].append("q")
    grown = encoder.encode(row)[0].tolist()
    row["a"] = "y"
    changed = encoder.encode(row)[0].tolist()
    for i in range(KNOWN + 10):
        encoder.encode({"a": str(i)})

    assert first == again
    assert grown == [*first, text_key("q", column_key("bag"))]
    assert changed != grown
    assert encoder.encode(row)[0].tolist() == changed == RowEncoder(grid=False).encode(row)[0].tolist()

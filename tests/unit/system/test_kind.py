"""The types that a signal can have, and how they are declared."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Dict, List  # noqa: UP035  # the old spellings are what is tested

import pytest

from flyball.system.kind import Kind, KindUnknown


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        (bool, Kind.BOOL),
        (int, Kind.INT),
        (float, Kind.FLOAT),
        (str, Kind.STR),
        (list[str], Kind.LIST),
        (List[str], Kind.LIST),  # noqa: UP006  # the old spelling
        (tuple[str, ...], Kind.LIST),
        (datetime, Kind.TIMESTAMP),
        (dict[str, float], Kind.MAP),
        (Dict[str, float], Kind.MAP),  # noqa: UP006  # the old spelling
        ("bool", Kind.BOOL),
        ("datetime", Kind.TIMESTAMP),
        ("list[str]", Kind.LIST),
        ("dict[str, float]", Kind.MAP),
        (Kind.MAP, Kind.MAP),
        ("map", Kind.MAP),
    ],
)
def test_a_type_is_declared_by_a_python_type_or_by_its_name(declared: object, kind: Kind) -> None:
    """Every accepted spelling."""
    assert Kind.of(declared) is kind


@pytest.mark.parametrize(
    ("declared", "hint"),
    [
        ("strng", "did you mean 'str'?"),
        ("integer", "did you mean 'int'?"),
        ("Boolean", "did you mean 'bool'?"),
        ("double", "did you mean 'float'?"),
        ("timestmp", "did you mean 'timestamp'?"),
        (date, "did you mean 'datetime'?"),
        (list, "did you mean list"),
        (dict, "did you mean 'dict"),
        ("xyzzy", "write the type as in Input"),
        (bytes, "write the type as in Input"),
        (7, "write the type as in Input"),
        ([str], "write the type as in Input"),
        (None, "write the type as in Input"),
        (Any, "write the type as in Input"),
        (True, "write the type as in Input"),
    ],
)
def test_an_unknown_type_names_the_nearest_known_one(declared: object, hint: str) -> None:
    """What cannot be hashed is no type either, and no other error."""
    with pytest.raises(KindUnknown, match="accepted: bool, int, float, str") as caught:
        Kind.of(declared)

    assert hint in caught.value.hint

"""Values on their way to JSON and back."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

import numpy as np
import pytest

from flyball.client.encoding import decode, encode, event_time
from flyball.client.error import Unreadable, Unsendable


def test_scalars_of_numpy_are_sent_as_the_numbers_that_they_hold() -> None:
    """What a model's own code has at hand when it records a prediction."""
    given = {"a": np.float32(0.5), "b": np.int64(7), "c": np.bool_(True), "d": np.array(2.0), "e": np.str_("x")}

    assert encode(given) == b'{"a":0.5,"b":7,"c":true,"d":2.0,"e":"x"}'


def test_moments_and_mappings_of_any_kind_are_sent() -> None:
    """Text stays as it is, in UTF-8."""
    given = {"at": datetime(2026, 11, 23, tzinfo=UTC), "inputs": MappingProxyType({"name": "ä", "words": ("a", "b")})}

    assert encode(given) == '{"at":"2026-11-23T00:00:00+00:00","inputs":{"name":"ä","words":["a","b"]}}'.encode()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"inputs": {"a": np.float64("nan")}}, "inputs.a is nan, which JSON cannot say"),
        ({"inputs": {"a": np.float32("inf")}}, "inputs.a is inf, which JSON cannot say"),
        ({"inputs": [{"a": 1}, {"b": object}]}, "inputs.1.b: <class 'object'> is a type, which cannot be sent"),
        ({"a": np.array([1.0, 2.0])}, "is a ndarray, which cannot be sent"),
        ({"a": datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)}, "is a datetime, which cannot be sent"),
        ({"a": "\ud800"}, "a is .*half a character"),
        ({(1, 2): 3}, "the request cannot be written as JSON"),
    ],
)
def test_what_cannot_be_said_is_named_with_its_place(value: dict[str, object], message: str) -> None:
    """The message says where, and what to give instead."""
    with pytest.raises(Unsendable, match=message):
        encode(value)


def test_what_holds_itself_is_refused() -> None:
    """Not searched for ever."""
    endless: dict[str, object] = {}
    endless["again"] = endless

    with pytest.raises(Unsendable, match=r"cannot be written as JSON"):
        encode(endless)


@pytest.mark.parametrize("given", [1.5, True, None, object()])
def test_a_time_of_no_known_kind_is_refused(given: object) -> None:
    """A number with a fraction could be seconds or anything."""
    with pytest.raises(Unsendable, match=r"give an aware datetime, RFC 3339 text, or whole microseconds since 1970"):
        event_time(given)  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'{"a": NaN}', b"\xff", b"[" * 100_000])
def test_what_is_no_object_cannot_be_read(body: bytes) -> None:
    """Whatever somebody else's server answers."""
    with pytest.raises(Unreadable, match=r"is this the address of flyball"):
        decode(body)

"""Bodies: JSON read strictly."""

from __future__ import annotations

import json

import msgspec
import pytest

from flyball.serve.body import check_unique, decode, decode_whole, keys_within
from flyball.serve.problem import Refused
from flyball.serve.wire import Ask

ANYTHING: msgspec.json.Decoder[object] = msgspec.json.Decoder(object)
ASK = msgspec.json.Decoder(Ask)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"{]", b"nul", b'{"a" 1}', b"{} {}", b"\xef\xbb\xbf{}", b'"\xff"', b'"\\ud800"', b"NaN",
        b"[Infinity]", b"[1,]", b"{'a': 1}", b'{"a": 01}',
    ],
)  # fmt: skip  # a list of bodies
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    """Cut, with a mark before it, with half a character, or with numbers that JSON does not have."""
    with pytest.raises(Refused, match=r"the body|nested") as refused:
        decode(ANYTHING, body)

    assert refused.value.problem.kind == "malformed", refused.value


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 33 + b"]" * 33])
def test_what_is_nested_too_deeply_is_refused_without_an_error_of_pythons(body: bytes) -> None:
    """However deeply."""
    with pytest.raises(Refused, match=r"the body|nested") as refused:
        decode_whole(ANYTHING, body)

    assert refused.value.problem.kind == "too-deep", refused.value


def test_32_levels_are_taken() -> None:
    """A list in a list, and so on."""
    deep = decode_whole(ANYTHING, b"[" * 32 + b"]" * 32)

    assert json.dumps(deep) == "[" * 32 + "]" * 32


def test_huge_numbers_are_whole_or_refused() -> None:
    """Python itself would not write an int of more than 4,300 digits."""
    assert decode(ANYTHING, b"1" * 400) == int("1" * 400)
    with pytest.raises(Refused, match="out of range"):
        decode(ANYTHING, b"1" * 5_000)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"a" : 1, "a" : 1}',
        b'{"a": 1, "a"\n:2, "b":":"}',
        b'{"x": {"a": 1, "a": 2}}',
        b'{"x": [{"b": 1}, {"a": [], "a": []}]}',
        b'{"a": 1, "\\u0061": 2}',
    ],
)
def test_a_key_that_stands_twice_is_refused_wherever_it_stands(body: bytes) -> None:
    """The last one would win otherwise, and nobody would know."""
    with pytest.raises(Refused, match="stands twice") as refused:
        decode_whole(ANYTHING, body)

    assert refused.value.problem.kind == "duplicate-key"


@pytest.mark.parametrize(
    "said",
    [{"at": "12:30"}, {'a":': 'b":'}, {"a": {"a": {"a": [{"a": 1}, {"a": 2}]}}}, {":": ":"}, [":", {}], "a:b", 7],
)
def test_colons_and_equal_keys_of_different_objects_are_no_mistake(said: object) -> None:
    """Whatever stands in the texts, and however it is spaced."""
    for body in (json.dumps(said), json.dumps(said, indent=1), json.dumps(said, separators=(" , ", " : "))):
        assert decode_whole(ANYTHING, body.encode()) == said


def test_keys_are_counted_in_structs_too() -> None:
    """Those that were given."""
    ask = decode(ASK, b'{"inputs": {"a": {"b": 1}}, "id": "x"}')

    assert keys_within(ask) == 4


def test_a_field_that_is_not_known_is_refused() -> None:
    """With its name."""
    with pytest.raises(Refused, match="unknown field `deadline`") as refused:
        decode(ASK, b'{"inputs": {}, "deadline": 7}')

    assert refused.value.problem.kind == "refused"


def test_what_was_sent_is_cut_in_what_is_said() -> None:
    """A key of a megabyte is not sent back."""
    with pytest.raises(Refused, match=r"the body|nested") as refused:
        decode(ASK, b'{"%s": 1}' % (b"x" * 100_000))

    assert len(refused.value.problem.detail) < 500


def test_counting_is_exact_where_it_is_settled_without_parsing() -> None:
    """Fewer colons than keys cannot be; as many mean that none stands twice."""
    check_unique(b'{"a":1,"b":2}', 2)
    with pytest.raises(Refused, match="the key 'a' stands twice"):
        check_unique(b'{"a":1,"a" :2,"b":":"}', 2)

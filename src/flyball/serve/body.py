"""Bodies: JSON read strictly; whatever is wrong with it becomes a problem."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import UNSET

from flyball.serve.problem import Refused, malformed, problem
from flyball.system.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

DEPTH = 32
"""How deeply a body may be nested."""
SENTENCE = 300
"""The longest text of a decoder that is passed on."""

_BEFORE_COLON = re.compile(rb'"[ \t\r\n]++:')


def decode(decoder: msgspec.json.Decoder[T], body: bytes | memoryview) -> T:
    r"""What a body says.

    Raises:
        Refused: it is not JSON in UTF-8, or nested too deeply (400), or not what the decoder expects (422).

    >>> decode(msgspec.json.Decoder(int), b"7")
    7
    >>> decode(msgspec.json.Decoder(int), b"[" * 100_000)
    Traceback (most recent call last):
        ...
    flyball.serve.problem.Refused: the body is not what is taken here: Expected `int`, got `array`
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        detail = f"the body is not what is taken here: {_cut(error)}"
        raise Refused(problem("refused", detail)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed(f"the body is not JSON in UTF-8: {_cut(error)}") from error
    except RecursionError as error:
        raise _deep() from error


def check_unique(body: bytes, keys: int) -> None:
    """That no key stands twice in one object.

    A body has as many colons outside its texts as it has keys, so that counting colons settles nearly all bodies.

    Args:
        body: JSON that was decoded.
        keys: how many keys it had when it was decoded, in all objects together.

    Raises:
        Refused: a key stands twice; or a part that was not decoded is not JSON in UTF-8, or nested too deeply.

    >>> check_unique(b'{"at": "12:30"}', 1)
    >>> check_unique(b'{"a": 1, "a": 2}', 1)
    Traceback (most recent call last):
        ...
    flyball.serve.problem.Refused: the key 'a' stands twice in one object; give each key once
    """
    if body.count(b":") == keys or body.count(b'":') + len(_BEFORE_COLON.findall(body)) == keys:
        return
    try:
        # Numbers stay texts: Python refuses to make an int of thousands of digits.
        json.loads(body, object_pairs_hook=_once, parse_int=_as_it_is, parse_float=_as_it_is)
    except ValueError as error:  # in parts that were not decoded yet
        raise malformed(f"the body is not JSON in UTF-8: {_cut(error)}") from error
    except RecursionError as error:
        raise _deep() from error


def _as_it_is(number: str) -> str:
    return number


def _once(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            detail = f"the key {excerpt(key)} stands twice in one object; give each key once"
            raise Refused(problem("duplicate-key", detail))
        seen.add(key)


def fields_given(struct: msgspec.Struct) -> int:
    """How many fields of a decoded struct were given; fields that may be left out are `UNSET` then.

    >>> from flyball.serve.wire import Instance
    >>> fields_given(Instance(inputs={}))
    1
    """
    return sum(getattr(struct, name) is not UNSET for name in struct.__struct_fields__)


def keys_within(value: object) -> int:
    """How many keys a decoded value has, in all objects together.

    Raises:
        Refused: it is nested too deeply.

    >>> keys_within({"a": [{"b": 1}], "c": 2})
    3
    """
    keys = 0
    # Structs, lists and objects that are still to be looked at, and how deep each lies.
    todo: list[tuple[Any, int]] = [(value, 1)] if isinstance(value, _CONTAINERS) else []
    while todo:
        each, depth = todo.pop()
        if depth > DEPTH:
            raise _deep()
        inner: Iterable[object]
        if isinstance(each, dict):
            keys += len(each)
            inner = each.values()
        elif isinstance(each, msgspec.Struct):
            keys += fields_given(each)
            inner = msgspec.structs.astuple(each)
        else:
            inner = each
        todo += [(one, depth + 1) for one in inner if isinstance(one, _CONTAINERS)]
    return keys


_CONTAINERS = (dict, list, msgspec.Struct)


def decode_whole(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """`decode`, and that no key stands twice; for bodies in which the decoder leaves nothing out.

    Raises:
        Refused: as for `decode` and `check_unique`.

    >>> from flyball.serve.wire import Ask
    >>> decode_whole(msgspec.json.Decoder(Ask), b'{"inputs": {"a": {"b": 1}}}').inputs
    {'a': {'b': 1}}
    """
    said = decode(decoder, body)
    check_unique(body, keys_within(said))
    return said


def _deep() -> Refused:
    return Refused(problem("too-deep", f"the body is nested too deeply; at most {DEPTH} levels are taken"))


def _cut(error: Exception) -> str:
    text = str(error)
    # What was sent may stand in the text of the error: a key with half a character cannot be sent back.
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= SENTENCE else f"{text[:SENTENCE]}..."

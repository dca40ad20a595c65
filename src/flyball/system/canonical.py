"""Canonical JSON: one text for one content, so that it can be kept in git, hashed and compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias, Union

JSON: TypeAlias = Union[bool, int, float, str, Sequence["JSON"], Mapping[str, "JSON"], None]  # noqa: UP007  # recursive
"""What JSON can hold."""


def canonical(content: JSON) -> str:
    """The one text of this content: keys sorted by code point, no blanks, floats as the shortest text that reads back.

    Args:
        content: made of `None`, bool, int, finite float, text, lists, tuples and dicts with text keys.

    Raises:
        ValueError: a float is not finite.

    >>> canonical({"b": 1.0, "a": ("é", None)})
    '{"a":["é",null],"b":1.0}'
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plain(content: JSON) -> str | None:
    """For people: a text as it is, nothing as nothing, anything else as canonical JSON.

    >>> plain("30m"), plain((1, 2))
    ('30m', '[1,2]')
    """
    return content if content is None or isinstance(content, str) else canonical(content)


def fingerprint(content: JSON) -> str:
    """The SHA-256 of the canonical text in UTF-8, as 64 hexadecimal digits.

    >>> fingerprint({})
    '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
    """
    return hashlib.sha256(canonical(content).encode()).hexdigest()

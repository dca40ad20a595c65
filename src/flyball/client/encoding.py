"""Values as JSON bytes, and JSON bytes as values."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from flyball.client.error import Unreadable, Unsendable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def microseconds(name: str, moment: datetime) -> int:
    """A moment as microseconds since 1970.

    Raises:
        Unsendable: it has no time zone, so nobody can know which moment it is.

    >>> microseconds("event_ts", datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    if moment.utcoffset() is None:
        raise Unsendable(
            f"{name} is {moment.isoformat()!r} without a time zone; give an aware datetime, "
            "such as datetime.now(timezone.utc)"
        )
    return (moment - EPOCH) // MICROSECOND


def event_time(given: datetime | int | str) -> int | str:
    """When something happened, as it is sent; RFC 3339 text is checked by the service.

    >>> event_time(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)), event_time("2026-11-23T12:00:00Z")
    (1000000, '2026-11-23T12:00:00Z')
    """
    if isinstance(given, datetime):
        return microseconds("event_ts", given)
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise Unsendable(
            f"event_ts is {given!r}; give an aware datetime, RFC 3339 text, or whole microseconds since 1970"
        )
    return given


def encode(value: Mapping[str, object]) -> bytes:
    """An object as JSON in UTF-8. NumPy's scalars are sent as the numbers that they hold, aware datetimes as RFC 3339.

    Raises:
        Unsendable: a value cannot be written as JSON; the message says where it stands.

    >>> encode({"id": "r1", "value": True})
    b'{"id":"r1","value":true}'
    >>> encode({"inputs": {"price": float("nan")}})
    Traceback (most recent call last):
        ...
    flyball.client.error.Unsendable: inputs.price is nan, which JSON cannot say; leave out what is not known
    """
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Unsendable(_culprit("", value) or f"the request cannot be written as JSON: {error}") from error


def _plain(value: object) -> object:
    """What stands for a value that is not of JSON's own types."""
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        held: object = item()
        return held
    msg = f"{value!r:.100} is a {type(value).__name__}"
    raise TypeError(msg)


def _culprit(place: str, value: object, depth: int = 0) -> str | None:
    """What is wrong with the first value in it that JSON cannot say; `None` where nothing is found."""
    if isinstance(value, Mapping | list | tuple) and depth < 10:
        pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
        found = (_culprit(f"{place}.{name}" if place else str(name), each, depth + 1) for name, each in pairs)
        return next(filter(None, found), None)
    try:
        plain = value if value is None or isinstance(value, str | int | float) else _plain(value)
    except TypeError as error:
        return (
            f"{place or 'the request'}: {error}, which cannot be sent; give text, a number, a truth or a list of texts"
        )
    if isinstance(plain, float) and not math.isfinite(plain):
        return f"{place} is {float(plain)!r}, which JSON cannot say; leave out what is not known"
    if isinstance(plain, str) and not _is_unicode(plain):
        return f"{place} is {plain!r:.100}, which holds half a character (a lone surrogate); give proper text"
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def decode(body: bytes) -> dict[str, object]:
    """A JSON object that the service answered.

    Raises:
        Unreadable: it is none.

    >>> decode(b'{"accepted": 1}')
    {'accepted': 1}
    """
    try:
        found = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the answer {body[:100]!r} is not JSON ({error}); is this the address of flyball?") from error
    if not isinstance(found, dict):
        raise Unreadable(f"the answer {body[:100]!r} is no JSON object; is this the address of flyball?")
    return found


def _no_number(text: str) -> NoReturn:
    msg = f"{text} is not JSON"
    raise ValueError(msg)

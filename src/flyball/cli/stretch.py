"""Times and stretches of time, as they are typed."""

from __future__ import annotations

from flyball.cli.command import UsageWrong
from flyball.system.duration import parse_duration
from flyball.system.moment import parse_moment
from flyball.system.refusal import ValueRefused


def parse_when(text: str, *, now_us: int) -> int:
    """A moment, microseconds UTC.

    Args:
        text: RFC 3339 with an offset, or how long ago, such as `2h`.
        now_us: from when that is counted, microseconds UTC.

    Raises:
        UsageWrong: it is neither.

    >>> parse_when("1970-01-01T00:00:01Z", now_us=0), parse_when("1s", now_us=5_000_000)
    (1000000, 4000000)
    >>> parse_when("soon", now_us=0)
    Traceback (most recent call last):
        ...
    flyball.cli.command.UsageWrong: 'soon' is no time; give one with its offset, such as '2026-03-01T08:00:00Z', ...
    """
    try:
        return now_us - parse_duration(text)
    except ValueRefused:
        pass
    try:
        return parse_moment(text)
    except ValueRefused as error:
        raise UsageWrong(
            f"{text!r} is no time; give one with its offset, such as '2026-03-01T08:00:00Z', or how long ago it was, "
            f"such as '2h' ({error})"
        ) from error


def parse_stretch(text: str, *, now_us: int) -> tuple[int, int]:
    """A stretch of time: its beginning, and its end, which does not belong to it; microseconds UTC.

    Args:
        text: `from=TIME,to=TIME`.
        now_us: from when times such as `2h` are counted back.

    Raises:
        UsageWrong: it is none, or ends before it begins.

    >>> parse_stretch("from=3s,to=1s", now_us=5_000_000)
    (2000000, 4000000)
    >>> parse_stretch("3s-1s", now_us=5_000_000)
    Traceback (most recent call last):
        ...
    flyball.cli.command.UsageWrong: '3s-1s' is no stretch of time; give from=TIME,to=TIME
    """
    parts = dict(part.strip().partition("=")[::2] for part in text.split(","))
    if parts.keys() != {"from", "to"} or text.count(",") != 1:
        raise UsageWrong(f"{text!r} is no stretch of time; give from=TIME,to=TIME")
    start, end = (parse_when(parts[name].strip(), now_us=now_us) for name in ("from", "to"))
    if start >= end:
        raise UsageWrong(f"{text!r} ends before it begins; give the earlier time as `from`")
    return start, end

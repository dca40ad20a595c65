"""Sizes as people type them."""

from __future__ import annotations

import re

from flyball.system.error import FlyballError

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
"""What each unit multiplies by, without its B."""


class SizeRefused(FlyballError):
    """A text is no size."""


def parse_size(text: str) -> int:
    """Bytes.

    Args:
        text: a whole or decimal number and a unit: B, kB, MB, GB, TB, or KiB, MiB, GiB, TiB; case means nothing.

    Raises:
        SizeRefused: it is none.

    >>> parse_size("10GB"), parse_size("1.5 MiB"), parse_size("700")
    (10000000000, 1572864, 700)
    """
    match = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?i?)b?\s*", text.lower())
    if match is None or match[2] not in UNITS:
        raise SizeRefused(f"{text!r} is no size; give a number and a unit, such as '500MB' or '10GiB'")
    return int(float(match[1]) * UNITS[match[2]])


def format_size(size: int) -> str:
    """A size for people.

    >>> format_size(999), format_size(15_864_715)
    ('999 B', '15.9 MB')
    """
    for unit, factor in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= 0.9995 * factor:  # 999,999 is written as 1 MB
            return f"{size / factor:.3g} {unit}"
    return f"{size} B"

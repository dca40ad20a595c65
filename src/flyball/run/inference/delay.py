"""How long outcomes take, and the window that waits for nearly all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.system.duration import UNITS_US, format_duration, parse_duration

if TYPE_CHECKING:
    from numpy.typing import NDArray

_QUANTILE = 0.999
_WINDOWS = (
    *("1s", "5s", "10s", "30s", "1m", "5m", "10m", "15m", "30m"),
    *(
        "1h",
        "2h",
        "3h",
        "6h",
        "8h",
        "12h",
        "18h",
        "1d",
        "2d",
        "3d",
        "5d",
        "7d",
        "14d",
        "21d",
        "30d",
        "45d",
        "60d",
        "90d",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How long outcomes take.

    Args:
        window: waits for all but about one in a thousand.
        evidence: a sentence with what was measured, and how many fall outside.

    >>> delay_of(np.full(2_000, 90_000_000)).window
    '5m'
    """

    window: str
    evidence: str


def delay_of(delays_us: NDArray[np.int64]) -> Delay:
    """The shortest usual window within which 99.9 % of the outcomes arrive.

    Args:
        delays_us: shape (n,), from each prediction to its outcome, n at least 1.

    >>> print(delay_of(np.arange(1, 1_001) * 1_000_000).evidence)
    half arrive within 9m, 99.9 % within 17m, the last after 17m; 0 of 1,000 fall outside
    """
    enough = float(np.quantile(delays_us, _QUANTILE))
    lengths = {text: parse_duration(text) for text in _WINDOWS}
    # Beyond three months of waiting in memory, whole multiples of thirty days.
    month = 30 * UNITS_US["d"]
    longer = format_duration((int(enough) // month + 1) * month)
    # Windows are half open: what comes at the very deadline comes too late.
    window = next((text for text, length in lengths.items() if length > enough), longer)
    outside = int(np.count_nonzero(delays_us >= parse_duration(window)))
    early = int(np.count_nonzero(delays_us < 0))
    evidence = (
        f"half arrive within {_rounded(float(np.median(delays_us)))}, 99.9 % within {_rounded(enough)}, "
        f"the last after {_rounded(float(delays_us.max()))}; {outside:,} of {len(delays_us):,} fall outside"
    )
    if early:
        evidence += f"; {early:,} are known before their prediction is asked for"
    return Delay(window=window, evidence=evidence)


def _rounded(us: float) -> str:
    """A length of time in its largest unit, rounded up."""
    if us <= 0:
        return "0s"
    unit = next((unit for unit in ("d", "h", "m", "s") if us >= 2 * UNITS_US[unit]), "s")
    return f"{-(-int(us) // UNITS_US[unit])}{unit}"

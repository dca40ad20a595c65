"""The window is a usual length of time that waits for 999 outcomes in 1,000."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.run.inference.delay import delay_of

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("delay_us", "window"),
    [
        (-5 * SECOND, "1s"),
        (0, "1s"),
        (SECOND - 1, "1s"),
        (SECOND, "5s"),
        (SECOND + 1, "5s"),
        (170 * 60 * SECOND, "3h"),
        (10 * HOUR, "12h"),
        (89 * DAY, "90d"),
        (91 * DAY, "120d"),
        (400 * DAY, "420d"),
    ],
)
def test_the_window_is_the_next_usual_length(delay_us: int, window: str) -> None:
    """Beyond three months, whole months of thirty days."""
    assert delay_of(np.full(10, delay_us)).window == window


def test_what_falls_outside_and_what_comes_too_early_is_counted() -> None:
    """The window leaves out the last one in a thousand."""
    delays = np.array([HOUR - 1] * 4_996 + [30 * DAY] * 2 + [-SECOND] * 2)

    delay = delay_of(delays)

    assert delay.window == "1h"
    assert delay.evidence == (
        "half arrive within 60m, 99.9 % within 60m, the last after 30d; 2 of 5,000 fall outside; "
        "2 are known before their prediction is asked for"
    )

"""Whatever a call meets, its pauses end in time, and it ends with the limit that was reached."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.client.course import Pause
from flyball.client.patience import LAST_TRY, MOMENT, Ended, Patience

seconds = st.floats(0.0, 100.0)


@given(left=seconds, asked=seconds, own=seconds, tries=st.integers(1, 9), limit=st.none() | st.integers(1, 9))
def test_a_pause_ends_in_time_and_not_before_the_service_asks(
    left: float, asked: float, own: float, tries: int, limit: int | None
) -> None:
    """It is never longer than we wanted to wait, and there is one wherever another try may be made."""
    step = Patience(100.0, tries=limit).after(tries, left=left, asked=asked, own=own)

    if isinstance(step, Pause):
        assert asked <= step.seconds <= asked + own, "a pause lies between what was asked and what we would add"
        assert step.seconds < left, "a pause leaves time"
        assert limit is None or tries < limit, "a limit of tries holds"
    else:
        cramped = left <= max(asked, MOMENT) + LAST_TRY
        assert cramped or tries >= (limit or 10), "a call with time and tries goes on"


@pytest.mark.parametrize(
    ("patience", "left", "asked", "why"),
    [
        (Patience(5.0, tries=3), 0.0, 0.0, "the timeout of 5 s leaves no time for another"),
        (Patience(5.0, once=True), 0.0, 0.0, "the timeout of 5 s leaves no time for another"),
        (Patience(5.0, once=True), 4.0, 0.0, ""),
        (Patience(5.0, tries=3), 4.0, 9.0, "the limit of tries is 3"),
        (
            Patience(0.5, "deadline"),
            0.4,
            1.0,
            "the service asks to wait 1 s, and 0.4 s of the deadline of 0.5 s are left",
        ),
        (Patience(0.5, "deadline"), 0.4, 0.39, "the deadline of 0.5 s leaves no time for another"),
    ],
)
def test_the_limit_that_was_reached_is_named(patience: Patience, left: float, asked: float, why: str) -> None:
    """Where several were, the caller's time comes first: no other would have let the call go on."""
    assert patience.after(3, left=left, asked=asked, own=0.02) == Ended(why)

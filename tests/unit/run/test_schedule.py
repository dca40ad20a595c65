"""The order of a replay: predictions and outcomes as they really happened."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flyball.run.schedule import Schedule

TIMES = st.lists(st.tuples(st.integers(0, 9), st.integers(-3, 9), st.booleans()), max_size=12)


def told(schedule: Schedule) -> list[tuple[int, int, bool]]:
    """Time, row and whether it is an outcome, of each event."""
    return list(zip(schedule.times.tolist(), schedule.rows.tolist(), schedule.outcome.tolist(), strict=True))


@given(TIMES)
def test_events_come_in_the_order_of_their_times(cases: list[tuple[int, int, bool]]) -> None:
    """Against sorting them one by one: predictions first at equal times, then rows in their order."""
    cases = sorted(cases, key=lambda case: case[0])
    event_ts = np.array([case[0] for case in cases], dtype=np.int64)
    outcome_ts = np.array([case[0] + case[1] for case in cases], dtype=np.int64)
    known = np.array([case[2] for case in cases], dtype=np.bool_)
    events = [(time, False, row) for row, time in enumerate(event_ts.tolist())]
    events += [(time, True, row) for row, time in enumerate(outcome_ts.tolist()) if known[row]]
    schedule = Schedule.of(event_ts, outcome_ts, known)

    assert told(schedule) == [(time, row, outcome) for time, outcome, row in sorted(events)]
    assert len(schedule) == len(cases) + int(known.sum())


def test_what_happens_at_the_moment_of_a_prediction_was_not_known_to_it() -> None:
    """Two rows at one time, the first one's outcome at once: both are asked before it is told."""
    schedule = Schedule.of(np.array([5, 5]), np.array([5, 9]), np.array([True, True]))

    assert told(schedule) == [(5, 0, False), (5, 1, False), (5, 0, True), (9, 1, True)]


def test_without_times_of_outcomes_each_is_told_before_the_next_prediction() -> None:
    """Also where several predictions have one time."""
    schedule = Schedule.of(np.array([5, 5, 6]), None, np.array([True, False, True]))

    assert told(schedule) == [(5, 0, False), (5, 0, True), (5, 1, False), (6, 2, False), (6, 2, True)]


def test_an_outcome_may_be_known_before_its_prediction_was_asked() -> None:
    """Two clocks: it is told first, and waits."""
    schedule = Schedule.of(np.array([10]), np.array([7]), np.array([True]))

    assert told(schedule) == [(7, 0, True), (10, 0, False)]


def test_no_rows_have_no_events() -> None:
    """An empty file."""
    none = np.empty(0, dtype=np.int64)

    assert (
        len(Schedule.of(none, none, np.empty(0, np.bool_))) == len(Schedule.of(none, None, np.empty(0, np.bool_))) == 0
    )

"""Work done ahead: results in turn, errors in turn, and nothing left behind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from flyball.run.in_turn import AHEAD, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable


def squarer(log: list[tuple[int, int]], place: int) -> Callable[[int], int]:
    """Squares, and notes who did it."""

    def square(number: int) -> int:
        log.append((place, number))
        if number == 13:
            msg = "13 is no number to be squared"
            raise ValueError(msg)
        return number * number

    return square


@pytest.mark.parametrize("makers", [1, 2, 5])
def test_results_come_in_the_order_of_their_tasks(makers: int) -> None:
    """Each maker has every so-manieth task, in order."""
    log: list[tuple[int, int]] = []
    found = list(in_turn([squarer(log, place) for place in range(makers)], range(13)))
    assert found == [number * number for number in range(13)]
    for place in range(makers):
        assert [number for who, number in log if who == place] == list(range(place, 13, makers))


def test_an_error_comes_in_the_turn_of_its_task_and_ends_it() -> None:
    """What came before it is not lost, little after it is done, and no thread stays."""
    log: list[tuple[int, int]] = []
    results = in_turn([squarer(log, 0), squarer(log, 1)], range(100))
    assert [next(results) for _ in range(13)][-1] == 144
    with pytest.raises(ValueError, match="no number"):
        next(results)
    assert max(number for _, number in log) <= 14 + 2 * AHEAD
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_who_stops_taking_stops_the_work() -> None:
    """The threads end with the iterator."""
    log: list[tuple[int, int]] = []
    results = in_turn([squarer(log, 0)], range(10))
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]  # a generator has it
    assert len(log) <= 2 + AHEAD
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]

"""The course of a call, driven by hand: no socket, no time that passes by itself."""

from __future__ import annotations

from functools import partial

import pytest

from flyball.client.call import Call
from flyball.client.caller import Caller
from flyball.client.course import Attempt, Pause
from flyball.client.error import ClientError, TimedOut, Unavailable
from flyball.client.failure import Failure, Kind
from flyball.client.options import Options
from flyball.client.ports import Ports
from flyball.client.request import Request
from flyball.client.response import Response

BROKEN = Failure(Kind.BROKEN, "reset")
LATE = Failure(Kind.LATE, "no answer in time")
STALE = Failure(Kind.STALE, "gone")
FINE = Response(200, "OK", b"{}")
STATUS: Call[int] = Call(request=Request("GET", "/x"), read=lambda response: response.status)


class Story:
    """Drives a call: each attempt takes `cost` seconds and comes to the next of `results`; pauses pass at once."""

    def __init__(self, *results: Response | Failure, cost: float = 0.0) -> None:
        self.now = 0.0
        self.seen: list[tuple[str, float]] = []
        self.fresh: list[bool] = []
        self._results = list(results)
        self._cost = cost

    def tell(self, call: Call[int] = STATUS, **options: float) -> int:
        """The value of the call."""
        ports = Ports(elapsed=lambda: self.now, random=lambda: 1.0)
        caller = Caller.of("http://h", timeout=10.0, options=Options(**options), ports=ports)  # type: ignore[arg-type]  # numbers of either kind
        course = caller.course(call)
        try:
            step = next(course)
            while True:
                step = course.send(self._do(step))
        except StopIteration as done:
            value: int = done.value
            return value

    def _do(self, step: Attempt | Pause) -> Response | Failure | None:
        self.seen.append((type(step).__name__, round(step.seconds, 3)))
        if isinstance(step, Pause):
            self.now += step.seconds
            return None
        self.fresh.append(step.fresh)
        self.now += self._cost
        return self._results.pop(0)


def test_pauses_double_until_they_are_longest() -> None:
    """And tries end when they have been made."""
    story = Story(*[BROKEN] * 9)

    with pytest.raises(Unavailable, match=r"GET http://h/x: reset, after 6 tries; is the service up"):
        story.tell(tries=6, first_pause=0.5, longest_pause=1.5)
    assert [seconds for name, seconds in story.seen if name == "Pause"] == [0.5, 1.0, 1.5, 1.5, 1.5]


def test_tries_take_from_the_same_time() -> None:
    """The last one gets what is left; then the time is up."""
    story = Story(*[LATE] * 9, cost=3.0)

    with pytest.raises(TimedOut, match=r"no answer in time; 4 tries in the 10 s that the caller gave"):
        story.tell(try_seconds=3.0, first_pause=0.0)
    assert story.seen == [step for _ in range(4) for step in (("Attempt", 3.0), ("Pause", 0.0))][:-1]
    assert story.now == 12.0


def test_a_kept_connection_that_was_gone_costs_nothing() -> None:
    """No pause and no try; all others that were kept are closed, so that it happens once."""
    story = Story(STALE, STALE, FINE)

    assert story.tell(tries=2) == 200
    assert (story.fresh, [name for name, _ in story.seen]) == (
        [False, True, True],
        ["Attempt"] * 2 + ["Pause", "Attempt"],
    )


@pytest.mark.parametrize(
    ("result", "error"),
    [(Failure(Kind.FINAL, "bad certificate"), Unavailable), (Response(507, "Full", b""), Unavailable)],
)
def test_what_would_fail_again_is_told_at_once(result: Response | Failure, error: type[ClientError]) -> None:
    """However much time there is."""
    story = Story(result, FINE)

    with pytest.raises(error, match=r"GET http://h/x: (bad certificate|507 Full)"):
        story.tell()
    assert story.seen == [("Attempt", 2.0)]


def test_a_call_that_is_made_once_has_all_the_time() -> None:
    """Its one try is not cut short to leave time for others."""
    story = Story(LATE)

    with pytest.raises(TimedOut, match=r"1 try in the 10 s"):
        story.tell(Call(request=STATUS.request, read=STATUS.read, once=True))
    assert story.seen == [("Attempt", 10.0)]


@pytest.mark.parametrize("result", [LATE, BROKEN, Response(503, "No", b""), Response(504, "Late", b"")])
def test_what_stands_in_is_told_why(result: Response | Failure) -> None:
    """For every failure that may pass by itself, and for no other."""
    told: list[ClientError] = []

    def instead(error: ClientError) -> int:
        told.append(error)
        return -1

    call = Call(request=STATUS.request, read=STATUS.read, instead=instead)
    assert Story(result).tell(call, tries=1) == -1
    assert [type(error) in {TimedOut, Unavailable} for error in told] == [True]
    with pytest.raises(ClientError, match=r"422 No"):
        Story(Response(422, "No", b"")).tell(call)


@pytest.mark.parametrize(
    ("said", "pause"), [("7", 7.0), ("-7", 0.0), ("7.5", 0.0), ("٣", 0.0), ("Mon, 99 Foo", 0.0), ("9" * 400, None)]
)
def test_how_long_the_service_asks_to_wait_is_read_carefully(said: str, pause: float | None) -> None:
    """What cannot be understood asks for nothing; what is longer than the caller's time is not waited."""
    story = Story(Response(503, "No", b"", retry_after=said), FINE)
    run = partial(story.tell, first_pause=0.0)

    if pause is None:
        with pytest.raises(Unavailable, match=r"503 No"):
            run()
        return
    assert (run(), story.seen[1]) == (200, ("Pause", pause))

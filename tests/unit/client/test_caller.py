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

    def tell(self, call: Call[int] = STATUS, timeout: float = 10.0, **options: float) -> int:
        """The value of the call."""
        ports = Ports(elapsed=lambda: self.now, random=lambda: 1.0)
        caller = Caller.of("http://h", timeout=timeout, options=Options(**options), ports=ports)  # type: ignore[arg-type]  # numbers of either kind
        course = caller.course(call)
        try:
            step = next(course)
            while True:
                step = course.send(self._do(step))
        except StopIteration as done:
            value: int = done.value
            return value

    @property
    def pauses(self) -> list[float]:
        """How long each pause was."""
        return [seconds for name, seconds in self.seen if name == "Pause"]

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

    with pytest.raises(
        Unavailable, match=r"^GET http://h/x: reset, after 6 tries in 6 s; the limit of tries is 6; is the service up"
    ):
        story.tell(tries=6, first_pause=0.5, longest_pause=1.5)
    assert story.pauses == [0.5, 1.0, 1.5, 1.5, 1.5]


def test_without_a_limit_a_call_is_tried_until_its_time_is_used_up() -> None:
    """However long that is; the last pause is cut short, so that the last try has a little time."""
    story = Story(*[BROKEN] * 99)

    with pytest.raises(
        Unavailable,
        match=r"reset, after 25 tries in 19\.95 s; the timeout of 20 s leaves no time for another; is the service",
    ):
        story.tell(timeout=20.0)
    assert story.pauses == [0.05, 0.1, 0.2, 0.4, 0.8, *[1.0] * 18, 0.4]


def test_a_service_that_comes_back_in_time_is_asked() -> None:
    """As after a restart of five seconds."""
    story = Story(*[BROKEN] * 4, *[Response(503, "Starting", b"")] * 5, FINE)

    assert (story.tell(timeout=20.0), sum(story.pauses) > 5) == (200, True)


def test_tries_take_from_the_same_time() -> None:
    """The last one gets what is left; then the time is up."""
    story = Story(*[LATE] * 9, cost=3.0)

    with pytest.raises(
        TimedOut, match=r"no answer in time, after 4 tries in 12\.3 s; the timeout of 10 s leaves no time for another$"
    ):
        story.tell(try_seconds=3.0, first_pause=0.1, longest_pause=0.1)
    assert story.seen == [step for _ in range(4) for step in (("Attempt", 3.0), ("Pause", 0.1))][:-1]


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

    with pytest.raises(
        error, match=r"GET http://h/x: (bad certificate, after 1 try in 0 s; it would fail again|507 Full)$"
    ):
        story.tell()
    assert story.seen == [("Attempt", 2.0)]


def test_a_call_that_is_made_once_has_all_the_time() -> None:
    """Its one try is not cut short to leave time for others."""
    story = Story(LATE, cost=10.0)

    with pytest.raises(TimedOut, match=r"after 1 try in 10 s; the timeout of 10 s leaves no time for another$"):
        story.tell(Call(request=STATUS.request, read=STATUS.read, once=True))
    assert story.seen == [("Attempt", 10.0)]


def test_a_call_that_is_made_once_is_not_made_again() -> None:
    """There is time, and no limit was reached: none is named."""
    story = Story(BROKEN, FINE)

    with pytest.raises(Unavailable, match=r"reset, after 1 try in 0 s; is the service up at this address\?$"):
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
    run = partial(story.tell, longest_pause=1e-6)

    if pause is None:
        with pytest.raises(Unavailable, match=r"503 No"):
            run()
        return
    assert (run(), story.seen[1]) == (200, ("Pause", pause))


@pytest.mark.parametrize(
    ("last", "text"),
    [
        (BROKEN, r"reset, after 3 tries in 3 s; the deadline of 3 s leaves no time for another; is the service up"),
        (LATE, r"no answer in time, after 3 tries in 3 s; the deadline of 3 s leaves no time for another$"),
        (Response(503, "No", b""), r"503 No, after 3 tries in 3 s; the deadline of 3 s leaves no time for another$"),
    ],
)
def test_time_that_runs_out_is_told_with_what_the_last_try_met(last: Response | Failure, text: str) -> None:
    """Not with what an earlier one did, and with the caller's own word for the limit."""
    story = Story(LATE, BROKEN, last, cost=1.0)
    call = Call(request=STATUS.request, read=STATUS.read, seconds=3.0)

    with pytest.raises(ClientError, match=text) as ended:
        story.tell(call, first_pause=1e-6, longest_pause=1e-6)
    assert type(ended.value) is (TimedOut if last is LATE else Unavailable)


def test_a_pause_that_outlasts_the_time_ends_the_call_with_what_was_met() -> None:
    """A machine may sleep longer than it was asked to."""
    story = Story(Response(503, "No", b""), FINE)
    ports = Ports(elapsed=lambda: story.now, random=lambda: 1.0)
    course = Caller.of("http://h", timeout=1.0, ports=ports).course(STATUS)
    next(course)
    assert course.send(Response(503, "No", b"", retry_after="0")) == Pause(0.05)
    story.now = 2.5

    with pytest.raises(Unavailable, match=r"503 No, after 1 try in 2\.5 s; the timeout of 1 s leaves no time"):
        course.send(None)


def test_what_stands_in_is_there_before_the_deadline_is_over() -> None:
    """A deadline too short for a pause ends with the first try; a longer one is used up, and never outlasted."""

    def stood_in(seconds: float) -> Story:
        story = Story(*[BROKEN] * 99)
        call = Call(request=STATUS.request, read=STATUS.read, seconds=seconds, instead=lambda _: -1)
        assert story.tell(call) == -1
        return story

    assert [(len(found.fresh), round(found.now, 3)) for found in map(stood_in, (0.02, 0.5, 3.0))] == [
        (1, 0.0),
        (5, 0.45),
        (8, 2.95),
    ]


def test_a_long_wait_that_the_service_asks_for_is_told_as_what_ends_the_call() -> None:
    """Nothing of the caller's limits was used up."""
    story = Story(Response(503, "No", b"", retry_after="60"), cost=0.5)

    with pytest.raises(
        Unavailable,
        match=r"503 No, after 1 try in 0\.5 s; the service asks to wait 60 s, and 9\.5 s of the timeout of 10 s are",
    ) as ended:
        story.tell()
    assert (ended.value.retry_after, story.pauses) == (60.0, [])

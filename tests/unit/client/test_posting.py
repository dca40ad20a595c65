"""The course of a sender, driven by hand."""

from __future__ import annotations

from flyball.client.backlog import Backlog, Counts
from flyball.client.caller import Caller
from flyball.client.course import Pause
from flyball.client.error import TimedOut, Unavailable
from flyball.client.fact import Fact
from flyball.client.options import Options
from flyball.client.ports import Ports
from flyball.client.posting import Deliver, Gather, Postman
from flyball.client.receipt import Receipt


def test_pauses_double_and_the_service_may_ask_for_longer_ones() -> None:
    """By a minute at most, and without a limit of tries; from batch to batch they begin anew.

    The course ends when the backlog is closed and empty.
    """
    away, asked, asked_long = Unavailable("away"), Unavailable("not now"), Unavailable("not today")
    asked.retry_after, asked_long.retry_after = 7.0, 86_400.0
    backlog = Backlog(max_batch=1)
    caller = Caller.of("http://h", options=Options(tries=1, first_pause=0.25), ports=Ports(random=lambda: 1.0))
    for id in ("r1", "r2"):
        backlog.add(Fact.outcome(id, 1))
    backlog.close()

    course = Postman(backlog, caller, None).posting()
    seen = [next(course)]
    first = [away, None, TimedOut("late"), None, asked, None, asked_long, None, Receipt(1)]
    seen += [course.send(answer) for answer in [None, *first, None, away, None, Receipt(1)]]
    steps = [step.seconds if isinstance(step, Pause) else type(step) for step in seen]

    first_steps = [Gather, Deliver, 0.25, Deliver, 0.5, Deliver, 8.0, Deliver, 61.0, Deliver]
    assert steps == [*first_steps, Gather, Deliver, 0.25, Deliver, Gather]
    assert (list(course), backlog.counts) == ([], Counts(accepted=2))

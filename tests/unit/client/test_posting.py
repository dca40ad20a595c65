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
    """From batch to batch they begin anew; the course ends when the backlog is closed and empty."""
    away, asked = Unavailable("away"), Unavailable("not now")
    asked.retry_after = 7.0
    backlog = Backlog(max_batch=1)
    caller = Caller.of("http://h", options=Options(first_pause=1.0), ports=Ports(random=lambda: 1.0))
    for id in ("r1", "r2"):
        backlog.add(Fact.outcome(id, 1))
    backlog.close()

    course = Postman(backlog, caller, None).posting()
    seen = [next(course)]
    answers = [None, away, None, TimedOut("late"), None, asked, None, Receipt(1), None, away, None, Receipt(1)]
    seen += [course.send(answer) for answer in answers]
    steps = [step.seconds if isinstance(step, Pause) else type(step) for step in seen]

    assert steps == [Gather, Deliver, 1.0, Deliver, 2.0, Deliver, 9.0, Deliver, Gather, Deliver, 1.0, Deliver, Gather]
    assert (list(course), backlog.counts) == ([], Counts(accepted=2))

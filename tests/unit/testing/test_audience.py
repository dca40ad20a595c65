"""The people who visit."""

from __future__ import annotations

from itertools import count
from threading import Event
from typing import TYPE_CHECKING

from flyball.testing.audience import Audience
from flyball.testing.visit import Visit
from tests.unit.cli.asked_server import Answer, AskedServer

if TYPE_CHECKING:
    from flyball.client import Prediction


def visit(name: str, due: float = 0.0, click_after: float | None = None) -> Visit:
    """Somebody who comes then."""
    return Visit(
        id=name, due=due, inputs={"hour": 9}, truth=0.1, click_after=click_after, clicked=click_after is not None,
        young=False,
    )  # fmt: skip  # one line for what is given, one for what is not


def answer(_method: str, path: str, body: object) -> Answer:
    """As a running system answers; it does not know who is called `bad`."""
    assert isinstance(body, dict)
    if path == "/v1/outcomes":
        return 202, {"accepted": len(body["outcomes"]), "rejected": []}
    if body["id"] == "bad":
        return 422, {"status": 422, "title": "no", "detail": "this is refused"}
    found = {"id": body["id"], "model": "ctr", "version": 1, "learned_through": 1, "prediction": 0.25}
    return 200, found | {"served_by": "model"}


def test_everybody_asks_and_those_who_click_are_heard() -> None:
    """A click comes after its visit."""
    heard, clicked = [], Event()

    def listening(method: str, path: str, body: object) -> Answer:
        found = answer(method, path, body)
        if path == "/v1/outcomes":
            clicked.set()
        return found

    def told(visit: Visit, answer: Prediction) -> None:
        heard.append((visit.id, answer.value))

    coming = iter([visit("r1", click_after=0.001), visit("r2"), visit("bad"), visit("r3", click_after=3_600.0)])
    with AskedServer(listening) as server:
        with Audience(f"http://127.0.0.1:{server.port}", coming, told) as audience:
            assert audience.wait(60.0), "all have asked"
            assert clicked.wait(60.0), "the click was told"
        noted = audience.attendance

    assert sorted(heard) == [("r1", 0.25), ("r2", 0.25), ("r3", 0.25)]
    assert (noted.asked, noted.answered, noted.failed) == (4, 3, 1)
    assert "this is refused" in noted.fault
    assert noted.first_answer is not None
    assert (audience.clicks, audience.clicks_lost) == (1, 0), "the click of the future never comes"
    [outcomes] = [body for _, path, _, body in server.asked if path == "/v1/outcomes"]
    assert isinstance(outcomes, dict)
    assert [(each["id"], each["value"]) for each in outcomes["outcomes"]] == [("r1", True)]


def test_who_asks_long_after_he_was_due_is_counted_as_late() -> None:
    """By the clock that is given: a second passes with every look at it."""
    seconds = count()
    with AskedServer(answer) as server:
        address = f"http://127.0.0.1:{server.port}"
        with Audience(
            address, iter([visit("r1")]), lambda _visit, _answer: None, connections=1, elapsed=lambda: next(seconds)
        ) as audience:
            while not audience.attendance.asked:
                audience.wait(1.0)

    assert (audience.attendance.late, audience.attendance.latest >= 1.0) == (1, True)


def test_nobody_who_is_due_later_keeps_it_from_ending() -> None:
    """Whoever waits for his time is sent home."""
    with AskedServer(answer) as server:
        with Audience(f"http://127.0.0.1:{server.port}", iter([visit("r1", due=3_600.0)]), print) as audience:
            assert not audience.wait(0.01), "somebody is still to come"
        assert server.asked == []

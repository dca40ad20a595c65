"""Places are given in the order in which they were asked for."""

from __future__ import annotations

from threading import Event, Thread

from flyball.client.places import Places

WAIT_S = 30.0


def test_whoever_waited_longest_comes_next() -> None:
    """Also when the one who gave a place back asks again at once."""
    places = Places(1)
    assert places.take(0.0)
    order: list[str] = []
    took = Event()

    def wait() -> None:
        if places.take(WAIT_S):
            order.append("waited")
            took.set()

    thread = Thread(target=wait)
    thread.start()
    while not places._waiting:
        took.wait(0.001)
    places.give_back()
    assert not places.take(0.0), "the place belongs to the thread that waited"
    thread.join(WAIT_S)

    assert order == ["waited"]


def test_whoever_gives_up_leaves_the_queue() -> None:
    """A place is not handed to somebody who is gone."""
    places = Places(1)
    assert places.take(0.0)
    assert not places.take(0.001)
    places.give_back()

    assert places.take(0.0)

"""The people who visit: they ask a running system over HTTP when they are due, and click when they do."""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass
from threading import Condition, Event, Lock, Thread
from typing import TYPE_CHECKING, Self

from flyball.client import Client, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flyball.client import Prediction
    from flyball.testing.visit import Visit

LATE_SECONDS = 0.05
"""A visit that asks so long after it was due is counted as late."""
CLOSE_SECONDS = 20.0
"""How long the last clicks may take to be acknowledged."""


@dataclass(slots=True)
class Attendance:
    """What was sent, and what came back.

    Attributes:
        asked: visits that asked.
        answered: those that got an answer of the service.
        failed: those that got none.
        late: those that asked more than `LATE_SECONDS` after they were due, since answers before them were slow.
        latest: by how many seconds the latest of them was.
        first_answer: when the first answer came, by the clock; `None` before.
        answer_seconds: all waiting for answers together.
        fault: what the last one without an answer was told.

    >>> Attendance().first_answer is None
    True
    """

    asked: int = 0
    answered: int = 0
    failed: int = 0
    late: int = 0
    latest: float = 0.0
    first_answer: float | None = None
    answer_seconds: float = 0.0
    fault: str = ""


class Audience:
    """Visits a running system until it is told to stop, or nobody comes any more.

    Args:
        address: of the system.
        visits: who comes when, in the order of time.
        told: called with each visit and the system's answer, by one thread at a time.
        connections: how many ask at the same time, at most; who is due meanwhile waits, and is counted as late.
        elapsed: seconds that never fall.

    >>> with Audience("http://127.0.0.1:1", iter([]), told=print) as audience:
    ...     audience.wait(10.0)
    True
    >>> audience.attendance.asked
    0
    """

    def __init__(
        self,
        address: str,
        visits: Iterator[Visit],
        told: Callable[[Visit, Prediction], None],
        *,
        connections: int = 4,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.attendance = Attendance()
        self._visits, self._told, self._elapsed = visits, told, elapsed
        self._client = Client(address)
        self._sender = self._client.background()
        self._turn, self._noting = Lock(), Lock()
        self._stopping = Event()
        self._began = elapsed()
        self._clicks: list[tuple[float, str]] = []
        self._due = Condition()
        self._askers = [Thread(target=self._ask, name=f"visitors-{i}", daemon=True) for i in range(connections)]
        self._clicker = Thread(target=self._click, name="clicks", daemon=True)

    @property
    def clicks(self) -> int:
        """Clicks that were acknowledged."""
        return self._sender.counts.accepted

    @property
    def clicks_lost(self) -> int:
        """Clicks that are not known to have been acknowledged, and will not be sent again."""
        counts = self._sender.counts
        return counts.rejected + counts.dropped

    def wait(self, seconds: float) -> bool:
        """Waits until nobody comes any more, so many seconds at most; whether that is so."""
        end = self._elapsed() + seconds
        for asker in self._askers:
            asker.join(max(end - self._elapsed(), 0.0))
        return not any(asker.is_alive() for asker in self._askers)

    def __enter__(self) -> Self:
        self._began = self._elapsed()
        for thread in (*self._askers, self._clicker):
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody asks any more; what has been clicked is acknowledged; clicks of the future never come."""
        self._stopping.set()
        with self._due:
            self._due.notify_all()
        for thread in (*self._askers, self._clicker):
            thread.join()
        self._sender.close(CLOSE_SECONDS)
        self._client.close()

    def _ask(self) -> None:
        while not self._stopping.is_set():
            with self._turn:
                visit = next(self._visits, None)
            if visit is None:
                return
            ahead = self._began + visit.due - self._elapsed()
            if ahead > 0.0 and self._stopping.wait(ahead):
                return
            self._visit(visit)

    def _visit(self, visit: Visit) -> None:
        asked = self._elapsed()
        answer: Prediction | None = None
        fault = ""
        try:
            answer = self._client.predict(visit.model, visit.inputs, id=visit.id)
        except ClientError as error:
            fault = str(error)
        now = self._elapsed()
        with self._noting:
            noted = self.attendance
            noted.asked += 1
            behind = asked - self._began - visit.due
            noted.late += behind > LATE_SECONDS
            noted.latest = max(noted.latest, behind)
            if answer is None:
                noted.failed += 1
                noted.fault = fault
                return
            noted.answered += 1
            noted.answer_seconds += now - asked
            noted.first_answer = now if noted.first_answer is None else noted.first_answer
            self._told(visit, answer)
        if visit.click_after is not None:
            with self._due:
                heapq.heappush(self._clicks, (asked + visit.click_after, visit.id))
                self._due.notify_all()

    def _click(self) -> None:
        with self._due:
            while not self._stopping.is_set():
                ahead = self._clicks[0][0] - self._elapsed() if self._clicks else None
                if ahead is None or ahead > 0.0:
                    self._due.wait(ahead)
                    continue
                _, name = heapq.heappop(self._clicks)
                self._sender.outcome(name, True)

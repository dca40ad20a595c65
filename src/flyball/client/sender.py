"""Sends facts in the background, from a thread."""

from __future__ import annotations

import atexit
import os
from threading import Condition, Thread
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from flyball.client.backlog import Backlog
from flyball.client.calls import delivering
from flyball.client.course import Pause
from flyball.client.error import ClientError, Closed
from flyball.client.outbox import Outbox
from flyball.client.posting import Gather, Postman, logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.client.call import Call
    from flyball.client.caller import Caller
    from flyball.client.fact import Fact
    from flyball.client.posting import Deliver
    from flyball.client.receipt import Receipt, Rejection

T = TypeVar("T")


class Run(Protocol):
    """Whatever makes a call."""

    def __call__(self, call: Call[T]) -> T:
        """Makes the call."""


class Sender(Outbox):
    """Sends outcomes, events and records in batches; made by `Client.background`. Threads may share it.

    `outcome`, `event` and `record` never wait. What the service cannot take now is tried again for as long as it takes,
    whatever `Options.tries` says; meanwhile others queue behind it, and what no longer fits is dropped and counted.
    Sent again with the same ids, nothing is counted twice.

    >>> from flyball.client import Client
    >>> sender = Client("http://127.0.0.1:1").background(max_queue=1)
    >>> sender.close()
    True
    >>> sender.outcome("r1", 1), sender.counts.dropped
    (False, 1)
    """

    def __init__(
        self,
        run: Run,
        caller: Caller,
        max_batch: int,
        max_delay: float,
        max_queue: int,
        on_rejected: Callable[[Rejection], None] | None,
    ) -> None:
        super().__init__(Backlog(max_batch=max_batch, max_delay=max_delay, max_queue=max_queue), caller.ports.wall)
        self._run = run
        self._postman = Postman(self._backlog, caller, on_rejected)
        self._changed = Condition(self._backlog.lock)
        self._process = os.getpid()
        self._thread = Thread(target=self._work, name="flyball-sender", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def flush(self, timeout: float | None = None) -> bool:
        """Waits until all that was given before has been accepted, rejected or dropped.

        Args:
            timeout: how many seconds at most; without one, for as long as it takes.

        Returns:
            Whether it has.
        """
        self._check()
        with self._changed:
            mark = self._backlog.hurry()
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._backlog.passed(mark), timeout)

    def close(self, timeout: float = 5.0) -> bool:
        """Takes no more facts, sends those that wait, and ends the thread; more than once does no harm.

        Args:
            timeout: how many seconds to wait for the service; what is not sent then is dropped and counted.

        Returns:
            Whether all was sent.
        """
        if os.getpid() != self._process:
            return False
        atexit.unregister(self.close)
        with self._changed:
            self._backlog.close()
            self._changed.notify_all()
        self._thread.join(timeout)
        with self._changed:
            ended = not self._thread.is_alive()
            if not ended:
                self._backlog.abandon()
            self._changed.notify_all()
        return ended and not self._backlog.abandoned

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _add(self, fact: Fact) -> bool:
        self._check()
        with self._changed:
            before = self._backlog.waits, self._backlog.due
            taken = self._backlog.add(fact)
            if (self._backlog.waits, self._backlog.due) != before:
                self._changed.notify_all()
            return taken

    def _check(self) -> None:
        if os.getpid() != self._process:
            raise Closed(
                f"this sender was started in process {self._process}, and this is process {os.getpid()}; "
                "start a sender in each process, with Client.background"
            )

    def _work(self) -> None:
        course = self._postman.posting()
        try:
            step = next(course)
            while True:
                step = course.send(self._done(step))
        except StopIteration:
            pass
        except Exception:  # a fault of our own: whoever waits must not wait for ever
            logger.exception("the sender ends; what waits is dropped")
            self._backlog.abandon()
            self._backlog.finish()
        finally:
            with self._changed:
                self._changed.notify_all()

    def _done(self, step: Gather | Deliver | Pause) -> Receipt | ClientError | None:
        backlog = self._backlog
        if isinstance(step, Gather):
            with self._changed:
                self._changed.notify_all()
                self._changed.wait_for(lambda: backlog.waits)
                self._changed.wait_for(lambda: backlog.due, backlog.max_delay)
            return None
        if isinstance(step, Pause):
            with self._changed:
                self._changed.wait_for(lambda: backlog.abandoned, step.seconds)
            return None
        try:
            return self._run(delivering(step.parcel))
        except ClientError as error:
            return error

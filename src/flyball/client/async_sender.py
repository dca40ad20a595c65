"""Sends facts in the background, from a task."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from flyball.client.backlog import Backlog
from flyball.client.calls import delivering
from flyball.client.course import Pause
from flyball.client.error import ClientError
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


class AsyncRun(Protocol):
    """Whatever makes a call."""

    async def __call__(self, call: Call[T]) -> T:
        """Makes the call."""


class AsyncSender(Outbox):
    """`Sender` for asyncio; made by `AsyncClient.background`, to be used in the same event loop.

    `outcome`, `event` and `record` are plain functions: they never wait.

    >>> from flyball.client import AsyncClient
    >>> async def tell() -> int:
    ...     sender = AsyncClient("http://127.0.0.1:1").background()
    ...     sender.outcome("r1", 1)
    ...     await sender.close(timeout=0)
    ...     return sender.counts.dropped
    >>> asyncio.run(tell())
    1
    """

    def __init__(
        self,
        run: AsyncRun,
        caller: Caller,
        max_batch: int,
        max_delay: float,
        max_queue: int,
        on_rejected: Callable[[Rejection], None] | None,
    ) -> None:
        super().__init__(Backlog(max_batch=max_batch, max_delay=max_delay, max_queue=max_queue), caller.ports.wall)
        self._run = run
        self._postman = Postman(self._backlog, caller, on_rejected)
        self._changed = asyncio.Event()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._task = asyncio.get_running_loop().create_task(self._work(), name="flyball-sender")

    async def flush(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109  # says whether, instead of raising
        """Waits until all that was given before has been accepted, rejected or dropped, as `Sender.flush`."""
        mark = self._backlog.hurry()
        self._changed.set()
        if self._backlog.passed(mark):
            return True
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((mark, future))
        with suppress(TimeoutError):
            await asyncio.wait_for(future, timeout)
        return self._backlog.passed(mark)

    async def close(self, timeout: float = 5.0) -> bool:  # noqa: ASYNC109  # says whether, instead of raising
        """Takes no more facts, sends those that wait, and ends the task, as `Sender.close`."""
        self._backlog.close()
        self._changed.set()
        await asyncio.wait({self._task}, timeout=timeout)
        if not self._task.done():
            self._backlog.abandon()
            self._task.cancel()
            await asyncio.wait({self._task})
        return not self._backlog.abandoned

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def _add(self, fact: Fact) -> bool:
        taken = super()._add(fact)
        self._changed.set()
        return taken

    async def _work(self) -> None:
        course = self._postman.posting()
        try:
            step = next(course)
            while True:
                step = course.send(await self._done(step))
        except StopIteration:
            pass
        except asyncio.CancelledError:
            self._backlog.abandon()
            raise
        except Exception:  # a fault of our own: whoever waits must not wait for ever
            logger.exception("the sender ends; what waits is dropped")
            self._backlog.abandon()
        finally:
            course.close()
            self._backlog.finish()
            self._tell_flushers()

    async def _done(self, step: Gather | Deliver | Pause) -> Receipt | ClientError | None:
        if isinstance(step, Gather):
            self._tell_flushers()
            await self._until(lambda: self._backlog.waits)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._backlog.max_delay):
                    await self._until(lambda: self._backlog.due)
            return None
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return await self._run(delivering(step.parcel))
        except ClientError as error:
            return error

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    def _tell_flushers(self) -> None:
        passed = [future for mark, future in self._waiting if self._backlog.passed(mark)]
        self._waiting = [(mark, future) for mark, future in self._waiting if not self._backlog.passed(mark)]
        for future in passed:
            if not future.done():
                future.set_result(None)

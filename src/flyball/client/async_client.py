"""The client for callers on an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self, TypeVar

from flyball.client.async_pool import AsyncPool
from flyball.client.async_sender import AsyncSender
from flyball.client.caller import Caller
from flyball.client.calls import asking_readiness, listing, predicting, predicting_many, telling
from flyball.client.course import Pause
from flyball.client.fact import Fact
from flyball.client.secure import tls_for

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from flyball.client.call import Call
    from flyball.client.course import Attempt
    from flyball.client.error import ClientError
    from flyball.client.fact import Moment
    from flyball.client.failure import Failure
    from flyball.client.options import Options
    from flyball.client.ports import Ports
    from flyball.client.prediction import Prediction
    from flyball.client.readiness import Readiness
    from flyball.client.receipt import Rejection
    from flyball.client.response import Response
    from flyball.client.served_model import ServedModel

T = TypeVar("T")


class AsyncClient:
    """`Client` for asyncio: the same calls, to be awaited. It belongs to the event loop in which it is first used.

    A call that is cancelled closes its connection and leaves the others as they are.

    Args:
        address: as for `Client`, and so are all others.
        token: who asks.
        timeout: how many seconds a call may take, all tries and pauses together, and for how many it is tried while
            the service is away.
        tls: for https.
        options: limits and patience.
        ports: time, chance and ids, for tests.
        sleep: how to wait, for tests.

    >>> async def ask() -> str:
    ...     async with AsyncClient("http://127.0.0.1:1", timeout=0.05) as client:
    ...         return (await client.predict("ctr", {"country": "DE"}, id="r1", fallback=0.01)).served_by
    >>> asyncio.run(ask())
    'caller'
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        timeout: float = 5.0,
        tls: ssl.SSLContext | None = None,
        options: Options | None = None,
        ports: Ports | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._caller = Caller.of(address, token, timeout, options, ports)
        secure = tls_for(self._caller.address, tls)
        self._pool = AsyncPool(self._caller.address, secure, self._caller.options)
        self._sleep = sleep

    async def predict(
        self,
        model: str,
        inputs: Mapping[str, object],
        *,
        id: str | None = None,
        deadline: float | None = None,
        fallback: float | None = None,
        uncertainty: bool = False,
    ) -> Prediction:
        """Asks for a prediction, as `Client.predict`."""
        name = self._caller.ports.new_id() if id is None else id
        return await self._run(predicting(model, name, inputs, deadline, fallback, uncertainty=uncertainty))

    async def predict_many(
        self,
        model: str,
        instances: Sequence[Mapping[str, object]],
        *,
        shared: Mapping[str, object] | None = None,
        ids: Sequence[str] | None = None,
        deadline: float | None = None,
        fallback: float | None = None,
        uncertainty: bool = False,
    ) -> tuple[Prediction | ClientError, ...]:
        """Asks for many predictions in one request, as `Client.predict_many`."""
        names = [self._caller.ports.new_id() for _ in instances] if ids is None else ids
        return await self._run(
            predicting_many(model, names, instances, shared, deadline, fallback, uncertainty=uncertainty)
        )

    async def record(
        self,
        model: str,
        id: str,
        inputs: Mapping[str, object],
        prediction: float,
        version: int | str,
        *,
        event_ts: Moment | None = None,
    ) -> None:
        """Records a prediction made elsewhere, as `Client.record`."""
        await self._run(telling(Fact.record(model, id, inputs, prediction, version, event_ts=event_ts)))

    async def outcome(
        self,
        id: str,
        value: object,
        *,
        outcome: str | None = None,
        outcome_id: str | None = None,
        event_ts: Moment | None = None,
        weight: float | None = None,
    ) -> None:
        """Tells what really happened, as `Client.outcome`; it is durable when this returns."""
        fact = Fact.outcome(id, value, outcome=outcome, outcome_id=outcome_id, event_ts=event_ts, weight=weight)
        await self._run(telling(fact))

    async def event(
        self,
        type: str,
        event_id: str,
        *,
        keys: Mapping[str, object] | None = None,
        values: Mapping[str, object] | None = None,
        prediction_id: str | None = None,
        event_ts: Moment | None = None,
    ) -> None:
        """Tells an event, as `Client.event`; it is durable when this returns."""
        fact = Fact.event(type, event_id, keys=keys, values=values, prediction_id=prediction_id, event_ts=event_ts)
        await self._run(telling(fact))

    async def models(self) -> tuple[ServedModel, ...]:
        """The models that are served."""
        return await self._run(listing())

    async def ready(self) -> Readiness:
        """Whether the service takes requests, as `Client.ready`."""
        return await self._run(asking_readiness())

    def background(
        self,
        *,
        max_batch: int = 500,
        max_delay: float = 0.05,
        max_queue: int = 10_000,
        on_rejected: Callable[[Rejection], None] | None = None,
    ) -> AsyncSender:
        """Starts a task that sends outcomes, events and records in batches, as `Client.background`.

        Returns:
            The sender, to be used in an `async with` statement or closed.
        """
        return AsyncSender(self._run, self._caller, max_batch, max_delay, max_queue, on_rejected)

    async def close(self) -> None:
        """Closes all connections; more than once does no harm."""
        self._pool.close()
        await asyncio.sleep(0)  # the loop closes a socket in its next round, which it may not have after this

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def _run(self, call: Call[T]) -> T:
        course = self._caller.course(call)
        try:
            step = next(course)
            while True:
                step = course.send(await self._done(step))
        except StopIteration as done:
            value: T = done.value
            return value

    async def _done(self, step: Attempt | Pause) -> Response | Failure | None:
        if isinstance(step, Pause):
            await self._sleep(step.seconds)
            return None
        return await self._pool.attempt(step)

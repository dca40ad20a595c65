"""The client for callers that wait."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self, TypeVar

from flyball.client.caller import Caller
from flyball.client.calls import asking_readiness, listing, predicting, predicting_many, telling
from flyball.client.course import Pause
from flyball.client.fact import Fact
from flyball.client.pool import Pool
from flyball.client.secure import tls_for
from flyball.client.sender import Sender

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping, Sequence

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


class Client:
    """Talks to a running system. Threads may share it; a forked process begins with connections of its own.

    Every request is safe to be sent again: it carries an id, made before the first try where the caller gives none.
    So whatever may pass by itself (no connection, 502, 503, no answer in time) is tried again until the caller's time
    is used up, or as often as `Options.tries` allows; the error says which of the two it was.
    What the environment says of proxies is not looked at.

    Args:
        address: `http://host:port` or `https://…`, with a path where the service stands behind one.
        token: who asks.
        timeout: how many seconds a call may take, all tries and pauses together, and for how many it is tried while
            the service is away; looking up a name may add to it.
        tls: for https: whom to trust, and as whom to come; without it, whom the machine trusts.
        options: limits and patience.
        ports: time, chance and ids, for tests.
        sleep: how to wait, for tests.

    >>> with Client("http://127.0.0.1:1", timeout=0.05) as client:
    ...     client.predict("ctr", {"country": "DE"}, id="r1", fallback=0.01).served_by
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
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._caller = Caller.of(address, token, timeout, options, ports)
        secure = tls_for(self._caller.address, tls)
        self._pool = Pool(self._caller.address, secure, self._caller.options, self._caller.ports.elapsed)
        self._sleep = sleep

    def predict(
        self,
        model: str,
        inputs: Mapping[str, object],
        *,
        id: str | None = None,
        deadline: float | None = None,
        fallback: float | None = None,
        uncertainty: bool = False,
    ) -> Prediction:
        """Asks for a prediction.

        Args:
            model: the model's name.
            inputs: a value for each input; what is left out is missing.
            id: by which the outcome is joined; without one, a new one: see the prediction's `id`.
            deadline: how many seconds the caller waits, all tries and pauses together. The service is told, and answers
                with the model's own fallback where the model is too slow. Without it: `timeout`, and the model's
                deadline.
            fallback: the answer where the service is unavailable or too late, when all tries are over; without it
                these are errors.
            uncertainty: whether the model is to tell how far one more example could move its prediction.

        Raises:
            Unsendable: an input cannot be sent.
            Refused: the service says no.
            Unavailable: nobody answered the last try, or the service said: not now.
            TimedOut: the last try had no answer in time.
        """
        name = self._caller.ports.new_id() if id is None else id
        return self._run(predicting(model, name, inputs, deadline, fallback, uncertainty=uncertainty))

    def predict_many(
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
        """Asks for many predictions in one request.

        Args:
            model: the model's name.
            instances: the inputs of each.
            shared: inputs that all have.
            ids: of each; without them, new ones.
            deadline: as for `predict`.
            fallback: as for `predict`; of every instance that has no answer in time.
            uncertainty: as for `predict`; of every instance.

        Returns:
            For each instance, in order: its prediction, or the error of an instance that was refused (not raised).
        """
        names = [self._caller.ports.new_id() for _ in instances] if ids is None else ids
        return self._run(predicting_many(model, names, instances, shared, deadline, fallback, uncertainty=uncertainty))

    def record(
        self,
        model: str,
        id: str,
        inputs: Mapping[str, object],
        prediction: float,
        version: int | str,
        *,
        event_ts: Moment | None = None,
    ) -> None:
        """Records a prediction made elsewhere: it is joined, watched and learned from like the service's own.

        Args:
            model: the model's name.
            id: by which the outcome is joined.
            inputs: what it was made from.
            prediction: what was answered.
            version: of the model that answered: a number, or the number behind a `v`.
            event_ts: when; without one, now.
        """
        self._run(telling(Fact.record(model, id, inputs, prediction, version, event_ts=event_ts)))

    def outcome(
        self,
        id: str,
        value: object,
        *,
        outcome: str | None = None,
        outcome_id: str | None = None,
        event_ts: Moment | None = None,
        weight: float | None = None,
    ) -> None:
        """Tells what really happened; it is durable when this returns.

        Args:
            id: of the prediction.
            value: what happened: a truth, a number, or one of the outcome's labels.
            outcome: the outcome's name; may be left out where the system has one.
            outcome_id: of this fact, where several may come for one prediction.
            event_ts: when it happened; without one, now.
            weight: its importance; without one, 1.
        """
        fact = Fact.outcome(id, value, outcome=outcome, outcome_id=outcome_id, event_ts=event_ts, weight=weight)
        self._run(telling(fact))

    def event(
        self,
        type: str,
        event_id: str,
        *,
        keys: Mapping[str, object] | None = None,
        values: Mapping[str, object] | None = None,
        prediction_id: str | None = None,
        event_ts: Moment | None = None,
    ) -> None:
        """Tells an event, such as that an ad was shown; it is durable when this returns.

        Args:
            type: the declared event's name.
            event_id: its own id.
            keys: the entities it concerns.
            values: what else is known of it.
            prediction_id: the prediction that it exposes, where that is not `event_id`.
            event_ts: when it happened; without one, now.
        """
        fact = Fact.event(type, event_id, keys=keys, values=values, prediction_id=prediction_id, event_ts=event_ts)
        self._run(telling(fact))

    def models(self) -> tuple[ServedModel, ...]:
        """The models that are served."""
        return self._run(listing())

    def ready(self) -> Readiness:
        """Whether the service takes requests; nobody answering is an answer too, and one try is all."""
        return self._run(asking_readiness())

    def background(
        self,
        *,
        max_batch: int = 500,
        max_delay: float = 0.05,
        max_queue: int = 10_000,
        on_rejected: Callable[[Rejection], None] | None = None,
    ) -> Sender:
        """Starts a thread that sends outcomes, events and records in batches, so that no request waits for them.

        Each try of a batch waits `timeout`; how often it is tried has no limit.

        Args:
            max_batch: how many are sent together at most.
            max_delay: how many seconds the first of a batch waits for others.
            max_queue: how many wait at most; what comes when they are so many is dropped and counted.
            on_rejected: is told, in the sender's thread, of each that the service refused; without it, they are logged.

        Returns:
            The sender, to be used in a `with` statement or closed.
        """
        return Sender(self._run, self._caller, max_batch, max_delay, max_queue, on_rejected)

    def close(self) -> None:
        """Closes all connections; more than once does no harm."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _run(self, call: Call[T]) -> T:
        course = self._caller.course(call)
        try:
            step = next(course)
            while True:
                step = course.send(self._done(step))
        except StopIteration as done:
            value: T = done.value
            return value

    def _done(self, step: Attempt | Pause) -> Response | Failure | None:
        if isinstance(step, Pause):
            self._sleep(step.seconds)
            return None
        return self._pool.attempt(step)

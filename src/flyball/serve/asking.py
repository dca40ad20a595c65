"""Asking: from the body of a request to questions, and from their answers to its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import UNSET

from flyball.serve.answer import Answer
from flyball.serve.answering import Answering
from flyball.serve.body import decode_whole
from flyball.serve.exchange import Response
from flyball.serve.listing import too_many
from flyball.serve.problem import Refused, problem, problem_of
from flyball.serve.question import Question
from flyball.serve.request import RequestRefused, checked_time
from flyball.serve.wire import Answers, Ask, Rejection, all_rejected

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from flyball.serve.backing import Backing
    from flyball.serve.exchange import Request
    from flyball.serve.intake import Taken
    from flyball.serve.predictor import Predictor
    from flyball.serve.serving import Serving

    Part: TypeAlias = Answer | Rejection | Coroutine[Any, Any, Answer | Rejection]
    """What one of many questions gets, or will get."""

AT_ONCE = 32
"""After so many questions of one request, other requests have their turn."""

_encode = msgspec.json.Encoder().encode


class Asking:
    """Answers requests to predict.

    Args:
        backing: what the request path stands on.

    >>> from flyball.serve.asking import Asking
    >>> Asking.__name__
    'Asking'
    """

    def __init__(self, backing: Backing) -> None:
        self.answering = Answering(backing)
        self._backing = backing
        self._most = backing.limits.items
        self._decoder = msgspec.json.Decoder(Ask)

    def ask(self, serving: Serving, request: Request) -> Response | Awaitable[Response]:
        """The answer to a request, at once where nothing need be waited for.

        Raises:
            Refused: as `Service.handle` answers it.
            RequestRefused: an input or another value cannot be taken.
        """
        predictor = serving.model(request.name)
        quick = predictor.intake.quick(request.body)
        if quick is not None:
            ask, taken = quick
        else:
            ask = decode_whole(self._decoder, request.body)
            if ask.instances is not UNSET:
                return self._many(predictor, ask, request)
            if ask.inputs is UNSET:
                raise Refused(problem("refused", "the body has no inputs; give inputs, or instances"))
            taken = predictor.intake.take(ask.inputs)
        answer = self.answering.answer(self._question(predictor, ask, request, ask.id, taken))
        if type(answer) is Answer:
            return Response(200, _encode(answer))
        return _later(answer)  # type: ignore[arg-type]  # what is no answer is waited for

    def _question(self, predictor: Predictor, ask: Any, request: Request, id: Any, taken: Taken) -> Question:  # noqa: ANN401  # a struct of `Ask`'s fields, made for the model
        backing = self._backing
        now = backing.clock.now()
        given = ask.event_ts
        allowed = predictor.deadline_ns
        if ask.deadline_ms is not UNSET and ask.deadline_ms is not None:
            asked = int(min(ask.deadline_ms, 1e9) * 1e6)
            allowed = asked if allowed is None else min(allowed, asked)
        return Question(
            predictor,
            backing.ids() if id is UNSET or id is None else id,
            taken,
            now if given is UNSET else checked_time(given, now),
            None if allowed is None else request.started + allowed,
            request.consistent or ask.consistent is True,
            ask.uncertainty is True,
        )

    async def _many(self, predictor: Predictor, ask: Ask, request: Request) -> Response:
        instances = ask.instances
        assert isinstance(instances, list)  # noqa: S101  # the caller has looked
        if not 0 < len(instances) <= self._most:
            raise too_many("instances", len(instances), self._most)
        if ask.id is not UNSET:
            raise Refused(problem("refused", "an id beside instances is nobody's; give each instance its own"))
        shared = {} if isinstance(ask.inputs, msgspec.UnsetType) else ask.inputs
        results: list[Answer | Rejection] = []
        for start in range(0, len(instances), AT_ONCE):
            some: list[Part] = []
            for instance in instances[start : start + AT_ONCE]:
                try:
                    taken = predictor.intake.take({**shared, **instance.inputs} if shared else instance.inputs)
                    answer = self.answering.answer(self._question(predictor, ask, request, instance.id, taken))
                except (Refused, RequestRefused) as error:
                    some.append(self._rejection(predictor.model, error))
                else:
                    some.append(self._part(predictor.model, answer) if isinstance(answer, Awaitable) else answer)
            results += await _all(some)
        return _answers(results)

    def _rejection(self, model: str, error: Refused | RequestRefused) -> Rejection:
        self._backing.meter.served(model, "refused")
        return Rejection(problem_of(error))

    async def _part(self, model: str, answer: Awaitable[Answer]) -> Answer | Rejection:
        try:
            return await answer
        except (Refused, RequestRefused) as error:
            return self._rejection(model, error)


async def _later(answer: Awaitable[Answer]) -> Response:
    return Response(200, _encode(await answer))


async def _all(some: Sequence[Part]) -> list[Answer | Rejection]:
    """All results, in order; while some are waited for, and in any case once, others have their turn."""
    waiting = [each for each in some if isinstance(each, Awaitable)]
    done = iter(await asyncio.gather(*waiting)) if waiting else iter(())
    if not waiting:
        await asyncio.sleep(0)
    return [next(done) if isinstance(each, Awaitable) else each for each in some]


def _answers(results: Sequence[Answer | Rejection]) -> Response:
    rejections = [each for each in results if isinstance(each, Rejection)]
    if len(rejections) < len(results):
        return Response(200, _encode(Answers(list(results))))
    raise all_rejected(f"all {len(results)} instances were refused", predictions=rejections)

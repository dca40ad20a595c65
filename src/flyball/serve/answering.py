"""Answering: a question becomes a prediction, which is handed to the log before it is answered."""

from __future__ import annotations

import asyncio
from math import isfinite
from typing import TYPE_CHECKING

from msgspec.structs import replace

from flyball.events.record import Leaf, Prediction
from flyball.serve.answer import Answer
from flyball.serve.port import Evaluate, Known, LoopDown
from flyball.serve.problem import Refused, conflict, problem, unavailable
from flyball.serve.recent import Answered, Key, Recent, same_inputs
from flyball.serve.request import RequestRefused
from flyball.system.excerpt import excerpt
from flyball.system.refusal import ValueRefused

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from flyball.serve.backing import Backing
    from flyball.serve.port import Reply
    from flyball.serve.question import Question
    from flyball.system.value import Value

LATE = "deadline"
"""The reason of an answer that did not come in time."""
NOT_FINITE = "not_finite"
"""The reason of an answer that was no finite number."""


class Answering:
    """Answers questions.

    Args:
        backing: what the request path stands on.

    >>> from flyball.serve.answering import Answering
    >>> Answering.__name__
    'Answering'
    """

    def __init__(self, backing: Backing) -> None:
        self._backing = backing
        self._channel = backing.channel
        self._book = backing.book
        self._vitals = backing.vitals
        self._meter = backing.meter
        self._ticks = backing.ticks
        self.recent = Recent(backing.limits.recent)
        self.unlogged: dict[tuple[str, int], int] = {}
        """How many predictions of each model and version the log had no room for, since this was emptied last."""
        self._under_way: dict[Key, asyncio.Future[None]] = {}

    def answer(self, question: Question) -> Answer | Awaitable[Answer]:
        """The answer, at once where the loop need not be asked.

        Raises:
            Refused: as `Service.handle` answers it.
            RequestRefused: a user's function failed.
        """
        predictor = question.predictor
        if not self._book.claim(predictor.model, predictor.version, question.id):
            answered = self.recent.get(question.key)
            return self._asked_before(question) if answered is None else self._again(question, answered)
        if question.consistent:
            return self._claimed_consistent(question)
        try:
            return self._compute(question)
        except BaseException:  # whatever it was, no prediction was made: the id is free again
            self._book.release(predictor.model, predictor.version, question.id)
            raise

    def _compute(self, question: Question) -> Answer:
        """The answer from the coefficients as they are, or the fallback."""
        if self._late(question):
            return self._instead(question, LATE)
        predictor = question.predictor
        learned_through = self._vitals.learned_through
        values = self._values(question)
        score, said = predictor.score(values), predictor.said
        derived = predictor.derived(values) if predictor.functions else []
        if not isfinite(score):
            self._meter.not_finite(predictor.model)
            return self._instead(question, NOT_FINITE, derived)
        return self._made(question, score, learned_through, derived, said=said)

    def _uncertainty(self, question: Question, score: float) -> float | None:
        """How sure an answer of the model is; `None` where that is no finite number."""
        found = question.predictor.uncertainty(self._values(question), score)
        return found if isfinite(found) else None

    def _values(self, question: Question) -> list[Value]:
        try:
            return question.predictor.evaluate(question.taken.values)
        except ValueRefused as error:
            raise RequestRefused(str(error)) from error

    def _late(self, question: Question) -> bool:
        return question.deadline is not None and self._ticks() >= question.deadline

    def _instead(self, question: Question, reason: str, derived: list[Leaf] | None = None) -> Answer:
        """The fallback; a problem where there is none."""
        predictor = question.predictor
        if predictor.fallback is None:
            raise _no_answer(predictor.model, reason)
        missing: list[Leaf] = [None] * len(predictor.functions)
        return self._made(
            question,
            predictor.fallback,
            self._vitals.learned_through,
            missing if derived is None else derived,
            reason=reason,
        )

    def _made(
        self,
        question: Question,
        score: float,
        learned_through: int,
        derived: list[Leaf],
        *,
        reason: str | None = None,
        said: bytes = b"",
    ) -> Answer:
        """Hands the prediction to the log, then answers."""
        predictor, leaves = question.predictor, question.taken.leaves
        model, version = predictor.model, predictor.version
        served_by = "model" if reason is None else "fallback"
        body = Prediction(
            id=question.id,
            model=model,
            version=version,
            definition=predictor.definition,
            inputs=leaves,
            score=score,
            served_by=served_by,
            as_of=learned_through,
            learned_through=learned_through,
            derived=derived,
            unknown=question.taken.unknown,
            said=said,
        )
        if self._channel.offer([(question.event_ts, body)]) is None:
            self._count_unlogged(model, version)
        answer = Answer(
            id=question.id,
            model=model,
            version=version,
            learned_through=learned_through,
            prediction=score,
            served_by=served_by,
            reason=reason,
            learning=self._vitals.learning,
            uncertainty=self._uncertainty(question, score) if question.uncertainty and reason is None else None,
        )
        self.recent.add((model, version, question.id), Answered(predictor.intake.names, leaves, answer))
        self._meter.served(model, served_by)
        return answer

    def _count_unlogged(self, model: str, version: int) -> None:
        key = (model, version)
        self.unlogged[key] = self.unlogged.get(key, 0) + 1
        self._meter.unlogged(model)

    def _again(self, question: Question, answered: Answered) -> Answer:
        names, leaves = question.predictor.intake.names, question.taken.leaves
        if not answered.same(names, leaves):
            raise _conflict(question)
        self._meter.served(question.predictor.model, "again")
        answer = answered.answer
        told = question.uncertainty and answer.served_by == "model"
        if told == (answer.uncertainty is not None):
            return answer
        # The answer stands; how sure it is was not noted, and is told as of now.
        return replace(answer, uncertainty=self._uncertainty(question, answer.prediction) if told else None)

    async def _asked_before(self, question: Question) -> Answer:
        """The answer to an id that was noted before, here or in another worker: the loop knows what was answered."""
        earlier = self._under_way.get(question.key)
        if earlier is not None:
            await asyncio.shield(earlier)
            answered = self.recent.get(question.key)
            if answered is not None:
                return self._again(question, answered)
        predictor = question.predictor
        reply = await self._ask(question, Known(predictor.model, predictor.version, question.id))
        if reply is None:
            return self._instead_of_known(question)
        if not reply.found:
            # Another id looked like it, or its prediction was never made.
            return await self._consistent(question) if question.consistent else self._compute(question)
        names = predictor.intake.names
        if not same_inputs(reply.inputs, dict(zip(names, question.taken.leaves, strict=True))):
            raise _conflict(question)
        self._meter.served(predictor.model, "again")
        return Answer(
            id=question.id,
            model=predictor.model,
            version=predictor.version,
            learned_through=reply.learned_through,
            prediction=reply.score,
            served_by=reply.served_by,
            learning=self._vitals.learning,
            uncertainty=self._uncertainty(question, reply.score)
            if question.uncertainty and reply.served_by == "model"
            else None,
        )

    def _instead_of_known(self, question: Question) -> Answer:
        """The fallback for an id whose first answer was not found in time: a second record of it would be none."""
        predictor = question.predictor
        if predictor.fallback is None:
            raise _no_answer(predictor.model, LATE)
        self._count_unlogged(predictor.model, predictor.version)
        self._meter.served(predictor.model, "fallback")
        return Answer(
            id=question.id,
            model=predictor.model,
            version=predictor.version,
            learned_through=self._vitals.learned_through,
            prediction=predictor.fallback,
            served_by="fallback",
            reason=LATE,
            learning=self._vitals.learning,
        )

    async def _claimed_consistent(self, question: Question) -> Answer:
        """As `_consistent`, for an id that was noted by this question: others of the same id wait for it."""
        predictor = question.predictor
        done = self._under_way[question.key] = asyncio.get_running_loop().create_future()
        try:
            return await self._consistent(question)
        except BaseException:  # also where the caller went away: no prediction was made, so the id is free again
            self._book.release(predictor.model, predictor.version, question.id)
            raise
        finally:
            del self._under_way[question.key]
            done.set_result(None)

    async def _consistent(self, question: Question) -> Answer:
        """The answer of the loop, between two batches of learning."""
        if self._late(question):
            return self._instead(question, LATE)
        predictor = question.predictor
        derived = predictor.derived(self._values(question))
        asked = Evaluate(predictor.model, predictor.definition, question.taken.leaves, derived)
        reply = await self._ask(question, asked)
        if reply is None:
            return self._instead(question, LATE, derived)
        if not reply.found:
            raise unavailable("not-ready", f"the definition of {predictor.model!r} is being changed; ask again")
        if not isfinite(reply.score):
            self._meter.not_finite(predictor.model)
            return self._instead(question, NOT_FINITE, derived)
        return self._made(question, reply.score, reply.learned_through, derived, said=reply.said)

    async def _ask(self, question: Question, asked: Known | Evaluate) -> Reply | None:
        """What the loop says; `None` where it did not say it in time."""
        left = None if question.deadline is None else (question.deadline - self._ticks()) * 1e-9
        try:
            reply = await asyncio.wait_for(self._channel.ask(asked), left)
        except TimeoutError:
            return None
        except LoopDown as error:
            raise unavailable(
                "loop-down", f"id {excerpt(question.id)} cannot be looked up: the loop is being started again; retry"
            ) from error
        return None if self._late(question) else reply


def _no_answer(model: str, reason: str) -> Refused:
    if reason == LATE:
        detail = f"the deadline has passed and {model!r} declares no fallback; allow more time, or declare fallback="
        return Refused(problem("deadline", detail))
    return unavailable("no-answer", f"{model!r} has no finite answer to these inputs, and declares no fallback")


def _conflict(question: Question) -> Refused:
    return conflict(
        f"id {excerpt(question.id)} of {question.predictor.model!r} was already asked with other inputs; "
        "give every request an id of its own"
    )

"""Imports: predictions that were made elsewhere, recorded to be joined, watched and learned from like ours."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from flyball.events.record import Prediction
from flyball.serve.listing import Listing
from flyball.serve.port import Known, LoopDown, Reply
from flyball.serve.problem import Refused, conflict, problem_of, unavailable
from flyball.serve.recent import same_inputs
from flyball.serve.recorder import given, keep
from flyball.serve.request import RequestRefused, checked_time
from flyball.serve.wire import Made, Rejected
from flyball.system.excerpt import excerpt
from flyball.system.refusal import ValueRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flyball.serve.backing import Backing
    from flyball.serve.exchange import Request, Response
    from flyball.serve.predictor import Predictor
    from flyball.serve.recent import Key
    from flyball.serve.serving import Serving

_VERSION = re.compile(r"v?(\d{1,9})", re.ASCII)


class Claim(NamedTuple):
    """One prediction that may be recorded.

    Args:
        place: where it stands in the request.
        event_ts: when it was made.
        body: the record.

    >>> Claim(0, 0, Prediction(id="r1", model="late", version=1, definition="d", inputs=[], score=0.5)).place
    0
    """

    place: int
    event_ts: int
    body: Prediction

    @property
    def key(self) -> Key:
        """By which the book and the loop know it."""
        return (self.body.model, self.body.version, self.body.id)

    def reply(self, names: Sequence[str]) -> Reply:
        """What the loop would say of it, once it is logged."""
        return Reply(found=True, inputs=dict(zip(names, self.body.inputs, strict=True)), score=self.body.score)


class Importing:
    """Takes predictions made elsewhere.

    Args:
        backing: what the request path stands on.

    >>> from flyball.serve.importing import Importing
    >>> Importing.__name__
    'Importing'
    """

    def __init__(self, backing: Backing) -> None:
        self._backing = backing
        self._listing = Listing(Made, "predictions", backing.limits.items)

    async def take(self, serving: Serving, request: Request) -> Response:
        """Records them, once each: the same again is accepted, with other inputs or another answer it is a conflict.

        Raises:
            Refused: none could be taken, or they could not be kept.
        """
        predictor = serving.model(request.name)
        rejected: list[Rejected] = []
        claims: list[Claim] = []
        now = self._backing.clock.now()
        for index, item in enumerate(self._listing.read(request.body)):
            try:
                if isinstance(item, Refused):
                    raise item
                claims.append(_claim(predictor, index, item, now))
            except (Refused, RequestRefused) as error:
                rejected.append(Rejected(index, problem_of(error)))
        return await self._record(predictor, claims, rejected)

    async def _record(self, predictor: Predictor, claims: Sequence[Claim], rejected: list[Rejected]) -> Response:
        book, names = self._backing.book, predictor.intake.names
        mine: dict[Key, Claim] = {}
        doubtful: list[Claim] = []
        for claim in claims:
            if claim.key not in mine and book.claim(*claim.key):
                mine[claim.key] = claim
            else:
                doubtful.append(claim)
        try:
            before = await asyncio.gather(*(self._before(names, claim, mine.get(claim.key)) for claim in doubtful))
        except BaseException:  # also where the caller went away: nothing was recorded, so the ids are free again
            self._release(mine)
            raise
        new, again = list(mine.values()), 0
        for claim, reply in zip(doubtful, before, strict=True):
            if not reply.found:
                new.append(claim)
            elif not same_inputs(reply.inputs, claim.reply(names).inputs):
                rejected.append(Rejected(claim.place, _conflict(claim, "inputs").problem))
            elif reply.score != claim.body.score:
                rejected.append(Rejected(claim.place, _conflict(claim, "answer").problem))
            else:
                again += 1
        entries = [(claim.event_ts, claim.body) for claim in sorted(new, key=lambda each: each.place)]
        rejected.sort(key=lambda each: each.index)
        try:
            return await keep(self._backing, "elsewhere", entries, rejected, before=again)
        except Refused as refused:
            if refused.problem.kind in {"queue-full", "disk-full"}:
                self._release(mine)
            raise

    def _release(self, claims: Iterable[Key]) -> None:
        for key in claims:
            self._backing.book.release(*key)

    async def _before(self, names: Sequence[str], claim: Claim, mine: Claim | None) -> Reply:
        """What was recorded of this id before."""
        if mine is not None:
            return mine.reply(names)
        try:
            return await self._backing.channel.ask(Known(*claim.key))
        except LoopDown as error:
            detail = f"id {excerpt(claim.body.id)} cannot be looked up: the loop is being started again; send all again"
            raise unavailable("loop-down", detail) from error


def _claim(predictor: Predictor, index: int, made: Made, now: int) -> Claim:
    """What is to be recorded of one prediction."""
    taken = predictor.intake.take(made.inputs)
    if not predictor.numeric and not 0.0 <= made.prediction <= 1.0:
        raise RequestRefused(f"prediction {made.prediction!r} is no probability; accepted: 0 to 1")
    try:
        derived = predictor.derived(predictor.evaluate(taken.values)) if predictor.functions else []
    except ValueRefused as error:
        raise RequestRefused(str(error)) from error
    body = Prediction(
        id=made.id,
        model=predictor.model,
        version=_version(made.version),
        definition=predictor.definition,
        inputs=taken.leaves,
        score=made.prediction,
        served_by="elsewhere",
        derived=derived,
        unknown=taken.unknown,
    )
    return Claim(index, checked_time(given(made.event_ts), now), body)


def _version(raw: int | str) -> int:
    """As a negative number, so that it is never taken for a version of ours."""
    match = _VERSION.fullmatch(str(raw)) if isinstance(raw, str) or 0 < raw < 10**9 else None
    if match is None or int(match[1]) == 0:
        raise RequestRefused(f"version {excerpt(raw)} is no version; accepted: 1 to 999999999, such as 7 or 'v7'")
    return -int(match[1])


def _conflict(claim: Claim, what: Literal["inputs", "answer"]) -> Refused:
    other = "other inputs" if what == "inputs" else "another prediction"
    return conflict(
        f"id {excerpt(claim.body.id)} of {claim.body.model!r} was already recorded with {other}; "
        "give every prediction an id of its own"
    )

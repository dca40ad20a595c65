"""The routes that change something: pause, freeze, resume, rewind.

>>> [sorted(handler.paths) for handler in (pause, freeze, resume, rewind)][0]
['/api/models/{name:str}/pause']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, post
from litestar.params import FromPath, JSONBody

from flyball.serve.problem import Refused
from flyball.serve.problem import problem as make
from flyball.system.moment import format_moment, parse_moment
from flyball.system.refusal import ValueRefused
from flyball.web.port import Action, ActionKind

if TYPE_CHECKING:
    from flyball.web.desk import Desk

Asked = Request[Any, Any, Any]
Name = FromPath[str]
MOST_STRETCHES = 1000


class Stretch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A stretch of time `[from, to)`; times are RFC 3339 with an offset, or whole microseconds since 1970.

    >>> msgspec.json.decode(b'{"from": 1, "to": "1970-01-01T00:00:01Z"}', type=Stretch).from_
    1
    """

    from_: str | int
    to: str | int


class RewindBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rewind is told.

    Attributes:
        to: go back to what was learned from what was known before this time.
        exclude: without these nothing after `to` is learned again; with them everything but predictions made in them.

    >>> RewindBody(to=0).exclude
    []
    """

    to: str | int
    exclude: list[Stretch] = []


class Done(msgspec.Struct, frozen=True):
    """What was done, and its place in the log.

    >>> Done(model="ctr", action="pause", seq=7).seq
    7
    """

    model: str
    action: ActionKind
    seq: int


@post("/api/models/{name:str}/pause", status_code=200)
async def pause(request: Asked, name: Name) -> Done:
    """Learning stops; what arrives meanwhile is kept, and learned at resume."""
    return await _done(request, Action(kind="pause", model=name))


@post("/api/models/{name:str}/freeze", status_code=200)
async def freeze(request: Asked, name: Name) -> Done:
    """Learning stops; what arrives meanwhile is scored and never learned."""
    return await _done(request, Action(kind="freeze", model=name))


@post("/api/models/{name:str}/resume", status_code=200)
async def resume(request: Asked, name: Name) -> Done:
    """Learning goes on."""
    return await _done(request, Action(kind="resume", model=name))


@post("/api/models/{name:str}/rewind", status_code=200)
async def rewind(request: Asked, name: Name, data: JSONBody[RewindBody]) -> Done:
    """Coefficients become what they were; with `exclude`, the rest is learned again but for some stretches."""
    return await _done(request, rewind_of(name, data))


def rewind_of(model: str, body: RewindBody) -> Action:
    """The action that a body asks for.

    Raises:
        Refused: with 422, a time is none, a stretch ends before it begins, or there are too many.

    >>> rewind_of("ctr", RewindBody(to=5, exclude=[Stretch(1, 2)])).exclude
    ((1, 2),)
    """
    if len(body.exclude) > MOST_STRETCHES:
        detail = f"{len(body.exclude)} stretches are excluded; give at most {MOST_STRETCHES}"
        raise Refused(make("too-many", detail))
    try:
        to_us = parse_moment(body.to, unit="us")
        stretches = tuple((parse_moment(e.from_, unit="us"), parse_moment(e.to, unit="us")) for e in body.exclude)
    except ValueRefused as error:
        raise Refused(make("refused", str(error))) from error
    for start, end in stretches:
        if start >= end:
            detail = f"the stretch from {format_moment(start)} to {format_moment(end)} is empty; give from before to"
            raise Refused(make("refused", detail))
    return Action(kind="rewind", model=model, to_us=to_us, exclude=stretches)


async def _done(request: Asked, action: Action) -> Done:
    desk: Desk = request.app.state.desk
    actor = desk.admit(request, "admin")
    desk.model(action.model)
    seq = await desk.running.act(action, actor)
    details: dict[str, object] = {"model": action.model, "seq": seq}
    if action.to_us is not None:
        details["to"] = format_moment(action.to_us)
        details["exclude"] = [f"{format_moment(start)}/{format_moment(end)}" for start, end in action.exclude]
    desk.audit(actor, action.kind, details)
    return Done(model=action.model, action=action.kind, seq=seq)


ACTING = (pause, freeze, resume, rewind)

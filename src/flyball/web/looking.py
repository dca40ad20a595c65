"""The routes that only look: status, one model, the stream, metrics, health.

>>> [path for handler in (status, model, worth, stream, metrics, livez) for path in handler.paths]
['/api/status', '/api/models/{name:str}', '/api/models/{name:str}/worth', '/api/stream', '/metrics', '/livez']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from litestar import MediaType, Request, Response, get
from litestar.params import FromPath, QueryParameter
from litestar.response import ServerSentEvent

from flyball.serve.problem import Refused
from flyball.serve.problem import problem as make
from flyball.web.exposition import exposition
from flyball.web.gate import TOKEN_HEADER
from flyball.web.status import ModelStatus, Status  # noqa: TC001  # Litestar reads annotations when the app is made
from flyball.web.stream import events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from flyball.web.desk import Desk

Asked = Request[Any, Any, Any]
NO_STORE = {"Cache-Control": "no-store"}
PROMETHEUS = "text/plain; version=0.0.4"
"""The media type of metrics; Litestar adds the charset."""


@get("/api/status")
async def status(request: Asked) -> Response[Status]:
    """All that the dashboard shows; the header X-Flyball-Token is what requests that change something must carry."""
    desk: Desk = request.app.state.desk
    desk.admit(request, "read")
    headers = NO_STORE | {TOKEN_HEADER.decode(): desk.token}
    return Response(desk.running.status(), headers=headers)


@get("/api/models/{name:str}")
async def model(request: Asked, name: FromPath[str]) -> Response[ModelStatus]:
    """One model, in short and in full."""
    desk: Desk = request.app.state.desk
    desk.admit(request, "read")
    return Response(desk.model(name), headers=NO_STORE)


@get("/api/models/{name:str}/worth")
async def worth(request: Asked, name: FromPath[str]) -> Response[dict[str, Any]]:
    """What every signal of a model is worth, as `flyball ablate --json` prints it; where `ablate_seconds` is set."""
    desk: Desk = request.app.state.desk
    desk.admit(request, "read")
    desk.model(name)
    worths = desk.worths()
    if worths is None or name not in worths.models:
        detail = f"what the signals of {name!r} are worth is not known: set ablate_seconds in flyball.toml, and wait"
        raise Refused(make("not-found", detail))
    found = {"written_us": worths.written_us, "through": worths.through, **worths.models[name]}
    return Response(found, headers=NO_STORE)


@get("/api/stream", media_type="text/event-stream")
async def stream(
    request: Asked,
    model_name: Annotated[str | None, QueryParameter(name="model", max_length=256)] = None,
    by: Annotated[str | None, QueryParameter(max_length=512)] = None,
) -> ServerSentEvent:
    """Server-sent events: `full` is a status with the details of one model, every `patch` a JSON merge patch to it."""
    desk: Desk = request.app.state.desk
    desk.admit(request, "read")
    desk.check_streams()

    async def messages() -> AsyncIterator[dict[str, str]]:
        desk.streams += 1
        try:
            async for message in events(desk.running, model_name, by, wait=desk.wait):
                desk.admit(request, "read")  # the token may have been withdrawn meanwhile
                yield message
        except Refused:
            return
        finally:
            desk.streams -= 1

    return ServerSentEvent(messages(), retry_duration=1000)


@get("/metrics", media_type=MediaType.TEXT)
async def metrics(request: Asked) -> Response[bytes]:
    """Numbers for Prometheus: learning, quality, counts, processes."""
    desk: Desk = request.app.state.desk
    desk.admit(request, "read")
    return Response(exposition(desk.running.status()), media_type=PROMETHEUS, headers=NO_STORE)


@get("/livez", media_type=MediaType.TEXT)
async def livez() -> str:
    """Whether the control process answers."""
    return "live\n"


LOOKING = (status, model, worth, stream, metrics, livez)

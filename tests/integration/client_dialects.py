"""Both clients behind one face, so that each test of the client is written once and run for both."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from flyball.client import AsyncClient, Client, Ports
from tests.integration.scripted_server import ScriptedServer, small_flyball

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.scripted_server import Scene


class Blocking:
    """Awaits each coroutine of an asynchronous object in a loop of its own."""

    def __init__(self, target: object, runner: asyncio.Runner) -> None:
        self._target, self._runner = target, runner

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # stands for any method of the object
        member = getattr(self._target, name)
        if not callable(member):
            return member

        async def awaited(*args: Any, **options: Any) -> Any:  # noqa: ANN401  # as the method has them
            found = member(*args, **options)
            return await found if asyncio.iscoroutine(found) else found

        def call(*args: Any, **options: Any) -> Any:  # noqa: ANN401  # as the method has them
            found = self._runner.run(awaited(*args, **options))
            return Blocking(found, self._runner) if name == "background" else found

        return call


def passing(ports: Ports | None, noted: list[float]) -> Ports:
    """The clock of a client whose pauses are noted: they pass on it, and take no time."""
    given = Ports() if ports is None else ports
    return replace(given, elapsed=lambda: given.elapsed() + sum(noted))


@contextmanager
def waiting(
    url: str,
    pauses: list[float] | None = None,
    ports: Ports | None = None,
    **options: Any,  # noqa: ANN401  # of several types
) -> Iterator[Client]:
    """A `Client` that notes its pauses instead of making them."""
    noted = [] if pauses is None else pauses
    with Client(url, sleep=noted.append, ports=passing(ports, noted), **options) as client:
        yield client


@contextmanager
def awaiting(
    url: str,
    pauses: list[float] | None = None,
    ports: Ports | None = None,
    **options: Any,  # noqa: ANN401  # of several types
) -> Iterator[Client]:
    """An `AsyncClient` that notes its pauses, with the face of a `Client`."""
    noted = [] if pauses is None else pauses

    async def note(seconds: float) -> None:
        noted.append(seconds)

    with asyncio.Runner() as runner:
        client = Blocking(AsyncClient(url, sleep=note, ports=passing(ports, noted), **options), runner)
        with closing(client):
            yield cast("Client", client)


DIALECTS = [waiting, awaiting]


@contextmanager
def serving(*script: Scene, otherwise: Scene = small_flyball) -> Iterator[ScriptedServer]:
    """A server that plays the script, and then `otherwise`."""
    with ExitStack() as stack:
        yield stack.enter_context(ScriptedServer(script, otherwise))

"""A worker: `python -m flyball.web.worker_main WIRING PARENT`, started by the supervisor; it answers over HTTP.

>>> from flyball import Input, Model, Outcome
>>> from flyball.run.live.announcement import Announcement
>>> system = System("flights", models=[Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))])
>>> table = Table(width_bits=2, shared=True)
>>> said = Announcement(definition=system.to_json(), versions={"late": 1}, models=["late"])
>>> serving_of(said, [os.dup(table.descriptor)], strict=False).model("late").version
1
>>> Worker.__name__, callable(main)
('Worker', True)
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import msgspec
import uvicorn
import uvloop

from flyball.events.record import Unlogged
from flyball.learn.table import Table
from flyball.run.live.address import spelt
from flyball.run.live.announcement import receive_any
from flyball.run.live.block import Block
from flyball.run.live.book import SharedBook
from flyball.run.live.channel import LoopChannel
from flyball.run.live.child import die_with
from flyball.run.live.server_options import ServerOptions
from flyball.run.live.vitals import SharedVitals, Vital
from flyball.run.live.wiring import Wiring
from flyball.run.logs import configure
from flyball.serve.backing import Backing
from flyball.serve.limits import Limits
from flyball.serve.meter import Meter
from flyball.serve.metric import Layout
from flyball.serve.metrics_page import MetricsPage
from flyball.serve.service import Service
from flyball.serve.serving import Serving
from flyball.serve.tokens import is_loopback
from flyball.serve.watched_tokens import WatchedTokens
from flyball.system.system import System
from flyball.web.asgi import LOOPBACK, App
from flyball.web.guard import guarded
from flyball.web.numbers import numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.run.live.announcement import Announcement
    from flyball.run.settings import Settings

BEAT_SECONDS = 1.0
"""How often is looked after what no request brings about."""


def main(arguments: Sequence[str]) -> int:
    """Serves until it is asked to stop; then answers what was asked.

    Args:
        arguments: the wiring, and the process to die with.
    """
    wiring = Wiring.read(arguments[0])
    die_with(int(arguments[1]))
    options = msgspec.json.decode(wiring.options, type=ServerOptions)
    configure(f"worker {wiring.slot}", options.settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Worker(wiring, options).serve())
    return 0


class Worker:
    """One worker.

    Args:
        wiring: what it inherits.
        options: what it is told.
    """

    def __init__(self, wiring: Wiring, options: ServerOptions) -> None:
        settings = options.settings
        self._settings = settings
        self._listen = options.listen
        self._link = socket.socket(fileno=wiring.link)
        self._link.setblocking(False)  # the socket's own name for it
        self._vitals = SharedVitals(Block(wiring.vitals))
        self._channel = LoopChannel(wiring.lanes[wiring.slot], wiring.loop_wake, self._vitals)
        layout = Layout(options.models)
        numbers = numbers_of(wiring.numbers, layout, settings.workers)
        meter = Meter(layout, numbers[wiring.slot])
        meter.started(self._vitals.now())
        backing = Backing(
            channel=self._channel,
            book=SharedBook(Block(wiring.book)),
            vitals=self._vitals,
            meter=meter,
            limits=limits_of(settings),
            clock=self._vitals,
        )
        page = MetricsPage(layout, {f"worker-{i}": cells for i, cells in enumerate(numbers)})
        self.service = Service(backing, page.render)
        self._keeper = WatchedTokens(settings.tokens_file, os.environ)
        self._announced: asyncio.Event | None = None

    async def serve(self) -> None:
        """Waits for something to serve, then serves."""
        loop = asyncio.get_running_loop()
        self._announced = asyncio.Event()
        self._channel.attach()
        loop.add_reader(self._link, self._hear)
        await self._announced.wait()
        server = uvicorn.Server(self._config())
        beating = asyncio.create_task(self._beat())
        # uvicorn takes the signal while it serves and raises it again when it has drained: then there is more to do.
        signal.signal(signal.SIGTERM, lambda *_: None)
        await loop.sock_sendall(self._link, b"ready")
        try:
            await server.serve(sockets=[socket.socket(fileno=self._listen)])
        finally:
            beating.cancel()
            self._hand_over_unlogged()
            loop.remove_reader(self._link)
            self._channel.detach()

    def _config(self) -> uvicorn.Config:
        settings = self._settings
        limits = self.service.backing.limits
        hosts = LOOPBACK | {spelt(settings.host)} if is_loopback(settings.host) else None
        return uvicorn.Config(
            App(self.service, self._keeper, hosts),
            loop="none",
            http=guarded(limits, self.service.backing.meter),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=int(limits.idle),
            timeout_graceful_shutdown=max(1, int(settings.drain_seconds)),
        )

    def _hear(self) -> None:
        """Takes up what the loop announced, the newest of it."""
        newest: tuple[Announcement, list[int]] | None = None
        while True:
            try:
                heard = receive_any(self._link)
            except BlockingIOError:
                break
            if heard is None:  # the supervisor has ended, and with it this process
                asyncio.get_running_loop().remove_reader(self._link)
                break
            if not isinstance(heard, bytes):
                _close(newest)
                newest = heard
        if newest is not None:
            self.service.serving = serving_of(*newest, strict=self._settings.strict)
            if self._announced is not None:
                self._announced.set()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self.service.draining = bool(self._vitals.get(Vital.DRAINING))
            self._hand_over_unlogged()
            self._keeper.look()

    def _hand_over_unlogged(self) -> None:
        """Has those predictions counted in the log that it had no room for; they stay counted here until it has."""
        counts = self.service.take_unlogged()
        now = self._vitals.now()
        entries = [(now, Unlogged(model=model, version=v, count=count)) for (model, v), count in counts.items()]
        if entries and self._channel.offer(entries) is None:
            self.service.put_back_unlogged(counts)


def limits_of(settings: Settings) -> Limits:
    """What one request may take.

    >>> from flyball.run.settings import Settings
    >>> limits_of(Settings(max_body=4096)).body
    4096
    """
    return Limits(
        body=settings.max_body,
        items=settings.max_instances,
        seconds=settings.body_timeout,
        connections=settings.max_connections,
    )


def serving_of(said: Announcement, tables: Sequence[int], *, strict: bool) -> Serving:
    """What an announcement says is to be served.

    Args:
        said: the announcement.
        tables: descriptors of the tables, in its order of models; they are closed.
        strict: whether inputs that a model does not know are refused.
    """
    words = {}
    for name, descriptor in zip(said.models, tables, strict=True):
        words[name] = Table.attach(descriptor).words
        os.close(descriptor)
    return Serving.of(System.from_json(said.definition), said.versions, words, strict=strict)


def _close(heard: tuple[Announcement, list[int]] | None) -> None:
    for descriptor in () if heard is None else heard[1]:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

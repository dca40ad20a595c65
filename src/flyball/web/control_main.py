"""The control process: `python -m flyball.web.control_main WIRING PARENT`, started by the supervisor.

>>> callable(main)
True
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import uvicorn
import uvloop

from flyball.run.audit_log import AuditLog
from flyball.run.live.address import reachable, spelt
from flyball.run.live.block import Block
from flyball.run.live.channel import LoopChannel
from flyball.run.live.child import die_with
from flyball.run.live.ring import RingWriter
from flyball.run.live.server_options import ServerOptions
from flyball.run.live.vitals import SharedVitals
from flyball.run.live.wiring import Wiring
from flyball.run.logs import configure
from flyball.serve.metric import Layout
from flyball.serve.port import LoopDown
from flyball.serve.watched_tokens import WatchedTokens
from flyball.web.control import create_control
from flyball.web.doer import Doer
from flyball.web.live import Live
from flyball.web.machine import Machine
from flyball.web.numbers import numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

TICK_SECONDS = 0.25
"""Between two looks while somebody watches."""
RENEW_SECONDS = 1.0
"""Between two looks at the tokens."""
CALM_TICKS = 8
"""So many times as long while nobody does: alerts are seen to all the same."""


def main(arguments: Sequence[str]) -> int:
    """Serves the dashboard and the control API until it is asked to stop.

    Args:
        arguments: the wiring, and the process to die with.
    """
    wiring = Wiring.read(arguments[0])
    die_with(int(arguments[1]))
    options = msgspec.json.decode(wiring.options, type=ServerOptions)
    configure("control", options.settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(wiring, options))
    return 0


async def _serve(wiring: Wiring, options: ServerOptions) -> None:
    state, settings = Path(wiring.state), options.settings
    vitals = SharedVitals(Block(wiring.vitals))
    channel = LoopChannel(wiring.lanes[wiring.slot], wiring.loop_wake, vitals)
    channel.attach()
    layout = Layout(options.models)
    rings = [RingWriter(Block(lane.there)) for lane in wiring.lanes[: wiring.slot]]
    machine = Machine(state, vitals, layout, numbers_of(wiring.numbers, layout, wiring.slot), rings)
    live = Live(Doer(channel, vitals, state, options.models).act)
    keeper = WatchedTokens(settings.tokens_file, os.environ)
    hosts = [*settings.hosts, spelt(reachable(settings.host))]
    gate = create_control(live, keeper, audit=AuditLog(state, vitals).note, hosts=hosts, state=state)
    server = uvicorn.Server(
        uvicorn.Config(
            gate,
            loop="none",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            limit_concurrency=256,
        )
    )
    ticking = asyncio.create_task(_tick(live, server, channel, machine, vitals))
    renewing = asyncio.create_task(_renew(keeper))
    link = socket.socket(fileno=wiring.link)
    # uvicorn takes the signal while it serves and raises it again when it has drained: then there is more to do.
    signal.signal(signal.SIGTERM, lambda *_: None)
    link.send(b"ready")
    try:
        await server.serve(sockets=[socket.socket(fileno=options.listen)])
    finally:
        ticking.cancel()
        renewing.cancel()
        channel.detach()


async def _renew(keeper: WatchedTokens) -> None:
    """Apart from what waits for the loop."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        keeper.look()


async def _tick(
    live: Live, server: uvicorn.Server, channel: LoopChannel, machine: Machine, vitals: SharedVitals
) -> None:
    """Looks again and again; ends the streams when the server is to stop, which would wait for them."""
    turn, feed = 0, None
    while not server.should_exit:
        if live.watched or feed is None or turn % CALM_TICKS == 0:
            try:
                feed = await channel.look(live.look())
            except LoopDown:
                feed = None
            live.take(feed, machine.look(), now_us=vitals.now())
        turn += 1
        await asyncio.sleep(TICK_SECONDS)
    live.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

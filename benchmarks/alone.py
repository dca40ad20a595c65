"""The request path alone, under any server; what it hands over goes into a real ring, which is only emptied.

`python -m benchmarks.alone PORT` serves it as `flyball up` does, `python -m benchmarks.alone PORT plain` without the
guard; granian is given `application`.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import uvicorn

from benchmarks.phone_calls import system_text
from flyball.learn.table import Table
from flyball.run.live.block import Block
from flyball.run.live.book import SharedBook
from flyball.run.live.channel import LoopChannel
from flyball.run.live.ring import RingReader, begin
from flyball.run.live.shared import Shared
from flyball.run.live.vitals import SharedVitals, Vital
from flyball.serve.backing import Backing
from flyball.serve.limits import Limits
from flyball.serve.meter import Meter
from flyball.serve.metric import Layout
from flyball.serve.service import Service
from flyball.serve.serving import Serving
from flyball.serve.tokens import Tokens
from flyball.system.load import load_system
from flyball.web.asgi import App
from flyball.web.guard import guarded

RING_BYTES = 64 << 20
EMPTY_SECONDS = 0.1
IDLE_SECONDS = 75


def service() -> Service:
    """The service of one worker, without a loop."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "system.py"
        file.write_text(system_text(), encoding="utf-8")
        system = load_system(file)
    shared = Shared.make("nowhere", workers=1, ring_bytes=RING_BYTES)
    vitals = SharedVitals(Block(shared.vitals))
    vitals.set(Vital.LOOP_UP, 1)
    ring = Block(shared.lanes[0].there)
    begin(ring)
    threading.Thread(target=_empty, args=(RingReader(ring),), daemon=True).start()
    layout = Layout([model.name for model in system.models])
    backing = Backing(
        channel=LoopChannel(shared.lanes[0], shared.loop_wake, vitals),
        book=SharedBook(Block(shared.book)),
        vitals=vitals,
        meter=Meter(layout, np.zeros(layout.size)),
        limits=Limits(idle=IDLE_SECONDS),
        clock=vitals,
    )
    names = [model.name for model in system.models]
    serving = Serving.of(system, dict.fromkeys(names, 1), {name: Table().words for name in names})
    return Service(backing, lambda: b"", serving)


def _empty(reader: RingReader) -> None:
    while True:
        reader.release(reader.head)
        time.sleep(EMPTY_SECONDS)


def application() -> App:
    """The application, for servers that make it themselves."""
    return App(service(), Tokens())


def main() -> None:
    """Serves it under uvicorn, as `flyball.web.worker_main` does."""
    served = service()
    limits = served.backing.limits
    uvicorn.run(
        App(served, Tokens()),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools" if "plain" in sys.argv else guarded(limits, served.backing.meter),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=int(limits.idle),
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()

"""Launching a running system: checks first, everything that can fail early; then the processes.

>>> from pathlib import Path
>>> Modules(worker="flyball.web.worker_main", control="flyball.web.control_main").loop
'flyball.run.live.loop_main'
>>> callable(launch)
True
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from flyball.run.lease import take_lease
from flyball.run.live.address import url
from flyball.run.live.looked import check_looked
from flyball.run.live.loop_main import LoopOptions
from flyball.run.live.member import Member
from flyball.run.live.roster import Roster
from flyball.run.live.server_options import ServerOptions
from flyball.run.live.shared import Shared, numbers_bytes
from flyball.run.live.supervisor import Supervisor
from flyball.serve.metric import Layout
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flyball.run.settings import Settings
    from flyball.system.system import System

BACKLOG = 1024


class PortTaken(FlyballError):
    """The address cannot be listened on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """The main modules of the processes; those that speak HTTP stand above this room.

    >>> Modules(worker="flyball.web.worker_main", control="flyball.web.control_main").loop
    'flyball.run.live.loop_main'
    """

    worker: str
    control: str
    loop: str = "flyball.run.live.loop_main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """A system about to run: its supervisor and its addresses.

    >>> Launched.__slots__
    ('supervisor', 'address', 'control')
    """

    supervisor: Supervisor
    address: str
    control: str


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, inherited by whoever serves it: connections wait in it while a process is started again.

    Args:
        host: an address or a name.
        port: 0 takes a free one.

    Raises:
        PortTaken: it cannot be had.

    >>> with listen("127.0.0.1", 0) as taken:
    ...     taken.getsockname()[1] > 0
    True
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((host, port))
        server.listen(BACKLOG)
    except OSError as error:
        server.close()
        msg = f"{host}:{port} cannot be listened on: {error.strerror}; give another --port, or stop what has it"
        raise PortTaken(msg) from error
    return server


def launch(
    system: System, directory: Path, settings: Settings, modules: Modules, told: Callable[[str], None]
) -> Launched:
    """Checks what can be checked, and makes everything that the processes share; nothing is started yet.

    Args:
        system: the definition that is to hold.
        directory: the state directory.
        settings: the settings.
        modules: the processes' main modules.
        told: called with a sentence about what happens later.

    Raises:
        LogBusy: a running system has the directory.
        StateRefused: the definition may not replace the one that holds, or nobody has looked at the change.
        PortTaken: a port cannot be had.
    """
    lock = take_lease(directory)
    check_looked(directory, system)
    server = listen(settings.host, settings.port)
    port = server.getsockname()[1]
    control = listen(settings.host, 0 if settings.port == 0 else settings.control_port)
    control_port = control.getsockname()[1]
    models = [model.name for model in system.models]
    shared = Shared.make(
        str(directory.absolute()),
        workers=settings.workers,
        ring_bytes=settings.ring_bytes & ~7,
        numbers=numbers_bytes(Layout(models).size),
        lock=lock,
    )
    loop = LoopOptions(
        system.to_json(),
        settings.checkpoint_every,
        settings.checkpoint_seconds,
        settings.max_disk,
        settings.log_level,
        settings.ablate_seconds,
    )
    serving = msgspec.json.encode(ServerOptions(server.fileno(), port, models, settings))
    watching = msgspec.json.encode(ServerOptions(control.fileno(), control_port, models, settings))
    members = [
        Member("loop", -1, modules.loop, msgspec.json.encode(loop)),
        *(Member("worker", i, modules.worker, serving, [server.fileno()]) for i in range(settings.workers)),
        Member("control", settings.workers, modules.control, watching, [control.fileno()]),
    ]
    for each in (server, control):
        os.set_inheritable(each.fileno(), False)  # passed by name to whom it belongs
    roster = Roster(directory, host=settings.host, port=port, control_port=control_port)
    supervisor = Supervisor(shared, members, roster, told, keep=[server, control], drain_seconds=settings.drain_seconds)
    address, shown = url(settings.host, port), url(settings.host, control_port)
    return Launched(supervisor=supervisor, address=address, control=shown)

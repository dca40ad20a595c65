"""`flyball up`: serves, joins, learns and watches, until it is told to stop.

>>> up(UpOptions(system=Path("nowhere.py"), state=Path("state")))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: the system file 'nowhere.py' does not exist; check its name and the folder
>>> compile_apart(Console(quiet=True))
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from flyball.cli.command import JsonFlag, StateOption, SystemFile, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.cli.kernels import MACHINE, compiled
from flyball.run.live.launch import Launched, Modules, launch
from flyball.run.resolved import read_settings
from flyball.serve.tokens import check_binding, read_tokens
from flyball.system.error import FlyballError
from flyball.system.learner import FM
from flyball.system.load import load_system

MODULES = Modules(worker="flyball.web.worker_main", control="flyball.web.control_main")
"""The processes that speak HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """What `flyball up` is told.

    >>> UpOptions(system=Path("ads.py"), state=Path("state")).port is None
    True
    """

    system: SystemFile
    state: StateOption
    host: Annotated[str | None, typer.Option(help="The address to listen on; others than loopback's need tokens.")] = (
        None
    )
    port: Annotated[int | None, typer.Option(help="For predictions and outcomes (default: 8000); 0: any free.")] = None
    control_port: Annotated[int | None, typer.Option(help="For the dashboard (default: port + 1).")] = None
    workers: Annotated[int | None, typer.Option(help="Processes that answer (default: cores - 1).")] = None
    env: Annotated[str | None, typer.Option(help="dev, staging or prod: which part of flyball.toml holds.")] = None
    json: JsonFlag = False


class CompileFailed(FlyballError):
    """The kernels could not be compiled; what the compiler said stands above."""


def up(options: UpOptions) -> ExitCode:
    """Serve a system: predictions over HTTP, outcomes joined and learned from within milliseconds, and a live page.

    Goes on from what a replay, or an earlier run, has left in the state directory. SIGTERM or Ctrl-C answers what was
    asked, writes everything down and ends. A changed system file is refused until `flyball plan` has shown what the
    change does. Everything else that can be set stands in flyball.toml; see `flyball config`.

    Example:  flyball up ads.py --state state/
    """
    console = Console(json=options.json)
    flags = {name: getattr(options, name) for name in ("host", "port", "control_port", "workers")}
    system = load_system(existing(options.system, "system file"))
    settings = read_settings(options.system.parent, flags=flags, environment=options.env).settings
    check_binding(settings.host, read_tokens(settings.tokens_file, os.environ))
    launched = launch(system, options.state, settings, MODULES, told=console.warn)
    compile_apart(console, machine=any(isinstance(model.learner, FM) for model in system.models))
    launched.supervisor.run(on_ready=lambda: _ready(console, launched, options.state))
    console.show("stopped; everything is written down")
    console.result({"address": launched.address, "control": launched.control, "state": str(options.state)})
    return ExitCode.DONE


def compile_apart(console: Console, *, machine: bool = False) -> None:
    """Compiles the kernels, visibly and in a process of its own, unless that was done before.

    Args:
        console: what says so.
        machine: whether those of a factorisation machine are needed too.

    Raises:
        CompileFailed: it was not possible.
    """
    if compiled() and (not machine or compiled(mark=MACHINE)):
        return
    with console.waiting("compiling kernels (once for this version on this machine; takes about half a minute)"):
        wanted = ["machine"] if machine else []
        done = subprocess.run([sys.executable, "-m", "flyball.cli.kernels", *wanted], check=False)  # noqa: S603  # our own module
    if done.returncode != 0:
        raise CompileFailed("the kernels could not be compiled; see above, and FLYBALL_CACHE for where they are kept")


def _ready(console: Console, launched: Launched, state: Path) -> None:
    console.show(
        Text.assemble(("ready", "bold green"), f"  predictions and outcomes: {launched.address}"),
        Text(f"       dashboard: {launched.control}"),
        Text(f"       state: {state}; stop with Ctrl-C or SIGTERM", style="dim"),
    )
    _notify_systemd()


def _notify_systemd() -> None:
    """Tells systemd, where it is the one that started us (`man sd_notify`)."""
    name = os.environ.get("NOTIFY_SOCKET")
    if name:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
            wire.connect("\0" + name[1:] if name.startswith("@") else name)
            wire.send(b"READY=1")

"""`flyball demo`: flyball at work on a simulated ad exchange, live over HTTP, or replayed.

>>> demo(DemoOptions(out=Path(__file__)))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: --out '...' is a file; give a folder, or the name of one that is to be made
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from flyball.cli.command import JsonFlag, UsageWrong
from flyball.cli.console import Console
from flyball.cli.demo.live import LiveOptions, run_live
from flyball.cli.demo.replayed import ReplayedOptions, run_replayed
from flyball.cli.exit_code import ExitCode  # the command is made from its annotations

LIVE, REPLAYED = "Live", "With --replay"
RATE, DAYS, REQUESTS = 200.0, 30, 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What `flyball demo` is told.

    >>> DemoOptions().replay
    False
    """

    seconds: Annotated[
        float | None, typer.Option(min=1.0, help="How long; by default until Ctrl-C.", rich_help_panel=LIVE)
    ] = None
    rate: Annotated[
        float | None,
        typer.Option(min=1.0, max=20_000.0, help="Requests a second (default: 200).", rich_help_panel=LIVE),
    ] = None
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65_534,
            help="For predictions, and the next one for the dashboard; by default free ones.",
            rich_help_panel=LIVE,
        ),
    ] = None
    replay: Annotated[
        bool,
        typer.Option("--replay", help="Replay a month from a file instead, in less than a minute, without a server."),
    ] = False
    days: Annotated[
        int | None,
        typer.Option(min=1, max=365, help="How long the exchange is watched (default: 30).", rich_help_panel=REPLAYED),
    ] = None
    requests: Annotated[
        int | None,
        typer.Option(min=100, max=1_000_000, help="Requests a day (default: 10000).", rich_help_panel=REPLAYED),
    ] = None
    seed: Annotated[int, typer.Option(min=0, help="Which world.")] = 0
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the files go; by default a new temporary folder.")
    ] = None
    json: JsonFlag = False


def demo(options: DemoOptions) -> ExitCode:
    """Show flyball at work on a simulated ad exchange in which every click has a known probability.

    Starts a system as `flyball up` does, sends it the exchange's requests and clicks over HTTP, and shows how close its
    answers come to the best that anybody could predict, and how well new ads are calibrated. One hour of the exchange
    takes 20 seconds. Open the address that it prints. It ends with commands to try, and with exit code 1 where
    something that is promised was not kept.

    Example:  flyball demo --seconds 60 --out demo/
    """
    console = Console(json=options.json)
    _check_together(options)
    folder = _folder(options.out)
    if options.replay:
        given = ReplayedOptions(
            folder=folder, days=options.days or DAYS, requests=options.requests or REQUESTS, seed=options.seed
        )
        return run_replayed(given, console)
    lived = LiveOptions(
        folder=folder, seconds=options.seconds, rate=options.rate or RATE, port=options.port or 0, seed=options.seed
    )
    return run_live(lived, console)


def _check_together(options: DemoOptions) -> None:
    """Refuses options of the other demo.

    Raises:
        UsageWrong: some are given.
    """
    wrong = ("seconds", "rate", "port") if options.replay else ("days", "requests")
    given = [f"--{name}" for name in wrong if getattr(options, name) is not None]
    if given:
        what = "leave out --replay, or them" if options.replay else "give --replay too, or leave them out"
        raise UsageWrong(f"{' and '.join(given)} belong to the {'live' if options.replay else 'replayed'} demo; {what}")


def _folder(given: Path | None) -> Path:
    if given is None:
        return Path(tempfile.mkdtemp(prefix="flyball-demo-"))
    if given.exists() and not given.is_dir():
        raise UsageWrong(f"--out {str(given)!r} is a file; give a folder, or the name of one that is to be made")
    given.mkdir(parents=True, exist_ok=True)
    return given

"""The command line: `flyball`, with one file for each command.

>>> from typer.testing import CliRunner
>>> CliRunner().invoke(app, ["status", "--state", "nowhere"]).exit_code
2
>>> callable(main)
True
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from flyball.cli.ablate import ablate
from flyball.cli.backup import backup
from flyball.cli.check import check
from flyball.cli.command import as_command
from flyball.cli.config import config
from flyball.cli.demo.command import demo
from flyball.cli.init import init
from flyball.cli.model import model_app
from flyball.cli.plan import plan
from flyball.cli.replay import replay
from flyball.cli.restore import restore
from flyball.cli.select import select
from flyball.cli.status import status
from flyball.cli.token import token
from flyball.cli.up import up

app = typer.Typer(
    name="flyball",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)
for run in (init, check, plan, replay, ablate, select, up, status, demo, config, token, backup, restore):
    app.command()(as_command(run))
app.add_typer(model_app)


def _print_version(wanted: bool) -> None:
    if not wanted:
        return
    try:
        typer.echo(f"flyball {version('flyball')}")
    except PackageNotFoundError:
        typer.echo("flyball, run from its sources")
    raise typer.Exit


@app.callback()
def program(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Keep machine-learned predictions honest: replay history, join what really happened, learn, watch.

    Begin with `flyball demo`, or with your own data: `flyball init clicks.csv --label clicked`.
    """


def main() -> None:
    """Runs the command that was typed, and ends the process with its exit code."""
    app()


if __name__ == "__main__":
    main()

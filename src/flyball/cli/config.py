"""`flyball config`: every setting, and where it comes from.

>>> from pathlib import Path
>>> config(ConfigOptions(system=Path("nowhere.py")))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: the system file 'nowhere.py' does not exist; check its name and the folder
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import asdict
from rich.table import Table
from rich.text import Text

from flyball.cli.command import JsonFlag, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.run.resolved import FILE, read_settings
from flyball.run.settings import SECRETS, SETTINGS

if TYPE_CHECKING:
    from flyball.run.report import JSON
    from flyball.run.resolved import Resolved

EnvOption = Annotated[
    str | None, typer.Option("--env", metavar="ENV", help="The environment: dev, staging or prod; else FLYBALL_ENV.")
]
"""The option that chooses the environment."""
HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigOptions:
    """What `flyball config` is told.

    >>> ConfigOptions().json
    False
    """

    system: Annotated[
        Path | None,
        typer.Argument(metavar="SYSTEM", help=f"The system file, beside which {FILE} is; else it is here."),
    ] = None
    env: EnvOption = None
    json: JsonFlag = False


def config(options: ConfigOptions) -> ExitCode:
    """Show every setting of `flyball up`, and where it comes from.

    A flag wins over the environment (FLYBALL_PORT), that over flyball.toml ([prod], then [default]), that over the
    default. An unknown name is refused wherever it stands. Tokens are not shown.

    Example:  flyball config ads.py --env prod
    """
    console = Console(json=options.json)
    folder = Path() if options.system is None else existing(options.system, "system file").parent
    resolved = read_settings(folder, environment=options.env)
    secrets = {name: f"FLYBALL_{name.upper()}" in os.environ for name in SECRETS}
    console.show(_table(resolved, secrets))
    console.result(_as_json(resolved, secrets))
    return ExitCode.DONE


def _table(resolved: Resolved, secrets: dict[str, bool]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("setting", "value", "from"):
        table.add_column(heading, overflow="fold")
    values = asdict(resolved.settings)
    rows = [("environment", resolved.settings.environment)]
    rows += [(setting.name, setting.shown(values[setting.name])) for setting in SETTINGS]
    for name, shown in rows:
        source = resolved.sources[name]
        table.add_row(Text(name), Text(shown), Text(source, style="dim" if source == "default" else ""))
    for name, given in secrets.items():
        table.add_row(
            Text(name),
            Text(HIDDEN if given else "none"),
            Text(f"FLYBALL_{name.upper()}" if given else "default", style="" if given else "dim"),
        )
    return table


def _as_json(resolved: Resolved, secrets: dict[str, bool]) -> dict[str, JSON]:
    found: dict[str, JSON] = {}
    for name, value in asdict(resolved.settings).items():
        found[name] = {"value": list(value) if isinstance(value, tuple) else value, "from": resolved.sources[name]}
    for name, given in secrets.items():
        found[name] = {"value": HIDDEN if given else None, "from": f"FLYBALL_{name.upper()}" if given else "default"}
    return {"settings": found}

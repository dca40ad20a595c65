"""Where each setting comes from.

A flag wins over the environment (`FLYBALL_PORT`), that over the table of the chosen environment in `flyball.toml`
(`[prod]`), that over its table `[default]`, and that over the default. What nobody knows is refused: a misspelt limit
would otherwise be no limit.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flyball.run.setting import SettingRefused
from flyball.run.settings import BY_NAME, ENVIRONMENTS, OTHERS, SECRETS, SETTINGS, Settings
from flyball.system.excerpt import excerpt
from flyball.system.mistake import did_you_mean, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from flyball.run.setting import Setting, Value

FILE: Final = "flyball.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The settings, and for each by its name where it comes from.

    >>> resolve(environ={"FLYBALL_PORT": "9000"}).sources["port"]
    'FLYBALL_PORT'
    """

    settings: Settings
    sources: Mapping[str, str]


def resolve(
    *,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
    environment: str | None = None,
    cores: int = 1,
) -> Resolved:
    """The settings that hold.

    Args:
        flags: what was typed, by the setting's name; `None` stands for what was not.
        environ: the process's environment.
        file: flyball.toml; `None` where there is none.
        environment: dev, staging or prod, as typed; without it `FLYBALL_ENV` says, and without that it is dev.
        cores: how many processors there are.

    Raises:
        SettingRefused: a name or a value that is not accepted, wherever it stands, or two that do not go together.

    >>> resolve(environ={"FLYBALL_PROT": "9000"})
    Traceback (most recent call last):
        ...
    flyball.run.setting.SettingRefused: there is no setting FLYBALL_PROT; did you mean 'FLYBALL_PORT'?
    >>> resolve(flags={"port": "9000"}, cores=4).settings.control_port
    9001
    """
    environ = {} if environ is None else environ
    known = {setting.variable: setting.name for setting in SETTINGS}
    for name in sorted(environ):
        if name.startswith("FLYBALL_") and name not in known and name not in OTHERS:
            raise SettingRefused(f"there is no setting {name}; {_meant(name, [*known, *sorted(OTHERS)])}")
    chosen, chosen_by = _environment(environment, environ)
    tables = {} if file is None else _tables(file)
    values: dict[str, Any] = {setting.name: setting.default for setting in SETTINGS}
    sources = dict.fromkeys(values, "default")

    def lay(given: Mapping[str, object], source: Callable[[str], str]) -> None:
        for name, value in given.items():
            values[name], sources[name] = _setting(name).read(value, source(name)), source(name)

    lay(tables.get("default", {}), lambda _: f"{file} [default]")
    lay(tables.get(chosen, {}), lambda _: f"{file} [{chosen}]")
    lay({name: environ[var] for var, name in known.items() if var in environ}, lambda name: BY_NAME[name].variable)
    typed = {name: value for name, value in (flags or {}).items() if value is not None}
    lay(typed, lambda name: f"--{name.replace('_', '-')}")
    _derive(values, cores)
    _check(values)
    return Resolved(settings=Settings(environment=chosen, **values), sources={"environment": chosen_by, **sources})


def read_settings(
    folder: Path, *, flags: Mapping[str, object] | None = None, environment: str | None = None
) -> Resolved:
    """The settings of this process: its environment, its processors, and the flyball.toml of a folder, if there is one.

    Args:
        folder: where the system file is.
        flags: as for `resolve`.
        environment: as for `resolve`.

    Raises:
        SettingRefused: as `resolve`.

    >>> from pathlib import Path
    >>> read_settings(Path("nowhere")).settings.workers >= 1
    True
    """
    file = folder / FILE
    return resolve(
        flags=flags,
        environ=os.environ,
        file=file if file.exists() else None,
        environment=environment,
        cores=len(os.sched_getaffinity(0)),
    )


def _meant(given: str, known: list[str]) -> str:
    return did_you_mean(given, known, f"there are {one_of(known)}")


def _environment(typed: str | None, environ: Mapping[str, str]) -> tuple[str, str]:
    given, source = (typed, "--env") if typed is not None else (environ.get("FLYBALL_ENV"), "FLYBALL_ENV")
    if given is None:
        return "dev", "default"
    if given not in ENVIRONMENTS:
        raise SettingRefused(
            f"there is no environment {excerpt(given)} (from {source}); {_meant(given, [*ENVIRONMENTS])}"
        )
    return given, source


def _tables(file: Path) -> dict[str, dict[str, object]]:
    """The tables of flyball.toml, each key known; those of other environments too, before they are needed."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingRefused(f"{file} is not TOML: {error}; put this right") from error
    except OSError as error:
        raise SettingRefused(f"{file} cannot be read: {error.strerror}; see its permissions") from error
    for table, entries in found.items():
        if table not in {"default", *ENVIRONMENTS} or not isinstance(entries, dict):
            what = f"table [{table}]" if isinstance(entries, dict) else f"key {table!r} outside a table"
            raise SettingRefused(f"{file} has a {what}; {_meant(table, ['default', *ENVIRONMENTS])}")
        for name, given in entries.items():
            if name in SECRETS:
                raise SettingRefused(
                    f"{file} [{table}] has {name!r}, which is a secret; give it as FLYBALL_{name.upper()}, or in a "
                    f"file of its own that {name}_file names"
                )
            if name not in BY_NAME:
                raise SettingRefused(f"{file} [{table}] has no setting {name!r}; {_meant(name, [*BY_NAME])}")
            entries[name] = _beside(file, BY_NAME[name].read(given, f"{file} [{table}]"), BY_NAME[name])
    return found


def _beside(file: Path, value: Value, setting: Setting) -> Value:
    """A path in flyball.toml is meant from where that file stands."""
    return str(file.parent / value) if setting.kind == "path" and isinstance(value, str) else value


def _setting(name: str) -> Setting:
    if name not in BY_NAME:
        raise SettingRefused(f"there is no setting {name!r}; {_meant(name, [*BY_NAME])}")
    return BY_NAME[name]


def _derive(values: dict[str, Any], cores: int) -> None:
    if values["control_port"] is None:
        values["control_port"] = values["port"] + 1 if values["port"] else 0
    if values["workers"] is None:
        values["workers"] = max(cores - 1, 1)
    values["hosts"] = values["hosts"] or ()


def _check(values: Mapping[str, Any]) -> None:
    port, control = values["port"], values["control_port"]
    if control == port != 0 or control > 65_535:
        raise SettingRefused(f"port {port} and control_port {control} do not go together; give two, up to 65535")
    body, ring = values["max_body"], values["ring_bytes"]
    if ring < 4 * body:
        raise SettingRefused(
            f"ring_bytes = {ring} holds no request of max_body = {body}; make it at least four times as large"
        )

"""`flyball config`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.run.settings import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell

SECRET = "shop predict " + "0" * 64


@pytest.fixture(autouse=True)
def _file(folder: Path) -> None:
    (folder / "flyball.toml").write_text('[default]\nport = 1000\n[prod]\nmax_disk = "10GB"\n', encoding="utf-8")


def test_every_setting_is_shown_with_where_it_comes_from(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is looked for beside the system file."""
    monkeypatch.setenv("FLYBALL_WORKERS", "3")
    said = shell("config", "flights.py", "--env", "prod")
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in said.out.splitlines()[1:]}

    assert said.code == 0
    assert list(lines) == ["environment", *(setting.name for setting in SETTINGS), "tokens"]
    assert lines["environment"] == "prod --env"
    assert lines["port"] == "1000 flyball.toml [default]"
    assert lines["max_disk"] == "10 GB flyball.toml [prod]"
    assert lines["workers"] == "3 FLYBALL_WORKERS"
    assert lines["host"] == "127.0.0.1 default"


def test_json_has_values_as_they_are(shell: Shell) -> None:
    """Without a system file, that of this folder."""
    found = shell("config", "--env", "prod", "--json").found["settings"]

    assert found["max_disk"] == {"value": 10_000_000_000, "from": "flyball.toml [prod]"}
    assert found["control_port"] == {"value": 1001, "from": "default"}
    assert found["tokens"] == {"value": None, "from": "default"}


def test_the_help_names_the_tables_of_the_file(shell: Shell) -> None:
    """Brackets are no markup."""
    shown = " ".join(shell("config", "--help").out.split())

    assert "that over flyball.toml ([prod], then [default]), that over the default" in shown


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_tokens_are_never_shown(shell: Shell, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]) -> None:
    """Only that there are some."""
    monkeypatch.setenv("FLYBALL_TOKENS", SECRET)
    said = shell("config", *more)

    assert "(hidden)" in said.out
    assert "shop" not in said.out
    assert "0" * 64 not in said.out


def test_what_is_wrong_is_refused(shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `flyball up` would."""
    monkeypatch.setenv("FLYBALL_WORKRES", "3")
    misspelt = shell("config")
    missing = shell("config", "nowhere.py")
    monkeypatch.delenv("FLYBALL_WORKRES")
    unknown = shell("config", "--env", "production")

    assert (misspelt.code, missing.code, unknown.code) == (1, 2, 1)
    assert "did you mean 'FLYBALL_WORKERS'?" in misspelt.err
    assert "there is no environment 'production' (from --env)" in unknown.err

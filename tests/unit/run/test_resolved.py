"""Where settings come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from flyball.run.resolved import read_settings, resolve
from flyball.run.setting import SettingRefused
from flyball.run.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

TOML = """
[default]
port = 1000
workers = 3
max_body = "2MiB"
log_level = "warning"

[prod]
port = 2000
tokens_file = "tokens"
hosts = ["flyball.example"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A flyball.toml."""
    path = tmp_path / "flyball.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(file: Path) -> None:
    """And each says where it came from."""
    resolved = resolve(
        flags={"port": 4000, "host": None}, environ={"FLYBALL_PORT": "3000", "FLYBALL_WORKERS": "5"}, file=file,
        environment="prod",
    )  # fmt: skip  # one line for each layer
    settings, sources = resolved.settings, resolved.sources

    assert (settings.port, sources["port"]) == (4000, "--port")
    assert (settings.workers, sources["workers"]) == (5, "FLYBALL_WORKERS")
    assert (settings.hosts, sources["hosts"]) == (("flyball.example",), f"{file} [prod]")
    assert (settings.max_body, sources["max_body"]) == (2 << 20, f"{file} [default]")
    assert (settings.host, sources["host"]) == ("127.0.0.1", "default")


def test_the_chosen_table_wins_over_the_default_one(file: Path) -> None:
    """Only the chosen one."""
    ports = {name: resolve(file=file, environment=name).settings.port for name in ("dev", "staging", "prod")}

    assert ports == {"dev": 1000, "staging": 1000, "prod": 2000}


def test_the_environment_is_chosen_by_flag_then_by_variable() -> None:
    """Else it is dev."""
    chosen = [
        resolve(environ=environ, environment=typed).settings.environment
        for typed, environ in (("prod", {"FLYBALL_ENV": "dev"}), (None, {"FLYBALL_ENV": "staging"}), (None, {}))
    ]

    assert chosen == ["prod", "staging", "dev"]


def test_a_path_in_the_file_is_meant_from_where_the_file_stands(file: Path) -> None:
    """Not from wherever the program was started; elsewhere it is taken as it is."""
    assert resolve(file=file, environment="prod").settings.tokens_file == str(file.parent / "tokens")
    assert resolve(environ={"FLYBALL_TOKENS_FILE": "tokens"}).settings.tokens_file == "tokens"


@pytest.mark.parametrize(("cores", "workers"), [(1, 1), (2, 1), (8, 7)])
def test_one_core_is_left_to_the_loop(cores: int, workers: int) -> None:
    """Where there is more than one."""
    assert resolve(cores=cores).settings.workers == workers


@pytest.mark.parametrize(("port", "control"), [(0, 0), (8000, 8001), (65_534, 65_535)])
def test_the_control_port_is_the_next_one(port: int, control: int) -> None:
    """Any free one where any free one is asked for."""
    assert resolve(flags={"port": port}).settings.control_port == control


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[default]\nprot = 1", r"\[default\] has no setting 'prot'; did you mean 'port'\?"),
        ("[production]\nport = 1", r"has a table \[production\]; there are 'default', 'dev'"),
        ("port = 1", r"has a key 'port' outside a table; there are 'default', 'dev', 'staging', 'prod'"),
        ("default = 1", r"has a key 'default' outside a table"),
        ("[staging]\nport = 'x'", r"port = 'x' \(from .*\[staging\]\) cannot be taken"),
        ("[prod]\ntokens = 'shop'", r"has 'tokens', which is a secret; give it as FLYBALL_TOKENS"),
        ("[prod", r"is not TOML: .*; put this right"),
        ("[default]\nport = 65535", r"port 65535 and control_port 65536 do not go together"),
        ("[default]\nmax_body = '16MiB'", r"ring_bytes = 16777216 holds no request of max_body = 16777216"),
    ],
)
def test_what_is_wrong_in_the_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Also in the table of an environment that is not chosen today."""
    file = tmp_path / "flyball.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(SettingRefused, match=message):
        resolve(file=file)


def test_a_file_that_is_no_text_or_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """With its name."""
    file = tmp_path / "flyball.toml"
    file.write_bytes(b"\xff")
    with pytest.raises(SettingRefused, match="is not TOML"):
        resolve(file=file)
    with pytest.raises(SettingRefused, match="cannot be read: Is a directory"):
        resolve(file=tmp_path)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"FLYBALL_PROT": "1"}, r"there is no setting FLYBALL_PROT; did you mean 'FLYBALL_PORT'\?"),
        ({"FLYBALL_PORT": "x"}, r"port = 'x' \(from FLYBALL_PORT\)"),
        ({"FLYBALL_ENV": "production"}, r"no environment 'production' \(from FLYBALL_ENV\); there are 'dev'"),
    ],
)
def test_what_is_wrong_in_the_environment_is_refused(environ: dict[str, str], message: str) -> None:
    """A misspelt limit would be no limit."""
    with pytest.raises(SettingRefused, match=message):
        resolve(environ=environ)


def test_names_of_other_programs_are_left_alone() -> None:
    """And ours that are no settings."""
    assert resolve(environ={"PORT": "1", "FLYBALL_CACHE": "x", "FLYBALL_TOKENS": "y"}).settings == Settings()


def test_a_flag_that_is_no_setting_is_refused() -> None:
    """Tokens above all: flags show in the list of processes."""
    with pytest.raises(SettingRefused, match="there is no setting 'tokens'"):
        resolve(flags={"tokens": "shop"})


def test_the_process_reads_its_own_environment_and_the_file_of_a_folder(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `flyball up` does."""
    monkeypatch.setenv("FLYBALL_LOG_LEVEL", "error")
    settings = read_settings(file.parent, environment="prod").settings

    assert (settings.port, settings.log_level) == (2000, "error")


def test_settings_are_handed_to_other_processes_as_json(file: Path) -> None:
    """And are the same there."""
    settings = resolve(file=file, environment="prod").settings

    assert msgspec.json.decode(msgspec.json.encode(settings), type=Settings) == settings

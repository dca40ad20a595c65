"""The settings of a running system: what each one is, and the value that holds them all."""

from __future__ import annotations

from typing import Final

import msgspec

from flyball.run.setting import Setting

ENVIRONMENTS: Final = ("dev", "staging", "prod")
SECRETS: Final = ("tokens",)
"""Never in a flag or in flyball.toml: flags show in the list of processes, and flyball.toml is kept in git."""
OTHERS: Final = frozenset(
    {
        "FLYBALL_ENV",
        "FLYBALL_TOKENS",
        "FLYBALL_TOKEN",  # what commands show to a running system
        "FLYBALL_CACHE",  # where compiled kernels are kept
        "FLYBALL_FAULTS_DIRECTORY",  # these five: the simulated disk of flyball.testing
        "FLYBALL_FAULTS_JOURNAL",
        "FLYBALL_FAULTS_ROOM",
        "FLYBALL_FAULTS_SYNCS",
        "FLYBALL_FAULTS_HEAL",
        "FLYBALL_FAULT_RUNS",  # the project's own tests, whose environment the programs that they start inherit
        "FLYBALL_GOLDEN",
    }
)
"""Names in the environment that are no settings and not refused either."""

_LOG_LEVELS = ("debug", "info", "notice", "warning", "error")
_DAY: Final = 86_400

SETTINGS: Final = (
    Setting(
        name="host",
        kind="text",
        default="127.0.0.1",
        meaning="The address to listen on; others than loopback's need tokens.",
    ),
    Setting(
        name="port",
        kind="count",
        default=8000,
        high=65_535,
        meaning="The port for predictions, outcomes and events; 0 takes a free one.",
    ),
    Setting(
        name="control_port",
        kind="count",
        otherwise="port + 1",
        high=65_535,
        meaning="The port of the dashboard and the control API.",
    ),
    Setting(
        name="hosts",
        kind="names",
        otherwise="none",
        meaning="Names under which browsers may ask for the dashboard, besides `host` and loopback's names.",
    ),
    Setting(
        name="workers",
        kind="count",
        otherwise="cores - 1, at least 1",
        low=1,
        high=1_024,
        meaning="The processes that answer requests.",
    ),
    Setting(
        name="max_body",
        kind="bytes",
        default=1 << 20,
        low=1 << 10,
        high=1 << 30,
        meaning="The largest body of a request.",
    ),
    Setting(
        name="max_instances",
        kind="count",
        default=1_024,
        low=1,
        high=1_000_000,
        meaning="Instances, outcomes or events of one request, at most.",
    ),
    Setting(
        name="max_connections",
        kind="count",
        default=512,
        low=1,
        high=1_000_000,
        meaning="Open connections of each worker, at most.",
    ),
    Setting(
        name="body_timeout",
        kind="seconds",
        default=10.0,
        low=0.1,
        high=3_600,
        meaning="How long a request's body may take to arrive.",
    ),
    Setting(
        name="ring_bytes",
        kind="bytes",
        default=16 << 20,
        low=64 << 10,
        high=4 << 30,
        meaning="Memory of each worker for what the loop has not logged yet.",
    ),
    Setting(
        name="checkpoint_every",
        kind="count",
        default=200_000,
        low=1,
        high=10**12,
        meaning="Records after which a checkpoint is due.",
    ),
    Setting(
        name="checkpoint_seconds",
        kind="seconds",
        default=60.0,
        low=1,
        high=_DAY,
        meaning="How long after the last checkpoint one is due, if anything was logged.",
    ),
    Setting(
        name="max_disk",
        kind="bytes",
        otherwise="no limit",
        low=16 << 20,
        meaning="What the log may take on the disk; the oldest records go first.",
    ),
    Setting(
        name="ablate_seconds",
        kind="seconds",
        default=0.0,
        high=_DAY,
        meaning="How often it is measured beside the loop what every signal is worth; 0: never.",
    ),
    Setting(
        name="log_level",
        kind="choice",
        default="info",
        choices=_LOG_LEVELS,
        meaning="The least important messages that are logged.",
    ),
    Setting(name="tokens_file", kind="path", otherwise="none", meaning="The file of tokens' names, scopes and hashes."),
    Setting(name="strict", kind="flag", default=False, meaning="Whether inputs that no definition knows are refused."),
    Setting(
        name="drain_seconds",
        kind="seconds",
        default=10.0,
        high=3_600,
        meaning="How long requests in flight may take after SIGTERM.",
    ),
)
"""Every setting, in the order in which they are shown."""
BY_NAME: Final = {setting.name: setting for setting in SETTINGS}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a running system is set to; `SETTINGS` says what each means. Sizes in bytes, times in seconds.

    >>> msgspec.json.decode(msgspec.json.encode(Settings(workers=3)), type=Settings).workers
    3
    """

    environment: str = "dev"
    host: str = "127.0.0.1"
    port: int = 8000
    control_port: int = 8001
    hosts: tuple[str, ...] = ()
    workers: int = 1
    max_body: int = 1 << 20
    max_instances: int = 1_024
    max_connections: int = 512
    body_timeout: float = 10.0
    ring_bytes: int = 16 << 20
    checkpoint_every: int = 200_000
    checkpoint_seconds: float = 60.0
    max_disk: int | None = None
    ablate_seconds: float = 0.0
    log_level: str = "info"
    tokens_file: str | None = None
    strict: bool = False
    drain_seconds: float = 10.0

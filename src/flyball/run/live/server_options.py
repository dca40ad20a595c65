"""What the processes that speak HTTP are told beside their wiring."""

from __future__ import annotations

import msgspec

from flyball.run.settings import Settings  # msgspec resolves the annotations of options


class ServerOptions(msgspec.Struct, frozen=True):
    """What workers and control are told beside their wiring: their listening socket, and the settings.

    Args:
        listen: the descriptor of the socket.
        port: where it listens.
        models: the names of the models, by which the numbers are laid out.
        settings: the settings.

    >>> ServerOptions(listen=9, port=8000, models=["ctr"], settings=Settings()).listen
    9
    """

    listen: int
    port: int
    models: list[str]
    settings: Settings

"""The health check of a container."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from flyball.cli.ready import main
from flyball.run.live.roster import Roster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Answering(BaseHTTPRequestHandler):
    """Answers as told by the server."""

    def do_GET(self) -> None:
        """The answer, which says what was asked."""
        data = f"{self.path} {self.headers['Host']}".encode()
        self.send_response(200 if self.server.server_name == "ready" else 503)  # type: ignore[attr-defined]  # an HTTPServer
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """A server on a free port."""
    with HTTPServer(("127.0.0.1", 0), Answering) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", ".".join("0000")])
@pytest.mark.parametrize(("name", "code"), [("ready", 0), ("draining", 1)])
def test_it_asks_whoever_runs_the_state(
    server: HTTPServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str, name: str, code: int
) -> None:
    """On this machine, wherever else that listens."""
    server.server_name = name
    Roster(tmp_path, host=host, port=server.server_port, control_port=0).write([])

    assert main([str(tmp_path)]) == code
    assert f"/readyz 127.0.0.1:{server.server_port}" in capsys.readouterr().out


def test_nobody_there_is_not_ready(server: HTTPServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No state, or nobody at its port."""
    assert main([str(tmp_path)]) == 1
    Roster(tmp_path, host="127.0.0.1", port=1, control_port=0).write([])

    assert main([str(tmp_path)]) == 1
    assert "no answer: " in capsys.readouterr().out

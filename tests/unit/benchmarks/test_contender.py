"""Servers under measurement: started, asked, weighed, and gone afterwards."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.contender import Contender, ContenderFailed, memory, pinned
from benchmarks.load import Plan

SERVER = """
import http.server, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def contender(code: str) -> Contender:
    """A server of this code."""
    return Contender(name="echo", command=[sys.executable, "-c", code, "{port}"], path="/", body=b"{}")


def test_a_server_is_ready_when_it_answers_and_gone_with_its_children_afterwards() -> None:
    """Ready is its first answer; what it started does not survive it."""
    with contender(SERVER) as server:
        family = server.family()
        answer = server.ask("/", b"hello")
        heard = server.load(
            Plan(
                port=server.port, requests=[b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n"], connections=2, seconds=0.2
            )
        )
        share, resident = memory(family[0])
        worked = server.cpu_seconds()

    assert answer == (200, b"hello")
    assert server.ready_seconds > 0
    assert heard.good, heard
    assert 0 < share <= resident
    assert worked > 0, "starting Python takes some ticks"
    assert len(family) == 2, "the server and its child"
    assert not [pid for pid in family if _runs(pid)], "both are gone"


def _runs(pid: int) -> bool:
    """Whether a process runs; one whose parent has not asked for its end does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_server_that_does_not_start_says_why() -> None:
    """With its own words."""
    with pytest.raises(ContenderFailed, match="no such model"), contender("raise SystemExit('no such model')"):
        pass


def test_what_is_started_while_pinned_stays_there() -> None:
    """And who pinned it does not."""
    before = os.sched_getaffinity(0)
    with pinned({min(before)}):
        inside = os.sched_getaffinity(0)

    assert inside == {min(before)}
    assert os.sched_getaffinity(0) == before

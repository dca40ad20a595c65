"""Whatever is sent, a running system answers with what it has declared, serves the others, and does not grow.

`FLYBALL_FAULT_RUNS=200 pytest tests/integration/test_running_bad_input.py` sends 100,000 bodies.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.integration.running_system import RunningSystem

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.integration, pytest.mark.slow]

RUNS = int(os.environ.get("FLYBALL_FAULT_RUNS", "6"))
BODIES = 500 * RUNS
EXAMPLES = 20 if RUNS < 100 else 200
PATHS = (
    "/v1/models/late/predict",
    "/v1/models/late/predictions",
    "/v1/outcomes",
    "/v1/events/shown",
    "/v1/models/nobody/predict",
)
VALID = (
    b'{"id":"r1","inputs":{"hour":7,"origin":"JFK"}}',
    b'{"inputs":{"hour":7},"instances":[{"id":"r2","inputs":{"origin":"JFK"}}]}',
    b'{"id":"r1","value":true}',
    b'{"outcomes":[{"id":"r1","value":true},{"id":"r2","value":0}]}',
    b'{"id":"r9","inputs":{"hour":7},"prediction":0.5,"version":3}',
)
JSON = b"Host: localhost\r\nContent-Type: application/json\r\n"
DECLARED = {200, 202, 400, 404, 409, 413, 415, 422}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system that runs for all tests of this file."""
    with RunningSystem(tmp_path_factory.mktemp("running")) as running:
        yield running


def resident_bytes(pid: int) -> int:
    """The memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def random_body(dice: Random) -> bytes:
    """Random bytes, or a valid body with a few bytes changed, cut off, doubled or nested."""
    kind = dice.randrange(6)
    if kind == 0:
        return dice.randbytes(dice.randrange(200))
    body = bytearray(dice.choice(VALID))
    if kind == 1:
        body[dice.randrange(len(body))] = dice.randrange(256)
    elif kind == 2:
        del body[dice.randrange(len(body)) :]
    elif kind == 3:
        at = dice.randrange(len(body))
        body[at:at] = dice.choice([b"NaN", b"1e999", b"[" * 3000, b'{"a":' * 3000, b"null", b"-1", b'"\\ud800"'])
    elif kind == 4:
        at = dice.randrange(len(body))
        body[at : at + dice.randrange(9)] = body[dice.randrange(len(body)) :][:9]
    return bytes(body)


def test_random_bodies_get_declared_answers_and_leave_no_memory_behind(system: RunningSystem) -> None:
    """Those with an answer of their own as well as those without."""
    dice = Random(5)  # noqa: S311  # dice, not secrets
    connection = http.client.HTTPConnection("127.0.0.1", system.running.port, timeout=30)
    worker, before = system.pid("worker"), 0
    for turn in range(BODIES):
        if turn == BODIES // 3:
            before = resident_bytes(worker)
        connection.request("POST", dice.choice(PATHS), random_body(dice), {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        assert response.status in DECLARED, (response.status, text[:500], system.said[-3:])
        assert isinstance(json.loads(text), dict)
    connection.close()
    assert system.pid("worker") == worker, "the worker was started again"
    grown = resident_bytes(worker) - before
    assert grown < 16 << 20, f"the worker grew by {grown:,} bytes over {BODIES - BODIES // 3} requests"
    assert system.predict("after", hour=7, origin="JFK")["served_by"] == "model"


def test_a_generator_that_reads_our_own_description_finds_nothing_undeclared(system: RunningSystem) -> None:
    """Schemathesis makes requests from the OpenAPI document, and holds the answers against it."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"http://127.0.0.1:{system.running.port}/openapi.json",
    ]
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    done = subprocess.run(
        [
            *command,
            "--checks",
            checks,
            "--max-examples",
            str(EXAMPLES),
            "--seed",
            "1",
            "--suppress-health-check",
            "all",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (
            b"POST /v1/outcomes HTTP/1.1\r\n" + JSON + b"Content-Length: 99999999\r\n\r\n",
            413,
        ),
        (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Big: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (
            b"POST /v1/outcomes HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
            415,
        ),
        (b"DELETE /v1/outcomes HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"NONSENSE\r\n\r\n", 400),
    ],
)
def test_raw_requests_that_cannot_be_served_are_answered(system: RunningSystem, sent: bytes, status: int) -> None:
    """With the status that says why."""
    with socket.create_connection(("127.0.0.1", system.running.port), timeout=30) as wire:
        wire.sendall(sent)
        answer = wire.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 %d" % status), answer[:200]


def test_half_closed_and_abandoned_connections_disturb_nobody(system: RunningSystem) -> None:
    """Neither does a body that never comes."""
    wires = [socket.create_connection(("127.0.0.1", system.running.port), timeout=30) for _ in range(50)]
    for i, wire in enumerate(wires):
        wire.sendall(b"POST /v1/outcomes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
        if i % 3 == 0:
            wire.sendall(b"Content-Length: 100\r\n\r\n{")
        if i % 3 == 1:
            wire.shutdown(socket.SHUT_WR)
        if i % 2 == 0:
            wire.close()
    assert system.predict("others", hour=7, origin="JFK")["served_by"] == "model"
    for wire in wires:
        wire.close()
    assert system.outcome("others", value=True)[0] == 202


def test_what_was_refused_is_counted(system: RunningSystem) -> None:
    """By its type."""
    status, _ = system.call("POST", "/v1/models/nobody/predict", {"inputs": {}})
    assert status == 404
    _, page = system.call("GET", "/metrics")
    assert isinstance(page, bytes)
    counted = [
        line for line in page.decode().splitlines() if line.startswith('flyball_refused_total{type="not-found"}')
    ]
    assert counted, page[:2000]
    assert float(counted[0].split()[-1]) >= 1

"""Probes: how long after an outcome was acknowledged the coefficients that it changed are served.

Each probe has values that nobody else has. It asks for a prediction and tells its outcome; once that is acknowledged it
asks again and again about two rows in one request: its own, and a twin of values that are never learned. What else is
learned meanwhile (the intercept) moves both alike; they part when the probe's own coefficients are served. The answer
that shows it counts until it has arrived, so that the figure is an upper bound.
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import msgspec

from benchmarks.contender import ContenderFailed, post

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "/v1/models/late/predict"
SIGNALS = 20
APART = 0.05
"""By how much an example of twenty new features moves its answer, at least; the intercept moves all alike."""
REST_SECONDS = 0.01
"""Between two probes."""
PATIENCE_SECONDS = 30.0

SYSTEM = f'''"""Twenty texts, learned from as soon as the outcome comes."""

import flyball as fb

signals = [fb.Input(f"s{{i}}", str) for i in range({SIGNALS})]
late = fb.System("probed", models=[fb.Model("late", signals=signals, outcome=fb.Outcome("late"))])
'''


def row(name: object) -> dict[str, str]:
    """A row of values that are all this one's own."""
    return {f"s{i}": f"{name}-{i}" for i in range(SIGNALS)}


class Prober:
    """One connection.

    Args:
        port: of 127.0.0.1.
        name: of this prober; its values begin with it.
    """

    def __init__(self, port: int, name: str) -> None:
        self._wire = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self._wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._name = name
        self._probes = 0

    def close(self) -> None:
        """Ends the connection."""
        self._wire.close()

    def _ask(self, path: str, body: object) -> bytes:
        self._wire.sendall(post(path, msgspec.json.encode(body)))
        data = self._wire.recv(1 << 16)
        head = data.find(b"\r\n\r\n")
        at = data.find(b"content-length: ")
        whole = head + 4 + int(data[at + 16 : data.index(b"\r", at)])
        while len(data) < whole:
            data += self._wire.recv(1 << 16)
        if data[9:12] not in {b"200", b"202"}:
            raise ContenderFailed(f"a probe was answered {data[:500]!r}")
        return data[head + 4 :]

    def probe(self) -> float:
        """The seconds from an acknowledgement to the answer that has learned from it."""
        self._probes += 1
        name = f"{self._name}-{self._probes}"
        mine, twin = row(name), row(f"{name}-twin")
        self._ask(PATH, {"id": name, "inputs": mine})
        self._ask("/v1/outcomes", {"id": name, "value": True})
        acknowledged = time.perf_counter()
        both = {"instances": [{"inputs": mine}, {"inputs": twin}]}
        while True:
            one, other = msgspec.json.decode(self._ask(PATH, both))["predictions"]
            now = time.perf_counter()
            if abs(one["prediction"] - other["prediction"]) > APART:
                return now - acknowledged
            if now > acknowledged + PATIENCE_SECONDS:
                raise ContenderFailed(f"{name} was acknowledged and not learned from in {PATIENCE_SECONDS:.0f} s")

    def many(self, going: Callable[[], bool]) -> list[float]:
        """Probe after probe while it is going on; one at least."""
        found = [self.probe()]
        while going():
            time.sleep(REST_SECONDS)
            found.append(self.probe())
        return found

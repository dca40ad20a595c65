"""Traffic on a running system from several threads, which remembers what was acknowledged."""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from random import Random


@dataclass
class Remembered:
    """What the system said to one thread."""

    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Answers to predictions, by id."""
    acknowledged: dict[str, bool] = field(default_factory=dict)
    """Outcomes that got a 202, by id."""
    together: set[str] = field(default_factory=set)
    """Outcomes acknowledged in the life in which their prediction was asked for: their commit holds both."""
    refused: int = 0
    """503s and broken connections."""
    surprises: list[str] = field(default_factory=list)
    """Whatever else came."""


class Traffic:
    """Asks, tells, and tries again with the same id where a connection breaks or the loop is down."""

    def __init__(self, port: int, dice: Random, threads: int = 3) -> None:
        self._port = port
        self.life = 0
        """Even while the processes share one memory; raised before all of them are killed, and when all run again."""
        self._stop = threading.Event()
        self.remembered = [Remembered() for _ in range(threads)]
        self._threads = [
            threading.Thread(target=self._run, args=(i, dice.randrange(1 << 30)), daemon=True) for i in range(threads)
        ]

    @property
    def acknowledged(self) -> int:
        """How many outcomes were acknowledged so far."""
        return sum(len(each.acknowledged) for each in self.remembered)

    def _run(self, thread: int, salt: int) -> None:
        memory, count = self.remembered[thread], 0
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not self._stop.is_set():
            count += 1
            id, hour = f"t{thread}-{count}", (salt + count * 7) % 24
            life = self.life
            asked = {"id": id, "inputs": {"hour": hour, "origin": "JFK" if count % 3 else "LAX"}}
            answer = self._send(connection, memory, "/v1/models/late/predict", asked)
            if answer is None:
                break
            if memory.answered.setdefault(id, answer) != answer:
                memory.surprises.append(f"{id} was answered {memory.answered[id]} and then {answer}")
            late = (hour * 7919 + salt) % 3 == 0
            if self._send(connection, memory, "/v1/outcomes", {"id": id, "value": late}) is not None:
                memory.acknowledged[id] = late
                if self.life == life and life % 2 == 0:
                    memory.together.add(id)
        connection.close()

    def _send(
        self, connection: http.client.HTTPConnection, memory: Remembered, path: str, body: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Sends until there is a final answer; `None` when it is to stop."""
        data = json.dumps(body).encode()
        while not self._stop.is_set():
            try:
                connection.request("POST", path, data, {"Content-Type": "application/json"})
                response = connection.getresponse()
                answer = json.loads(response.read())
            except (OSError, http.client.HTTPException):
                connection.close()
                memory.refused += 1
                self._stop.wait(0.01)
                continue
            if response.status in {200, 202}:
                assert isinstance(answer, dict)
                return answer
            if response.status == 503:
                memory.refused += 1
                self._stop.wait(0.01)
            else:
                memory.surprises.append(f"{path} {body['id']}: {response.status} {answer}")
                return None
        return None

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

"""An HTTP server for tests of the client: a real one, that answers each request as a script says."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Semaphore, Thread
from typing import TYPE_CHECKING, Any, Self, TypeAlias

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

WAIT_S = 30
"""After so many seconds a test that waits for something has failed."""


@dataclass(frozen=True)
class Asked:
    """A request as it came: `connection` counts the connections from 0."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def document(self) -> dict[str, Any]:
        """The body's JSON object."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Handler(BaseHTTPRequestHandler):
    """Reads requests, and plays a scene for each."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ScriptedServer
    asked: Asked

    def handle_one_request(self) -> None:
        """A connection that the other side cut is no failure of the test."""
        with suppress(OSError):
            super().handle_one_request()
            return
        self.close_connection = True

    def play(self) -> None:
        """Notes the request and plays the next scene."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        number = self.server.links.index(self.connection)
        self.asked = Asked(self.command, self.path, headers, body, number)
        self.server.next_scene(self.asked)(self)

    do_GET = play  # noqa: N815  # the name that http.server prescribes
    do_POST = play  # noqa: N815  # the name that http.server prescribes

    def log_message(self, format: str, *values: object) -> None:
        """Says nothing: a test speaks by what it asserts."""


Scene: TypeAlias = "Callable[[Handler], None]"


class ScriptedServer(ThreadingHTTPServer):
    """Plays the scenes of its script, one for each request in the order in which they come, then `otherwise`."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, script: tuple[Scene, ...], otherwise: Scene, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[Asked] = []
        self.links: list[Any] = []
        self.released = Event()
        self._arrivals = Semaphore(0)
        self._script = list(script)
        self._otherwise = otherwise
        self._lock = Lock()
        self._tls = tls
        self._thread = Thread(target=self.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """Its address."""
        return f"http{'s' if self._tls else ''}://{'localhost' if self._tls else '127.0.0.1'}:{self.server_address[1]}"

    @property
    def connections(self) -> int:
        """How many connections were made."""
        return len(self.links)

    def get_request(self) -> tuple[Any, Any]:
        """Takes a connection, and remembers it."""
        link, address = super().get_request()
        if self._tls is not None:
            link = self._tls.wrap_socket(link, server_side=True, do_handshake_on_connect=False)
        self.links.append(link)
        return link, address

    def next_scene(self, asked: Asked) -> Scene:
        """Notes a request and says how to answer it."""
        with self._lock:
            self.asked.append(asked)
            self._arrivals.release()
            return self._script.pop(0) if self._script else self._otherwise

    def wait_for_request(self) -> None:
        """Waits until a request has come for which nobody has waited so far."""
        assert self._arrivals.acquire(timeout=WAIT_S), "a request was to come"

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that the other side cut is no failure of the test."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.released.set()
        self.shutdown()
        for link in self.links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.server_close()


def says(status: int, document: object = None, **headers: str) -> Scene:
    """Answers with a JSON document; `Retry_After="1"` becomes the header `Retry-After`."""

    def scene(handler: Handler) -> None:
        body = b"" if document is None else json.dumps(document).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return scene


def writes(data: bytes) -> Scene:
    """Answers with these bytes and closes the connection."""

    def scene(handler: Handler) -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return scene


def hangs(handler: Handler) -> None:
    """Answers nothing until the test is over."""
    handler.server.released.wait(WAIT_S)
    handler.close_connection = True


def then_closes(scene: Scene) -> Scene:
    """Plays a scene and closes the connection without having said that it would."""

    def closing(handler: Handler) -> None:
        scene(handler)
        handler.close_connection = True

    return closing


drops = writes(b"")
"""Closes the connection without an answer."""


def small_flyball(handler: Handler) -> None:
    """Answers as the running system would: every model predicts 0.25, and every fact is accepted."""
    asked = handler.asked
    model = asked.path.rpartition("/v1/models/")[2].partition("/")[0]
    found: dict[str, Any] = asked.document if asked.body else {}

    def answer(id: str) -> dict[str, object]:
        return {
            "id": id,
            "model": model,
            "version": 3,
            "learned_through": 17,
            "prediction": 0.25,
            "served_by": "model",
        }

    if asked.path.endswith("/predict"):
        many = "instances" in found
        told = {"predictions": [answer(each["id"]) for each in found["instances"]]} if many else answer(found["id"])
        says(200, told)(handler)
    elif asked.path.endswith("/v1/models"):
        says(200, {"models": [{"name": "ctr", "version": 3, "outcome": "click"}]})(handler)
    elif asked.method == "GET":
        says(200, {"ready": True})(handler)
    else:
        listed = next((each for name in ("predictions", "events", "outcomes") if (each := found.get(name))), [found])
        says(202, {"accepted": len(listed), "rejected": []})(handler)

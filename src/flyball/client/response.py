"""An answer, and how it is put together from bytes of HTTP/1.1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, parse_headers
from io import BytesIO
from typing import TYPE_CHECKING

from flyball.client.error import Unreadable
from flyball.client.intake import Intake, check_size

if TYPE_CHECKING:
    from collections.abc import Generator

HEAD_BYTES = 65_536
"""How long a head may be."""
INTERIM = 16
"""How many interim answers (1xx) are passed over."""
STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: ([^\r\n]*))?")


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer.

    Args:
        status: of HTTP.
        reason: its words.
        body: decoded from chunks.
        retry_after: the header of that name.
        reusable: whether another request may be sent through the same connection.

    >>> Response(200, "OK", b"{}").reusable
    False
    """

    status: int
    reason: str
    body: bytes
    retry_after: str | None = None
    reusable: bool = False


class Incoming:
    r"""Puts an answer together from the pieces that come.

    Args:
        most: how many bytes its body may have.

    >>> incoming = Incoming(100)
    >>> incoming.feed(b"HTTP/1.1 200 OK\r\nContent-Len"), incoming.begun
    (None, True)
    >>> incoming.feed(b"gth: 2\r\n\r\n{}").body
    b'{}'
    """

    def __init__(self, most: int) -> None:
        self._course = _reading(most)
        self.begun = False
        next(self._course)

    def feed(self, piece: bytes) -> Response | None:
        """Takes a piece, empty once the other side has ended; the answer when it is complete.

        Raises:
            Torn: the other side ended too early.
            Unreadable: it is no answer in HTTP/1.1, or too large.
        """
        self.begun = self.begun or bool(piece)
        try:
            self._course.send(piece)
        except StopIteration as done:
            response: Response = done.value
            return response
        return None


def _reading(most: int) -> Generator[None, bytes, Response]:
    intake = Intake()
    for _ in range(INTERIM):
        head = yield from intake.until(b"\r\n\r\n", HEAD_BYTES)
        line, _, rest = head.partition(b"\r\n")
        matched = STATUS.fullmatch(line)
        if matched is None:
            raise Unreadable(f"the answer begins with {line[:60]!r}, which is not HTTP/1.1; is this flyball?")
        status = int(matched[2])
        if status >= 200 or status == 101:
            break
    else:
        raise Unreadable(f"more than {INTERIM} interim answers came before the answer itself; is this flyball?")
    headers = _headers(rest)
    body, framed = yield from _body(intake, headers, status, most)
    closing = matched[1] == b"0" or "close" in _words(headers, "Connection")
    return Response(
        status,
        (matched[3] or b"").decode("latin-1").strip(),
        body,
        headers.get("Retry-After"),
        framed and not closing and not intake.held,
    )


def _headers(lines: bytes) -> HTTPMessage:
    try:
        headers = parse_headers(BytesIO(lines + b"\r\n\r\n"))
    except HTTPException as error:
        raise Unreadable(f"the answer's headers cannot be read ({error!r}); is this flyball?") from error
    if headers.defects:
        raise Unreadable(f"the answer's headers cannot be read ({headers.defects[0]!r}); is this flyball?")
    return headers


def _words(headers: HTTPMessage, name: str) -> list[str]:
    return [word.strip().lower() for value in headers.get_all(name, []) for word in value.split(",")]


def _body(intake: Intake, headers: HTTPMessage, status: int, most: int) -> Generator[None, bytes, tuple[bytes, bool]]:
    """The body, and whether its end was told by something other than the connection's end."""
    if set(_words(headers, "Content-Encoding")) - {"identity", ""}:
        raise Unreadable("the answer is compressed, which was not asked for; is there a proxy in between?")
    codings, lengths = _words(headers, "Transfer-Encoding"), set(_words(headers, "Content-Length"))
    if status in {101, 204, 304}:
        return b"", status != 101
    if codings == ["chunked"] and not lengths:
        return (yield from _chunked(intake, most)), True
    if codings or len(lengths) > 1:
        raise Unreadable(f"the answer's length is unclear ({codings} and {sorted(lengths)}); is this flyball?")
    if not lengths:
        return (yield from intake.to_end(most)), False
    [length] = lengths
    if re.fullmatch(r"[0-9]{1,18}", length, re.ASCII) is None:
        raise Unreadable(f"the answer's Content-Length is {length[:40]!r}, which is no number; is this flyball?")
    check_size(int(length), most)
    return (yield from intake.exactly(int(length))), True


def _chunked(intake: Intake, most: int) -> Generator[None, bytes, bytes]:
    body = bytearray()  # a list of pieces would take many times the memory where each has one byte
    while True:
        line = (yield from intake.until(b"\r\n", 1024)).partition(b";")[0].strip()
        if re.fullmatch(rb"[0-9a-fA-F]{1,15}", line) is None:
            raise Unreadable(f"a chunk of the answer has the length {line[:40]!r}; is this flyball?")
        length = int(line, 16)
        if length == 0:
            break
        check_size(len(body) + length, most)
        body += yield from intake.exactly(length)
        if (yield from intake.exactly(2)) != b"\r\n":
            raise Unreadable("a chunk of the answer does not end where it should; is this flyball?")
    trailers = 0
    while line := (yield from intake.until(b"\r\n", HEAD_BYTES)):
        trailers += len(line)
        if trailers > HEAD_BYTES:
            raise Unreadable(f"the answer's trailers have more than {HEAD_BYTES} bytes; is this flyball?")
    return bytes(body)

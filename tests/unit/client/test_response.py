"""Heads and bodies that no server of ours would send."""

from __future__ import annotations

import pytest

from flyball.client.error import Unreadable
from flyball.client.response import Incoming, Response

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"HTTP/2 200\r\n\r\n", "begins with b'HTTP/2 200', which is not HTTP/1.1"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "which is not HTTP/1.1"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 16, "more than 16 interim answers"),
        (OK + b"no colon here\r\n\r\n", "headers cannot be read"),
        (OK + b"A: b\r\n" * 101 + b"\r\n", "headers cannot be read"),
        (OK + b"Content-Encoding: gzip\r\n\r\n", "compressed, which was not asked for"),
        (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "length is unclear"),
        (OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "length is unclear"),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "length is unclear"),
        (OK + b"Content-Length: +1\r\n\r\n", r"Content-Length is '\+1', which is no number"),
        (OK + "Content-Length: ²\r\n\r\n".encode("latin-1"), "which is no number"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", "a chunk of the answer has the length b'-1'"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "does not end where it should"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", "trailers have more than"),
        (b"H" * 70_000, "more than 65536 bytes"),
    ],
)
def test_what_is_no_answer_is_refused(data: bytes, message: str) -> None:
    """Two readers that cut an answer at different places would take the rest for another one."""
    with pytest.raises(Unreadable, match=message):
        Incoming(1_000).feed(data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", Response(204, "No Content", b"", reusable=True)),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Response(304, "Not Modified", b"", reusable=True)),
        (b"HTTP/1.1 101 Switching\r\n\r\n", Response(101, "Switching", b"")),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", Response(200, "", b"", reusable=True)),
        (OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na", Response(200, "OK", b"a", reusable=True)),
        (OK + b"Content-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n", Response(200, "OK", b"a")),
        (OK + b"Connection: x, Close\r\nContent-Length: 1\r\n\r\na", Response(200, "OK", b"a")),
        (OK + b"retry-after: 7\r\ncontent-length: 0\r\n\r\n", Response(200, "OK", b"", "7", reusable=True)),
        (
            OK + b"Transfer-Encoding: Chunked\r\n\r\nA \r\n0123456789\r\n0\r\n\r\n",
            Response(200, "OK", b"0123456789", reusable=True),
        ),
    ],
)
def test_what_is_unusual_and_right_is_read(data: bytes, expected: Response) -> None:
    """As RFC 9112 has it."""
    assert Incoming(1_000).feed(data) == expected

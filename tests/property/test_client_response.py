"""Answers come in pieces of any size, and from servers of any kind."""

from __future__ import annotations

import itertools
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.client.error import ClientError
from flyball.client.intake import Torn
from flyball.client.response import Incoming, Response

BODIES = st.binary(max_size=200)
FRAMES = st.sampled_from(["length", "chunked", "end"])
LIKE_HTTP = st.lists(
    st.sampled_from(
        [
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"Content-Length: 3\r\n",
            b"Content-Length: -1\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Connection: close\r\n",
            b" folded\r\n",
            b"\r\n",
            b"\n",
            b"3\r\nabc\r\n",
            b"0\r\n\r\n",
            b"ffffffffff\r\n",
        ]
    ),
    max_size=12,
).map(b"".join)


def framed(body: bytes, frame: str, cuts: list[int]) -> bytes:
    """An answer whose end is told in one of three ways."""
    if frame == "length":
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    if frame == "end":
        return b"HTTP/1.1 200 OK\r\n\r\n" + body
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    pieces = [body[start:end] for start, end in itertools.pairwise(places)]
    chunks = b"".join(b"%X\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def fed(data: bytes, sizes: list[int]) -> Response | None:
    """What comes of the bytes when they arrive in pieces of these sizes, the last again and again."""
    incoming = Incoming(1_000)
    place = 0
    while place < len(data):
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        response = incoming.feed(data[place : place + size])
        place += size
        if response is not None:
            return response
    return incoming.feed(b"")


@given(BODIES, FRAMES, st.lists(st.integers(0, 200), max_size=5), st.lists(st.integers(1, 60), min_size=1))
def test_the_pieces_in_which_an_answer_comes_make_no_difference(
    body: bytes, frame: str, cuts: list[int], sizes: list[int]
) -> None:
    """The same body, and a connection that can be used again where its end is known."""
    response = fed(framed(body, frame, cuts), sizes)

    assert response is not None
    assert (response.status, response.body, response.reusable) == (200, body, frame != "end")


@given(st.one_of(st.binary(max_size=300), LIKE_HTTP), st.lists(st.integers(1, 60), min_size=1))
def test_whatever_comes_is_an_answer_or_an_error_of_the_client(data: bytes, sizes: list[int]) -> None:
    """No other error, and never more than what is allowed."""
    with suppress(ClientError):
        response = fed(data, sizes)
        assert response is not None
        assert len(response.body) <= 1_000


@given(BODIES, st.sampled_from(["length", "chunked"]), st.data())
def test_an_answer_that_was_cut_off_is_never_taken_for_a_whole_one(
    body: bytes, frame: str, data: st.DataObject
) -> None:
    """A shorter body would be another answer."""
    whole = framed(body, frame, [])
    kept = data.draw(st.integers(0, len(whole) - 1))

    with pytest.raises(Torn, match=r"ended in the middle"):
        fed(whole[:kept], [7])

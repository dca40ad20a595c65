"""Bytes that come in pieces, cut where the protocol ends a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.client.error import ClientError, Unreadable

if TYPE_CHECKING:
    from collections.abc import Generator


class Torn(ClientError):
    """The connection ended in the middle of an answer."""


class Intake:
    r"""What has come and was not yet used.

    Its methods are generators: each `yield` takes the next piece, empty once the other side has ended, and what they
    return was at the front of what has come.

    >>> intake = Intake()
    >>> line = intake.until(b"\r\n", 100)
    >>> next(line)
    >>> line.send(b"HTTP/1.1 200")
    >>> try:
    ...     line.send(b" OK\r\nrest")
    ... except StopIteration as done:
    ...     print(done.value, intake.held)
    b'HTTP/1.1 200 OK' 4
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ended = False

    @property
    def held(self) -> int:
        """How many bytes have come that were not used."""
        return len(self._bytes)

    def _more(self) -> Generator[None, bytes, None]:
        if self._ended:
            raise Torn("the connection ended in the middle of an answer")
        piece = yield
        self._ended = not piece
        self._bytes += piece

    def _cut(self, length: int, skip: int = 0) -> bytes:
        found = bytes(self._bytes[:length])
        del self._bytes[: length + skip]
        return found

    def until(self, mark: bytes, most: int) -> Generator[None, bytes, bytes]:
        """What stands before the mark, which is passed over.

        Raises:
            Torn: the bytes ended before.
            Unreadable: more than `most` bytes stand before it.
        """
        looked = 0
        while (place := self._bytes.find(mark, looked, most + len(mark))) < 0:
            if self.held > most:
                raise Unreadable(f"a line or head of the answer has more than {most} bytes; is this flyball?")
            looked = max(0, self.held - len(mark))
            yield from self._more()
        return self._cut(place, len(mark))

    def exactly(self, count: int) -> Generator[None, bytes, bytes]:
        """The next `count` bytes.

        Raises:
            Torn: there are fewer.
        """
        while self.held < count:
            yield from self._more()
        return self._cut(count)

    def to_end(self, most: int) -> Generator[None, bytes, bytes]:
        """All that comes until the other side ends.

        Raises:
            Unreadable: that is more than `most` bytes.
        """
        while not self._ended:
            yield from self._more()
            check_size(self.held, most)
        return self._cut(self.held)


def check_size(size: int, most: int) -> None:
    """Refuses a body that is too large.

    >>> check_size(10, 9)
    Traceback (most recent call last):
        ...
    flyball.client.error.Unreadable: the answer has 10 bytes or more; at most 9 are taken: see Options.largest_answer
    """
    if size > most:
        raise Unreadable(f"the answer has {size} bytes or more; at most {most} are taken: see Options.largest_answer")

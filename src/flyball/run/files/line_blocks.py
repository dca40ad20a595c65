"""A file of lines as blocks of whole lines, for readers that go through bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flyball.run.files.byte_stream import ByteStream, FileUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

BLOCK = 1 << 20
"""How many bytes a block has, about; what is read of it stays in the processor's cache."""
LONGEST_LINE = 64 << 20
"""A file with a longer line is refused."""

_BOM = b"\xef\xbb\xbf"


class LineBlock(NamedTuple):
    r"""Some lines of a file; the last line may lack its line feed.

    Args:
        data: the bytes.
        first: the number of the first line in the file, from 1 on.

    >>> LineBlock(b"a\nb", 1).first
    1
    """

    data: bytes
    first: int


def line_blocks(path: str | PathLike[str], *, block: int = BLOCK) -> Iterator[LineBlock]:
    r"""The lines of a file, plain or gzipped, about a megabyte at a time.

    Args:
        path: the file.
        block: how many bytes are read at once.

    Raises:
        FileUnreadable: there is no such file, it cannot be unpacked, or a line is longer than 64 MiB.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_bytes(b"one\ntwo\nthree")
    >>> list(line_blocks(path, block=6))
    [LineBlock(data=b'one\ntwo\n', first=1), LineBlock(data=b'three', first=3)]
    """
    with ByteStream(path) as stream:
        if stream.head(len(_BOM)) == _BOM:
            stream.read(len(_BOM))
        pieces: list[bytes] = []  # of a line that has not ended yet
        waiting, first = 0, 1
        while piece := stream.read(block):
            end = piece.rfind(b"\n") + 1
            if end > 0:
                data = b"".join([*pieces, memoryview(piece)[:end]])
                yield LineBlock(data, first)
                first += data.count(b"\n")
                pieces, waiting = [], 0
            pieces.append(piece[end:])
            waiting += len(piece) - end
            if waiting > LONGEST_LINE:
                raise FileUnreadable(stream.path, "has a line of more than 64 MiB", "check its line breaks")
        if waiting:
            yield LineBlock(b"".join(pieces), first)

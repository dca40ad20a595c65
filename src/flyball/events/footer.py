"""The checksum of a sealed segment's footer: pyarrow trusts a footer, and one that is damaged may end the process.

A Parquet file ends with its footer, the footer's length and `PAR1`. The checksum stands before the footer, where no
reader of Parquet looks: what stands there is found by its offset.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import xxhash

from flyball.events.log import LogDamaged

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_MAGIC = b"PAR1"
_TAIL = 8
"""Bytes of the footer's length and of `PAR1`."""

_CHECKSUM = 8


def protect(file: BinaryIO) -> None:
    r"""Put the checksum before the footer of a Parquet file that was just written.

    >>> import io
    >>> file = io.BytesIO(b"PAR1 pages " + b"footer" + (6).to_bytes(4, "little") + b"PAR1")
    >>> protect(file)
    >>> len(file.getvalue()), file.getvalue()[-14:]
    (33, b'footer\x06\x00\x00\x00PAR1')
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(size - _TAIL)
    start = size - _TAIL - int.from_bytes(file.read(4), "little")
    file.seek(start)
    footer = file.read()
    file.seek(start)
    file.write(xxhash.xxh64_digest(footer) + footer)


def verify(path: Path) -> None:
    """Refuse a file whose footer is not the one that `protect` saw.

    Raises:
        LogDamaged: It is not, or is none.
        OSError: The file cannot be read.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     path = pathlib.Path(name) / "a.parquet"
    ...     with path.open("w+b") as file:
    ...         _ = file.write(b"PAR1 pages " + b"footer" + (6).to_bytes(4, "little") + b"PAR1")
    ...         protect(file)
    ...     verify(path)
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _TAIL, 0))
        tail = file.read()
        start = size - _TAIL - int.from_bytes(tail[:4], "little") - _CHECKSUM
        if tail[4:] == _MAGIC and start > 0:
            file.seek(start)
            checksum, footer = file.read(_CHECKSUM), file.read()
            if xxhash.xxh64_digest(footer) == checksum:
                return
    raise LogDamaged(
        f"{str(path)!r} is no whole segment of flyball's: its footer does not fit the checksum before it; restore it "
        "from a copy of the log, or take it out of the log's directory if another program wrote it"
    )

"""The bytes of a file, unpacked where it is gzipped, in bounded pieces and with errors that say what to do."""

from __future__ import annotations

import gzip
import stat
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from os import PathLike
    from types import TracebackType

_GZIP = b"\x1f\x8b"
_CONTROL = bytes(range(9)) + b"\x0e\x0f"

_FOREIGN = {
    b"PK\x03\x04": ("a zip archive or a spreadsheet", "unpack it, or save the sheet as CSV"),
    b"BZh": ("a bzip2 file", "unpack it with bunzip2"),
    b"\xfd7zXZ": ("an xz file", "unpack it with unxz"),
    b"\x28\xb5\x2f\xfd": ("a Zstandard file", "unpack it with unzstd"),
    b"7z\xbc\xaf": ("a 7-Zip archive", "unpack it"),
    b"SQLite format 3": ("an SQLite database", "export the table as CSV"),
    b"ORC": ("an ORC file", "save it as Parquet"),
    b"Obj\x01": ("an Avro file", "save it as Parquet or JSON lines"),
    b"\x89HDF": ("an HDF5 file", "save the table as Parquet or CSV"),
    b"\x89PNG": ("a picture", "give a table"),
    b"%PDF": ("a PDF document", "give a table"),
    b"\x7fELF": ("a program", "give a table"),
    b"\x80\x04": ("a Python pickle, which is never opened", "save the table as Parquet or CSV"),
    b"\x80\x05": ("a Python pickle, which is never opened", "save the table as Parquet or CSV"),
    b"\xff\xfe": ("text in UTF-16", "convert it with: iconv -f UTF-16 -t UTF-8"),
    b"\xfe\xff": ("text in UTF-16", "convert it with: iconv -f UTF-16 -t UTF-8"),
}
"""First bytes -> what such a file is, and what to do."""


class FileUnreadable(FlyballError):
    """A file cannot be read as a table.

    >>> raise FileUnreadable("clicks.csv", "is empty", "give a file with a header and rows")
    Traceback (most recent call last):
        ...
    flyball.run.files.byte_stream.FileUnreadable: 'clicks.csv' is empty; give a file with a header and rows
    """

    def __init__(self, path: str, fault: str, cure: str) -> None:
        """Keeps the fault and the cure apart."""
        super().__init__(f"{path!r} {fault}; {cure}")
        self.path = path
        self.fault = fault
        self.cure = cure


class ByteStream:
    r"""The unpacked bytes of one file, for one reader at a time, front to back.

    Whether the file is gzipped is told by its first bytes, never by its name. What passes is counted, so that a reader
    can explain what went wrong.

    Args:
        path: an existing file.

    Raises:
        FileUnreadable: there is no such file, it is a directory or a pipe, it may not be read, or it is empty.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_bytes(b"a,b\n1,2\n")
    >>> with ByteStream(path) as stream:
    ...     stream.head(3), stream.read()
    (b'a,b', b'a,b\n1,2\n')
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        """Opens the file and looks at its first bytes."""
        self.path = str(path)
        self.quotes = 0
        self.taken = 0
        self._ahead = b""
        self._raw = _opened(self.path)
        magic = self._raw.read(2)
        self._raw.seek(0)
        if not magic:
            self._raw.close()
            raise FileUnreadable(self.path, "is empty", "give a file with a header and rows")
        self.gzipped = magic == _GZIP
        self._bytes: IO[bytes] | gzip.GzipFile = gzip.GzipFile(fileobj=self._raw) if self.gzipped else self._raw

    def head(self, size: int) -> bytes:
        """The first bytes (at most `size`), without consuming them; only before the first `read`."""
        while len(self._ahead) < size:
            piece = self._pull(size - len(self._ahead))
            if not piece:
                break
            self._ahead += piece
        return self._ahead[:size]

    def read(self, size: int = -1) -> bytes:
        """The next bytes: at most `size`, all for -1; empty at the end.

        Raises:
            FileUnreadable: the gzip data end early or are damaged.
        """
        if size < 0:
            data = self._ahead + self._pull(-1)
            self._ahead = b""
        elif self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            data = self._pull(size)
        self.quotes += data.count(b'"')
        self.taken += len(data)
        return data

    def _pull(self, size: int) -> bytes:
        try:
            return self._bytes.read(size)
        except EOFError as error:
            raise FileUnreadable(self.path, "ends in the middle of its gzip data", "copy or write it again") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise FileUnreadable(self.path, f"holds damaged gzip data ({error})", "copy or write it again") from error
        except OSError as error:
            raise FileUnreadable(self.path, f"cannot be read ({error.strerror})", "check the disk") from error

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        return self._raw.closed

    def close(self) -> None:
        """Closes the file."""
        self._bytes.close()
        self._raw.close()

    def __enter__(self) -> Self:
        """The stream itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the file."""
        self.close()


def refuse_foreign(path: str, head: bytes) -> None:
    r"""Refuses what is no text, by its first bytes.

    Args:
        path: the file's name, for the message.
        head: the first unpacked bytes.

    Raises:
        FileUnreadable: the bytes are those of a known binary format, or hold control characters.

    >>> refuse_foreign("a.csv", b"PK\x03\x04")
    Traceback (most recent call last):
        ...
    flyball.run.files.byte_stream.FileUnreadable: 'a.csv' is a zip archive or a spreadsheet; unpack it, ...
    """
    for magic, (what, cure) in _FOREIGN.items():
        if head.startswith(magic):
            raise FileUnreadable(path, f"is {what}", cure)
    if len(head.translate(None, _CONTROL)) < len(head):
        raise FileUnreadable(
            path, "is not text", "give CSV, TSV, JSON lines or Parquet, or what else docs/formats.md names"
        )


def _opened(path: str) -> IO[bytes]:
    place = Path(path)
    try:
        kind = place.stat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):  # whoever opens a pipe waits for its other end
            raise FileUnreadable(path, "is no ordinary file", "write it to a file first: it is read more than once")
        return place.open("rb")
    except FileNotFoundError as error:
        raise FileUnreadable(path, "does not exist", "check the name and the folder") from error
    except IsADirectoryError as error:
        raise FileUnreadable(path, "is a directory", "give one file") from error
    except PermissionError as error:
        raise FileUnreadable(path, "may not be read", "check its permissions") from error
    except (OSError, ValueError) as error:
        raise FileUnreadable(path, f"cannot be opened ({error})", "check the name") from error

"""Where a file stops being UTF-8."""

from __future__ import annotations

import codecs

from flyball.run.files.byte_stream import ByteStream, FileUnreadable

_PIECE = 1 << 20


def not_utf8(path: str) -> FileUnreadable:
    r"""What to raise of a file that is not UTF-8: names the first byte that is not, which Arrow does not tell.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_bytes(b"a\n\xe4\n")
    >>> not_utf8(str(path)).fault
    'is not UTF-8 (byte 0xe4 in line 2)'
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    with ByteStream(path) as stream:
        while True:
            piece = stream.read(_PIECE)
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                lines += error.object[: error.start].count(b"\n")
                byte = error.object[error.start]
                cure = "if it is Western European, convert it with: iconv -f WINDOWS-1252 -t UTF-8"
                return FileUnreadable(path, f"is not UTF-8 (byte 0x{byte:02x} in line {lines:,})", cure)
            lines += piece.count(b"\n")
            if not piece:
                return FileUnreadable(path, "is not UTF-8", "convert it with iconv")

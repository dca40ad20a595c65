"""Text columns of a Parquet file, read as they are stored: a dictionary and codes, and no value for any row.

Where the writer gave its dictionary up, or made none, texts stand in the pages themselves: these lengthen the
dictionary. pyarrow reads dictionaries too, but enters every text of every row group's dictionary into a hash table of
its own to do so (measured: 7 ns a value, against 1.5 here). What is not stored in these plain ways is left to pyarrow.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import pyarrow as pa

from flyball.run.files.parquet_footer import (
    CHUNK_FIELDS,
    CODEC,
    DATA_PLACE,
    DICTIONARY_PLACE,
    SIZE,
    TYPE,
    VALUES,
    column_chunks,
)
from flyball.run.files.parquet_page import (
    ABSENT,
    DAMAGED,
    FIELDS,
    WIDEST,
    all_present,
    mark_used,
    page_header,
    spread_out,
    unpack,
    varint,
)
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Data = NDArray[np.uint8]
    Codes = NDArray[np.int32]
    Fields = NDArray[np.int64]
    Codec = Literal["snappy", "gzip", "brotli", "zstd"]

BYTE_ARRAY = 6
"""The physical type of texts (parquet.thrift, Type)."""
DATA_PAGE, DICTIONARY_PAGE = 0, 2
"""Kinds of pages (parquet.thrift, PageType)."""
PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY = 0, 2, 3, 8
"""Encodings (parquet.thrift, Encoding)."""
LARGEST_PAGE = 1 << 31
"""In bytes: the format counts them in 32 bits."""
CODECS: dict[int, Any] = {0: "uncompressed", 1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd"}
"""By their numbers (parquet.thrift, CompressionCodec)."""
TAIL = 8
"""A file ends with its footer's length in 4 bytes, and 'PAR1'."""


class StoredOtherwise(FlyballError):
    """A column of a row group is not stored as texts, or codes of a dictionary of texts; pyarrow reads it."""


class Bytes(Protocol):
    """A file that is open for reading."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Goes to a place, counted from the beginning (0) or the end (2)."""

    def readinto(self, buffer: bytearray | memoryview, /) -> int | None:
        """Fills a buffer; how much of it was filled."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One column of one row group; its codes are where the caller wanted them.

    Args:
        texts: the dictionary in parts: how many texts, and these, each after its length in 4 bytes.
        used: shape (words,), the marks of each text: `flyball.run.files.parquet_page.mark_used`.
        missing: the marks of the missing value.
        repeats: whether a text may well stand in it twice.

    >>> Chunk([(1, np.zeros(4, np.uint8))], np.array([2], np.uint8), missing=0, repeats=False).missing
    0
    """

    texts: Sequence[tuple[int, Data]]
    used: Data
    missing: int
    repeats: bool


def stored_chunks(file: Bytes, groups: int, columns: int) -> Fields:
    """Where the columns of a file's row groups lie, shape (groups, columns, CHUNK_FIELDS).

    The fields are those of `flyball.run.files.parquet_footer`. What the footer does not say, or says of places
    outside the file, is ABSENT.

    >>> from pyarrow import parquet
    >>> stored = io.BytesIO()
    >>> parquet.write_table(pa.table({"to": ["SFO", "LAX"]}), stored)
    >>> stored_chunks(stored, 1, 1)[0, 0, [TYPE, CODEC, VALUES]].tolist()
    [6, 1, 2]
    """
    chunks = np.full((groups, columns, CHUNK_FIELDS), ABSENT, dtype=np.int64)
    whole, tail = file.seek(0, io.SEEK_END), bytearray(TAIL)
    file.seek(max(whole - TAIL, 0))
    file.readinto(tail)
    footer = bytearray(min(int.from_bytes(tail[:4], "little"), max(whole - TAIL, 0)))
    file.seek(max(whole - TAIL, 0) - len(footer))
    if file.readinto(footer) != len(footer) or not column_chunks(np.frombuffer(footer, dtype=np.uint8), chunks):
        chunks[:] = ABSENT
    begin, size = _begin_of(chunks), chunks[..., SIZE]
    chunks[(begin < 0) | (size < 0) | (size > whole - begin)] = ABSENT
    return chunks


def _begin_of(chunks: Fields) -> Fields:
    """Where chunks begin: with their dictionary, if they have one."""
    dictionary, data = chunks[..., DICTIONARY_PLACE], chunks[..., DATA_PLACE]
    return np.where((dictionary > 0) & (dictionary < data), dictionary, data)


def read_chunk(file: Bytes, stored: Fields, codes: Codes, known: Data, room: bytearray, *, nullable: bool) -> Chunk:
    """Reads the codes of one column of one row group.

    Args:
        file: the whole file.
        stored: shape (CHUNK_FIELDS,), where the column lies in it: of `stored_chunks`.
        codes: shape (rows,), gets the place of each row's text in the dictionary, -1 where it is missing.
        known: shape (rows,), 1 where there is a label, else 0; shape (0,) if there is one everywhere.
        room: at least `stored[SIZE]` bytes; the chunk's texts may lie in it.
        nullable: whether values may be missing; the column is not nested.

    Raises:
        StoredOtherwise: it is stored in another way, or damaged.

    >>> from pyarrow import parquet
    >>> file, codes, known = io.BytesIO(), np.empty(4, np.int32), np.array([1, 1, 1, 0], np.uint8)
    >>> parquet.write_table(pa.table({"to": ["SFO", "LAX", None, "SFO"]}), file)
    >>> stored = stored_chunks(file, 1, 1)[0, 0]
    >>> read_chunk(file, stored, codes, known, bytearray(stored[SIZE]), nullable=True).used.tolist(), codes.tolist()
    ([3, 2], [0, 1, -1, 0])
    """
    if stored[TYPE] != BYTE_ARRAY or stored[CODEC] not in CODECS or stored[VALUES] != len(codes):
        raise StoredOtherwise(
            f"the column is {stored[VALUES]} values of type {stored[TYPE]}, compressed by codec {stored[CODEC]}; "
            f"{len(codes)} of type {BYTE_ARRAY} are read here, of codecs {', '.join(map(str, CODECS))}"
        )
    try:
        return _Column(codes, nullable=nullable).read(_Pages(file, stored, room), known)
    except (ValueError, OSError) as error:
        raise StoredOtherwise(f"a page is damaged: {error}") from error


class _Column:
    """The column as far as it has been read."""

    def __init__(self, codes: Codes, *, nullable: bool) -> None:
        self._codes, self._nullable = codes, nullable
        self._done, self._words = 0, 0
        self._texts: list[tuple[int, Data]] = []
        self._stored = 0
        self._repeats = False

    def read(self, pages: _Pages, known: Data) -> Chunk:
        """Reads all pages."""
        while self._done < len(self._codes):
            header, data = pages.next()
            if header[1] == DICTIONARY_PAGE and header[72] in (PLAIN, PLAIN_DICTIONARY) and not self._texts:
                self._dictionary(header[71], data)
            elif header[1] == DATA_PAGE and header[52] in (PLAIN, PLAIN_DICTIONARY, RLE_DICTIONARY):
                self._page(header, data)
            else:
                raise StoredOtherwise("a page is neither a plain dictionary, nor codes of one, nor plain texts")
        used = np.zeros(self._words, dtype=np.uint8)
        missing = mark_used(self._codes, known, used)
        if missing == DAMAGED:
            raise outside()
        return Chunk(self._texts, used, missing, self._repeats)

    def _dictionary(self, words: int, data: Data) -> None:
        if not 0 <= words <= len(data):
            raise StoredOtherwise(f"a dictionary of {words} texts has {len(data)} bytes")
        self._texts.append((words, data))
        self._words = self._stored = words

    def _page(self, header: list[int], data: Data) -> None:
        """Where values may be missing, run lengths of 0 and 1 come first, after their size."""
        count = header[51]
        if not 0 < count <= len(self._codes) - self._done or (self._nullable and header[53] != RLE):
            raise StoredOtherwise("a page has more rows than its row group, or levels that are not run lengths")
        codes = self._codes[self._done : self._done + count]
        at, levels = _levels(data, count) if self._nullable else (0, None)
        present = codes if levels is None else codes[: int(levels.sum())]
        if header[52] == PLAIN:
            self._plain(present, data[at:])
        elif len(present) > 0:
            width = int(data[at]) if at < len(data) else WIDEST + 1
            if width > WIDEST or unpack(data, at + 1, width, present) == DAMAGED:
                raise StoredOtherwise("the codes of a page are damaged")
            if self._repeats and present.max() >= self._stored:
                raise outside()
        if levels is not None:
            spread_out(levels, codes)
        self._done += count

    def _plain(self, codes: Codes, data: Data) -> None:
        """Texts of a page lengthen the dictionary, each with a code of its own."""
        if not self._repeats and self._done > 0 and self._codes[: self._done].max() >= self._stored:
            raise outside()
        codes[:] = np.arange(self._words, self._words + len(codes))
        self._texts.append((len(codes), data))
        self._words += len(codes)
        self._repeats = True


def outside() -> StoredOtherwise:
    """The error for a code that means nothing.

    >>> print(outside())
    a code lies outside its dictionary
    """
    return StoredOtherwise("a code lies outside its dictionary")


def _levels(data: Data, count: int) -> tuple[int, Codes | None]:
    """Where the levels of a page end, and which of its rows have a value; `None` if all have."""
    end = 4 + int.from_bytes(data[:4].tobytes(), "little")
    if all_present(data, 4, count):
        return end, None
    levels = np.empty(count, dtype=np.int32)
    if end > len(data) or unpack(data[:end], 4, 1, levels) == DAMAGED:
        raise StoredOtherwise("the levels of a page are damaged")
    return end, levels


class _Pages:
    """The pages of one column of one row group."""

    def __init__(self, file: Bytes, stored: Fields, room: bytearray) -> None:
        view = memoryview(room)[: stored[SIZE]]
        file.seek(int(_begin_of(stored)))
        if file.readinto(view) != len(view):
            raise StoredOtherwise("the file ends within the column")
        self._data = np.frombuffer(view, dtype=np.uint8)
        self._codec = CODECS[int(stored[CODEC])]
        self._fields = np.empty(FIELDS, dtype=np.int64)
        self._at = 0

    def next(self) -> tuple[list[int], Data]:
        """The fields of the next page's header, where `page_header` puts them, and its bytes."""
        begin = page_header(self._data, self._at, self._fields)
        header = self._fields.tolist()
        self._at = begin + header[3]
        if begin == DAMAGED or not begin <= self._at <= len(self._data):
            raise StoredOtherwise("a page's header is damaged, or its page ends beyond the column")
        body = self._data[begin : self._at]
        if header[1] not in (DATA_PAGE, DICTIONARY_PAGE):
            raise StoredOtherwise(f"a page is of kind {header[1]}; {DATA_PAGE} and {DICTIONARY_PAGE} are read here")
        if not 0 <= header[2] <= LARGEST_PAGE:
            raise StoredOtherwise(f"a page is said to have {header[2]:,} bytes")
        plain = body if self._codec == "uncompressed" else _decompressed(self._codec, body, header[2])
        if len(plain) != header[2]:
            raise StoredOtherwise(f"a page has other than the {header[2]:,} bytes that it is said to have")
        return header, plain


def _decompressed(codec: Codec, body: Data, size: int) -> Data:
    """The bytes of a page, at most one more than `size`; that there are fewer must not pass unseen."""
    plain: Any
    if codec in ("gzip", "brotli"):
        # At once they do not say how much they gave, and leave the rest as it was.
        with pa.CompressedInputStream(pa.BufferReader(body.data), codec) as stream:
            plain = stream.read(size + 1)
    elif codec == "snappy" and varint(body, 0)[0] != size:
        return body[:0]
    else:
        plain = pa.Codec(codec).decompress(body.data, size)
    return np.frombuffer(plain, dtype=np.uint8)

"""Dictionary columns of a Parquet file, read as they are stored: codes and a dictionary, and no value for any row.

pyarrow reads dictionaries too, but enters every text of every row group's dictionary into a hash table of its own to do
so (measured: 7 ns a value, against 1.5 here). Whatever is not stored in this one plain way is left to pyarrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from flyball.learn.packed import DAMAGED, FIELDS, WIDEST, all_present, mark_used, page_header, spread_out, unpack
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyarrow import parquet

    Data = NDArray[np.uint8]
    Codes = NDArray[np.int32]

DATA_PAGE, DICTIONARY_PAGE = 0, 2
"""Kinds of pages (parquet.thrift, PageType)."""
PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY = 0, 2, 3, 8
"""Encodings (parquet.thrift, Encoding)."""
LARGEST_PAGE = 1 << 31
"""In bytes: the format counts them in 32 bits."""
CODECS: dict[str, Any] = {"UNCOMPRESSED": None, "SNAPPY": "snappy", "GZIP": "gzip", "BROTLI": "brotli", "ZSTD": "zstd"}


class StoredOtherwise(FlyballError):
    """A column of a row group is not stored as one dictionary of texts and codes; pyarrow reads it."""


class Bytes(Protocol):
    """A file that is open for reading."""

    def seek(self, offset: int, /) -> int:
        """Goes to a place."""

    def readinto(self, buffer: bytearray | memoryview, /) -> int | None:
        """Fills a buffer; how much of it was filled."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One column of one row group; its codes are where the caller wanted them.

    Args:
        texts: the dictionary, each text after its length in 4 bytes.
        used: shape (words,), the marks of each text: `flyball.learn.packed.mark_used`.
        missing: the marks of the missing value.

    >>> Chunk(np.zeros(4, np.uint8), np.array([2], np.uint8), missing=0).missing
    0
    """

    texts: Data
    used: Data
    missing: int


def read_chunk(
    file: Bytes, meta: parquet.ColumnChunkMetaData, codes: Codes, known: Data, room: bytearray, *, nullable: bool
) -> Chunk:
    """Reads the codes of one column of one row group.

    Args:
        file: the whole file.
        meta: where the column stands in it.
        codes: shape (rows,), gets the place of each row's text in the dictionary, -1 where it is missing.
        known: shape (rows,), 1 where there is a label, else 0; shape (0,) if there is one everywhere.
        room: at least `meta.total_compressed_size` bytes; the chunk's texts may lie in it.
        nullable: whether values may be missing; the column is not nested.

    Raises:
        StoredOtherwise: it is stored in another way, or damaged.

    >>> import io
    >>> from pyarrow import parquet
    >>> stored = io.BytesIO()
    >>> parquet.write_table(pa.table({"to": ["SFO", "LAX", None, "SFO"]}), stored)
    >>> meta, codes = parquet.ParquetFile(stored).metadata.row_group(0).column(0), np.empty(4, np.int32)
    >>> room, known = bytearray(meta.total_compressed_size), np.array([1, 1, 1, 0], np.uint8)
    >>> read_chunk(stored, meta, codes, known, room, nullable=True).used.tolist(), codes.tolist()
    ([3, 2], [0, 1, -1, 0])
    """
    if meta.physical_type != "BYTE_ARRAY" or meta.compression not in CODECS:
        raise StoredOtherwise(f"the column is {meta.physical_type}, compressed by {meta.compression}")
    try:
        return _read_pages(_Pages(file, meta, room), codes, known, nullable=nullable)
    except (ValueError, OSError) as error:
        raise StoredOtherwise(f"a page is damaged: {error}") from error


def _read_pages(pages: _Pages, codes: Codes, known: Data, *, nullable: bool) -> Chunk:
    done, texts, words = 0, None, 0
    while done < len(codes):
        header, data = pages.next()
        if header[1] == DICTIONARY_PAGE and header[72] in (PLAIN, PLAIN_DICTIONARY) and 0 <= header[71] <= len(data):
            texts, words = data, header[71]
        elif header[1] == DATA_PAGE and header[52] in (PLAIN_DICTIONARY, RLE_DICTIONARY):
            count = header[51]
            if not 0 < count <= len(codes) - done or (nullable and header[53] != RLE):
                raise StoredOtherwise("a page has more rows than its row group, or levels that are not run lengths")
            _read_page(data, codes[done : done + count], nullable=nullable)
            done += count
        else:
            raise StoredOtherwise("a page is neither a plain dictionary nor codes of one")
    used = np.zeros(words, dtype=np.uint8)
    missing = mark_used(codes, known, used)
    if texts is None or missing == DAMAGED:
        raise StoredOtherwise("a code lies outside its dictionary")
    return Chunk(texts, used, missing)


class _Pages:
    """The pages of one column of one row group."""

    def __init__(self, file: Bytes, meta: parquet.ColumnChunkMetaData, room: bytearray) -> None:
        first = meta.data_page_offset
        if meta.dictionary_page_offset:
            first = min(first, meta.dictionary_page_offset)
        view = memoryview(room)[: meta.total_compressed_size]
        file.seek(first)
        if file.readinto(view) != len(view):
            raise StoredOtherwise("the file ends within the column")
        self._data = np.frombuffer(view, dtype=np.uint8)
        codec = CODECS[meta.compression]
        self._codec = None if codec is None else pa.Codec(codec)
        self._fields = np.empty(FIELDS, dtype=np.int64)
        self._at = 0

    def next(self) -> tuple[list[int], Data]:
        """The fields of the next page's header, where `flyball.learn.packed.page_header` puts them, and its bytes."""
        begin = page_header(self._data, self._at, self._fields)
        header = self._fields.tolist()
        self._at = begin + header[3]
        if begin == DAMAGED or not begin <= self._at <= len(self._data):
            raise StoredOtherwise("a page's header is damaged, or its page ends beyond the column")
        body = self._data[begin : self._at]
        if self._codec is None:
            return header, body
        if not 0 <= header[2] <= LARGEST_PAGE:
            raise StoredOtherwise(f"a page is said to have {header[2]:,} bytes")
        plain: Any = self._codec.decompress(body.data, header[2])
        return header, np.frombuffer(plain, dtype=np.uint8)


def _read_page(data: Data, codes: Codes, *, nullable: bool) -> None:
    """The codes of one page: where values may be missing, run lengths of 0 and 1 come first, after their size."""
    at, present, levels = 0, len(codes), None
    if nullable:
        at = 4 + int.from_bytes(data[:4].tobytes(), "little")
        if not all_present(data, 4, len(codes)):
            levels = np.empty(len(codes), dtype=np.int32)
            if at > len(data) or unpack(data[:at], 4, 1, levels) == DAMAGED:
                raise StoredOtherwise("the levels of a page are damaged")
            present = int(levels.sum())
    width = int(data[at]) if at < len(data) else WIDEST + 1
    if present > 0 and (width > WIDEST or unpack(data, at + 1, width, codes[:present]) == DAMAGED):
        raise StoredOtherwise("the codes of a page are damaged")
    if levels is not None and present < len(codes):
        spread_out(levels, codes)

"""The checksum of a sealed segment's footer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from flyball.events import footer
from flyball.events.log import LogDamaged
from flyball.events.sealed import ParquetArchive
from flyball.events.segment import rows
from tests.unit.events.log_records import outcomes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A sealed segment."""
    path = tmp_path / "a.parquet"
    with path.open("w+b") as file:
        ParquetArchive().write(file, rows(outcomes(1, 20), 0, None))
    return path


def test_a_bit_that_has_turned_is_found_wherever_it_stands(sealed: Path) -> None:
    """In the checksum, the footer, its length or the last letters."""
    footer.verify(sealed)
    data = sealed.read_bytes()
    length = pq.read_metadata(sealed).serialized_size
    for back in range(1, 8 + length + 8 + 1):
        spoilt = bytearray(data)
        spoilt[-back] ^= 1 << back % 8
        sealed.write_bytes(spoilt)
        with pytest.raises(LogDamaged, match=r"a.parquet' is no whole segment of flyball's: its footer does not fit"):
            footer.verify(sealed)


def test_what_stands_before_the_checksum_is_left_to_the_pages(sealed: Path) -> None:
    """They have checksums of their own."""
    data = sealed.read_bytes()
    before = len(data) - 8 - pq.read_metadata(sealed).serialized_size - 8
    sealed.write_bytes(bytes(before) + data[before:])

    footer.verify(sealed)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"\xff\xff\xff\xffPAR1", b"PAR1" + bytes(8) + b"PAR1"], ids=len)
def test_a_file_without_a_footer_is_refused(tmp_path: Path, data: bytes) -> None:
    """However short."""
    path = tmp_path / "a.parquet"
    path.write_bytes(data)

    with pytest.raises(LogDamaged, match="or take it out of the log's directory if another program wrote it"):
        footer.verify(path)


def test_a_file_that_cannot_be_read_is_not_called_damaged(tmp_path: Path) -> None:
    """It may be whole."""
    with pytest.raises(IsADirectoryError, match=os.strerror(21)):
        footer.verify(tmp_path)

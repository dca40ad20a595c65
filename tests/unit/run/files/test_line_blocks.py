"""Blocks hold whole lines, all of them, whatever is read at once."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.run.files import line_blocks as module
from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.line_blocks import line_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Written = Callable[..., str]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file, written anew for each example."""
    return tmp_path_factory.mktemp("blocks") / "lines"


@given(
    data=st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"\xff", b"bc"]), min_size=1, max_size=40).map(b"".join),
    block=st.integers(1, 12),
    mark=st.booleans(),
    gzipped=st.booleans(),
)
def test_the_blocks_together_are_the_file(path: Path, data: bytes, block: int, *, mark: bool, gzipped: bool) -> None:
    """Each begins with a line, whose number it tells; a mark of the byte order is left out."""
    whole = (b"\xef\xbb\xbf" if mark else b"") + data
    path.write_bytes(gzip.compress(whole) if gzipped else whole)

    blocks = list(line_blocks(path, block=block))

    assert b"".join(each.data for each in blocks) == data
    assert all(each.data.endswith(b"\n") for each in blocks[:-1])
    before = [b"".join(each.data for each in blocks[:place]) for place in range(len(blocks))]
    assert [each.first for each in blocks] == [1 + text.count(b"\n") for text in before]


def test_a_line_that_is_too_long_is_refused(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory."""
    monkeypatch.setattr(module, "LONGEST_LINE", 100)
    path = written("a", "short\n" + "x" * 1_000)

    with pytest.raises(FileUnreadable, match="has a line of more than 64 MiB; check its line breaks"):
        list(line_blocks(path, block=30))

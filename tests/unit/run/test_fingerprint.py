"""Fingerprints of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.run.fingerprint import file_fingerprint

if TYPE_CHECKING:
    from pathlib import Path


def test_the_same_contents_read_in_the_same_way_are_the_same(tmp_path: Path) -> None:
    """Whatever the file is called."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"a,b")
    two.write_bytes(b"a,b")

    assert file_fingerprint(one, {"tz": "UTC", "n": None}) == file_fingerprint(two, {"n": None, "tz": "UTC"})


def test_other_contents_or_another_reading_is_another(tmp_path: Path) -> None:
    """An interrupted replay must not go on with either."""
    path = tmp_path / "one"
    path.write_bytes(b"a,b")
    seen = {file_fingerprint(path, {"tz": "UTC"}), file_fingerprint(path, {"tz": None})}
    path.write_bytes(b"a,c")
    seen.add(file_fingerprint(path, {"tz": "UTC"}))

    assert len(seen) == 3

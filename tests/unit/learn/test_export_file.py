"""The file of an export: damaged, foreign and newer ones are refused, and none is left half written."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
import xxhash

from flyball.learn.export import export_weights
from flyball.learn.export_file import (
    FORMAT,
    HASH,
    MAGIC,
    ExportDamaged,
    ExportForeign,
    ExportFull,
    Header,
    read_file,
    write_file,
)
from flyball.learn.exported import Exported
from tests.unit.learn.export_made import about
from tests.unit.learn.gate_rows import some_keys

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

HEADER = Header(FORMAT, HASH, "ads", "ctr", 3, "d" * 64, "{}", "logistic", 1.0, [[0.1, 1.0, 0.0, 0.0]])


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A file with lines, and two keys that are kept whole."""
    path = tmp_path / "ctr.export"
    weights = np.random.default_rng(1).normal(size=(200, 1))
    weights[:2] = 7.5
    export_weights(path, about(learned_through=41), some_keys(200), weights)
    return path


def test_an_export_says_what_it_is_of(export: Path) -> None:
    """All that is needed to serve it, and to refuse it."""
    header, parts = read_file(export)

    assert (header.system, header.model, header.version) == ("ads", "ctr", 3)
    assert (header.definition, header.document, header.hash) == ("d" * 64, "{}", HASH)
    assert (header.loss, header.scale, header.hyper) == ("logistic", 1.0, [[1.0] * 4])
    assert (header.learned_through, header.seed, header.wide) == (41, 41, 2)
    assert [len(part) for part in parts] == list(header.sizes)
    assert export.stat().st_size % 4 == 0


def test_any_byte_that_changes_is_found(export: Path) -> None:
    """Every one of the file, one after the other."""
    whole = export.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        export.write_bytes(changed)
        with pytest.raises(
            (ExportDamaged, ExportForeign), match=r"is damaged: .*; copy it again|is no export of a model"
        ):
            read_file(export)


def test_any_cut_is_found(export: Path) -> None:
    """Wherever a copy broke off, and where something was added."""
    whole = export.read_bytes()
    for size in (0, 3, len(MAGIC), len(MAGIC) + 10, 100, 600, len(whole) - 1):
        export.write_bytes(whole[:size])
        with pytest.raises(
            (ExportDamaged, ExportForeign), match=r"is damaged: .*; copy it again|is no export of a model"
        ):
            read_file(export)
    export.write_bytes(whole + b"0")
    with pytest.raises(ExportDamaged, match=r"it has [\d,]+ bytes, and should have [\d,]+"):
        read_file(export)


def test_without_the_check_only_the_header_is_read(export: Path) -> None:
    """For whoever maps gigabytes again and again."""
    changed = bytearray(export.read_bytes())
    changed[-1] ^= 1
    export.write_bytes(changed)

    assert read_file(export, check=False)[0].model == "ctr"
    with pytest.raises(ExportDamaged, match="its contents do not match their checksum"):
        read_file(export)


def rewritten(path: Path, fields: list[object]) -> None:
    """A file with a sound checksum and this header."""
    text = msgspec.msgpack.encode(fields)
    path.write_bytes(MAGIC + len(text).to_bytes(8, "little") + xxhash.xxh64_digest(text) + text)


def test_a_newer_export_is_refused(tmp_path: Path) -> None:
    """Whatever else its header holds."""
    rewritten(tmp_path / "m", [FORMAT + 1, "what", "is", "to", "come"])
    with pytest.raises(ExportForeign, match=r"has format 2, this flyball reads up to 1; install a newer flyball"):
        read_file(tmp_path / "m")


def test_an_export_of_other_keys_is_refused(tmp_path: Path) -> None:
    """None of its coefficients would be found."""
    rewritten(tmp_path / "m", [*msgspec.structs.astuple(HEADER)[:1], "sha1", *msgspec.structs.astuple(HEADER)[2:]])
    with pytest.raises(ExportForeign, match="has keys made by 'sha1', this flyball makes them by 'xxh64-1'"):
        read_file(tmp_path / "m")


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    """A text, and a folder's worth of nothing."""
    (tmp_path / "m").write_text("hour,late\n1,0\n" * 10, encoding="utf-8")
    with pytest.raises(ExportForeign, match="is no export of a model; give a file that `flyball model export` wrote"):
        read_file(tmp_path / "m")


def test_another_definition_or_an_unknown_loss_is_refused(export: Path, tmp_path: Path) -> None:
    """What is served must be what was meant."""
    assert Exported.open(export, definition="d" * 64).header.version == 3
    with pytest.raises(
        ExportForeign, match=r"was exported from definition d{16}, and e{16} is wanted; export the model"
    ):
        Exported.open(export, definition="e" * 64)
    write_file(tmp_path / "m", msgspec.structs.replace(HEADER, loss="hinge"), [])
    with pytest.raises(ExportForeign, match="has the loss 'hinge', this flyball knows logistic, squared, poisson"):
        Exported.open(tmp_path / "m")


def test_a_disk_that_takes_no_more_leaves_the_file_that_was_there(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing half written beside it."""
    before = export.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ExportFull, match="could not be written: No space left on device; make space"):
        export_weights(export, about(), some_keys(10), np.ones((10, 1)))
    assert export.read_bytes() == before
    assert [path.name for path in export.parent.iterdir()] == ["ctr.export"]

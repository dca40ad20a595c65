"""Checkpoints: written whole or not at all, and found damaged where they are."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
import xxhash

from flyball.learn.checkpoint import Checkpoint, CheckpointStore
from flyball.learn.checkpoint_file import (
    FORMAT,
    MAGIC,
    CheckpointDamaged,
    CheckpointForeign,
    CheckpointSuperseded,
    Header,
)

if TYPE_CHECKING:
    from pathlib import Path

FILLS_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from flyball.learn.checkpoint import Checkpoint, CheckpointStore
from flyball.learn.checkpoint_file import CheckpointFull
store = CheckpointStore(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    store.save(Checkpoint(seq=9, parts={"big": bytes(5000)}), after=int(sys.argv[2]))
except CheckpointFull as error:
    print(error)
"""


DIES = FILLS_THE_DISK.replace("resource.setrlimit", "signal.signal(signal.SIGXFSZ, signal.SIG_DFL); resource.setrlimit")
"""The same, but where the disk ends the process does: half of the file is written then."""


def entries(*keys: int, pair: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Keys, and for key k the pair k + `pair`."""
    return np.array(keys, np.uint64), np.array([key + pair for key in keys], np.uint64)


def told(checkpoint: Checkpoint | None) -> tuple[int, dict[str, dict[int, int]], dict[str, bytes]]:
    """What it says, by key; of a key that comes twice the last holds."""
    assert checkpoint is not None
    tables = {
        name: dict(zip(keys.tolist(), pairs.tolist(), strict=True)) for name, (keys, pairs) in checkpoint.tables.items()
    }
    return checkpoint.seq, tables, dict(checkpoint.parts)


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    """A directory with a base and a delta."""
    store = CheckpointStore(tmp_path / "checkpoint")
    store.save(Checkpoint(seq=5, tables={"a": entries(1, 2)}, parts={"joiner": b"five"}), after=0)
    store.save(Checkpoint(seq=8, tables={"a": entries(2, 3, pair=10)}, parts={"joiner": b"eight"}), after=5)
    return store


BASE = (5, {"a": {1: 1, 2: 2}}, {"joiner": b"five"})
BOTH = (8, {"a": {1: 1, 2: 12, 3: 13}}, {"joiner": b"eight"})


def test_a_base_and_its_deltas_give_the_newest_state(store: CheckpointStore) -> None:
    """Coefficients of all, everything small of the last."""
    assert told(store.load()) == BOTH


def test_an_empty_directory_holds_no_state(tmp_path: Path) -> None:
    """And is made if it is not there."""
    assert CheckpointStore(tmp_path / "new" / "checkpoint").load() is None
    assert (tmp_path / "new" / "checkpoint").is_dir()


def test_tables_and_parts_may_be_empty_or_none(tmp_path: Path) -> None:
    """A model that learned nothing yet, a delta without changes."""
    store = CheckpointStore(tmp_path)
    store.save(Checkpoint(seq=1, tables={"a": entries(), "b": entries(7)}, parts={"": b"", "x": b"x"}), after=0)

    assert told(store.load()) == (1, {"a": {}, "b": {7: 7}}, {"": b"", "x": b"x"})


def test_a_table_that_begins_in_a_delta_is_there(store: CheckpointStore) -> None:
    """A model that was added later."""
    store.save(Checkpoint(seq=9, tables={"new": entries(4)}), after=8)

    assert told(store.load())[1] == {**BOTH[1], "new": {4: 4}}


def test_a_new_base_drops_what_it_replaces(store: CheckpointStore) -> None:
    """And what a crash left half-written."""
    (store.directory / "base-00000000000000000007.new").write_bytes(b"half")
    store.save(Checkpoint(seq=9, tables={"a": entries(1)}), after=0)

    assert [path.name for path in store.directory.iterdir()] == ["base-00000000000000000009"]
    assert told(store.load()) == (9, {"a": {1: 1}}, {})


def test_files_of_others_are_left_alone(store: CheckpointStore) -> None:
    """A note that somebody put there is neither read nor removed."""
    for name in ("README", "base-old", ".hidden"):
        (store.directory / name).write_text("mine")
    store.save(Checkpoint(seq=9), after=0)

    assert told(store.load())[0] == 9
    assert {path.name for path in store.directory.iterdir()} == {
        "README", "base-old", ".hidden", "base-00000000000000000009"
    }  # fmt: skip  # a set of names


def test_a_delta_that_follows_on_nothing_is_not_used(store: CheckpointStore) -> None:
    """After a gap the state before it holds; the log has the rest."""
    store.save(Checkpoint(seq=20), after=15)
    assert told(store.load()) == BOTH

    (store.directory / "delta-00000000000000000008-00000000000000000005").unlink()
    assert told(store.load()) == BASE


def test_sizes_are_those_of_the_base_and_of_the_deltas_together(store: CheckpointStore) -> None:
    """When the deltas outgrow the base, the next checkpoint is a base."""
    base, delta = sorted(store.directory.iterdir())
    assert store.sizes() == (base.stat().st_size, delta.stat().st_size)


def test_a_crash_before_the_rename_leaves_the_state_before(store: CheckpointStore) -> None:
    """The half-written file is beside its place, and never read."""
    for seq in (9, 10):
        (store.directory / f"delta-{seq:020d}-{8:020d}.new").write_bytes(MAGIC + b"half")
    (store.directory / f"base-{9:020d}.new").write_bytes(b"")

    assert told(store.load()) == BOTH


def test_a_crash_between_a_base_and_the_removal_of_the_old_files_loses_nothing(store: CheckpointStore) -> None:
    """Then both are there, and the newest base holds."""
    kept = {path: path.read_bytes() for path in store.directory.iterdir()}
    store.save(Checkpoint(seq=8, tables={"a": entries(1)}), after=0)
    for path, content in kept.items():
        path.write_bytes(content)

    assert told(store.load()) == (8, {"a": {1: 1}}, {})


@pytest.mark.parametrize("after", [0, 8], ids=["base", "delta"])
def test_a_process_that_dies_while_it_writes_leaves_the_state_before(store: CheckpointStore, after: int) -> None:
    """What it had written is beside its place."""
    done = subprocess.run([sys.executable, "-c", DIES, str(store.directory), str(after)], check=False)

    assert done.returncode == -signal.SIGXFSZ
    assert [path.stat().st_size for path in store.directory.iterdir() if path.suffix == ".new"] == [2000]
    assert told(store.load()) == BOTH


@pytest.mark.parametrize("after", [0, 8], ids=["base", "delta"])
def test_a_full_disk_is_a_clear_error_and_the_state_before_still_loads(store: CheckpointStore, after: int) -> None:
    """Nothing is left behind, and with room again it goes on."""
    before = sorted(store.directory.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", FILLS_THE_DISK, str(store.directory), str(after)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip  # a command on one line

    assert "could not be written: File too large; make space, then run the same again" in done.stdout
    assert sorted(store.directory.iterdir()) == before
    assert told(store.load()) == BOTH
    store.save(Checkpoint(seq=9), after=8)
    assert told(store.load())[0] == 9


@pytest.mark.parametrize("content", [b"", b"x", MAGIC, MAGIC + b"1234567", b"SQLite format 3\0" + bytes(100)])
def test_a_file_that_is_no_checkpoint_is_refused(store: CheckpointStore, content: bytes) -> None:
    """Under the name of one."""
    path = store.directory / f"delta-{9:020d}-{8:020d}"
    path.write_bytes(content)
    with pytest.raises(CheckpointForeign, match=r"is not a checkpoint of flyball; move it away, or give the state"):
        store.load()


def test_a_newer_format_is_refused_whatever_its_header_holds(store: CheckpointStore) -> None:
    """It says which formats can be read."""
    newer = msgspec.msgpack.encode([FORMAT + 1, {"all": "is different"}])
    path = store.directory / f"delta-{9:020d}-{8:020d}"
    path.write_bytes(MAGIC + len(newer).to_bytes(8, "little") + xxhash.xxh64_digest(newer) + newer)
    with pytest.raises(CheckpointForeign, match=r"has format 2, this flyball reads up to 1; install a newer flyball"):
        store.load()


def test_a_checkpoint_under_another_ones_name_is_found(store: CheckpointStore) -> None:
    """A delta copied over another would give a state that never was."""
    base = store.directory / f"base-{5:020d}"
    base.rename(store.directory / f"base-{6:020d}")
    with pytest.raises(CheckpointDamaged, match=r"is damaged: it holds what was known at record 5, after 0; restore"):
        store.load()


@pytest.mark.parametrize("kept", [20, 60, -1])
def test_a_file_that_was_cut_is_found(store: CheckpointStore, kept: int) -> None:
    """Within its header, or at its end."""
    path = store.directory / f"base-{5:020d}"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises((CheckpointDamaged, CheckpointForeign), match=r"is damaged|is not a checkpoint"):
        store.load()


def test_a_header_says_what_a_checkpoint_is(store: CheckpointStore) -> None:
    """Sections in the order in which they lie."""
    data = (store.directory / f"base-{5:020d}").read_bytes()
    size = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 8], "little")
    header = msgspec.msgpack.decode(data[len(MAGIC) + 16 :][:size], type=Header)

    assert (header.format, header.seq, header.after) == (1, 5, 0)
    assert [(s.kind, s.name, s.size) for s in header.sections] == [
        ("keys", "a", 16), ("rows", "a", 16), ("part", "joiner", 4)
    ]  # fmt: skip  # one line of a list


def test_what_was_saved_is_durable_before_save_returns(store: CheckpointStore) -> None:
    """No file of it is left beside its place."""
    store.save(replace(Checkpoint(seq=9), parts={"x": b"1"}), after=8)

    assert not [path for path in store.directory.iterdir() if path.suffix]
    assert len(list(store.directory.iterdir())) == 3


def test_what_is_not_wanted_any_more_does_not_take_its_place(store: CheckpointStore) -> None:
    """The state was opened again while another process finished a checkpoint; or what it wrote was cleared away."""
    before = sorted(store.directory.iterdir())
    note = Checkpoint(seq=9, parts={"x": b"1"}).contents()
    with pytest.raises(CheckpointSuperseded, match=r"the checkpoint delta-0+9-0+8 is not wanted any more"):
        store.write(9, note, after=8, wanted=lambda: False)
    assert sorted(store.directory.iterdir()) == before
    assert told(store.load()) == BOTH


def test_recovering_removes_what_was_never_finished_and_nothing_else(store: CheckpointStore) -> None:
    """A process died while it wrote."""
    before = sorted(store.directory.iterdir())
    for name in (
        f"part-{9:020d}-{8:020d}",
        f"part-{10:020d}-{8:020d}.new",
        f"delta-{9:020d}-{8:020d}.71.new",
        "merged-keys.new",
    ):
        (store.directory / name).write_bytes(b"half")

    assert told(store.recover()) == BOTH
    assert sorted(store.directory.iterdir()) == before


def test_parts_are_read_without_tables(store: CheckpointStore) -> None:
    """Of the newest file; its seq is that of the state."""
    found = store.load_parts()

    assert told(found) == (8, {}, {"joiner": b"eight"})
    assert store.seq == 8

"""Backups of a state that nobody writes meanwhile, and restoring; `tests/integration/test_backup.py` has the others."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import msgspec
import pytest

from flyball.events.directory import list_places
from flyball.events.log import LogDamaged
from flyball.events.record import Tick
from flyball.run.audit_log import AuditLog
from flyball.run.backup import back_up
from flyball.run.log_replay import replay_log
from flyball.run.manifest import FORMAT, BackupRefused, read_manifest
from flyball.run.restore import BESIDE, restore
from flyball.run.state import State, StateRefused
from flyball.system.clock import ManualClock
from tests.integration.replay_runner import made, recording, replayed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLOCK = ManualClock(1_000_000)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state of sealed segments and a live one, of a base and deltas."""
    folder = tmp_path_factory.mktemp("kept")
    replayed(folder / "state", recording(made(folder / "traffic.csv.gz")), durable=False)
    with State.open(folder / "state", durable=False) as opened:
        # One delta after the base.
        opened.commit([(opened.now, opened.now, Tick())])
    return folder / "state"


@pytest.fixture
def state(kept: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return shutil.copytree(kept, tmp_path / "state")


def digest(directory: Path) -> str:
    """What was learned."""
    with State.open(directory, durable=False) as opened:
        return opened.engine.digest()


def content(directory: Path) -> dict[str, bytes]:
    """Every file but SQLite's own notes."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm", "lock"))
    }


def other_disk(source: Path, target: Path) -> None:
    """What `os.link` says of a target on another disk."""
    raise OSError(18, "Invalid cross-device link", str(source), None, str(target))


@pytest.mark.parametrize(("link", "shared"), [(os.link, True), (other_disk, False)], ids=["same disk", "another disk"])
def test_a_backup_opens_and_is_the_same_state(
    state: Path, tmp_path: Path, link: Callable[[Path, Path], None], shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the same as a replay of its own log."""
    monkeypatch.setattr("flyball.run.transfer.os.link", link)
    AuditLog(state, CLOCK).note("ops", "pause", {})
    before = content(state)
    taken = back_up(state, tmp_path / "copy", CLOCK)
    suffixes = {place.path.suffix for place in list_places(tmp_path / "copy" / "log")}

    assert suffixes == {".parquet", ".sqlite"}
    assert content(state) == before
    assert taken.manifest == read_manifest(tmp_path / "copy")
    assert (taken.linked_bytes > 0) is shared
    assert (tmp_path / "copy" / "audit.log").read_bytes() == (state / "audit.log").read_bytes()
    assert replay_log(tmp_path / "copy").matches is True
    assert digest(tmp_path / "copy") == digest(state)


def test_a_backup_holds_nothing_but_what_it_lists(state: Path, tmp_path: Path) -> None:
    """No lock, and none of SQLite's notes."""
    manifest = back_up(state, tmp_path / "copy", CLOCK).manifest
    found = {
        path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*") if path.is_file()
    }

    assert found == {*manifest.files, "backup.json"}
    assert (manifest.taken_us, manifest.system, manifest.first_seq) == (1_000_000, "ads", 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "state"]


def test_a_checkpoint_ahead_of_the_copied_log_is_not_in_the_backup(state: Path, tmp_path: Path) -> None:
    """The writer logs, learns and checkpoints after the log was copied: the checkpoints had been copied before."""
    with State.open(state, durable=False) as opened:

        def go_on(_done: int, _total: int) -> None:
            if any(tmp_path.glob("copy.unfinished-*/log/*.sqlite")):
                opened.commit([(opened.now, opened.now, Tick())])
                opened.checkpoint()

        manifest = back_up(state, tmp_path / "copy", CLOCK, go_on).manifest
        assert opened.log.last_seq > manifest.last_seq

    assert manifest.checkpoint_seq <= manifest.last_seq
    assert replay_log(tmp_path / "copy").matches is True


def test_progress_reaches_its_end(state: Path, tmp_path: Path) -> None:
    """It never falls."""
    seen: list[tuple[int, int]] = []
    back_up(state, tmp_path / "copy", CLOCK, lambda done, total: seen.append((done, total)))

    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert 0 < seen[-1][0] <= seen[-1][1]


def test_what_is_there_is_never_overwritten(state: Path, tmp_path: Path) -> None:
    """Not even an empty folder, or a link that leads nowhere."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("folder", "link"):
        with pytest.raises(BackupRefused, match="is there already; give a name that is free"):
            back_up(state, tmp_path / name, CLOCK)
    with pytest.raises(BackupRefused, match="is no folder; make it"):
        back_up(state, tmp_path / "none" / "copy", CLOCK)


def test_a_folder_that_is_no_state_is_refused(tmp_path: Path) -> None:
    """Nothing is made."""
    with pytest.raises(StateRefused, match="holds no state"):
        back_up(tmp_path, tmp_path / "copy", CLOCK)

    assert list(tmp_path.iterdir()) == []


def test_a_target_that_comes_to_be_meanwhile_is_kept(state: Path, tmp_path: Path) -> None:
    """The copy goes."""

    def progress(_done: int, _total: int) -> None:
        (tmp_path / "copy").mkdir(exist_ok=True)

    with pytest.raises(BackupRefused, match="has come to be there meanwhile"):
        back_up(state, tmp_path / "copy", CLOCK, progress)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "state"]


@pytest.mark.parametrize("part", ["checkpoint", "log"])
def test_what_vanishes_meanwhile_makes_the_copy_begin_again(state: Path, tmp_path: Path, part: str) -> None:
    """As when a newer base replaces what is being copied, or the oldest records are dropped."""
    names = [path for path in sorted((state / part).iterdir()) if path.name not in {"lock", "log.json"}]
    gone = names[0] if part == "log" else names[-1]

    seen: list[int] = []

    def vanish(done: int, _total: int) -> None:
        seen.append(done)
        gone.unlink(missing_ok=True)

    manifest = back_up(state, tmp_path / "copy", CLOCK, vanish).manifest

    assert len(set(seen)) < len(seen), "what had been copied was copied again"
    assert not (tmp_path / "copy" / part / gone.name).exists()
    assert (manifest.first_seq > 1) == (part == "log")
    assert digest(tmp_path / "copy") == digest(state)


def test_a_state_that_changes_faster_than_it_is_copied_is_given_up(state: Path, tmp_path: Path) -> None:
    """With what to do, and nothing left behind."""

    def vanish(_done: int, _total: int) -> None:
        (state / "log" / "log.json").unlink(missing_ok=True)

    with pytest.raises(BackupRefused, match="drops what is being copied from it, 5 times now; try again"):
        back_up(state, tmp_path / "copy", CLOCK, vanish)

    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_log_without_its_first_records_needs_its_checkpoint(state: Path, tmp_path: Path) -> None:
    """What lies between is missing."""
    list_places(state / "log")[0].path.unlink()
    assert back_up(state, tmp_path / "whole", CLOCK).manifest.first_seq > 1

    shutil.rmtree(state / "checkpoint")
    with pytest.raises(BackupRefused, match="has no checkpoint that its log goes on from: record 1 was asked for"):
        back_up(state, tmp_path / "copy", CLOCK)


def test_a_damaged_segment_is_found_before_the_backup_gets_its_name(state: Path, tmp_path: Path) -> None:
    """A backup that cannot be restored is worse than none."""
    segment = list_places(state / "log")[1].path
    data = bytearray(segment.read_bytes())
    data[-20] ^= 1
    segment.write_bytes(data)

    with pytest.raises(LogDamaged, match="restore it from a copy of the log"):
        back_up(state, tmp_path / "copy", CLOCK)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


@pytest.mark.parametrize("target", ["new/state", "empty"])
def test_a_restored_backup_is_the_same_state(state: Path, tmp_path: Path, target: str) -> None:
    """Where nothing was, or in an empty folder such as a volume's; the backup can be restored again."""
    (tmp_path / "empty" / "lost+found").mkdir(parents=True)
    back_up(state, tmp_path / "copy", CLOCK)
    before = content(tmp_path / "copy")
    manifest = restore(tmp_path / "copy", tmp_path / target)

    assert digest(tmp_path / target) == digest(state)
    assert not (tmp_path / target / BESIDE).exists()
    assert content(tmp_path / "copy") == before
    assert manifest == read_manifest(tmp_path / "copy")


def test_what_was_restored_shares_nothing_with_the_backup(state: Path, tmp_path: Path) -> None:
    """What happens to one does not happen to the other."""
    back_up(state, tmp_path / "copy", CLOCK)
    restore(tmp_path / "copy", tmp_path / "again")

    inodes = [{path.stat().st_ino for path in (tmp_path / name).rglob("*")} for name in ("copy", "again")]
    assert not inodes[0] & inodes[1]


def test_a_target_that_holds_anything_is_refused(state: Path, tmp_path: Path) -> None:
    """Or is a file."""
    back_up(state, tmp_path / "copy", CLOCK)
    (tmp_path / "file").touch()

    with pytest.raises(BackupRefused, match="a backup is restored into an empty folder"):
        restore(tmp_path / "copy", state)
    with pytest.raises(BackupRefused, match="is a file; give a folder"):
        restore(tmp_path / "copy", tmp_path / "file")


def test_an_interrupted_restore_is_begun_again(state: Path, tmp_path: Path) -> None:
    """What it left is removed."""
    back_up(state, tmp_path / "copy", CLOCK)
    (tmp_path / "again" / BESIDE / "log").mkdir(parents=True)
    restore(tmp_path / "copy", tmp_path / "again")

    assert digest(tmp_path / "again") == digest(state)


def test_ctrl_c_leaves_nothing(state: Path, tmp_path: Path) -> None:
    """In both."""

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    back_up(state, tmp_path / "copy", CLOCK)
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        back_up(state, tmp_path / "other", CLOCK, stop)
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        restore(tmp_path / "copy", tmp_path / "again", stop)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "copy", "state"]
    assert list((tmp_path / "again").iterdir()) == []


def test_a_backup_that_is_not_whole_is_refused(state: Path, tmp_path: Path) -> None:
    """A file less, or shorter; names that lead elsewhere; a newer format; nonsense."""
    manifest = back_up(state, tmp_path / "copy", CLOCK).manifest
    name = next(name for name in manifest.files if name.startswith("log/0"))
    marker = tmp_path / "copy" / "backup.json"

    def refused(message: str) -> None:
        with pytest.raises(BackupRefused, match=message):
            restore(tmp_path / "copy", tmp_path / "again")

    with (tmp_path / "copy" / name).open("r+b") as file:
        file.truncate(10)
    refused(f"has 10 bytes and not {manifest.files[name]}; take another backup")
    (tmp_path / "copy" / name).unlink()
    refused("is missing; take another backup")
    for outside in ("../x", "/etc/passwd", "log/../../x"):
        marker.write_bytes(msgspec.json.encode(msgspec.structs.replace(manifest, files={outside: 1})))
        refused("which is not in the backup")
    marker.write_bytes(msgspec.json.encode(msgspec.structs.replace(manifest, format=FORMAT + 1)))
    refused("of a newer flyball; this one restores formats up to")
    marker.write_bytes(b"{")
    refused("cannot be read .*; take another backup")
    marker.unlink()
    refused("holds no backup.json, so it is no backup")

"""The disk that forgets: each rule of what survives, one by one."""

from __future__ import annotations

from random import Random

import pytest

from flyball.testing.disk import SECTOR, Disk, Mode, Operation


def create(number: int, path: str) -> Operation:
    """A new file."""
    return Operation("C", number, 0, path.encode(), b"")


def folder(number: int, path: str) -> Operation:
    """A new directory."""
    return Operation("M", number, 0, path.encode(), b"")


def write(number: int, data: bytes, offset: int = 0) -> Operation:
    """Data at an offset."""
    return Operation("W", number, offset, data, b"")


def sync(number: int) -> Operation:
    """A file is synced."""
    return Operation("S", number, 0, b"", b"")


def sync_folder(path: str = "") -> Operation:
    """A directory is synced."""
    return Operation("D", 0, 0, path.encode(), b"")


def rename(one: str, other: str) -> Operation:
    """A name is exchanged for another."""
    return Operation("R", 0, 0, one.encode(), other.encode())


def unlink(path: str) -> Operation:
    """A name goes."""
    return Operation("U", 0, 0, path.encode(), b"")


def left(*operations: Operation, mode: Mode = "lost", seed: int = 0) -> dict[str, bytes | None]:
    """What is found afterwards, on a disk that was empty."""
    return Disk({}, operations).files(mode, Random(seed))  # noqa: S311  # chance, not secrecy


def test_a_file_needs_its_own_sync_and_that_of_its_directory() -> None:
    """Either alone keeps one half."""
    made = (create(1, "a"), write(1, b"hello"))

    assert left(*made) == {}
    assert left(*made, sync(1)) == {}
    assert left(*made, sync_folder()) == {"a": b""}
    assert left(*made, sync(1), sync_folder()) == {"a": b"hello"}
    assert left(*made, mode="kept") == {"a": b"hello"}
    assert left(*made, mode="data") == {"a": b""}
    assert left(*made, sync_folder(), mode="names") == {"a": b"hello"}


def test_what_is_written_after_the_sync_is_lost() -> None:
    """Also where it overwrites."""
    made = (create(1, "a"), sync_folder(), write(1, b"hello"), sync(1), write(1, b"J"), write(1, b"!", 9))

    assert left(*made) == {"a": b"hello"}
    assert left(*made, mode="kept") == {"a": b"Jello\0\0\0\0!"}


def test_truncation_is_a_write_like_others() -> None:
    """Shorter, longer, and to nothing at opening."""
    base = {"a": (1, b"hello")}
    cut, grow = Operation("T", 1, 2, b"", b""), Operation("T", 1, 4, b"", b"")

    assert Disk(base, [cut, grow]).files("lost") == {"a": b"hello"}
    assert Disk(base, [cut, grow]).files("kept") == {"a": b"he\0\0"}
    assert Disk(base, [Operation("O", 1, 0, b"", b""), sync(1)]).files("lost") == {"a": b""}


def test_a_failed_sync_loses_for_good_what_is_not_written_again() -> None:
    """The next sync says nothing about it."""
    failed = Operation("E", 1, 0, b"", b"")
    made = (create(1, "a"), sync_folder(), write(1, b"one"), sync(1), write(1, b"two"), failed)

    assert left(*made, sync(1)) == {"a": b"one"}
    assert left(*made, write(1, b"two"), sync(1)) == {"a": b"two"}
    assert left(*made, mode="kept") == {"a": b"two"}


def test_a_rename_is_whole_or_not_at_all() -> None:
    """Old name with the old file, or new name with the new one."""
    base = {"a": (1, b"old"), "a.tmp": (2, b"new")}

    assert Disk(base, [rename("a.tmp", "a")]).files("lost") == {"a": b"old", "a.tmp": b"new"}
    assert Disk(base, [rename("a.tmp", "a"), sync_folder()]).files("lost") == {"a": b"new"}


def test_an_unlinked_file_comes_back_unless_the_directory_was_synced() -> None:
    """And its inode, used again, is another file."""
    base = {"a": (1, b"old")}

    assert Disk(base, [unlink("a")]).files("lost") == {"a": b"old"}
    assert Disk(base, [unlink("a"), sync_folder()]).files("lost") == {}
    again = [unlink("a"), create(1, "b"), sync_folder(), write(1, b"new"), sync(1)]
    assert Disk(base, again).files("lost") == {"b": b"new"}


def test_each_directory_is_synced_on_its_own() -> None:
    """A file in a directory whose own name is lost is lost with it."""
    made = (folder(5, "d"), create(1, "d/a"), write(1, b"x"), sync(1))

    assert left(*made, sync_folder("d")) == {}
    assert left(*made, sync_folder()) == {"d": None}
    assert left(*made, sync_folder(), sync_folder("d")) == {"d": None, "d/a": b"x"}
    moved = (*made, sync_folder("d"), rename("d", "e"), sync_folder())
    assert left(*moved) == {"e": None, "e/a": b"x"}


def test_hard_links_and_removed_directories_are_names_too() -> None:
    """Both names hold one file."""
    link = Operation("L", 1, 0, b"a", b"b")
    made = (create(1, "a"), write(1, b"x"), link, folder(2, "d"), Operation("X", 0, 0, b"d", b""))

    assert left(*made, mode="kept") == {"a": b"x", "b": b"x"}


def test_what_is_renamed_without_having_been_created_is_nowhere() -> None:
    """A disk may keep the later change and lose the earlier: then the later has nothing to change."""
    made = (create(1, "a.tmp"), rename("a.tmp", "a"))
    found = {tuple(left(*made, mode="torn", seed=seed)) for seed in range(40)}

    assert found == {(), ("a.tmp",), ("a",)}


def test_a_torn_write_survives_by_sectors() -> None:
    """Some of them, in any order."""
    data = b"x" * (3 * SECTOR)
    made = (create(1, "a"), sync_folder(), write(1, b"." * len(data)), sync(1), write(1, data))
    found = {
        tuple((content or b"")[at : at + 1] for at in range(0, len(data), SECTOR))
        for content in (left(*made, mode="torn", seed=seed)["a"] for seed in range(200))
    }

    assert len(found) == 8


def test_an_operation_on_what_was_never_there_is_an_error() -> None:
    """A recording with a hole must not pass for a quiet one."""
    with pytest.raises(KeyError, match="a"):
        left(unlink("a"))
    with pytest.raises(NotADirectoryError, match="a"):
        left(create(1, "a"), create(2, "a/b"))
    with pytest.raises(NotADirectoryError, match="a/b"):
        left(create(1, "a"), unlink("a/b/c"))


def test_chance_needs_somebody_to_decide() -> None:
    """Only where something is lost at random."""
    with pytest.raises(ValueError, match="mode 'torn' loses at random; pass the"):
        Disk({}).files("torn")

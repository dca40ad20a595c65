"""One base of many files: what is loaded from it is what was loaded before."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn.checkpoint import Checkpoint, CheckpointStore
from flyball.learn.checkpoint_file import CheckpointDamaged
from flyball.learn.compaction import Column, compact, lots

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

DIES = """
import resource, signal, sys
from pathlib import Path
from flyball.learn.compaction import compact
if sys.argv[2] == "dies":
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
compact(Path(sys.argv[1]))
"""


def entries(seed: int, count: int) -> tuple[Words, Words]:
    """Keys among a few thousand, so that files share some, and their pairs."""
    random = np.random.default_rng(seed)
    every = np.random.default_rng(0).integers(1, 2**64 - 1, 5_000, dtype=np.uint64)
    return random.choice(every, count, replace=False), random.integers(0, 2**64 - 1, count, dtype=np.uint64)


def told(checkpoint: Checkpoint | None) -> tuple[int, dict[str, dict[int, int]], dict[str, bytes]]:
    """What it says, by key; of a key that comes twice the last holds."""
    assert checkpoint is not None
    tables = {
        name: dict(zip(keys.tolist(), pairs.tolist(), strict=True)) for name, (keys, pairs) in checkpoint.tables.items()
    }
    return checkpoint.seq, tables, dict(checkpoint.parts)


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    """A base and three deltas, of a table that is always there and one that comes later."""
    store = CheckpointStore(tmp_path / "checkpoint")
    store.save(Checkpoint(seq=5, tables={"a": entries(1, 3_000)}, parts={"joiner": b"five"}), after=0)
    store.save(Checkpoint(seq=8, tables={"a": entries(2, 500)}, parts={"joiner": b"eight"}), after=5)
    store.save(Checkpoint(seq=9, tables={"a": entries(3, 0), "b": entries(4, 9)}, parts={"x": b"nine"}), after=8)
    store.save(Checkpoint(seq=12, tables={"a": entries(5, 400), "b": entries(6, 7)}, parts={"x": b"twelve"}), after=9)
    return store


@pytest.mark.parametrize("at_once", [1, 300, 1 << 22])
def test_a_base_takes_the_place_of_all_and_says_the_same(store: CheckpointStore, at_once: int) -> None:
    """However few entries are merged at once; each key stands in it once."""
    before = told(store.load())

    assert compact(store.directory, at_once=at_once) == 12
    assert [path.name for path in store.directory.iterdir()] == ["base-00000000000000000012"]
    after = store.load()
    assert told(after) == before
    assert after is not None
    assert {name: len(keys) for name, (keys, _) in after.tables.items()} == {n: len(t) for n, t in before[1].items()}


def test_where_there_are_no_deltas_there_is_nothing_to_do(store: CheckpointStore, tmp_path: Path) -> None:
    """Nor where there is nothing at all."""
    compact(store.directory)

    assert compact(store.directory) is None
    assert compact(tmp_path / "empty") is None


def test_deltas_that_come_meanwhile_follow_the_new_base(
    store: CheckpointStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that learns goes on."""
    write = CheckpointStore.write

    def busy(self: CheckpointStore, *given: object, **named: object) -> None:
        monkeypatch.undo()
        store.save(Checkpoint(seq=15, tables={"a": entries(9, 11)}), after=12)
        write(self, *given, **named)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(CheckpointStore, "write", busy)
    compact(store.directory)

    assert [path.name[:25] for path in store.chain()] == ["base-00000000000000000012", "delta-0000000000000000001"]
    found = told(store.load())
    assert found[0] == 15
    assert len(found[1]["b"]) == len({*entries(4, 9)[0].tolist(), *entries(6, 7)[0].tolist()})


@pytest.mark.parametrize("limit", [1_000, 40_000])
@pytest.mark.parametrize("how", ["dies", "full"])
def test_a_full_disk_or_a_death_on_the_way_leaves_what_was_there(store: CheckpointStore, how: str, limit: int) -> None:
    """While it merges, or while it writes the base; the next attempt succeeds."""
    before = told(store.load())
    command = [sys.executable, "-c", DIES, str(store.directory), how, str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode == -signal.SIGXFSZ) if how == "dies" else ("CheckpointFull" in done.stderr)
    assert told(store.load()) == before
    assert compact(store.directory) == 12
    assert told(store.recover()) == before
    assert len(list(store.directory.iterdir())) == 1


def test_a_damaged_file_is_found_before_anything_is_replaced(store: CheckpointStore) -> None:
    """What is wrong must not be sealed with a new checksum."""
    path = store.chain()[1]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointDamaged, match="its contents do not match their checksum"):
        compact(store.directory)

    assert len(store.chain()) == 4


def test_lots_are_about_as_large_as_asked_for_and_in_the_order_of_keys() -> None:
    """So memory is bounded, however large the tables are."""
    columns = [Column(*entries(seed, 4_000)) for seed in (1, 2)]
    found = list(lots(columns, 500))
    keys = np.concatenate([lot.keys for lot in found])

    assert max(len(lot.keys) for lot in found) <= 500
    assert len(found) >= 8_000 // 500
    assert (np.diff(keys) > 0).all()

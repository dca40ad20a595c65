"""Checkpoints in steps: what the state was when they began, whatever was learned meanwhile and whatever broke."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from flyball.events.record import Pause, Tick
from flyball.learn.checkpoint import CheckpointStore, checkpoint_path
from flyball.learn.checkpoint_file import CheckpointFull, CheckpointSuperseded
from flyball.learn.part import part_path, whole_part
from flyball.run import finishing, replay
from flyball.run.engine import Engine
from flyball.run.finishing import compact_checkpoints, finish_checkpoint
from flyball.run.state import State
from tests.unit.run.flights import flights, part, replay_of, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flyball.events.joiner import Joiner
    from flyball.run.checkpointing import Checkpointing

HOUR_US = 3_600_000_000


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten rows are learned between two looks."""
    monkeypatch.setattr(replay, "CHUNK", 10)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """A state that has learned from half of the rows."""
    state = State.open(tmp_path / "state", flights(), durable=False)
    live(state, 0, 80)
    yield state
    state.leave()


def live(state: State, start: int, end: int, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Some rows come, and in between something happens."""

    def told(_done: int, _total: int) -> None:
        meanwhile()

    replay_of(part(rows(delayed=False), start, end), fingerprint=str(start)).run(state, told)


def digest_of_checkpoint(state: State) -> str:
    """The digest of what the newest checkpoint holds, and no record after it."""
    checkpoint = CheckpointStore(state.path / "checkpoint").load()
    assert checkpoint is not None
    engine = Engine(state.log)
    engine.restore(checkpoint)
    return engine.digest()


def opened_again(state: State) -> str:
    """The digest of the state after its process died: closed without a checkpoint, and opened."""
    state.leave()
    with State.open(state.path, durable=False) as again:
        return again.engine.digest()


def names(state: State) -> list[str]:
    """The checkpoints' files, without their places."""
    return [path.name.split("-")[0] for path in sorted((state.path / "checkpoint").iterdir())]


def problem_of(checkpointing: Checkpointing) -> str | None:
    """What it says now."""
    return checkpointing.problem


def full_disk(path: Path) -> None:
    """Whoever writes there finds no space."""
    path.symlink_to("/dev/full")


def test_a_checkpoint_holds_what_was_known_when_it_began(state: State) -> None:
    """A few coefficients at a time, while half of all rows are learned; joiner and boards as they were, too."""
    checkpointing = state.checkpointing
    assert checkpointing.begin(state.engine)
    digest, seq = state.engine.digest(), state.engine.seq
    live(state, 80, 160, lambda: checkpointing.step(9))
    while checkpointing.busy and not checkpointing.step(9):
        pass

    assert state.engine.seq > seq
    assert finish_checkpoint(state.path) == seq
    assert checkpointing.settle()
    assert checkpointing.last == seq
    assert digest_of_checkpoint(state) == digest
    digest = state.engine.digest()
    assert opened_again(state) == digest


def test_what_a_checkpoint_needs_of_the_log_is_what_its_own_joiner_needs(state: State) -> None:
    """Whoever goes on from it closes those windows again, also where by now they were closed and forgotten."""
    state.commit([(state.now, state.now, Pause(model="late_model", mode="pause"))])
    live(state, 80, 90)
    oldest = state.engine.joiner.oldest_needed_seq
    state.checkpointing.begin(state.engine)
    state.commit([(state.now, state.now, Pause(model="late_model", mode="resume"))])
    state.commit([(state.now + 10 * HOUR_US, state.now + 10 * HOUR_US, Tick())])
    assert state.engine.joiner.oldest_needed_seq is None
    state.checkpointing.complete(lambda: finish_checkpoint(state.path))

    assert oldest is not None
    assert state.checkpointing.needed == oldest < state.checkpointing.last
    state.leave()
    with State.open(state.path, durable=False) as again:
        assert again.checkpointing.needed == oldest
        again.checkpoint()
        assert again.checkpointing.needed == again.engine.seq + 1


def test_one_checkpoint_after_the_other_and_a_base_made_of_them_say_the_same(state: State) -> None:
    """Each holds the changes since the one before; once they outgrow the base they are made one."""
    compacted = []
    for start in range(80, 160, 10):
        state.checkpointing.begin(state.engine)
        digest = state.engine.digest()
        live(state, start, start + 10, lambda: state.checkpointing.step(40))
        state.checkpointing.complete(lambda: finish_checkpoint(state.path))
        assert digest_of_checkpoint(state) == digest
        compacted.append(compact_checkpoints(state.path))
        assert digest_of_checkpoint(state) == digest
    digest = state.engine.digest()

    assert set(compacted) == {False, True}
    assert names(state)[0] == "base"
    assert opened_again(state) == digest


def test_a_state_that_is_closed_in_the_middle_of_a_checkpoint_loses_nothing(state: State) -> None:
    """What is in the making is completed first, whether its part is whole or not."""
    for whole, start in ((False, 80), (True, 100)):
        live(state, start, start + 10)
        assert state.checkpointing.begin(state.engine)
        live(state, start + 10, start + 20, lambda: state.checkpointing.step(3))
        while whole and state.checkpointing.busy and not state.checkpointing.step():
            pass
        state.checkpoint()

        assert not state.checkpointing.busy
        assert state.checkpointing.last == state.engine.seq
        assert digest_of_checkpoint(state) == state.engine.digest()


def test_while_one_is_in_the_making_no_other_is_begun(state: State) -> None:
    """Nor where nothing is new."""
    checkpointing = state.checkpointing
    checkpointing.begin(state.engine)
    seq = checkpointing.seq
    live(state, 80, 90)
    checkpointing.begin(state.engine)
    while checkpointing.busy and not checkpointing.step():
        pass
    assert not checkpointing.settle()
    checkpointing.begin(state.engine)
    assert (checkpointing.seq, checkpointing.busy) == (seq, True)

    checkpointing.complete(lambda: finish_checkpoint(state.path))
    assert checkpointing.begin(state.engine)
    checkpointing.complete(lambda: finish_checkpoint(state.path))
    assert not checkpointing.begin(state.engine)


def test_a_checkpoint_is_finished_once_however_often_that_is_tried(state: State) -> None:
    """Its chore died at any moment: before, between and after."""
    state.checkpointing.begin(state.engine)
    while state.checkpointing.busy and not state.checkpointing.step():
        pass
    found = whole_part(state.path / "checkpoint")
    assert found is not None
    path, seq, after = found
    content = path.read_bytes()
    full = checkpoint_path(path.parent, seq, after)
    full_disk(full.with_name(f"{full.name}.{os.getpid()}.new"))
    with pytest.raises(CheckpointFull, match="could not be written: No space left on device"):
        finish_checkpoint(state.path)
    assert (path.exists(), state.checkpointing.settle()) == (True, False)

    assert finish_checkpoint(state.path) == seq
    assert not path.exists()
    path.write_bytes(content)
    assert finish_checkpoint(state.path) == finish_checkpoint(state.path) == seq
    assert not path.exists()
    assert digest_of_checkpoint(state) == state.engine.digest()


def test_what_was_in_the_making_when_the_process_died_is_cleared_away(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its chore lives on, and comes to its end after the state was opened again."""
    state.checkpointing.begin(state.engine)
    while state.checkpointing.busy and not state.checkpointing.step():
        pass
    digest, joiner_at = state.engine.digest(), finishing._joiner_at
    state.leave()
    again: list[State] = []

    def meanwhile(*given: object) -> Joiner:
        joiner = joiner_at(*given)  # type: ignore[arg-type]  # handed on as they came
        again.append(State.open(state.path, durable=False))
        return joiner

    monkeypatch.setattr(finishing, "_joiner_at", meanwhile)
    with pytest.raises(CheckpointSuperseded, match="is not wanted any more"):
        finish_checkpoint(state.path)

    assert again[0].engine.digest() == digest
    assert list((state.path / "checkpoint").iterdir()) == []
    again[0].close()


def test_a_part_that_the_disk_refuses_is_a_problem_that_passes(state: State) -> None:
    """At its beginning, on its way, at its end; the next checkpoint holds what the failed one had taken."""
    checkpointing, folder = state.checkpointing, state.path / "checkpoint"
    checkpointing.begin(state.engine)
    checkpointing.complete(lambda: finish_checkpoint(state.path))
    live(state, 80, 100)
    path = part_path(folder, state.engine.seq, checkpointing.last)
    beside = path.with_name(path.name + ".new")
    beside.mkdir()
    assert not checkpointing.begin(state.engine)
    assert problem_of(checkpointing) == "Is a directory"
    beside.rmdir()

    full_disk(beside)
    checkpointing.begin(state.engine)
    live(state, 100, 120, lambda: checkpointing.step(5))
    while checkpointing.busy and not checkpointing.step():
        pass
    assert not checkpointing.busy
    assert problem_of(checkpointing) == "No space left on device"
    assert names(state) == ["base"]

    assert checkpointing.begin(state.engine)
    digest = state.engine.digest()
    live(state, 120, 140, lambda: checkpointing.step(50))
    checkpointing.complete(lambda: finish_checkpoint(state.path))
    assert problem_of(checkpointing) is None
    assert digest_of_checkpoint(state) == digest


def test_records_are_taken_though_the_checkpoint_that_is_due_finds_no_room(tmp_path: Path) -> None:
    """It is tried again when the next one is due; closing says so where there is still no room."""
    with State.open(tmp_path, flights(), durable=False, checkpoint_every=3) as state:
        folder = state.path / "checkpoint"
        for seq in range(3, 9):
            base = checkpoint_path(folder, seq, 0)
            full_disk(base.with_name(f"{base.name}.{os.getpid()}.new"))
        problems = []
        for _ in range(8):
            state.commit([(state.now, state.now, Tick())])
            problems.append(state.problem)

    full = (
        "the checkpoint base-0000000000000000000{} could not be written: No space left on device; make space, then run"
    )
    said = [problem and problem.removesuffix(" the same again") for problem in problems]
    assert said == [None, *[full.format(3)] * 3, *[full.format(6)] * 3, None]
    assert state.checkpointing.last == state.engine.seq


def test_closing_without_room_for_the_last_checkpoint_says_so(tmp_path: Path) -> None:
    """And the log has everything."""
    state = State.open(tmp_path, flights(), durable=False)
    live(state, 0, 20)
    base = checkpoint_path(tmp_path / "checkpoint", state.engine.seq, 0)
    full_disk(base.with_name(f"{base.name}.{os.getpid()}.new"))
    digest = state.engine.digest()
    with pytest.raises(CheckpointFull, match="could not be written: No space left on device"):
        state.close()

    assert opened_again(state) == digest

"""A state directory: recovered, continued, changed and refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.events.log import LogBusy, LogRefused
from flyball.events.record import Outcome, Plan, Tick
from flyball.run import replay
from flyball.run.engine import Engine
from flyball.run.state import State, StateBroken, StateRefused, fold, read_label
from flyball.system.function import FunctionUnknown
from flyball.system.input import Input
from flyball.system.missing import MISSING
from flyball.system.outcome import Outcome as Declared
from flyball.system.system import System
from tests.unit.run.flights import CARRIER, HOUR, LATE, flights, model, part, replay_of, rows

if TYPE_CHECKING:
    from pathlib import Path


def lived(path: Path, system: System | None = None, *, every: int = 200_000) -> str:
    """A state that has seen the usual rows, closed again; its digest."""
    with State.open(path, flights() if system is None else system, durable=False, checkpoint_every=every) as state:
        replay_of(rows()).run(state)
        return state.engine.digest()


def digest_of(path: Path) -> str:
    """The digest of a state, opened as it is."""
    with State.open(path, durable=False) as state:
        return state.engine.digest()


def names(path: Path) -> list[str]:
    """The checkpoints that are there, without their places."""
    return [each.name.split("-")[0] for each in sorted((path / "checkpoint").iterdir())]


def test_a_state_that_is_opened_again_is_the_one_that_was_closed(tmp_path: Path) -> None:
    """From its checkpoint."""
    digest = lived(tmp_path)

    assert names(tmp_path) == ["base"]
    assert digest_of(tmp_path) == digest
    assert digest_of(tmp_path) == digest


def test_without_its_checkpoints_a_state_is_folded_from_the_log(tmp_path: Path) -> None:
    """They only save time."""
    digest = lived(tmp_path)
    for path in (tmp_path / "checkpoint").iterdir():
        path.unlink()

    assert digest_of(tmp_path) == digest


@pytest.mark.parametrize("every", [1, 40, 100])
def test_checkpoints_on_the_way_change_nothing(tmp_path: Path, every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often they are made, as bases or as changes."""
    digest = lived(tmp_path / "plain")
    monkeypatch.setattr(replay, "CHUNK", 30)

    assert lived(tmp_path / "often", every=every) == digest
    assert digest_of(tmp_path / "often") == digest


def test_a_checkpoint_after_a_big_one_holds_changes_only_until_changes_outgrow_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a new base takes their place."""
    monkeypatch.setattr(replay, "CHUNK", 10)
    kinds: set[tuple[str, ...]] = set()
    with State.open(tmp_path, flights(), durable=False, checkpoint_every=5) as state:
        replay_of(rows()).run(state, lambda _done, _total: kinds.add(tuple(names(tmp_path))))

    assert ("base",) in kinds
    assert ("base", "delta") in kinds


def test_the_first_checkpoint_after_opening_holds_only_what_changed(tmp_path: Path) -> None:
    """What came from the checkpoint before it counts as unchanged."""
    lived(tmp_path)
    with State.open(tmp_path, durable=False) as state:
        held = len(state.engine.models["late_model"].table)
        replay_of(
            replace(rows(1, delayed=False, answered=1.0), event_ts=np.array([state.now])), fingerprint="one more"
        ).run(state)
        touched = len(state.engine.models["late_model"].table.entries(only_touched=True)[0])
    sizes = [path.stat().st_size for path in sorted((tmp_path / "checkpoint").iterdir())]

    assert touched < held / 4
    assert names(tmp_path) == ["base", "delta"]
    assert sizes[1] < sizes[0]


def test_what_was_logged_and_not_checkpointed_is_not_lost(tmp_path: Path) -> None:
    """As after a kill: the log was closed, no checkpoint written."""
    state = State.open(tmp_path, flights(), durable=False)
    replay_of(rows()).run(state)
    digest = state.engine.digest()
    state.leave()

    assert names(tmp_path) == []
    assert digest_of(tmp_path) == digest


def test_two_ways_through_a_state_give_what_one_way_gives(tmp_path: Path) -> None:
    """Half a file, closed, opened, the other half: as the whole."""
    given = rows(delayed=False)
    with State.open(tmp_path / "whole", flights(), durable=False) as state:
        replay_of(given).run(state)
        coefficients = state.engine.models["late_model"].table.digest()
    for start, end, mark in ((0, 70, "a"), (70, 160, "b")):
        with State.open(tmp_path / "halves", flights(), durable=False) as state:
            replay_of(part(given, start, end), fingerprint=mark).run(state)

    assert len(state.engine.models["late_model"].table) > 100
    # The second half stands one record later in the log, so its rounding differs: equal up to that.
    assert state.engine.models["late_model"].table.digest() != coefficients
    assert state.engine.joiner.tallies["late_model", 1].joined == int(given.has_label.sum())


def test_the_definition_is_logged_once_and_again_only_when_it_changes(tmp_path: Path) -> None:
    """Opening is no record."""
    for system in (flights(), flights(), None, flights(model(slice_by=[]))):
        with State.open(tmp_path, system, durable=False):
            pass
    with State.open(tmp_path, durable=False) as state:
        plans = [record.body for record in state.log.read() if isinstance(record.body, Plan)]

    assert len(plans) == 2
    assert [plan.versions for plan in plans] == [{"late_model": 1}] * 2


def test_versions_rise_with_the_definition_and_are_kept(tmp_path: Path) -> None:
    """Also those of models that were dropped."""
    both = flights(model("a", of=[CARRIER]), model("b", of=[CARRIER]))
    seen = []
    for system in (both, flights(model("a", of=[CARRIER, HOUR])), both, None):
        with State.open(tmp_path, system, durable=False) as state:
            seen.append({name: live.version for name, live in state.engine.models.items()})

    assert seen == [{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 3, "b": 2}, {"a": 3, "b": 2}]


def test_a_dropped_models_pending_predictions_survive_reopening(tmp_path: Path) -> None:
    """They are joined and scored by the board they were asked on."""
    both = flights(model("a", of=[CARRIER], slice_by=[]), model("b", of=[CARRIER], slice_by=[]))
    with State.open(tmp_path, both, durable=False) as state:
        replay_of(rows(40, delayed=False, answered=0.5)).run(state)
        pending = state.engine.joiner.tallies["b", 1].pending
    with State.open(tmp_path, flights(model("a", of=[CARRIER], slice_by=[])), durable=False):
        pass
    with State.open(tmp_path, durable=False) as state:
        now = state.now
        before = state.engine.models["b"].board.total().examples
        asked = [record for record in state.log.read() if getattr(record.body, "model", "") == "b"]
        state.commit([(now, now, Outcome(id=record.body.id, outcome="late", value=1.0)) for record in asked])  # type: ignore[union-attr]  # predictions have ids
        after = state.engine.models["b"].board.total().examples
        digest = state.engine.digest()

    assert pending > 5
    assert after - before == pending
    assert digest_of(tmp_path) == digest


def test_another_systems_state_is_refused(tmp_path: Path) -> None:
    """With both names."""
    lived(tmp_path)
    with pytest.raises(StateRefused, match=r"is the state of the system 'flights', not of 'ads'; give each its own"):
        State.open(tmp_path, System("ads", models=[model()]))


@pytest.mark.parametrize(
    ("field", "outcome"),
    [
        ("window", Declared("late", window="2h")),
        ("type", Declared("late", float, window="1h")),
        ("if_silent", Declared("late", window="1h", if_silent=0)),
        ("reducer", Declared("late", window="1h", reducer="last")),
        ("outcome", Declared("delay", window="1h")),
    ],
)
def test_a_change_of_meaning_is_refused_and_changes_nothing(tmp_path: Path, field: str, outcome: Declared) -> None:
    """The message says what differs."""
    digest = lived(tmp_path)
    message = rf"cannot go on with this definition: .*{field} of .+ changes its meaning; .+ See `flyball plan`"
    with pytest.raises(StateRefused, match=message):
        State.open(tmp_path, flights(model(outcome=outcome)))

    assert digest_of(tmp_path) == digest


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    """With both numbers."""
    lived(tmp_path)
    (tmp_path / "state.json").write_text(json.dumps({"format": 2, "system": "flights"}))
    with pytest.raises(
        StateRefused, match=r"has format 2, of a newer flyball; this one opens formats up to 1: upgrade"
    ):
        State.open(tmp_path, flights())


@pytest.mark.parametrize("text", ["", "{", '{"format": "one"}', "[]"])
def test_a_label_that_says_nothing_is_refused(tmp_path: Path, text: str) -> None:
    """Rather than taken for a new state."""
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(
        StateRefused, match=r"cannot be read \(.+\); give a state directory that flyball made, or an em"
    ):
        read_label(tmp_path)


def test_a_directory_without_a_state_needs_a_definition(tmp_path: Path) -> None:
    """And nothing is made in it."""
    with pytest.raises(StateRefused, match="holds no state; give one that `flyball replay --state` made"):
        State.open(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    """Not overwritten."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(
        StateRefused, match=r"file cannot be used: Not a directory; give a directory that can be written"
    ):
        State.open(tmp_path / "file", flights())


def test_a_log_that_was_cut_below_the_checkpoint_is_refused(tmp_path: Path) -> None:
    """Else what was learned would have no reason in the log."""
    lived(tmp_path)
    for path in (tmp_path / "log").iterdir():
        path.unlink()
    with pytest.raises(StateRefused, match=r"has a checkpoint at record \d+ and a log that ends at 0; its log was cut"):
        State.open(tmp_path, flights())


def test_a_state_that_is_open_is_not_opened_twice(tmp_path: Path) -> None:
    """And opens again once it is closed."""
    with State.open(tmp_path, flights(), durable=False), pytest.raises(LogBusy, match="is in use by process"):
        State.open(tmp_path, flights())

    assert digest_of(tmp_path)


def test_after_a_commit_failed_the_state_is_broken_until_it_is_opened_again(tmp_path: Path) -> None:
    """Memory is ahead of the log then; the log holds what was acknowledged, and opening goes on from that."""
    with State.open(tmp_path, flights(), durable=False) as state:
        replay_of(part(rows(), 0, 40)).run(state)
        digest, seq = state.engine.digest(), state.engine.seq
        with pytest.raises(LogRefused, match=r"cannot be written"):
            state.commit([(state.now, state.now, Outcome(id="\ud800", outcome="late", value=1.0))])
        with pytest.raises(StateBroken, match=r"failed earlier and is closed to changes; open it again"):
            state.commit([(state.now, state.now, Tick())])

    with State.open(tmp_path, durable=False) as state:
        assert (state.engine.seq, state.engine.digest()) == (seq, digest)
        state.commit([(state.now, state.now, Tick())])


def test_opening_reports_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long log takes a while."""
    lived(tmp_path)
    for path in (tmp_path / "checkpoint").iterdir():
        path.unlink()
    monkeypatch.setattr("flyball.run.state.CHUNK", 100)
    told: list[tuple[int, int]] = []
    with State.open(tmp_path, durable=False, progress=lambda done, total: told.append((done, total))) as state:
        assert told == [(100, state.engine.seq), (200, state.engine.seq), (300, state.engine.seq)]


def test_the_log_is_folded_in_chunks_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recovery is the same fold."""
    digest = lived(tmp_path)
    with State.open(tmp_path, durable=False) as state:
        for chunk in (1, 9, 1_000):
            monkeypatch.setattr("flyball.run.state.CHUNK", chunk)
            engine = Engine(state.log)
            fold(engine, state.log)

            assert engine.digest() == digest


def test_disk_is_given_back_and_what_is_needed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records before the oldest pending prediction and the checkpoint may go."""
    monkeypatch.setattr(replay, "CHUNK", 200)
    given = rows(2_000)
    with State.open(tmp_path, flights(), durable=False, max_disk_bytes=110_000, segment_rows=500) as state:
        replay_of(given).run(state)
        digest = state.engine.digest()
        state.checkpoint()
        first = state.log.first_seq
        needed = state.engine.joiner.oldest_needed_seq

    assert first > 1
    assert needed is not None
    assert first <= needed
    assert digest_of(tmp_path) == digest


def test_a_state_opens_without_the_users_functions_of_old_definitions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their results were logged; a function that was renamed since must not make what was learned unreadable."""
    digest = lived(tmp_path)
    monkeypatch.delattr("tests.unit.run.flights.half_of")

    assert digest_of(tmp_path) == digest
    for path in (tmp_path / "checkpoint").iterdir():
        path.unlink()
    assert digest_of(tmp_path) == digest
    with State.open(tmp_path, durable=False) as state:
        encoder = state.engine.models["late_model"].form.encoder
        with pytest.raises(FunctionUnknown, match="has no 'half_of'"):
            encoder.evaluate([MISSING] * 5)


def test_a_definition_of_unknown_inputs_opens_as_well(tmp_path: Path) -> None:
    """A state is not bound to the system file: `system=None` goes on with what holds."""
    moon = Input("moon", str)
    with State.open(tmp_path, flights(model(of=[moon], outcome=LATE, slice_by=[])), durable=False):
        pass
    with State.open(tmp_path, durable=False) as state:
        assert state.engine.models["late_model"].form.names == ("moon",)


def test_a_refused_system_does_not_become_the_owner(tmp_path: Path) -> None:
    """Not even of a state whose label was lost."""
    digest = lived(tmp_path)
    (tmp_path / "state.json").unlink()
    with pytest.raises(StateRefused, match="is the state of the system 'flights', not of 'ads'"):
        State.open(tmp_path, System("ads", models=[model()]))
    with State.open(tmp_path, flights()) as state:
        assert state.engine.digest() == digest

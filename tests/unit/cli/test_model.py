"""`flyball model`, of a system that nobody runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.events.reader import open_reader
from flyball.events.record import Pause, Rewind
from flyball.run.log_replay import replay_log
from flyball.run.state import State

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell


@pytest.fixture
def state(shell: Shell, folder: Path) -> Path:
    """What a replay has left."""
    assert shell("replay", "flights.py", "flights.csv", "--state", "state", "--no-report").code == 0
    return folder / "state"


def test_each_is_a_record_and_a_replay_of_the_log_gives_the_same_state(shell: Shell, state: Path) -> None:
    """In the order in which they were typed."""
    for words in (("pause", "delay"), ("resume", "delay"), ("rewind", "delay", "--to", "0s")):
        said = shell("model", *words, "--state", state, "--json")
        assert (said.code, said.found["running"]) == (0, False), said.err
    with open_reader(state / "log") as reader:
        done = [record.body for record in reader.read() if isinstance(record.body, (Pause, Rewind))]

    assert [type(body).__name__ for body in done] == ["Pause", "Pause", "Rewind"]
    assert replay_log(state).matches is True


def test_what_a_rewind_excludes_is_forgotten(shell: Shell, state: Path) -> None:
    """All of it here."""
    before = shell("status", "--state", state, "--json").found["models"]["delay"]
    said = shell(
        "model", "rewind", "delay", "--state", state, "--to", "9000d", "--exclude", "from=9000d,to=0s", "--json"
    )
    after = shell("status", "--state", state, "--json").found["models"]["delay"]

    assert said.code == 0, said.err
    assert "is no longer learned from; the rest is learned again" in said.err
    assert "the dashboard shows" not in said.err, "nobody runs it"
    assert {name: after[name] for name in ("predictions", "joined")} == {
        n: before[n] for n in ("predictions", "joined")
    }
    with State.open(state) as opened:
        keys, pairs = opened.engine.models["delay"].table.entries()
    assert len(keys) == 0 or not pairs[:-1].any(), "something was kept"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("pause", "delai"), 1, "no model is named 'delai'; accepted: 'delay'; did you mean 'delay'?"),
        (("rewind", "delay", "--to", "2099-01-01T00:00:00Z"), 1, "lies in the future"),
        (("rewind", "delay", "--to", "2020-01-01"), 2, "is no time"),
    ],
)
def test_what_cannot_be_done_leaves_the_log_as_it_is(
    shell: Shell, state: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    """With what is accepted."""
    with open_reader(state / "log") as reader:
        before = reader.last_seq
    said = shell("model", *words, "--state", state)
    with open_reader(state / "log") as reader:
        after = reader.last_seq

    assert (said.code, told in said.err, after) == (code, True, before), said.err


def test_a_state_that_somebody_has_open_is_left_alone(shell: Shell, state: Path) -> None:
    """It says who has it."""
    with State.open(state):
        said = shell("model", "pause", "delay", "--state", state)

    assert (said.code, "is in use by process" in said.err) == (1, True), said.err


def test_every_command_of_the_group_explains_itself_with_an_example(shell: Shell) -> None:
    """One that can be typed."""
    for name in ("pause", "freeze", "resume", "rewind"):
        assert f"Example:  flyball model {name} ctr --state state/" in shell("model", name, "--help").out

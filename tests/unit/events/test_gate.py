"""The gate before a model's learning: what is held back, and when it is let out."""

from __future__ import annotations

import pytest

from flyball.events.gate import Gate
from flyball.events.gates import Gates
from flyball.events.record import Pause
from tests.unit.events.desk import example


def holding(*seqs: int, limit: int = 10) -> Gate:
    """A paused gate that holds back an example of each of these predictions."""
    gate = Gate(limit)
    gate.pause()
    for seq in seqs:
        gate.hold(example(1.0, seq=seq))
    return gate


def test_what_is_held_back_comes_out_in_order_to_be_learned_only() -> None:
    """It was scored when it came."""
    out = holding(4, 2, 4).resume()

    assert [(each.seq, each.learn, each.score) for each in out] == [
        (4, True, False),
        (2, True, False),
        (4, True, False),
    ]


def test_a_full_gate_learns_nothing_more_until_it_is_open() -> None:
    """Its limit is met exactly."""
    gate = Gate(2)
    learns = [gate.learns]
    gate.pause()
    for seq in (1, 2):
        learns.append(gate.learns)
        gate.hold(example(1.0, seq=seq))
    learns.append(gate.learns)
    gate.pause()
    learns.append(gate.learns)
    gate.resume()

    assert [*learns, gate.learns] == [True, True, True, False, False, True]


@pytest.mark.parametrize("again", ["pause", "freeze"])
def test_only_a_resume_lets_out(again: str) -> None:
    """Frozen or paused again, it holds on to what it has."""
    gate = holding(1)
    getattr(gate, again)()

    assert len(gate.held) == 1
    assert [each.seq for each in gate.resume()] == [1]
    assert gate.resume() == []
    assert gate.is_new


def test_a_stretch_that_is_left_out_ends_before_anything_is_let_out() -> None:
    """Also if the model was resumed within it."""
    gate = holding(1)

    assert gate.leave_out(left_out=True) == []
    assert (gate.learns, gate.resume()) == (False, [])
    assert [each.seq for each in gate.leave_out(left_out=False)] == [1]
    assert gate.learns


def test_gates_are_saved_where_they_are_not_as_they_began() -> None:
    """And restored with what they hold back."""
    gates = Gates(2)
    for model, mode in (("b", "pause"), ("a", "freeze"), ("c", "pause"), ("c", "resume")):
        gates.turn(Pause(model=model, mode=mode))  # type: ignore[arg-type]  # one of the three
    gates.of("b").hold(example(1.0, seq=7))
    restored = Gates(1)
    restored.load(gates.save())

    assert [(saved.model, saved.mode) for saved in restored.save()] == [("a", "freeze"), ("b", "pause")]
    assert (restored.first_held, gates.first_held, Gates(1).first_held) == (7, 7, None)
    assert not restored.of("b").learns

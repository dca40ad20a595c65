"""What can be done where a change is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.cli.way_out import ways_out
from flyball.system.change import Change, Effect


def changed(model: str, outcome: str, effect: Effect = Effect.REFUSED) -> Change:
    """A change of a model, or of its outcome."""
    return Change(model=model, subject="", old="a", new="b", effect=effect, sentence="", outcome=outcome)


def ways(*changes: Change) -> list[str]:
    """What each way begins with."""
    return [way.partition(":")[0] for way in ways_out(changes, Path("y.py"), Path("state"))]


def test_another_meaning_of_an_outcome_may_stand_beside_the_old_one() -> None:
    """Under other names; `tests/unit/system/test_plan.py` says which changes are an outcome's."""
    assert ways(changed("y", "b")) == ["undo the change", "let both learn", "begin a state directory of its own"]


@pytest.mark.parametrize("model", ["", "y"])
def test_what_the_system_has_once_cannot_stand_beside_itself(model: str) -> None:
    """Its name, its label's column, its hash; also where an outcome changes as well."""
    assert ways(changed(model, ""), changed("y", "b")) == ["undo the change", "begin a state directory of its own"]


def test_only_a_refusal_needs_a_way_out() -> None:
    """Not a fork, nor a new version."""
    assert ways(changed("y", "b", Effect.FORKED), changed("y", "", Effect.NEW)) == []


def test_every_model_that_is_refused_is_named() -> None:
    """Each once."""
    changes = [changed(model, outcome) for model in ("z", "y") for outcome in ("b", "c")]

    assert "write 'y' and 'z' as before" in ways_out(changes, Path("y.py"), Path("state"))[1]

"""What can be done where a change is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.cli.way_out import ways_out
from flyball.system.change import Change, Effect
from flyball.system.difference import OUTCOME_FIELDS


def refused(model: str, subject: str, effect: Effect = Effect.REFUSED) -> Change:
    """A change."""
    return Change(model=model, subject=subject, old="a", new="b", effect=effect, sentence="")


def ways(*changes: Change) -> list[str]:
    """What each way begins with."""
    return [way.partition(":")[0] for way in ways_out(changes, Path("y.py"), Path("state"))]


@pytest.mark.parametrize(
    "subject",
    ["outcome of model 'y'", "labels of outcome 'b'"]
    + [f"{field} of outcome 'b'" for field, effect in OUTCOME_FIELDS.items() if effect is Effect.REFUSED],
)
def test_another_meaning_of_an_outcome_may_stand_beside_the_old_one(subject: str) -> None:
    """Under other names."""
    assert ways(refused("y", subject)) == ["undo the change", "let both learn", "begin a state directory of its own"]


@pytest.mark.parametrize(("model", "subject"), [("", "name"), ("y", "label of the source"), ("y", "hash of model 'y'")])
def test_what_the_system_has_once_cannot_stand_beside_itself(model: str, subject: str) -> None:
    """Also where an outcome changes as well."""
    both = [refused(model, subject), refused("y", "window of outcome 'b'")]

    assert ways(*both) == ["undo the change", "begin a state directory of its own"]


def test_only_a_refusal_needs_a_way_out() -> None:
    """Not a fork, nor a new version."""
    assert ways(refused("y", "window of outcome 'b'", Effect.FORKED), refused("y", "alpha", Effect.NEW)) == []


def test_every_model_that_is_refused_is_named() -> None:
    """Each once."""
    changes = [refused(model, f"{field} of outcome 'b'") for model in ("z", "y") for field in ("type", "window")]

    assert "write 'y' and 'z' as before" in ways_out(changes, Path("y.py"), Path("state"))[1]

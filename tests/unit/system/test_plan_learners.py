"""What another learner does to what was learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.system.change import Effect
from flyball.system.learner import FM, FTRL
from flyball.system.plan import plan
from tests.unit.system.ads import system

if TYPE_CHECKING:
    from flyball.system.learner import Learner


@pytest.mark.parametrize(
    ("old", "new", "subject"),
    [
        (FTRL(), FM(), "kind and factors"),
        (FM(alpha=0.1), FTRL(alpha=0.1), "kind and factors"),
        (FM(), FM(factors=8), "kind and factors"),
        (FM(), FM(alpha=0.1), "settings"),
    ],
)
def test_a_learner_whose_rows_have_another_shape_is_refused_unless_forked(
    old: Learner, new: Learner, subject: str
) -> None:
    """The table of one is none of the other."""
    result = plan(system(learner=old).to_json(), {"ctr": 3}, system(learner=new))
    [change] = result.changes

    assert (change.subject, change.effect) == (f"{subject} of the learner of model 'ctr'", Effect.REFUSED)
    assert "its coefficients have another shape" in change.sentence
    assert result.refused

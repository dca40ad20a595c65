"""A rehearsal: one prediction and one outcome of every model, learned by an engine that is thrown away.

The first call of a kernel loads it, which takes longer than a thousand later ones; a loop that has rehearsed takes its
first outcome as fast as any.

>>> from flyball import Input, Model, Outcome, System
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> rehearse(System("flights", models=[late]))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events.record import Outcome, Prediction
from flyball.run.ephemeral import Ephemeral

if TYPE_CHECKING:
    from flyball.events.record import Body
    from flyball.system.system import System


def rehearse(system: System) -> None:
    """Lets an engine without a log learn once what a loop learns all the time.

    Args:
        system: the definition.
    """
    target = Ephemeral(system, None)
    now = 0
    for form in target.engine.forms:
        asked = Prediction(
            id="1",
            model=form.model,
            version=form.version,
            definition=form.definition,
            inputs=[None] * len(form.names),
            score=0.0,
            derived=[None] * len(form.program.functions),
        )
        told = Outcome(id="1", outcome=form.outcome.name, value=1.0, outcome_id="1")
        bodies: list[Body] = [asked, told]
        target.commit([(now, now, body) for body in bodies])

"""What the loop answers between two rounds, when nothing is being learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.events.log import LogDropped
from flyball.events.record import Prediction
from flyball.learn import ftrl
from flyball.serve.port import Evaluate, Known, Reply

if TYPE_CHECKING:
    from flyball.run.state import State


def known(state: State, question: Known) -> Reply:
    """The first answer to an id that the joiner remembers."""
    seq = state.engine.joiner.known(question.model, question.version, question.id)
    if seq is None:
        return Reply()
    try:
        [record] = state.log.get([seq])
    except LogDropped:
        return Reply()
    body = record.body
    assert isinstance(body, Prediction)  # noqa: S101  # the joiner knows predictions by this place
    return Reply(
        found=True,
        inputs=state.engine.inputs_of(body),
        score=body.score,
        learned_through=body.learned_through,
        served_by=body.served_by,
    )


def evaluated(state: State, question: Evaluate) -> Reply | None:
    """An answer from coefficients between two batches; `None` where the definition is not the one that holds."""
    engine = state.engine
    model = engine.models.get(question.model)
    if model is None or model.form.definition != question.definition:
        return None
    form = model.form
    batch = form.of_log(
        [engine.seq + 1],
        [0],
        [
            Prediction(
                id="",
                model=question.model,
                version=form.version,
                definition=question.definition,
                inputs=question.inputs,
                score=0.0,
                derived=question.derived,
            )
        ],
    )
    margins, scores = np.empty(1), np.empty(1)
    features = batch.features
    ftrl.predict(model.table.words, form.hyper, features.starts, features.keys, features.values, margins)
    ftrl.answers_of(margins, form.squared, form.scale, scores)
    return Reply(found=True, score=float(scores[0]), learned_through=engine.seq)


def answer(state: State, question: Known | Evaluate) -> Reply | None:
    """The answer to a question; `None` where there is none."""
    return known(state, question) if isinstance(question, Known) else evaluated(state, question)

"""What the loop answers between two rounds, when nothing is being learned.

>>> from flyball import Input, Model, Outcome, System
>>> from flyball.testing.loop_here import loop_here
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> loop, channel = loop_here(System("flights", models=[late]))
>>> known(loop.state, Known(model="late", version=1, id="r1")).found
False
>>> form = loop.engine.models["late"].form
>>> evaluated(loop.state, Evaluate(model="late", definition=form.definition, inputs=[7], derived=[])).score
0.5
>>> feed_of(loop, Look()).models["late"].state
'learning'
>>> len(answer(loop, Evaluate(model="late", definition="?", inputs=[7], derived=[])))
0
>>> loop.state.close()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from flyball.events.log import LogDropped
from flyball.events.record import Prediction
from flyball.learn.slice_cells import NO_CELLS
from flyball.run.live.vitals import Vital
from flyball.run.live_model import version_of
from flyball.run.rewind import Rebuild
from flyball.serve.port import Evaluate, Known, Reply
from flyball.watch.feed import Feed, LearningState, Look, ModelFeed, TallyFeed, boards_of, versions_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.run.live.loop import Loop
    from flyball.run.live.message import Question
    from flyball.run.live_model import LiveModel
    from flyball.run.state import State

_encoder = msgspec.msgpack.Encoder()


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
    keys, said = batch.features.keys, np.empty(form.recipe.said, dtype="<f4")
    score = form.recipe.score(model.table.words, keys, batch.features.values, len(keys), said) * form.scale
    if form.correction is not None:
        score = form.correction.score(model.table.words, NO_CELLS if batch.cells is None else batch.cells[0], score)
    return Reply(found=True, score=score, said=said.tobytes(), learned_through=engine.seq)


def feed_of(loop: Loop, look: Look) -> Feed:
    """What a dashboard shows, without the boards that it has already."""
    state, engine = loop.state, loop.engine
    assert engine.system is not None  # noqa: S101  # a state is opened with a definition
    models = {model.name: engine.models[model.name] for model in engine.system.models}
    return Feed(
        system=engine.definitions[-1],
        versions={name: model.version for name, model in models.items()},
        seq=state.log.last_seq,
        log_ts=state.now,
        learned_through=engine.seq,
        learned_ts=engine.joiner.now or 0,
        log_bytes=state.log.disk_bytes(),
        clock_offset_us=loop.clock.apart,
        checkpoint_seq=state.checkpointing.last,
        checkpoint_ts=loop.vitals.get(Vital.CHECKPOINT_US),
        checkpoint_problem=state.checkpointing.problem or "",
        models={name: _model(loop, model, look.stamps.get(name, {})) for name, model in models.items()},
        tallies=[
            TallyFeed(model=name, version=version, tally=tally.copy())
            for (name, version), tally in engine.joiner.tallies.items()
        ],
    )


_STATES: dict[str, LearningState] = {"on": "learning", "pause": "paused", "freeze": "frozen"}


def _model(loop: Loop, model: LiveModel, stamps: Mapping[str, int]) -> ModelFeed:
    name, present, work = model.form.model, model.form.board, loop.work
    rewinding = isinstance(work, Rebuild) and work.name == name
    done, of = work.progress if isinstance(work, Rebuild) and rewinding else (1, 1)
    names = sorted((n for n in model.boards if version_of(n) == model.version), key=lambda name: name == present)
    return ModelFeed(
        version=model.version,
        state="rewinding" if rewinding else _STATES[loop.engine.joiner.mode(name)],
        held=loop.engine.joiner.held_back(name),
        progress=done / of,
        features=len(model.table),
        table_bytes=model.table.memory_bytes,
        boards=boards_of({name: model.boards[name] for name in names}, stamps),
        versions=versions_of((version_of(name), board) for name, board in model.boards.items()),
        alarms=list(model.guard.alarms()),
    )


def answer(loop: Loop, question: Question) -> bytes:
    """The answer to a question, MessagePack; empty where there is none."""
    if isinstance(question, Look):
        return _encoder.encode(feed_of(loop, question))
    if loop.stuck or loop.behind:
        return b""
    reply = known(loop.state, question) if isinstance(question, Known) else evaluated(loop.state, question)
    return b"" if reply is None else _encoder.encode(reply)

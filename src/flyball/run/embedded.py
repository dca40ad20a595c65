"""The embedded system: the same rooms in one process, for notebooks, tests and small programs."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from flyball.events.leaf import leaf_of
from flyball.events.record import Prediction, Tick
from flyball.learn.uncertainty import uncertainty as uncertainty_of
from flyball.run.controls import Controls, one_at_a_time
from flyball.run.explained_model import explain_inputs
from flyball.run.state import State
from flyball.serve.answer import Answer
from flyball.serve.request import RequestRefused, checked_id, checked_time, typed_inputs
from flyball.serve.telling import told_event, told_outcome
from flyball.system.clock import SystemClock
from flyball.system.refusal import ValueRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from flyball.events.record import Leaf
    from flyball.events.tally import Tally
    from flyball.learn.explanation import Explanation
    from flyball.run.report import Report
    from flyball.system.clock import Clock
    from flyball.system.system import System
    from flyball.system.value import Value
    from flyball.watch.scorecard import Scorecard

_opened: dict[Path | str, Embedded] = {}
"""What this process has open, by directory, or by the system's name where the state is temporary: opening again, as
notebooks do, closes the first."""


@atexit.register
def _close_all() -> None:
    for fly in list(_opened.values()):
        fly.close()


class PredictionConflict(RequestRefused):
    """This id was already asked with other inputs; the first answer stands."""


class Embedded(Controls):
    """A system that runs in this process, as `flyball.open` gives it.

    Everything that is asked or told is logged, joined, scored and learned from before the call returns. Threads may
    share it: one waits for the other.

    Args:
        state: its opened state.
        clock: its time.
        key: under which it is found when it is opened again.
        temporary: a directory to remove when it is closed.

    >>> import flyball as fb
    >>> from flyball.system.clock import ManualClock
    >>> late = fb.Model("late", signals=[fb.Input("hour", int)], outcome=fb.Outcome("late"))
    >>> with fb.open(fb.System("flights", models=[late]), clock=ManualClock(5)) as fly:
    ...     fly.now
    5
    """

    def __init__(self, state: State, clock: Clock, key: Path | str, temporary: Path | None = None) -> None:
        super().__init__(state, RLock())
        self._clock = clock
        self._key = key
        self._temporary = temporary
        self._closed = False

    @property
    def now(self) -> int:
        """The time of the next record, microseconds UTC: the clock's, but never before the last record's."""
        return max(self._clock.now(), self.state.now)

    @one_at_a_time
    def predict(
        self,
        model: str,
        inputs: Mapping[str, object],
        *,
        id: str | None = None,
        event_ts: object = None,
        uncertainty: bool = False,
    ) -> Answer:
        """Predicts, and remembers what was asked until the outcome comes.

        Args:
            model: the model's name.
            inputs: a value for each input; what is left out is missing.
            id: by which the outcome is joined; without one, a new one. The same id with the same inputs gives the same
                answer again.
            event_ts: when it was asked: RFC 3339 with an offset, or microseconds since 1970; without one, now.
            uncertainty: whether the answer tells how far one more example could move it, as of now
                (`flyball.learn.uncertainty`).

        Raises:
            RequestRefused: the model is unknown, or a value is not of its declared type.
            PredictionConflict: the id was asked before with other inputs.

        >>> import flyball as fb
        >>> late = fb.Model("late", signals=[fb.Input("hour", int)], outcome=fb.Outcome("late"))
        >>> with fb.open(fb.System("flights", models=[late])) as fly:
        ...     fly.predict("late", {"hour": 7}, id="r1").prediction
        0.5
        >>> with fb.open(fb.System("flights", models=[late])) as fly:
        ...     fly.predict("late", {"hour": 7}, uncertainty=True).uncertainty > 0.0
        True
        """
        form = self._form(model)
        leaves, unknown = typed_inputs(model, form.program, inputs)
        name, now = checked_id(id), self.now
        time = checked_time(event_ts, now)
        known = self.state.engine.joiner.known(model, form.version, name)
        try:
            values = form.encoder.evaluate(leaves) if known is None or uncertainty else []
        except ValueRefused as error:
            raise RequestRefused(str(error)) from error
        if known is not None:
            again = self._again(known, dict(zip(form.names, map(leaf_of, leaves), strict=True)))
            return self._told(again, values) if uncertainty else again
        self._leave_file(now)
        seq = self.state.engine.seq + 1
        body = Prediction(
            id=name,
            model=model,
            version=form.version,
            definition=form.definition,
            inputs=[leaf_of(leaf) for leaf in leaves],
            score=0.0,
            as_of=seq - 1,
            learned_through=seq - 1,
            derived=[leaf_of(values[place]) for place in form.program.functions],
            unknown=unknown,
        )
        batch = form.one(seq, time, values)
        self.state.commit([(time, now, body)], {model: batch})
        answer = Answer(
            id=name,
            model=model,
            version=form.version,
            learned_through=seq - 1,
            prediction=float(batch.scores[0]),
            served_by="model",
        )
        return self._told(answer, values) if uncertainty else answer

    def _told(self, answer: Answer, values: Sequence[Value]) -> Answer:
        """The answer with how sure it is; `values` are those of all nodes."""
        model = self.state.engine.models[answer.model]
        if answer.served_by != "model":
            return answer
        form, features = model.form, model.form.encoder.features(values)
        row = (form.recipe, model.table.words, features.keys, features.values)
        return replace(answer, uncertainty=uncertainty_of(*row, prediction=answer.prediction, scale=form.scale))

    def _leave_file(self, now: int) -> None:
        """Tells the log that what follows is no row of a file, so that no replay takes it for one of its own."""
        if self.state.engine.origin is not None:
            self.state.commit([(now, now, Tick())])

    def _again(self, seq: int, inputs: dict[str, Leaf]) -> Answer:
        """The answer that was given to this id, if it was asked the same."""
        [record] = self.state.log.get([seq])
        body = record.body
        assert isinstance(body, Prediction)  # noqa: S101  # the joiner knows predictions by this place
        before = self.state.engine.inputs_of(body)
        # Another order of signals, or one more to be watched by, makes no other question of it.
        if any(inputs.get(name, value) != value for name, value in before.items()):
            msg = (
                f"id {body.id!r} of {body.model!r} was already asked with inputs {before!r}, now with {inputs!r}; "
                "give every request an id of its own"
            )
            raise PredictionConflict(msg)
        return Answer(
            id=body.id,
            model=body.model,
            version=body.version,
            learned_through=body.learned_through,
            prediction=body.score,
            served_by=body.served_by,
        )

    @one_at_a_time
    def outcome(
        self,
        id: str,
        value: object,
        *,
        outcome: str | None = None,
        outcome_id: str | None = None,
        event_ts: object = None,
        weight: float = 1.0,
    ) -> int:
        """Tells what really happened; when this returns it is on disk, joined, scored and learned from.

        Args:
            id: of the prediction or predictions.
            value: what happened: a truth, a number, or one of the outcome's labels.
            outcome: the outcome's name; may be left out where the system has one.
            outcome_id: of this fact, where several may come for one prediction.
            event_ts: when it happened; as for `predict`.
            weight: its importance, a finite number of at least 0.

        Returns:
            Its place in the log.

        Raises:
            RequestRefused: the outcome is unknown, the value none of its values, or an id or weight cannot be taken.

        >>> import flyball as fb
        >>> late = fb.Model("late", signals=[fb.Input("hour", int)], outcome=fb.Outcome("late"))
        >>> with fb.open(fb.System("flights", models=[late])) as fly:
        ...     first = fly.predict("late", {"hour": 7}, id="r1")
        ...     seq = fly.outcome("r1", True)
        ...     fly.predict("late", {"hour": 7}).prediction > first.prediction
        True
        """
        outcomes = self._system.outcomes
        told = told_outcome(outcomes, id, value, outcome=outcome, outcome_id=outcome_id, weight=weight)
        now = self.now
        time = checked_time(event_ts, now)
        self._leave_file(now)
        return self.state.commit([(time, now, told)])[0].seq

    @one_at_a_time
    def event(
        self,
        type: str,
        event_id: str,
        *,
        prediction_id: str | None = None,
        keys: Mapping[str, object] | None = None,
        values: Mapping[str, object] | None = None,
        event_ts: object = None,
    ) -> int:
        """Tells an event, such as that an ad was shown; returns its place in the log.

        Args:
            type: the declared event's name.
            event_id: its own id; where the event exposes a prediction, that prediction's id, unless `prediction_id` is
                given.
            prediction_id: the prediction that it exposes.
            keys: the entities it concerns.
            values: what else is known of it.
            event_ts: when it happened; as for `predict`.

        Raises:
            RequestRefused: the type is not declared.
        """
        told = told_event(
            self._system.events, type, checked_id(event_id), prediction_id=prediction_id, keys=keys, values=values
        )
        now = self.now
        time = checked_time(event_ts, now)
        return self.state.commit([(time, now, told)])[0].seq

    @one_at_a_time
    def tick(self) -> None:
        """Lets time pass: windows whose end has come are closed."""
        now = self.now
        self.state.commit([(now, now, Tick())])

    @one_at_a_time
    def replay(self, path: str | Path, **options: str | None) -> Report:
        """Replays a file into this system; options as for `flyball.run.file_replay.replay_file`."""
        from flyball.run.file_replay import replay_into  # noqa: PLC0415  # loads pyarrow, which serving does without

        return replay_into(self.state, path, **options)

    @one_at_a_time
    def explain(self, model: str, inputs: Mapping[str, object]) -> Explanation:
        """Tells why the model would answer what it would answer now; nothing is logged.

        Raises:
            RequestRefused: the model is unknown, or a value is not of its declared type.

        >>> import flyball as fb
        >>> late = fb.Model("late", signals=[fb.Input("hour", int)], outcome=fb.Outcome("late"))
        >>> with fb.open(fb.System("flights", models=[late])) as fly:
        ...     fly.explain("late", {"hour": 8}).parts[1].name
        'hour about 8, by octaves'
        """
        return explain_inputs(self.state.engine.models[self._form(model).model], inputs)

    @one_at_a_time
    def scorecard(self, model: str) -> Scorecard:
        """How good the present version of a model has been, on predictions made before their outcomes were known."""
        version = self._form(model).version
        return self.state.engine.models[model].card(version).total()

    @one_at_a_time
    def tallies(self, model: str) -> dict[int, Tally]:
        """For each version of a model what became of its predictions."""
        self._form(model)
        return {version: tally for (name, version), tally in self.state.engine.joiner.tallies.items() if name == model}

    @one_at_a_time
    def examples(self) -> pa.Table:
        """Every example of the retained log, in order: the prediction, its inputs, its value and weight."""
        from flyball.run.tables import examples  # noqa: PLC0415  # needs pyarrow, which serving does not load

        return examples(self.state.log, self.state.engine.definitions)

    @one_at_a_time
    def predictions(self) -> pa.Table:
        """Every prediction of the retained log, in order, with its inputs and its answer."""
        from flyball.run.tables import predictions  # noqa: PLC0415  # needs pyarrow, which serving does not load

        return predictions(self.state.log, self.state.engine.definitions)

    @one_at_a_time
    def close(self) -> None:
        """Writes a checkpoint and lets go of the directory; more than once does no harm."""
        if self._closed:
            return
        self._closed = True
        _opened.pop(self._key, None)
        try:
            self.state.close()
        finally:
            if self._temporary is not None:
                shutil.rmtree(self._temporary, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open(system: System, path: str | Path | None = None, *, clock: Clock | None = None) -> Embedded:
    """Opens a system in this process.

    Args:
        system: the definition.
        path: its state directory, made if it is not there; without one the state is temporary. What this process had
            open there, or of this system where it is temporary, is closed.
        clock: where its time comes from; without one, the computer's clock.

    Raises:
        StateRefused: the directory is of another system or a newer flyball.
        LogBusy: another process has it open.

    >>> import flyball as fb
    >>> late = fb.Model("late", signals=[fb.Input("hour", int)], outcome=fb.Outcome("late"))
    >>> with fb.open(fb.System("flights", models=[late])) as fly:
    ...     fly.predict("late", {"hour": 7}).version
    1
    """
    key = system.name if path is None else Path(path).resolve()
    held = _opened.pop(key, None)
    if held is not None:
        held.close()
    directory = Path(tempfile.mkdtemp(prefix="flyball-") if path is None else path)
    temporary = directory if path is None else None
    try:
        state = State.open(directory, system, durable=path is not None)
    except BaseException:  # whatever it was, what is temporary must not stay
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        raise
    fly = _opened[key] = Embedded(state, SystemClock() if clock is None else clock, key, temporary)
    return fly

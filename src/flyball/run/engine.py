"""The engine: folds the log into what is learned, one record after the other, in the one way that replay repeats."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from flyball.events.joiner import Joiner
from flyball.events.record import Origin, Outcome, Pause, Plan, Prediction, Record, Rewind
from flyball.events.rule import JoinRule
from flyball.learn.checkpoint import EXPIRY, GATE, Checkpoint
from flyball.run.form import Form
from flyball.run.live_model import LiveModel, Steps
from flyball.run.release import STEPS, Release
from flyball.run.rewind import Rebuild, RewindRefused
from flyball.system.system import System
from flyball.watch.board import Board
from flyball.watch.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from flyball.events.record import Leaf
    from flyball.learn.gate import Gate
    from flyball.run.batch import Batch
    from flyball.run.rewind import Lookup
    from flyball.run.work import Work
    from flyball.system.outcome import Outcome as Declared


class Memory(msgspec.Struct, frozen=True, array_like=True):
    """What the engine remembers beside coefficients, boards and joiner.

    `definitions` are canonical JSON and the models' versions, in the order of activation; the last one holds. `origin`
    is the origin of the last records and its place in the log, where they come from a file. `since` says of models that
    were dropped and came back at which place in the log they did. `rewound` is the place of the last rewind.

    >>> Memory(0, [], None).origin is None
    True
    """

    seq: int
    definitions: list[tuple[str, dict[str, int]]]
    origin: tuple[int, Origin] | None
    since: dict[str, int] = {}  # msgspec copies it
    rewound: int = 0


def rule_of(outcome: Declared) -> JoinRule:
    """The joiner's rule for a declared outcome.

    >>> from flyball import Outcome
    >>> rule_of(Outcome("click", window="30m", if_silent=0)).window_us
    1800000000
    """
    assert outcome.learn is not None  # noqa: S101  # an outcome settles when it is learned from as it is made
    return JoinRule(
        outcome=outcome.name,
        window_us=outcome.window_us,
        if_silent=outcome.silent_value,
        counts_from=outcome.counts_from_name,
        learn=outcome.learn,
        reducer=outcome.reducer,
        revision=outcome.revision,
        keep_silent=outcome.keep_silent,
    )


def rules_of(system: System) -> tuple[dict[str, JoinRule], dict[str, str]]:
    """The joiner's rules by outcome, and the outcome of each model.

    >>> from flyball import Input, Model, Outcome, System
    >>> rules_of(System("flights", models=[Model("late", signals=[Input("hour", int)], outcome=Outcome("d"))]))[1]
    {'late': 'd'}
    """
    rules = {name: rule_of(outcome) for name, outcome in system.outcomes.items()}
    return rules, {model.name: model.outcome.name for model in system.models}


def gate_name(model: str, gate: Gate) -> str:
    """The name of a model's gate among the tables of a checkpoint: another gate, another name.

    >>> from flyball.learn.gate import Gate
    >>> gate_name("ctr", Gate.chance(0.5)) == gate_name("ctr", Gate.chance(0.25))
    False
    """
    return f"{GATE}{model} {gate.kind:016x}"


class Engine:
    """The state of a system: state = fold(checkpoint, the log after it).

    Args:
        lookup: where predictions that left memory are read again.
        max_pending: the limit of predictions that wait for their outcomes.
        shared: whether other processes may read the tables of coefficients, through their descriptors.

    >>> from flyball import Input, Model, Outcome, System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> system = System("flights", models=[late])
    >>> engine = Engine(lookup=None)
    >>> plan = Plan(definition=system.to_json(), versions={"late": 1})
    >>> engine.apply([Record(seq=1, event_ts=0, ingest_ts=0, body=plan)])
    >>> engine.seq, list(engine.models)
    (1, ['late'])
    """

    def __init__(self, lookup: Lookup | None, *, max_pending: int = 1_000_000, shared: bool = False) -> None:
        self._lookup = lookup
        self._shared = shared
        self._only: str | None = None
        self.seq = 0
        self.system: System | None = None
        self.models: dict[str, LiveModel] = {}
        self.joiner = Joiner({}, {}, max_pending=max_pending)
        self.rewound = 0
        """The place of the last rewind; 0 where there was none."""
        self.origin: tuple[int, Origin] | None = None
        """The origin of the last records and its seq, while they all come from its file; `None` otherwise."""
        self._definitions: dict[str, tuple[str, dict[str, int]]] = {}
        self._forms: dict[tuple[str, str], Form] = {}

    def apply(self, records: Sequence[Record], batches: Mapping[str, Batch] | None = None) -> None:
        """Takes the next records.

        Args:
            records: contiguous, from `seq + 1` on. Without `batches` they come from the log, with their answers.
            batches: new predictions by model, encoded already; their answers are computed and put into the batches,
                in the order of the log. Only then may the records contain unanswered predictions, and no plan,
                pause or rewind.

        Raises:
            RewindRefused: there is a rewind among them, and no log to learn again from.
        """
        while (work := self.advance(records, batches)) is not None:
            work.run()
            records = records[work.seq - records[0].seq + 1 :]

    def advance(self, records: Sequence[Record], batches: Mapping[str, Batch] | None = None) -> Work | None:
        """As `apply`, but stops after a record that takes long: a rewind, or the end of a pause that held back much.

        What is left to be done for it is returned, to be done step by step; `None` where there is no such record. Until
        it is done the engine may not be given the records that follow, from `seq + 1` on, nor be asked for its digest
        or a checkpoint.
        """
        start = 0
        for place, record in enumerate(records):
            if isinstance(record.body, Plan):
                self._take(records[start : place + 1], batches)
                self._define(System.from_json(record.body.definition), record.body.versions)
                start = place + 1
            elif isinstance(record.body, Rewind) and self._only is None and record.body.model in self.models:
                self._take(records[start : place + 1], batches)
                self.rewound = record.seq
                return self._rebuild(record.body.model, records[: place + 1])
            elif isinstance(record.body, Pause) and self._lets_out_much(record.body):
                self._take(records[start:place], batches)
                released = self._take([record], batches, later=record.body.model)
                return Release(self.models[record.body.model], released, record.seq)
        self._take(records[start:], batches)
        return None

    def _lets_out_much(self, body: Pause) -> bool:
        """Whether the end of a pause lets out more than is learned at once, as far as is known before its chunk."""
        held = body.model in self.models and self.joiner.held_back(body.model) > STEPS
        return held and body.mode == "resume"

    def _rebuild(self, model: str, last: Sequence[Record]) -> Rebuild:
        if self._lookup is None:
            raise RewindRefused(f"{model!r} cannot be rewound: there is no log to learn again from; keep a state")
        again = Engine(self._lookup)
        again._only, again.joiner = model, self.joiner.again(model)
        return Rebuild(again, self.models[model], self.joiner, self._lookup, last)

    def _take(
        self, records: Sequence[Record], batches: Mapping[str, Batch] | None, *, later: str | None = None
    ) -> Steps:
        """Takes records that change no definition; what the model `later` has to do is left to the caller."""
        left = Steps()
        if not records:
            return left
        if batches is None:
            for model, encoded in self._encoded(records).items():
                self.models[model].keep(*encoded)
        else:
            for model, batch in batches.items():
                self.models[model].keep(batch)
        todo = {name: Steps(model.since, model.form.epoch_us) for name, model in self.models.items()}
        step = self.joiner.step
        for record in records:
            examples = step(record)
            if isinstance(record.body, Origin):
                self.origin = (record.seq, record.body)
            elif not isinstance(record.body, (Prediction, Outcome)):
                self.origin = None
            if batches is not None and isinstance(record.body, Prediction):
                todo[record.body.model].predict(record.seq, record.ingest_ts)
            for example in examples:
                if example.model in todo:
                    todo[example.model].example(example, record.ingest_ts)
        for name, steps in todo.items():
            if self._only is not None:
                steps.scored.clear()
            if name == later:
                left = steps
            else:
                self.models[name].take(steps)
            self.models[name].at(records[-1].ingest_ts)
        self.seq = records[-1].seq
        return left

    def _define(self, system: System, versions: Mapping[str, int]) -> None:
        """From here on this definition holds."""
        held = frozenset() if self.system is None else frozenset(model.name for model in self.system.models)
        self.system = system
        digest = system.digest[:16]
        self._definitions.pop(digest, None)
        self._definitions[digest] = (system.to_json(), dict(versions))
        for model in system.models:
            if self._only not in {None, model.name}:
                continue
            form = Form(system, model.name, versions[model.name])
            self._forms[digest, model.name] = form
            if model.name in self.models:
                self.models[model.name].adopt(form, anew_at=None if model.name in held else self.seq)
            else:
                self.models[model.name] = LiveModel(form, partial(self._fetch, model.name), shared=self._shared)
                self.models[model.name].at(self.joiner.now or 0)
        self.joiner.replan(*rules_of(system))

    def _encoded(self, records: Sequence[Record]) -> dict[str, list[Batch]]:
        """For each model the predictions among records of the log, one batch for each definition and version."""
        chosen: dict[str, list[Record]] = {}
        for record in records:
            if isinstance(record.body, Prediction) and record.body.model in self.models:
                chosen.setdefault(record.body.model, []).append(record)
        return {name: self._batches_of(name, mine) for name, mine in chosen.items()}

    def _batches_of(self, model: str, records: Sequence[Record]) -> list[Batch]:
        """One batch for each definition and version that made some of these predictions of a model."""
        chosen: dict[tuple[str, int], list[tuple[Record, Prediction]]] = {}
        for record in records:
            body = record.body
            if isinstance(body, Prediction):
                chosen.setdefault((body.definition, body.version), []).append((record, body))
        batches = []
        for (definition, version), mine in chosen.items():
            form = self.models[model].form_at(self._forms[definition, model], version)
            seqs, event_ts = [record.seq for record, _ in mine], [record.event_ts for record, _ in mine]
            batches.append(form.of_log(seqs, event_ts, [body for _, body in mine]))
        return batches

    def _fetch(self, model: str, seqs: NDArray[np.int64]) -> list[Batch]:
        """The batches of predictions that left memory."""
        assert self._lookup is not None  # noqa: S101  # an engine without a log keeps everything in memory
        boards = self.models[model].boards
        batches = self._batches_of(model, self._lookup.get(seqs.tolist()))
        return [batch.numbered(boards[batch.board]) for batch in batches]

    @property
    def forms(self) -> tuple[Form, ...]:
        """The forms of the models of the present definition, by their names; models that were dropped have none."""
        names = [] if self.system is None else sorted(model.name for model in self.system.models)
        return tuple(self.models[name].form for name in names)

    def inputs_of(self, body: Prediction) -> dict[str, Leaf]:
        """The inputs of a logged prediction by name, as the definition that made it named them."""
        return dict(zip(self._forms[body.definition, body.model].names, body.inputs, strict=True))

    @property
    def definitions(self) -> tuple[str, ...]:
        """Every definition that was ever activated, canonical JSON, in the order of their last activation."""
        return tuple(text for text, _ in self._definitions.values())

    def digest(self) -> str:
        """A hash of the whole state: equal states, equal hashes, whatever crashed in between."""
        whole = hashlib.sha256()
        for part in (self._memory(), self.joiner.snapshot()):
            whole.update(part)
        for name, model in sorted(self.models.items()):
            whole.update(f"{name} {model.table.held} {model.table.digest()}".encode())
            for board, held in sorted(model.boards.items()):
                whole.update(f"{board} {held.digest()}".encode())
            whole.update(model.guard.snapshot())
        return whole.hexdigest()

    def _memory(self) -> bytes:
        since = {name: model.since for name, model in self.models.items() if model.since > 0}
        memory = Memory(self.seq, list(self._definitions.values()), self.origin, since, self.rewound)
        return msgspec.msgpack.encode(memory, order="sorted")

    def parts(self) -> dict[str, bytes]:
        """What is to be written down beside coefficients and joiner."""
        parts = {"engine": self._memory()}
        for name, model in self.models.items():
            parts |= {f"board {name} {board}": held.snapshot() for board, held in model.boards.items()}
            parts[f"guard {name}"] = model.guard.snapshot()
            if (common := model.table.common).any():
                parts[f"common {name}"] = common.tobytes()
            if (epoch := model.epoch) is not None:
                parts[EXPIRY + name] = f"{model.form.epoch_us} {epoch}".encode()
        return parts

    def checkpoint(self, *, only_touched: bool) -> Checkpoint:
        """What is to be written down; `only_touched` leaves out what has not changed since the last checkpoint."""
        parts = self.parts() | {"joiner": self.joiner.snapshot()}
        tables = {name: model.table.entries(only_touched=only_touched) for name, model in self.models.items()}
        gates = {name: gate.entries(only_touched=only_touched) for name, gate in self.gates.items()}
        return Checkpoint(seq=self.seq, tables=tables | gates, parts=parts)

    @property
    def gates(self) -> dict[str, Gate]:
        """The gates that refuse anything, by the names of their tables in a checkpoint."""
        gates = ((gate_name(name, model.table.gate), model.table.gate) for name, model in self.models.items())
        return {name: gate for name, gate in gates if gate.closes}

    def written(self) -> None:
        """The last checkpoint is durable: later ones need only what changes from here on."""
        for model in self.models.values():
            model.table.untouch()
            model.table.gate.untouch()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Takes up the state of a checkpoint; the engine must be new."""
        memory = msgspec.msgpack.decode(checkpoint.parts["engine"], type=Memory)
        for text, versions in memory.definitions:
            self._define(System.from_json(text), versions)
        assert self.system is not None  # noqa: S101  # the log of a system begins with its definition
        self.joiner = Joiner.restore(*rules_of(self.system), checkpoint.parts["joiner"])
        for name, model in self.models.items():
            model.since = memory.since.get(name, 0)
            model.at(self.joiner.now or 0)
        for name, model in self.models.items():
            if name in checkpoint.tables:
                model.table.load(*checkpoint.tables[name])
            if (gate := gate_name(name, model.table.gate)) in checkpoint.tables:
                model.table.gate.load(*checkpoint.tables[gate])
        self.written()
        for part, data in checkpoint.parts.items():
            if part.startswith("common "):
                self.models[part.removeprefix("common ")].table.common = np.frombuffer(data, dtype=np.uint64)
            if part.startswith("guard "):
                self.models[part.removeprefix("guard ")].guard = Guard.restore(data)
            if part.startswith("board "):
                _, name, board = part.split(" ", 2)
                self.models[name].boards[board] = Board.restore(data)
        self.seq, self.origin, self.rewound = memory.seq, memory.origin, memory.rewound

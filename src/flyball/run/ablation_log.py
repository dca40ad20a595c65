"""The log of a state as examples for an ablation: what a model has learned from, in that order."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from flyball.events.joiner import Joiner
from flyball.events.log import LogDropped
from flyball.events.reader import open_reader
from flyball.events.record import Plan, Prediction, Rewind
from flyball.learn import ftrl
from flyball.learn.column import Column
from flyball.run.ablation_rows import BLOCK, FIRST, encoded
from flyball.run.engine import rules_of
from flyball.run.form import Form
from flyball.run.state import StateRefused, read_label
from flyball.system.system import System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flyball.events.example import Example
    from flyball.events.log import LogReader
    from flyball.events.record import Leaf
    from flyball.run.ablator import Examples

KEPT = 200_000
"""So many predictions are kept in memory for their outcomes; older ones are read again."""
TOLD = 8_192
"""Progress is told whenever so many records were read."""


@contextmanager
def log_examples(directory: Path, *, sliced: bool) -> Iterator[LogOfExamples]:
    """Opens a log for an ablation; a system that writes it is not disturbed.

    Args:
        directory: a state directory, or that of a log.
        sliced: whether the slices of the models' dimensions are told too.

    Raises:
        LogForeign: the directory holds no log.
        LogDropped: its first records are gone.
        StateRefused: it holds no definition.

    >>> from pathlib import Path
    >>> with log_examples(Path("nowhere"), sliced=False):
    ...     pass
    Traceback (most recent call last):
        ...
    flyball.events.log.LogForeign: ...
    """
    is_state = read_label(directory) is not None
    with open_reader(directory / "log" if is_state else directory) as reader:
        if reader.first_seq > 1:
            raise LogDropped(
                f"{directory} has dropped its records before {reader.first_seq} (--max-disk), and examples are joined "
                "from the first record on; give a file of rows instead"
            )
        yield LogOfExamples(reader, directory, sliced=sliced)


def left_out(skipped: int) -> tuple[str, ...]:
    """What there is to tell of so many examples that lacked inputs.

    >>> left_out(0)
    ()
    """
    if skipped == 0:
        return ()
    return (f"{skipped:,} examples of earlier definitions are left out: they lack inputs of the present one",)


class LogOfExamples:
    """A log, read once for what has to be known before its examples.

    Args:
        reader: of the log.
        directory: its name, for messages.
        sliced: whether the slices of the models' dimensions are told too.

    >>> from pathlib import Path
    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.events.record import Record
    >>> from flyball.testing.memory_log import MemoryLog
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> log, system = MemoryLog(), System("flights", models=[late])
    >>> plan = Plan(definition=system.to_json(), versions={"late": 1})
    >>> log.append([Record(seq=1, event_ts=0, ingest_ts=0, body=plan)])
    >>> list(LogOfExamples(log, Path("state"), sliced=False).of("late"))
    []
    """

    def __init__(self, reader: LogReader, directory: Path, *, sliced: bool) -> None:
        self._reader, self._sliced = reader, sliced
        self.last = reader.last_seq
        self._rewound: dict[str, int] = {}
        newest: Plan | None = None
        for record in reader.read():
            if record.seq > self.last:
                break
            if isinstance(record.body, Plan):
                newest = record.body
            elif isinstance(record.body, Rewind):
                self._rewound[record.body.model] = record.seq
        if newest is None:
            raise StateRefused(f"{directory} holds no definition yet, so there is nothing to measure")
        self.system = System.from_json(newest.definition)

    def of(self, model: str, progress: Callable[[int, int], None] | None = None) -> LogExamples:
        """The examples of one model of the present definition.

        Args:
            model: its name.
            progress: called with the records read and their number.
        """
        joiner, rewound = Joiner({}, {}), self._rewound.get(model, 0)
        if rewound > 0:
            # What a rewind leaves out is known when it has been joined; then all is joined anew without it.
            for record in self._reader.read():
                if isinstance(record.body, Plan):
                    joiner.replan(*rules_of(System.from_json(record.body.definition)))
                joiner.step(record)
                if record.seq == rewound:
                    break
            joiner = joiner.again(model)
        form = Form(self.system, model, 1)
        return LogExamples(self._reader, form, joiner, self.last, sliced=self._sliced, progress=progress)


class LogExamples:
    """The examples of one model.

    Args:
        reader: of the log.
        form: the model as the newest definition has it; its encoder is told to number features.
        joiner: one that has seen nothing.
        last: the last record that is read.
        sliced: whether the slices of the model's dimensions are told too.
        progress: called with the records read and their number.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.testing.memory_log import MemoryLog
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> form = Form(System("flights", models=[late]), "late", 1)
    >>> list(LogExamples(MemoryLog(), form, Joiner({}, {}), 0, sliced=False))
    []
    """

    def __init__(
        self,
        reader: LogReader,
        form: Form,
        joiner: Joiner,
        last: int,
        *,
        sliced: bool,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        form.bulk.numbered = True
        self.form = form
        self.pool: list[Column] | None = None
        self.skipped = 0
        """How many examples lacked inputs of the present definition."""
        self._reader, self._joiner, self._last = reader, joiner, last
        self._sliced, self._progress = sliced, progress
        self._held: dict[str, list[str]] = {}
        self._kept: dict[int, Prediction] = {}
        self._since = 0
        self._read, self._size = 0, FIRST
        self.changed = False
        """Whether a definition or a rewind came while it went on: then all has to be measured anew."""

    def __len__(self) -> int:
        return self._last

    def go_on(self) -> None:
        """Lets the next iteration give what was logged since the last one ended."""
        self._last, self._size = self._reader.last_seq, BLOCK

    def __iter__(self) -> Iterator[Examples]:
        waiting: list[Example] = []
        first = self._read == 0
        for record in self._reader.read(self._read):
            if record.seq > self._last:
                break
            self._read, body = record.seq, record.body
            self.changed |= not first and isinstance(body, Plan | Rewind)
            if isinstance(body, Plan):
                self._define(System.from_json(body.definition), record.seq)
            elif isinstance(body, Prediction) and body.model == self.form.model:
                self._keep(record.seq, body)
            waiting += filter(self._counts, self._joiner.step(record))
            if isinstance(body, Plan):
                self._joiner.replan(*rules_of(System.from_json(body.definition)))
            if len(waiting) >= self._size:
                yield from self._examples(waiting)
                waiting, self._size = [], BLOCK
            if self._progress is not None and (record.seq % TOLD == 0 or record.seq == self._last):
                self._progress(record.seq, self._last)
        if waiting:
            yield from self._examples(waiting)

    def _counts(self, example: Example) -> bool:
        return example.model == self.form.model and example.learn and example.seq > self._since

    def _define(self, system: System, seq: int) -> None:
        """Remembers what predictions under this definition hold."""
        names = [model.name for model in system.models]
        if self.form.model not in names:
            # As in the engine: a model that was dropped comes back knowing nothing.
            self._since = seq
            return
        program = system.program(self.form.model)
        # By its hash: an input that was renamed is the same, one of another type is another.
        self._held[system.digest[:16]] = [
            program.nodes[place].digest for place in (*program.leaves, *program.functions)
        ]

    def _keep(self, seq: int, body: Prediction) -> None:
        self._kept[seq] = body
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]

    def _examples(self, waiting: list[Example]) -> Iterator[Examples]:
        """Examples that are waiting, encoded; none where all were asked without inputs that are needed now."""
        lost = [example.seq for example in waiting if example.seq not in self._kept]
        again = {record.seq: record.body for record in self._reader.get(sorted(set(lost)))} if lost else {}
        bodies = [self._kept.get(example.seq) or again[example.seq] for example in waiting]
        rows = [(example, self._values(body)) for example, body in zip(waiting, bodies, strict=True)]
        found = [(example, values) for example, values in rows if values is not None]
        self.skipped += len(waiting) - len(found)
        if not found:
            return
        program, count = self.form.program, len(found)
        kinds = [program.nodes[place].kind for place in (*program.leaves, *program.functions)]
        columns = [Column.of(kind, [values[i] for _, values in found]) for i, kind in enumerate(kinds)]
        labels = np.array([[e.value, e.weight, e.previous or 0.0, e.previous_weight or 0.0] for e, _ in found])
        labels[:, [0, 2]] /= self.form.scale
        noises = np.empty(count, dtype=np.uint64)
        ftrl.noise_of(np.array([e.seq for e, _ in found]), np.array([e.revision for e, _ in found]), noises)
        split = len(program.leaves)
        yield encoded(self.form, columns[:split], columns[split:], labels, noises, sliced=self._sliced)

    def _values(self, body: object) -> list[Leaf] | None:
        """The values of the present inputs and functions, as a prediction holds them; `None` where one is not there."""
        assert isinstance(body, Prediction)  # noqa: S101  # examples are of predictions
        held = dict(zip(self._held[body.definition], (*body.inputs, *body.derived), strict=True))
        program = self.form.program
        wanted = [program.nodes[place].digest for place in (*program.leaves, *program.functions)]
        return [held[digest] for digest in wanted] if all(digest in held for digest in wanted) else None

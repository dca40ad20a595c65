"""Forms: a model as one definition has it, ready to encode, to score and to be watched."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from flyball.events.leaf import leaf_of, value_of
from flyball.learn.bulk_encoder import BulkEncoder
from flyball.learn.column import Column
from flyball.learn.correction import correction_of
from flyball.learn.encoder import BIAS_KEY, Encoder
from flyball.learn.expiry import SPAN
from flyball.learn.gate import Gate
from flyball.learn.recipe import recipe_for
from flyball.learn.sampling import in_the_sample
from flyball.learn.slice_cells import cells_of_model
from flyball.run.batch import Batch
from flyball.run.look import Looker
from flyball.system.canonical import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.events.record import Leaf, Prediction
    from flyball.learn.table import Table
    from flyball.system.kind import Kind
    from flyball.system.system import System
    from flyball.system.value import Value


def slice_text(value: Leaf) -> str | None:
    """What a value is called as a slice; `None` where it is missing.

    >>> slice_text(True), slice_text(7), slice_text("DE")
    ('true', '7', 'DE')
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    # In a column 0.0 and -0.0 are equal, so they are one slice.
    return str(value + 0.0 if isinstance(value, float) else value)


class Form:
    """One model of one definition.

    Args:
        system: the definition.
        model: the model's name.
        version: the version that the definition gave it.

    >>> from flyball import Input, Model, Outcome, System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> Form(System("flights", models=[late]), "late", 1).names
    ('hour',)
    """

    def __init__(self, system: System, model: str, version: int) -> None:
        declared = system.model(model)
        self.model = model
        self.version = version
        self.definition = system.digest[:16]
        self.outcome = declared.outcome
        self.numeric = declared.outcome.loss != "logistic"
        self.scale = declared.outcome.scale if self.numeric else 1.0
        self.recipe = recipe_for(declared)
        self.correction = correction_of(declared)
        self.fallback = declared.fallback
        self.admission = (declared.admission, declared.admission_keys)
        self.epoch_us = 0 if declared.expiry_us is None else declared.expiry_us // SPAN
        """How long an epoch is, after SPAN of which a row expires; 0 where none does."""
        self.dimensions = declared.dimensions
        self.program = system.program(model)
        self.encoder = Encoder(self.program)
        self.bulk = BulkEncoder(self.program)
        self._cells = cells_of_model(declared, self.program)
        self._looker = Looker(self.program)
        self._slices = [tuple(self.program.place(s.name) for s in signals) for signals in declared.slices]
        cuts = [fingerprint([self.program.nodes[place].digest for place in places])[:8] for places in self._slices]
        self._cuts = [f"{name}#{cut}" for name, cut in zip(self.dimensions, cuts, strict=True)]

    @property
    def cells(self) -> int:
        """By how many cells a row is calibrated."""
        return 0 if self._cells is None else self._cells.width

    def table(self, *, shared: bool = False) -> Table:
        """A table of coefficients where nothing is learned yet: it answers the fallback, where there is one."""
        table = self.recipe.table(shared=shared)
        table.gate = self.gate()
        table.expire_from(self.epoch_of(0))
        self.begin(table)
        return table

    def gate(self) -> Gate:
        """A gate that has not been asked yet."""
        return Gate.of(*self.admission)

    def epoch_of(self, now_us: int) -> int | None:
        """The epoch at a time of the log; `None` where nothing expires."""
        return now_us // self.epoch_us if self.epoch_us > 0 else None

    def begin(self, table: Table) -> None:
        """Lets a table where nothing is learned answer the fallback, where there is one."""
        if self.fallback is None:
            return
        score, kept = self.fallback / self.scale, self.outcome.negatives_kept
        if kept < 1.0:
            # The fallback is of the world, what is learned of the sample; answers are put right by `correction`.
            score = in_the_sample(score, kept)
        self.recipe.begin(table, BIAS_KEY, score)

    def at(self, version: int) -> Form:
        """The same under another version: a definition that comes back is given a new one.

        >>> from flyball import Input, Model, Outcome, System
        >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
        >>> Form(System("flights", models=[late]), "late", 3).at(1).board
        'v1'
        """
        if version == self.version:
            return self
        other = copy(self)
        other.version = version
        return other

    @property
    def board(self) -> str:
        """The name of the board on which its predictions are scored: dimensions of other meaning, another board."""
        return "|".join([f"v{self.version}", *self._cuts])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the leaves, in the order in which they are logged."""
        return tuple(self.program.nodes[place].name for place in self.program.leaves)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The types of the leaves, in the same order."""
        return tuple(self.program.nodes[place].kind for place in self.program.leaves)

    def one(self, seq: int, event_ts: int, values: Sequence[Value]) -> Batch:
        """The batch of one prediction, from the values of all nodes."""
        return Batch(
            board=self.board,
            seqs=np.array([seq], dtype=np.int64),
            features=self.encoder.features(values),
            scores=np.full(1, np.nan),
            event_ts=np.array([event_ts], dtype=np.int64),
            slices=np.zeros((1, len(self._slices)), dtype=np.int32),
            labels=tuple([self._text(places, values)] for places in self._slices),
            cells=None if self._cells is None else self._cells.one(values)[None, :],
            said=self._unsaid(1),
            looks=self._looker.one([leaf_of(values[place]) for place in self.program.leaves]),
        )

    def many(
        self,
        seqs: NDArray[np.int64],
        event_ts: NDArray[np.int64],
        leaves: Sequence[Column],
        derived: Sequence[Column],
    ) -> Batch:
        """The batch of many predictions, from the columns of the leaves and of users' functions."""
        columns = self.bulk.evaluate(leaves, derived, len(seqs))
        slices = np.empty((len(seqs), len(self._slices)), dtype=np.int32)
        labels: list[list[str | None]] = []
        for i, places in enumerate(self._slices):
            slices[:, i], texts = _labelled([column for place in places if (column := columns[place]) is not None])
            labels.append(texts)
        return Batch(
            board=self.board,
            seqs=seqs,
            features=self.bulk.encode(leaves, derived, len(seqs)),
            scores=np.full(len(seqs), np.nan),
            event_ts=event_ts,
            slices=slices,
            labels=tuple(labels),
            cells=None if self._cells is None else self._cells.many(columns, len(seqs)),
            said=self._unsaid(len(seqs)),
            looks=self._looker.many(leaves, len(seqs)),
        )

    def _unsaid(self, rows: int) -> NDArray[np.float32] | None:
        width = self.recipe.said
        return np.full((rows, width), np.nan, dtype=np.float32) if width > 0 else None

    def derive(self, leaves: Sequence[Column], rows: int) -> list[Column]:
        """The columns of users' functions, called once for each row.

        Raises:
            ValueRefused: a function failed, or gave a value that is not of its declared type.
        """
        places = self.program.functions
        if not places:
            return []
        raw = [column.leaves(0, rows) for column in leaves]
        results: list[list[Leaf]] = [[] for _ in places]
        for row in range(rows):
            values = self.encoder.evaluate([value_of(column[row]) for column in raw])
            for result, place in zip(results, places, strict=True):
                result.append(leaf_of(values[place]))
        return [
            Column.of(self.program.nodes[place].kind, result) for place, result in zip(places, results, strict=True)
        ]

    def of_log(self, seqs: Sequence[int], event_ts: Sequence[int], bodies: Sequence[Prediction]) -> Batch:
        """The batch of predictions as they were logged, their answers included."""
        leaves = [Column.of(kind, [body.inputs[i] for body in bodies]) for i, kind in enumerate(self.kinds)]
        nodes = [self.program.nodes[place] for place in self.program.functions]
        derived = [Column.of(node.kind, [body.derived[i] for body in bodies]) for i, node in enumerate(nodes)]
        batch = self.many(np.array(seqs, dtype=np.int64), np.array(event_ts, dtype=np.int64), leaves, derived)
        batch.scores[:] = [body.score for body in bodies]
        if batch.said is not None:
            for row, body in zip(batch.said, bodies, strict=True):
                if len(body.said) == row.nbytes:
                    row[:] = np.frombuffer(body.said, dtype="<f4")
        return batch

    @staticmethod
    def _text(places: Sequence[int], values: Sequence[Value]) -> str | None:
        return _joined([slice_text(leaf_of(values[place])) for place in places])


def _joined(texts: Sequence[str | None]) -> str | None:
    """The name of a slice of several signals; missing where the only one is."""
    if len(texts) == 1:
        return texts[0]
    return " & ".join("(missing)" if text is None else text for text in texts)


def _labelled(columns: Sequence[Column]) -> tuple[NDArray[np.int64], list[str | None]]:
    """For all rows the place of their value's text, and the texts in the order in which they first appear."""
    codes = np.zeros(columns[0].rows, dtype=np.int64)
    for column in columns:
        # Dense codes, 0 for missing, so that several columns combine into one number.
        distinct, dense = np.unique(column.values, return_inverse=True)
        codes = codes * (len(distinct) + 1) + np.where(column.missing, 0, dense + 1)
        codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    _, first, back = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    places = np.empty(len(first), dtype=np.int64)
    places[order] = np.arange(len(first))
    leaves = [[column.leaves(row, row + 1)[0] for column in columns] for row in first[order].tolist()]
    return places[back], [_joined([slice_text(leaf) for leaf in row]) for row in leaves]

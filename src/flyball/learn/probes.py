"""Probes: signals of pure noise beside the real ones, to see how often noise is taken for a signal.

A probe looks like one of the model's signals and says nothing: row i has the value that this signal has in some other
row, chosen by a hash of i, and the features of that value under keys of the probe's own. So it has the same number of
values, as often, and a replay of the same rows draws the same. (Shadow attributes: Kursa and Rudnicki, "Feature
Selection with the Boruta Package", JSS 2010, section 2; there they are permuted.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.bulk_encoder import BulkEncoder
from flyball.learn.draw import draw, reseed
from flyball.learn.features import Features
from flyball.system.cone import cone_of, cut
from flyball.system.program import LEAVES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.learn.column import Column
    from flyball.system.program import Program


SEED = 0x70726F6265
"""Of the draws: the letters `probe`."""


def beside(features: Features, extras: Sequence[Features], first: int) -> Features:
    """Rows with further features at their ends, those of `extras[i]` as of signal `first + i`.

    Each row of the extras begins with the bias, which is left out.

    >>> one = Features(np.array([0, 1]), np.array([9], np.uint64), np.ones(1), np.array([-1], np.int32))
    >>> more = Features(np.array([0, 2]), np.array([9, 5], np.uint64), np.ones(2), np.array([-1, 0], np.int32))
    >>> beside(one, [more], 7).keys.tolist(), beside(one, [more], 7).signals.tolist()
    ([9, 5], [-1, 7])
    """
    assert features.signals is not None  # noqa: S101  # whoever adds probes asks the encoder to number features
    parts = [(features.starts[:-1], features.starts[1:], features, features.signals)]
    for i, extra in enumerate(extras):
        parts.append((extra.starts[:-1] + 1, extra.starts[1:], extra, np.full(len(extra.keys), first + i, np.int32)))
    starts = np.zeros(features.rows + 1, dtype=np.int64)
    np.cumsum(sum(ends - begins for begins, ends, _, _ in parts), out=starts[1:])
    keys, values = np.empty(starts[-1], dtype=np.uint64), np.empty(starts[-1])
    signals, cursor = np.empty(starts[-1], dtype=np.int32), starts[:-1].copy()
    for begins, ends, part, whose in parts:
        counts = ends - begins
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        source, target = np.repeat(begins, counts) + within, np.repeat(cursor, counts) + within
        keys[target], values[target], signals[target] = part.keys[source], part.values[source], whose[source]
        cursor += counts
    return Features(starts, keys, values, signals)


class Probes:
    """The probes of a program.

    Args:
        program: of the model.
        mirrored: for each probe the place among the program's outputs of the signal that it looks like; none that a
            user's own function has a part in.
        pool: the leaf columns of the rows whose values are drawn.

    >>> from flyball.learn.column import Column
    >>> from flyball.system.input import Input
    >>> from flyball.system.kind import Kind
    >>> from flyball.system.program import compile_program
    >>> program, texts = compile_program([Input("to", str)]), Column.of(Kind.STR, ["SFO", "LAX", "SEA"])
    >>> rows = BulkEncoder(program, numbered=True).encode([texts], [], 3)
    >>> with_probe = Probes(program, [0], [texts]).add(rows, 0)
    >>> with_probe.signals.tolist()
    [-1, 0, 1, -1, 0, 1, -1, 0, 1]
    >>> bool((Probes(program, [0], [texts]).add(rows, 0).keys == with_probe.keys).all())
    True
    """

    def __init__(self, program: Program, mirrored: Sequence[int], pool: Sequence[Column]) -> None:
        self.mirrored = tuple(mirrored)
        self._outputs = len(program.outputs)
        self._pool: list[tuple[BulkEncoder, list[Column]]] = []
        for output in mirrored:
            alone, kept = cut(program, program.outputs[output]), cone_of(program, program.outputs[output])
            columns = [column for place, column in zip(program.leaves, pool, strict=True) if place in kept]
            self._pool.append((BulkEncoder(alone), columns))

    def add(self, features: Features, first: int) -> Features:
        """The rows with the features of all probes, as those of signals after the model's own.

        Args:
            features: of rows, with their signals.
            first: the number of the first row, counted over all rows from 0.
        """
        extras = []
        for probe, (encoder, columns) in enumerate(self._pool):
            rows = np.empty(features.rows, dtype=np.int64)
            draw(first, SEED + probe, columns[0].rows, rows)
            drawn = encoder.encode([column.take(rows) for column in columns], [], features.rows)
            reseed(drawn.keys, SEED + probe)
            extras.append(drawn)
        return beside(features, extras, self._outputs) if extras else features


def spread(features: Features, program: Program, count: int) -> list[int]:
    """The outputs that `count` probes look like: from those with few values to those with many.

    Args:
        features: of some rows, with their signals.
        program: of the model.
        count: how many probes; an output may be taken more than once. None where no output can be mirrored.

    >>> from flyball.learn.column import Column
    >>> from flyball.system.input import Input
    >>> from flyball.system.kind import Kind
    >>> from flyball.system.program import compile_program
    >>> program = compile_program([Input("to", str), Input("day", str)])
    >>> columns = [Column.of(Kind.STR, ["SFO", "LAX", "SEA"]), Column.of(Kind.STR, ["1", "1", "1"])]
    >>> spread(BulkEncoder(program, numbered=True).encode(columns, [], 3), program, 3)
    [1, 1, 0]
    """
    assert features.signals is not None  # noqa: S101  # whoever asks for probes asks the encoder to number features
    sizes = []
    for output, place in enumerate(program.outputs):
        nodes = [program.nodes[i] for i in cone_of(program, place)]
        if any(node.op in LEAVES for node in nodes) and all(node.op != "function" for node in nodes):
            sizes.append((len(np.unique(features.keys[features.signals == output])), output))
    sizes.sort()
    places = np.linspace(0, len(sizes) - 1, count).round().astype(int).tolist() if sizes else []
    return [sizes[place][1] for place in places]

"""Generated rows for the learning benchmark: categorical signals whose ids follow Zipf's law, and a known truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from flyball.learn.kernel import kernel
from flyball.learn.maths import sigmoid
from flyball.learn.slots import mix
from flyball.learn.word import uint64
from flyball.run.files.arrow_array import ArrowArray, compute

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
"""The name of each signal; in VW's text every token begins with it, so that signals share no features."""
GUIDE = 1 << 16


@kernel
def draw_ranks(
    cumulated: NDArray[np.float64], guide: NDArray[np.int64], seed: int, first: int, ranks: NDArray[np.int32]
) -> None:
    """Ranks by inversion: the guide says where the search through the cumulated probabilities may begin."""
    for i in range(len(ranks)):
        u = float(mix(uint64(first + i) + uint64(seed)) >> uint64(11)) * 2.0**-53
        rank = guide[int(u * GUIDE)]
        while cumulated[rank] <= u:
            rank += 1
        ranks[i] = rank


@kernel
def add_effects(ranks: NDArray[np.int32], seed: int, scale: float, log_odds: NDArray[np.float64]) -> None:
    """Adds every id's own effect, uniform within plus and minus `scale`, to the rows' log-odds."""
    for i in range(len(ranks)):
        u = float(mix(uint64(ranks[i]) + uint64(seed)) >> uint64(11)) * 2.0**-53
        log_odds[i] += (2.0 * u - 1.0) * scale


@kernel
def draw_labels(log_odds: NDArray[np.float64], seed: int, first: int, labels: NDArray[np.int8]) -> None:
    """1 with the probability that the log-odds give."""
    for i in range(len(labels)):
        u = float(mix(uint64(first + i) + uint64(seed)) >> uint64(11)) * 2.0**-53
        labels[i] = u < sigmoid(log_odds[i])


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipfRows:
    """A data set that is drawn anew wherever it is needed.

    Attributes:
        rows: how many.
        ids: how many different ids a signal may have; the probability of the r-th is proportional to r^-exponent.
        exponent: of Zipf's law.
        signals: how many signals, at most 39.
        seed: which data set.

    >>> next(ZipfRows(rows=3, ids=4, signals=2).parts(8)).column_names
    ['label', 'A', 'B']
    """

    rows: int
    ids: int = 140_000
    exponent: float = 1.1
    signals: int = 39
    seed: int = 20_260_101

    def parts(self, rows: int) -> Iterator[pa.Table]:
        """The rows in tables of at most `rows`: `label` (int8), then each signal's ids as dictionaries of text."""
        weights = np.arange(1, self.ids + 1, dtype=np.float64) ** -self.exponent
        cumulated = np.cumsum(weights) / weights.sum()
        cumulated[-1] = 1.0
        guide = np.searchsorted(cumulated, np.arange(GUIDE) / GUIDE, side="right").astype(np.int64)
        words = [self._words(signal) for signal in range(self.signals)]
        for first in range(0, self.rows, rows):
            count = min(rows, self.rows - first)
            log_odds = np.full(count, -2.0)
            columns = []
            for signal in range(self.signals):
                ranks = np.empty(count, dtype=np.int32)
                draw_ranks(cumulated, guide, self._seed(signal), first, ranks)
                add_effects(ranks, self._seed(100 + signal), 0.4, log_odds)
                columns.append(pa.DictionaryArray.from_arrays(ranks, words[signal]))
            labels = np.empty(count, dtype=np.int8)
            draw_labels(log_odds, self._seed(200), first, labels)
            yield pa.table([pa.array(labels), *columns], names=["label", *LETTERS[: self.signals]])

    def _seed(self, what: int) -> int:
        # Far apart, since draws of one seed follow each other.
        # Halved, so that numba takes it for a signed number and not for one that is too big.
        return int(mix(uint64(self.seed * 1_000 + what))) >> 1

    def _words(self, signal: int) -> ArrowArray:
        """The ids as eight hexadecimal digits, as in published click logs; the same digits in no two places."""
        numbers = (np.arange(self.ids, dtype=np.uint64) * np.uint64(2_654_435_761) + np.uint64(signal)) % np.uint64(
            1 << 32
        )
        return pa.array([f"{number:08x}" for number in numbers.tolist()])

    def write_parquet(self, paths: Mapping[str, Path], *, row_group: int = 1 << 20) -> None:
        """Writes one file for each compression, texts as pyarrow stores them by itself: dictionaries, which fit."""
        writers: dict[str, parquet.ParquetWriter] = {}
        for part in self.parts(row_group):
            plain = pa.table(
                [part.column(0), *(column.cast(pa.string()) for column in part.columns[1:])], part.schema.names
            )
            for compression, path in paths.items():
                if compression not in writers:
                    writers[compression] = parquet.ParquetWriter(path, plain.schema, compression=compression)  # type: ignore[arg-type]  # any of its names
                writers[compression].write_table(plain, row_group_size=row_group)
        for writer in writers.values():
            writer.close()

    def write_vw(self, path: Path) -> None:
        """Writes VW's text: a label of -1 or 1, and for every signal one token of its letter and its id."""
        with path.open("wb") as file:
            for part in self.parts(1 << 17):
                tokens = []
                for name in part.column_names[1:]:
                    column: ArrowArray = part.column(name).combine_chunks()
                    named = compute.binary_join_element_wise(name, column.dictionary, "")
                    tokens.append(named.take(column.indices))
                label = compute.if_else(compute.equal(part.column("label").combine_chunks(), 1), "1 |", "-1 |")
                lines = compute.binary_join_element_wise(label, *tokens, " ")
                file.write("\n".join([*lines.to_pylist(), ""]).encode())

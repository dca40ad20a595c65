"""From columns to features: what replay uses, equal to the bit to encoding row by row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.candidate import tag_all
from flyball.learn.column import Column, Words
from flyball.learn.derivation import LARGEST_BUCKET, edges_param, number_param, splitter
from flyball.learn.encoder import BIAS_KEY
from flyball.learn.features import (
    Features,
    cell_features,
    cross_features,
    item_features,
    side_by_side,
    single_codes,
    single_numbers,
    text_keys,
)
from flyball.learn.grid import CROSSED, GRIDS
from flyball.learn.offset import OFFSET_KEY
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from flyball.system.program import Node, Program


def numbers_of(column: Column) -> NDArray[np.float64]:
    """A column's numbers as float64, shape (n,).

    >>> numbers_of(Column(Kind.INT, np.array([3]), np.array([False]))).tolist()
    [3.0]
    """
    return column.values.astype(np.float64)


def _arithmetic(op: str, left: Column, right: Column) -> Column:
    a, b = numbers_of(left), numbers_of(right)
    with np.errstate(all="ignore"):
        operation = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}[op]
        result = operation(a, b)
    missing = left.missing | right.missing | ~np.isfinite(result)
    return Column(Kind.FLOAT, np.where(missing, 0.0, result), missing)


def _bucket(node: Node, source: Column) -> Column:
    numbers = numbers_of(source)
    edges = edges_param(node)
    if edges is not None:
        places = np.searchsorted(np.array(edges), numbers, side="right").astype(np.int64)
    else:
        with np.errstate(over="ignore"):
            ratio = numbers / number_param(node, "width")
        places = np.floor(np.clip(ratio, -LARGEST_BUCKET, LARGEST_BUCKET)).astype(np.int64)
    return Column(Kind.INT, np.where(source.missing, 0, places), source.missing)


class Tokens:
    """The tokens of every text of a dictionary, split once however many rows and chunks use it.

    Args:
        words: the dictionary of texts.
        split: the function from a text to its tokens.

    >>> texts = Column.of(Kind.STR, ["b a", None, "a"])
    >>> Tokens(texts.words, lambda text: tuple(text.split())).column(texts).leaves(0, 3)
    [['b', 'a'], None, ['a']]
    """

    def __init__(self, words: Words, split: Callable[[str], tuple[str, ...]]) -> None:
        self.source = words
        codes_of: dict[str, int] = {}
        lists = [[codes_of.setdefault(token, len(codes_of)) for token in split(text)] for text in words.texts()]
        self._ends = np.zeros(len(lists) + 1, dtype=np.int64)
        np.cumsum([len(codes) for codes in lists], out=self._ends[1:])
        self._flat = np.array([code for codes in lists for code in codes], dtype=np.int32)
        self._words = Words.of(codes_of)

    def column(self, texts: Column) -> Column:
        """The tokens of a column of texts over this dictionary, as a list column."""
        codes = np.where(texts.missing, 0, texts.values)
        begins = self._ends[codes]
        counts = np.where(texts.missing, 0, self._ends[codes + 1] - begins)
        offsets = np.zeros(texts.rows + 1, dtype=np.int64)
        np.cumsum(counts, out=offsets[1:])
        # Item j of row i lies j places after the beginning of the row's text.
        places = np.repeat(begins - offsets[:-1], counts) + np.arange(offsets[-1])
        return Column(Kind.LIST, self._flat[places], texts.missing, self._words, offsets)


def derive_column(node: Node, inputs: Sequence[Column], rows: int) -> Column:
    """The numbers of a built-in derivation for all rows; `inputs` are the columns of its inputs.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> half = compile_program([Input("a", int) / 2]).nodes[2]
    >>> derive_column(half, [Column.of(Kind.INT, [3, None]), Column.of(Kind.FLOAT, [2.0, 2.0])], 2).leaves(0, 2)
    [1.5, None]
    """
    if node.op == "const":
        return Column(Kind.FLOAT, np.full(rows, number_param(node, "value")), np.zeros(rows, dtype=np.bool_))
    if node.op == "bucket":
        return _bucket(node, inputs[0])
    return _arithmetic(node.op, inputs[0], inputs[1])


class BulkEncoder:
    """Encodes columns of one program.

    Args:
        program: the compiled signals of a model.
        numbered: whether features tell the place of their signal among the program's outputs.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> encoder = BulkEncoder(compile_program([Input("country", str)]))
    >>> country = Column(Kind.STR, np.array([0, 1, 0], np.int32), np.zeros(3, bool), Words.of(["DE", "FR"]))
    >>> features = encoder.encode([country], [], 3)
    >>> features.rows, bool(features.keys[1] == features.keys[5])
    (3, True)
    """

    def __init__(self, program: Program, *, numbered: bool = False) -> None:
        self.program = program
        self.numbered = numbered
        self._hashed: dict[int, tuple[Words, NDArray[np.uint64]]] = {}
        self._split: dict[int, Tokens] = {}

    def evaluate(self, leaves: Sequence[Column], derived: Sequence[Column], rows: int) -> list[Column | None]:
        """The columns of all nodes; `None` for crosses, which have only features.

        Args:
            leaves: the leaf columns, in the program's order of leaves.
            derived: the columns of users' functions, in the order of the nodes.
            rows: n, since a program of no leaves has no columns to tell it.
        """
        columns: list[Column | None] = [None] * len(self.program.nodes)
        for place, leaf in zip(self.program.leaves, leaves, strict=True):
            columns[place] = leaf
        given = iter(derived)
        for place, node in enumerate(self.program.nodes):
            if node.op == "function":
                columns[place] = next(given)
            elif columns[place] is None and node.op != "cross":
                inputs = [column for i in node.inputs if (column := columns[i]) is not None]
                tokenised = node.op in ("words", "ngrams")
                columns[place] = self._tokens(place, inputs[0]) if tokenised else derive_column(node, inputs, rows)
        return columns

    def encode(self, leaves: Sequence[Column], derived: Sequence[Column], rows: int) -> Features:
        """The features of all rows, each as `Encoder.features` has it."""
        columns = self.evaluate(leaves, derived, rows)
        parts = [self._of(place, columns, crossed=False) for place in self.program.outputs]
        candidates = self.program.candidates
        if candidates:
            parts = [replace(each, keys=tag_all(each.keys, candidate=i in candidates)) for i, each in enumerate(parts)]
        offset = self.program.offset
        if offset is not None:
            column = columns[offset.place]
            assert column is not None  # noqa: S101  # a cross, which has no column, is refused as an offset
            added = np.where(column.missing, 0.0, numbers_of(column) / offset.unit)
            parts.append(Features(np.arange(rows + 1), np.full(rows, OFFSET_KEY), added))
        return side_by_side(parts, BIAS_KEY, numbered=self.numbered)

    def _tokens(self, place: int, texts: Column) -> Column:
        """The tokens of a column of texts; the last dictionary of each node is remembered."""
        if texts.words is None or len(texts.words) == 0:
            return Column(
                Kind.LIST, np.empty(0, np.int32), texts.missing, Words.of([]), np.zeros(texts.rows + 1, np.int64)
            )
        if place not in self._split or self._split[place].source is not texts.words:
            self._split[place] = Tokens(texts.words, splitter(self.program.nodes[place]))
        return self._split[place].column(texts)

    def _word_keys(self, place: int, words: Words) -> NDArray[np.uint64]:
        """The keys of a dictionary's words; the last dictionary of each node is remembered."""
        known = self._hashed.get(place)
        if known is not None and known[0] is words:
            return known[1]
        keys = text_keys(words, self.program.nodes[place].seed)
        self._hashed[place] = (words, keys)
        return keys

    def _of(self, place: int, columns: Sequence[Column | None], *, crossed: bool) -> Features:
        node, column = self.program.nodes[place], columns[place]
        if column is None:
            made = self._of(node.inputs[0], columns, crossed=True)
            for i in node.inputs[1:]:
                made = cross_features(made, self._of(i, columns, crossed=True), node.seed)
            return made
        if column.kind is Kind.STR:
            assert column.words is not None  # noqa: S101  # a column of texts has words
            return single_codes(column.values, self._word_keys(place, column.words), column.missing, node.seed)
        if column.kind in (Kind.LIST, Kind.MAP):
            assert column.words is not None  # noqa: S101  # and so has one of lists or maps,
            assert column.offsets is not None  # noqa: S101  # which has offsets too
            keys = self._word_keys(place, column.words)
            return item_features(column.offsets, column.values, column.numbers, column.missing, keys, node.seed)
        if node.categorical or (crossed and column.kind is not Kind.FLOAT):
            return single_numbers(column.values, column.missing, node.seed)
        grids = CROSSED if crossed else GRIDS
        return cell_features(numbers_of(column), column.missing, node.seed, grids)

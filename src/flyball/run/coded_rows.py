"""Row groups whose signals are all texts, learned as codes: of the file's own dictionaries, or given here."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from flyball.learn import lending
from flyball.learn.encoder import BIAS_KEY
from flyball.learn.hash64 import missing_key, text_key
from flyball.learn.word import uint64
from flyball.run.files.parquet_chunk import Chunk, StoredOtherwise, read_chunk, stored_chunks
from flyball.run.files.parquet_footer import SIZE
from flyball.run.files.parquet_page import ASKED, LEARNED, hash_plain
from flyball.system.kind import Kind
from flyball.system.program import LEAVES
from flyball.system.value import TEXT_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pyarrow import parquet

    from flyball.learn.table import Table
    from flyball.run.form import Form
    from flyball.system.program import Program

PAD = 272
"""Codes between two columns: so that the same row of many columns does not fall into one set of the cache."""


def only_texts(program: Program) -> bool:
    """Whether every signal is an input or an entity of text.

    >>> from flyball.system.input import Input
    >>> from flyball.system.program import compile_program
    >>> only_texts(compile_program([Input("a", str)])), only_texts(compile_program([Input("a", int)]))
    (True, False)
    """
    nodes = [program.nodes[place] for place in program.outputs]
    return all(node.op in LEAVES and node.kind is Kind.STR for node in nodes)


class Sheet:
    """One row group as codes: of every row the places of its values in a block of rows of a table.

    Args:
        signals: how many.
        bits: a row of the block has 2 to this power words.

    >>> Sheet(3, bits=2).codes.shape
    (3, 0)
    """

    def __init__(self, signals: int, bits: int) -> None:
        self.bits = bits
        self.codes = np.empty((signals, 0), dtype=np.int32)
        self.block = np.empty(0, dtype=np.uint64)
        self.used = np.empty(0, dtype=np.uint8)
        self.keys = np.empty(0, dtype=np.uint64)
        self.places = np.empty(0, dtype=np.int32)
        self.book = lending.Codebook(*np.zeros((2, signals), dtype=np.int32))
        self.size = 0

    def fit(self, rows: int) -> None:
        """Makes room for the codes of so many rows, and begins a new codebook."""
        signals = len(self.codes)
        if self.codes.shape[1] < rows + PAD:
            self.codes = np.empty((signals, rows + PAD), dtype=np.int32)
        self.book = lending.Codebook(*np.zeros((2, signals), dtype=np.int32))

    def grow(self, size: int) -> None:
        """Makes room for so many values."""
        if len(self.used) < size:
            size *= 2
            self.block = np.concatenate([self.block, np.empty((size << self.bits) - len(self.block), np.uint64)])
            self.used = np.concatenate([self.used, np.empty(size - len(self.used), np.uint8)])
            # One more, for what is written before it is known whether it counts.
            self.keys, self.places = np.empty(size + 1, np.uint64), np.empty(size + 1, np.int32)


class CodedRows:
    """The way of row groups from a file to a table, for models whose signals are all texts.

    A row group may be read while another one is learned: reading knows no table.

    Args:
        path: the file.
        file: the same, opened by pyarrow.
        form: the model.
        missing: the texts that stand for a missing value.

    >>> import tempfile
    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.run.form import Form
    >>> from pyarrow import parquet
    >>> path = f"{tempfile.mkdtemp()}/a.parquet"
    >>> parquet.write_table(pa.table({"to": ["SFO", "LAX"]}), path)
    >>> form = Form(System("s", models=[Model("m", signals=[Input("to", str)], outcome=Outcome("late"))]), "m", 1)
    >>> ones, table = np.ones(2), form.table()
    >>> told = lending.Told(ones, ones, np.ones(2, np.uint8), np.zeros(2, np.uint64), np.empty(2))
    >>> rows = CodedRows(path, parquet.ParquetFile(path), form, [""])
    >>> rows.learn(rows.read(0, told.known), table, told) < 1.4, len(table)
    (True, 3)
    >>> rows.close()
    """

    def __init__(self, path: str, file: parquet.ParquetFile, form: Form, missing: Sequence[str]) -> None:
        self._bytes = Path(path).open("rb", buffering=0)  # noqa: SIM115  # closed by `close`
        meta: Any = file.metadata
        self._schema = meta.schema
        self._chunks = stored_chunks(self._bytes, meta.num_row_groups, meta.num_columns)
        self._form = form
        self._nodes = [form.program.nodes[place] for place in form.program.outputs]
        places = {self._schema.column(i).path: i for i in range(meta.num_columns)}
        self._columns = [places[node.name] for node in self._nodes]
        self._missing = tuple(missing)
        self._spare: deque[Sheet] = deque()
        self._room = bytearray()

    def close(self) -> None:
        """Lets go of the file."""
        self._bytes.close()

    def learn(self, sheet: Sheet, table: Table, told: lending.Told) -> float:
        """Predicts and learns one row group; the weighted sum of its losses. The sheet is written again after that.

        Raises:
            TableFull: there is no room for its features.
        """
        used, bits, block = sheet.used[: sheet.size], sheet.bits, sheet.block
        if (used == ASKED).any():
            count = lending.wanted(block, bits, used, ASKED, ASKED, sheet.keys, sheet.places)
            lending.show(table.words, sheet.keys[:count], sheet.places[:count], block)
        count = lending.wanted(block, bits, used, LEARNED, LEARNED | ASKED, sheet.keys, sheet.places)
        keys, places = sheet.keys[:count], sheet.places[:count]
        if not lending.lend(table.words, keys, places, block):
            raise table.full()
        codes = sheet.codes[:, : len(told.scores)]
        loss = self._form.recipe.learn_lent(table, block, sheet.book, codes, told)
        lending.give(table.words, keys, places, block)
        self._spare.append(sheet)
        return loss

    def read(self, group: int, known: NDArray[np.uint8]) -> Sheet:
        """Reads the codes of a row group, and puts the keys of all dictionaries into the block.

        Args:
            group: its number.
            known: shape (rows,), 1 where there is a label.

        Raises:
            StoredOtherwise: its columns are not stored as codes or plain texts.
        """
        sheet = self._spare.pop() if self._spare else Sheet(len(self._nodes), self._form.recipe.width_bits)
        rows, marked = len(known), known if not known.all() else known[:0]
        sheet.fit(rows)
        sheet.grow(1)
        sheet.block[0], sheet.used[0] = BIAS_KEY, ASKED if not known.any() else LEARNED
        place = 1
        for signal in range(len(self._nodes)):
            sheet.book.bases[signal] = place
            place = self._column(sheet, group, signal, rows, marked, place)
            sheet.book.absent[signal] = place - 1
        sheet.size = place
        return sheet

    def _column(self, sheet: Sheet, group: int, signal: int, rows: int, known: NDArray[np.uint8], place: int) -> int:
        """Puts the keys of one column from `place` on, that of a missing value last; the place after it."""
        stored, node = self._chunks[group, self._columns[signal]], self._nodes[signal]
        nullable = self._schema.column(self._columns[signal]).max_definition_level
        if nullable > 1 or self._schema.column(self._columns[signal]).max_repetition_level > 0:
            raise StoredOtherwise("the column is nested")
        if len(self._room) < stored[SIZE]:
            self._room = bytearray(stored[SIZE])
        codes, bits = sheet.codes[signal, :rows], sheet.bits
        chunk = read_chunk(self._bytes, stored, codes, known, self._room, nullable=nullable == 1)
        used, missing = _hashed(sheet, chunk, node.seed, codes, place), chunk.missing
        end = place + len(used)
        for text in self._missing:
            key, held = np.uint64(text_key(text, node.seed)), sheet.block[place << bits : end << bits : 1 << bits]
            for code in np.flatnonzero(held == key):
                missing |= int(used[code])
                used[code] = 0
                codes[codes == code] = -1
        sheet.used[place:end], sheet.used[end] = used, missing
        sheet.block[end << bits] = missing_key(node.seed)
        return end + 1


def _hashed(sheet: Sheet, chunk: Chunk, seed: int, codes: NDArray[np.int32], place: int) -> NDArray[np.uint8]:
    """Puts the keys of a column's texts from `place` on, each once; the marks of each."""
    end = place
    sheet.grow(place + len(chunk.used) + 1)
    for count, texts in chunk.texts:
        if not hash_plain(texts, uint64(seed), TEXT_BYTES, sheet.block, sheet.bits, end, count):
            raise StoredOtherwise("a text is damaged or too long")
        end += count
    used, size = chunk.used, 2 << len(chunk.used).bit_length()
    if chunk.repeats or lending.repeated(sheet.block, sheet.bits, place, end, np.empty(size, dtype=np.uint64)):
        seen = np.empty(size, dtype=np.int32)
        places = np.empty(len(used), np.int32)
        used = used[: lending.united(sheet.block, sheet.bits, place, used, codes, places, seen)]
    return used


def texts_in(schema: pa.Schema, names: Sequence[str]) -> bool:
    """Whether these columns hold texts.

    >>> texts_in(pa.schema([("to", pa.string()), ("hour", pa.int64())]), ["to"])
    True
    """
    kinds = [schema.field(name).type for name in names]
    kinds = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in kinds]
    return all(pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in kinds)

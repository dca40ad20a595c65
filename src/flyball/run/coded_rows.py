"""Row groups whose signals are all texts, learned as codes: of the file's own dictionaries, or given here."""

from __future__ import annotations

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


class CodedRows:
    """The way of row groups from a file to a table, for models whose signals are all texts.

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
    >>> rows.learn(0, table, told) < 1.4, len(table)
    (True, 3)
    >>> rows.close()
    """

    def __init__(self, path: str, file: parquet.ParquetFile, form: Form, missing: Sequence[str]) -> None:
        self._bytes = Path(path).open("rb", buffering=0)  # noqa: SIM115  # closed by `close`
        meta: Any = file.metadata
        self._schema = meta.schema
        self._chunks = stored_chunks(self._bytes, meta.num_row_groups, meta.num_columns)
        self._form = form
        self._bits = form.recipe.width_bits
        self._nodes = [form.program.nodes[place] for place in form.program.outputs]
        places = {self._schema.column(i).path: i for i in range(meta.num_columns)}
        self._columns = [places[node.name] for node in self._nodes]
        self._missing = tuple(missing)
        self._codes = np.empty((len(self._nodes), 0), dtype=np.int32)
        self._block = np.empty(0, dtype=np.uint64)
        self._used = np.empty(0, dtype=np.uint8)
        self._keys = np.empty(0, dtype=np.uint64)
        self._places = np.empty(0, dtype=np.int32)
        self._room = bytearray()

    def close(self) -> None:
        """Lets go of the file."""
        self._bytes.close()

    def learn(self, group: int, table: Table, told: lending.Told) -> float:
        """Predicts and learns one row group; the weighted sum of its losses.

        Raises:
            StoredOtherwise: its columns are not stored as codes or plain texts; nothing was learned.
            TableFull: there is no room for its features.
        """
        book, size = self._read(group, told.known)
        used, bits = self._used[:size], self._bits
        if (used == ASKED).any():
            count = lending.wanted(self._block, bits, used, ASKED, ASKED, self._keys, self._places)
            lending.show(table.words, self._keys[:count], self._places[:count], self._block)
        count = lending.wanted(self._block, bits, used, LEARNED, LEARNED | ASKED, self._keys, self._places)
        keys, places = self._keys[:count], self._places[:count]
        if not lending.lend(table.words, keys, places, self._block):
            raise table.full()
        codes = self._codes[:, : len(told.scores)]
        loss = self._form.recipe.learn_lent(table, self._block, book, codes, told)
        lending.give(table.words, keys, places, self._block)
        return loss

    def _read(self, group: int, known: NDArray[np.uint8]) -> tuple[lending.Codebook, int]:
        """Reads the codes, and puts the keys of all dictionaries into the block."""
        rows, marked = len(known), known if not known.all() else known[:0]
        if self._codes.shape[1] < rows + PAD:
            self._codes = np.empty((len(self._nodes), rows + PAD), dtype=np.int32)
        book = lending.Codebook(*np.zeros((2, len(self._nodes)), dtype=np.int32))
        self._grow(1)
        self._block[0], self._used[0] = BIAS_KEY, ASKED if not known.any() else LEARNED
        place = 1
        for signal in range(len(self._nodes)):
            book.bases[signal] = place
            place = self._column(group, signal, self._codes[signal, :rows], marked, place)
            book.absent[signal] = place - 1
        return book, place

    def _column(self, group: int, signal: int, codes: NDArray[np.int32], known: NDArray[np.uint8], place: int) -> int:
        """Puts the keys of one column from `place` on, that of a missing value last; the place after it."""
        stored, node = self._chunks[group, self._columns[signal]], self._nodes[signal]
        nullable = self._schema.column(self._columns[signal]).max_definition_level
        if nullable > 1 or self._schema.column(self._columns[signal]).max_repetition_level > 0:
            raise StoredOtherwise("the column is nested")
        if len(self._room) < stored[SIZE]:
            self._room = bytearray(stored[SIZE])
        chunk = read_chunk(self._bytes, stored, codes, known, self._room, nullable=nullable == 1)
        bits = self._bits
        used, missing = self._hashed(chunk, node.seed, codes, place), chunk.missing
        end = place + len(used)
        for text in self._missing:
            key, held = np.uint64(text_key(text, node.seed)), self._block[place << bits : end << bits : 1 << bits]
            for code in np.flatnonzero(held == key):
                missing |= int(used[code])
                used[code] = 0
                codes[codes == code] = -1
        self._used[place:end], self._used[end] = used, missing
        self._block[end << bits] = missing_key(node.seed)
        return end + 1

    def _hashed(self, chunk: Chunk, seed: int, codes: NDArray[np.int32], place: int) -> NDArray[np.uint8]:
        """Puts the keys of a column's texts from `place` on, each once; the marks of each."""
        end = place
        self._grow(place + len(chunk.used) + 1)
        for count, texts in chunk.texts:
            if not hash_plain(texts, uint64(seed), TEXT_BYTES, self._block, self._bits, end, count):
                raise StoredOtherwise("a text is damaged or too long")
            end += count
        used, size = chunk.used, 2 << len(chunk.used).bit_length()
        if chunk.repeats or lending.repeated(self._block, self._bits, place, end, np.empty(size, dtype=np.uint64)):
            seen = np.empty(size, dtype=np.int32)
            places = np.empty(len(used), np.int32)
            used = used[: lending.united(self._block, self._bits, place, used, codes, places, seen)]
        return used

    def _grow(self, size: int) -> None:
        if len(self._used) < size:
            size *= 2
            self._block = np.concatenate([self._block, np.empty((size << self._bits) - len(self._block), np.uint64)])
            self._used = np.concatenate([self._used, np.empty(size - len(self._used), np.uint8)])
            # One more, for what is written before it is known whether it counts.
            self._keys, self._places = np.empty(size + 1, np.uint64), np.empty(size + 1, np.int32)


def texts_in(schema: pa.Schema, names: Sequence[str]) -> bool:
    """Whether these columns hold texts.

    >>> texts_in(pa.schema([("to", pa.string()), ("hour", pa.int64())]), ["to"])
    True
    """
    kinds = [schema.field(name).type for name in names]
    kinds = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in kinds]
    return all(pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in kinds)

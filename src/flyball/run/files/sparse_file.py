"""Reads sparse text: a column of weights by name for each namespace or field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.not_utf8 import not_utf8
from flyball.run.files.number_text import texts_at
from flyball.run.files.sparse_faults import rejections_of
from flyball.run.files.sparse_form import SparseForm
from flyball.run.files.sparse_lines import Fault, SparseLines, sparse_lines
from flyball.run.files.tabular import Tabular

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from flyball.run.files.arrow_array import ArrowArray
    from flyball.run.files.rejection import Rejection
    from flyball.run.files.tabular import RawColumn

LABEL, WEIGHT, BASE, TAG, QID, FEATURES = "label", "weight", "base", "tag", "qid", "features"
"""The names of the columns that are no namespaces; `features` is the namespace without a name."""


def read_sparse(path: str, form: SparseForm, *, limit_columns: int = 10_000) -> Tabular:
    r"""Sparse text as columns: `label`, what else the form has, and a map of names to values for each namespace.

    Vowpal Wabbit's namespaces have their names, or `namespace_label` where the name is that of another column; libffm's
    fields are `field_3`; features without either are in `features`. Where a line has no feature of a namespace, there
    is no value. Rows have the numbers of their lines.

    Args:
        path: the file, plain or gzipped.
        form: what it is written in.
        limit_columns: a file with more columns is refused.

    Raises:
        FileUnreadable: it has no examples, is not UTF-8, or has too many columns or two of one name.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.vw"
    >>> _ = path.write_text("1 2 'x|f a:0.5 b |g c\n-1 |f a\n")
    >>> columns = read_sparse(str(path), SparseForm.VW).columns
    >>> {name: columns[name].to_pylist() for name in columns if name != "f"}
    {'label': [1.0, -1.0], 'weight': [2.0, 1.0], 'tag': ['x', None], 'g': [[('c', 1.0)], None]}
    """
    gathered = _Gathered(path, form)
    try:
        for lines in sparse_lines(path, form):
            gathered.add(lines)
    except UnicodeDecodeError as error:
        raise not_utf8(path) from error
    if gathered.rows == 0:
        shown = f" ({gathered.rejections()[0].example})" if gathered.faults else ""
        raise FileUnreadable(path, f"has no example of {form} text{shown}", "give a file with examples")
    columns = gathered.columns()
    if len(columns) > limit_columns:
        fault = f"has {len(columns):,} columns; at most {limit_columns:,} are read"
        raise FileUnreadable(path, fault, "put namespaces that belong together into one")
    return Tabular(
        path=path,
        form=form.value,
        columns=columns,
        row=np.concatenate(gathered.line),
        rejections=gathered.rejections(),
        sparse=True,
        weight=WEIGHT if form is SparseForm.VW else None,
    )


@dataclass(slots=True)
class _Gathered:
    """What was read so far: a chunk of each column for each block of lines."""

    path: str
    form: SparseForm
    rows: int = 0
    line: list[NDArray[np.int64]] = field(default_factory=list)
    labels: list[ArrowArray] = field(default_factory=list)
    weights: list[ArrowArray] = field(default_factory=list)
    bases: list[ArrowArray] = field(default_factory=list)
    tags: list[ArrowArray] = field(default_factory=list)
    maps: dict[bytes, list[ArrowArray]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def add(self, lines: SparseLines) -> None:
        """One more block."""
        lines.data.tobytes().decode()  # names and tags are cut from it at signs of ASCII
        self.faults += lines.faults
        chunk = len(self.line)
        self.line.append(lines.line)
        self.labels.append(pa.array(lines.labels, mask=np.isnan(lines.labels)))
        self.weights.append(pa.array(lines.weights))
        self.bases.append(pa.array(lines.bases))
        self.tags.append(_tags(lines))
        for name, array in _maps(lines):
            chunks = self.maps.setdefault(name, [])
            chunks += [_nothing(len(self.line[place])) for place in range(len(chunks), chunk)]
            chunks.append(array)
        self.rows += lines.rows

    def columns(self) -> dict[str, RawColumn]:
        """All columns, the roles first."""
        columns: dict[str, RawColumn] = {LABEL: pa.chunked_array(self.labels)}
        if self.form is SparseForm.VW:
            columns[WEIGHT] = pa.chunked_array(self.weights)
            if any(np.any(each.to_numpy()) for each in self.bases):
                columns[BASE] = pa.chunked_array(self.bases)
        tags = pa.chunked_array(self.tags)
        if tags.null_count < len(tags):
            columns[TAG if self.form is SparseForm.VW else QID] = tags
        for name, chunks in self.maps.items():
            chunks += [_nothing(len(lines)) for lines in self.line[len(chunks) :]]
            called = self._called(name)
            if called in columns:
                fault = f"has two namespaces that are both to be the column {called!r}"
                raise FileUnreadable(self.path, fault, "give each a name of its own")
            columns[called] = pa.chunked_array(chunks)
        return columns

    def _called(self, namespace: bytes) -> str:
        name = namespace.decode()
        if self.form is SparseForm.LIBFFM:
            return f"field_{name}"
        if not name:
            return FEATURES
        return f"namespace_{name}" if name in {LABEL, WEIGHT, BASE, TAG, FEATURES} else name

    def rejections(self) -> tuple[Rejection, ...]:
        """The lines that are no examples."""
        return rejections_of(self.faults)


def _tags(lines: SparseLines) -> ArrowArray:
    starts, ends = lines.tags
    texts = texts_at(lines.data, starts, ends)
    valid, offsets, data = texts.buffers()
    absent = starts == ends
    if not absent.any():
        return texts
    valid = pa.py_buffer(np.packbits(~absent, bitorder="little").data)
    return pa.StringArray.from_buffers(len(texts), offsets, data, valid)


def _nothing(rows: int) -> ArrowArray:
    return pa.nulls(rows, pa.map_(pa.string(), pa.float64()))


def _maps(lines: SparseLines) -> Iterable[tuple[bytes, ArrowArray]]:
    """Each group of a block as an array of maps, null in the rows without it."""
    row_of = np.repeat(np.arange(lines.rows, dtype=np.int32), np.diff(lines.starts))
    order = np.argsort(lines.of_group, kind="stable")
    ends = np.cumsum(np.bincount(lines.of_group, minlength=len(lines.groups)))
    starts, stops = lines.names
    begin = 0
    for name, end in zip(lines.groups, ends.tolist(), strict=True):
        mine = order[begin:end]
        begin = end
        counts = np.bincount(row_of[mine], minlength=lines.rows)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        empty = np.append(counts == 0, False)
        keys = texts_at(lines.data, starts[mine], stops[mine])
        places: ArrowArray = pa.array(offsets, mask=empty) if empty.any() else pa.array(offsets)
        yield name, pa.MapArray.from_arrays(places, keys, pa.array(lines.values[mine]))

"""A file as columns of raw values: what was read, before any of it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from flyball.run.files.rejection import Rejection

RawColumn: TypeAlias = "pa.ChunkedArray[Any] | list[object]"
"""Raw values of one column: Arrow's texts (CSV) or typed values (all else), or Python's objects (JSON lines)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabular:
    """A file that was read whole: named columns of raw values, one for each row that has as many fields as the header.

    Args:
        path: the file's name, as given.
        form: "delimited", "json lines", "parquet", "arrow", "vowpal wabbit", "libsvm" or "libffm".
        delimiter: what stands between fields; None unless delimited.
        quoted: whether quotation marks quote; None unless delimited.
        columns: raw values by name, in the file's order.
        row: shape (n,), the number of each row in the file; the first row of data is 1, and refused rows count too.
        rejections: the rows that have no place here, and why.
        notes: sentences about what was seen and is worth telling.
        sparse: whether it is sparse text: a label of two classes may be -1 and 1, and a column may be lacking.
        weight: the column of weights, where the form itself has one.

    >>> import pyarrow as pa
    >>> table = Tabular(
    ...     path="a.csv", form="delimited", columns={"a": pa.chunked_array([["1", "2"]])}, row=np.array([1, 2])
    ... )
    >>> table.rows, table.names
    (2, ('a',))
    """

    path: str
    form: str
    columns: Mapping[str, RawColumn]
    row: NDArray[np.int64]
    delimiter: str | None = None
    quoted: bool | None = None
    rejections: tuple[Rejection, ...] = ()
    notes: tuple[str, ...] = ()
    sparse: bool = False
    weight: str | None = None

    @property
    def rows(self) -> int:
        """How many rows were taken."""
        return len(self.row)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in the file's order."""
        return tuple(self.columns)

    @property
    def rows_read(self) -> int:
        """How many rows the file has: those taken and those refused."""
        return self.rows + sum(rejection.count for rejection in self.rejections)


def column_names(given: Iterable[str]) -> list[str]:
    """The names of columns without blanks around them, and a name for those that have none: `column_3` for the third.

    >>> column_names(["", " hour"])
    ['column_1', 'hour']
    """
    return [name.strip() or f"column_{place}" for place, name in enumerate(given, start=1)]


def row_numbers(taken: int, refused: Sequence[int]) -> NDArray[np.int64]:
    """The numbers of the rows that were taken.

    Args:
        taken: how many.
        refused: the numbers of the refused rows, ascending, first row 1.

    >>> row_numbers(3, [2]).tolist()
    [1, 3, 4]
    """
    numbers = np.arange(1, taken + len(refused) + 1, dtype=np.int64)
    if not len(refused):
        return numbers
    kept = np.ones(len(numbers), dtype=np.bool_)
    kept[np.asarray(refused, dtype=np.int64) - 1] = False
    return numbers[kept]

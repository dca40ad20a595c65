"""A board as bytes: canonical, small where cells are empty, and refused where it is foreign.

>>> from flyball.watch.board import Board
>>> found = unpack(Board(["country"], "binary").snapshot())
>>> isinstance(found, Snapshot), found.dimensions
(True, ('country',))
>>> from flyball.watch.cells import Cells
>>> none = np.zeros(0, np.int64)
>>> cells = Cells.empty(sums=10, wide=6, narrow=3, sliced=0, buckets=4)
>>> len(pack(kind="binary", dimensions=(), labels=(), limits=(1, 4, 60), cells=cells, rows=none)) < 200
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from flyball.system.error import FlyballError
from flyball.watch.kernel import AT_COUNT, AT_SHIFT
from flyball.watch.sums import BoardKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.watch.cells import Cells

FORMAT: Final = 1
"""Rises whenever the meaning of the bytes changes."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="board", tag=FORMAT):
    """What `Board.snapshot` writes; numbers are little-endian.

    `whole`, `sliced` and `timed` hold rows without their zeros: a bit for each number that is not 0, then those
    numbers. `sliced` has the cells that have a label, by dimension and number; `timed` those of `keys`.
    """

    kind: BoardKind
    dimensions: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    max_values: int
    max_buckets: int
    bucket_us: int
    shift: int
    keys: tuple[int, ...]
    whole: bytes
    sliced: bytes
    timed: bytes

    def fill(self, cells: Cells, rows: NDArray[np.int64]) -> None:
        """Write the saved rows into empty cells, those of the slices into `rows`."""
        count = len(self.keys)
        cells.state[AT_COUNT], cells.state[AT_SHIFT] = count, self.shift
        cells.keys[:count] = self.keys
        cells.whole[:] = _spread(self.whole, cells.whole.shape)
        cells.sliced[rows] = _spread(self.sliced, (len(rows), cells.sliced.shape[1]))
        cells.timed[:count] = _spread(self.timed, (count, cells.timed.shape[1]))


def pack(
    *,
    kind: BoardKind,
    dimensions: tuple[str, ...],
    labels: tuple[tuple[str, ...], ...],
    limits: tuple[int, int, int],
    cells: Cells,
    rows: NDArray[np.int64],
) -> bytes:
    """The bytes of a snapshot.

    Args:
        kind: of the board.
        dimensions: names of the slice dimensions.
        labels: the values of each dimension, in the order of their numbers.
        limits: most values, most buckets, first width of a bucket in microseconds.
        cells: the board's arrays.
        rows: which rows of `cells.sliced` have a label.
    """
    used = cells.slots[: cells.count]
    snapshot = Snapshot(
        kind=kind,
        dimensions=dimensions,
        labels=labels,
        max_values=limits[0],
        max_buckets=limits[1],
        bucket_us=limits[2],
        shift=cells.shift,
        keys=tuple(cells.keys[: cells.count].tolist()),
        whole=_squeeze(cells.whole),
        sliced=_squeeze(cells.sliced[rows]),
        timed=_squeeze(cells.timed[used]),
    )
    return msgspec.msgpack.encode(snapshot)


def unpack(data: bytes) -> Snapshot:
    """The snapshot that these bytes hold.

    Raises:
        FlyballError: for bytes that no snapshot gave, or one of another format.

    >>> unpack(b"x")
    Traceback (most recent call last):
        ...
    flyball.system.error.FlyballError: 1 bytes are no board of format 1 (...); restore from a checkpoint of this release
    """
    try:
        return msgspec.msgpack.decode(data, type=Snapshot)
    except msgspec.DecodeError as error:
        raise FlyballError(
            f"{len(data)} bytes are no board of format {FORMAT} ({error}); restore from a checkpoint of this release"
        ) from error


def _squeeze(rows: NDArray[np.float64]) -> bytes:
    """The rows without their zeros."""
    words = np.ascontiguousarray(rows).reshape(-1).view(np.uint64)
    present = words != 0
    return bytes(np.packbits(present)) + bytes(words[present].astype("<u8"))


def _spread(data: bytes, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The rows of this shape that `_squeeze` gave these bytes."""
    size = int(np.prod(shape))
    bits = (size + 7) // 8
    present = np.unpackbits(np.frombuffer(data, np.uint8, count=min(bits, len(data))), count=size).astype(bool)
    words = np.zeros(size, np.uint64)
    found = np.frombuffer(data, "<u8", offset=bits)
    if len(found) != present.sum():
        raise FlyballError(
            f"a board's rows hold {len(found)} numbers where {present.sum()} are announced: the bytes are damaged;"
            " restore from another checkpoint"
        )
    words[present] = found
    return words.view(np.float64).reshape(shape)

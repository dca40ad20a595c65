"""The numbers that workers count, in shared memory: a stretch for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.run.live.block import Block
from flyball.run.live.shared import numbers_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.serve.metric import Layout


def numbers_of(descriptor: int, layout: Layout, workers: int) -> list[NDArray[np.float64]]:
    """The arrays of all workers, each of shape (layout.size,).

    Args:
        descriptor: of the block of numbers.
        layout: where they stand.
        workers: how many there are.

    >>> from flyball.run.live.block import new_block
    >>> from flyball.serve.metric import Layout
    >>> layout = Layout(["ctr"])
    >>> arrays = numbers_of(new_block("numbers", 2 * numbers_bytes(layout.size)), layout, 2)
    >>> len(arrays), len(arrays[1]) == layout.size
    (2, True)
    """
    stride = numbers_bytes(layout.size) // 8
    cells = Block(descriptor).words.view(np.float64)
    return [cells[i * stride : i * stride + layout.size] for i in range(workers)]

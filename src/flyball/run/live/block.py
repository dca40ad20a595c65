"""Blocks of memory that processes share: anonymous files, inherited by descriptor, freed with their last user."""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[Any]  # of uint64; kernels take it so that `words[i]` is an int to the type checker


def new_block(name: str, size: int) -> int:
    """Makes a block of zeros; its descriptor, which only those inherit to whom it is passed.

    Memory is taken as it is written to, and freed by the kernel with the last process that has it, however that ends.

    Args:
        name: what the system calls it, for `/proc`.
        size: its length in bytes.

    >>> descriptor = new_block("example", 4096)
    >>> os.fstat(descriptor).st_size
    4096
    >>> os.close(descriptor)
    """
    descriptor = os.memfd_create(f"flyball-{name}")
    os.ftruncate(descriptor, size)
    return descriptor


class Block:
    """A block, mapped for reading and writing.

    Args:
        descriptor: as `new_block` gave it; it may be closed afterwards.

    >>> block = Block(new_block("example", 4096))
    >>> block.words[3] = 7
    >>> block.bytes[24]
    7
    """

    def __init__(self, descriptor: int) -> None:
        self._map = mmap.mmap(descriptor, 0)
        self.words: Words = np.frombuffer(self._map, dtype=np.uint64)
        self.bytes = memoryview(self._map)

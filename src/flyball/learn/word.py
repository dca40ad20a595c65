"""Machine words in kernels: numpy's types when compiled, plain `int` and `float` to the type checker.

In a compiled kernel `uint64(x) << uint64(3)` is one machine instruction; to the type checker numpy's scalars would not
be the `int` that the kernels' signatures promise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    int64 = uint32 = uint64 = int
    float32 = float64 = float
else:
    from numpy import float32, float64, int64, uint32, uint64

__all__ = ["float32", "float64", "int64", "uint32", "uint64"]

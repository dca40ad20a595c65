"""Arrays of Arrow's whose type is known only at run time, and what is computed with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow.compute

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ArrowArray: TypeAlias = Any
"""An array of whatever type: the stubs follow Arrow's functions only for types that are known beforehand."""

compute: Any = pyarrow.compute
"""Arrow's functions, for such arrays."""


def mask_of(truths: ArrowArray) -> NDArray[np.bool_]:
    """Arrow's truths as NumPy's, in memory of their own; null is false.

    >>> import pyarrow as pa
    >>> mask_of(pa.array([True, None])).tolist()
    [True, False]
    """
    mask: NDArray[np.bool_] = truths.fill_null(False).to_numpy(zero_copy_only=False)
    return mask if mask.flags.writeable else mask.copy()


def matching(texts: ArrowArray, pattern: str) -> NDArray[np.bool_]:
    """Which texts match a pattern of RE2, anywhere in them; null does not.

    >>> import pyarrow as pa
    >>> matching(pa.array(["7", "x", None]), "^[0-9]$").tolist()
    [True, False, False]
    """
    return mask_of(compute.match_substring_regex(texts, pattern))

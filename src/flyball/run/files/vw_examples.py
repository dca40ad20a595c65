"""Vowpal Wabbit's text as features known by its own indices: its hash, its bits, its collisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.features import Features
from flyball.learn.kernel import kernel
from flyball.learn.slots import mix
from flyball.learn.vw_hash import CONSTANT, mask_of_bits, name_indices, namespace_hash
from flyball.learn.word import uint64
from flyball.run.files.line_blocks import BLOCK
from flyball.run.files.sparse_form import SparseForm
from flyball.run.files.sparse_lines import Fault, sparse_lines
from flyball.run.files.sparse_sheet import FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from numpy.typing import NDArray

    from flyball.run.files.sparse_sheet import Sheet

    Keys = NDArray[Any]
    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]

BITS = 18
"""How many bits an index has where nothing is said, as in Vowpal Wabbit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VwExamples:
    """Some examples of a file, n in number.

    Args:
        features: of each, with the constant, under the keys that `index_key` gives; values that meet in one index are
            added up.
        line: shape (n,), the numbers of their lines.
        labels: shape (n,), as written; NaN where there is none.
        weights: shape (n,), the importances.
        bases: shape (n,), what is added to their margins.
        faults: lines among them that are no examples.

    >>> examples = VwExamples(
    ...     features=Features(np.array([0, 0]), np.empty(0, np.uint64), np.empty(0)), line=np.array([1]),
    ...     labels=np.array([-1.0]), weights=np.ones(1), bases=np.zeros(1), faults=(),
    ... )
    >>> examples.rows
    1
    """

    features: Features
    line: Integers
    labels: Floats
    weights: Floats
    bases: Floats
    faults: tuple[Fault, ...]

    @property
    def rows(self) -> int:
        """How many examples there are."""
        return len(self.line)


@kernel
def _with_constant(
    starts: Integers, keys: Keys, values: Floats, constant: int, to: Integers, to_keys: Keys, to_values: Floats
) -> int:
    """Gives each row the constant feature, or adds it to the one that has its index; how many features there are."""
    count = 0
    for i in range(len(starts) - 1):
        to[i] = count
        own = -1
        for j in range(starts[i], starts[i + 1]):
            if keys[j] == uint64(constant):
                own = count
            to_keys[count] = keys[j]
            to_values[count] = values[j]
            count += 1
        if own >= 0:
            to_values[own] += 1.0
        else:
            to_keys[count], to_values[count] = uint64(constant), 1.0
            count += 1
    to[len(starts) - 1] = count
    return count


@kernel
def index_key(index: int) -> int:
    """The key under which a table holds an index: never 0, and spread, since a table looks at the highest bits first.

    >>> hex(index_key(3))
    '0xb7a4712c74562914'
    """
    return mix(uint64(index) + uint64(1))


@kernel
def index_keys(indices: Keys) -> None:
    """Turns indices into the keys of `index_key`, in their place.

    >>> keys = np.array([3], np.uint64)
    >>> index_keys(keys)
    >>> int(keys[0]) == index_key(3)
    True
    """
    for i in range(len(indices)):
        indices[i] = mix(indices[i] + uint64(1))


def with_constant(features: Features, index: int) -> Features:
    """The features of each row, known by indices, and one of value 1 at this index.

    >>> features = Features(np.array([0, 2, 2]), np.array([5, 9], np.uint64), np.ones(2))
    >>> found = with_constant(features, 9)
    >>> found.keys.tolist(), found.values.tolist()
    ([5, 9, 9], [1.0, 2.0, 1.0])
    """
    starts = np.empty_like(features.starts)
    keys = np.empty(len(features.keys) + features.rows, dtype=np.uint64)
    values = np.empty(len(keys))
    given = (features.starts, features.keys, features.values)
    count = _with_constant(*given, uint64(index), starts, keys, values)
    return Features(starts, keys[:count], values[:count])


def vw_examples(path: str | PathLike[str], *, bits: int = BITS, block: int = BLOCK) -> Iterator[VwExamples]:
    r"""The examples of a file, a few thousand at a time, with the constant that is Vowpal Wabbit's bias.

    Args:
        path: Vowpal Wabbit's text, plain or gzipped.
        bits: how many bits an index has (`-b`).
        block: how many bytes are read at once.

    Raises:
        FileUnreadable: the file cannot be read.
        BitsRefused: an index has no such number of bits.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.vw"
    >>> _ = path.write_text("1 |f a b:2\n-1 |f 12\n")
    >>> (examples,) = vw_examples(path)
    >>> int(examples.features.keys[0]) == index_key(14355), examples.features.values.tolist(), examples.labels.tolist()
    (True, [1.0, 2.0, 1.0, 1.0, 1.0], [1.0, -1.0])
    """
    mask = mask_of_bits(bits)

    def keyed(data: NDArray[np.uint8], sheet: Sheet, groups: tuple[bytes, ...], /) -> Keys:
        count = int(sheet.counts[FEATURES])
        seeds = np.array([namespace_hash(name) for name in groups], dtype=np.uint64)
        indices = np.empty(count, dtype=np.uint64)
        names = (sheet.starts[:count], sheet.stops[:count], sheet.groups[:count])
        name_indices(data, *names, seeds, uint64(mask), indices)
        return indices

    for lines in sparse_lines(path, SparseForm.VW, keyed=keyed, block=block):
        features = with_constant(Features(lines.starts, lines.keys, lines.values), CONSTANT & mask)
        index_keys(features.keys)
        yield VwExamples(
            features=features,
            line=lines.line,
            labels=lines.labels,
            weights=lines.weights,
            bases=lines.bases,
            faults=lines.faults,
        )

"""An export, opened: predictions from its file, which is mapped, so that processes share its memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from flyball.learn.arena import AT_MIXTURE, HEADER_WORDS
from flyball.learn.export_file import ExportForeign, read_file
from flyball.learn.export_lines import View, add_exported, view_of
from flyball.learn.kernel import kernel
from flyball.learn.loss import KINDS, answer
from flyball.learn.mixture import STACKS, blend, mixture_of, recall
from flyball.learn.offset import end_of, offset_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from flyball.learn.export_file import Header

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


@kernel
def margins_exported(view: View, keys: Words, values: Floats, count: int, margins: Floats) -> None:
    """The margin of each lane from the first `count` features; shape of `margins` (lanes,)."""
    add_exported(view, keys[:count], values[:count], margins)


@kernel
def score_exported(
    view: View, mixture: Words, kind: int, lanes: int, scale: float, keys: Words, values: Floats, count: int
) -> float:
    """The prediction from the first `count` features, in the outcome's own scale.

    Args:
        view: the exported coefficients.
        mixture: with several lanes, a table's header.
        kind: the number of the loss (`flyball.learn.loss.KINDS`).
        lanes: how many coefficients a key has.
        scale: the outcome's.
        keys: the features.
        values: theirs.
        count: how many of them count.
    """
    margins, last = np.empty(lanes), end_of(keys, 0, count)
    add_exported(view, keys[:last], values[:last], margins)
    offset = offset_of(values, last, count)
    if lanes == 1:
        return answer(margins[0] + offset, kind) * scale
    mixed = mixture_of(lanes)
    recall(mixture, mixed)
    return blend(mixed, margins, offset, np.empty(lanes + STACKS), kind) * scale


@kernel
def scores_exported(
    view: View,
    mixture: Words,
    kind: int,
    lanes: int,
    starts: Integers,
    keys: Words,
    values: Floats,
    scores: Floats,
) -> None:
    """The prediction for every row, in the units of the loss: row i has features `starts[i]:starts[i + 1]`."""
    for i in range(len(starts) - 1):
        start, end = starts[i], starts[i + 1]
        scores[i] = score_exported(view, mixture, kind, lanes, 1.0, keys[start:end], values[start:end], end - start)


class Exported:
    """One exported model.

    Args:
        header: what it says of itself.
        view: its coefficients.

    Attributes:
        mixture: as the header of the table that it is of: how lanes are mixed.

    >>> import tempfile, pathlib
    >>> from flyball.learn.export import About, export_weights
    >>> about = About(system="ads", model="ctr", version=1, definition="", document="", hyper=np.ones((1, 4)))
    >>> path = pathlib.Path(tempfile.mkdtemp(), "ctr.export")
    >>> _ = export_weights(path, about, np.array([7], np.uint64), np.array([[0.5]]))
    >>> exported = Exported.open(path)
    >>> round(exported.score(np.array([7, 8], np.uint64), np.ones(2)), 3)
    0.622
    """

    def __init__(self, header: Header, view: View) -> None:
        self.header = header
        self.view = view
        self._kind = KINDS[header.loss]
        self.mixture = np.zeros(HEADER_WORDS, dtype=np.uint64)
        words = np.frombuffer(header.mixture, dtype=np.uint64)
        self.mixture[AT_MIXTURE : AT_MIXTURE + len(words)] = words

    @classmethod
    def open(cls, path: Path, *, definition: str | None = None, check: bool = True) -> Self:
        """Opens an export's file.

        Args:
            path: the file.
            definition: the hash of the definition that it must be of; `None` takes any.
            check: whether all of it is read first, to see that nothing has changed.

        Raises:
            ExportDamaged: it does not hold what was written.
            ExportForeign: it is no export, of a newer format, or of another definition.
        """
        header, (lines, keys, weights) = read_file(path, check=check)
        if definition is not None and header.definition != definition:
            raise ExportForeign(
                f"{path} was exported from definition {header.definition[:16]}, and {definition[:16]} is wanted; "
                "export the model again"
            )
        if header.loss not in KINDS:
            msg = f"{path} has the loss {header.loss!r}, this flyball knows {', '.join(KINDS)}; install a newer flyball"
            raise ExportForeign(msg)
        wide = np.frombuffer(weights, dtype=np.float32).reshape(-1, header.lanes)
        words = np.frombuffer(lines, dtype=np.uint64)
        return cls(header, view_of(words, np.frombuffer(keys, dtype=np.uint64), wide))

    @property
    def memory_bytes(self) -> int:
        """What its coefficients take."""
        return sum(self.header.sizes)

    def margins(self, keys: Words, values: Floats) -> Floats:
        """The margin of each lane for the features of one example, shape (lanes,)."""
        margins = np.empty(self.header.lanes)
        margins_exported(self.view, keys, values, len(keys), margins)
        return margins

    def score(self, keys: Words, values: Floats) -> float:
        """The prediction from the features of one example, in the outcome's own scale."""
        lanes, scale = self.header.lanes, self.header.scale
        return score_exported(self.view, self.mixture, self._kind, lanes, scale, keys, values, len(keys))

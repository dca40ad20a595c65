"""Exporting a model for serving: its coefficients rounded to 16 bits, those that are 0 left out.

What learning needs beside a coefficient (z and n of each lane, free slots to grow into) stays behind: a coefficient
takes 7.5 bytes with its key, where a table of one lane takes 29 on average. Nothing can be learned from an export.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.export_file import FORMAT, HASH, Header, write_file
from flyball.learn.export_lines import MOST_LANES, lay_out
from flyball.learn.fixed_point import WIDE, round_all
from flyball.learn.ftrl import weight
from flyball.learn.kernel import kernel
from flyball.learn.pair import n_of, z_of
from flyball.learn.word import uint64
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]


class ExportRefused(FlyballError):
    """This cannot be exported."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class About:
    """What an export is of.

    Args:
        system: the system's name.
        model: the model's name.
        version: the model's version.
        definition: the hash of the system's definition.
        document: that definition, as canonical JSON.
        loss: `logistic`, `squared` or `poisson`.
        scale: what predictions are multiplied by.
        hyper: shape (lanes, 4): alpha, beta, l1 and l2 of each lane.
        mixture: with several lanes, the words of a table's header from `AT_MIXTURE` on.
        learned_through: the last record of the log that was learned from; it seeds the rounding.

    >>> About(system="ads", model="ctr", version=1, definition="", document="", hyper=np.ones((1, 4))).scale
    1.0
    """

    system: str
    model: str
    version: int
    definition: str
    document: str
    hyper: Floats
    loss: str = "logistic"
    scale: float = 1.0
    mixture: Words = field(default_factory=lambda: np.empty(0, dtype=np.uint64))
    learned_through: int = 0


@kernel
def _weigh(rows: Words, hyper: Floats, weights: Floats) -> None:
    for lane in range(len(hyper)):
        alpha, beta_l2, l1 = hyper[lane, 0], hyper[lane, 1] + hyper[lane, 0] * hyper[lane, 3], hyper[lane, 2]
        # Lane 0 is the first half of a row, the count the second; lanes 1, 2, 3 are the halves that follow.
        half = lane + 1 if lane > 0 else 0
        for i in range(len(rows)):
            word = rows[i, half // 2]
            z = n_of(word) if half & 1 else z_of(word)
            weights[i, lane] = weight(z, np.sqrt(n_of(rows[i, 0])), beta_l2, alpha, l1)


def weights_of(rows: Words, hyper: Floats) -> Floats:
    """The coefficients of rows of a table, shape (n, lanes).

    Args:
        rows: shape (n, words of a row beside its key), as `Table.entries` gives them, one after the other.
        hyper: shape (lanes, 4).

    Raises:
        ExportRefused: the rows have no room for so many lanes.

    >>> from flyball.learn.table import Table
    >>> table = Table(slot_bits=6, max_segments=4)
    >>> table.put(np.array([7], np.uint64), z=np.array([-2.0]), n=np.array([9.0]))
    >>> weights_of(table.entries()[1].reshape(-1, 1), np.array([[0.1, 1.0, 0.0, 0.0]])).tolist()
    [[0.05]]
    """
    lanes = len(hyper)
    if not 1 <= lanes <= min(MOST_LANES, 2 * rows.shape[1] - 1):
        raise ExportRefused(
            f"{lanes} settings were given for rows of {rows.shape[1]} words, which hold one lane, and two more in each "
            "further word; give the settings that the rows were learned with"
        )
    weights = np.empty((len(rows), lanes))
    _weigh(rows, np.ascontiguousarray(hyper, dtype=np.float64), weights)
    return weights


def export_weights(path: Path, about: About, keys: Words, weights: Floats) -> Header:
    """Writes an export.

    Args:
        path: the file; one that is there is replaced.
        about: what it is of.
        keys: shape (n,), uint64, each once.
        weights: shape (n, lanes), finite.

    Returns:
        What the file says of itself.

    Raises:
        ExportRefused: a key is given twice, or a coefficient is no finite number.
        ExportFull: there is no space.

    >>> import tempfile, pathlib
    >>> about = About(system="ads", model="ctr", version=1, definition="", document="", hyper=np.ones((1, 4)))
    >>> path = pathlib.Path(tempfile.mkdtemp(), "ctr.export")
    >>> header = export_weights(path, about, np.array([7, 8, 9], np.uint64), np.array([[0.5], [0.0], [9.0]]))
    >>> header.features, header.zeros, header.wide
    (2, 1, 1)
    """
    if not np.isfinite(weights).all():
        raise ExportRefused(f"{int((~np.isfinite(weights)).sum())} coefficients are no finite numbers; learn it again")
    learned = (weights != 0.0).any(axis=1)
    keys, weights, zeros = keys[learned], weights[learned], int((~learned).sum())
    order = np.argsort(keys)
    keys, weights = keys[order], np.ascontiguousarray(weights[order])
    if (np.diff(keys) == 0).any():
        raise ExportRefused("a key was given twice; give each once, as `Table.entries` does")
    fixed = np.empty(weights.shape, dtype=np.int16)
    round_all(keys, weights, uint64(about.learned_through), fixed)
    kept = (fixed != 0).any(axis=1)
    keys, weights, fixed = keys[kept], weights[kept], fixed[kept]
    lines = lay_out(keys, fixed)
    whole = lines.confused | (fixed[:, 0] == WIDE)
    header = Header(
        FORMAT,
        HASH,
        about.system,
        about.model,
        about.version,
        about.definition,
        about.document,
        about.loss,
        about.scale,
        about.hyper.tolist(),
        mixture=about.mixture.tobytes() if len(about.hyper) > 1 else b"",
        learned_through=about.learned_through,
        seed=about.learned_through,
        features=len(keys),
        zeros=zeros,
        vanished=int((~kept).sum()),
        lines=len(lines.words) // 8,
        wide=int(whole.sum()),
    )
    pieces = [lines.words, keys[whole], weights[whole].astype(np.float32)]
    write_file(path, header, [np.ascontiguousarray(piece).view(np.uint8).reshape(-1).data for piece in pieces])
    return header

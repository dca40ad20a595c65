"""One file that holds what a model has learned, whole or what changed since: all that is needed to go on with it.

The format is that of checkpoints (`flyball.learn.checkpoint_file`): checksums, and a number that newer formats count
up. A part `about` says what it is of: a file is taken only by the same definition, loss and settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from flyball.learn.checkpoint_file import (
    CheckpointForeign,
    Content,
    check_sections,
    no_room,
    read_sections,
    sync_directory,
    write_beside,
)
from flyball.system.document import HASH
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from flyball.learn.table import Table

    Words = NDArray[Any]

_NONE: Words = np.empty(0, dtype=np.uint64)


class ModelForeign(FlyballError):
    """A file is of another model, or of another moment."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is of.

    Attributes:
        model: its name.
        version: its version.
        definition: the hash of the definition.
        loss: the loss.
        hyper: alpha, beta, l1 and l2 of each lane.
        hash: the way in which features' keys are made.

    >>> About(model="ctr", version=1, definition="ab", loss="logistic", hyper=[[0.1, 1.0, 0.0, 0.0]]).hash
    1
    """

    model: str
    version: int
    definition: str
    loss: str
    hyper: list[list[float]]
    hash: int = HASH


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ModelFile:
    """What was learned.

    Attributes:
        about: what it is of.
        seq: the last record of the log that was learned from.
        after: 0, or the record after which what changed is held.
        keys: of the features, shape (n,).
        rows: their rows, one after the other.
        common: what is not of one feature.
        epoch: of the log's time, where what is not used expires (`flyball.learn.expiry`).
        gate: what the gate remembers, all of it, as `Gate.entries` gives it.

    >>> none = np.empty(0, np.uint64)
    >>> about = About(model="ctr", version=1, definition="ab", loss="logistic", hyper=[[0.1, 1.0, 0.0, 0.0]])
    >>> ModelFile(about=about, seq=7, after=0, keys=none, rows=none, common=none).seq
    7
    """

    about: About
    seq: int
    after: int
    keys: Words
    rows: Words
    common: Words
    epoch: int = 0
    gate: tuple[Words, Words] = (_NONE, _NONE)

    def write(self, path: Path) -> None:
        """Writes it durably; what was there before holds until it is whole.

        Raises:
            CheckpointFull: there is no space.
        """
        arrays = {"keys": self.keys, "rows": self.rows, "common": self.common}
        arrays |= {"gate numbers": self.gate[0], "gate lines": self.gate[1]}
        contents = [
            Content(
                name if name in {"keys", "rows"} else "part", name, [np.ascontiguousarray(array).view(np.uint8).data]
            )
            for name, array in arrays.items()
        ]
        contents.append(Content("part", "epoch", [memoryview(str(self.epoch).encode())]))
        contents.append(Content("part", "about", [memoryview(msgspec.json.encode(self.about))]))
        beside = write_beside(path, self.seq, self.after, contents)
        with no_room(path, beside):
            beside.replace(path)
            sync_directory(path.parent)

    def apply(self, table: Table, *, about: About, at: int) -> int:
        """Brings a table to where this file is; the record of the log that it has then learned from.

        Args:
            table: as it was after record `at`; a file that is whole takes one where nothing is learned.
            about: what the table is of.
            at: the last record that it has learned from.

        Raises:
            ModelForeign: the file is of another model, or changes what came later; the table is as it was.
            TableFull: it does not fit.
        """
        if about != self.about:
            theirs, ours = msgspec.structs.asdict(self.about), msgspec.structs.asdict(about)
            other = {name: theirs[name] for name in theirs if theirs[name] != ours[name]}
            mine = {name: ours[name] for name in other}
            raise ModelForeign(f"the file has {other!r}, the table {mine!r}; give one of this model")
        if self.after > at or at > self.seq:
            raise ModelForeign(
                f"the file holds what changed from record {self.after} to {self.seq}, the table has learned through "
                f"record {at}; give the files in their order, without a gap"
            )
        table.age(self.epoch)
        table.load(self.keys, self.rows)
        table.common = self.common
        table.gate.load(*self.gate)
        return self.seq


def read_model_file(path: Path) -> ModelFile:
    """Reads a file.

    Raises:
        CheckpointDamaged: it does not hold what was written.
        CheckpointForeign: it is none of ours, or of a newer version.

    >>> import pathlib, tempfile
    >>> none = np.empty(0, np.uint64)
    >>> about = About(model="ctr", version=1, definition="ab", loss="logistic", hyper=[[0.1, 1.0, 0.0, 0.0]])
    >>> path = pathlib.Path(tempfile.mkdtemp(), "ctr.model")
    >>> ModelFile(about=about, seq=7, after=0, keys=none, rows=none, common=none).write(path)
    >>> read_model_file(path).about.model
    'ctr'
    """
    header, sections = read_sections(path)
    check_sections(path, header, sections)
    held = {section.name: bytes(data) for section, data in sections}
    if held.keys() != {"keys", "rows", "common", "gate numbers", "gate lines", "epoch", "about"}:
        raise CheckpointForeign(f"{path} holds a checkpoint, not a model; give a file that `flyball model save` wrote")
    return ModelFile(
        about=msgspec.json.decode(held["about"], type=About),
        seq=header.seq,
        after=header.after,
        keys=np.frombuffer(held["keys"], dtype=np.uint64),
        rows=np.frombuffer(held["rows"], dtype=np.uint64),
        common=np.frombuffer(held["common"], dtype=np.uint64),
        epoch=int(held["epoch"]),
        gate=(np.frombuffer(held["gate numbers"], dtype=np.uint64), np.frombuffer(held["gate lines"], dtype=np.uint64)),
    )

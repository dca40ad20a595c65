"""Rows that every learner reads from a file of its own: Parquet for those in Python, VW's text for VW."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv, parquet

from benchmarks import vw
from benchmarks.data import set_named
from benchmarks.learn import system as zipf_system
from benchmarks.zipf_rows import ZipfRows
from flyball.run.file_replay import read_recording
from flyball.run.files.arrow_array import compute
from flyball.run.form import Form
from flyball.system.learner import FTRL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from flyball.system.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One set of rows.

    Args:
        name: of the set.
        system: what is predicted from what, without settings for its learner.
        rows: how many different rows there are.
        copies: how often they stand in `long` and `long_text`, one after the other: small sets are read several times
            over to be timed, but scored on their first time only.
        bits: of VW's table.
    """

    name: str
    system: System
    folder: Path
    rows: int
    copies: int = 1
    bits: int = 20

    @property
    def once(self) -> Path:
        """Each row once, as Parquet."""
        return self.folder / f"{self.name}.parquet"

    @property
    def long(self) -> Path:
        """All copies, as Parquet."""
        return self.once if self.copies == 1 else self.folder / f"{self.name}.long.parquet"

    @property
    def text(self) -> Path:
        """Each row once, as VW's text."""
        return self.folder / f"{self.name}.vw"

    @property
    def long_text(self) -> Path:
        """All copies, as VW's text."""
        return self.text if self.copies == 1 else self.folder / f"{self.name}.long.vw"

    @property
    def form(self) -> Form:
        """The model, encoded."""
        return Form(self.system, self.system.models[0].name, 1)

    def first(self, rows: int) -> Path:
        """A file of the first rows, as Parquet."""
        path = self.folder / f"{self.name}.{rows}.parquet"
        with parquet.ParquetFile(self.once) as file:
            batches = list(islice(file.iter_batches(batch_size=rows), -(-rows // max(rows, 1)) + 1))
        parquet.write_table(pa.Table.from_batches(batches).slice(0, rows), path)
        return path

    def textbook(self, alpha: float) -> System:
        """The system with FTRL-Proximal as in the paper."""
        return replace(self.system, models=[replace(self.system.models[0], learner=FTRL(alpha=alpha))])


def zipf(folder: Path, rows: int) -> Stream:
    """39 texts whose ids follow Zipf's law; 5 million rows have 5 million features."""
    drawn = ZipfRows(rows=rows)
    system = zipf_system()
    system = replace(system, models=[replace(system.models[0], learner=FTRL())])
    stream = Stream(name="zipf", system=system, folder=folder, rows=rows, bits=23)
    drawn.write_parquet({"none": stream.once})
    drawn.write_vw(stream.text)
    return stream


def real(name: str, folder: Path, *, limit: int | None, copies: int) -> Stream:
    """A real set: the rows that have a label, in the order of time, with the signals that `flyball init` drafts."""
    data = set_named(name)
    path, system = data.at(folder), data.system(folder)
    source = system.source
    assert source is not None  # noqa: S101  # what init drafts has one
    whole = parquet.read_table(path) if path.suffix == ".parquet" else csv.read_csv(path)
    whole = whole.filter(compute.is_valid(whole[data.label])).slice(0, limit)
    system = replace(system, source=replace(source, time=None, delimiter=None))
    stream = Stream(name=name, system=system, folder=folder, rows=whole.num_rows, copies=copies)
    parquet.write_table(whole, folder / f"{name}.parquet")
    rows = read_recording(system, stream.once).rows
    vw.write(stream.text, rows, stream.form)
    if copies > 1:
        parquet.write_table(pa.concat_tables([whole] * copies), stream.long)
        stream.long_text.write_bytes(stream.text.read_bytes() * copies)
    return stream


def streams(folder: Path, *, quick: bool, names: Sequence[str]) -> Iterator[Stream]:
    """One after the other, each written when it is asked for."""
    yield zipf(folder, 5_000 if quick else 5_000_000)
    for name, copies in (("rcv1_vw", 50), ("seaflights15", 1), ("adult", 8)):
        if name in names:
            yield real(name, folder, limit=1_000 if quick else None, copies=1 if quick else copies)

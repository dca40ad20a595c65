"""Drafts a system from a file: what `flyball init` finds out."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from flyball.run.files.reading import read_table
from flyball.run.files.typed_column import TAKEN, typed_column
from flyball.run.files.typed_rows import ColumnsUnknown
from flyball.run.inference.column_facts import TOLERATED, ColumnFacts, column_facts
from flyball.run.inference.column_role import ColumnRole, column_role
from flyball.run.inference.delay import Delay, delay_of
from flyball.run.inference.draft import Draft, DraftedColumn
from flyball.run.inference.information import information_of
from flyball.run.inference.label_facts import LabelFacts, label_facts
from flyball.run.inference.leak import find_leaks
from flyball.run.inference.missing_marker import find_missing_markers
from flyball.run.inference.plain_column import plain_column, unsigned_labels
from flyball.run.inference.python_text import word_for
from flyball.run.inference.sample import Sample, sampled_places
from flyball.run.inference.silence import with_silence
from flyball.run.inference.suspicion import Suspicion
from flyball.run.inference.useless import find_duplicates, find_useless
from flyball.system.error import FlyballError
from flyball.system.inspection.subject import Subject, in_name
from flyball.system.kind import Kind
from flyball.system.signal import NAME_LENGTH
from flyball.system.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    from numpy.typing import NDArray

    from flyball.run.files.tabular import RawColumn, Tabular

_ENDINGS = re.compile(
    r"(\.(csv|tsv|txt|psv|jsonl|ndjson|json|parquet|pq|arrow|arrows|feather|ipc|vw|svm|libsvm|svmlight|ffm|libffm|gz|"
    r"dat|data))+$",
    re.IGNORECASE,
)
_EPOCHS = {"s": (1e8, 1e10), "ms": (1e11, 1e13), "us": (1e14, 1e16)}
_SLICES, _SLICE_VALUES, _SLICE_NUMBERS, _SLICE_COMMON = 4, 50, 24, 0.99


def infer(
    path: str | PathLike[str],
    *,
    label: str,
    time: str | None = None,
    tz: str | None = None,
    id: str | None = None,
    outcome_time: str | None = None,
    entity: Sequence[str] = (),
    exclude: Sequence[str] = (),
    missing: Sequence[str] | None = None,
) -> Draft:
    r"""Looks at a file and drafts the system that predicts one of its columns from the others.

    Columns that are constant, that repeat another, that name each row, or that seem to be known only with the outcome
    are left out, each with the evidence.

    Args:
        path: a table in any form that `read_table` reads.
        label: the column to predict.
        time: the column that says when the prediction was asked for.
        tz: the zone of times without an offset.
        id: the column that holds the prediction's id.
        outcome_time: the column that says when the outcome was known.
        entity: columns that name things, whatever they look like.
        exclude: columns that are left out.
        missing: texts that stand for a missing value, beside the empty one; by default those that look like it.

    Raises:
        FileUnreadable: it is no table.
        ColumnsUnknown: it has no column of one of these names.
        LabelUnusable: the label has no two values, or several that are no numbers.
        FlyballError: a column given as a time holds none, or its zone is needed.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "clicks.csv"
    >>> rows = [f"{n % 24},{n % 3},2026,{int(n % 7 < 2)}" for n in range(500)]
    >>> _ = path.write_text("hour,place,year,click\n" + "\n".join(rows))
    >>> draft = infer(path, label="click")
    >>> [column.name for column in draft.columns if column.suspicion is None], draft.suspicions[0].kind
    (['hour', 'place'], 'constant')
    """
    return _Inference(read_table(path), label, time, outcome_time, id, tz).draft(entity, exclude, missing)


class _Inference:
    """One file being looked at."""

    def __init__(
        self, table: Tabular, label: str, time: str | None, outcome_time: str | None, id_: str | None, tz: str | None
    ) -> None:
        self.table = table
        self.label, self.time, self.outcome_time, self.id, self.tz = label, time, outcome_time, id_, tz
        self.places = sampled_places(table.rows)
        self.notes: list[str] = []

    def draft(self, entity: Sequence[str], exclude: Sequence[str], missing: Sequence[str] | None) -> Draft:
        self._check(entity, exclude)
        raw = self._raw()
        markers = self._missing(raw, missing)
        unit = self._unit(raw, markers)
        times = {role for role in (self.time, self.outcome_time) if role is not None}
        facts = {
            name: column_facts(
                name,
                column,
                tz=self.tz,
                unit=unit if name in times else None,
                missing=markers,
                names=_is_map(self.table.columns[name]) and _are_texts(column),
            )
            for name, column in raw.items()
        }
        for name in entity:
            _check_entity(facts[name], raw[name], markers)
        label = label_facts(facts[self.label], raw[self.label])
        event_us = self._times(self.time, facts)
        known_us = self._times(self.outcome_time, facts)
        if known_us is not None and self.outcome_time is not None:
            label, notes = with_silence(label, known_us, self.outcome_time)
            self.notes += notes
        roles = {self.label, self.time, self.outcome_time, self.id, self.table.weight}
        columns = {name: each for name, each in facts.items() if name not in roles}
        sample = Sample(columns=columns, label=label, event_us=event_us)
        suspicions = self._suspicions(sample, set(entity), set(exclude))
        drafted = tuple(
            self._drafted(each, suspicions.get(name), label, asked=name in entity) for name, each in columns.items()
        )
        self._remarks(facts, label)
        return Draft(
            name=word_for(_ENDINGS.sub("", Path(self.table.path).name), "system"),
            file=Path(self.table.path).name,
            rows=self.table.rows_read,
            looked_at=len(self.places),
            label=label,
            delay=_delay(event_us, known_us, label),
            columns=drafted,
            slice_by=_slices([each for each in drafted if each.suspicion is None], columns, label),
            source=self._source(unit, markers),
            notes=tuple(self.notes),
        )

    def _raw(self) -> dict[str, RawColumn]:
        """A sample of the rows, in the plainest shape that holds the same."""
        raw = {name: plain_column(_taken(column, self.places)) for name, column in self.table.columns.items()}
        if self.table.sparse and self.label in raw:
            raw[self.label] = unsigned_labels(raw[self.label])
        return raw

    def _check(self, entity: Sequence[str], exclude: Sequence[str]) -> None:
        named = (self.label, self.time, self.outcome_time, self.id, *entity, *exclude)
        unknown = [name for name in dict.fromkeys(named) if name is not None and name not in self.table.columns]
        if unknown:
            raise ColumnsUnknown(self.table.path, unknown, self.table.names)
        if self.outcome_time is not None and self.time is None:
            raise FlyballError(f"--outcome-time {self.outcome_time} needs --time: how late is it known?")
        options = {"label": self.label, "time": self.time, "outcome-time": self.outcome_time, "id": self.id}
        for (one, column), (two, other) in combinations(options.items(), 2):
            if column == other and column is not None:
                raise FlyballError(f"{column!r} is given as --{one} and as --{two}; give each a column of its own")

    def _missing(self, raw: Mapping[str, RawColumn], given: Sequence[str] | None) -> tuple[str, ...]:
        if given is not None:
            return tuple(dict.fromkeys(("", *given)))
        found = find_missing_markers(raw)
        self.notes += [str(marker) for marker in found]
        return ("", *(marker.text for marker in found if marker.is_believed))

    def _unit(self, raw: Mapping[str, RawColumn], missing: tuple[str, ...]) -> str | None:
        """What the times count, if they are numbers."""
        for role in (self.time, self.outcome_time):
            if role is None:
                continue
            facts = column_facts(role, raw[role], tz=self.tz, missing=missing)
            if facts.kind not in (Kind.INT, Kind.FLOAT) or facts.numbers is None:
                continue
            middle = float(np.nanmedian(np.abs(facts.numbers)))
            for unit, (low, high) in _EPOCHS.items():
                if low <= middle < high:
                    return unit
            raise FlyballError(
                f"{role!r} holds numbers about {middle:.4g}, which count neither seconds, milliseconds nor "
                "microseconds since 1970; give a column of times"
            )
        return None

    def _times(self, role: str | None, facts: Mapping[str, ColumnFacts]) -> NDArray[np.float64] | None:
        if role is None:
            return None
        found = facts[role]
        if found.kind is not Kind.TIMESTAMP or found.present == 0:
            shown = ", ".join(repr(value) for value in found.values[:3])
            held = f", but {shown}" if shown else f": {found.example or 'it is empty in every row'}"
            raise FlyballError(
                f"{role!r} holds no times{held}; accepted: RFC 3339 such as '2026-01-31T08:00:00Z', or numbers "
                "since 1970; leave the time out if the rows are in the order in which they happened"
            )
        if found.naive and self.tz is None:
            raise FlyballError(
                f"the times in {role!r} have no offset (such as {found.values[0]!r}); say with --tz in which zone they "
                "are, such as --tz UTC or --tz Europe/Berlin"
            )
        return found.numbers

    def _suspicions(self, sample: Sample, entity: set[str], exclude: set[str]) -> dict[str, Suspicion]:
        found = {
            name: Suspicion(column=name, kind="excluded", evidence="is excluded, as asked")
            for name in sample.columns
            if name in exclude
        }
        self._collect(
            found, (_unusable(facts, self.tz, asked=name in entity) for name, facts in sample.columns.items())
        )
        useless = find_useless(_others(sample, found))
        self._collect(found, (each for each in useless if each.kind == "constant" or each.column not in entity))
        leaks = Sample(columns=_others(sample, found), label=sample.label, event_us=sample.event_us)
        self._collect(found, find_leaks(leaks))
        self._collect(found, find_duplicates(_others(sample, found)))
        return found

    @staticmethod
    def _collect(found: dict[str, Suspicion], more: Iterable[Suspicion | None]) -> None:
        for suspicion in list(more):
            if suspicion is not None:
                found.setdefault(suspicion.column, suspicion)

    def _drafted(
        self, facts: ColumnFacts, suspicion: Suspicion | None, label: LabelFacts, *, asked: bool
    ) -> DraftedColumn:
        role = column_role(facts, label, asked=asked)
        remark = ""
        if facts.refused:
            remark = f"{facts.refused:,} rows of the sample are refused in replay: {facts.example}"
        return DraftedColumn(
            name=facts.name,
            role=role if suspicion is None else ColumnRole(part=role.part, kind=role.kind, evidence=""),
            suspicion=suspicion,
            tz=self.tz if facts.naive and role.kind is Kind.TIMESTAMP else None,
            remark=remark,
        )

    def _remarks(self, facts: Mapping[str, ColumnFacts], label: LabelFacts) -> None:
        self.notes += [f"Not read: {rejection}." for rejection in self.table.rejections]
        self.notes += list(self.table.notes)
        self.notes += [
            f"{facts[role].refused:,} rows of the sample are refused in replay, column {role!r}: {facts[role].example}"
            for role in (self.time, self.outcome_time, self.label)
            if role is not None and facts[role].refused
        ]
        unlabelled = int(np.count_nonzero(~label.known))
        if unlabelled and label.if_silent is None:
            self.notes.append(
                f"{unlabelled:,} rows have no label: they are predicted, but nothing is learned from them."
            )
        if self.time is None:
            times = [name for name, each in facts.items() if each.kind is Kind.TIMESTAMP]
            hint = f" (--time {times[0]}?)" if len(times) == 1 else ""
            self.notes.append(f"Without a column of times, rows are replayed in the file's order{hint}.")

    def _weight(self) -> str | None:
        """The column of weights that the file's form has, if it says anything."""
        name = self.table.weight
        raw = None if name is None else self.table.columns[name]
        return name if raw is not None and any(weight != 1 for weight in _distinct(raw)) else None

    def _source(self, unit: str | None, missing: tuple[str, ...]) -> Source:
        return Source(
            time=self.time,
            id=self.id,
            outcome_time=self.outcome_time,
            tz=self.tz,
            unit=unit,
            label=self.label,
            weight=self._weight(),
            delimiter=self.table.delimiter,
            quoted=self.table.quoted is not False,
            missing=missing,
        )


def _distinct(raw: RawColumn) -> list[object]:
    return raw if isinstance(raw, list) else raw.unique().to_pylist()


def _is_map(raw: RawColumn) -> bool:
    return not isinstance(raw, list) and pa.types.is_map(raw.type)


def _are_texts(raw: RawColumn) -> bool:
    return not isinstance(raw, list) and pa.types.is_string(raw.type)


def _taken(raw: RawColumn, places: NDArray[np.int64]) -> RawColumn:
    if len(places) == len(raw):
        return raw
    return [raw[place] for place in places.tolist()] if isinstance(raw, list) else raw.take(places)


def _others(sample: Sample, found: Mapping[str, Suspicion]) -> dict[str, ColumnFacts]:
    return {name: facts for name, facts in sample.columns.items() if name not in found}


def _check_entity(facts: ColumnFacts, raw: RawColumn, missing: tuple[str, ...]) -> None:
    """What a file holds as other values than texts and whole numbers would be refused row by row."""
    if facts.kind is Kind.INT:
        return
    typed = typed_column(raw, Kind.STR, missing=missing)
    refused = np.flatnonzero(typed.refused != TAKEN)
    if len(refused) > TOLERATED * facts.rows:
        raise FlyballError(
            f"--entity {facts.name}: {len(refused):,} of {facts.rows:,} values name nothing: "
            f"{typed.explain(int(refused[0]))}; an entity is of texts or of whole numbers: leave this --entity out, "
            "and it is an input"
        )


def _unusable(facts: ColumnFacts, tz: str | None, *, asked: bool) -> Suspicion | None:
    name = facts.name
    if any(in_name(Subject("input", name, None), name)):
        evidence = (
            "has a name that no signal can have (blank or with blanks around it, '@', ':', something unprintable, more "
            f"than {NAME_LENGTH} characters): rename the column"
        )
        return Suspicion(column=name, kind="unusable", evidence=evidence)
    if 2 * facts.refused > facts.rows:
        evidence = f"holds values of no one type: {facts.refused:,} of {facts.rows:,} are refused ({facts.example})"
        return Suspicion(column=name, kind="unusable", evidence=evidence)
    if facts.naive and tz is None and not asked:
        evidence = f"holds times without an offset, such as {facts.values[0]!r}: say with --tz in which zone they are"
        return Suspicion(column=name, kind="unusable", evidence=evidence)
    return None


def _delay(
    event_us: NDArray[np.float64] | None, known_us: NDArray[np.float64] | None, label: LabelFacts
) -> Delay | None:
    if event_us is None or known_us is None:
        return None
    delays = (known_us - event_us)[label.known]
    delays = delays[~np.isnan(delays)]
    return delay_of(delays.astype(np.int64)) if len(delays) else None


def _slices(kept: Sequence[DraftedColumn], columns: Mapping[str, ColumnFacts], label: LabelFacts) -> tuple[str, ...]:
    """The few columns with few values that tell most of the label, in the file's order."""
    known = label.known
    shares: dict[str, float] = {}
    for column in kept:
        facts = columns[column.name]
        if column.role.part != "input" or column.role.kind not in (Kind.BOOL, Kind.INT, Kind.STR):
            continue
        common = int(np.bincount(facts.codes + 1).max())
        most = _SLICE_VALUES if column.role.kind is Kind.STR else _SLICE_NUMBERS
        if 2 <= facts.distinct <= most and common <= _SLICE_COMMON * facts.rows:  # a slice divides
            shares[column.name] = information_of(facts.codes[known], label.values[known], binary=label.binary).share
    best = sorted(shares, key=lambda name: -shares[name])[:_SLICES]
    return tuple(name for name in shares if name in best)

"""Mistakes in sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.system.inspection.subject import Subject, has_utf8
from flyball.system.place import as_tuple, raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyball.system.mistake import Mistake
    from flyball.system.source import Source

COLUMNS = ("time", "id", "outcome_time", "label", "weight")
"""The fields that name a column."""


def in_source(source: Source) -> Iterator[Mistake]:
    """Mistakes in one source.

    >>> from flyball.system.source import Source
    >>> [mistake.code for mistake in in_source(Source(time="ts", label="ts"))]
    ['column-repeated']
    """
    subject = Subject("source", None, source.place)
    taken: dict[str, str] = {}
    for field in COLUMNS:
        column = getattr(source, field)
        if column is None:
            continue
        if not isinstance(column, str) or not column or not has_utf8(column):
            yield subject.mistake("column-bad", column, f"{field}= as the name of a column")
        elif column in taken:
            accepted = f"another column for {field}= than for {taken[column]}="
            yield subject.mistake("column-repeated", column, accepted)
        else:
            taken[column] = field
    if source.tz is not None:
        yield from subject.zone(source.tz)
    if source.unit is not None:
        yield from subject.choice("unit-bad", source.unit, ("s", "ms", "us"))
    delimiter = raw(source, "delimiter")
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n'):
        yield subject.mistake("delimiter-bad", delimiter, "delimiter= as one character, no quote and no line end")
    if not isinstance(raw(source, "quoted"), bool):
        yield subject.mistake("quoted-bad", source.quoted, "quoted= as True or False")
    for text in as_tuple(source.missing):
        if not isinstance(text, str) or not has_utf8(text):
            yield subject.mistake("missing-bad", text, "missing= as texts, such as ('', 'NA')")

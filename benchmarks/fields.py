"""What a model reads of each row, as peers are given it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.learn.tokens import words
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyball.events.record import Leaf
    from flyball.learn.column import Column
    from flyball.run.files.typed_rows import Rows
    from flyball.run.form import Form

NUMBERS = (Kind.INT, Kind.FLOAT, Kind.TIMESTAMP)


@dataclass(frozen=True, slots=True)
class Field:
    """One column.

    Args:
        name: its name.
        kind: of its values; names that are written in digits are text.
        prose: whether it is split into words.

    >>> list(Field("text", Kind.STR, prose=True).features("Go on, go"))
    [('go', 1.0), ('on', 1.0)]
    >>> list(Field("age", Kind.INT).features(39)), list(Field("sex", Kind.STR).features("m"))
    ([('age', 39.0)], [('sex=m', 1.0)])
    """

    name: str
    kind: Kind
    prose: bool = False

    @property
    def is_bag(self) -> bool:
        """Whether a row has any number of features of it."""
        return self.prose or self.kind in (Kind.LIST, Kind.MAP)

    def features(self, leaf: Leaf) -> Iterator[tuple[str, float]]:
        """A value as users of linear learners write it: a name for text, a name and a number for numbers.

        Nothing where it is missing. No name has a space, a colon or a bar.
        """
        if leaf is None:
            return
        if isinstance(leaf, dict):
            yield from ((token_of(key), float(number)) for key, number in leaf.items())
        elif isinstance(leaf, list):
            yield from ((f"{token_of(self.name)}={token_of(item)}", 1.0) for item in leaf)
        elif self.prose:
            yield from ((token_of(word), 1.0) for word in words(str(leaf)))
        elif self.kind in NUMBERS:
            yield token_of(self.name), float(leaf)
        else:
            yield f"{token_of(self.name)}={token_of(leaf)}", 1.0


def token_of(text: object) -> str:
    """A text without what separates features in VW's text.

    >>> token_of("a b:c")
    'a_b_c'
    """
    return re.sub(r"[\s:|]", "_", str(text))


def fields_of(form: Form) -> list[Field]:
    """What the model reads, in the order of `form.names`.

    >>> from flyball import Input, Model, Outcome, System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> from flyball.run.form import Form
    >>> fields_of(Form(System("flights", models=[late]), "late", 1))
    [Field(name='hour', kind=<Kind.INT: 'int'>, prose=False)]
    """
    nodes = form.program.nodes
    split = {i for node in nodes if node.op in ("words", "ngrams") for i in node.inputs}
    return [
        Field(nodes[place].name, Kind.STR if nodes[place].op == "entity" else nodes[place].kind, place in split)
        for place in form.program.leaves
    ]


def rows_of(rows: Rows, form: Form) -> Iterator[tuple[bool, list[tuple[str, float]]]]:
    """Of each row that has a label, the label and all features."""
    fields = fields_of(form)
    columns: list[Column] = [rows.columns[field.name] for field in fields]
    leaves = [column.leaves(0, rows.n) for column in columns]
    for row in range(rows.n):
        if rows.has_label[row]:
            given = zip(fields, leaves, strict=True)
            yield bool(rows.label[row]), [one for field, column in given for one in field.features(column[row])]

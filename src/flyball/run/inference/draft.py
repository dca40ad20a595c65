"""A drafted system: what `flyball init` writes, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.run.inference.python_text import call, comment, literal, names_for, printable, remarked, word_for
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.run.inference.column_role import ColumnRole
    from flyball.run.inference.delay import Delay
    from flyball.run.inference.label_facts import LabelFacts
    from flyball.run.inference.suspicion import Suspicion
    from flyball.system.source import Source

_TYPES = {
    Kind.BOOL: "bool",
    Kind.INT: "int",
    Kind.FLOAT: "float",
    Kind.STR: "str",
    Kind.LIST: "list[str]",
    Kind.TIMESTAMP: '"datetime"',
    Kind.MAP: "dict[str, float]",
}
_OF_PROSE = ("words", "pairs")
"""What is made of a text of several words."""
_ROLES = ("time", "id", "outcome_time", "tz", "unit", "label", "weight", "delimiter")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedColumn:
    """One column that may become a signal.

    Args:
        name: the column.
        role: what it is declared as.
        suspicion: why it is left out; None if it is not.
        tz: the zone of its times, where they have no offset.
        remark: what else is worth telling.

    >>> from flyball.run.inference.column_role import ColumnRole
    >>> role = ColumnRole(part="input", kind=Kind.INT, evidence="0 to 23")
    >>> DraftedColumn(name="hour", role=role).suspicion is None
    True
    """

    name: str
    role: ColumnRole
    suspicion: Suspicion | None = None
    tz: str | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    r"""A system drafted from a file.

    Args:
        name: the system's name.
        file: the name of the file it was drafted from, without its folder.
        rows: how many rows the file has.
        looked_at: how many of them the evidence is from.
        label: what is predicted.
        delay: how long outcomes take; None if the file does not say.
        columns: those that may become signals, in the file's order.
        slice_by: the columns by which the model is watched.
        source: how the file is read.
        notes: sentences about the file that are worth telling.

    >>> import pathlib, tempfile
    >>> from flyball.run.inference.infer import infer
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "clicks.csv"
    >>> _ = path.write_text("hour,click\n" + "7,1\n8,0\n7,0\n" * 50)
    >>> [line for line in infer(path, label="click").text.splitlines() if line.startswith("hour")]
    ['hour = fb.Input("hour", int)  # 7 to 8']
    """

    name: str
    file: str
    rows: int
    looked_at: int
    label: LabelFacts
    delay: Delay | None
    columns: tuple[DraftedColumn, ...]
    slice_by: tuple[str, ...]
    source: Source
    notes: tuple[str, ...]

    @property
    def suspicions(self) -> tuple[Suspicion, ...]:
        """Why columns are left out, in the file's order."""
        return tuple(column.suspicion for column in self.columns if column.suspicion is not None)

    @property
    def has_signals(self) -> bool:
        """Whether a column is left to predict from; without one, the system file is not accepted as it is."""
        return any(column.suspicion is None for column in self.columns)

    @property
    def text(self) -> str:
        """The system file: Python source that runs as it is."""
        return _File(self).text()


class _File:
    """One system file being written."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.word = word_for(draft.label.name, "outcome")
        every = [draft.label.name, *(column.name for column in draft.columns)]
        self.kept = [column for column in draft.columns if column.suspicion is None]
        prose = {column.name: _OF_PROSE for column in self.kept if column.role.part == "prose"}
        self.names = names_for(every, taken=("fb", "model", "source", "system"), derived=prose)

    def text(self) -> str:
        parts = [
            self._head(),
            self._inputs(),
            self._left_out(),
            self._outcome(),
            self._model(),
            self._system(),
        ]
        return "\n".join("\n".join(lines) + "\n" for lines in parts if lines)

    def _head(self) -> list[str]:
        draft = self.draft
        file = printable(draft.file).replace("\\", "/").replace('"""', "'''")
        size = f"{draft.rows:,} rows"
        if draft.looked_at < draft.rows:
            size += f", of which {draft.looked_at:,}, spread evenly, were looked at for what stands below"
        lines = [
            f'"""Predicts {self.word}, drafted by `flyball init` from {file}.',
            "",
            *_wrapped(f"{size}. Read on, and change what you know better."),
            *(line for note in draft.notes for line in _wrapped(note.replace('"""', "'''"))),
            '"""',
            "",
        ]
        return [*(line.replace("\\", "\\\\") for line in lines), "import flyball as fb"]

    def _inputs(self) -> list[str]:
        lines = comment("What comes with a request.")
        for column in self.kept:
            remark = "; ".join(each for each in (column.role.evidence, column.remark) if each)
            lines += remarked(self._declared(column), remark)
            if column.role.part == "prose":
                variable = self.names[column.name]
                lines.append(f"{variable}_words = fb.words({variable})")
                lines.append(f"{variable}_pairs = fb.ngrams({variable}, n=2)")
        return lines if self.kept else []

    def _left_out(self) -> list[str]:
        left_out = [column for column in self.draft.columns if column.suspicion is not None]
        if not left_out:
            return []
        lines = comment(
            "Left out, and why. What is known when predicting after all: uncomment it, and add it to the signals below."
        )
        for column in left_out:
            reason = column.suspicion
            if reason is not None:
                lines += ["#", *comment(f"{reason.column!r} {reason.evidence}.")]
                lines.append(f"# {printable(self._declared(column))}")
        return lines

    def _declared(self, column: DraftedColumn) -> str:
        what = "fb.Entity" if column.role.part == "entity" else "fb.Input"
        tz = "" if column.tz is None else f", tz={literal(column.tz)}"
        kind = _TYPES[column.role.kind]
        return f"{self.names[column.name]} = {what}({literal(column.name)}, {kind}{tz})"

    def _outcome(self) -> list[str]:
        label, delay = self.draft.label, self.draft.delay
        arguments = [literal(self.word)]
        if not label.binary:
            arguments += ["float", f"scale={literal(label.scale)}"]
        arguments.append(f"window={literal('7d' if delay is None else delay.window)}")
        if label.labels is not None:
            arguments.append(f"labels={literal(label.labels)}")
        if label.if_silent is not None:
            arguments.append(f"if_silent={label.if_silent}")
        lines = comment(f"What is predicted: {label.evidence}.")
        if delay is None:
            lines += comment(
                "The file does not say when it was known: in replay it is known at once. "
                "When serving, a prediction waits for it as long as the window."
            )
        else:
            lines += comment(f"When it is known: {delay.evidence}.")
        return [*lines, *call("fb.Outcome", arguments, before=f"{self.names[label.name]} = ")]

    def _model(self) -> list[str]:
        signals = []
        for column in self.kept:
            variable = self.names[column.name]
            signals += [f"{variable}_words", f"{variable}_pairs"] if column.role.part == "prose" else [variable]
        arguments: list[str | tuple[str, Sequence[str]]] = [
            literal(self.word),
            ("signals", signals),
            f"outcome={self.names[self.draft.label.name]}",
        ]
        if self.draft.slice_by:
            arguments.append(("slice_by", [self.names[name] for name in self.draft.slice_by]))
        arguments.append(f"fallback={literal(_fallback(self.draft.label))}")
        lines = [] if signals else comment("There is no column to predict from: uncomment one above.")
        return [*lines, *call("fb.Model", arguments, before="model = ")]

    def _system(self) -> list[str]:
        source = self.draft.source
        arguments = [f"{role}={literal(value)}" for role in _ROLES if isinstance(value := getattr(source, role), str)]
        if not source.quoted:
            arguments.append("quoted=False")
        if tuple(source.missing) != ("",):
            arguments.append(f"missing={literal(tuple(source.missing))}")
        lines = call("fb.Source", arguments, before="source = ")
        system = [literal(self.draft.name), 'owner=""', "models=[model]", "source=source"]
        return [
            *lines,
            "",
            *comment("owner: who answers for it, such as 'team:ads'."),
            *call("fb.System", system, before="system = "),
        ]


def _wrapped(text: str) -> list[str]:
    return [line.removeprefix("# ") for line in comment(text)]


def _fallback(label: LabelFacts) -> float:
    """The mean to three digits, never quite 0 or 1 for a class."""
    mean = float(f"{label.mean:.3g}")
    return min(max(mean, 0.001), 0.999) if label.binary else mean

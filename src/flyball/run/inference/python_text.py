"""Python source as the formatter would write it: literals, calls, comments and names."""

from __future__ import annotations

import builtins
import keyword
import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDTH = 88
"""The formatter's default length of a line."""


def literal(value: str | float | tuple[str, ...]) -> str:
    r"""A value as source.

    >>> literal("a"), literal('say "a"'), literal(0.5), literal(("no", "yes"))
    ('"a"', '\'say "a"\'', '0.5', '("no", "yes")')
    """
    if isinstance(value, tuple):
        inside = ", ".join(literal(each) for each in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    text = repr(value)
    if isinstance(value, str) and text.startswith("'") and '"' not in value:
        return '"' + text[1:-1].replace("\\'", "'") + '"'
    return text


def call(function: str, arguments: Sequence[str | tuple[str, Sequence[str]]], *, before: str = "") -> list[str]:
    """The lines of a call: one line if it fits, else one for each argument.

    Args:
        function: what is called.
        arguments: source of each; a pair is a keyword with a list of sources.
        before: what stands before the call, such as `"x = "`.

    >>> call("fb.Model", ['"ctr"', ("signals", ["ad"])], before="ctr = ")
    ['ctr = fb.Model("ctr", signals=[ad])']
    """
    flat = [each if isinstance(each, str) else f"{each[0]}=[{', '.join(each[1])}]" for each in arguments]
    line = f"{before}{function}({', '.join(flat)})"
    if len(line) <= WIDTH:
        return [line]
    lines = [f"{before}{function}("]
    for argument, whole in zip(arguments, flat, strict=True):
        if isinstance(argument, str) or len(whole) + 5 <= WIDTH:
            lines.append(f"    {whole},")
        else:
            lines += [f"    {argument[0]}=[", *(f"        {item}," for item in argument[1]), "    ],"]
    return [*lines, ")"]


def comment(text: str) -> list[str]:
    """The lines of a comment; characters that cannot be printed are escaped.

    >>> comment("known only afterwards")
    ['# known only afterwards']
    """
    return textwrap.wrap(
        printable(text),
        WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def remarked(line: str, remark: str) -> list[str]:
    """A line with a remark behind it, or above it where it does not fit.

    >>> remarked('hour = fb.Input("hour", int)', "0 to 23")
    ['hour = fb.Input("hour", int)  # 0 to 23']
    """
    if not remark:
        return [line]
    behind = f"{line}  # {printable(remark)}"
    return [behind] if len(behind) <= WIDTH else [*comment(remark), line]


def printable(text: str) -> str:
    r"""A text in which line breaks and the like are escaped.

    >>> printable("a\nb")
    'a\\nb'
    """
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def names_for(
    columns: Iterable[str], taken: Iterable[str] = (), derived: Mapping[str, Sequence[str]] | None = None
) -> dict[str, str]:
    """A variable for each column: words in lower case, none twice, none that Python already uses.

    Args:
        columns: their names.
        taken: what no variable may be called.
        derived: for columns of which more variables are made, what is put behind each: `title_words` for `words`.

    >>> names_for(["emp.var.rate", "class", "Class", "1st", "äöü"])
    {'emp.var.rate': 'emp_var_rate', 'class': 'class_', 'Class': 'class_2', '1st': 'c_1st', 'äöü': 'äöü'}
    """
    used = set(taken)
    names = {}
    for column in columns:
        name = re.sub(r"\W+", "_", column.lower()).strip("_") or "column"
        if not name.isidentifier():
            name = f"c_{name}"
        if not name.isidentifier():
            name = "column"
        if keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name):
            name += "_"
        stem, number = name.rstrip("_"), 2
        endings = ["", *(f"_{ending}" for ending in (derived or {}).get(column, ()))]
        while not used.isdisjoint(name + ending for ending in endings):
            name, number = f"{stem}_{number}", number + 1
        used.update(name + ending for ending in endings)
        names[column] = name
    return names


def word_for(text: str, otherwise: str) -> str:
    """A name for a system, model or outcome: letters, digits, `_`, `-` and `.`.

    >>> word_for("late (15 min)", "label")
    'late_15_min'
    """
    word = re.sub(r"[^\w.-]+", "_", text, flags=re.ASCII).strip("_.-")
    return word[:100] or otherwise

"""The fenced blocks of a Markdown page, and the commands in them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block: the line on which it opens, its language, its lines, and what the line before it orders."""

    line: int
    language: str
    lines: tuple[str, ...]
    order: str = ""
    detail: str = ""

    @property
    def commands(self) -> list[tuple[int, str]]:
        """The commands of a console block, with their lines in the page."""
        found: list[tuple[int, str]] = []
        goes_on = False
        for number, text in enumerate(self.lines, start=self.line + 1):
            if goes_on:
                found[-1] = (found[-1][0], f"{found[-1][1]}\n{text.removeprefix('> ')}")
            elif text.startswith("$ "):
                found.append((number, text.removeprefix("$ ")))
            goes_on = text.endswith("\\") and (goes_on or text.startswith("$ "))
        return found


def blocks(text: str) -> list[Block]:
    r"""The fenced blocks of a page.

    >>> blocks("<!-- not run: needs a server -->\n```console\n$ make up\n```")[0].detail
    'needs a server'
    """
    found: list[Block] = []
    before, opened = "", 0
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.startswith("```"):
            before = line if line.strip() and not opened else before
        elif not opened:
            opened = number
        else:
            order = re.fullmatch(r"<!--\s*(not run|file):\s*(.+?)\s*-->", before.strip())
            name, detail = order.groups() if order is not None else ("", "")
            language = lines[opened - 1].strip("` ")
            body = tuple(lines[opened : number - 1])
            found.append(Block(line=opened, language=language, lines=body, order=name, detail=detail))
            opened, before = 0, ""
    return found

"""Vowpal Wabbit: rows in its text format, and its command line."""

from __future__ import annotations

import re
import subprocess
import sys
from time import perf_counter
from typing import TYPE_CHECKING

from flyball.learn.tokens import words
from flyball.system.error import FlyballError
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from flyball.events.record import Leaf
    from flyball.run.files.typed_rows import Rows
    from flyball.run.form import Form

COMMON = ("--loss_function", "logistic", "--link", "logistic", "--holdout_off")

GRID: tuple[str, ...] = (
    "",
    *(f"-l {rate} --power_t {power}" for rate in (0.05, 0.1, 0.5, 1, 2) for power in (0, 0.25, 0.5)),
    *(f"--ftrl --ftrl_alpha {alpha} --ftrl_beta {beta}" for alpha in (0.005, 0.02, 0.1, 0.5) for beta in (0.1, 1)),
    "--coin",
    "--coin --l2 1e-6",
    "--freegrad",
    "--adaptive -l 0.3",
    "--ftrl --ftrl_alpha 0.1 --l1 1",
    "--ftrl --ftrl_alpha 0.05",
)
"""Thirty settings, the defaults first."""


class VowpalFailed(FlyballError):
    """Vowpal Wabbit did not say a loss."""


def run(arguments: Sequence[str]) -> tuple[float, float]:
    """(average loss, seconds) of one run of the command line."""
    start = perf_counter()
    done = subprocess.run(  # our own arguments
        [sys.executable, "-m", "vowpalwabbit", *arguments], capture_output=True, text=True, check=False
    )
    seconds = perf_counter() - start
    found = re.search(r"average loss = (\S+)", done.stdout + done.stderr)
    if found is None:
        msg = f"vw {' '.join(arguments)} ended with {done.returncode} and said no loss: {done.stderr[-300:]}"
        raise VowpalFailed(msg)
    return float(found.group(1)), seconds


def _token(text: object) -> str:
    return re.sub(r"[\s:|]", "_", str(text))


def _features(name: str, kind: Kind, leaf: Leaf, *, prose: bool) -> Iterator[str]:
    """A value as VW's users write it: a name for text, a name and a number for numbers; nothing where it is missing."""
    if leaf is None:
        return
    if prose:
        yield from (_token(word) for word in words(str(leaf)))
    elif kind in (Kind.INT, Kind.FLOAT, Kind.TIMESTAMP):
        yield f"{_token(name)}:{leaf!r}" if isinstance(leaf, (int, float)) else ""
    else:
        yield f"{_token(name)}={_token(leaf)}"


def write(path: Path, rows: Rows, form: Form) -> bool:
    """Writes the labelled rows with the columns that a model reads; whether there are texts among them."""
    nodes = [form.program.nodes[place] for place in form.program.leaves]
    split = {i for node in form.program.nodes if node.op in ("words", "ngrams") for i in node.inputs}
    columns = [rows.columns[node.name].leaves(0, rows.n) for node in nodes]
    kinds = [Kind.STR if node.op == "entity" else node.kind for node in nodes]
    prose = [place in split for place in form.program.leaves]
    with path.open("w", encoding="utf-8") as file:
        for row in range(rows.n):
            if not rows.has_label[row]:
                continue
            parts = [
                token
                for node, kind, column, is_prose in zip(nodes, kinds, columns, prose, strict=True)
                for token in _features(node.name, kind, column[row], prose=is_prose)
            ]
            file.write(f"{1 if rows.label[row] else -1} | {' '.join(parts)}\n")
    return any(prose)

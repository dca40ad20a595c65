"""Vowpal Wabbit: rows in its text format, and its command line."""

from __future__ import annotations

import re
import subprocess
import sys
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.fields import rows_of
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from flyball.run.files.typed_rows import Rows
    from flyball.run.form import Form

COMMON = ("--loss_function", "logistic", "--link", "logistic", "--holdout_off")

GRID: tuple[str, ...] = (
    "",
    *(
        f"-l {rate} --power_t {power}"
        for rate in (0.05, 0.1, 0.5, 1, 2)
        for power in (0, 0.25, 0.5)
        if (rate, power) != (0.5, 0.5)  # these are the defaults
    ),
    *(f"--ftrl --ftrl_alpha {alpha} --ftrl_beta {beta}" for alpha in (0.005, 0.02, 0.1, 0.5) for beta in (0.1, 1)),
    "--ftrl --ftrl_alpha 2 --ftrl_beta 1",
    *(f"--ftrl --ftrl_alpha {alpha} --l1 {l1}" for alpha, l1 in ((0.1, 0.1), (0.5, 1))),
    "--l1 1e-7",
    "--adaptive -l 0.3",
    "--coin",
    "--freegrad",
)
"""Thirty settings, the defaults first: gradient descent, FTRL and coin betting, their rates, powers and l1."""


class VowpalFailed(FlyballError):
    """Vowpal Wabbit did not say a loss."""


def run(arguments: Sequence[str]) -> tuple[float, float]:
    """(average loss, seconds) of one run of the command line."""
    start = perf_counter()
    done = subprocess.run(  # our own arguments
        [sys.executable, "-m", "vowpalwabbit", *arguments], capture_output=True, text=True, check=False
    )
    seconds = perf_counter() - start
    found = re.search(r"average loss = (-?(?:nan|inf|[\d.]\S*))", done.stdout + done.stderr)
    if found is None:
        msg = f"vw {' '.join(arguments)} ended with {done.returncode} and said no loss: {done.stderr[-300:]}"
        raise VowpalFailed(msg)
    return float(found.group(1)), seconds


def margins(arguments: Sequence[str], path: Path) -> NDArray[np.float64]:
    """The margin of each row before it was learned from, shape (rows,); `path` is overwritten."""
    run([*arguments, "-r", str(path)])
    return np.array(path.read_text(encoding="utf-8").split(), dtype=np.float64)


def line_of(features: Iterable[tuple[str, float]], *, label: bool) -> str:
    """A row in its text: a label of -1 or 1, then names, with numbers where they are not 1.

    >>> line_of([("sex=m", 1.0), ("age", 39.0)], label=True)
    '1 | sex=m age:39'
    """
    parts = (name if number == 1.0 else f"{name}:{number:.9g}" for name, number in features)
    return f"{1 if label else -1} | {' '.join(parts)}"


def write(path: Path, rows: Rows, form: Form) -> None:
    """Writes the labelled rows with the columns that a model reads."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line_of(features, label=label)}\n" for label, features in rows_of(rows, form))

"""Exporting a model of a state directory for serving elsewhere; nothing in the directory changes.

>>> import tempfile
>>> from flyball.run.state import State
>>> from flyball.system.input import Input
>>> from flyball.system.model import Model
>>> from flyball.system.outcome import Outcome
>>> from flyball.system.system import System
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> directory = Path(tempfile.mkdtemp())
>>> State.open(directory, System("flights", models=[late])).close()
>>> export_model(directory, "late", directory / "late.export").learned_through
1
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # the example uses it
from typing import TYPE_CHECKING

from flyball.learn.export import About, ExportRefused, export_weights, weights_of
from flyball.learn.loss import KINDS
from flyball.run.learned_model import learned

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.learn.export_file import Header
    from flyball.run.live_model import LiveModel
    from flyball.system.system import System


def export_model(state: Path, model: str, out: Path, *, progress: Callable[[int, int], None] | None = None) -> Header:
    """Writes what a model has learned from all of a state's log; another process may have the state open.

    It is learned in memory from the newest checkpoint on, as a replay would, so that it takes the memory of all models
    of the state and, where the last checkpoint is old, the time of learning what came since.

    Args:
        state: the state directory.
        model: the model's name.
        out: the file to be written; one that is there is replaced.
        progress: called with the records folded and their number.

    Returns:
        What the file says of itself.

    Raises:
        StateRefused: the directory holds no state.
        ModelUnknown: it has no such model.
        ExportRefused: its answers are corrected (calibrate=, negatives_kept=), or it has factors (`flyball.FM`).
        ExportFull: there is no space.
    """
    with learned(state, model, progress=progress) as found:
        return _export(found.system, found.model, out, found.seq)


def _export(system: System, model: LiveModel, out: Path, seq: int) -> Header:
    form, table = model.form, model.table
    if form.recipe.factors is not None:
        raise ExportRefused(
            f"model {form.model!r} is a factorisation machine, and an export holds coefficients alone: its answers "
            "would be others; serve it with `flyball up`, or keep it with `flyball model save`"
        )
    if form.correction is not None:
        raise ExportRefused(
            f"model {form.model!r} is calibrated, or its outcome has negatives_kept, which an export does not hold: "
            "its answers would be others; leave out calibrate= and negatives_kept="
        )
    about = About(
        system=system.name,
        model=form.model,
        version=form.version,
        definition=system.digest,
        document=system.to_json(),
        loss=next(name for name, kind in KINDS.items() if kind == form.recipe.kind),
        scale=form.scale,
        hyper=form.recipe.hyper,
        mixture=table.common,
        learned_through=seq,
    )
    keys, rows = table.learned()
    return export_weights(out, about, keys, weights_of(rows.reshape(-1, table.layout.row_words), form.recipe.hyper))

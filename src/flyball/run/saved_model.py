"""What a model has learned in one file: whole, or what changed since a record of the log.

>>> import tempfile
>>> from flyball.run.state import State
>>> from flyball.system.input import Input
>>> from flyball.system.model import Model
>>> from flyball.system.outcome import Outcome
>>> from flyball.system.system import System
>>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
>>> directory = Path(tempfile.mkdtemp())
>>> State.open(directory, System("flights", models=[late])).close()
>>> saved_model(directory, "late").seq
1
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # the example uses it
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.checkpoint import CheckpointStore, read_checkpoint
from flyball.learn.checkpoint_file import read_header
from flyball.learn.loss import KINDS
from flyball.learn.model_file import About, ModelFile
from flyball.run.learned_model import learned

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from flyball.run.form import Form


def about_form(form: Form) -> About:
    """What a file of a form's model says that it is of.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.run.form import Form
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> about_form(Form(System("flights", models=[late]), "late", 1)).loss
    'logistic'
    """
    return About(
        model=form.model,
        version=form.version,
        definition=form.definition,
        loss=next(name for name, kind in KINDS.items() if kind == form.recipe.kind),
        hyper=form.recipe.hyper.tolist(),
        factors=form.recipe.factors,
    )


def saved_model(
    state: Path, model: str, *, since: int = 0, progress: Callable[[int, int], None] | None = None
) -> ModelFile:
    """What a model has learned from all of a state's log; another process may have the state open.

    Args:
        state: the state directory.
        model: the model's name.
        since: a record of the log: what changed after it is held, and perhaps some more, as the file's `after` says;
            0, or a record before the oldest checkpoint, for everything.
        progress: called with the records folded and their number.

    Raises:
        StateRefused: the directory holds no state.
        ModelUnknown: it has no such model.
    """
    after = _boundary(state, since)
    with learned(state, model, progress=progress) as found:
        table = found.model.table
        keys, rows = table.entries()
        changed = _changed(state, model, after) if after > 0 else None
        if changed is None:
            after = 0
        else:
            mine = np.isin(keys, np.union1d(changed, table.entries(only_touched=True)[0]))
            keys, rows = keys[mine], rows.reshape(len(keys), -1)[mine].ravel()
        return ModelFile(
            about=about_form(found.model.form),
            seq=found.seq,
            after=after,
            keys=keys,
            rows=rows,
            common=table.common,
            epoch=found.model.epoch or 0,
            gate=table.gate.entries(),
        )


def _boundary(state: Path, since: int) -> int:
    """The last checkpoint that is not after a record; 0 where there is none."""
    store = CheckpointStore(state / "checkpoint")
    seqs = [read_header(path)[0].seq for path in store.chain()]
    return max((seq for seq in seqs if seq <= since), default=0)


def _changed(state: Path, model: str, after: int) -> NDArray[Any] | None:
    """The keys that checkpoints after that one hold; `None` where it was merged with later ones meanwhile."""
    chain = CheckpointStore(state / "checkpoint").chain()
    seqs = [read_header(path)[0].seq for path in chain]
    if after not in seqs:
        return None
    later = [read_checkpoint(path).tables for path, seq in zip(chain, seqs, strict=True) if seq > after]
    found = [tables[model][0] for tables in later if model in tables]
    return np.concatenate([*found, np.empty(0, dtype=np.uint64)])

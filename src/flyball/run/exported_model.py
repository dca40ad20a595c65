"""An exported model, ready to answer: inputs are typed and encoded as when it was learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from flyball.learn.encoder import Encoder
from flyball.learn.exported import Exported
from flyball.serve.intake import Intake
from flyball.system.system import System

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class ExportedModel:
    """Predicts from the file that `flyball model export` wrote, which holds the definition too; it learns nothing.

    Processes that open the same file share its memory. Not safe for two threads at once.

    Args:
        exported: the opened file.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.run.model_export import export_model
    >>> from flyball.run.state import State
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> directory = Path(tempfile.mkdtemp())
    >>> State.open(directory, System("flights", models=[late])).close()
    >>> _ = export_model(directory, "late", directory / "late.export")
    >>> ExportedModel.open(directory / "late.export").predict({"hour": 7})
    0.5
    """

    def __init__(self, exported: Exported) -> None:
        self.exported = exported
        system = System.from_json(exported.header.document)
        program = system.program(exported.header.model)
        self._intake = Intake(exported.header.model, program, strict=False)
        self._encoder = Encoder(program)

    @classmethod
    def open(cls, path: Path, *, definition: str | None = None) -> Self:
        """Opens a file.

        Args:
            path: the file.
            definition: the hash of the definition that it must be of; `None` takes any.

        Raises:
            ExportDamaged: it does not hold what was written.
            ExportForeign: it is no export, of a newer format, or of another definition.
        """
        return cls(Exported.open(path, definition=definition))

    def predict(self, inputs: Mapping[str, object]) -> float:
        """The prediction for these inputs, in the outcome's own scale.

        Raises:
            ValueRefused: an input is not of its type.
        """
        values = self._encoder.evaluate(self._intake.take(dict(inputs)).values)
        keys, shares = self._encoder.pairs(values)
        return self.exported.score(np.array(keys, dtype=np.uint64), np.array(shares, dtype=np.float64))

"""Following a log: what every signal is worth, kept up while the log grows."""

from __future__ import annotations

from contextlib import ExitStack
from time import perf_counter
from typing import TYPE_CHECKING, Self

from flyball.run.ablation import Wanted, measured, report
from flyball.run.ablation_log import left_out, log_examples
from flyball.run.ablation_rows import FIRST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flyball.run.ablation import Ablation
    from flyball.run.ablation_log import LogExamples, LogOfExamples
    from flyball.run.ablator import Ablator


class Following:
    """One model, measured by its log again and again; each look learns only what was logged since the one before.

    It is `ablate_log` in pieces, to the bit: after a definition or a rewind all is measured anew, and so it is while
    there are fewer examples than the setting is chosen by. Intervals hold however often it looks.

    Args:
        directory: of the state, which may be running.
        model: the model's name.
        wanted: what is left out, and how it is judged.
        timer: what measures how long it takes, in seconds.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.run.state import State
    >>> directory = Path(tempfile.mkdtemp())
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> State.open(directory, System("flights", models=[late])).close()
    >>> with Following(directory, "late") as following:
    ...     following.look().examples, following.through
    (0, 1)
    """

    def __init__(
        self,
        directory: Path,
        model: str,
        wanted: Wanted | None = None,
        *,
        timer: Callable[[], float] = perf_counter,
    ) -> None:
        self._directory, self._model = directory, model
        self._wanted = Wanted() if wanted is None else wanted
        self._timer = timer
        self._stack = ExitStack()
        self._log: LogOfExamples | None = None
        self._source: LogExamples | None = None
        self._ablator: Ablator | None = None
        self._notes: tuple[str, ...] = ()
        self._seconds = 0.0
        self.through = 0
        """The last record that has been looked at."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def look(self) -> Ablation:
        """What is known now.

        Raises:
            FlyballError: as `ablate_log`.
        """
        began = self._timer()
        if not self._went_on():
            self._begin()
        assert self._log is not None  # noqa: S101  # it was begun
        assert self._source is not None  # noqa: S101  # likewise
        assert self._ablator is not None  # noqa: S101  # likewise
        self.through = len(self._source)
        self._seconds += self._timer() - began
        return report(
            self._log.system,
            self._ablator,
            self._wanted,
            source=f"the log in {self._directory.name}",
            seconds=self._seconds,
            notes=(*self._notes, *left_out(self._source.skipped)),
        )

    def _went_on(self) -> bool:
        """Learns what is new; whether that was possible."""
        if self._source is None or self._ablator is None or self._ablator.differences.examples < FIRST:
            return False
        self._source.go_on()
        for examples in self._source:
            self._ablator.take(examples)
        return not self._source.changed

    def _begin(self) -> None:
        """Measures all anew."""
        self._stack.close()
        self._seconds = 0.0
        self._log = self._stack.enter_context(log_examples(self._directory, sliced=self._wanted.slices))
        self._source = self._log.of(self._model)
        self._ablator, notes = measured(self._source.form, self._source, self._wanted, None)
        self._notes = tuple(notes)

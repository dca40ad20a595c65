r"""Ablations: what every signal of a model is worth, from one pass over a file or over the log of a running system.

>>> import pathlib, tempfile
>>> from flyball import Input, Model, Outcome, System
>>> path = pathlib.Path(tempfile.mkdtemp()) / "flights.csv"
>>> rows = [f"{i % 2},{i * 7 % 5},{i % 2}" for i in range(2_000)]
>>> _ = path.write_text("\n".join(["night,gate,late", *rows]))
>>> late = Model("late_model", signals=[Input("night", str), Input("gate", str)], outcome=Outcome("late"))
>>> found = ablate(System("flights", models=[late]), path, wanted=Wanted(probes=2))
>>> [(worth.name, worth.verdict) for worth in found.worths][0], found.examples
(('night', 'useful'), 2000)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

import numpy as np

from flyball.learn.features import pick
from flyball.learn.loss import LOGISTIC, POISSON, SQUARED
from flyball.learn.probes import Probes, spread
from flyball.run.ablation_log import left_out, log_examples
from flyball.run.ablation_rows import RowExamples
from flyball.run.ablator import Ablator, Examples, SliceWorth, best_setting
from flyball.run.file_options import FileOptions
from flyball.run.file_replay import read_recording
from flyball.run.form import Form
from flyball.run.variant import COMPARED, AblationRefused, alike_pairs, single_variants, together
from flyball.system.mistake import did_you_mean, one_of
from flyball.watch.interval import ALPHA
from flyball.watch.worth import EPSILON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flyball.learn.column import Column
    from flyball.learn.features import Features
    from flyball.run.file_replay import Recording
    from flyball.run.files.rejection import Rejection
    from flyball.system.system import System
    from flyball.watch.worth import Worth

    Progress = Callable[[int, int], None]

PROBES = 5
"""How many signals of pure noise are put in."""
LINEAR = (
    "the model is a factorisation machine; FTRL measures its signals here, so what only pairs are worth is not seen"
)
"""What is noted of a model whose factors take no part."""
LOSSES = {LOGISTIC: "log loss", SQUARED: "squared error", POISSON: "half deviance"}
"""What the losses are called."""


class Source(Protocol):
    """Where examples come from."""

    pool: list[Column] | None
    """The columns from which probes draw; `None`: those of the first examples."""

    def __len__(self) -> int:
        """How much there is, as progress is told."""

    def __iter__(self) -> Iterator[Examples]:
        """The examples in the order of learning, many at once; what has to be chosen is chosen by the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of an ablation.

    Args:
        groups: names of signals that are left out together, besides each alone.
        pairs: whether pairs of signals that are alike are left out together too.
        slices: whether it is told by slice too.
        probes: how many signals of pure noise are put in.
        least: the share of the loss below which a change is not worth a signal.
        alpha: the probability that an interval ever misses what it is for.

    Raises:
        AblationRefused: a number is out of its range.

    >>> Wanted(groups=(("hour", "day"),)).probes
    5
    """

    groups: Sequence[Sequence[str]] = ()
    pairs: bool = False
    slices: bool = False
    probes: int = PROBES
    least: float = EPSILON
    alpha: float = ALPHA

    def __post_init__(self) -> None:
        """Checks the numbers."""
        if not 0 <= self.probes <= 100:
            raise AblationRefused(f"probes is {self.probes}; accepted: 0 to 100")
        if not 0.0 <= self.least < 1.0:
            raise AblationRefused(f"least is {self.least:g}; accepted: a share of the loss from 0 to below 1")
        if not 0.0 < self.alpha < 1.0:
            raise AblationRefused(f"alpha is {self.alpha:g}; accepted: a probability above 0 and below 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """What an ablation found.

    Attributes:
        system: the name of the system.
        model: the name of the model.
        source: where the examples came from.
        examples: how many there were.
        loss_name: what the loss is called.
        loss: of the model, before it learned each example.
        setting: alpha, beta, l1 and l2 of the model and of its variants.
        worths: what each signal, group and pair is worth, the most first.
        probes: what pure noise seems to be worth.
        slices: where a signal is worth another amount than overall; the largest differences first.
        alpha: the probability that an interval ever misses what it is for.
        least: the change of the loss that is worth a signal.
        seconds: how long it took.
        memory_bytes: what the coefficients took.
        rejections: the rows of a file that were refused.
        notes: sentences that are worth telling.

    >>> Ablation(system="s", model="m", source="a.csv", examples=0, loss_name="log loss", loss=0.0,
    ...          setting=(0.1, 1.0, 0.0, 0.0), worths=(), probes=(), alpha=0.05, least=0.0, seconds=1.0,
    ...          memory_bytes=0).false_alarms
    0
    """

    system: str
    model: str
    source: str
    examples: int
    loss_name: str
    loss: float
    setting: tuple[float, ...]
    worths: tuple[Worth, ...]
    probes: tuple[Worth, ...]
    alpha: float
    least: float
    seconds: float
    memory_bytes: int
    slices: tuple[SliceWorth, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def false_alarms(self) -> int:
        """How many probes seem to be useful: of pure noise at most `alpha` of them should."""
        return sum(probe.change is not None and probe.change.low > 0.0 for probe in self.probes)

    @property
    def spare(self) -> tuple[Worth, ...]:
        """The signals that could go, each by itself, those that harm most first."""
        alone = [worth for worth in self.worths if worth.kind == "signal"]
        return tuple(w for w in reversed(alone) if w.verdict in {"epsilon", "harmful", "legacy"})


def ablate(
    system: System,
    path: str | Path,
    options: FileOptions | None = None,
    *,
    model: str | None = None,
    wanted: Wanted | None = None,
    progress: Progress | None = None,
    timer: Callable[[], float] = perf_counter,
) -> Ablation:
    """Measures what every signal of a model is worth, from one pass over a file.

    Rows are learned from in the order in which their outcomes are known. A prediction is made anew at that moment, by
    every variant alike, so that its loss is that of the latest coefficients.

    Args:
        system: the definition.
        path: the file.
        options: what holds instead of the system's `Source`.
        model: the model's name; may be left out where one model has the file's outcome.
        wanted: what is left out, and how it is judged.
        progress: called with the examples done and their number.
        timer: what measures how long it takes, in seconds.

    Raises:
        AblationRefused: there is no such model or signal.
        FlyballError: the file or an option cannot be used; the message says why and what to do.
    """
    began = timer()
    name = model_of(system, options, model)
    recording = read_recording(system, path, options, timer=timer)
    form, wanted = Form(system, name, 1), Wanted() if wanted is None else wanted
    source = RowExamples(recording.rows, form, sliced=wanted.slices)
    return ablate_rows(recording, form, source, wanted, progress=progress, began=began)


def model_of(system: System, options: FileOptions | None, model: str | None) -> str:
    """The name of the model that a file's rows are for.

    Args:
        system: the definition.
        options: what holds instead of the system's `Source`.
        model: the model's name; may be left out where one model has the file's outcome.

    Raises:
        AblationRefused: there is no such model, or several.

    >>> from flyball import Input, Model, Outcome, System
    >>> model_of(System("s", models=[Model("late", signals=[Input("hour", int)], outcome=Outcome("y"))]), None, None)
    'late'
    """
    outcome = (FileOptions() if options is None else options).outcome_of(system)
    return _chosen(model, [each.name for each in system.models if each.outcome.name == outcome.name])


def ablate_rows(
    recording: Recording, form: Form, source: RowExamples, wanted: Wanted, *, progress: Progress | None, began: float
) -> Ablation:
    r"""`ablate`, of a file that was read already.

    Args:
        recording: the file.
        form: the model.
        source: the file's rows for this model.
        wanted: what is left out, and how it is judged.
        progress: called with the examples done and their number.
        began: when it began, on the recording's timer.

    >>> import pathlib, tempfile
    >>> from flyball import Input, Model, Outcome, System
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "flights.csv"
    >>> _ = path.write_text("hour,late\n7,1\n")
    >>> system = System("flights", models=[Model("m", signals=[Input("hour", int)], outcome=Outcome("late"))])
    >>> recording, form = read_recording(system, path), Form(system, "m", 1)
    >>> source = RowExamples(recording.rows, form, sliced=False)
    >>> ablate_rows(recording, form, source, Wanted(), progress=None, began=0.0).examples
    1
    """
    ablator, notes = measured(form, source, wanted, progress)
    return report(
        recording.system,
        ablator,
        wanted,
        source=recording.path.name,
        seconds=recording.timer() - began,
        rejections=recording.rows.rejections,
        notes=(*recording.notes, *notes),
    )


def ablate_log(
    path: str | Path,
    *,
    model: str | None = None,
    wanted: Wanted | None = None,
    progress: Progress | None = None,
    timer: Callable[[], float] = perf_counter,
) -> Ablation:
    """Measures what every signal of a model is worth, from the log of a state directory; a running system goes on.

    The examples are those that the model has learned from, as they were joined, in that order: pauses and rewinds hold
    here too. What was asked under an earlier definition counts where the present one's inputs are known of it.

    Args:
        path: the state directory, or the directory of a log.
        model: the model's name; may be left out where the system has one.
        wanted: what is left out, and how it is judged.
        progress: called with the records read and their number.
        timer: what measures how long it takes, in seconds.

    Raises:
        AblationRefused: there is no such model or signal.
        FlyballError: the directory holds no whole log; the message says why and what to do.

    >>> import tempfile
    >>> from flyball.run.state import State
    >>> from flyball.system.input import Input
    >>> from flyball.system.model import Model
    >>> from flyball.system.outcome import Outcome
    >>> from flyball.system.system import System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> directory = tempfile.mkdtemp()
    >>> State.open(directory, System("flights", models=[late])).close()
    >>> ablate_log(directory).examples
    0
    """
    began, wanted = timer(), Wanted() if wanted is None else wanted
    with log_examples(Path(path), sliced=wanted.slices) as log:
        name = _chosen(model, [each.name for each in log.system.models])
        source = log.of(name, progress)
        ablator, notes = measured(source.form, source, wanted, None)
        return report(
            log.system,
            ablator,
            wanted,
            source=f"the log in {Path(path).name}",
            seconds=timer() - began,
            notes=(*notes, *left_out(source.skipped)),
        )


def _chosen(model: str | None, names: Sequence[str]) -> str:
    if model is None and len(names) == 1:
        return names[0]
    if model is None:
        raise AblationRefused(f"there are {len(names)} models, {one_of(names)}; say which: --model NAME")
    if model not in names:
        hint = did_you_mean(model, names)
        raise AblationRefused(
            f"no model to be measured is named {model!r}; accepted: {one_of(names)}{'; ' + hint if hint else ''}"
        )
    return model


def measured(form: Form, source: Source, wanted: Wanted, progress: Progress | None) -> tuple[Ablator, list[str]]:
    """One pass over all examples: what has measured them, which may be given more, and what there is to tell.

    >>> callable(measured)
    True
    """
    blocks, notes, done = iter(source), [] if form.recipe.factors is None else [LINEAR], 0
    singles = single_variants(form.program)
    variants = [*singles, *(together(singles, names) for names in wanted.groups)]
    first = next(blocks, None)
    dimensions = form.dimensions if wanted.slices else ()
    if first is None:
        return Ablator(form, form.recipe.hyper[0], variants, dimensions=dimensions), ["there is no example"]
    program, some = form.program, _some_rows(form, source, first)
    if wanted.pairs:
        pairs = alike_pairs(singles, program, some)
        known = {frozenset(variant.members) for variant in variants}
        variants += [pair for pair in pairs if frozenset(pair.members) not in known]
        if not pairs:
            notes.append("no two signals are so alike that one could stand in for the other")
    mirrored = spread(some, program, wanted.probes)
    if len(mirrored) < wanted.probes:
        notes.append("every signal is made by a user's own function, so there is none that a probe could look like")
    probes = Probes(program, mirrored, first.leaves if source.pool is None else source.pool) if mirrored else None
    hyper = best_setting(form.recipe, len(program.outputs), first)
    ablator = Ablator(form, hyper, variants, probes=probes, dimensions=dimensions)
    while first is not None:
        ablator.take(first)
        done += first.features.rows
        if progress is not None:
            progress(done, len(source))
        first = next(blocks, None)
    return ablator, notes


def _some_rows(form: Form, source: Source, first: Examples) -> Features:
    """The features of some rows by which signals are compared: of all, evenly, or of the first ones."""
    if source.pool is None or not source.pool:
        features = first.features
        return pick(features, np.arange(min(COMPARED, features.rows)))
    rows = source.pool[0].rows
    chosen = np.linspace(0, rows - 1, min(COMPARED, rows)).astype(np.int64)
    leaves = [column.take(chosen) for column in source.pool]
    return form.bulk.encode(leaves, form.derive(leaves, len(chosen)), len(chosen))


def report(
    system: System,
    ablator: Ablator,
    wanted: Wanted,
    *,
    source: str,
    seconds: float,
    rejections: tuple[Rejection, ...] = (),
    notes: tuple[str, ...] = (),
) -> Ablation:
    """What an ablator has found so far.

    >>> callable(report)
    True
    """
    form = ablator.form
    return Ablation(
        system=system.name,
        model=form.model,
        source=source,
        examples=ablator.differences.examples,
        loss_name=LOSSES[form.recipe.kind],
        loss=ablator.loss,
        setting=tuple(ablator.hyper.tolist()),
        worths=ablator.worths(alpha=wanted.alpha, least=wanted.least),
        probes=ablator.probes(alpha=wanted.alpha, least=wanted.least),
        slices=ablator.slices(alpha=wanted.alpha) if wanted.slices else (),
        alpha=wanted.alpha,
        least=wanted.least * ablator.loss,
        seconds=seconds,
        memory_bytes=ablator.table.memory_bytes,
        rejections=rejections,
        notes=notes,
    )

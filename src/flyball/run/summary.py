"""What an engine has to say after a replay: its report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from flyball.events.tally import Tally
from flyball.run.report import ModelReport, Report, SignalLine
from flyball.system.learner import FM
from flyball.system.lineage import lineage_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flyball.run.engine import Engine
    from flyball.run.files.rejection import Rejection
    from flyball.run.live_model import LiveModel
    from flyball.system.learner import Learner
    from flyball.system.system import System
    from flyball.watch.board import Board


def scored(engine: Engine) -> dict[tuple[str, int], int]:
    """How many examples of each version of each model were scored: what `summarise` counts speed from.

    >>> from flyball.run.engine import Engine
    >>> scored(Engine(None))
    {}
    """
    return {
        (name, version): model.card(version).total().examples
        for name, model in engine.models.items()
        for version in model.versions
    }


def summarise(
    engine: Engine,
    *,
    source: str,
    seconds: float,
    rows: int,
    command: str = "",
    rejections: Sequence[Rejection] = (),
    before: Mapping[tuple[str, int], int] | None = None,
    baselines: Mapping[str, Mapping[str, Board]] | None = None,
) -> Report:
    """The report of everything that an engine has seen.

    Args:
        engine: whose models are reported, all versions, the present one of each last.
        source: the name of what was read.
        seconds: how long it took.
        rows: how many rows were read, refused ones counted.
        command: what was typed.
        rejections: the rows that were refused.
        before: what `scored` said before this replay; without it, everything was new.
        baselines: for each model, boards of other scores for the same examples, by name.

    >>> from flyball.run.ephemeral import Ephemeral
    >>> from flyball.system.input import Input
    >>> from flyball.system.model import Model
    >>> from flyball.system.outcome import Outcome
    >>> from flyball.system.system import System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> engine = Ephemeral(System("flights", models=[late]), None).engine
    >>> [model.title for model in summarise(engine, source="a.csv", seconds=1.0, rows=0).models]
    ['late@v1']
    """
    system = engine.system
    assert system is not None  # noqa: S101  # the log of a system begins with its definition
    earlier = before if before is not None else {}
    models: list[ModelReport] = []
    for name, model in sorted(engine.models.items()):
        signals = _signals(system, name)
        for version in model.versions:
            board, present = model.card(version), version == model.version
            fresh = board.total().examples - earlier.get((name, version), 0)
            report = ModelReport.of(
                board,
                name=name,
                version=version,
                tally=asdict(tally_of(engine, name, version)),
                learner=_learner(system, name, model) if version > 0 else "made elsewhere",
                keys=len(model.table),
                signals=signals if present else (),
                examples_per_second=fresh / seconds if seconds > 0.0 else 0.0,
                baselines=(baselines or {}).get(name) if present else None,
                outcome=model.form.outcome.name,
            )
            if present or report.scorecard.examples > 0:
                models.append(replace(report, slices=model.slices(version)))
    return Report(
        system=system.name,
        digest=system.digest,
        source=source,
        command=command,
        seconds=seconds,
        rows=rows,
        rejections=tuple(rejections),
        models=tuple(models),
    )


def tally_of(engine: Engine, model: str, version: int) -> Tally:
    """What became of the predictions of a version.

    What no version can be told for, such as orphans, is counted with the present one.

    >>> from flyball.run.ephemeral import Ephemeral
    >>> from flyball.system.input import Input
    >>> from flyball.system.model import Model
    >>> from flyball.system.outcome import Outcome
    >>> from flyball.system.system import System
    >>> late = Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))
    >>> tally_of(Ephemeral(System("flights", models=[late]), None).engine, "late", 1).predictions
    0
    """
    tallies = engine.joiner.tallies
    tally = tallies.get((model, version), Tally())
    if version == engine.models[model].version and (model, 0) in tallies:
        return tally.plus(tallies[model, 0])
    return tally


def _learner(system: System, name: str, model: LiveModel) -> str:
    loss = model.form.outcome.loss
    found = [each.learner for each in system.models if each.name == name]
    return f"{learner_text(found[0])}, {loss} loss" if found else "dropped from the system"


def learner_text(learner: Learner) -> str:
    """A learner in words.

    >>> from flyball.system.learner import FTRL
    >>> learner_text(FTRL(alpha=0.05))
    'FTRL (alpha 0.05, beta 1, l1 0, l2 0)'
    >>> learner_text(FM(factors=8))
    'FM of 8 factors (finds its own settings; of factors alpha 0.05, beta 0.1, l1 0, l2 0)'
    """
    settings = "finds its own settings"
    if not learner.tuned:
        settings = f"alpha {learner.alpha:g}, beta {learner.beta:g}, l1 {learner.l1:g}, l2 {learner.l2:g}"
    if not isinstance(learner, FM):
        return f"FTRL ({settings})"
    of_factors = f"alpha {learner.alpha_v:g}, beta {learner.beta_v:g}, l1 {learner.l1_v:g}, l2 {learner.l2_v:g}"
    return f"FM of {learner.factors} factors ({settings}; of factors {of_factors})"


def _signals(system: System, name: str) -> tuple[SignalLine, ...]:
    sources = lineage_of(system).sources.get(name)
    if sources is None:
        return ()
    lines = []
    for signal in system.model(name).signals:
        leaves = sources[signal.name]
        note = signal.op if leaves == (signal.name,) else f"{signal.op} of {', '.join(leaves)}"
        lines.append(SignalLine(name=signal.name, kind=str(signal.kind), note=note))
    return tuple(lines)

"""`flyball model explain`: what a model has learned, or why one prediction is what it is.

>>> from pathlib import Path
>>> explain(ExplainOptions(model="ctr", state=Path("nowhere")))
Traceback (most recent call last):
    ...
flyball.cli.command.UsageWrong: the state directory 'nowhere' does not exist; check its name and the folder
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from flyball.cli.command import JsonFlag, StateOption, UsageWrong, existing
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.cli.kernels import compile_once
from flyball.run.explained_model import explain_id, explain_inputs, knowledge_of
from flyball.run.learned_model import learned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.learn.explanation import Explanation, Part
    from flyball.run.explained_model import Knowledge
    from flyball.run.report import JSON

SHOWN = 20
"""How many features of one prediction are shown; `--json` has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainOptions:
    """What `flyball model explain` is told.

    >>> from pathlib import Path
    >>> ExplainOptions(model="ctr", state=Path("state")).most
    5
    """

    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
    state: StateOption
    id: Annotated[str | None, typer.Option(metavar="ID", help="Explains the logged prediction of this id.")] = None
    inputs: Annotated[
        str | None, typer.Option(metavar="JSON", help="""Explains the answer to these inputs, such as '{"hour": 7}'.""")
    ] = None
    most: Annotated[int, typer.Option(metavar="N", help="How many coefficients of each signal.", min=1)] = 5
    json: JsonFlag = False


def explain(options: ExplainOptions) -> ExitCode:
    """Tell what a model has learned: which variants it believes, and the largest coefficients of each signal by name.

    With --id or --inputs, why one prediction is what it is: what each feature brings, how often it was seen, and how
    much is still unknown. Works on a running system and on a stopped one, and changes neither.

    Example:  flyball model explain ctr --state state/ --inputs '{"country": "DE", "hour": 7}'
    """
    console = Console(json=options.json)
    existing(options.state, "state directory")
    if options.id is not None and options.inputs is not None:
        raise UsageWrong("--id and --inputs were both given; give one, or none for the model as a whole")
    compile_once(console)
    with console.progress("learning what came since the last checkpoint") as progress:  # noqa: SIM117  # one after the other
        with learned(options.state, options.model, progress=progress) as found:
            if options.id is None and options.inputs is None:
                knowledge = knowledge_of(found, most=options.most)
                _show_knowledge(console, options.model, knowledge)
                console.result(_plain({"model": options.model} | asdict(knowledge)))
                return ExitCode.DONE
            if options.id is not None:
                told, body = explain_id(found, options.id)
                console.show(f"answered {body.score:.6g} then, by version {body.version}; by what is known now:")
            else:
                told = explain_inputs(found.model, _parsed(str(options.inputs)))
            scale = found.model.form.scale
    _show_explanation(console, told, scale)
    console.result(_plain({"model": options.model, "scale": scale} | asdict(told)))
    return ExitCode.DONE


def _plain(told: dict[str, object]) -> dict[str, JSON]:
    """The same of types that JSON has: what was never measured is null."""
    plain: dict[str, JSON] = msgspec.json.decode(msgspec.json.encode(told))
    return plain


def _parsed(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise UsageWrong(
            f"--inputs is {text!r}, which is no JSON object ({error}); such as '{{\"hour\": 7}}'"
        ) from error


def _show_explanation(console: Console, told: Explanation, scale: float) -> None:
    console.show(
        Text.assemble("prediction ", (f"{told.prediction * scale:.6g}", "bold")),
        f"margin {told.margin:+.4f}, of which one example could still change at most {told.uncertainty:.4f}",
        _parts(told.parts[:SHOWN]),
    )
    if len(told.parts) > SHOWN:
        console.show(f"{len(told.parts) - SHOWN} more bring less; --json has them")


def _show_knowledge(console: Console, model: str, knowledge: Knowledge) -> None:
    if knowledge.experts:
        console.show(
            f"{model} finds its own settings: what is served is the mean of these, by how far each is believed "
            f"after {knowledge.examples:,.0f} examples (loss as served: {knowledge.loss:.5f})"
        )
        table = Table(box=None, pad_edge=False)
        for heading in ("variant", "believed", "loss"):
            table.add_column(heading, justify="left" if heading == "variant" else "right")
        for expert in knowledge.experts:
            table.add_row(expert.name, f"{expert.share:.1%}", f"{expert.loss:.5f}")
        console.show(table)
    for signal, parts in knowledge.signals.items():
        console.show(Text(signal or "the bias", style="bold"), _parts(parts))
    console.show(f"names are those of the newest {knowledge.looked_at:,} predictions in the log")


def _parts(parts: Sequence[Part]) -> Table:
    table, paired = Table(box=None, pad_edge=False), any(part.together != 0.0 for part in parts)
    for heading in (
        "feature",
        "value",
        "coefficient",
        "brings",
        *(["of it in pairs"] if paired else []),
        "seen",
        "rate",
    ):
        table.add_column(heading, justify="left" if heading == "feature" else "right")
    for part in parts:
        seen = f"{part.squares:.3g}" if part.known else "never"
        pairs = [f"{part.together:+.4f}"] if paired else []
        cells = (f"{part.value:.3g}", f"{part.weight:+.4f}", f"{part.brings:+.4f}", *pairs, seen, f"{part.rate:.3g}")
        table.add_row(Text(part.name), *cells)
    return table

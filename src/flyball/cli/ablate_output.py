"""What a finished ablation shows on the terminal.

>>> from flyball.cli.console import Console
>>> from flyball.run.ablation import Ablation
>>> empty = Ablation(system="ads", model="ctr", source="a.csv", examples=0, loss_name="log loss", loss=0.0,
...                  setting=(0.1, 1.0, 0.0, 0.0), worths=(), probes=(), alpha=0.05, least=0.0, seconds=1.0,
...                  memory_bytes=0)
>>> show_ablation(empty, Console(), pairs=False)
ctr: no example in a.csv, so nothing can be told
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from flyball.cli.report.wording import figure, percent, seconds, whole
from flyball.watch.worth import MEANING

if TYPE_CHECKING:
    from flyball.cli.console import Console
    from flyball.run.ablation import Ablation
    from flyball.watch.interval import Interval
    from flyball.watch.worth import Verdict

STYLES: Final[dict[Verdict, str]] = {
    "useful": "green",
    "epsilon": "yellow",
    "harmful": "red",
    "legacy": "yellow",
    "bundled": "cyan",
    "correlated": "cyan",
    "unclear": "dim",
}
SLICES: Final = 10
"""So many slices are shown."""
SPARE: Final = 12
"""At most so many signals are named in a command."""


def show_ablation(found: Ablation, console: Console, *, pairs: bool) -> None:
    """Shows what every signal is worth, and what to do next.

    Args:
        found: what was measured.
        console: where to.
        pairs: whether pairs were tried.
    """
    if not found.examples:
        console.show(f"{found.model}: no example in {found.source}, so nothing can be told")
        return
    rate = found.examples / found.seconds if found.seconds > 0.0 else 0.0
    console.show(
        Text.assemble(
            (found.model, "bold"),
            f": {whole(found.examples)} examples of {found.source} in {seconds(found.seconds)} ({whole(rate)} a second)"
            f", {found.loss_name} {figure(found.loss)} with all signals",
        )
    )
    console.show(_worths(found))
    if found.slices:
        console.show(_slices(found))
    _show_probes(found, console)
    for note in found.notes:
        console.warn(note)
    console.show(*_next(found, pairs=pairs))


def _worths(found: Ablation) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(Text("left out"), header_style="dim", max_width=40, no_wrap=True, overflow="ellipsis")
    for heading in ("loss without", "of the loss", "interval"):
        table.add_column(Text(heading), header_style="dim", justify="right", no_wrap=True)
    table.add_column(Text("so it is"), header_style="dim", no_wrap=True)
    for worth in found.worths:
        more = [name for name in worth.left_out if name not in worth.members]
        name = Text(worth.name)
        if more:
            name.append(f" (with {', '.join(more)})", style="dim")
        verdict = Text(worth.verdict, style=STYLES[worth.verdict])
        table.add_row(name, *_cells(worth.change, found.loss), verdict)
    return table


def _cells(change: Interval | None, loss: float) -> tuple[str, str, str]:
    if change is None:
        return "", "", "too few"
    share = change.mean / loss if loss > 0.0 else 0.0
    return f"{change.mean:+.5f}", f"{share:+.2%}", f"{change.low:+.5f} to {change.high:+.5f}"


def _slices(found: Ablation) -> Table:
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        title="worth another amount than overall, beyond chance",
        title_justify="left",
        title_style="bold",
    )
    table.add_column(Text("slice"), header_style="dim", max_width=36, no_wrap=True, overflow="ellipsis")
    table.add_column(Text("left out"), header_style="dim", max_width=24, no_wrap=True, overflow="ellipsis")
    for heading in ("of all", "loss without", "of its loss"):
        table.add_column(Text(heading), header_style="dim", justify="right", no_wrap=True)
    for each in found.slices[:SLICES]:
        value = "(missing)" if each.value is None else each.value
        mean, share, _ = _cells(each.change, each.loss)
        table.add_row(Text(f"{each.dimension} = {value}"), Text(each.signal), percent(each.share), mean, share)
    return table


def _show_probes(found: Ablation, console: Console) -> None:
    if not found.probes:
        return
    alarms, count = found.false_alarms, len(found.probes)
    if alarms > max(1.0, found.alpha * count):
        console.warn(
            f"{alarms} of {count} signals of pure noise seem to be useful, and {found.alpha:.0%} should at most: do "
            "not trust the intervals of this run; are rows repeated, or not in the order of time?"
        )
        return
    said = "none" if alarms == 0 else str(alarms)
    console.show(Text(f"{said} of {count} signals of pure noise seems to be useful", style="dim"))


def _next(found: Ablation, *, pairs: bool) -> list[Text]:
    """What to do with it."""
    shown = {worth.verdict for worth in found.worths}
    lines = [Text(f"{verdict}: {MEANING[verdict]}", style="dim") for verdict in STYLES if verdict in shown]
    spare = [worth.name for worth in found.spare]
    if len(spare) > 1:
        names = ",".join(name for name in spare[:SPARE] if "," not in name)
        lines.append(Text(f"next: what if they all go?  --groups '{names}'"))
    elif spare:
        lines.append(Text(f"next: take {spare[0]} out of the model; `flyball plan` says what that changes"))
    if not pairs and shown & {"epsilon", "unclear"}:
        lines.append(Text("next: can signals stand in for each other?  --pairs"))
    if "unclear" in shown:
        lines.append(Text("next: what is unclear needs more examples"))
    return lines

"""What a finished selection shows: on the terminal and as JSON.

>>> from flyball.cli.console import Console
>>> from flyball.run.ablation import Ablation
>>> from flyball.run.l1_path import L1Path
>>> from flyball.run.proposal import Proposal
>>> from flyball.run.selection import Selection
>>> empty = Ablation(system="ads", model="ctr", source="a.csv", examples=0, loss_name="log loss", loss=0.0,
...                  setting=(0.1, 1.0, 0.0, 0.0), worths=(), probes=(), alpha=0.05, least=0.0, seconds=1.0,
...                  memory_bytes=0)
>>> none = Proposal(drop=(), gone=(), expected=None, loss=0.0, measured=None, budget=0.001)
>>> found = Selection(ablation=empty, path=L1Path(()), boosting=None, opinions=(), agreement={}, proposal=none,
...                   seconds=1.0)
>>> show_selection(found, Console())
ctr: no example in a.csv, so nothing can be told
>>> selection_json(found)["signals"]
[]
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from flyball.cli.ablate_output import STYLES
from flyball.cli.report.wording import NONE, figure, percent, seconds, whole
from flyball.run.ablation_document import ablation_json

if TYPE_CHECKING:
    from flyball.cli.console import Console
    from flyball.run.proposal import Proposal
    from flyball.run.report import JSON
    from flyball.run.selection import Opinion, Selection

CALLED: Final = {"ablation": "ablation", "l1": "l1", "permuted": "trees"}
"""What the opinions are called."""
DISPUTED: Final = 6
"""At most so many signals on which they disagree are told of."""


def show_selection(found: Selection, console: Console) -> None:
    """Shows the opinions, how far they agree, the proposal, and what to do next.

    Args:
        found: what was found.
        console: where to.
    """
    ablation = found.ablation
    if not ablation.examples:
        console.show(f"{ablation.model}: no example in {ablation.source}, so nothing can be told")
        return
    console.show(
        Text.assemble(
            (ablation.model, "bold"),
            f": {whole(ablation.examples)} examples of {ablation.source} in {seconds(found.seconds)}, "
            f"{ablation.loss_name} {figure(ablation.loss)} with all signals",
        )
    )
    console.show(_signals(found))
    for note in found.notes:
        console.warn(note)
    known = [(pair, tau) for pair, tau in found.agreement.items() if tau is not None and "gain" not in pair]
    if known:
        told = ", ".join(f"{CALLED[one]} and {CALLED[other]} {tau:+.2f}" for (one, other), tau in known)
        console.show(Text(f"they agree (the same order is 1, chance 0): {told}", style="dim"))
    for opinion in found.disputed[:DISPUTED]:
        console.show(_dispute(opinion))
    console.show(*_proposed(found.proposal, ablation.loss_name))
    if not found.proposal.holds:
        console.warn("really retraining costs more than the budget, so do not drop them all; try a smaller --budget")


def _signals(found: Selection) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(Text("signal"), header_style="dim", max_width=24, no_wrap=True, overflow="ellipsis")
    table.add_column(Text("loss\nwithout"), header_style="dim", justify="right", no_wrap=True)
    table.add_column(Text("interval, %"), header_style="dim", justify="right", no_wrap=True)
    table.add_column(Text("so it is"), header_style="dim", no_wrap=True)
    trees = () if found.boosting is None else ("trees\ngain", "trees\nwithout")
    for heading in ("until\nl1", *trees):
        table.add_column(Text(heading), header_style="dim", justify="right", no_wrap=True)
    table.add_column(Text(""), header_style="dim", no_wrap=True)
    loss = found.ablation.loss
    for opinion in found.opinions:
        change, verdict = opinion.worth.change, opinion.worth.verdict
        cells = ["", "too few"]
        if change is not None and loss > 0.0:
            low, high = 100.0 * change.low / loss, 100.0 * change.high / loss
            cells = [f"{change.mean / loss:+.2%}", f"{low:+.2f} to {high:+.2f}"]
        asked = [] if found.boosting is None else _trees(opinion, found.boosting.loss)
        table.add_row(
            Text(opinion.name),
            *cells,
            Text(verdict, style=STYLES[verdict]),
            figure(opinion.vanishes, 3) if isfinite(opinion.vanishes) else "the end",
            *asked,
            Text("drop", style="yellow") if opinion.drop else Text("keep", style="green"),
        )
    return table


def _trees(opinion: Opinion, loss: float) -> list[str]:
    gain = NONE if opinion.gain is None else f"{opinion.gain:.1%}"
    return [gain, NONE if opinion.permuted is None or loss <= 0.0 else f"{opinion.permuted / loss:+.2%}"]


def _dispute(opinion: Opinion) -> Text:
    """How high each opinion ranks it, the highest first."""
    ranked = sorted(opinion.ranks.items(), key=lambda each: -each[1])
    said = ", ".join(f"{CALLED[view]} {rank:.0%}" for view, rank in ranked)
    return Text(f"they disagree on {opinion.name}, which ranks above so many others: {said}")


def _proposed(proposal: Proposal, loss_name: str) -> list[Text]:
    if not proposal.drop or proposal.expected is None or proposal.measured is None:
        return [
            Text(f"proposal: keep all signals; none can go for less than {percent(proposal.budget, 2)} of the loss")
        ]
    loss, expected = proposal.loss, proposal.expected
    change = "" if proposal.share is None else f" ({proposal.share:+.2%})"
    measured = f"{loss_name} {figure(proposal.measured)}{change}"
    return [
        Text.assemble(("proposal: drop ", "bold"), ", ".join(proposal.drop)),
        Text(
            f"expected: the loss changes by {expected.mean / loss:+.2%}, between {expected.low / loss:+.2%} and "
            f"{expected.high / loss:+.2%}; really retrained without them: {measured}"
        ),
        Text("next: take them out of the model; `flyball plan` says what that changes"),
    ]


def selection_json(found: Selection) -> dict[str, JSON]:
    """A finished selection as `--json` prints it."""
    ablation, proposal, boosting = found.ablation, found.proposal, found.boosting
    expected = proposal.expected
    return {
        "system": ablation.system,
        "model": ablation.model,
        "source": ablation.source,
        "examples": ablation.examples,
        "seconds": found.seconds,
        "loss_name": ablation.loss_name,
        "loss": ablation.loss,
        "signals": [_opinion_json(opinion) for opinion in found.opinions],
        "path": [{"l1": step.l1, "loss": step.loss} for step in found.path.steps],
        "trees": None
        if boosting is None
        else {"loss": boosting.loss, "trained": boosting.trained, "asked": boosting.asked},
        "agreement": [{"between": list(pair), "kendall": tau} for pair, tau in found.agreement.items()],
        "disputed": [opinion.name for opinion in found.disputed],
        "proposal": {
            "budget": proposal.budget,
            "drop": list(proposal.drop),
            "gone": list(proposal.gone),
            "expected": None
            if expected is None
            else {"low": expected.low, "mean": expected.mean, "high": expected.high},
            "loss": proposal.loss,
            "measured": proposal.measured,
            "holds": proposal.holds,
        },
        "ablation": ablation_json(ablation),
        "notes": list(found.notes),
    }


def _opinion_json(opinion: Opinion) -> dict[str, JSON]:
    change = opinion.worth.change
    return {
        "name": opinion.name,
        "change": None if change is None else {"low": change.low, "mean": change.mean, "high": change.high},
        "verdict": opinion.worth.verdict,
        "l1": opinion.vanishes if isfinite(opinion.vanishes) else None,
        "gain": opinion.gain,
        "permuted": opinion.permuted,
        "ranks": dict(opinion.ranks),
        "droppers": list(opinion.droppers),
        "drop": opinion.drop,
    }

"""What became of a model's predictions, version by version, as `flyball status` shows it.

One row for each version, with the counts that are not 0 in words: so it can be read at any width, and in a pipe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from flyball.cli.report.wording import whole
from flyball.events.tally import Tally, summed
from flyball.events.version import version_text
from flyball.run.report import ENDINGS, ODDITIES

if TYPE_CHECKING:
    from collections.abc import Mapping


def in_words(tally: Tally) -> str:
    """The counts that are not 0.

    >>> in_words(Tally(predictions=1_200, joined=1_000, silent=200, late=3))
    '1,200 predictions = 1,000 joined + 200 silent; 3 late'
    >>> in_words(Tally(orphans=2)), in_words(Tally())
    ('no prediction; 2 orphans', 'no prediction')
    """
    told = "no prediction"
    if tally.predictions:
        ended = [f"{whole(getattr(tally, name))} {name}" for name in ENDINGS if getattr(tally, name)]
        told = f"{whole(tally.predictions)} prediction{'' if tally.predictions == 1 else 's'} = {' + '.join(ended)}"
    odd = [f"{whole(getattr(tally, name))} {name}" for name in ODDITIES if getattr(tally, name)]
    return "; ".join([told, *([", ".join(odd)] if odd else [])])


def counts(present: int | None, tallies: Mapping[int, Tally]) -> Table:
    """A row for each version that has counts, and their sum where several have predictions.

    Args:
        present: the present version, which is marked, and shown without counts too; `None` where the model was dropped.
        tallies: by version.

    >>> counts(2, {1: Tally(predictions=1, joined=1), 2: Tally(predictions=1, pending=1)}).row_count
    3
    """
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(max_width=24, overflow="fold")
    table.add_column(overflow="fold")
    shown = {version: tally for version, tally in tallies.items() if tally != Tally()}
    if present is not None:
        shown.setdefault(present, Tally())
    for version in sorted(shown, key=_place):
        now = version == present
        label = "no version" if version == 0 else f"{version_text(version)}{' (present)' if now else ''}"
        table.add_row(Text(f"  {label}", style="bold" if now else ""), Text(in_words(shown[version])))
    if sum(tally.predictions > 0 for tally in shown.values()) > 1:
        table.add_row(Text("  all together"), Text(in_words(summed(shown.values()))))
    return table


def _place(version: int) -> tuple[bool, bool, int]:
    """Ours in their order, then those made elsewhere, then what belongs to none."""
    return version == 0, version < 0, abs(version)

r"""Selections: which signals a model could do without, by three opinions, and a proposal that was really tried.

>>> import pathlib, tempfile
>>> from flyball import Input, Model, Outcome, System
>>> path = pathlib.Path(tempfile.mkdtemp()) / "flights.csv"
>>> rows = [f"{i % 2},{i * 7 % 5},{i % 2}" for i in range(2_000)]
>>> _ = path.write_text("\n".join(["night,gate,late", *rows]))
>>> late = Model("late_model", signals=[Input("night", str), Input("gate", str)], outcome=Outcome("late"))
>>> found = select(System("flights", models=[late]), path, budget=0.01)
>>> found.proposal.drop, [opinion.name for opinion in found.opinions]
(('gate',), ['night', 'gate'])
"""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import combinations
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from flyball.run.ablation import Wanted, ablate_rows, model_of
from flyball.run.ablation_rows import RowExamples
from flyball.run.agreement import kendall, standings
from flyball.run.boosting import BoostingMissing, boosted
from flyball.run.file_replay import read_recording
from flyball.run.form import Form
from flyball.run.l1_path import l1_path
from flyball.run.proposal import propose
from flyball.run.variant import AblationRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from flyball.run.ablation import Ablation
    from flyball.run.boosting import Boosting
    from flyball.run.file_options import FileOptions
    from flyball.run.l1_path import L1Path
    from flyball.run.proposal import Proposal
    from flyball.system.system import System
    from flyball.watch.worth import Worth

    Progress = Callable[[int, int], None]
    Stage = Callable[[str], AbstractContextManager[Progress]]

BUDGET = 0.001
"""By what share the loss may be higher, unless another is given."""
APART = 0.5
"""Opinions disagree on a signal that one of them ranks so much higher than another; from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What is said of one signal.

    Attributes:
        name: of the signal.
        worth: what the ablation says.
        vanishes: the l1 at which it vanishes; `inf` if it never does.
        gain: its share of what the splits of trees gained; `None` where they were not asked about it.
        permuted: by how much their loss is higher when its values are dealt out anew; likewise.
        drop: whether the proposal drops it.
        ranks: its place by each opinion, from 0 for the least to 1 for the most.
        droppers: the opinions that would drop it by themselves.

    >>> from flyball.watch.worth import Worth
    >>> one = ("hour",)
    >>> hour = Worth(name="hour", kind="signal", members=one, left_out=one, change=None, early=None, late=None)
    >>> Opinion(name="hour", worth=hour, vanishes=2.0, gain=None, permuted=None, drop=False,
    ...         ranks={"ablation": 0.9, "l1": 0.2}, droppers=("l1",)).apart
    0.7
    """

    name: str
    worth: Worth
    vanishes: float
    gain: float | None
    permuted: float | None
    drop: bool
    ranks: Mapping[str, float]
    droppers: tuple[str, ...]

    @property
    def apart(self) -> float:
        """How far the highest of its places is above the lowest."""
        return round(max(self.ranks.values()) - min(self.ranks.values()), 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was found.

    Attributes:
        ablation: the first opinion.
        path: the second.
        boosting: the third; `None` without LightGBM, or with too few examples.
        opinions: of every signal, what the ablation says costs most first.
        agreement: Kendall's rank correlation of every two opinions; `None` where it is not defined.
        proposal: what to drop.
        seconds: how long it took.
        notes: sentences that are worth telling.

    >>> Selection.__slots__[0]
    'ablation'
    """

    ablation: Ablation
    path: L1Path
    boosting: Boosting | None
    opinions: tuple[Opinion, ...]
    agreement: Mapping[tuple[str, str], float | None]
    proposal: Proposal
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def disputed(self) -> tuple[Opinion, ...]:
        """The signals on which the opinions disagree, those that are farthest apart first."""
        found = [opinion for opinion in self.opinions if opinion.apart > APART]
        return tuple(sorted(found, key=lambda opinion: -opinion.apart))


@contextmanager
def unwatched(_doing: str) -> Iterator[Progress]:
    """Nobody watches how far it is.

    >>> with unwatched("reading") as progress:
    ...     progress(1, 2)
    """
    yield lambda _done, _total: None


def select(
    system: System,
    path: str | Path,
    options: FileOptions | None = None,
    *,
    model: str | None = None,
    budget: float = BUDGET,
    stage: Stage = unwatched,
    timer: Callable[[], float] = perf_counter,
) -> Selection:
    """Asks three opinions on every signal of a model, and proposes which to drop.

    Args:
        system: the definition.
        path: the file.
        options: what holds instead of the system's `Source`.
        model: the model's name; may be left out where one model has the file's outcome.
        budget: by what share of it the loss may be higher.
        stage: is told what is being done, and gives what is called with how much of it is done, and of how much.
        timer: what measures how long it takes, in seconds.

    Raises:
        AblationRefused: the budget is none, or there is no such model.
        FlyballError: the file or an option cannot be used; the message says why and what to do.
    """
    if not 0.0 <= budget < 1.0:
        raise AblationRefused(f"budget is {budget:g}; accepted: a share of the loss from 0 to below 1, such as 0.1%")
    began, name = timer(), model_of(system, options, model)
    recording = read_recording(system, path, options, timer=timer)
    form = Form(system, name, 1)
    source = RowExamples(recording.rows, form, sliced=False)
    with stage("leaving out each signal") as progress:
        wanted = Wanted(pairs=True, least=budget)
        found = ablate_rows(recording, form, source, wanted, progress=progress, began=began)
    hyper = np.array(found.setting)
    with stage("under more and more l1") as progress:
        path_found = l1_path(form, source, hyper, progress=progress)
    boosting, notes = None, list(found.notes)
    with stage("asking decision trees") as progress:
        try:
            boosting = boosted(form, source, progress=progress)
        except BoostingMissing as error:
            notes.append(str(error))
        else:
            if boosting is None and found.examples:
                notes.append("boosting is left out: there are too few examples, or their outcomes are all alike")
    with stage("leaving out more and more signals") as progress:
        proposal = propose(form, source, hyper, found.worths, loss=found.loss, budget=budget, progress=progress)
    names = [form.program.nodes[place].name for place in form.program.outputs]
    views = _views(names, found, path_found, boosting)
    return Selection(
        ablation=found,
        path=path_found,
        boosting=boosting,
        opinions=_opinions(names, found, path_found, boosting, proposal, views),
        agreement={(a, b): kendall(views[a], views[b]) for a, b in combinations(views, 2)},
        proposal=proposal,
        seconds=timer() - began,
        notes=tuple(notes),
    )


def _views(
    names: list[str], found: Ablation, path: L1Path, boosting: Boosting | None
) -> dict[str, Mapping[str, float]]:
    """What every opinion says of every signal of which it says something: the more, the more it matters."""
    alone = {worth.name: worth.cost for worth in found.worths if worth.kind == "signal"}
    views: dict[str, Mapping[str, float]] = {"ablation": {name: alone[name] for name in names}}
    views["l1"] = {name: path.vanishing(place) for place, name in enumerate(names)}
    if boosting is not None:
        # What is below 0 is chance, and its order says nothing.
        views |= {"gain": boosting.gains, "permuted": {n: max(0.0, c) for n, c in boosting.permuted.items()}}
    return views


def _opinions(
    names: list[str],
    found: Ablation,
    path: L1Path,
    boosting: Boosting | None,
    proposal: Proposal,
    views: Mapping[str, Mapping[str, float]],
) -> tuple[Opinion, ...]:
    budget = proposal.budget
    droppers = {
        "ablation": {worth.name for worth in found.spare},
        "l1": {names[place] for place in path.gone(budget)},
        "permuted": set() if boosting is None else boosting.gone(budget),
    }
    ranks = {view: standings(opinion) for view, opinion in views.items() if view != "gain"}
    places = {name: place for place, name in enumerate(names)}
    return tuple(
        Opinion(
            name=worth.name,
            worth=worth,
            vanishes=path.vanishing(places[worth.name]),
            gain=None if boosting is None else boosting.gains.get(worth.name),
            permuted=None if boosting is None else boosting.permuted.get(worth.name),
            drop=worth.name in proposal.gone,
            ranks={view: found[worth.name] for view, found in ranks.items() if worth.name in found},
            droppers=tuple(view for view, gone in droppers.items() if worth.name in gone),
        )
        for worth in found.worths
        if worth.kind == "signal"
    )

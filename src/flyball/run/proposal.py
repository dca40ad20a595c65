"""Proposals: which signals to drop together, so that the loss stays within a budget, and what that really costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flyball.run.ablator import Ablator
from flyball.run.lane import Lane
from flyball.run.variant import Variant, single_variants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from flyball.run.ablation_rows import RowExamples
    from flyball.run.form import Form
    from flyball.watch.interval import Interval
    from flyball.watch.worth import Worth

    Progress = Callable[[int, int], None]

ROUNDS = 4
"""So often a signal that turns out to be needed is put back, and the rest is tried on."""
MOST = 60
"""At most so many sets are tried in one pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Signals that can go.

    Attributes:
        drop: their names, in the order in which they were chosen.
        gone: the names of all signals that go, those computed from them too.
        expected: by how much the loss is higher without them, by one pass; `None` where nothing can go.
        loss: of the model, in units of the outcome.
        measured: the loss of a model that was really trained without them; `None` where nothing can go.
        budget: by what share of the loss it may be higher.

    >>> from flyball.watch.interval import Interval
    >>> change = Interval(low=-0.01, mean=0.0, high=0.01)
    >>> made = Proposal(drop=("a",), gone=("a",), expected=change, loss=0.5, measured=0.5002, budget=0.001)
    >>> made.holds, round(made.share, 6)
    (True, 0.0004)
    """

    drop: tuple[str, ...]
    gone: tuple[str, ...]
    expected: Interval | None
    loss: float
    measured: float | None
    budget: float

    @property
    def share(self) -> float | None:
        """The measured change as a share of the loss."""
        return None if self.measured is None or self.loss <= 0.0 else self.measured / self.loss - 1.0

    @property
    def holds(self) -> bool:
        """Whether what was really measured is within the budget."""
        return self.share is None or self.share <= self.budget


def order_of(worths: Iterable[Worth], loss: float, budget: float) -> list[str]:
    """The signals that may go, in the order in which that is tried: what costs least first.

    Each of them alone is within the budget. Of signals that can stand in for each other, the last comes at the end.

    Args:
        worths: of an ablation, with pairs.
        loss: of the model.
        budget: by what share of it the loss may be higher.

    >>> from flyball.watch.interval import Interval
    >>> def one(cost, *members):
    ...     change = Interval(low=cost, mean=cost, high=cost)
    ...     return Worth(name=", ".join(members), kind="pair" if len(members) == 2 else "signal", members=members,
    ...                  left_out=members, change=change, early=None, late=None)
    >>> from flyball.watch.worth import Worth
    >>> order_of([one(0.0, "a"), one(0.0001, "b"), one(0.2, "a", "b"), one(0.0002, "c"), one(0.3, "d")], 0.5, 0.001)
    ['a', 'c', 'b']
    """
    worths = list(worths)
    known = [worth for worth in worths if worth.kind == "signal" and worth.change is not None]
    alone = sorted((w for w in known if w.cost <= budget * loss), key=lambda worth: worth.cost)
    alike: dict[str, set[str]] = {}
    for pair in worths:
        if pair.kind == "pair":
            for name in pair.members:
                alike.setdefault(name, set()).update(set(pair.members) - {name})
    first: list[str] = []
    last: list[str] = []
    for name in (worth.name for worth in alone):
        others = _cluster(name, alike)
        # A signal by which nothing else is foretold has no cluster.
        (last if others and others <= set(first) else first).append(name)
    return first + last


def _cluster(name: str, alike: Mapping[str, set[str]]) -> set[str]:
    """All signals to which a chain of alike ones leads."""
    found, todo = {name}, [name]
    while todo:
        for other in alike.get(todo.pop(), ()):
            if other not in found:
                found.add(other)
                todo.append(other)
    return found - {name}


def propose(
    form: Form,
    source: RowExamples,
    hyper: NDArray[np.float64],
    worths: Sequence[Worth],
    *,
    loss: float,
    budget: float,
    progress: Progress | None = None,
) -> Proposal:
    """The most signals that can go together within a budget, by what one pass says of sets; then really tried.

    The sets are the first one, two, three ... signals of `order_of`. All are measured in one pass; the largest that is
    within the budget is taken, the next signal is put back, and the rest is tried on. The budget counts from the least
    loss of any set, so that what a harmful signal costs now pays for no useful one.

    Args:
        form: the model.
        source: its examples.
        hyper: alpha, beta, l1 and l2 of the ablation.
        worths: what the ablation found, with pairs.
        loss: of the model, as the ablation found it.
        budget: by what share of that the loss may be higher.
        progress: called with the examples done and their number, anew for every pass.

    Raises:
        TableFull: there are more features than a table holds.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.column import Column
    >>> from flyball.run.ablation_rows import RowExamples
    >>> from flyball.run.files.typed_rows import Rows
    >>> from flyball.run.form import Form
    >>> from flyball.system.kind import Kind
    >>> at, odd, yes = np.arange(2_000), np.arange(2_000) % 2, np.ones(2_000, bool)
    >>> columns = {"odd": Column.of(Kind.STR, list("01" * 1000)), "day": Column.of(Kind.STR, list("0011" * 500))}
    >>> rows = Rows(row=at, columns=columns, event_ts=at, outcome_ts=None, has_outcome_ts=yes, label=odd * 1.0,
    ...             has_label=yes, ids=None, weight=None, scores=None, rejections=(), ignored=())
    >>> model = Model("m", signals=[Input("odd", str), Input("day", str)], outcome=Outcome("late"))
    >>> form = Form(System("s", models=[model]), "m", 1)
    >>> source, hyper = RowExamples(rows, form, sliced=False), form.recipe.hyper[0]
    >>> ablator = Ablator(form, hyper, single_variants(form.program))
    >>> for block in source:
    ...     ablator.take(block)
    >>> made = propose(form, source, hyper, ablator.worths(), loss=ablator.loss, budget=0.01)
    >>> made.drop, made.holds
    (('day',), True)
    """
    singles = {variant.name: variant for variant in single_variants(form.program) if variant.kind == "signal"}
    chosen: list[Variant] = []
    todo = [singles[name] for name in order_of(worths, loss, budget)]
    expected, least = None, 0.0
    for _ in range(ROUNDS):
        todo, sets = _sets(chosen, todo, len(form.program.outputs))
        if not sets:
            break
        changes = _changes(form, source, hyper, sets, progress)
        costs = [change.mean for change in changes if change is not None]
        least = min([least, *costs])
        within = [k for k, cost in enumerate(costs, 1) if cost - least <= budget * loss]
        taken = max(within, default=0)
        if taken:
            expected = changes[taken - 1]
        chosen += todo[:taken]
        todo = todo[taken + (taken < len(sets)) :]
    gone = _outputs(chosen)
    measured = _loss_without(form, source, hyper, gone, progress) if chosen else None
    nodes, places = form.program.nodes, form.program.outputs
    return Proposal(
        drop=tuple(variant.name for variant in chosen),
        gone=tuple(nodes[places[output]].name for output in sorted(gone)),
        expected=expected,
        loss=loss,
        measured=measured,
        budget=budget,
    )


def _outputs(variants: Iterable[Variant]) -> frozenset[int]:
    return frozenset().union(*(variant.outputs for variant in variants))


def _sets(chosen: Sequence[Variant], todo: Sequence[Variant], outputs: int) -> tuple[list[Variant], list[Variant]]:
    """What may still go, and the sets that leave out more and more of it; something is always kept."""
    left: list[Variant] = []
    sets: list[Variant] = []
    gone = _outputs(chosen)
    for variant in todo:
        more = gone | variant.outputs
        if more == gone or len(more) == outputs:
            continue
        gone = more
        left.append(variant)
        if len(sets) < MOST:
            names = tuple(each.name for each in (*chosen, *left))
            sets.append(Variant(name=str(len(sets)), kind="group", members=names, outputs=gone))
    return left, sets


def _changes(
    form: Form,
    source: RowExamples,
    hyper: NDArray[np.float64],
    sets: Sequence[Variant],
    progress: Progress | None,
) -> list[Interval | None]:
    """By how much the loss is higher without each set, from one pass."""
    ablator, done = Ablator(form, hyper, sets), 0
    for block in source:
        ablator.take(block)
        done += block.features.rows
        if progress is not None:
            progress(done, len(source))
    found = {worth.name: worth.change for worth in ablator.worths()}
    return [found[each.name] for each in sets]


def _loss_without(
    form: Form, source: RowExamples, hyper: NDArray[np.float64], gone: frozenset[int], progress: Progress | None
) -> float:
    """The loss of a model that is really trained without these signals."""
    lane = Lane(form, hyper, np.array([output not in gone for output in range(len(form.program.outputs))]))
    done = 0
    for block in source:
        lane.take(block)
        done += block.features.rows
        if progress is not None:
            progress(done, len(source))
    return lane.loss

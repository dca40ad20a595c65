"""Worths: what leaving a signal out costs, and what that makes of the signal.

The names are those of D. Sculley et al., "Hidden Technical Debt in Machine Learning Systems", NeurIPS 2015, section 3
(underutilised data dependencies): legacy, bundled, epsilon, correlated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flyball.watch.interval import Interval

Kind: TypeAlias = Literal["signal", "input", "group", "pair", "probe"]
Verdict: TypeAlias = Literal["useful", "epsilon", "harmful", "legacy", "bundled", "correlated", "unclear"]

EPSILON: Final = 0.001
"""A change of the loss by less than this share of it is not worth a signal, unless another share is given."""

TWICE: Final = 2.0
"""Two signals that say the same cost so many times as much together as they do alone, at least."""
MEANING: Final[dict[Verdict, str]] = {
    "useful": "without it the loss is higher",
    "epsilon": "it changes the loss by less than it costs to keep",
    "harmful": "without it the loss is lower",
    "legacy": "it was useful, and is not any more",
    "bundled": "useful only together with its group",
    "correlated": "two signals stand in for each other, and one of them is needed",
    "unclear": "too few examples to tell",
}
"""What each verdict means, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What leaving out one signal, or several at once, costs.

    Attributes:
        name: of the signal; of several, their names.
        kind: what is left out; a probe is noise that was put in.
        members: the names of the signals that were named.
        left_out: the names of all signals that are left out with them, those computed from them too.
        change: by how much the loss is higher without; `None` while that cannot be said.
        early: the same without the last quarter of the examples.
        late: the same of the last quarter alone; its interval holds for one look.
        verdict: what it is.

    >>> from flyball.watch.interval import Interval
    >>> few = Interval(low=-1e-5, mean=0.0, high=1e-5)
    >>> hour = Worth(name="hour", kind="signal", members=("hour",), left_out=("hour",), change=few, early=few, late=few)
    >>> hour.cost, hour.verdict
    (0.0, 'unclear')
    """

    name: str
    kind: Kind
    members: tuple[str, ...]
    left_out: tuple[str, ...]
    change: Interval | None
    early: Interval | None
    late: Interval | None
    verdict: Verdict = "unclear"

    @property
    def cost(self) -> float:
        """The mean change of the loss; 0 where there is none yet."""
        return 0.0 if self.change is None else self.change.mean


def judged(worth: Worth, *, least: float, floor: float) -> Worth:
    """A worth with its verdict, as far as it can be told from itself.

    Args:
        worth: what was measured.
        least: the change of the loss that is worth a signal.
        floor: what pure noise reaches; 0 or more.

    >>> from flyball.watch.interval import Interval
    >>> all = Interval(low=0.1, mean=0.2, high=0.3)
    >>> hour = Worth(name="hour", kind="signal", members=("hour",), left_out=("hour",), change=all, early=all, late=all)
    >>> judged(hour, least=0.01, floor=0.0).verdict
    'useful'
    """
    return replace(worth, verdict=_verdict(worth, least, floor))


def _verdict(worth: Worth, least: float, floor: float) -> Verdict:
    change, early, late = worth.change, worth.early, worth.late
    if change is None:
        return "unclear"
    if early is not None and late is not None and early.low > max(floor, least):
        fell, worthless = late.high < early.low, late.low <= floor or late.high < least
        if fell and worthless:
            return "legacy"
    if change.within(least):
        return "epsilon"
    if change.low > floor:
        return "useful"
    return "harmful" if change.high < 0.0 else "unclear"


def floor_of(probes: Iterable[Worth]) -> float:
    """What pure noise reaches: the largest mean change of a probe, if that is above 0.

    >>> floor_of([])
    0.0
    """
    return max([0.0, *(probe.cost for probe in probes)])


def related(worths: Sequence[Worth]) -> tuple[Worth, ...]:
    """The verdicts that only several can tell: of signals that matter together, and alone do not.

    Two are `correlated` if leaving them out costs, for sure, more than `TWICE` the sum of what leaving out each of the
    two costs; so are those of the two that are not useful themselves. A useful group of which no member is useful is
    `bundled`, and so are its members.

    >>> from flyball.watch.interval import Interval
    >>> much, none = Interval(low=0.1, mean=0.2, high=0.3), Interval(low=-0.1, mean=0.0, high=0.1)
    >>> def one(name, kind, members, change, verdict):
    ...     return Worth(name=name, kind=kind, members=members, left_out=members, change=change, early=None, late=None,
    ...                  verdict=verdict)
    >>> both = one("a, b", "pair", ("a", "b"), much, "useful")
    >>> first, second = (one(name, "signal", (name,), none, "epsilon") for name in "ab")
    >>> [worth.verdict for worth in related([first, second, both])]
    ['correlated', 'correlated', 'correlated']
    """
    alone = {worth.name: worth for worth in worths if len(worth.members) == 1}
    named: dict[str, Verdict] = {}
    useful = [worth for worth in worths if worth.kind in {"pair", "group"} and worth.verdict == "useful"]
    # Which two says more than which group.
    for verdict, holds in RELATIONS.items():
        for worth in useful:
            members = [alone[name] for name in worth.members if name in alone]
            if holds(worth, members):
                for name in (worth.name, *(m.name for m in members if m.verdict not in {"useful", "legacy"})):
                    named.setdefault(name, verdict)
    return tuple(replace(worth, verdict=named.get(worth.name, worth.verdict)) for worth in worths)


def _stand_in(worth: Worth, members: Sequence[Worth]) -> bool:
    """Whether two cost more together, for sure, than each of them."""
    if len(worth.members) != 2 or worth.change is None:  # two are a pair
        return False
    return worth.change.low > TWICE * sum(max(0.0, member.cost) for member in members)


def _none_alone(worth: Worth, members: Sequence[Worth]) -> bool:
    """Whether no member of a group is useful by itself."""
    return worth.kind == "group" and not any(member.verdict in {"useful", "legacy"} for member in members)


RELATIONS: Final[dict[Verdict, Callable[[Worth, Sequence[Worth]], bool]]] = {
    "correlated": _stand_in,
    "bundled": _none_alone,
}
"""What signals are that matter together, and how that is told."""

"""What the cost of leaving a signal out makes of it."""

from __future__ import annotations

import pytest

from flyball.watch.interval import Interval
from flyball.watch.worth import MEANING, Kind, Verdict, Worth, floor_of, judged, related

LEAST = 0.001


def around(mean: float, half: float = 0.0002) -> Interval:
    """An interval."""
    return Interval(low=mean - half, mean=mean, high=mean + half)


def worth_of(
    change: Interval | None,
    *,
    early: Interval | None = None,
    late: Interval | None = None,
    name: str = "a",
    kind: Kind = "signal",
    verdict: Verdict = "unclear",
) -> Worth:
    """What was measured of one signal, or of several."""
    members = tuple(name.split(","))
    return Worth(
        name=name, kind=kind, members=members, left_out=members, change=change, early=early, late=late, verdict=verdict
    )


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (around(0.01), "useful"),
        (around(-0.01), "harmful"),
        (around(0.0), "epsilon"),
        (around(0.0005), "epsilon"),
        (around(-0.0005), "epsilon"),
        (around(0.001, 0.0015), "unclear"),
        (around(0.0, 0.01), "unclear"),
        (around(0.0011), "useful"),
        (None, "unclear"),
    ],
)
def test_a_signal_is_what_its_interval_says(change: Interval | None, verdict: Verdict) -> None:
    """Useful above what is due to chance, epsilon where all of it is too little, harmful below nothing."""
    assert judged(worth_of(change, early=change, late=change), least=LEAST, floor=0.0).verdict == verdict


def test_a_signal_that_noise_beats_is_not_useful() -> None:
    """Its lower end has to lie above what pure noise reaches."""
    assert judged(worth_of(around(0.01, 0.002)), least=LEAST, floor=0.009).verdict == "unclear"
    assert judged(worth_of(around(0.01, 0.002)), least=LEAST, floor=0.007).verdict == "useful"


@pytest.mark.parametrize(
    ("early", "late", "verdict"),
    [
        (around(0.01), around(0.0, 0.0005), "legacy"),
        (around(0.01), around(-0.01), "legacy"),
        (around(0.01), around(0.005), "useful"),
        (around(0.01), around(0.0, 0.02), "useful"),
        (around(0.0, 0.0005), around(0.0, 0.0005), "useful"),
        (None, around(0.0, 0.0005), "useful"),
    ],
)
def test_legacy_was_useful_and_is_not_any_more(early: Interval | None, late: Interval, verdict: Verdict) -> None:
    """It has to have been useful, to have fallen for sure, and to be worth nothing now."""
    assert judged(worth_of(around(0.007), early=early, late=late), least=LEAST, floor=0.0).verdict == verdict


def test_what_noise_reaches_is_never_below_nothing() -> None:
    """Noise mostly costs a little."""
    assert floor_of([worth_of(around(-0.01)), worth_of(around(-0.02))]) == 0.0
    assert floor_of([worth_of(around(0.0001)), worth_of(None)]) == 0.0001


def verdicts(*worths: Worth) -> list[Verdict]:
    """What they are, seen together."""
    return [worth.verdict for worth in related(worths)]


def test_two_that_stand_in_for_each_other_are_correlated() -> None:
    """Alone each costs nothing, together much."""
    a, b = (worth_of(around(0.0), name=name, verdict="epsilon") for name in "ab")
    pair = worth_of(around(0.02), name="a,b", kind="pair", verdict="useful")

    assert verdicts(pair, a, b) == ["correlated"] * 3


def test_one_that_is_useful_stays_so_though_another_stands_in_for_most_of_it() -> None:
    """The pair says so."""
    a = worth_of(around(0.003), name="a", verdict="useful")
    b = worth_of(around(0.0), name="b", verdict="unclear")
    pair = worth_of(around(0.02), name="a,b", kind="pair", verdict="useful")

    assert verdicts(a, b, pair) == ["useful", "correlated", "correlated"]


def test_two_that_cost_together_what_they_cost_alone_are_not_correlated() -> None:
    """They say different things."""
    a, b = (worth_of(around(0.01), name=name, verdict="useful") for name in "ab")
    pair = worth_of(around(0.02), name="a,b", kind="pair", verdict="useful")

    assert verdicts(a, b, pair) == ["useful", "useful", "useful"]


def test_a_useful_group_of_which_nobody_is_useful_is_bundled() -> None:
    """And its members with it; a pair among them says more."""
    a, b, c = (worth_of(around(0.0), name=name, verdict="epsilon") for name in "abc")
    group = worth_of(around(0.02), name="a,b,c", kind="group", verdict="useful")
    pair = worth_of(around(0.02), name="a,b", kind="pair", verdict="useful")

    assert verdicts(a, b, c, group) == ["bundled"] * 4
    assert verdicts(group, a, b, c, pair) == ["bundled", "correlated", "correlated", "bundled", "correlated"]


def test_a_group_with_a_useful_member_is_not_bundled() -> None:
    """It is useful for its sake."""
    a = worth_of(around(0.02), name="a", verdict="useful")
    b = worth_of(around(0.0), name="b", verdict="epsilon")
    group = worth_of(around(0.02), name="a,b", kind="group", verdict="useful")

    assert verdicts(a, b, group) == ["useful", "epsilon", "useful"]


def test_every_verdict_is_explained() -> None:
    """In a sentence."""
    assert set(MEANING) == set(Verdict.__args__)  # type: ignore[attr-defined]  # a Literal has them

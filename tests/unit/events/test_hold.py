"""The hold: facts that wait for a prediction."""

from __future__ import annotations

from flyball.events.fact import Fact
from flyball.events.hold import MOST_OF_ONE_ID, Hold


def fact(seq: int, value: float = 1.0, *, id: str = "r", outcome_id: str | None = None, due: int = 60) -> Fact:
    """An outcome of one name."""
    return Fact(seq, id, "click", False, outcome_id, value, 1.0, seq, seq, due=due)


def test_facts_are_held_in_the_order_of_the_log() -> None:
    """By id, and all together."""
    hold = Hold(limit=10)
    one, two, three = fact(1), fact(2, id="s", due=50), fact(3, 0.0)
    for each in (one, two, three):
        assert hold.offer(each) == "held"

    assert [one, three] == [*hold.of("r")]
    assert [one, two, three] == hold.all()
    assert hold.due == 50


def test_what_repeats_the_last_word_is_not_held() -> None:
    """The last word counts, not any word: yes, no, yes are three."""
    hold = Hold(limit=10)

    verdicts = [hold.offer(fact(seq, value)) for seq, value in enumerate([1.0, 1.0, 0.0, 0.0, 1.0])]

    assert verdicts == ["held", "repeats", "held", "repeats", "held"]


def test_what_concerns_something_else_repeats_nothing() -> None:
    """Another id of the outcome, another name, or an exposure."""
    hold = Hold(limit=10)
    shown = Fact(3, "r", "click", True, None, 1.0, 1.0, 1, 3, due=60)
    fraud = Fact(4, "r", "fraud", False, None, 1.0, 1.0, 1, 4, due=60)

    assert [hold.offer(each) for each in (fact(1), fact(2, outcome_id="x"), shown, fraud)] == ["held"] * 4


def test_an_exposure_repeats_one_of_the_same_moment() -> None:
    """Another moment is another exposure."""
    hold = Hold(limit=10)
    shown = [Fact(seq, "r", "shown", True, None, 0.0, 1.0, ts, 9, due=60) for seq, ts in enumerate([5, 5, 6])]

    assert [hold.offer(each) for each in shown] == ["held", "repeats", "held"]


def test_facts_are_dropped_when_they_are_due() -> None:
    """The first of an id, one in the middle, and the last."""
    hold = Hold(limit=10)
    kept = [fact(1, 1.0, due=30), fact(2, 0.0, due=20), fact(3, 1.0, due=40)]
    for each in kept:
        hold.add(each)

    hold.drop_due(20)

    assert [kept[0], kept[2]] == [*hold.of("r")]

    hold.drop_due(40)

    assert 0 == len(hold.of("r")) == len(hold)


def test_a_full_hold_drops_what_is_due_first() -> None:
    """Not what came first."""
    hold = Hold(limit=2)
    for each in (fact(1, due=30), fact(2, id="s", due=20), fact(3, id="t", due=25)):
        hold.offer(each)

    assert [each.id for each in hold.all()] == ["r", "t"]


def test_one_id_has_its_fill() -> None:
    """Whoever sends more for it is refused; other ids are not."""
    hold = Hold(limit=MOST_OF_ONE_ID + 5)
    for seq in range(MOST_OF_ONE_ID):
        hold.add(fact(seq, outcome_id=str(seq)))

    assert hold.offer(fact(2_000, outcome_id="one more")) == "full"
    assert hold.offer(fact(2_001, outcome_id="7")) == "repeats"
    assert hold.offer(fact(2_002, id="s")) == "held"

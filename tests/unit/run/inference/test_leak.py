"""Columns that no prediction could have known, or from which nothing can be learned, are left out with the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from flyball.run.inference.draft import Draft
    from flyball.system.system import System

    Written = Callable[..., str]
    World = dict[str, list[object]]
    Loaded = Callable[[Draft], System]
    Drafted = Callable[..., Draft]

ROWS = 2_000


def _found(draft: Draft) -> dict[str, str]:
    return {suspicion.column: suspicion.kind for suspicion in draft.suspicions}


def _kept(draft: Draft) -> list[str]:
    return [column.name for column in draft.columns if column.suspicion is None]


def test_useless_columns_are_left_as_comments(dice: Random, world: World, loaded: Loaded, drafted: Drafted) -> None:
    """They are constant, empty, running numbers, clocks, ids of the rows, or say what another says."""
    columns: dict[str, list[object]] = world | {
        "year": [2015] * ROWS,
        "note": [None] * ROWS,
        "row": list(range(1, ROWS + 1)),
        "shuffled": dice.sample(range(1, ROWS + 1), ROWS),
        "tick": [100 + place // 20 for place in range(ROWS)],
        "key": [f"{dice.getrandbits(64):016x}" for _ in range(ROWS)],
        "hour_again": world["hour"],
        "place_number": ["ABCD".index(str(place)) + 1 for place in world["place"]],
        "bad:name": world["hour"],
    }

    draft = drafted(columns, label="late", exclude=["place"])

    assert _found(draft) == {
        "place": "excluded",
        "year": "constant",
        "note": "constant",
        "row": "row_number",
        "shuffled": "row_number",
        "tick": "clock",
        "key": "identifier",
        "hour_again": "duplicate",
        "bad:name": "unusable",
    }
    assert "# 'hour_again' holds the same values as 'hour' in every row." in draft.text
    assert '# year = fb.Input("year", int)' in draft.text
    assert _kept(draft) == ["hour", "place_number"]
    assert len(loaded(draft).model("late").signals) == 2


def test_two_measurements_that_happen_to_be_one_to_one_are_both_kept(
    dice: Random, world: World, drafted: Drafted
) -> None:
    """As two monthly indices: they are not in step, so neither stands for the other."""
    other = dict(zip(range(24), dice.sample(range(100), 24), strict=True))
    columns = world | {"index": [other[int(str(hour))] / 10 for hour in world["hour"]]}

    draft = drafted(columns, label="late")

    assert _found(draft) == {}


def test_leaks_are_left_as_comments_with_the_evidence(
    dice: Random, world: World, loaded: Loaded, drafted: Drafted
) -> None:
    """Each is known only with or after the outcome, and each is found in another way."""
    labels = [None if place % 25 == 0 else late for place, late in enumerate(world["late"])]
    minute = 60
    columns: dict[str, list[object]] = {
        "at": [1_700_000_000 + minute * place for place in range(ROWS)],
        "hour": world["hour"],
        "place": world["place"],
        "late": labels,
        "delay": [dice.randrange(16, 99) if late else dice.randrange(-9, 15) for late in world["late"]],
        "landed": [None if late is None else dice.randrange(2400) for late in labels],
        "gate_ts": [f"2023-11-1{5 + place // 900}T23:59:59Z" for place in range(ROWS)],
        "call_duration": [dice.gauss(5, 1) + 3 * int(str(late)) for late in world["late"]],
    }

    draft = drafted(columns, label="late", time="at")

    assert _found(draft) == {
        "delay": "tells_label",
        "landed": "filled_later",
        "gate_ts": "later_time",
        "call_duration": "afterthought",
    }
    assert [suspicion.column for suspicion in draft.suspicions if suspicion.is_leak] == list(_found(draft))
    assert "is empty in 80 of the 80 rows without a label and in 0 of the 1,920 with one" in draft.text
    assert _kept(draft) == ["hour", "place"]
    assert loaded(draft).source is not None


def test_strong_and_honest_columns_are_not_suspected(dice: Random, world: World, drafted: Drafted) -> None:
    """Neither a name alone nor strength alone is evidence."""
    columns = world | {
        "trial_duration": [dice.randrange(100) for _ in range(ROWS)],
        "score": [dice.gauss(0, 1) + 2.2 * int(str(late)) for late in world["late"]],
    }

    assert _found(drafted(columns, label="late")) == {}


def test_numbers_that_make_the_label_are_found(dice: Random, drafted: Drafted) -> None:
    """A weighted sum, a product, a quotient, a line, a class of it, and a difference that decides."""
    a = [dice.randrange(1, 90) for _ in range(ROWS)]
    b = [dice.randrange(1, 90) for _ in range(ROWS)]
    noise = [dice.randrange(100) for _ in range(ROWS)]
    pairs = list(zip(a, b, strict=True))

    def found(label: list[float], **more: list[object]) -> dict[str, str]:
        columns: dict[str, list[object]] = {"a": [*a], "b": [*b], "noise": [*noise], "y": [*label], **more}
        return {suspicion.column: suspicion.evidence for suspicion in drafted(columns, label="y").suspicions}

    assert found([x + y for x, y in pairs]) == dict.fromkeys("ab", "is part of the label: 'y' is a + b")
    assert found([2.5 * x - y for x, y in pairs]) == dict.fromkeys("ab", "is part of the label: 'y' is 2.5 * a - b")
    assert found([x * y for x, y in pairs]) == dict.fromkeys("ab", "is part of the label: 'y' is a * b")
    assert found([x / y for x, y in pairs]) == dict.fromkeys("ab", "is part of the label: 'y' is a / b")
    assert list(found([x - y + 7 * dice.random() for x, y in pairs])) == []
    other = [dice.gauss(0, 1) for _ in range(ROWS)]
    assert list(found(other, scaled=[3 * x - 1 for x in other])) == ["scaled"]
    assert list(found([x % 9 for x in noise], level=[x % 9 > 4 for x in noise])) == ["level"]
    assert found([int(x - y > 10) for x, y in pairs]) == dict.fromkeys(
        "ab", "tells 'y' together with another: by a - b, AUC above 0.995"
    )

"""The guard: each test against a slow one in plain Python, and against what it should and should not notice."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.watch.guard import Guard
from flyball.watch.looks import Looks

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = 6_000
TIMES = np.arange(ROWS, dtype=np.int64)


def stream(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that mean what they say, and their labels."""
    dice = np.random.default_rng(seed)
    scores = dice.beta(0.5, 1.5, ROWS)
    return scores, (dice.random(ROWS) < scores).astype(float)


def told(guard: Guard) -> list[tuple[str, str, bool]]:
    """Its alarms in short."""
    return [(alarm.kind, alarm.signal, alarm.on) for alarm in guard.alarms()]


def looks(keys: Sequence[int] = (), numbers: Sequence[float] = ()) -> Looks:
    """The inputs `to` and `price` of rows."""
    return Looks(
        ("to",) if len(keys) else (),
        np.array([keys], dtype=np.int64) if len(keys) else np.empty((0, len(numbers)), np.int64),
        ("price",) if len(numbers) else (),
        np.array([numbers], dtype=np.float64) if len(numbers) else np.empty((0, len(keys))),
    )


def slow_evidence(scores: Sequence[float], values: Sequence[float]) -> list[float]:
    """The evidence of the test of losses after each example, with the means as they are written in books."""
    level = flat = mean = weight = rate = now = evidence = 0.0
    found = []

    def cost(p: float, y: float) -> float:
        return -math.log(min(max(p if y else 1.0 - p, 1e-15), 1.0 - 1e-15))

    for seen, (p, y) in enumerate(zip(scores, values, strict=True)):
        lost, constant = cost(p, y), cost(mean / weight if weight else 0.5, y)
        if seen >= 1000:
            bound = max(1.5 * level / weight, 1.5 * flat / weight, 1.25 * now)
            lost, constant = min(lost, 8.0 * bound), min(constant, 8.0 * bound)
            evidence = min(max(evidence + math.log1p(0.1 * (lost / bound - 1.0)), 0.0), math.log(1e9))
        now += (cost((50.0 * rate + 0.5) / 51.0, y) - now) / min(seen + 1, 50)
        rate += (y - rate) / min(seen + 1, 50)
        level, flat, mean, weight = (
            old * 0.9999 + new for old, new in ((level, lost), (flat, constant), (mean, y), (weight, 1.0))
        )
        found.append(evidence)
    return found


def test_the_evidence_of_losses_is_that_of_a_slow_loop() -> None:
    """Also through a stretch of flipped labels; the alarm goes on where it reaches ln 10^9, and off at 0."""
    scores, values = stream()
    values[2000:2500] = 1.0 - values[2000:2500]
    expected = slow_evidence(scores.tolist(), values.tolist())
    guard = Guard()
    guard.scored("binary", "late", scores, values, TIMES)
    [alarm] = guard.alarms()

    assert alarm.first_ts == next(i for i, evidence in enumerate(expected) if evidence >= math.log(1e9) - 1e-9)
    assert alarm.last_ts == max(i for i, evidence in enumerate(expected) if evidence >= math.log(1e9) - 1e-9)
    assert (alarm.kind, alarm.times, alarm.on) == ("loss", 1, False)
    assert 2000 < alarm.first_ts < 2300, "it took long"


@pytest.mark.parametrize("seed", range(8))
def test_true_probabilities_make_no_alarm(seed: int) -> None:
    """Nor do rates that change, as long as predictions follow; nor numbers with their errors."""
    scores, values = stream(seed)
    dice = np.random.default_rng(seed)
    guard = Guard()
    guard.scored("binary", "late", scores, values, TIMES)
    rates = np.where(TIMES < ROWS // 2, 0.02, 0.5)
    guard.scored("binary", "late", rates, (dice.random(ROWS) < rates).astype(float), TIMES)
    numbers = Guard()
    numbers.scored("number", "delay", dice.normal(size=ROWS), dice.standard_t(3, ROWS), TIMES)
    assert told(guard) == told(numbers) == []


def test_a_rate_that_jumps_is_no_alarm_though_predictions_stay_behind() -> None:
    """They lose more, but so does a constant that follows: the world is another, and no label need be wrong."""
    dice = np.random.default_rng(1)
    guard, values = Guard(), (dice.random(ROWS) < np.where(TIMES < ROWS // 2, 0.05, 0.4)).astype(float)
    lagging = np.where(TIMES < ROWS // 2, 0.05, 0.25)
    guard.scored("binary", "late", lagging, values, TIMES)
    assert told(guard) == []


def test_a_certain_answer_that_was_wrong_is_told() -> None:
    """One is enough; within 10^-13 of certainty it is not."""
    for wrong, expected in ((1e-13, []), (1e-15, [("limit", "", True)])):
        guard = Guard()
        guard.scored("binary", "late", np.array([0.5, 1.0 - wrong]), np.array([1.0, 0.0]), TIMES[:2])
        assert told(guard) == expected, wrong


@pytest.mark.parametrize("absurd", [1e30, -1e30, 2.1e6])
def test_numbers_beyond_any_before_are_told(absurd: float) -> None:
    """Of inputs, outcomes and answers; missing ones are none, and after 10,000 others it is over."""
    prices = np.where(TIMES % 3 == 0, np.nan, TIMES % 7 / 3.0)
    guard = Guard()
    guard.asked(looks(numbers=prices.tolist()), TIMES)
    assert told(guard) == [], "these are usual"
    guard.asked(looks(numbers=[absurd, absurd, 1.0]), TIMES[:3])
    assert told(guard) == [("beyond", "price", True)]
    for _ in range(3):
        guard.asked(looks(numbers=prices.tolist()), TIMES)
    assert told(guard) == [("beyond", "price", False)]

    guard = Guard()
    values = np.where(TIMES == 5_000, absurd, np.cos(TIMES))
    guard.scored("number", "delay", np.zeros(ROWS), values, TIMES)
    assert told(guard) == [("beyond", "delay", True)], "one outcome is no flood of losses"


def test_one_key_in_every_row_is_told_where_keys_were_spread_out() -> None:
    """Whatever the key is, also that of a missing value; not where it was the usual one, and not in 80 % of rows."""
    dice = random.Random(1)  # noqa: S311  # a test, no secret
    spread = [dice.randrange(100) for _ in range(2_000)]
    cases = {
        "one": (spread + [7] * 300, [("one-key", "to", True)]),
        "missing": (spread + [0] * 300, [("one-key", "to", True)]),
        "over": (spread + [7] * 300 + spread, [("one-key", "to", False)]),
        "short": (spread + [7] * 200, []),
        "often": (spread + [7 if dice.random() < 0.8 else dice.randrange(100) for _ in range(4_000)], []),
        "usual": ([7 if dice.random() < 0.9 else dice.randrange(100) for _ in range(2_000)] + [7] * 500, []),
        "sorted": (sorted(spread) + [99] * 500, []),
        "at the beginning": ([7] * 500 + spread, []),
    }
    for name, (keys, expected) in cases.items():
        guard = Guard()
        guard.asked(looks(keys), np.arange(len(keys)))
        assert told(guard) == expected, name


def test_what_it_holds_does_not_depend_on_chunks() -> None:
    """To the bit; and a guard that was written down goes on as if it had not been."""
    scores, values = stream()
    values[3000:3300] = 1.0 - values[3000:3300]
    keys = [i * i % 97 if i < 4_000 else 5 for i in range(ROWS)]
    numbers = [1e30 if i == 4_500 else i % 11 for i in range(ROWS)]
    guards = [Guard(), Guard()]
    for size, place in ((ROWS, 0), (337, 1)):
        for start in range(0, ROWS, size):
            cut = slice(start, start + size)
            guards[place].asked(looks(keys[cut], numbers[cut]), TIMES[cut])
            guards[place].scored("binary", "late", scores[cut], values[cut], TIMES[cut])
            guards[place] = Guard.restore(guards[place].snapshot())
    assert guards[0].snapshot() == guards[1].snapshot()
    assert {alarm.kind for alarm in guards[0].alarms()} == {"loss", "beyond", "one-key"}


def test_an_input_that_comes_back_is_remembered() -> None:
    """A definition may leave it out for a while."""
    guard = Guard()
    guard.asked(looks(numbers=[1.0] * 1_500), TIMES[:1_500])
    guard.asked(looks(keys=[1, 2]), TIMES[:2])
    guard.asked(looks(numbers=[1e30]), TIMES[:1])
    assert told(guard) == [("beyond", "price", True)]


def test_a_mixture_that_serves_the_opposite_is_told() -> None:
    """Where it is looked at, after every 256 examples, and only after 1,000."""
    guard, asked = Guard(), []
    weights = iter([-1.2, 1.0, 1.0, 1.0, -0.9, -1.2, -0.1, 0.7])

    def followed() -> tuple[float, int]:
        asked.append(guard.unseen)
        return next(weights), len(asked)

    found = []
    for _ in range(8):
        while True:
            some = min(guard.unseen, 100)
            guard.learned(some, followed)
            if guard.unseen == 256:
                break
        found.append(bool(guard.alarms()) and guard.alarms()[0].on)
    assert found == [False] * 5 + [True, True, False]
    [alarm] = guard.alarms()
    assert (alarm.kind, alarm.first_ts, alarm.times, len(asked)) == ("turned", 6, 1, 8)

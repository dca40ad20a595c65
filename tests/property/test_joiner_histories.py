"""Long random histories through the joiner and the slow obvious one: deeper than a search that can shrink."""

from __future__ import annotations

import math
from random import Random
from typing import get_args

import pytest

from flyball.events.record import Body, Event, Exclusion, Outcome, Pause, Prediction, Rewind, Tick, Unlogged
from flyball.events.rule import JoinRule, Reducer, Revision
from tests.property.joiner_pair import JoinerPair, Plan

RECORDS = 120


def drawn_plan(random: Random) -> Plan:
    """Any rules for two outcomes, and models for them."""
    rules = {}
    for name in ("click", "fraud"):
        if_silent = random.choice([None, 0.0, 0.0, 1.0])
        rules[name] = JoinRule(
            outcome=name,
            window_us=random.choice([1, 3, 5, 8, 12, 16]),
            if_silent=if_silent,
            counts_from=random.choice([None, None, "shown"]),
            learn=random.choice(["arrival", "close"] if if_silent is None else ["arrival", "close", "revise"]),
            reducer=random.choice(get_args(Reducer)),
            revision=random.choice(get_args(Revision)),
            keep_silent=random.choice([1.0, 1.0, 0.9, 0.5, 0.25]),
        )
    outcomes = {model: random.choice(["click", "click", "fraud"]) for model in "abc"}
    if random.random() < 0.2:
        outcomes.pop(random.choice("abc"))
    return rules, outcomes


def drawn_outcome(random: Random, id: str) -> Outcome:
    """An outcome, now and then one that is of no use."""
    odd = random.random()
    return Outcome(
        id=id,
        outcome="unheard" if odd < 0.02 else random.choice(["click", "fraud"]),
        value=math.nan if 0.02 < odd < 0.04 else random.choice([0.0, 0.0, 1.0, 1.0, 1.0, 2.5, -1.0]),
        outcome_id=random.choice([None, "x", "y", "z"]),
        weight=-1.0 if 0.04 < odd < 0.06 else random.choice([1.0, 1.0, 2.0, 3.0, 0.0]),
    )


def drawn_rewind(random: Random, model: str, now: int) -> Rewind:
    """Back to some time, or without some stretches."""
    starts = [now - random.randint(0, 40) for _ in range(random.choice([0, 0, 1, 2]))]
    return Rewind(
        model=model, to_ts=now - random.randint(-3, 40), exclude=[(at, at + random.randint(-1, 9)) for at in starts]
    )


def drawn_body(random: Random, id: str, now: int) -> Body:
    """Whatever a record may say."""
    kind = random.random()
    model = random.choice("aabbc")
    if kind < 0.33:
        version = random.choice([1, 1, 2])
        return Prediction(id=id, model=model, version=version, definition="", inputs=[], score=0.5)
    if kind < 0.75:
        return drawn_outcome(random, id)
    if kind < 0.9:
        named = random.random() < 0.5
        type, event_id = random.choice(["shown", "shown", "opened"]), "e" if named else id
        return Event(type=type, event_id=event_id, prediction_id=id if named else None)
    if kind < 0.93:
        return Tick()
    if kind < 0.97:
        return Pause(model=model, mode=random.choice(["pause", "freeze", "resume", "resume"]))
    if kind < 0.975:
        return Unlogged(model=model, version=random.choice([1, 2]), count=random.randint(0, 3))
    if kind < 0.985:
        return drawn_rewind(random, model, now)
    from_ts = now + random.randint(-15, 5)
    return Exclusion(model=model, from_ts=from_ts, to_ts=from_ts + random.randint(-1, 8))


@pytest.mark.parametrize("seed", range(40))
def test_a_history_gives_the_same_examples_and_counts(seed: int) -> None:
    """After each record, whatever is replanned, saved and restored in between."""
    random = Random(seed)  # noqa: S311  # no secrets: a seed must give the same history
    bound, start = random.choice([1_000, 1_000, 4, 2, 1]), random.choice([0, -50, 9])
    pair = JoinerPair(drawn_plan(random), bound, start)
    pace, disorder, ids = random.choice([0.2, 0.5, 0.8]), random.choice([0.0, 0.1, 0.4]), random.choice([1, 2, 3, 5])
    for _ in range(RECORDS):
        if random.random() < 0.02:
            pair.replan(drawn_plan(random))
        if random.random() < 0.05:
            pair.save_and_restore()
        lapse = random.choice([0, 1, 1, 1, 2, 3, 5, 8, 8, 40]) if random.random() < pace else 0
        age = random.choice([1, 2, 3, 5, 8, 16, 30, -1, -3, -9]) if random.random() < disorder else 0
        pair.step(drawn_body(random, f"r{random.randrange(ids)}", pair.now), lapse, age)

"""The rules of the joiner, as declared and as refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from flyball.events.rule import JoinRule
from flyball.events.rulebook import Rulebook, RuleRefused

CLICK = JoinRule(outcome="click", window_us=60, counts_from="shown")
BOUGHT = JoinRule(outcome="bought", window_us=90, counts_from="shown")
FRAUD = JoinRule(outcome="fraud", window_us=70)


def test_rules_are_sorted_by_what_is_asked_of_them() -> None:
    """An exposure is held for the longest window that counts from it."""
    rules = {"click": CLICK, "bought": BOUGHT, "fraud": FRAUD}
    book = Rulebook(rules, {"b": "click", "a": "click", "c": "bought"})

    assert book.rule_of == {"a": CLICK, "b": CLICK, "c": BOUGHT}
    assert book.answering == {"click": (60, ("a", "b")), "bought": (90, ("c",))}
    assert book.exposing == {"shown": (90, ("a", "b", "c"))}
    assert rules == book.rules


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (replace(FRAUD, outcome="click"), "the rule under 'fraud' is that of outcome 'click'"),
        (replace(FRAUD, window_us=0), "window_us 0 of outcome 'fraud' is not a length of time"),
        (replace(FRAUD, window_us=2**62 + 1), "of outcome 'fraud' is not a length of time"),
        (replace(FRAUD, keep_silent=0.0), "keep_silent 0.0 of outcome 'fraud' is not a share"),
        (replace(FRAUD, keep_silent=1.5), "keep_silent 1.5 of outcome 'fraud' is not a share"),
        (replace(FRAUD, keep_silent=math.nan), "keep_silent nan of outcome 'fraud' is not a share"),
        (replace(FRAUD, learn="revise"), "outcome 'fraud' with learn='revise' has nothing to assume"),
        (replace(FRAUD, if_silent=math.inf), "if_silent inf of outcome 'fraud' is not a number"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(rule: JoinRule, message: str) -> None:
    """Before a single record is joined by it."""
    with pytest.raises(RuleRefused, match=message):
        Rulebook({"fraud": rule}, {})


def test_a_model_needs_a_rule_for_its_outcome() -> None:
    """The message names those there are."""
    with pytest.raises(RuleRefused, match=r"model 'm' waits for outcome 'late', which has no rule.*\['fraud'\]"):
        Rulebook({"fraud": FRAUD}, {"m": "late"})

"""The rules of the joiner, as declared, checked and sorted by what is asked of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.events.rule import JoinRule

LONGEST_WINDOW_US = 2**62
SMALLEST_SHARE = 1e-9


class RuleRefused(FlyballError):
    """A rule of the joiner cannot be followed; the message names it.

    >>> raise RuleRefused("window_us 0 of outcome 'click' is not a length of time; give 1 or more microseconds")
    Traceback (most recent call last):
        ...
    flyball.events.rulebook.RuleRefused: window_us 0 of outcome 'click' is not a length of time; ...
    """


class Rulebook:
    """Which outcome each model waits for, and by which rule.

    Args:
        rules: the rule of each declared outcome, by the outcome's name.
        outcomes: the outcome's name of each model, by the model's name.

    Attributes:
        rules: as given.
        rule_of: the rule of each model.
        answering: for each outcome that a model waits for, how long it is held (microseconds) and for which models, in
            the order of their names.
        exposing: the same for each type of event that exposes.

    Raises:
        RuleRefused: a rule that cannot be followed, or a model whose outcome has no rule.

    >>> from flyball.events.rule import JoinRule
    >>> Rulebook({"click": JoinRule(outcome="click", window_us=60)}, {"ctr": "click"}).answering
    {'click': (60, ('ctr',))}
    """

    __slots__ = ("answering", "exposing", "rule_of", "rules")

    def __init__(self, rules: Mapping[str, JoinRule], outcomes: Mapping[str, str]) -> None:
        self.rules = dict(rules)
        for name, rule in self.rules.items():
            _check(name, rule)
        self.rule_of: dict[str, JoinRule] = {}
        self.answering: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.exposing: dict[str, tuple[int, tuple[str, ...]]] = {}
        for model, name in sorted(outcomes.items()):
            if name not in self.rules:
                raise RuleRefused(
                    f"model {model!r} waits for outcome {name!r}, which has no rule; known are {sorted(self.rules)!r}"
                )
            rule = self.rule_of[model] = self.rules[name]
            self.answering[name] = (rule.window_us, (*self.answering.get(name, (0, ()))[1], model))
            if rule.counts_from is not None:
                window_us, models = self.exposing.get(rule.counts_from, (0, ()))
                self.exposing[rule.counts_from] = (max(window_us, rule.window_us), (*models, model))


def _check(name: str, rule: JoinRule) -> None:
    if rule.outcome != name:
        raise RuleRefused(f"the rule under {name!r} is that of outcome {rule.outcome!r}; give rules by outcome's name")
    if not 0 < rule.window_us <= LONGEST_WINDOW_US:
        raise RuleRefused(
            f"window_us {rule.window_us!r} of outcome {name!r} is not a length of time; give 1 to 2**62 microseconds"
        )
    if not SMALLEST_SHARE <= rule.keep_silent <= 1.0:
        raise RuleRefused(
            f"keep_silent {rule.keep_silent!r} of outcome {name!r} is not a share of negatives to keep; give 1e-9 to 1"
        )
    if rule.if_silent is None and rule.learn == "revise":
        raise RuleRefused(f"outcome {name!r} with learn='revise' has nothing to assume at first; give it if_silent")
    if rule.if_silent is not None and not math.isfinite(rule.if_silent):
        raise RuleRefused(f"if_silent {rule.if_silent!r} of outcome {name!r} is not a number; give a finite one")

"""One prediction as the slow joiner sees it: everything it heard, from which the rest is worked out again and again."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import xxhash

from flyball.events.example import Example
from flyball.events.record import Event, Outcome, Prediction
from flyball.events.sampling import SEED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flyball.events.record import Record
    from flyball.events.rule import JoinRule

NOT_KEPT = -1.0
"""Stands for the weight of a negative that is sampled away."""


@dataclass(frozen=True)
class Fact:
    """An outcome or an exposure, with the step at which it was heard and the time until which it would be held.

    >>> from flyball.events.record import Record
    >>> yes = Outcome(id="r1", outcome="click", value=1.0)
    >>> Fact(Record(seq=1, event_ts=0, ingest_ts=0, body=yes), yes, 60).about
    ('click', None)
    """

    record: Record
    body: Outcome | Event
    due: int

    @property
    def about(self) -> tuple[str, str | None]:
        """What it speaks of: two facts about the same thing repeat or contradict each other."""
        return (self.body.outcome, self.body.outcome_id) if isinstance(self.body, Outcome) else (self.body.type, "")

    @property
    def says(self) -> float:
        """What it says of it."""
        return self.body.value if isinstance(self.body, Outcome) else self.record.event_ts

    @property
    def id(self) -> str:
        """The id of the predictions it is for."""
        if isinstance(self.body, Outcome) or self.body.prediction_id is None:
            return self.body.id if isinstance(self.body, Outcome) else self.body.event_id
        return self.body.prediction_id


@dataclass
class View:
    """What one prediction looks like after all it heard up to a step.

    >>> View(deadline=60).outcomes
    []
    """

    deadline: int
    exposure: Fact | None = None
    outcomes: list[Fact] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    heard: str = ""


@dataclass
class Story:
    """One prediction: what it began with, everything it heard, and what cut it short.

    `early` is the step at which it was closed before its time; `barred` says that it was so from its beginning,
    `crowded` that others needed its room, `gone` that it was forgotten, `second` that another version of its model
    teaches what there is to learn of its id. `untaught` are the numbers of those of its
    moments that were not learned from, `corrections` say what rewinds made of what was learned: the step, value and
    weight, and the number of examples.

    >>> from flyball.events.record import Record
    >>> from flyball.events.rule import JoinRule
    >>> asked = Prediction(id="r1", model="ctr", version=1, definition="", inputs=[], score=0.5)
    >>> record = Record(seq=1, event_ts=0, ingest_ts=0, body=asked)
    >>> Story(0, record, asked, JoinRule(outcome="click", window_us=60)).view(0).deadline
    60
    """

    step: int
    record: Record
    body: Prediction
    rule: JoinRule
    facts: list[tuple[int, Fact]] = field(default_factory=list)
    early: int | None = None
    barred: bool = False
    crowded: bool = False
    gone: bool = False
    second: bool = False
    untaught: set[int] = field(default_factory=set)
    corrections: list[tuple[int, tuple[float, float] | None, int]] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, int]:
        """Model and version."""
        return self.body.model, self.body.version

    def hears(self, fact: Fact) -> bool:
        """Whether a fact is of the kind that this prediction waits for."""
        if fact.id != self.body.id:
            return False
        if isinstance(fact.body, Outcome):
            return fact.body.outcome == self.rule.outcome
        return fact.body.type == self.rule.counts_from

    def view(self, step: int) -> View:
        """Everything heard up to and including `step`, taken one after the other."""
        view = View(deadline=self.record.event_ts + self.rule.window_us)
        for at, fact in self.facts:
            if at <= step:
                deaf = self.barred or (self.early is not None and at > self.early)
                take = self._outcome if isinstance(fact.body, Outcome) else self._exposure
                view.heard = take(view, fact, deaf=deaf)
                view.counts[view.heard] += 1
        return view

    def _exposure(self, view: View, fact: Fact, *, deaf: bool) -> str:
        window = self.rule.window_us
        if view.exposure is not None:
            return "duplicate"
        if max(fact.record.ingest_ts, fact.record.event_ts) >= self.record.event_ts + window:
            return "late"
        if self.record.event_ts - fact.record.event_ts > window:
            return "refused exposure"
        if deaf:
            return "deaf"
        view.exposure = fact
        view.deadline = fact.record.event_ts + window
        return "taken"

    def _outcome(self, view: View, fact: Fact, *, deaf: bool) -> str:
        if max(fact.record.ingest_ts, fact.record.event_ts) >= view.deadline:
            return "late"
        if deaf:
            return "deaf"
        if self.rule.reducer in {"sum", "mean"} and fact.about[1] is None:
            return "refused"
        same = [taken for taken in view.outcomes if taken.about == fact.about]
        if not same:
            view.outcomes.append(fact)
            return "taken"
        if same[0].says == fact.says:
            return "duplicate"
        if self.rule.revision == "last":
            view.outcomes[view.outcomes.index(same[0])] = fact
        return "refused" if self.rule.revision == "reject" else "revised"

    def remembered_until(self, step: int) -> int:
        """When it is forgotten: a window after it closed, which it did when it was logged if that was late already."""
        view = self.view(step)
        told = [self.record] if view.exposure is None else [self.record, view.exposure.record]
        return max(view.deadline, *(record.ingest_ts for record in told)) + self.rule.window_us

    @property
    def kept(self) -> bool:
        """Whether this prediction is learned from if it is a negative."""
        return xxhash.xxh64_intdigest(self.body.id.encode(), SEED) / 2**64 < self.rule.keep_silent

    def known(self, view: View) -> tuple[float, float] | None:
        """Value and weight by the outcomes taken, weight 0 for a negative that is not kept; None without outcomes."""
        pairs = [(fact.body.value, fact.body.weight) for fact in view.outcomes if isinstance(fact.body, Outcome)]
        if not pairs:
            return None
        values = [value for value, _ in pairs]
        decides = {
            "first": 0,
            "last": -1,
            "min": values.index(min(values)),
            "max": values.index(max(values)),
        }
        if self.rule.reducer in decides:
            return self.weighed(*pairs[decides[self.rule.reducer]])
        value = math.fsum(values) / (len(values) if self.rule.reducer == "mean" else 1)
        return self.weighed(value, math.fsum(weight for _, weight in pairs) / len(pairs))

    def weighed(self, value: float, weight: float) -> tuple[float, float]:
        """The value with the weight that sampling gives it."""
        if value != (self.rule.if_silent or 0.0) or self.rule.keep_silent == 1.0:
            return value, weight
        return value, (weight / self.rule.keep_silent if self.kept else NOT_KEPT)

    def state(self, step: int, now: int) -> str:
        """The class after `step`, whose time is `now`."""
        view = self.view(step)
        known = self.known(view)
        over = now >= view.deadline
        early = self.early is not None and step >= self.early
        if known is not None and (self.rule.learn != "close" or (over and not early)):
            return "discarded" if known[1] == NOT_KEPT else "joined"
        if early:
            return "discarded"
        if not over:
            return "pending"
        if self.rule.counts_from is not None and view.exposure is None:
            return "unexposed"
        if self.rule.if_silent is not None and self.weighed(self.rule.if_silent, 1.0)[1] == NOT_KEPT:
            return "discarded"
        return "silent"

    def moments(self, records: Sequence[Record]) -> Iterator[tuple[int, tuple[int, int], str]]:
        """The steps at which it might emit something: with their place in the step, and what happens.

        Windows that close because time passed come first in a step, by deadline; what the record does comes second.
        """
        view = View(deadline=records[self.step].ingest_ts + 1)
        for step in range(self.step, len(records)):
            now = records[step].ingest_ts
            if self.barred or (self.early is not None and step > self.early):
                return
            if now >= view.deadline:
                yield step, (0, view.deadline), self._closing(view)
                return
            crowded = self.crowded and step == self.early
            if step > self.step and not crowded and all(at != step for at, _ in self.facts):
                continue
            before, view = view, self.view(step)
            known = self.known(view)
            if self.rule.learn != "close" and known is not None and known != self.known(before):
                yield step, (1, 0), "answer"
            if now >= view.deadline:
                yield step, (1, 0), self._closing(view)
                return
            starts = step == self.step if self.rule.counts_from is None else view.exposure is not before.exposure
            if self.rule.learn == "revise" and known is None and starts:
                yield step, (1, 0), "assume"
            if crowded and known is None:
                yield step, (2, 0), "unlearn"

    def _closing(self, view: View) -> str:
        if view.outcomes:
            return "answer" if self.rule.learn == "close" else "nothing"
        unexposed = self.rule.counts_from is not None and view.exposure is None
        return "nothing" if unexposed or self.rule.if_silent is None else "silence"

    def examples(self, records: Sequence[Record]) -> list[tuple[int, tuple[int, int], int, Example]]:
        """Everything that it emits in the course of these records: step, place in the step, number, example.

        What is held back is here as what would have been learned, had it not been.
        """
        return self._told(records)[0]

    def taught(self, records: Sequence[Record]) -> tuple[tuple[float, float] | None, int]:
        """What was last learned of it, value and weight, and how many examples it made."""
        return self._told(records)[1:]

    def _told(
        self, records: Sequence[Record]
    ) -> tuple[list[tuple[int, tuple[int, int], int, Example]], tuple[float, float] | None, int]:
        learned: tuple[float, float] | None = None
        scored: tuple[float, float] | None = None
        revision = 0
        told: list[tuple[int, tuple[int, int], int, Example]] = []
        corrections = list(self.corrections)
        for number, (step, place, what) in enumerate(self.moments(records)):
            while corrections and corrections[0][0] < step:
                _, learned, revision = corrections.pop(0)
            known = self._known_at(step, what)
            if known is None:
                continue
            target = known if known[1] != NOT_KEPT else (known[0], 0.0)
            learns = scores = True
            if known[1] == NOT_KEPT:
                learns = learned is not None and learned[1] != 0.0
                scores = scored is not None and scored[1] != 0.0
            learns = learns and number not in self.untaught and learned != target
            scores = scores and what != "assume" and scored != target
            if learns or scores:
                example = Example(
                    seq=self.record.seq,
                    model=self.body.model,
                    version=self.body.version,
                    revision=revision,
                    value=target[0],
                    weight=target[1],
                    previous=None if learned is None else learned[0],
                    previous_weight=None if learned is None else learned[1],
                    scored=None if scored is None else scored[0],
                    scored_weight=None if scored is None else scored[1],
                    learn=learns,
                    score=scores,
                )
                told.append((step, place, number, example))
                revision += 1
                learned = target if learns else learned
                scored = target if scores else scored
        if corrections:
            _, learned, revision = corrections[-1]
        return told, learned, revision

    def _known_at(self, step: int, what: str) -> tuple[float, float] | None:
        """Value and weight that follow from what happens at a step; None where nothing does."""
        if what == "nothing":
            return None
        if what == "answer":
            return self.known(self.view(step))
        silent = self.rule.if_silent or 0.0
        known = (silent, NOT_KEPT) if what == "unlearn" else self.weighed(silent, 1.0)
        return None if what == "assume" and known[1] == NOT_KEPT else known

"""A joiner that is slow and obvious, to check the real one against."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from flyball.events.record import Event, Exclusion, Outcome, Prediction
from flyball.testing.oracle_story import Fact, Story

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.events.example import Example
    from flyball.events.record import Record
    from flyball.events.rule import JoinRule

LARGEST = 1e100
"""The largest value or weight that may be summed."""


class OracleJoiner:
    """Does what `flyball.events.joiner.Joiner` does, by asking each prediction again after each record.

    It keeps every record, sorts nothing ahead, and counts nothing but by counting again. It knows neither the limit of
    a thousand outcomes that one prediction takes, nor that of a thousand that are held for one id; nor does it mind if
    time goes back.

    Args:
        rules: the rule of each outcome.
        outcomes: the outcome's name of each model.
        max_pending: the bound, as the joiner has it.

    >>> from flyball.events.record import Record, Tick
    >>> from flyball.events.rule import JoinRule
    >>> oracle = OracleJoiner({"click": JoinRule(outcome="click", window_us=60)}, {"ctr": "click"})
    >>> asked = Prediction(id="r1", model="ctr", version=1, definition="", inputs=[], score=0.5)
    >>> oracle.step(Record(seq=1, event_ts=0, ingest_ts=0, body=asked))
    []
    >>> oracle.step(Record(seq=2, event_ts=60, ingest_ts=60, body=Tick()))
    []
    >>> oracle.tallies["ctr", 1]["silent"]
    1
    """

    def __init__(self, rules: Mapping[str, JoinRule], outcomes: Mapping[str, str], *, max_pending: int = 10**6) -> None:
        self.max_pending = max_pending
        self.records: list[Record] = []
        self.stories: list[Story] = []
        self.held: list[Fact] = []
        self.orphans: list[tuple[Fact, list[str]]] = []
        self.lost: Counter[tuple[tuple[str, int], str]] = Counter()
        self.unknown_outcomes = 0
        self.unused_outcomes = 0
        self.replan(rules, outcomes)

    def replan(self, rules: Mapping[str, JoinRule], outcomes: Mapping[str, str]) -> None:
        """New rules for new predictions."""
        self.rules, self.outcomes = dict(rules), dict(outcomes)

    def step(self, record: Record) -> list[Example]:
        """Take one record in; returns what follows from it."""
        self.records.append(record)
        now = record.ingest_ts
        for story in self.stories:
            story.gone = story.gone or now >= story.remembered_until(self._step)
        self.held = [fact for fact in self.held if fact.due > now]
        self._forget_beyond_limit()
        body = record.body
        if isinstance(body, Prediction):
            self._predict(record, body)
        elif isinstance(body, Outcome):
            self._outcome(record, body)
        elif isinstance(body, Event):
            models = [name for name, outcome in self.outcomes.items() if self.rules[outcome].counts_from == body.type]
            window = max((self.rules[self.outcomes[model]].window_us for model in models), default=0)
            self._hear(Fact(record, body, now + window), sorted(models))
        elif isinstance(body, Exclusion):
            for story in self._open():
                if story.body.model == body.model and body.from_ts <= story.record.event_ts < body.to_ts:
                    story.early = self._step
        self._forget_beyond_limit()
        return self._emitted()

    @property
    def tallies(self) -> dict[tuple[str, int], Counter[str]]:
        """The counts of each model and version, without those that are 0."""
        tallies: dict[tuple[str, int], Counter[str]] = {}
        for (key, name), count in self.lost.items():
            tallies.setdefault(key, Counter())[name] += count
        for _, models in self.orphans:
            for model in models:
                tallies.setdefault((model, 0), Counter())["orphans"] += 1
        for story in self.stories:
            tally = tallies.setdefault(story.key, Counter())
            tally["predictions"] += 1
            tally[story.state(self._step, self._now)] += 1
            counts = story.view(self._step).counts
            tally["refused"] += counts["refused exposure"]
            tally.update({name: counts[name] for name in ("late", "duplicate", "revised", "refused")})
        return {key: +tally for key, tally in tallies.items() if +tally}

    @property
    def pending(self) -> int:
        """How many windows are open."""
        return len(self._open())

    @property
    def remembered(self) -> int:
        """How many closed predictions are not forgotten: those whose window closed in this very step count."""
        return sum(not story.gone and not self._is_open(story) for story in self.stories)

    @property
    def oldest_needed_seq(self) -> int | None:
        """The first record of a prediction not yet forgotten."""
        return min((story.record.seq for story in self.stories if not story.gone), default=None)

    def known(self, model: str, version: int, id: str) -> int | None:
        """The place of the prediction remembered under this id."""
        found = [s.record.seq for s in self.stories if not s.gone and s.key == (model, version) and s.body.id == id]
        return found[0] if found else None

    @property
    def _step(self) -> int:
        return len(self.records) - 1

    @property
    def _now(self) -> int:
        return self.records[-1].ingest_ts

    def _emitted(self) -> list[Example]:
        found = [
            (place, story.record.seq, example.revision, example)
            for story in self.stories
            for step, place, example in story.examples(self.records)
            if step == self._step
        ]
        return [example for _, _, _, example in sorted(found, key=lambda row: row[:3])]

    def _is_open(self, story: Story) -> bool:
        return story.early is None and story.view(self._step).deadline > self._now

    def _open(self) -> list[Story]:
        return [story for story in self.stories if self._is_open(story)]

    def _forget_beyond_limit(self) -> None:
        closed = [story for story in self.stories if not story.gone and not self._is_open(story)]
        closed.sort(key=lambda s: (s.remembered_until(self._step), s.record.seq), reverse=True)
        for story in closed[self.max_pending :]:
            story.gone = True

    def _predict(self, record: Record, body: Prediction) -> None:
        key = (body.model, body.version)
        if self.known(*key, body.id) is not None:
            self.lost[key, "repeated"] += 1
            return
        if body.model not in self.outcomes:
            self.lost[key, "predictions"] += 1
            self.lost[key, "discarded"] += 1
            return
        story = Story(self._step, record, body, self.rules[self.outcomes[body.model]])
        for past in self.records:
            stretch = past.body
            if isinstance(stretch, Exclusion) and stretch.model == body.model:
                story.barred = story.barred or stretch.from_ts <= record.event_ts < stretch.to_ts
        if story.barred:
            story.early = self._step
        facts = list(self.held)
        for other in self.stories:
            if not other.gone:
                view = other.view(self._step)
                facts += [*view.outcomes, *([] if view.exposure is None else [view.exposure])]
        heard = {fact.record.seq: fact for fact in facts if story.hears(fact)}
        for exposes in (True, False):
            for _, fact in sorted(heard.items()):
                if isinstance(fact.body, Event) == exposes:
                    story.facts.append((self._step, fact))
        self.orphans = [(fact, models) for fact, models in self.orphans if fact.record.seq not in heard]
        self.stories.append(story)
        waiting = self._open()
        if len(waiting) > self.max_pending:
            first = min(waiting, key=lambda s: (s.view(self._step).deadline, s.record.seq))
            first.early, first.crowded = self._step, True

    def _outcome(self, record: Record, body: Outcome) -> None:
        models = sorted(model for model, outcome in self.outcomes.items() if outcome == body.outcome)
        window = self.rules[body.outcome].window_us if models else 0
        fact = Fact(record, body, record.ingest_ts + window)
        hit = [story for story in self.stories if not story.gone and story.hears(fact)]
        if not hit and not models:
            self.unused_outcomes += body.outcome in self.rules
            self.unknown_outcomes += body.outcome not in self.rules
        elif not (abs(body.value) <= LARGEST and 0 <= body.weight <= LARGEST):
            for key in [story.key for story in hit] or [(model, 0) for model in models]:
                self.lost[key, "refused"] += 1
        else:
            self._hear(fact, models)

    def _hear(self, fact: Fact, models: list[str]) -> None:
        hit = [story for story in self.stories if not story.gone and story.hears(fact)]
        for story in hit:
            story.facts.append((self._step, fact))
        of_use = [story.view(self._step).heard not in {"late", "deaf", "refused exposure"} for story in hit]
        if any(of_use) or not models:
            return
        same = [held for held in self.held if held.id == fact.id and held.about == fact.about]
        if same and same[-1].says == fact.says:
            if not hit:
                self.lost.update({((model, 0), "duplicate"): 1 for model in models})
            return
        if not hit and isinstance(fact.body, Outcome):
            self.orphans.append((fact, models))
        self.held.append(fact)
        if len(self.held) > self.max_pending:
            self.held.remove(min(self.held, key=lambda held: (held.due, held.record.seq)))

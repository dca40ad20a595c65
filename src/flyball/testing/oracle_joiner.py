"""A joiner that is slow and obvious, to check the real one against."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from flyball.events.record import Event, Exclusion, Outcome, Pause, Prediction, Rewind, Unlogged
from flyball.testing.oracle_story import Fact, Story

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
        without: rewinds, with their places in the log, that hold from the beginning.

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

    def __init__(
        self,
        rules: Mapping[str, JoinRule],
        outcomes: Mapping[str, str],
        *,
        max_pending: int = 10**6,
        without: Sequence[tuple[int, Rewind]] = (),
    ) -> None:
        self.max_pending = max_pending
        self.without = list(without)
        self.records: list[Record] = []
        self.stories: list[Story] = []
        self.held: list[Fact] = []
        self.orphans: list[tuple[Fact, list[str]]] = []
        self.lost: Counter[tuple[tuple[str, int], str]] = Counter()
        self.held_back: dict[str, list[Example]] = {}
        self.plans: list[tuple[int, dict[str, JoinRule], dict[str, str]]] = []
        self.unknown_outcomes = 0
        self.unused_outcomes = 0
        self.replan(rules, outcomes)

    def replan(self, rules: Mapping[str, JoinRule], outcomes: Mapping[str, str]) -> None:
        """New rules for new predictions."""
        self.rules, self.outcomes = dict(rules), dict(outcomes)
        self.plans.append((len(self.records), self.rules, self.outcomes))

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
        elif isinstance(body, Unlogged):
            self.lost[(body.model, body.version), "predictions"] += max(body.count, 0)
            self.lost[(body.model, body.version), "unlogged"] += max(body.count, 0)
        elif isinstance(body, Exclusion | Rewind):
            for story in self._open():
                if story.body.model == body.model and _covered(body, story.record.event_ts):
                    story.early = self._step
        self._forget_beyond_limit()
        return self._emitted()

    def rewind(self) -> None:
        """After a rewind was taken: what it leaves out was never learned of its model's predictions."""
        last = self.records[-1].body
        if not isinstance(last, Rewind):
            return
        done = [(record.seq, record.body) for record in self.records if isinstance(record.body, Rewind)]
        mine = [(seq, body) for seq, body in done if body.model == last.model]
        _, rules, outcomes = self.plans[0]
        again = OracleJoiner(rules, outcomes, max_pending=self.max_pending, without=mine)
        for step, record in enumerate(self.records):
            for at, rules, outcomes in self.plans[1:]:
                if at == step:
                    again.replan(rules, outcomes)
            again.step(record)
        twins = {story.record.seq: story for story in again.stories if not story.gone}
        for story in self.stories:
            if story.body.model != last.model or story.gone:
                continue
            twin = twins.get(story.record.seq)
            if twin is not None:
                story.corrections.append((self._step, *twin.taught(again.records)))
                story.second = twin.second
            elif self._is_open(story):
                story.early = self._step
        self.held_back[last.model] = again.held_back.get(last.model, [])
        self._forget_beyond_limit()

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
            tally["late"] += counts["deaf"]
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
        """The first record of a prediction that is not yet forgotten, or held back."""
        held = [example.seq for examples in self.held_back.values() for example in examples]
        return min([*held, *(story.record.seq for story in self.stories if not story.gone)], default=None)

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

    def mode(self, model: str) -> str:
        """What the last word on a model's learning was."""
        return self._mode(model, len(self.records))

    def _mode(self, model: str, step: int) -> str:
        bodies = [record.body for record in self.records[:step]]
        modes = [body.mode for body in bodies if isinstance(body, Pause) and body.model == model]
        return {"resume": "on"}.get(modes[-1], modes[-1]) if modes else "on"

    def _is_left_out(self, model: str) -> bool:
        """Whether a rewind leaves out what the last record teaches."""
        seq = self.records[-1].seq
        mine = [(at, body) for at, body in self.without if body.model == model and not body.exclude]
        return any(body.to_ts <= self._now and seq < at for at, body in mine)

    def _emitted(self) -> list[Example]:
        """The examples of the last step, those first that were let out because a stretch ended before it."""
        first = [] if self._step == 0 else self._let_out(self._step)
        emitted: list[Example] = []
        due = [
            (place, story.record.seq, number, story)
            for story in self.stories
            for number, (step, place, _) in enumerate(story.moments(self.records))
            if step == self._step
        ]
        for _, _, number, story in sorted(due, key=lambda row: row[:3]):
            emitted += self._taught(story, number)
        return first + emitted + self._let_out(self._step + 1)

    def _let_out(self, step: int) -> list[Example]:
        """What was held back of models that learn again."""
        out: list[Example] = []
        for model in sorted(self.held_back):
            if self._mode(model, step) == "on" and not self._is_left_out(model):
                out += self.held_back.pop(model)
        return out

    def _taught(self, story: Story, number: int) -> list[Example]:
        """What is emitted at one moment of a story, now that it is known whether its model learns."""
        model = story.body.model
        examples = [each for _, _, at, each in story.examples(self.records) if at == number]
        if not examples:
            return []
        [example] = examples
        mode, held = self._mode(model, self._step), self.held_back.setdefault(model, [])
        if not example.learn:
            return [example]
        full = mode == "pause" and len(held) >= self.max_pending
        if mode == "freeze" or full or story.second or self._is_left_out(model):
            self.lost[story.key, "unlearned"] += 1
            story.untaught.add(number)
            return [each for _, _, at, each in story.examples(self.records) if at == number]
        if mode == "on":
            return [example]
        held.append(replace(example, score=False))
        return [replace(example, learn=False)] if example.score else []

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
        twins = [s for s in self.stories if not s.gone and (s.body.id, s.body.model) == (body.id, body.model)]
        story.second = any(not s.second and (self._is_open(s) or s.view(self._step).outcomes) for s in twins)
        for stretch in [*(past.body for past in self.records), *(rewind for _, rewind in self.without)]:
            if isinstance(stretch, Exclusion | Rewind) and stretch.model == body.model:
                story.barred = story.barred or _covered(stretch, record.event_ts)
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


def _covered(body: Exclusion | Rewind, event_ts: int) -> bool:
    """Whether a prediction made then is excluded."""
    stretches = body.exclude if isinstance(body, Rewind) else [(body.from_ts, body.to_ts)]
    return any(from_ts <= event_ts < to_ts for from_ts, to_ts in stretches)

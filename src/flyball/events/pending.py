"""One prediction, from the record that made it until its id is forgotten."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from flyball.events.example import Example
from flyball.events.fact import Fact
from flyball.events.gate import Gate
from flyball.events.hold import MOST_OF_ONE_ID
from flyball.events.reducer import reduce
from flyball.events.rule import JoinRule
from flyball.events.sampling import keep
from flyball.events.tally import Tally

State: TypeAlias = Literal["pending", "joined", "silent", "unexposed", "discarded"]
"""The classes of invariant 4 that the joiner can tell; each is the name of a field of `Tally`."""

Hearing: TypeAlias = Literal["news", "nothing new", "missed"]
"""What a prediction makes of a fact: it matters, it does not, or it is of no use here but might be to another."""


class Lane(msgspec.Struct, eq=False, gc=False):
    """What the predictions of one model version share: the rule by which they began, their tally, the model's gate.

    Args:
        model: name of the model.
        version: version of the model.
        rule: the rule, which a later plan does not change for predictions already made.
        tally: the counts of this model version.
        gate: says whether the model learns.
        outcome: the rule's outcome.
        window_us: the rule's window, microseconds.
        eager: examples are emitted before the window closes.
        assumes: silence is learned from at once.
        waits: the window counts from an exposure.
        needs_outcome_id: an outcome without an id of its own is of no use.
        negative: the value that counts as no.

    >>> Lane.of("ctr", 1, JoinRule(outcome="click", window_us=60), Tally(), Gate(1)).eager
    True
    """

    model: str
    version: int
    rule: JoinRule
    tally: Tally
    gate: Gate
    outcome: str
    window_us: int
    eager: bool
    assumes: bool
    waits: bool
    needs_outcome_id: bool
    negative: float

    @classmethod
    def of(cls, model: str, version: int, rule: JoinRule, tally: Tally, gate: Gate) -> Lane:
        """The lane of a model version under this rule.

        >>> rule = JoinRule(outcome="click", window_us=60, reducer="sum")
        >>> Lane.of("ctr", 1, rule, Tally(), Gate(1)).needs_outcome_id
        True
        """
        return cls(
            model=model,
            version=version,
            rule=rule,
            tally=tally,
            gate=gate,
            outcome=rule.outcome,
            window_us=rule.window_us,
            eager=rule.learn != "close",
            assumes=rule.learn == "revise",
            waits=rule.counts_from is not None,
            needs_outcome_id=rule.reducer in {"sum", "mean"},
            negative=0.0 if rule.if_silent is None else rule.if_silent,
        )


class Pending(msgspec.Struct, eq=False, gc=False):
    """One prediction and what is known of its outcome.

    It is `open` until its deadline, and takes outcomes while it is; then it is remembered for another window, so that
    what comes late can be told from what belongs to nothing. It knows neither time nor other predictions: the joiner
    says when it closes. Its lane's gate says whether it is learned from.

    Args:
        seq: place of the prediction's record in the log.
        id: the prediction's id.
        lane: what it shares with others of its model version.
        event_ts: when it was made, microseconds.
        deadline: when it closes, microseconds; until it is exposed, when it gives up waiting for that.
        due: when the joiner looks at it next: at its deadline while open, a window after it closed then, microseconds.
        state: its class at present.
        open: its window is open.
        teaches: it is learned from; not where another version of the model was asked about this id before, and took or
            may take the outcome.
        exposure: the exposure from which its window counts.
        outcomes: the outcomes taken, one for each `outcome_id`, in the order of the log; a revision keeps its place.
        learned: the value last emitted or held back to be learned from, with `learned_weight`.
        scored: the value last emitted to be scored, with `scored_weight`.
        revision: how many examples it made.
        next: another prediction of the same id.

    >>> lane = Lane.of("ctr", 1, JoinRule(outcome="click", window_us=60), Tally(predictions=1, pending=1), Gate(1))
    >>> entry = Pending(1, "r1", lane, 0, 60, 60)
    >>> entry.hear(Fact(2, "r1", "click", False, None, 1.0, 1.0, 5, 5))
    'news'
    >>> examples = []
    >>> entry.answer(examples)
    >>> (examples[0].value, entry.state, lane.tally.balanced)
    (1.0, 'joined', True)
    """

    seq: int
    id: str
    lane: Lane
    event_ts: int
    deadline: int
    due: int
    state: State = "pending"
    open: bool = True
    teaches: bool = True
    exposure: Fact | None = None
    outcomes: list[Fact] | None = None
    learned: float | None = None
    learned_weight: float | None = None
    scored: float | None = None
    scored_weight: float | None = None
    revision: int = 0
    next: Pending | None = None

    def hear(self, fact: Fact) -> Hearing:
        """Take an outcome in, or count why not.

        In time is what happened before the deadline and could be seen before it, in whatever order the log has it.
        What happened before the prediction is taken too: clocks differ, and the id says what it belongs to.
        """
        lane = self.lane
        tally = lane.tally
        if not self.open or fact.ingest_ts >= self.deadline or fact.event_ts >= self.deadline:
            tally.late += 1
            return "missed"
        if fact.outcome_id is None and lane.needs_outcome_id:
            tally.refused += 1
            return "nothing new"
        outcomes = self.outcomes
        if outcomes is None:
            # Equal strings of the record's are let go in favour of those that are here already.
            fact.id, fact.name = self.id, lane.outcome
            self.outcomes = [fact]
            return "news"
        return self._compare(fact, outcomes)

    def _compare(self, fact: Fact, outcomes: list[Fact]) -> Hearing:
        """Take in an outcome that is not the first."""
        rule, tally = self.lane.rule, self.lane.tally
        key = fact.outcome_id
        place = next((place for place, taken in enumerate(outcomes) if taken.outcome_id == key), None)
        if place is None:
            if len(outcomes) >= MOST_OF_ONE_ID:
                tally.refused += 1
                return "nothing new"
            before = reduce(rule.reducer, outcomes)
            outcomes.append(fact)
        elif outcomes[place].value == fact.value:
            tally.duplicate += 1
            return "nothing new"
        elif rule.revision == "reject":
            tally.refused += 1
            return "nothing new"
        else:
            tally.revised += 1
            if rule.revision == "first":
                return "nothing new"
            before = reduce(rule.reducer, outcomes)
            outcomes[place] = fact
        return "nothing new" if reduce(rule.reducer, outcomes) == before else "news"

    def expose(self, fact: Fact) -> Hearing:
        """Take an exposure in, so that the deadline counts from it, or count why not."""
        lane = self.lane
        window_us = lane.window_us
        limit = self.event_ts + window_us
        if self.exposure is not None:
            lane.tally.duplicate += 1
            return "nothing new"
        if fact.ingest_ts >= limit or fact.event_ts >= limit:
            lane.tally.late += 1
        elif fact.event_ts < self.event_ts - window_us:
            lane.tally.refused += 1
        elif not self.open:
            lane.tally.late += 1
        else:
            self.exposure = fact
            self.deadline = self.due = fact.event_ts + window_us
            return "news"
        return "missed"

    def assume(self, out: list[Example]) -> None:
        """Emit the provisional example of `learn="revise"`: learned from, not scored, so not at all while frozen."""
        value = self.lane.negative
        rate = self.lane.rule.keep_silent
        if keep(self.id, rate) and self._may_learn():
            self._emit(value, 1.0 / rate, out, learn=True, score=False)

    def answer(self, out: list[Example]) -> None:
        """Make the outcomes that were taken the prediction's value, and emit what follows."""
        outcomes = self.outcomes
        if outcomes is None:
            return
        first = outcomes[0]
        known = (first.value, first.weight) if len(outcomes) == 1 else reduce(self.lane.rule.reducer, outcomes)
        self._settle("joined", *known, out)

    def close(self, out: list[Example]) -> None:
        """Close the window: from here on the class is final, and whatever comes is late."""
        self.open = False
        if self.state == "pending":
            if self.outcomes is not None:
                self.answer(out)
            elif self.lane.waits and self.exposure is None:
                self._turn("unexposed")
            elif self.lane.rule.if_silent is None:
                self._turn("silent")
            else:
                self._settle("silent", self.lane.negative, 1.0, out)

    def make_room(self, out: list[Example]) -> None:
        """Discard it for want of room; what was assumed of it is taken back, as no outcome can do so any more."""
        learned = None if self.learned_weight == 0.0 else self.learned
        if self.state == "pending" and learned is not None and self._may_learn():
            self._emit(learned, 0.0, out, learn=True, score=False)
        self.discard()

    def discard(self) -> None:
        """Close without an example; a prediction that has its class already keeps it."""
        self.open = False
        if self.state == "pending":
            self._turn("discarded")

    def _turn(self, state: State) -> None:
        if state == self.state:
            return
        tally = self.lane.tally
        if self.state == "pending":
            tally.pending -= 1
        else:
            setattr(tally, self.state, getattr(tally, self.state) - 1)
        if state == "joined":
            tally.joined += 1
        elif state == "silent":
            tally.silent += 1
        else:
            setattr(tally, state, getattr(tally, state) + 1)
        self.state = state

    def _may_learn(self) -> bool:
        """Whether what is known of it now is learned from, now or later; counted if not."""
        if self.teaches and self.lane.gate.learns:
            return True
        self.lane.tally.unlearned += 1
        return False

    def _settle(self, state: State, value: float, weight: float, out: list[Example]) -> None:
        rate = self.lane.rule.keep_silent
        if rate < 1.0 and value == self.lane.negative:
            if not keep(self.id, rate):
                self._turn("discarded")
                # What was emitted before the value became a negative that is not kept is taken back.
                learn = self.learned_weight not in {None, 0.0} and self._may_learn()
                score = self.scored_weight not in {None, 0.0}
                if learn or score:
                    self._emit(value, 0.0, out, learn=learn, score=score)
                return
            weight /= rate
        self._turn(state)
        learn = not (self.learned == value and self.learned_weight == weight) and self._may_learn()
        score = not (self.scored == value and self.scored_weight == weight)
        if learn or score:
            self._emit(value, weight, out, learn=learn, score=score)

    def _emit(self, value: float, weight: float, out: list[Example], *, learn: bool, score: bool) -> None:
        lane = self.lane
        gate = lane.gate
        example = Example(
            seq=self.seq,
            model=lane.model,
            version=lane.version,
            revision=self.revision,
            value=value,
            weight=weight,
            previous=self.learned,
            previous_weight=self.learned_weight,
            scored=self.scored,
            scored_weight=self.scored_weight,
            learn=learn,
            score=score,
        )
        if learn and gate.mode == "pause":
            gate.hold(example)
            if score:
                out.append(replace(example, learn=False))
        else:
            out.append(example)
        self.revision += 1
        if learn:
            self.learned, self.learned_weight = value, weight
        if score:
            self.scored, self.scored_weight = value, weight

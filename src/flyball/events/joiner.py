"""The joiner: predictions and outcomes in, examples out, right about time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events.fact import Fact
from flyball.events.ledger import Ledger
from flyball.events.omission import Omission
from flyball.events.pending import Lane, Pending
from flyball.events.record import Event, Exclusion, Outcome, Pause, Prediction, Rewind, Unlogged
from flyball.events.reducer import LARGEST
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.events.example import Example
    from flyball.events.record import Record


class TimeWentBack(FlyballError):
    """A record could be seen before the one that precedes it in the log, which no log of ours holds.

    >>> raise TimeWentBack("record 7 has ingest_ts 5, the one before it 9; a log's ingest_ts never falls")
    Traceback (most recent call last):
        ...
    flyball.events.joiner.TimeWentBack: record 7 has ingest_ts 5, the one before it 9; ...
    """


class Joiner(Ledger):
    """Joins outcomes to predictions, one record of the log after the other; `docs/decisions/002` says what and why.

    It reads no clock and no file: time is the `ingest_ts` of the record at hand, and the same records give the same
    examples, tallies and snapshots wherever and however often they are replayed.

    Bounded: at most `max_pending` predictions whose window is open, as many closed ones whose ids are remembered for
    another window, as many outcomes and exposures held, as many examples of each paused model held back. A joiner that
    is full closes the prediction with the earliest deadline as `discarded`, takes back what it assumed of it, forgets
    early what it would forget first, and never learns what it cannot hold back. Memory, measured with ids of 20
    letters: 350 bytes for each prediction open or remembered, 300 for each outcome that one took (1,000 at most), 400
    for each fact held, 300 for each example held back; so 1.7 kB x `max_pending` if all but the last is full and each
    took one, and half of that where few get an outcome.

    Args:
        rules: the rule of each declared outcome, by the outcome's name.
        outcomes: the outcome's name of each model, by the model's name.
        max_pending: the bound, 1 or more.
        without: a model, and what is left out of its learning from the beginning: see `again`.

    Attributes:
        now: `ingest_ts` of the last record, microseconds; None before the first.

    Raises:
        RuleRefused: a rule that cannot be followed.

    >>> from flyball.events.record import Record, Tick
    >>> from flyball.events.rule import JoinRule
    >>> joiner = Joiner({"click": JoinRule(outcome="click", window_us=60)}, {"ctr": "click"})
    >>> asked = Prediction(id="r1", model="ctr", version=1, definition="", inputs=[], score=0.2)
    >>> joiner.step(Record(seq=1, event_ts=0, ingest_ts=0, body=asked))
    []
    >>> yes = Outcome(id="r1", outcome="click", value=1.0)
    >>> [example] = joiner.step(Record(seq=2, event_ts=5, ingest_ts=5, body=yes))
    >>> (example.seq, example.value, joiner.tallies["ctr", 1].joined)
    (1, 1.0, 1)
    """

    def step(self, record: Record) -> list[Example]:
        """Let time pass up to this record, then take it in; returns the examples that follow, in their order.

        Windows whose deadline has come close first, by (deadline, seq).

        Raises:
            TimeWentBack: `ingest_ts` is less than that of the record before.
        """
        now = record.ingest_ts
        out: list[Example] = []
        if self.now is not None and now < self.now:
            raise TimeWentBack(
                f"record {record.seq} has ingest_ts {now}, the one before it {self.now}; a log's ingest_ts never falls"
            )
        self.now = now
        if self._without is not None:
            model, omission = self._without
            out += self._gates.of(model).leave_out(left_out=omission.leaves_out(record))
        register = self._register
        if now >= register.open.due:
            for entry in register.open.take_due(now):
                if entry.open:
                    self._close(entry, entry.deadline, out)
        if now >= register.closed.due:
            register.forget_due(now)
        if now >= self._hold.due:
            self._hold.drop_due(now)
        body = record.body
        if isinstance(body, Prediction):
            self._predict(record, body, out)
        elif isinstance(body, Outcome):
            self._outcome(record, body, out)
        elif isinstance(body, Event):
            self._event(record, body, out)
        else:
            self._direct(record, out)
        return out

    def _direct(self, record: Record, out: list[Example]) -> None:
        """Take in what somebody, or the system itself, says about learning or counting."""
        body = record.body
        if isinstance(body, Pause):
            out += self._gates.turn(body)
        elif isinstance(body, Exclusion):
            self._exclude(body.model, [(body.from_ts, body.to_ts)], record.ingest_ts)
        elif isinstance(body, Rewind):
            self._omissions[body.model] = self._omissions.get(body.model, Omission()).plus(record.seq, body)
            self._exclude(body.model, body.exclude, record.ingest_ts)
        elif isinstance(body, Unlogged):
            tally, count = self._tallies.of(body.model, body.version), max(body.count, 0)
            tally.predictions += count
            tally.unlogged += count

    def _predict(self, record: Record, body: Prediction, out: list[Example]) -> None:
        model, version, id = body.model, body.version, body.id
        last, teaches = None, True
        entry = self._register.first(id)
        while entry is not None:
            if entry.lane.model == model:
                if entry.lane.version == version:
                    entry.lane.tally.repeated += 1
                    return
                # Unless it was closed without an outcome, it teaches what there is to learn.
                teaches = teaches and not (entry.teaches and (entry.open or entry.outcomes is not None))
            last, entry = entry, entry.next
        lane = self._lanes.get((model, version))
        if lane is None:
            lane = self._lane(model, version)
        if lane is None:
            tally = self._tallies.of(model, version)
            tally.predictions += 1
            tally.discarded += 1
            return
        event_ts = record.event_ts
        deadline = event_ts + lane.window_us
        entry = Pending(record.seq, id, lane, event_ts, deadline, deadline, teaches=teaches)
        self._register.link(entry, last)
        tally = lane.tally
        tally.predictions += 1
        tally.pending += 1
        if self._exclusions.ranges and self._exclusions.covers(model, event_ts):
            entry.discard()
        if last is not None or self._hold.of(id):
            self._recall(entry)
        if not entry.open:
            self._register.remember(entry, record.ingest_ts)
            return
        if entry.outcomes is not None and lane.eager:
            entry.answer(out)
        self._start(entry, record.ingest_ts, out)
        if self._register.open_count > self._register.limit:
            self._make_room(record.ingest_ts, out)

    def _start(self, entry: Pending, now: int, out: list[Example], *, noted: int | None = None) -> None:
        """Let the window run that a prediction or an exposure opened; close it if its deadline has come already.

        `noted` is the deadline that the register has for the entry.
        """
        lane = entry.lane
        if entry.deadline <= now:
            self._close(entry, now, out)
            return
        if lane.assumes and entry.outcomes is None and (entry.exposure is not None or not lane.waits):
            entry.assume(out)
        if entry.deadline != noted:
            self._register.open.push(entry, movable=lane.waits)

    def _make_room(self, now: int, out: list[Example]) -> None:
        register = self._register
        while register.open_count > register.limit and (entry := register.open.take_first()) is not None:
            if entry.open:
                entry.make_room(out)
                register.remember(entry, now)

    def _recall(self, entry: Pending) -> None:
        """Let a new prediction hear what was held for it and what others of its id took: exposures first.

        They set the deadline, by which the outcomes are judged.
        """
        lane = entry.lane
        facts = {fact.seq: fact for fact in self._hold.of(entry.id)}
        for other in self._register.chain(entry.id):
            if other.exposure is not None:
                facts[other.exposure.seq] = other.exposure
            facts.update((fact.seq, fact) for fact in other.outcomes or ())
        for _, fact in sorted(facts.items()):
            if fact.exposes and fact.name == lane.rule.counts_from:
                entry.expose(fact)
        for _, fact in sorted(facts.items()):
            if not fact.exposes and fact.name == lane.outcome:
                self._tallies.count(fact.orphan_of, "orphans", -1)
                fact.orphan_of = ()
                entry.hear(fact)

    def _outcome(self, record: Record, body: Outcome, out: list[Example]) -> None:
        id, name, value, weight = body.id, body.outcome, body.value, body.weight
        if not (-LARGEST <= value <= LARGEST and 0.0 <= weight <= LARGEST):
            hit_by = [entry.lane.tally for entry in self._register.chain(id) if entry.lane.outcome == name]
            self._strays.refuse(self._book, name, hit_by)
            return
        fact = Fact(record.seq, id, name, False, body.outcome_id, value, weight, record.event_ts, record.ingest_ts)
        hit = taken = False
        entry = self._register.first(id)
        while entry is not None:
            lane = entry.lane
            if lane.outcome == name:
                hit = True
                hearing = entry.hear(fact)
                if hearing != "missed":
                    taken = True
                    if hearing == "news" and lane.eager:
                        entry.answer(out)
            entry = entry.next
        if taken:
            return
        if name in self._book.answering:
            window_us, models = self._book.answering[name]
            fact.due = record.ingest_ts + window_us
            self._strays.hold(fact, models, hit=hit)
        elif not hit:
            self._strays.count(self._book, name)

    def _event(self, record: Record, body: Event, out: list[Example]) -> None:
        id = body.event_id if body.prediction_id is None else body.prediction_id
        kind, now = body.type, record.ingest_ts
        fact = Fact(record.seq, id, kind, True, None, 0.0, 1.0, record.event_ts, now)
        hit = taken = False
        for entry in self._register.chain(id):
            if entry.lane.rule.counts_from == kind:
                hit = True
                deadline = entry.deadline
                hearing = entry.expose(fact)
                taken = taken or hearing != "missed"
                if hearing == "news":
                    self._start(entry, now, out, noted=deadline)
                    self._register.compact()
        if not taken and kind in self._book.exposing:
            window_us, models = self._book.exposing[kind]
            fact.due = now + window_us
            self._strays.hold(fact, models, hit=hit)

    def _exclude(self, model: str, stretches: Sequence[tuple[int, int]], now: int) -> None:
        for from_ts, to_ts in stretches:
            self._exclusions.add(model, from_ts, to_ts)
        covers = self._exclusions.covers
        self._withdraw(lambda entry: entry.lane.model == model and covers(model, entry.event_ts), now)

    def _close(self, entry: Pending, at: int, out: list[Example]) -> None:
        entry.close(out)
        self._register.remember(entry, at)

    def _lane(self, model: str, version: int) -> Lane | None:
        rule = self._book.rule_of.get(model)
        if rule is None:
            return None
        lane = self._lane_of(model, version, rule)
        if (model, version) in self._tallies:
            self._lanes[model, version] = lane
        return lane

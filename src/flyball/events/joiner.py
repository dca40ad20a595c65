"""The joiner: predictions and outcomes in, examples out, right about time."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from flyball.events.exclusions import Exclusions
from flyball.events.fact import Fact
from flyball.events.hold import Hold
from flyball.events.pending import Lane, Pending
from flyball.events.record import Event, Exclusion, Outcome, Pause, Prediction
from flyball.events.reducer import LARGEST
from flyball.events.register import Register
from flyball.events.rulebook import Rulebook
from flyball.events.snapshot import FORMAT, Snapshot
from flyball.events.tally import Tallies
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.events.example import Example
    from flyball.events.record import Record
    from flyball.events.rule import JoinRule
    from flyball.events.tally import Tally

_COUNTED_AS = {"held": "orphans", "repeats": "duplicate", "full": "refused"}


class TimeWentBack(FlyballError):
    """A record could be seen before the one that precedes it in the log, which no log of ours holds.

    >>> raise TimeWentBack("record 7 has ingest_ts 5, the one before it 9; a log's ingest_ts never falls")
    Traceback (most recent call last):
        ...
    flyball.events.joiner.TimeWentBack: record 7 has ingest_ts 5, the one before it 9; ...
    """


class Joiner:
    """Joins outcomes to predictions, one record of the log after the other; `docs/decisions/002` says what and why.

    It reads no clock and no file: time is the `ingest_ts` of the record at hand, and the same records give the same
    examples, tallies and snapshots wherever and however often they are replayed.

    Bounded: at most `max_pending` predictions whose window is open, as many closed ones whose ids are remembered for
    another window, as many outcomes and exposures held. A joiner that is full closes the prediction with the earliest
    deadline as `discarded`, takes back what it assumed of it, and forgets early what it would forget first. Memory,
    measured with ids of 20 letters: 350 bytes for each prediction open or remembered, 300 for each outcome that one
    took (1,000 at most), 400 for each fact held; so 1.7 kB x `max_pending` if all is full and each took one, and half
    of that where few get an outcome.

    Args:
        rules: the rule of each declared outcome, by the outcome's name.
        outcomes: the outcome's name of each model, by the model's name.
        max_pending: the bound, 1 or more.

    Attributes:
        now: `ingest_ts` of the last record, microseconds; None before the first.
        unknown_outcomes: outcomes of a name that no rule has.
        unused_outcomes: outcomes of a name that no model waits for.

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

    def __init__(
        self, rules: Mapping[str, JoinRule], outcomes: Mapping[str, str], *, max_pending: int = 1_000_000
    ) -> None:
        if max_pending < 1:
            raise FlyballError(f"max_pending {max_pending!r} leaves no room for a prediction; give 1 or more")
        self.now: int | None = None
        self.unknown_outcomes = 0
        self.unused_outcomes = 0
        self._tallies = Tallies()
        self._paused: set[str] = set()
        self._exclusions = Exclusions()
        self._register = Register(max_pending)
        self._hold = Hold(max_pending)
        self.replan(rules, outcomes)

    def replan(self, rules: Mapping[str, JoinRule], outcomes: Mapping[str, str]) -> None:
        """From here on new predictions are joined by these rules; those already made keep theirs.

        Raises:
            RuleRefused: a rule that cannot be followed; then nothing has changed.
        """
        self._book = Rulebook(rules, outcomes)
        self._lanes: dict[tuple[str, int], Lane] = {}

    @property
    def tallies(self) -> Mapping[tuple[str, int], Tally]:
        """The tally of each (model, version), as it stands; version 0 holds what no version can be told for."""
        return MappingProxyType(self._tallies)

    @property
    def pending(self) -> int:
        """How many predictions have an open window, whether an outcome came already or not."""
        return self._register.open_count

    @property
    def remembered(self) -> int:
        """How many predictions are closed and not yet forgotten."""
        return len(self._register.closed)

    @property
    def held(self) -> int:
        """How many outcomes and exposures are held for predictions yet to come."""
        return len(self._hold)

    @property
    def oldest_needed_seq(self) -> int | None:
        """The first place in the log that a prediction open or remembered stands at, None without any.

        What comes before it may leave the log. It asks every prediction: call it when a segment is sealed, not oftener.
        """
        return min((entry.seq for entry in self._register.all()), default=None)

    def known(self, model: str, version: int, id: str) -> int | None:
        """The place in the log of the prediction remembered under this model, version and id; None without one."""
        entry = self._register.find(model, version, id)
        return None if entry is None else entry.seq

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
        elif isinstance(body, Pause):
            self._pause(body)
        elif isinstance(body, Exclusion):
            self._exclude(body, now)
        return out

    def _predict(self, record: Record, body: Prediction, out: list[Example]) -> None:
        model, version, id = body.model, body.version, body.id
        last = None
        entry = self._register.first(id)
        while entry is not None:
            if entry.lane.version == version and entry.lane.model == model:
                entry.lane.tally.repeated += 1
                return
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
        entry = Pending(record.seq, id, lane, event_ts, deadline, deadline)
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
            entry.answer(out, paused=model in self._paused)
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
            entry.assume(out, paused=lane.model in self._paused)
        if entry.deadline != noted:
            self._register.open.push(entry, movable=lane.waits)

    def _make_room(self, now: int, out: list[Example]) -> None:
        register = self._register
        while register.open_count > register.limit and (entry := register.open.take_first()) is not None:
            if entry.open:
                entry.make_room(out, paused=entry.lane.model in self._paused)
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
            self._refuse(id, name)
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
                        entry.answer(out, paused=lane.model in self._paused)
            entry = entry.next
        if taken:
            return
        if name in self._book.answering:
            window_us, models = self._book.answering[name]
            fact.due = record.ingest_ts + window_us
            self._hold_on(fact, models, hit=hit)
        elif not hit:
            self._stray(name)

    def _refuse(self, id: str, name: str) -> None:
        """Count an outcome whose value or weight nothing can be done with."""
        tallies = [entry.lane.tally for entry in self._register.chain(id) if entry.lane.outcome == name]
        if not tallies and name in self._book.answering:
            tallies = [self._tallies.of(model, 0) for model in self._book.answering[name][1]]
        for tally in tallies:
            tally.refused += 1
        if not tallies:
            self._stray(name)

    def _stray(self, name: str) -> None:
        """Count an outcome that nobody waits for."""
        if name in self._book.rules:
            self.unused_outcomes += 1
        else:
            self.unknown_outcomes += 1

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
            self._hold_on(fact, models, hit=hit)

    def _hold_on(self, fact: Fact, models: tuple[str, ...], *, hit: bool) -> None:
        """Hold a fact for predictions yet to come; count it for `models` if no prediction was hit."""
        verdict = self._hold.offer(fact)
        if hit or (verdict == "held" and fact.exposes):
            return
        if verdict == "held":
            fact.orphan_of = models
        self._tallies.count(models, _COUNTED_AS[verdict])

    def _pause(self, body: Pause) -> None:
        if body.paused:
            self._paused.add(body.model)
        else:
            self._paused.discard(body.model)

    def _exclude(self, body: Exclusion, now: int) -> None:
        self._exclusions.add(body.model, body.from_ts, body.to_ts)
        for entry in self._register.withdraw(body.model, body.from_ts, body.to_ts):
            entry.discard()
            self._register.remember(entry, now)

    def _close(self, entry: Pending, at: int, out: list[Example]) -> None:
        entry.close(out, paused=entry.lane.model in self._paused)
        self._register.remember(entry, at)

    def _lane(self, model: str, version: int) -> Lane | None:
        rule = self._book.rule_of.get(model)
        if rule is None:
            return None
        lane = self._lanes[model, version] = Lane.of(model, version, rule, self._tallies.of(model, version))
        return lane

    def snapshot(self) -> bytes:
        """Everything that the joiner carries to the next record; equal states give equal bytes."""
        rules, entries = self._register.save()
        return Snapshot(
            format=FORMAT,
            now=self.now,
            max_pending=self._register.limit,
            unknown_outcomes=self.unknown_outcomes,
            unused_outcomes=self.unused_outcomes,
            paused=sorted(self._paused),
            exclusions=sorted(self._exclusions.ranges.items()),
            tallies=[(model, version, tally) for (model, version), tally in sorted(self._tallies.items(), key=_first)],
            rules=rules,
            entries=entries,
            facts=self._hold.all(),
        ).encode()

    @classmethod
    def restore(
        cls,
        rules: Mapping[str, JoinRule],
        outcomes: Mapping[str, str],
        data: bytes,
        *,
        max_pending: int | None = None,
    ) -> Joiner:
        """The joiner whose snapshot this is, which goes on as that one would have.

        Args:
            rules: the rules that hold for new predictions, as in `Joiner`.
            outcomes: as in `Joiner`.
            data: what `snapshot` returned.
            max_pending: another bound; None keeps that of the snapshot.

        Raises:
            RuleRefused: a rule that cannot be followed.
            SnapshotRefused: foreign bytes, or of another format.
        """
        state = Snapshot.decode(data)
        joiner = cls(rules, outcomes, max_pending=state.max_pending if max_pending is None else max_pending)
        joiner.now = state.now
        joiner.unknown_outcomes = state.unknown_outcomes
        joiner.unused_outcomes = state.unused_outcomes
        joiner._paused.update(state.paused)
        joiner._exclusions.ranges.update(state.exclusions)
        joiner._tallies.update({(model, version): tally for model, version, tally in state.tallies})
        joiner._register.load(state.rules, state.entries, joiner._tallies.of)
        for fact in state.facts:
            joiner._hold.add(fact)
        return joiner


def _first(pair: tuple[tuple[str, int], Tally]) -> tuple[str, int]:
    return pair[0]

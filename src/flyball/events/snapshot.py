"""The joiner's state as bytes."""

from __future__ import annotations

import msgspec

from flyball.events.fact import Fact
from flyball.events.gates import SavedGate
from flyball.events.omission import Omission
from flyball.events.pending import Lane, Pending, State
from flyball.events.rule import JoinRule
from flyball.events.tally import Tally
from flyball.system.error import FlyballError

FORMAT = 1


class SnapshotRefused(FlyballError):
    """These bytes are not a joiner's state that this version can read.

    >>> raise SnapshotRefused("a joiner's state of format 2; this version reads format 1: use a newer flyball")
    Traceback (most recent call last):
        ...
    flyball.events.snapshot.SnapshotRefused: a joiner's state of format 2; ...
    """


class Head(msgspec.Struct, frozen=True, array_like=True):
    """The beginning of a snapshot, which every format shares.

    >>> msgspec.msgpack.decode(msgspec.msgpack.encode([7, "whatever"]), type=Head).format
    7
    """

    format: int


class SavedPending(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A `Pending` as it is saved; `rule` is the place of its rule in the snapshot's list.

    >>> SavedPending(1, "r1", "ctr", 1, 0, 0, 60, 60, "pending", True, None, None, None, None, None, None, 0).rule
    0
    """

    seq: int
    id: str
    model: str
    version: int
    rule: int
    event_ts: int
    deadline: int
    due: int
    state: State
    open: bool
    exposure: Fact | None
    outcomes: list[Fact] | None
    learned: float | None
    learned_weight: float | None
    scored: float | None
    scored_weight: float | None
    revision: int
    teaches: bool = True

    @classmethod
    def of(cls, entry: Pending, rule: int) -> SavedPending:
        """What is saved of an entry.

        >>> from flyball.events.gate import Gate
        >>> lane = Lane.of("ctr", 1, JoinRule(outcome="click", window_us=60), Tally(), Gate(1))
        >>> SavedPending.of(Pending(1, "r1", lane, 0, 60, 60), 0).deadline
        60
        """
        return cls(
            seq=entry.seq,
            id=entry.id,
            model=entry.lane.model,
            version=entry.lane.version,
            rule=rule,
            event_ts=entry.event_ts,
            deadline=entry.deadline,
            due=entry.due,
            state=entry.state,
            open=entry.open,
            exposure=entry.exposure,
            outcomes=entry.outcomes,
            learned=entry.learned,
            learned_weight=entry.learned_weight,
            scored=entry.scored,
            scored_weight=entry.scored_weight,
            revision=entry.revision,
            teaches=entry.teaches,
        )

    def pending(self, lane: Lane) -> Pending:
        """The entry that was saved, in the lane of its model, version and rule.

        >>> from flyball.events.gate import Gate
        >>> lane = Lane.of("ctr", 1, JoinRule(outcome="click", window_us=60), Tally(), Gate(1))
        >>> SavedPending.of(Pending(1, "r1", lane, 0, 60, 60), 0).pending(lane).deadline
        60
        """
        return Pending(
            seq=self.seq,
            id=self.id,
            lane=lane,
            event_ts=self.event_ts,
            deadline=self.deadline,
            due=self.due,
            state=self.state,
            open=self.open,
            exposure=self.exposure,
            outcomes=self.outcomes,
            learned=self.learned,
            learned_weight=self.learned_weight,
            scored=self.scored,
            scored_weight=self.scored_weight,
            revision=self.revision,
            teaches=self.teaches,
        )


class Snapshot(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Everything that a joiner carries from one record to the next; lists are in an order that the state decides.

    Args:
        format: the number of this layout.
        now: `ingest_ts` of the last record, microseconds; None before the first.
        max_pending: the bound of the joiner.
        unknown_outcomes: see `Joiner`.
        unused_outcomes: see `Joiner`.
        gates: models whose learning is paused or frozen, sorted, and what is held back of them.
        exclusions: excluded stretches of each model, sorted.
        omissions: what rewinds have left out of each model's learning, sorted.
        tallies: model, version and tally, sorted.
        rules: the rules of the entries, in the order in which the entries use them first.
        entries: predictions, in the order of the log.
        facts: outcomes and exposures held, in the order of the log.

    >>> from flyball.events.joiner import Joiner
    >>> Snapshot.decode(Joiner({}, {}).snapshot()).entries
    []
    """

    format: int
    now: int | None
    max_pending: int
    unknown_outcomes: int
    unused_outcomes: int
    gates: list[SavedGate]
    exclusions: list[tuple[str, list[tuple[int, int]]]]
    omissions: list[tuple[str, Omission]]
    tallies: list[tuple[str, int, Tally]]
    rules: list[JoinRule]
    entries: list[SavedPending]
    facts: list[Fact]

    def encode(self) -> bytes:
        """The bytes of this state: MessagePack, equal for equal states."""
        return _encoder.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Snapshot:
        """The state that these bytes hold.

        Raises:
            SnapshotRefused: foreign bytes, or another format.

        >>> Snapshot.decode(b"")
        Traceback (most recent call last):
            ...
        flyball.events.snapshot.SnapshotRefused: these 0 bytes are not the state of a joiner ...
        """
        try:
            format = _head.decode(data).format
            if format == FORMAT:
                return _decoder.decode(data)
        except msgspec.DecodeError as error:
            raise SnapshotRefused(
                f"these {len(data)} bytes are not the state of a joiner ({error}); give what `Joiner.snapshot` returned"
            ) from error
        raise SnapshotRefused(
            f"a joiner's state of format {format!r}; this version reads format {FORMAT}: use the version that wrote it"
        )


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Snapshot)
_head = msgspec.msgpack.Decoder(Head)

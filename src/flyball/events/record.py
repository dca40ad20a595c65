"""The envelope of the log: one record, and the bodies that it can carry.

>>> bodies = [
...     Plan(definition="{}", versions={"ctr": 1}),
...     Origin(name="clicks.csv", fingerprint="ab12", rows=3),
...     Prediction(id="r1", model="ctr", version=1, definition="d1", inputs=["DE", 7], score=0.02),
...     Event(type="impression", event_id="r1"),
...     Outcome(id="r1", outcome="click", value=1.0),
...     Tick(),
...     Pause(model="ctr", mode="pause"),
...     Exclusion(model="ctr", from_ts=0, to_ts=3_600_000_000),
...     Rewind(model="ctr", to_ts=0, exclude=[(0, 3_600_000_000)]),
...     Unlogged(model="ctr", version=1, count=3),
... ]
>>> [decode(encode(body)) for body in bodies] == bodies
True
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Leaf: TypeAlias = bool | int | float | str | list[str] | dict[str, float] | None
"""A typed value as it is logged; `None` stands for missing."""


class _Body(msgspec.Struct, frozen=True, tag_field="body", array_like=True, kw_only=True, gc=False):
    """What all bodies share. They hold no cycles, so the garbage collector need not look at them."""


class Prediction(_Body, frozen=True, tag="prediction"):
    """This was asked, these were the signals, this was answered, by this version.

    `inputs` are the typed leaf values in the definition's order, `derived` the outputs of users' own functions in the
    definition's order, `unknown` inputs that no definition knows. `score` is the answer as served (a probability or a
    mean), never recomputed. `as_of` and `learned_through` are places in the log. `event_ts` and `ingest_ts` are the
    record's. `said` is what each lane of a learner of several said, by which it is judged when the outcome comes
    (`flyball.learn.lanes.Said`): float32, little endian; empty where there is one lane, or another answered.
    """

    id: str
    model: str
    version: int
    definition: str
    inputs: list[Leaf]
    score: float
    served_by: str = "model"
    as_of: int = 0
    learned_through: int = 0
    derived: list[Leaf] = []
    unknown: dict[str, Leaf] = {}
    said: bytes = b""


class Outcome(_Body, frozen=True, tag="outcome"):
    """What really happened to the prediction(s) of this id; `value` is 0 or 1 for yes and no."""

    id: str
    outcome: str
    value: float
    outcome_id: str | None = None
    weight: float = 1.0


class Event(_Body, frozen=True, tag="event"):
    """An event of a declared type; `prediction_id` names the prediction that it exposes, where it exposes one."""

    type: str
    event_id: str
    prediction_id: str | None = None
    keys: dict[str, Leaf] = {}
    values: dict[str, Leaf] = {}


class Tick(_Body, frozen=True, tag="tick"):
    """Time has passed and nothing else happened; the record's `ingest_ts` is the time."""


class Plan(_Body, frozen=True, tag="plan"):
    """From here on this definition holds: canonical JSON of the system, and the version of each model."""

    definition: str
    versions: dict[str, int]


class Pause(_Body, frozen=True, tag="pause"):
    """Learning of one model stops or goes on.

    `pause`: what would be learned is held back, in order, and learned at the next `resume`. `freeze`: it is never
    learned. `resume` ends either. Predictions are answered, joined and scored all the while.
    """

    model: str
    mode: Literal["pause", "freeze", "resume"]


class Exclusion(_Body, frozen=True, tag="exclusion"):
    """Predictions of `model` made in `[from_ts, to_ts)` (event time, microseconds) are not learned from."""

    model: str
    from_ts: int
    to_ts: int


class Rewind(_Body, frozen=True, tag="rewind"):
    """What `model` has learned becomes what it would be had some of the log not been learned from.

    Without `exclude`: had nothing been learned from the records that could be seen at `to_ts` or later, up to this one.
    With it: had predictions made in these stretches `[from_ts, to_ts)` of event time never been learned from; they are
    not in future either. `to_ts` then only says up to when nothing changes. All times are microseconds.
    """

    model: str
    to_ts: int
    exclude: list[tuple[int, int]] = []


class Unlogged(_Body, frozen=True, tag="unlogged"):
    """So many predictions of this version were answered and could not be logged: the way to the log was full."""

    model: str
    version: int
    count: int


class Origin(_Body, frozen=True, tag="origin"):
    """The records after this one, up to the next origin, come from a file: so an interrupted replay knows its place."""

    name: str
    fingerprint: str
    rows: int


Body: TypeAlias = Prediction | Outcome | Event | Tick | Plan | Pause | Exclusion | Rewind | Unlogged | Origin


class Record(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """One record of the log.

    `seq` is its place, the one total order, counted from 1 without gaps. `event_ts` is when it happened and
    `ingest_ts` when this system could see it, both int64 microseconds UTC; `ingest_ts` never falls from one record to
    the next.

    >>> record = Record(seq=1, event_ts=0, ingest_ts=0, body=Outcome(id="r1", outcome="click", value=1.0))
    >>> decode(encode(record.body)) == record.body
    True
    """

    seq: int
    event_ts: int
    ingest_ts: int
    body: Body


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Body] = msgspec.msgpack.Decoder(Body)


def encode(body: Body) -> bytes:
    r"""The bytes of a body as they stand in the log (MessagePack).

    >>> encode(Tick())
    b'\x91\xa4tick'
    """
    return _encoder.encode(body)


def decode(data: bytes) -> Body:
    r"""The body that these bytes of the log hold; raises `msgspec.DecodeError` on foreign bytes.

    >>> decode(b'\x91\xa4tick')
    Tick()
    """
    body: Body = _decoder.decode(data)
    return body

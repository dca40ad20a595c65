"""The envelope of the log: one record, and the bodies that it can carry."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Leaf: TypeAlias = bool | int | float | str | list[str] | dict[str, float] | None
"""A typed value as it is logged; `None` stands for missing."""


class Prediction(msgspec.Struct, frozen=True, tag_field="body", tag="prediction", array_like=True, kw_only=True, gc=False):
    """This was asked, these were the signals, this was answered, by this version.

    `inputs` are the typed leaf values in the definition's order, `derived` the outputs of users' own functions in the
    definition's order, `unknown` inputs that no definition knows. `score` is the answer as served (a probability or a
    mean), never recomputed. `as_of` and `learned_through` are places in the log. `event_ts` and `ingest_ts` are the
    record's.
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


class Outcome(msgspec.Struct, frozen=True, tag_field="body", tag="outcome", array_like=True, kw_only=True, gc=False):
    """What really happened to the prediction(s) of this id; `value` is 0 or 1 for yes and no."""

    id: str
    outcome: str
    value: float
    outcome_id: str | None = None
    weight: float = 1.0


class Event(msgspec.Struct, frozen=True, tag_field="body", tag="event", array_like=True, kw_only=True, gc=False):
    """An event of a declared type; `prediction_id` names the prediction that it exposes, where it exposes one."""

    type: str
    event_id: str
    prediction_id: str | None = None
    keys: dict[str, Leaf] = {}
    values: dict[str, Leaf] = {}


class Tick(msgspec.Struct, frozen=True, tag_field="body", tag="tick", array_like=True, kw_only=True, gc=False):
    """Time has passed and nothing else happened; the record's `ingest_ts` is the time."""


class Plan(msgspec.Struct, frozen=True, tag_field="body", tag="plan", array_like=True, kw_only=True, gc=False):
    """From here on this definition holds: canonical JSON of the system, and the version of each model."""

    definition: str
    versions: dict[str, int]


class Pause(msgspec.Struct, frozen=True, tag_field="body", tag="pause", array_like=True, kw_only=True, gc=False):
    """Learning of one model stops (`paused=True`) or goes on (`paused=False`)."""

    model: str
    paused: bool


class Exclusion(msgspec.Struct, frozen=True, tag_field="body", tag="exclusion", array_like=True, kw_only=True, gc=False):
    """Predictions of `model` made in `[from_ts, to_ts)` (event time, microseconds) are not learned from."""

    model: str
    from_ts: int
    to_ts: int


class Origin(msgspec.Struct, frozen=True, tag_field="body", tag="origin", array_like=True, kw_only=True, gc=False):
    """The records after this one, up to the next origin, come from a file: so an interrupted replay knows its place."""

    name: str
    fingerprint: str
    rows: int


Body: TypeAlias = Prediction | Outcome | Event | Tick | Plan | Pause | Exclusion | Origin


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
_decoder = msgspec.msgpack.Decoder(Body)


def encode(body: Body) -> bytes:
    """The bytes of a body as they stand in the log (MessagePack).

    >>> encode(Tick())
    b'\\x91\\xa4tick'
    """
    return _encoder.encode(body)


def decode(data: bytes) -> Body:
    """The body that these bytes of the log hold; raises `msgspec.DecodeError` on foreign bytes.

    >>> decode(b'\\x91\\xa4tick')
    Tick()
    """
    return _decoder.decode(data)

"""What processes say to each other through rings."""

from __future__ import annotations

import msgspec

from flyball.events.record import Body  # msgspec resolves the annotations when it reads them
from flyball.serve.port import Evaluate, Known  # as above
from flyball.watch.feed import Look  # as above

Question = Known | Evaluate | Look
"""What may be asked."""


class Entries(msgspec.Struct, frozen=True, tag="entries", array_like=True):
    """To the loop: (event_ts in microseconds, body) of records to be logged, in this order and all in one commit.

    >>> from flyball.events.record import Tick
    >>> to_loop.decode(encode(Entries([(5, Tick())])))
    Entries(entries=[(5, Tick())])
    """

    entries: list[tuple[int, Body]]


class Asked(msgspec.Struct, frozen=True, tag="asked", array_like=True):
    """To the loop: a question, with a number by which its answer is known.

    >>> from flyball.serve.port import Known
    >>> to_loop.decode(encode(Asked(3, Known(model="ctr", version=1, id="r1")))).number
    3
    """

    number: int
    question: Question


class Answered(msgspec.Struct, frozen=True, tag="answered", array_like=True):
    """From the loop: the answer to the question of this number, MessagePack; empty where it cannot be given.

    >>> from_loop.decode(encode(Answered(3, b""))).number
    3
    """

    number: int
    reply: bytes


AWAITED = 1
"""The flag of messages whose sender waits for the commit."""
VOID = 2
"""The flag of messages that were declined, since the disk is full: nothing is done with them, now or later."""

_encoder = msgspec.msgpack.Encoder()
to_loop: msgspec.msgpack.Decoder[Entries | Asked] = msgspec.msgpack.Decoder(Entries | Asked)
from_loop: msgspec.msgpack.Decoder[Answered] = msgspec.msgpack.Decoder(Answered)


def encode(message: Entries | Asked | Answered) -> bytes:
    r"""The bytes of a message.

    >>> encode(Entries([]))
    b'\x92\xa7entries\x90'
    """
    return _encoder.encode(message)

"""What the request path needs of the rest of a running system: small ports, so that it can be tested without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from flyball.events.record import Body

from flyball.events.record import Leaf  # msgspec resolves the annotations of questions when it reads them


class Known(msgspec.Struct, frozen=True, tag="known"):
    """Asks the loop for the prediction of this id, if the joiner remembers one.

    >>> Known(model="ctr", version=1, id="r1").id
    'r1'
    """

    model: str
    version: int
    id: str


class Evaluate(msgspec.Struct, frozen=True, tag="evaluate"):
    """Asks the loop for an answer between two batches of learning, so that no coefficient straddles examples.

    `inputs` and `derived` are as in `flyball.events.record.Prediction`, of the definition with this hash.

    >>> Evaluate(model="ctr", definition="d1", inputs=["DE"], derived=[]).inputs
    ['DE']
    """

    model: str
    definition: str
    inputs: list[Leaf]
    derived: list[Leaf]


class Reply(msgspec.Struct, frozen=True):
    """What the loop answers.

    Args:
        found: for `Known`: the names and values of the inputs, in order, and the answer as it was logged.
        score: for `Evaluate` and a found `Known`: the answer.
        said: for `Evaluate`: what lanes said, as `flyball.events.record.Prediction` has it.
        learned_through: up to which record the answer had learned.
        served_by: for a found `Known`: who had answered.

    >>> Reply().found
    False
    """

    found: bool = False
    inputs: dict[str, Leaf] = {}
    score: float = 0.0
    said: bytes = b""
    learned_through: int = 0
    served_by: str = "model"


class LoopDown(Exception):  # named for what happened, as all of ours
    """The loop does not answer; it is being started again."""


class DiskFull(Exception):  # named for what happened, as all of ours
    """The log's disk takes no more; nothing of what was offered since is kept."""


class Channel(Protocol):
    """The way to the log: bounded, and surviving the loop's death."""

    def offer(self, entries: Sequence[tuple[int, Body]]) -> int | None:
        """Hands over pairs of event_ts (microseconds) and body, all or none; their place, or `None` without room."""

    def committed(self, place: int) -> Awaitable[None]:
        """Ends when everything up to this place is durable.

        Raises:
            LoopDown: the loop is down; whether it will be kept is not known, so it must not be acknowledged.
            DiskFull: the disk is full.
        """

    def ask(self, question: Known | Evaluate) -> Awaitable[Reply]:
        """Asks the loop.

        Raises:
            LoopDown: it does not answer.
        """


class Book(Protocol):
    """Which ids have been asked; shared by all workers."""

    def claim(self, model: str, version: int, id: str) -> bool:
        """Notes this id; `False` if it was noted before (rarely, if another one looks like it): then ask the loop."""

    def release(self, model: str, version: int, id: str) -> None:
        """Takes a claim back whose prediction was not made after all."""


class Vitals(Protocol):
    """What the loop tells all processes about itself, read from shared memory."""

    @property
    def learned_through(self) -> int:
        """The last record that the coefficients have learned from."""

    @property
    def learning(self) -> bool:
        """Whether the loop is up, and the coefficients served are those that it learns."""

    @property
    def disk_full(self) -> bool:
        """Whether the log's disk takes no more."""


class Keeper(Protocol):
    """Who may do what."""

    def admit(self, authorization: bytes | None, scope: str) -> str:
        """The consumer's name; raises `Refused` (`flyball.serve.problem`) with 401 or 403."""

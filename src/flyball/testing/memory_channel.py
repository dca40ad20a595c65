"""The ports of the request path in memory, for tests: everything that can go wrong is a switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events.record import Prediction
from flyball.serve.port import DiskFull, Evaluate, Known, LoopDown, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flyball.events.record import Body


class MemoryChannel:
    """Keeps what it is offered, and answers questions from it.

    Args:
        room: how many records it takes; `None`: any number.
        names: the names of a model's inputs, by the model, for what it answers to `Known`.
        evaluate: what it answers to `Evaluate`.

    >>> from flyball.events.record import Tick
    >>> channel = MemoryChannel(room=1)
    >>> channel.offer([(0, Tick())]), channel.offer([(0, Tick())])
    (1, None)
    """

    def __init__(
        self,
        room: int | None = None,
        names: dict[str, tuple[str, ...]] | None = None,
        evaluate: Callable[[Evaluate], Reply] | None = None,
    ) -> None:
        self.room = room
        self.names = names or {}
        self.evaluate = evaluate
        self.down = False
        self.disk_full = False
        self.entries: list[tuple[int, Body]] = []
        self.questions: list[Known | Evaluate] = []
        self.meanwhile: Callable[[], None] | None = None
        """Called before a question is answered: what happens while somebody waits."""

    @property
    def predictions(self) -> list[Prediction]:
        """The predictions among what it was offered."""
        return [body for _, body in self.entries if isinstance(body, Prediction)]

    def offer(self, entries: Sequence[tuple[int, Body]]) -> int | None:
        """Keeps them, all or none."""
        if self.room is not None and len(self.entries) + len(entries) > self.room:
            return None
        self.entries += entries
        return len(self.entries)

    async def committed(self, place: int) -> None:  # noqa: ARG002  # all is durable at once
        """Ends at once, or says what is wrong."""
        if self.down:
            raise LoopDown
        if self.disk_full:
            raise DiskFull

    async def ask(self, question: Known | Evaluate) -> Reply:
        """Answers from what was offered."""
        self.questions.append(question)
        if self.meanwhile is not None:
            self.meanwhile()
        if self.down:
            raise LoopDown
        if isinstance(question, Evaluate):
            return Reply() if self.evaluate is None else self.evaluate(question)
        wanted = (question.model, question.version, question.id)
        for body in self.predictions:
            if (body.model, body.version, body.id) == wanted:
                inputs = dict(zip(self.names[body.model], body.inputs, strict=True))
                return Reply(
                    found=True,
                    inputs=inputs,
                    score=body.score,
                    learned_through=body.learned_through,
                    served_by=body.served_by,
                )
        return Reply()


class MemoryBook:
    """Notes ids in a set.

    >>> book = MemoryBook()
    >>> book.claim("late", 1, "r1"), book.claim("late", 1, "r1")
    (True, False)
    """

    def __init__(self) -> None:
        self.claimed: set[tuple[str, int, str]] = set()

    def claim(self, model: str, version: int, id: str) -> bool:
        """Notes an id; whether it is new."""
        key = (model, version, id)
        new = key not in self.claimed
        self.claimed.add(key)
        return new

    def release(self, model: str, version: int, id: str) -> None:
        """Forgets an id."""
        self.claimed.discard((model, version, id))


class MemoryVitals:
    """What a loop says of itself, as it is set.

    >>> MemoryVitals().learning
    True
    """

    def __init__(self) -> None:
        self.learned_through = 0
        self.learning = True
        self.disk_full = False

"""Facts that wait to be sent, and what became of those that were."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING

from flyball.client.error import Unsendable
from flyball.client.options import checked_seconds
from flyball.client.parcel import parcels

if TYPE_CHECKING:
    from flyball.client.fact import Fact
    from flyball.client.parcel import Parcel

ITEM_BYTES = 256 << 10
"""How large one fact may be."""
BATCH_BYTES = 512 << 10
"""How large a batch may be; the service takes bodies of 1 MiB."""
QUEUE_BYTES = 64 << 20
"""How much memory the texts of all waiting facts may take."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the facts given to a sender: `given = waiting + accepted + rejected + dropped`.

    Args:
        waiting: not sent yet, or on their way.
        accepted: durable.
        rejected: refused by the service.
        dropped: not known to have arrived: there were too many, or the sender was closed while the service was away.

    >>> Counts(accepted=2).dropped
    0
    """

    waiting: int = 0
    accepted: int = 0
    rejected: int = 0
    dropped: int = 0


class Backlog:
    """A bounded queue, cut into batches; threads may share it.

    Args:
        max_batch: how many facts a batch has at most.
        max_delay: how many seconds the first of a batch waits for others.
        max_queue: how many wait at most.

    >>> from flyball.client.fact import Fact
    >>> backlog = Backlog(max_batch=2, max_queue=3)
    >>> [backlog.add(Fact.outcome(f"r{place}", 1)) for place in range(4)]
    [True, True, True, False]
    >>> [len(parcel.items) for parcel in backlog.take()], backlog.counts
    ([2], Counts(waiting=3, accepted=0, rejected=0, dropped=1))
    """

    def __init__(self, *, max_batch: int = 500, max_delay: float = 0.05, max_queue: int = 10_000) -> None:
        for name, most in (("max_batch", max_batch), ("max_queue", max_queue)):
            if type(most) is not int or most < 1:
                raise Unsendable(f"{name} is {most!r}; give a whole number of at least 1")
        self.lock = RLock()
        self.max_delay = checked_seconds("max_delay", max_delay)
        self._max_batch, self._max_queue = max_batch, max_queue
        self._facts: deque[Fact] = deque()
        self._bytes = 0
        self._taken = 0
        self._accepted = self._rejected = self._dropped = self._turned_away = 0
        self._added = self._done = self._hurried = 0
        self.closing = False
        self.abandoned = False

    def add(self, fact: Fact) -> bool:
        """Queues a fact; `False` where it was dropped: there are too many, or the backlog was closed.

        Raises:
            Unsendable: it is larger than a fact may be.
        """
        size = len(fact.data)
        if size > ITEM_BYTES:
            raise Unsendable(
                f"a fact for {fact.path} has {size} bytes; at most {ITEM_BYTES} are sent: leave out inputs"
            )
        with self.lock:
            if self.closing or len(self._facts) >= self._max_queue or self._bytes + size > QUEUE_BYTES:
                self._turned_away += 1
                return False
            self._facts.append(fact)
            self._bytes += size
            self._added += 1
            return True

    @property
    def waits(self) -> bool:
        """Whether a batch could be taken, or nothing will come any more."""
        with self.lock:
            return bool(self._facts) or self.closing

    @property
    def due(self) -> bool:
        """Whether a batch is to be taken at once."""
        with self.lock:
            full = len(self._facts) >= self._max_batch or self._bytes >= BATCH_BYTES
            return full or self.closing or self._hurried > self._done

    def hurry(self) -> int:
        """Wants what is queued now to be sent at once; gives the mark that `passed` knows it by."""
        with self.lock:
            self._hurried = self._added
            return self._added

    def passed(self, mark: int) -> bool:
        """Whether all that was queued before the mark has been accepted, rejected or dropped."""
        with self.lock:
            return self._done >= mark

    def take(self) -> tuple[Parcel, ...]:
        """Takes the next batch; nothing where nothing waits."""
        with self.lock:
            batch: list[Fact] = []
            size = 0
            while self._facts and len(batch) < self._max_batch:
                size += len(self._facts[0].data)
                if batch and size > BATCH_BYTES:
                    break
                batch.append(self._facts.popleft())
                self._bytes -= len(batch[-1].data)
            self._taken = len(batch)
            return parcels(batch)

    def settle(self, accepted: int = 0, rejected: int = 0, dropped: int = 0) -> None:
        """Counts what became of facts that were taken."""
        with self.lock:
            self._accepted += accepted
            self._rejected += rejected
            self._dropped += dropped

    def finish(self) -> None:
        """The batch that was taken is settled; what of it was not counted was given up."""
        with self.lock:
            self._done += self._taken
            self._taken = 0
            self._dropped = self._done - self._accepted - self._rejected

    def close(self) -> None:
        """Takes no more facts; those that wait are still to be sent."""
        with self.lock:
            self.closing = True

    def abandon(self) -> None:
        """Drops what waits, and tells whoever delivers to give up after the try under way."""
        with self.lock:
            self.closing = self.abandoned = True
            self._dropped += len(self._facts)
            self._done += len(self._facts)
            self._facts.clear()
            self._bytes = 0

    @property
    def counts(self) -> Counts:
        """What became of all that was given."""
        with self.lock:
            waiting = self._added - self._accepted - self._rejected - self._dropped
            return Counts(waiting, self._accepted, self._rejected, self._dropped + self._turned_away)

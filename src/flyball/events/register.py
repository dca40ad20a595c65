"""The predictions that the joiner knows, by id and by the time at which each is next looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events.agenda import Agenda
from flyball.events.snapshot import SavedPending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flyball.events.pending import Lane, Pending
    from flyball.events.rule import JoinRule

_SLACK = 1_024


class Register:
    """Predictions whose window is open, and closed ones for another window; at most `limit` of each.

    Those of one id form a chain in the order of the log.

    Args:
        limit: how many entries may be open, and how many closed ones are remembered.

    Attributes:
        open: open entries by deadline; those that wait for an exposure may be noted at times that mean nothing now.
        closed: closed entries by the time at which they are forgotten.
        open_count: how many entries have an open window, those between `link` and `remember`.

    >>> from flyball.events.gate import Gate
    >>> from flyball.events.pending import Lane, Pending
    >>> from flyball.events.rule import JoinRule
    >>> from flyball.events.tally import Tally
    >>> lane = Lane.of("ctr", 1, JoinRule(outcome="click", window_us=60), Tally(pending=1), Gate(1))
    >>> register = Register(limit=10)
    >>> entry = Pending(1, "r1", lane, 0, 60, 60)
    >>> register.link(entry, None)
    >>> register.open.push(entry)
    >>> [len(register.open.take_due(59)), len(register.open.take_due(60)), register.open_count]
    [0, 1, 1]
    """

    __slots__ = ("_entries", "closed", "limit", "open", "open_count")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.open: Agenda[Pending] = Agenda()
        self.closed: Agenda[Pending] = Agenda()
        self.open_count = 0
        self._entries: dict[str, Pending] = {}

    def first(self, id: str) -> Pending | None:
        """The first entry of an id; the others follow by `next`."""
        return self._entries.get(id)

    def chain(self, id: str) -> Iterator[Pending]:
        """The entries of an id, in the order of the log."""
        entry = self._entries.get(id)
        while entry is not None:
            yield entry
            entry = entry.next

    def find(self, model: str, version: int, id: str) -> Pending | None:
        """The entry of this model, version and id."""
        for entry in self.chain(id):
            if entry.lane.model == model and entry.lane.version == version:
                return entry
        return None

    def all(self) -> Iterator[Pending]:
        """Every entry, in no order that means anything."""
        for id in self._entries:
            yield from self.chain(id)

    def link(self, entry: Pending, last: Pending | None) -> None:
        """Add an open entry after `last`, the last of its id (None: its id has none)."""
        if last is None:
            self._entries[entry.id] = entry
        else:
            last.next = entry
        self.open_count += 1

    def remember(self, entry: Pending, at: int) -> None:
        """Keep an entry that closed and is due no more for another window: from its deadline, or from `at` if later.

        `at` (microseconds) is when a record closed it, or its deadline where only time did.
        """
        self.open_count -= 1
        entry.due = max(entry.deadline, at) + entry.lane.window_us
        self._keep_closed(entry)

    def _keep_closed(self, entry: Pending) -> None:
        closed = self.closed
        closed.push(entry)
        if len(closed) > self.limit and (first := closed.take_first()) is not None:
            self._forget(first)

    def forget_due(self, now: int) -> None:
        """Forget the closed entries whose time has come at `now` (microseconds)."""
        for entry in self.closed.take_due(now):
            self._forget(entry)

    def withdraw(self, unwanted: Callable[[Pending], bool]) -> list[Pending]:
        """Take off the open entries that are `unwanted`; gives them in the order of the log."""

        def stays(entry: Pending) -> bool:
            return not (entry.open and unwanted(entry))

        self.open.keep(stays)
        return sorted((entry for entry in self.all() if not stays(entry)), key=_seq)

    def compact(self) -> None:
        """Drop the notes that mean nothing now if they outnumber the others."""
        if len(self.open) > 2 * self.open_count + _SLACK:
            self.open.keep(_is_open)

    def save(self) -> tuple[list[JoinRule], list[SavedPending]]:
        """The rules of all entries and the entries, in the order of the log."""
        places: dict[JoinRule, int] = {}
        entries = [
            SavedPending.of(entry, places.setdefault(entry.lane.rule, len(places)))
            for entry in sorted(self.all(), key=_seq)
        ]
        return list(places), entries

    def load(
        self, rules: Sequence[JoinRule], entries: Sequence[SavedPending], lane_of: Callable[[str, int, JoinRule], Lane]
    ) -> None:
        """Take in what `save` returned; `lane_of` makes the lane of a model, version and rule."""
        lanes: dict[tuple[str, int, int], Lane] = {}
        for saved in entries:
            model, version, place = key = (saved.model, saved.version, saved.rule)
            lane = lanes.get(key)
            if lane is None:
                lane = lanes[key] = lane_of(model, version, rules[place])
            entry = saved.pending(lane)
            *_, last = (None, *self.chain(entry.id))
            self.link(entry, last)
            if entry.open:
                self.open.push(entry, movable=lane.waits)
            else:
                self.open_count -= 1
                self._keep_closed(entry)

    def _forget(self, entry: Pending) -> None:
        before = self._entries.pop(entry.id)
        if before is entry:
            if entry.next is not None:
                self._entries[entry.id] = entry.next
            return
        self._entries[entry.id] = before
        while before.next is not None and before.next is not entry:
            before = before.next
        before.next = entry.next


def _is_open(entry: Pending) -> bool:
    return entry.open


def _seq(entry: Pending) -> int:
    return entry.seq

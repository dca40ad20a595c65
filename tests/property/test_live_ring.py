"""A ring beside a plain list: whatever is put, taken, released and begun anew, all messages come, in order."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from flyball.run.live.block import Block, new_block
from flyball.run.live.ring import Frame, RingReader, RingWriter, begin, ring_size

CAPACITY = 256


class RingMachine(RuleBasedStateMachine):
    """One writer and one reader of a small ring, each of which may be killed and begin anew."""

    @initialize()
    def start(self) -> None:
        """An empty ring."""
        self.block = Block(new_block("ring", ring_size(CAPACITY)))
        begin(self.block)
        self.writer, self.reader = RingWriter(self.block), RingReader(self.block)
        self.kept: list[Frame] = []
        self.taken = 0

    @rule(message=st.binary(max_size=100), flags=st.integers(0, 3))
    def put(self, message: bytes, flags: int) -> None:
        """Refused only where there is no room."""
        place = self.writer.put(message, flags)
        if place is None:
            self.writer.refresh()
            place = self.writer.put(message, flags)
        if place is None:
            used = sum(8 + (len(frame.data) + 7 & ~7) for frame in self.kept)
            room = CAPACITY - used - (8 + (len(message) + 7 & ~7))
            assert room < 8 + 104, f"a message of {len(message)} bytes was refused with {room} bytes to spare"
        else:
            self.kept.append(Frame(place, message, flags))
            assert self.writer.flags(place, len(message)) == flags

    @rule(most=st.integers(0, 2 * CAPACITY))
    def take(self, most: int) -> None:
        """In order, each once."""
        found = self.reader.take(most)
        assert found == self.kept[self.taken : self.taken + len(found)], "messages out of order"
        self.taken += len(found)
        if most >= CAPACITY:
            assert self.taken == len(self.kept), "a message was not found"

    @precondition(lambda self: self.taken > 0)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """Gives room back."""
        count = data.draw(st.integers(1, self.taken))
        self.reader.release(self.kept[count - 1].place)
        del self.kept[:count]
        self.taken -= count

    @precondition(lambda self: self.taken > 0)
    @rule(data=st.data(), flags=st.integers(0, 3))
    def change(self, data: st.DataObject, flags: int) -> None:
        """Other flags stay with the message."""
        place = data.draw(st.integers(0, self.taken - 1))
        self.reader.change(self.kept[place], flags)
        self.kept[place] = self.kept[place]._replace(flags=flags)

    @rule()
    def kill_the_writer(self) -> None:
        """Another one goes on behind it."""
        self.writer = RingWriter(self.block)

    @rule()
    def kill_the_reader(self) -> None:
        """Another one begins with what was never released."""
        self.reader = RingReader(self.block)
        self.taken = 0

    @invariant()
    def what_was_taken_can_be_read_again(self) -> None:
        """Until it is released."""
        if self.taken:
            assert self.reader.again(self.kept[self.taken - 1].place) == self.kept[: self.taken]


TestRing = RingMachine.TestCase
TestRing.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)

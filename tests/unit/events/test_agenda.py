"""The agenda: earliest first, whatever the order in which things were noted."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from flyball.events.agenda import NEVER, Agenda


@dataclass
class Note:
    """Something due at a time."""

    due: int
    seq: int


def noted(*times: int, movable: bool = False) -> tuple[Agenda[Note], list[Note]]:
    """An agenda with notes for these times, and the notes."""
    agenda: Agenda[Note] = Agenda()
    notes = [Note(due, seq) for seq, due in enumerate(times)]
    for note in notes:
        agenda.push(note, movable=movable)
    return agenda, notes


@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 12)))
def test_what_is_due_is_taken_in_order(times: list[int], moments: list[int]) -> None:
    """As sorting would have it, and nothing is left behind that is due."""
    agenda, notes = noted(*times)
    for now in sorted(moments):
        due = sorted((note for note in notes if note.due <= now), key=lambda note: (note.due, note.seq))
        notes = [note for note in notes if note.due > now]

        assert due == agenda.take_due(now)
        assert len(notes) == len(agenda)
        assert min((note.due for note in notes), default=NEVER) == agenda.due


@given(st.lists(st.integers(0, 9)))
def test_the_first_is_taken_one_by_one(times: list[int]) -> None:
    """Until nothing is left."""
    agenda, notes = noted(*times)

    taken = [agenda.take_first() for _ in [*times, None]]

    assert [*sorted(notes, key=lambda note: (note.due, note.seq)), None] == taken


def test_what_moved_is_due_once_at_its_new_time() -> None:
    """The note at the old time means nothing any more."""
    agenda, (early, late) = noted(5, 7, movable=True)
    early.due = 9
    agenda.push(early, movable=True)

    assert agenda.take_due(6) == []
    assert [late] == agenda.take_due(8)
    assert [early] == agenda.take_due(9)
    assert len(agenda) == 0


def test_what_is_not_due_stays_though_a_stale_note_was() -> None:
    """Taking off the stale note at 5 must not take the one at 7 with it."""
    agenda, (moved, later) = noted(5, 7, movable=True)
    moved.due = 20
    agenda.push(moved, movable=True)

    assert agenda.take_due(5) == []
    assert [later, moved] == agenda.take_due(20)


def test_keeping_drops_the_rest_and_stale_notes() -> None:
    """In the queue as in the heap."""
    agenda, (first, moved, last) = noted(5, 3, 9)
    agenda.push(Note(4, 3), movable=True)
    moved.due = 30

    agenda.keep(lambda note: note is not first)

    assert [Note(4, 3), last] == agenda.take_due(40)

    agenda.keep(lambda note: True)

    assert agenda.due == NEVER

"""Snapshots: whatever is learned meanwhile, what is handed over is what the table held when the snapshot began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from flyball.learn import ftrl
from flyball.learn.table import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.snapshot import Snapshot

    Keys = NDArray[Any]  # of uint64

HYPER = np.array([0.1, 1.0, 0.0, 0.0])
KEYS = np.random.default_rng(7).integers(1, 2**64 - 1, 3_000, dtype=np.uint64)
CHOICES = st.tuples(st.integers(0, len(KEYS) - 1), st.integers(1, 300))


def told(entries: tuple[Keys, Keys]) -> dict[int, int]:
    """Entries as a dictionary."""
    return dict(zip(entries[0].tolist(), entries[1].tolist(), strict=True))


class SnapshotMachine(RuleBasedStateMachine):
    """A table that learns while snapshots are taken of it."""

    @initialize(shared=st.booleans(), choice=CHOICES)
    def begin(self, shared: bool, choice: tuple[int, int]) -> None:
        """A table that has learned something."""
        self.table = Table(slot_bits=6, max_segments=512, shared=shared)
        self.snapshot: Snapshot | None = None
        self.found: list[tuple[int, int]] = []
        self.expected: dict[int, int] = {}
        self.changed: set[int] = set()
        self.learn(choice, 1.0)

    @property
    def running(self) -> bool:
        """Whether a snapshot is being taken."""
        return self.snapshot is not None and not self.snapshot.done

    @rule(choice=CHOICES, label=st.floats(0, 1))
    def learn(self, choice: tuple[int, int], label: float) -> None:
        """Some keys, known ones and new ones, two to an example; segments split."""
        first, count = choice
        keys = KEYS[first : first + count]
        keys = np.concatenate([keys, keys[: len(keys) % 2]])
        examples = len(keys) // 2
        labels = np.tile([label, 1.0, 0.0, 0.0], (examples, 1))
        self.table.preserve(keys)
        done = ftrl.run(
            self.table.words, HYPER, False, np.arange(0, len(keys) + 1, 2), keys, np.ones(len(keys)),
            np.full(examples, ftrl.LEARN, np.uint8), labels, keys[:examples], np.empty(examples),
        )  # fmt: skip  # what `run` takes
        assert done == examples
        self.changed |= set(keys.tolist())

    @rule(choice=CHOICES)
    def write(self, choice: tuple[int, int]) -> None:
        """Pairs are loaded."""
        keys = KEYS[choice[0] : sum(choice)]
        self.table.load(keys, keys)
        self.changed |= set(keys.tolist())

    @rule()
    def forget(self) -> None:
        """Nothing that was learned holds any more, but for the snapshot."""
        self.table.forget()
        self.changed = set(self.table.entries()[0].tolist())

    @rule()
    def lose(self) -> None:
        """What was written down was lost: everything counts as changed."""
        self.table.touch_all()
        self.changed = set(self.table.entries()[0].tolist())

    @precondition(lambda self: not self.running)
    @rule()
    def begin_snapshot(self) -> None:
        """Of what changed."""
        self.expected = told(self.table.entries(only_touched=True))
        self.found, self.changed = [], set()
        self.snapshot = self.table.begin_snapshot(
            lambda keys, pairs: self.found.extend(zip(keys.tolist(), pairs.tolist(), strict=True))
        )

    @precondition(lambda self: self.running)
    @rule(most=st.integers(1, 200))
    def step(self, most: int) -> None:
        """Some entries are copied."""
        assert self.snapshot is not None
        before = len(self.found)
        if self.snapshot.step(most):
            assert sorted(self.found) == sorted(self.expected.items())
        assert len(self.found) - before <= most

    @precondition(lambda self: self.running)
    @rule()
    def abandon(self) -> None:
        """It is given up: the next one is of everything."""
        assert self.snapshot is not None
        self.snapshot.abandon()
        self.changed = set(self.table.entries()[0].tolist())

    @invariant()
    def what_was_found_was_there(self) -> None:
        """Each entry once, with the pair that it had."""
        assert len(dict(self.found)) == len(self.found)
        assert set(self.found) <= set(self.expected.items())

    @invariant()
    def what_changed_since_is_known(self) -> None:
        """For the next snapshot."""
        assert set(self.table.entries(only_touched=True)[0].tolist()) == self.changed

    def teardown(self) -> None:
        """Every snapshot has an end."""
        while self.running:
            self.step(64)


TestSnapshot = SnapshotMachine.TestCase
TestSnapshot.settings = settings(max_examples=60, stateful_step_count=25)

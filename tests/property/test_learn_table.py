"""The table against a dictionary: any puts, with segments so small that they split all the time."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from flyball.learn.slots import ZERO_KEY
from flyball.learn.table import Table, TableFull

SOME_KEYS = [
    0,
    1,
    2,
    2**63,
    2**63 + 1,
    2**64 - 1,
    *np.random.default_rng(3).integers(1, 2**64 - 1, 60, np.uint64).tolist(),
]
# The key 0 is kept under another one, which Hypothesis finds in the source.
KEYS = st.sampled_from(SOME_KEYS) | st.integers(0, 2**64 - 1).filter(lambda key: key != ZERO_KEY)
SINGLES = st.floats(-1e6, 1e6, width=32)


class TableMachine(RuleBasedStateMachine):
    """A table and a dictionary that are told the same."""

    @initialize(max_segments=st.sampled_from([2, 7, 64]), shared=st.booleans())
    def begin(self, max_segments: int, shared: bool) -> None:
        """A new table."""
        self.shared = shared
        self.table = Table(slot_bits=6, max_segments=max_segments, shared=shared)
        self.held: dict[int, tuple[float, float]] = {}
        self.changed: set[int] = set()

    @rule(entries=st.lists(st.tuples(KEYS, SINGLES, SINGLES), max_size=8))
    def put(self, entries: list[tuple[int, float, float]]) -> None:
        """A few entries, keys also twice: the last holds."""
        self._put({key: (z, n) for key, z, n in entries})

    @rule(seed=st.integers(0, 99), count=st.integers(1, 200))
    def put_many(self, seed: int, count: int) -> None:
        """Many keys at once, so that segments split."""
        random = np.random.default_rng(seed)
        self._put({int(key): (1.0, 2.0) for key in random.integers(1, 2**64 - 1, count, dtype=np.uint64)})

    def _put(self, entries: dict[int, tuple[float, float]]) -> None:
        for key, (z, n) in entries.items():
            try:
                self.table.put(np.array([key], np.uint64), z=np.array([z]), n=np.array([n]))
            except TableFull:
                assert key not in self.held
            else:
                self.held[key] = (z, n)
                self.changed.add(key)

    @rule()
    def checkpoint(self) -> None:
        """What changed is told, then forgotten."""
        keys, _ = self.table.entries(only_touched=True)
        assert len(keys) == len(self.changed)
        self.table.untouch()
        self.changed = set()

    @rule(max_segments=st.sampled_from([64, 128]))
    def reload(self, max_segments: int) -> None:
        """Another table takes over."""
        entries, digest = self.table.entries(), self.table.digest()
        self.table = Table(slot_bits=6, max_segments=max_segments, shared=self.shared)
        self.table.load(*entries)
        assert self.table.digest() == digest
        self.changed = set(self.held)

    @rule()
    def forget(self) -> None:
        """Nothing that was learned holds any more."""
        self.table.forget()
        self.held = dict.fromkeys(self.held, (0.0, 0.0))
        self.changed = set(self.held)

    @invariant()
    def equals_the_dictionary(self) -> None:
        """Every key, and no other."""
        assert len(self.table) == len(self.held)
        assert {key: self.table.get(key) for key in self.held} == self.held
        assert all((self.table.get(key) is None) == (key not in self.held) for key in SOME_KEYS)


TestTable = TableMachine.TestCase
TestTable.settings = settings(max_examples=60, stateful_step_count=25)

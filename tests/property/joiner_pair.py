"""The joiner and the slow obvious one side by side; for the tests beside it."""

from __future__ import annotations

import msgspec

from flyball.events.joiner import Joiner
from flyball.events.record import Body, Record, Rewind
from flyball.events.rule import JoinRule
from flyball.testing.oracle_joiner import OracleJoiner

Plan = tuple[dict[str, JoinRule], dict[str, str]]


class JoinerPair:
    """Gives each record to both, and fails where they differ."""

    def __init__(self, plan: Plan, max_pending: int, start: int) -> None:
        self.plan = plan
        self.history: list[Plan | Record] = [plan]
        self.joiner = Joiner(*plan, max_pending=max_pending)
        self.oracle = OracleJoiner(*plan, max_pending=max_pending)
        self.now = start
        self.seq = 0

    def step(self, body: Body, lapse: int = 0, age: int = 0) -> None:
        """Append a record `lapse` later, of something that happened `age` ago; the same must follow from it."""
        self.now += lapse
        self.seq += 1
        record = Record(seq=self.seq, event_ts=self.now - age, ingest_ts=self.now, body=body)

        expected = self.oracle.step(record)

        self.history.append(record)

        assert expected == self.joiner.step(record)
        if isinstance(body, Rewind):
            self.joiner.correct(body.model, self._again(body.model))
            self.oracle.rewind()
        self._compare()

    def _again(self, model: str) -> Joiner:
        """A joiner that has seen the same, without what rewinds left out of this model's learning."""
        again = self.joiner.again(model)
        for each in self.history:
            if isinstance(each, Record):
                again.step(each)
            else:
                again.replan(*each)
        return again

    def replan(self, plan: Plan) -> None:
        """Other rules for what comes."""
        self.plan = plan
        self.history.append(plan)
        self.joiner.replan(*plan)
        self.oracle.replan(*plan)

    def save_and_restore(self) -> None:
        """From here on the restored joiner goes on in place of the one that was saved."""
        data = self.joiner.snapshot()

        self.joiner = Joiner.restore(*self.plan, data)

        assert data == self.joiner.snapshot()
        if self.seq > 0:
            self._compare()

    def _compare(self) -> None:
        oracle, joiner = self.oracle, self.joiner
        counted = {key: msgspec.structs.asdict(tally) for key, tally in joiner.tallies.items()}
        counted = {key: {name: count for name, count in tally.items() if count != 0} for key, tally in counted.items()}

        assert {key: dict(tally) for key, tally in oracle.tallies.items()} == {k: t for k, t in counted.items() if t}
        assert {key: tally for key, tally in joiner.tallies.items() if not tally.balanced} == {}
        assert (oracle.unknown_outcomes, oracle.unused_outcomes) == (joiner.unknown_outcomes, joiner.unused_outcomes)
        assert (oracle.pending, oracle.remembered) == (joiner.pending, joiner.remembered)
        assert len(oracle.held) == joiner.held
        assert oracle.oldest_needed_seq == joiner.oldest_needed_seq
        for model in "ab":
            assert oracle.mode(model) == joiner.mode(model)
            assert len(oracle.held_back.get(model, ())) == joiner.held_back(model)
        for model, version in (("a", 1), ("a", 2), ("b", 1)):
            assert oracle.known(model, version, "r1") == joiner.known(model, version, "r1")

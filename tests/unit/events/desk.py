"""A joiner at whose desk records are handed in one by one, at stated times; for the tests beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from flyball.events.example import Example
from flyball.events.joiner import Joiner
from flyball.events.record import Body, Event, Exclusion, Outcome, Pause, Prediction, Record, Tick

if TYPE_CHECKING:
    from flyball.events.rule import JoinRule


class Desk:
    """Takes predictions of model `m`, version 1, and outcomes of the first rule, unless told otherwise.

    `at` is when a record can be seen, `ts` when it happened (None: at the same time).
    """

    def __init__(self, *rules: JoinRule, outcomes: dict[str, str] | None = None, max_pending: int = 1_000) -> None:
        self.rules = {rule.outcome: rule for rule in rules}
        self.outcomes = {"m": rules[0].outcome} if outcomes is None else outcomes
        self.name = rules[0].outcome
        self.joiner = Joiner(self.rules, self.outcomes, max_pending=max_pending)
        self.seq = 0

    def hand_in(self, body: Body, at: int, ts: int | None = None) -> list[Example]:
        """Any record."""
        self.seq += 1
        return self.joiner.step(Record(seq=self.seq, event_ts=at if ts is None else ts, ingest_ts=at, body=body))

    def ask(self, id: str = "r", at: int = 0, ts: int | None = None, **changes: Any) -> list[Example]:  # noqa: ANN401  # passed on
        """A prediction."""
        fields: dict[str, Any] = {"model": "m", "version": 1, "definition": "", "inputs": [], "score": 0.5} | changes
        return self.hand_in(Prediction(id=id, **fields), at, ts)

    def answer(self, value: float, at: int, ts: int | None = None, *, id: str = "r", **changes: Any) -> list[Example]:  # noqa: ANN401  # passed on
        """An outcome."""
        return self.hand_in(Outcome(id=id, value=value, **({"outcome": self.name} | changes)), at, ts)

    def show(self, at: int, ts: int | None = None, *, id: str = "r", type: str = "shown") -> list[Example]:
        """An exposure."""
        return self.hand_in(Event(type=type, event_id=f"event-{self.seq}", prediction_id=id), at, ts)

    def tick(self, at: int) -> list[Example]:
        """Time alone."""
        return self.hand_in(Tick(), at)

    def pause(
        self, at: int, mode: Literal["pause", "freeze", "resume"] = "pause", *, model: str = "m"
    ) -> list[Example]:
        """Learning stops or goes on."""
        return self.hand_in(Pause(model=model, mode=mode), at)

    def exclude(self, at: int, from_ts: int, to_ts: int, *, model: str = "m") -> list[Example]:
        """A stretch is excluded."""
        return self.hand_in(Exclusion(model=model, from_ts=from_ts, to_ts=to_ts), at)

    def tally(self, model: str = "m", version: int = 1) -> dict[str, int]:
        """The counts that are not 0, without that of the predictions, of which none may have vanished."""
        tally = self.joiner.tallies[model, version]
        assert tally.balanced
        counts = msgspec.structs.asdict(tally)
        return {name: count for name, count in counts.items() if count != 0 and name != "predictions"}


def example(value: float, weight: float = 1.0, **changes: Any) -> Example:  # noqa: ANN401  # passed on
    """An example of the first record, learned and scored for the first time, but for the changes."""
    fields: dict[str, Any] = {
        "seq": 1,
        "model": "m",
        "version": 1,
        "revision": 0,
        "learn": True,
        "score": True,
    } | changes
    return Example(value=value, weight=weight, **fields)

"""A conversation with an engine, one record at a time, every one of them logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events.leaf import leaf_of, value_of
from flyball.events.record import Outcome, Prediction, Record
from tests.unit.run.flights import Recorded, planned

if TYPE_CHECKING:
    from flyball.events.record import Body, Leaf
    from flyball.events.tally import Tally
    from flyball.run.engine import Engine
    from flyball.run.live_model import LiveModel
    from flyball.system.system import System


class Talk:
    """A conversation with an engine."""

    def __init__(self, system: System) -> None:
        self.target = Recorded(system)

    @property
    def engine(self) -> Engine:
        """The engine that is talked to."""
        return self.target.engine

    def live(self, name: str = "late_model") -> LiveModel:
        """One model."""
        return self.engine.models[name]

    def tally(self, name: str = "late_model", version: int = 1) -> Tally:
        """What became of its predictions."""
        return self.engine.joiner.tallies[name, version]

    def tell(self, body: Body, at: int | None = None) -> None:
        """Any record that is no prediction."""
        now = self.target.now if at is None else at
        self.target.commit([(now, now, body)])

    def plan(self, system: System, versions: dict[str, int], at: int | None = None) -> None:
        """Another definition."""
        self.tell(planned(system, versions), at)

    def ask(self, id: str, at: int | None = None, name: str = "late_model", **inputs: Leaf) -> float:
        """A prediction; its answer."""
        return self._ask(id, at, name, inputs)

    def _ask(self, id: str, at: int | None, name: str, inputs: dict[str, Leaf]) -> float:
        now = self.target.now if at is None else at
        live, seq = self.live(name), self.engine.seq + 1
        form = live.form
        leaves = [inputs.get(leaf) for leaf in form.names]
        values = form.encoder.evaluate([value_of(leaf) for leaf in leaves])
        body = Prediction(
            id=id,
            model=name,
            version=form.version,
            definition=form.definition,
            inputs=leaves,
            score=0.0,
            derived=[leaf_of(values[place]) for place in form.program.functions],
        )
        batch = form.one(seq, now, values)
        self.target.commit([(now, now, body)], {name: batch})
        return float(batch.scores[0])

    def answer(self, id: str, value: float, at: int | None = None, *, weight: float = 1.0) -> None:
        """An outcome."""
        self.tell(Outcome(id=id, outcome="late", value=value, weight=weight), at)

    def learn(self, id: str, value: float, **inputs: Leaf) -> None:
        """A prediction and its outcome."""
        self._ask(id, None, "late_model", inputs)
        self.answer(id, value)

    def gradients(self, **inputs: Leaf) -> float:
        """The sum of z over the coordinates of these inputs: below 0 after more was told than was answered."""
        live = self.live()
        form = live.form
        features = form.encoder.encode([value_of(inputs.get(leaf)) for leaf in form.names])
        states = [live.table.get(key) for key in features.keys.tolist()]
        return sum(state[0] for state in states if state is not None)

    def records(self) -> list[Record]:
        """Everything that was logged."""
        return list(self.target.log.read())

"""A real engine fed by the simulated ad exchange, told to the control app as the loop tells it."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import msgspec

import flyball as fb
from flyball.events.leaf import leaf_of, value_of
from flyball.events.record import Outcome, Prediction
from flyball.events.tally import summed
from flyball.run.ephemeral import Ephemeral
from flyball.run.live_model import version_of
from flyball.testing.world import World
from flyball.testing.worlds import ads
from flyball.watch.feed import Feed, ModelFeed, TallyFeed, boards_of, versions_of
from flyball.watch.machine import Latencies, MachineFeed, ProcessFeed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.events.tally import Tally
    from flyball.watch.feed import Look

BOUNDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05]


def three_models() -> fb.System:
    """The exchange's own model, a plain one for the same clicks, and one that predicts a number."""
    ctr = ads.ctr
    bid = fb.Outcome("bid", type=float, scale=0.5)
    plain = fb.Model("ctr_plain", signals=[ads.country, ads.device], outcome=ctr.outcome, slice_by=[ads.device])
    price = fb.Model("price", signals=[ads.country, ads.advertiser, ads.topic], outcome=bid, slice_by=[ads.country])
    return fb.System("ads", owner="team:ads", description="a simulated ad exchange", models=[ctr, plain, price])


class WatchedWorld:
    """An engine, and the traffic that it has not seen yet.

    Args:
        rows: predictions of each model at most.
        system: the definition.
        elsewhere: the versions under which the first model's predictions are also made elsewhere, and what they say.
    """

    def __init__(
        self, rows: int = 4_000, system: fb.System | None = None, *, elsewhere: Mapping[int, float] | None = None
    ) -> None:
        self._elsewhere = dict(elsewhere or {})
        self.system = system or three_models()
        self.target = Ephemeral(self.system, None)
        self.engine = self.target.engine
        traffic = World(seed=3).month(days=rows / 10_000, requests_per_day=10_000)
        self._inputs = list(traffic.rows())
        self._ids = traffic.id
        self._todo = [(int(ts), row, None) for row, ts in enumerate(traffic.event_ts)]
        self._later: list[tuple[int, int, float]] = []
        self._clicks = traffic.click_ts
        self._next = 0
        self.answers: dict[str, int] = {}

    def go_on(self, predictions: int) -> None:
        """The next predictions of every model, and the outcomes that come meanwhile."""
        for ts, row, _ in self._todo[self._next : self._next + predictions]:
            while self._later and self._later[0][0] <= ts:
                at, told, value = heapq.heappop(self._later)
                self._tell(at, told, value)
            for model in self.system.models:
                self._predict(model.name, ts, row)
            for version, score in self._elsewhere.items():
                self._record(self.system.models[0].name, ts, row, version, score)
            if self._clicks[row] >= 0:
                heapq.heappush(self._later, (int(self._clicks[row]), row, 1.0))
            if "bid" in self.system.outcomes:
                bid = Outcome(id=self._ids[row], outcome="bid", value=float(self._inputs[row]["bid_price"] or 0.0))
                self.target.commit([(ts, ts, bid)])
        self._next += predictions

    def tally(self, model: str) -> Tally:
        """What became of a model's predictions, over all versions."""
        return summed(tally for (name, _), tally in self.engine.joiner.tallies.items() if name == model)

    def feed(self, look: Look) -> Feed:
        """What the loop tells."""
        models = {}
        for model in self.system.models:
            live = self.engine.models[model.name]
            boards = {name: board for name, board in live.boards.items() if version_of(name) == live.version}
            models[model.name] = ModelFeed(
                version=live.version,
                features=len(live.table),
                table_bytes=32 * len(live.table),
                boards=boards_of(boards, look.stamps.get(model.name, {})),
                versions=versions_of((version_of(name), board) for name, board in live.boards.items()),
            )
        return Feed(
            system=self.system.to_json(),
            versions={name: live.version for name, live in self.engine.models.items()},
            seq=self.engine.seq,
            log_ts=self.target.now,
            learned_through=self.engine.seq,
            learned_ts=self.target.now,
            log_bytes=210 * self.engine.seq,
            checkpoint_seq=self.engine.seq // 2,
            models=models,
            tallies=[
                TallyFeed(model=name, version=version, tally=tally.copy())
                for (name, version), tally in self.engine.joiner.tallies.items()
            ],
        )

    def machine(self) -> MachineFeed:
        """The processes, as if two workers had shared the work."""
        made = self._next
        spread = [int(made * share) for share in (0.3, 0.45, 0.17, 0.06, 0.015, 0.004, 0.0007, 0.0003)]
        held = {model.name: Latencies(bounds=BOUNDS, counts=spread) for model in self.system.models}
        mib = 1024 * 1024
        return MachineFeed(
            processes=[
                ProcessFeed(pid=4100, kind="supervisor", resident_bytes=31 * mib, cpu_seconds=0.4),
                ProcessFeed(pid=4101, kind="loop", resident_bytes=143 * mib, cpu_seconds=made * 0.0004),
                ProcessFeed(pid=4102, kind="control", resident_bytes=96 * mib, cpu_seconds=made * 0.0001),
                *(
                    ProcessFeed(
                        pid=4103 + i,
                        kind="worker",
                        index=i,
                        resident_bytes=112 * mib,
                        cpu_seconds=made * 0.0002,
                        requests={"200": made, "422": made // 97},
                        latencies=held if i == 0 else {},
                        ring_fill=0.02,
                    )
                    for i in range(2)
                ),
            ],
            disk_free=41 * 1024**3,
            disk_total=64 * 1024**3,
        )

    def _tell(self, at: int, row: int, value: float) -> None:
        self.target.commit([(at, at, Outcome(id=self._ids[row], outcome="click", value=value))])

    def _predict(self, name: str, ts: int, row: int) -> None:
        live, seq = self.engine.models[name], self.engine.seq + 1
        form = live.form
        body = self._body(name, row)
        values = form.encoder.evaluate([value_of(leaf) for leaf in body.inputs])
        derived = [leaf_of(values[place]) for place in form.program.functions]
        logged = msgspec.structs.replace(body, derived=derived)
        self.target.commit([(ts, ts, logged)], {name: form.one(seq, ts, values)})

    def _record(self, name: str, ts: int, row: int, version: int, score: float) -> None:
        body = msgspec.structs.replace(self._body(name, row), version=version, score=score, served_by="elsewhere")
        self.target.commit([(ts, ts, body)])

    def _body(self, name: str, row: int) -> Prediction:
        form = self.engine.models[name].form
        return Prediction(
            id=self._ids[row],
            model=name,
            version=form.version,
            definition=form.definition,
            inputs=[self._inputs[row].get(leaf) for leaf in form.names],
            score=0.0,
        )

"""How long answers took since the tick before, over all workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.watch.machine import ProcessFeed

    Floats = NDArray[np.float64]


class LatencyMeter:
    """Turns the counts that workers keep since their start into those since the tick before.

    >>> from flyball.watch.machine import Latencies, ProcessFeed
    >>> def worker(*counts: int, pid: int = 7) -> list[ProcessFeed]:
    ...     held = Latencies(bounds=[0.001], counts=list(counts))
    ...     return [ProcessFeed(pid=pid, kind="worker", latencies={"ctr": held})]
    >>> meter = LatencyMeter()
    >>> [meter.take(worker(5, 0)), meter.take(worker(9, 1))["ctr"].tolist(), meter.bounds]
    [{}, [4.0, 1.0], (0.001,)]

    A worker that was started again goes on, or begins at 0:

    >>> meter.take(worker(10, 1, pid=8))["ctr"].tolist(), meter.take(worker(2, 0, pid=9))["ctr"].tolist()
    ([1.0, 0.0], [2.0, 0.0])
    """

    def __init__(self) -> None:
        self.bounds: tuple[float, ...] = ()
        """Upper ends of the buckets but the last, seconds."""
        self._before: dict[int, dict[str, Floats]] | None = None

    def take(self, processes: Sequence[ProcessFeed]) -> dict[str, Floats]:
        """The new answers of each model, by bucket; nothing at the first tick, whose past has no time."""
        held: dict[int, dict[str, Floats]] = {}
        fresh: dict[str, Floats] = {}
        for process in processes:
            for model, latencies in process.latencies.items():
                self.bounds = tuple(latencies.bounds)
                counts = np.array(latencies.counts, dtype=np.float64)
                held.setdefault(process.index, {})[model] = counts
                if self._before is None:
                    continue
                before = self._before.get(process.index, {}).get(model)
                new = counts if before is None or counts.sum() < before.sum() else np.maximum(counts - before, 0.0)
                fresh[model] = fresh[model] + new if model in fresh else new
        self._before = held
        return fresh

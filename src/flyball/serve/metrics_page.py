"""The page that Prometheus reads: the numbers of all processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest

from flyball.serve.metric import SECONDS, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from flyball.serve.metric import Layout

    Cells = NDArray[np.float64]


class MetricsPage:
    """Sums the arrays of all processes, and writes them down.

    Args:
        layout: where the numbers stand.
        arrays: each process's array, by the name of the process, such as "worker-0".

    >>> import numpy as np
    >>> from flyball.serve.metric import Layout
    >>> layout = Layout(["ctr"])
    >>> b'flyball_unlogged_total{model="ctr"} 0.0' in MetricsPage(layout, {"worker-0": np.zeros(layout.size)}).render()
    True
    """

    def __init__(self, layout: Layout, arrays: Mapping[str, Cells]) -> None:
        self._layout = layout
        self._arrays = arrays

    def render(self) -> bytes:
        """The page, in Prometheus' text format."""
        return generate_latest(self)

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily]:
        """The metrics as prometheus_client has them."""
        for metric in self._layout.metrics:
            if metric.kind == "counter":
                yield self._counter(metric)
            elif metric.kind == "histogram":
                yield self._histogram(metric)
            else:
                yield self._gauge(metric)

    def _sums(self, metric: Metric) -> Iterator[tuple[tuple[str, ...], list[float]]]:
        for labels in metric.combinations():
            at = self._layout.place(metric.name, *labels)
            total = [0.0] * metric.width
            for cells in self._arrays.values():
                total = [have + more for have, more in zip(total, cells[at : at + metric.width].tolist(), strict=True)]
            yield labels, total

    def _counter(self, metric: Metric) -> CounterMetricFamily:
        family = CounterMetricFamily(metric.name, metric.about, labels=[name for name, _ in metric.labels])
        for labels, [total] in self._sums(metric):
            # Of the many pairs of route and status only those that have occurred are shown.
            if total or metric.name != "flyball_requests":
                family.add_metric(labels, total)
        return family

    def _histogram(self, metric: Metric) -> HistogramMetricFamily:
        family = HistogramMetricFamily(metric.name, metric.about, labels=[name for name, _ in metric.labels])
        for labels, numbers in self._sums(metric):
            below, buckets = 0.0, []
            for end, count in zip((*map(str, SECONDS), "+Inf"), numbers[:-1], strict=True):
                below += count
                buckets.append((end, below))
            family.add_metric(labels, buckets, numbers[-1])
        return family

    def _gauge(self, metric: Metric) -> GaugeMetricFamily:
        family = GaugeMetricFamily(metric.name, metric.about, labels=["process"])
        for process, cells in self._arrays.items():
            family.add_metric([process], float(cells[self._layout.place(metric.name)]))
        return family

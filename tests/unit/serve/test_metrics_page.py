"""The page for Prometheus, read by Prometheus' own parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from flyball.serve.meter import Meter
from flyball.serve.metric import SECONDS, Layout
from flyball.serve.metrics_page import MetricsPage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

LAYOUT = Layout(["ctr"])


def read(arrays: Mapping[str, NDArray[np.float64]]) -> dict[str, dict[str, float]]:
    """The samples of the page, by name and labels."""
    samples: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(MetricsPage(LAYOUT, arrays).render().decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            samples.setdefault(sample.name, {})[labels] = sample.value
    return samples


def test_counters_and_latencies_are_summed_over_processes_and_gauges_are_not() -> None:
    """Two workers."""
    arrays = {"worker-0": np.zeros(LAYOUT.size), "worker-1": np.zeros(LAYOUT.size)}
    for number, cells in enumerate(arrays.values()):
        meter = Meter(LAYOUT, cells)
        meter.request("predict", 200, 1, 2)
        meter.took("ctr", 60_000)
        meter.started((number + 1) * 1_000_000)
    samples = read(arrays)

    assert samples["flyball_requests_total"] == {"code=200,route=predict": 2.0}
    assert samples["flyball_request_seconds_count"] == {"model=ctr": 2.0}
    assert samples["flyball_request_seconds_sum"] == {"model=ctr": 0.00012}
    assert samples["flyball_start_time_seconds"] == {"process=worker-0": 1.0, "process=worker-1": 2.0}


def test_buckets_count_all_below_them() -> None:
    """As Prometheus has it."""
    cells = np.zeros(LAYOUT.size)
    meter = Meter(LAYOUT, cells)
    for ns in (1, 60_000, 10_000_000_000):
        meter.took("ctr", ns)
    buckets = read({"worker-0": cells})["flyball_request_seconds_bucket"]

    assert len(buckets) == len(SECONDS) + 1
    assert list(buckets.values()) == sorted(buckets.values())
    assert (buckets["le=5e-05,model=ctr"], buckets["le=0.0001,model=ctr"], buckets["le=+Inf,model=ctr"]) == (1, 2, 3)

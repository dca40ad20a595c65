"""What the control process knows by itself: the processes, and the disk; also while the loop is down.

>>> worker = ProcessFeed(pid=7, kind="worker", started_us=0, requests={"200": 3})
>>> msgspec.msgpack.decode(msgspec.msgpack.encode(MachineFeed(processes=[worker])), type=MachineFeed).processes[0].pid
7
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

ProcessKind: TypeAlias = Literal["supervisor", "worker", "loop", "control"]


class Latencies(msgspec.Struct, frozen=True, kw_only=True):
    """How long answers took.

    Attributes:
        bounds: the upper ends of the buckets but the last, seconds, rising.
        counts: how many answers fell into each bucket, since the process started; one more than bounds.

    >>> Latencies(bounds=[0.001, 0.01], counts=[90, 10, 0]).counts[0]
    90
    """

    bounds: list[float] = []
    counts: list[int] = []


class ProcessFeed(msgspec.Struct, frozen=True, kw_only=True):
    """One process.

    Attributes:
        pid: 0 while it is down.
        kind: what it does.
        index: which worker.
        started_us: when it was started last, microseconds UTC.
        resident_bytes: memory that it holds.
        cpu_seconds: processor time that it has used since.
        restarts: how often it was started again.
        up: whether it runs and answers.
        requests: of a worker, answers by status code, since it started.
        latencies: of a worker, by model.
        outcomes: of a worker, how many it has accepted; None where that is not counted.
        ring_fill: of a worker, how full its channel to the log is, 0 to 1.

    >>> ProcessFeed(pid=1, kind="loop").restarts
    0
    """

    pid: int
    kind: ProcessKind
    index: int = 0
    started_us: int = 0
    resident_bytes: int = 0
    cpu_seconds: float = 0.0
    restarts: int = 0
    up: bool = True
    requests: dict[str, int] = {}
    latencies: dict[str, Latencies] = {}
    outcomes: int | None = None
    ring_fill: float = 0.0


class MachineFeed(msgspec.Struct, frozen=True, kw_only=True):
    """The processes and the disk.

    Attributes:
        processes: all that the supervisor has started, and itself.
        disk_free: bytes left for the state directory; -1 unknown.
        disk_total: size of that disk; -1 unknown.
        disk_full: whether the log's disk takes no more.
        learning: whether the loop is up, and the coefficients served are those that it learns.
        draining: whether the system is about to stop.

    >>> MachineFeed().learning
    True
    """

    processes: list[ProcessFeed] = []
    disk_free: int = -1
    disk_total: int = -1
    disk_full: bool = False
    learning: bool = True
    draining: bool = False

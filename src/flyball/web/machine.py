"""What the control process sees of the machine: every process of the system, and the disk.

>>> Machine.__name__
'Machine'
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from flyball.run.live.roster import read_roster
from flyball.run.live.vitals import Vital, boot_us
from flyball.serve.metric import CODES, SECONDS
from flyball.serve.route import NOWHERE, ROUTES
from flyball.watch.machine import Latencies, MachineFeed, ProcessFeed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from flyball.run.live.ring import RingWriter
    from flyball.run.live.roster import Process
    from flyball.run.live.vitals import SharedVitals
    from flyball.serve.metric import Layout

    Cells = NDArray[np.float64]

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


class Machine:
    """Looks at the processes of one system.

    Args:
        state: the state directory.
        vitals: the loop's.
        layout: where the numbers of workers stand.
        numbers: each worker's, by its lane.
        rings: each worker's way to the loop, by its lane.
    """

    def __init__(
        self,
        state: Path,
        vitals: SharedVitals,
        layout: Layout,
        numbers: Sequence[Cells],
        rings: Sequence[RingWriter],
    ) -> None:
        self._state, self._vitals, self._layout, self._numbers, self._rings = state, vitals, layout, numbers, rings

    def look(self) -> MachineFeed:
        """The processes and the disk, now."""
        roster = read_roster(self._state)
        disk = os.statvfs(self._state)
        found = [] if roster is None else [self._process(each) for each in roster.processes]
        return MachineFeed(
            processes=found if roster is None else [_measured("supervisor", 0, roster.pid, 0), *found],
            disk_free=disk.f_bavail * disk.f_frsize,
            disk_total=disk.f_blocks * disk.f_frsize,
            disk_full=self._vitals.disk_full,
            learning=self._vitals.learning,
            draining=bool(self._vitals.get(Vital.DRAINING)),
        )

    def _process(self, process: Process) -> ProcessFeed:
        if process.kind != "worker":
            return _measured(process.kind, 0, process.pid, process.restarts)
        cells = self._numbers[process.slot]
        return _measured(
            process.kind,
            process.slot,
            process.pid,
            process.restarts,
            requests=self._requests(cells),
            latencies=self._latencies(cells),
            outcomes=int(cells[self._layout.place("flyball_told", "outcomes", "accepted")]),
            ring_fill=self._rings[process.slot].fill,
        )

    def _requests(self, cells: Cells) -> dict[str, int]:
        place = self._layout.place
        routes = [route.name for route in (*ROUTES, NOWHERE)]
        counts = {str(code): sum(cells[place("flyball_requests", r, str(code))] for r in routes) for code in CODES}
        return {code: int(count) for code, count in counts.items() if count}

    def _latencies(self, cells: Cells) -> dict[str, Latencies]:
        found = {}
        for model in self._layout.models:
            at = self._layout.place("flyball_request_seconds", model)
            counts = [int(count) for count in cells[at : at + len(SECONDS) + 1]]
            found[model] = Latencies(bounds=list(SECONDS), counts=counts)
        return found


def _measured(kind: str, index: int, pid: int, restarts: int, **others: object) -> ProcessFeed:
    """A process with what the kernel says of it; one that has ended is down."""
    facts: Mapping[str, object] = {"kind": kind, "index": index, "pid": pid, "restarts": restarts, **others}
    try:
        words = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, UnicodeDecodeError):
        return ProcessFeed(**{**facts, "pid": 0}, up=False)  # type: ignore[arg-type]  # each has its type above
    return ProcessFeed(
        **facts,  # type: ignore[arg-type]  # each has its type above
        resident_bytes=pages * _PAGE,
        cpu_seconds=(int(words[11]) + int(words[12])) / _TICKS,
        started_us=_booted_us() + int(words[19]) * 1_000_000 // _TICKS,
    )


def _booted_us() -> int:
    return time.time_ns() // 1000 - boot_us()

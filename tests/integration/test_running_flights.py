"""Real flights as live traffic: outcomes come in the order in which planes landed, and the log replays to the bit.

`FLYBALL_FAULT_RUNS=200 pytest tests/integration/test_running_flights.py` sends 50,000.
"""

from __future__ import annotations

import csv
import gzip
import os
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from flyball.client import Client
from flyball.run.log_replay import replay_log
from flyball.run.state_view import view_state
from tests.integration.running_system import ROOT, RunningSystem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.slow]

FILE = ROOT.parent / "shared" / "data" / "seaflights15" / "flights.csv.gz"
FLIGHTS = 250 * int(os.environ.get("FLYBALL_FAULT_RUNS", "8"))
TEXTS = ("carrier", "tailnum", "origin", "dest")
NUMBERS = ("month", "day", "sched_dep_time", "flight", "distance")
SYSTEM = f'''"""Will this flight land more than a quarter of an hour late?"""

import flyball as fb

texts = [fb.Input(name, str) for name in {TEXTS!r}]
numbers = [fb.Input(name, int) for name in {NUMBERS!r}]
late = fb.Model("late", signals=[*texts, *numbers], outcome=fb.Outcome("late"), learner=fb.FTRL(alpha=0.2))
flights = fb.System("flights", models=[late])
'''
AT_ONCE = 200


def events() -> Iterator[tuple[str, str, str, dict[str, object], bool]]:
    """What happened, in the order in which it could be seen: (time, kind, id, inputs, whether late)."""
    found: list[tuple[str, str, str, dict[str, object], bool]] = []
    with gzip.open(FILE, "rt", newline="") as file:
        for number, row in enumerate(islice(csv.DictReader(file), FLIGHTS)):
            inputs: dict[str, object] = {name: row[name] for name in TEXTS if row.get(name)}
            inputs |= {name: int(float(row[name])) for name in NUMBERS if row.get(name)}
            found.append((row["event_ts"], "asked", f"f{number}", inputs, False))
            if row["label_ts"] and row["late15"]:
                found.append((row["label_ts"], "landed", f"f{number}", {}, float(row["late15"]) == 1.0))
    return iter(sorted(found, key=lambda each: each[:2]))


@pytest.mark.skipif(not FILE.exists(), reason="the real set seaflights15 is not beside the repository (../shared/data)")
def test_real_flights_sent_live_give_the_state_that_a_replay_of_the_log_gives(tmp_path: Path) -> None:
    """Each prediction before its outcome, many of both on their way at once."""
    asked = landed = 0
    with RunningSystem(tmp_path, SYSTEM) as running:
        with Client(f"http://127.0.0.1:{running.running.port}", timeout=30) as client, client.background() as later:
            for _, kind, id, inputs, late in events():
                if kind == "asked":
                    assert client.predict("late", inputs, id=id).served_by == "model"
                    asked += 1
                else:
                    assert later.outcome(id, late), "the client's queue is full"
                    landed += 1
            later.flush()
            assert later.counts.rejected == later.counts.dropped == 0, later.counts
        assert running.stop() == 0, running.said[-5:]
    view = view_state(running.state)
    assert view is not None
    tally = view.tallies("late")[1]
    assert (tally.predictions, tally.joined) == (asked, landed), tally
    assert tally.balanced, tally
    replayed = replay_log(running.state)
    assert replayed.matches is True
    card = replayed.report.models[0].scorecard
    assert card.auc is not None
    assert card.auc > 0.52, "it learned nothing from real flights"

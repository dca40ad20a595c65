"""Alerts: each appears when it should, says since when, and goes again."""

from __future__ import annotations

import msgspec
import pytest

from flyball.events.tally import Tally
from flyball.watch.alarm import Alarm
from flyball.watch.feed import Feed, ModelFeed, TallyFeed
from flyball.watch.machine import MachineFeed, ProcessFeed
from flyball.web.alerts import Alerts, Sighting

SECOND = 1_000_000
MINUTE = 60 * SECOND
NOW = 1_000 * MINUTE
GIB = 1024**3


def feed(**changed: object) -> Feed:
    """What a healthy loop says, and what is to be otherwise."""
    healthy = Feed(system="{}", versions={}, seq=9, checkpoint_seq=9, log_ts=NOW, learned_ts=NOW)
    return msgspec.structs.replace(healthy, **changed)


def machine(**changed: object) -> MachineFeed:
    """A healthy machine, and what is to be otherwise."""
    healthy = MachineFeed(disk_free=50 * GIB, disk_total=100 * GIB, processes=[ProcessFeed(pid=1, kind="loop")])
    return msgspec.structs.replace(healthy, **changed)


def codes(told: Feed | None = None, seen: MachineFeed | None = None, *, heard_us: int = NOW) -> list[str]:
    """The alerts of one look."""
    sighting = Sighting(now_us=NOW, heard_us=heard_us, feed=told or feed(), machine=seen or machine())
    return [f"{alert.severity} {alert.code}" for alert in Alerts().of(sighting)]


def test_nothing_is_said_of_a_healthy_system() -> None:
    """Silence must mean something."""
    assert codes() == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"processes": [ProcessFeed(pid=0, kind="loop", up=False)]}, "critical loop-down"),
        ({"learning": False}, "warning stale"),
        ({"draining": True}, "note draining"),
        ({"disk_full": True}, "critical disk-full"),
        ({"disk_free": 3 * GIB}, "warning disk-nearly-full"),
        ({"processes": [ProcessFeed(pid=0, kind="worker", up=False)]}, "critical process-down"),
        ({"processes": [ProcessFeed(pid=1, kind="worker", ring_fill=0.6)]}, "warning channel-filling"),
        ({"processes": [ProcessFeed(pid=1, kind="worker", ring_fill=0.95)]}, "critical channel-filling"),
    ],
)
def test_trouble_of_the_machine_is_told(changed: dict[str, object], expected: str) -> None:
    """One trouble, one alert."""
    assert codes(seen=machine(**changed)) == [expected]


def alarmed(*, on: bool, last_ts: int) -> ModelFeed:
    """A model whose guard has noticed an absurd price."""
    alarm = Alarm(kind="beyond", signal="price", on=on, times=1, first_ts=last_ts, last_ts=last_ts)
    return ModelFeed(version=1, alarms=[alarm])


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"learned_ts": NOW - 31 * SECOND}, "warning learning-behind"),
        ({"clock_offset_us": -2 * SECOND}, "warning clocks-differ"),
        ({"checkpoint_problem": "no space"}, "warning checkpoint-failed"),
        ({"checkpoint_ts": NOW - 31 * MINUTE, "checkpoint_seq": 5}, "warning checkpoint-overdue"),
        ({"models": {"ctr": ModelFeed(version=1, state="paused")}}, "note paused"),
        ({"models": {"ctr": ModelFeed(version=1, state="frozen")}}, "note frozen"),
        ({"models": {"ctr": ModelFeed(version=1, state="rewinding")}}, "note rewinding"),
        ({"models": {"ctr": alarmed(on=True, last_ts=0)}}, "warning stream-beyond"),
        ({"log_ts": NOW, "models": {"ctr": alarmed(on=False, last_ts=NOW - 23 * 60 * MINUTE)}}, "note stream-beyond"),
        ({"tallies": [TallyFeed(model="ctr", version=1, tally=Tally(predictions=1, unlogged=1))]}, "warning unlogged"),
        ({"tallies": [TallyFeed(model="ctr", version=1, tally=Tally(predictions=1))]}, "critical invariant-broken"),
    ],
)
def test_trouble_of_the_loop_is_told(changed: dict[str, object], expected: str) -> None:
    """One trouble, one alert."""
    assert codes(feed(**changed)) == [expected]


def test_an_alarm_of_the_guard_is_told_for_a_day_after_its_end() -> None:
    """Then the status has it alone."""
    old = feed(models={"ctr": alarmed(on=False, last_ts=NOW - 25 * 60 * MINUTE)}, log_ts=NOW, learned_ts=NOW)
    assert codes(old) == []


def test_a_loop_that_is_not_heard_is_down() -> None:
    """Whatever the process table says."""
    assert codes(heard_us=NOW - 6 * SECOND) == ["critical loop-down"]


def test_an_idle_log_needs_no_new_checkpoint() -> None:
    """Where nothing was logged since, the old one is as good as new."""
    assert codes(feed(checkpoint_ts=NOW - 90 * MINUTE)) == []


def test_an_alert_keeps_its_beginning_and_ends() -> None:
    """Seen at 1 and 2 it is since 1; gone and back at 4, since 4."""
    alerts = Alerts()
    looks = [(now, machine(disk_full=full)) for now, full in ((1, True), (2, True), (3, False), (4, True))]
    since = [
        [alert.since_us for alert in alerts.of(Sighting(now_us=now, heard_us=now, feed=None, machine=seen))]
        for now, seen in looks
    ]

    assert since == [[1], [1], [], [4]]


def test_a_restart_is_told_for_ten_minutes() -> None:
    """Restarts from before the first look are history."""
    alerts = Alerts()
    looks = [(NOW, 2), (NOW + MINUTE, 3), (NOW + 9 * MINUTE, 3), (NOW + 12 * MINUTE, 3)]
    told = []
    for now, restarts in looks:
        seen = machine(processes=[ProcessFeed(pid=1, kind="worker", index=1, restarts=restarts)])
        sighting = Sighting(now_us=now, heard_us=now, feed=None, machine=seen)
        told.append([(alert.code, alert.where) for alert in alerts.of(sighting)])

    assert told == [[], [("restarted", "worker 1")], [("restarted", "worker 1")], []]


def test_restarts_are_counted_in_words() -> None:
    """Once, and so many times."""
    alerts = Alerts()
    told = []
    for restarts in (0, 1, 2):
        seen = machine(processes=[ProcessFeed(pid=1, kind="loop", restarts=restarts)])
        told += [alert.what for alert in alerts.of(Sighting(now_us=NOW, heard_us=NOW, feed=None, machine=seen))]

    assert told == [
        "loop ended and was started again: once since the system started.",
        "loop ended and was started again: 2 times since the system started.",
    ]


def test_a_version_made_elsewhere_is_called_so() -> None:
    """Its number is negative inside."""
    wrong = [TallyFeed(model="ctr", version=version, tally=Tally(predictions=1)) for version in (3, -7)]
    sighting = Sighting(now_us=NOW, heard_us=NOW, feed=feed(tallies=wrong), machine=machine())

    assert [alert.what for alert in Alerts().of(sighting)] == [
        "The counts of ctr (v3, elsewhere v7) do not add up: a prediction vanished or is counted twice."
    ]


def test_the_most_urgent_comes_first() -> None:
    """Then the oldest."""
    found = codes(
        feed(models={"ctr": ModelFeed(version=1, state="paused")}, clock_offset_us=2 * SECOND), machine(disk_full=True)
    )

    assert found == ["critical disk-full", "warning clocks-differ", "note paused"]

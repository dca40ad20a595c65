"""Recorders: outcomes and events, acknowledged when they are durable."""

from __future__ import annotations

import pytest

from flyball.events.record import Event, Outcome
from flyball.serve.limits import Limits
from tests.unit.serve.stand import NOW, Stand

LATE = {"id": "r1", "outcome": "late", "value": True}


def test_an_outcome_is_acknowledged_with_its_record_in_the_log() -> None:
    """As it was told."""
    stand = Stand()
    told = {"id": "r1", "outcome": "delay", "value": "7.5", "outcome_id": "o1", "event_ts": NOW - 5, "weight": 2}
    status, body = stand.post("/v1/outcomes", told)

    assert (status, body) == (202, {"accepted": 1, "rejected": []})
    assert stand.channel.entries == [
        (NOW - 5, Outcome(id="r1", outcome="delay", value=7.5, outcome_id="o1", weight=2.0))
    ]
    assert stand.count("flyball_told", "outcomes", "accepted") == 1


def test_what_is_null_is_not_given() -> None:
    """Clients that write all fields."""
    stand = Stand()
    nulls = dict.fromkeys(("outcome_id", "event_ts", "weight"))

    assert stand.post("/v1/outcomes", LATE | nulls)[0] == 202
    assert stand.channel.entries == [(NOW, Outcome(id="r1", outcome="late", value=1.0))]


def test_of_many_those_that_are_right_are_taken() -> None:
    """And each of the others is answered with its problem."""
    stand = Stand()
    outcomes = [LATE, {"id": 7}, LATE | {"outcome": "eta"}, LATE | {"value": "x"}, LATE | {"id": "r2"}]
    status, body = stand.post("/v1/outcomes", {"outcomes": outcomes})

    assert (status, body["accepted"]) == (202, 2)
    assert [each["index"] for each in body["rejected"]] == [1, 2, 3]
    assert body["rejected"][1]["problem"]["type"] == "urn:flyball:problem:not-declared"
    assert [entry.id for _, entry in stand.channel.entries if isinstance(entry, Outcome)] == ["r1", "r2"]
    assert stand.count("flyball_told", "outcomes", "rejected") == 3


@pytest.mark.parametrize(
    "body", [LATE | {"value": "x"}, {"outcomes": [{"id": 7}, LATE | {"value": None}]}, {"id": "r1"}]
)
def test_where_nothing_can_be_taken_the_whole_is_refused(body: object) -> None:
    """With all problems."""
    stand = Stand()
    status, problem = stand.post("/v1/outcomes", body)

    assert (status, problem["status"]) == (422, 422)
    assert [each["index"] for each in problem["rejected"]] == list(range(len(problem["rejected"])))
    assert stand.channel.entries == []
    assert stand.count("flyball_refused", "refused") == 1


@pytest.mark.parametrize(
    ("trouble", "status", "kind"),
    [("down", 503, "loop-down"), ("disk_full", 507, "disk-full"), ("room", 503, "queue-full")],
)
def test_what_cannot_be_kept_is_never_acknowledged(trouble: str, status: int, kind: str) -> None:
    """The loop is down, the disk or the channel is full."""
    stand = Stand()
    setattr(stand.channel, trouble, 0 if trouble == "room" else True)
    got, problem = stand.post("/v1/outcomes", LATE)

    assert (got, problem["type"]) == (status, f"urn:flyball:problem:{kind}")
    assert stand.count("flyball_told", "outcomes", "accepted") == 0


def test_a_disk_that_is_known_to_be_full_is_not_asked_again() -> None:
    """Nothing is offered."""
    stand = Stand()
    stand.vitals.disk_full = True

    assert stand.post("/v1/outcomes", LATE)[0] == 507
    assert stand.channel.entries == []


def test_too_many_are_refused_before_any_is_looked_at() -> None:
    """With how many may come at once."""
    stand = Stand(limits=Limits(items=2))

    assert stand.post("/v1/outcomes", {"outcomes": [LATE] * 3})[0] == 422
    assert stand.channel.entries == []


def test_events_are_told_alike() -> None:
    """One or many, of a declared type."""
    stand = Stand()
    one = {"event_id": "e1", "keys": {"ad": 7}, "values": {"price": 2.5}, "prediction_id": "r1", "event_ts": NOW - 3}
    assert stand.post("/v1/events/shown", one)[0] == 202
    assert stand.post("/v1/events/shown", {"events": [{"event_id": "e2"}, {}]})[1]["accepted"] == 1

    first, second = (body for _, body in stand.channel.entries)
    assert first == Event(type="shown", event_id="e1", prediction_id="r1", keys={"ad": 7}, values={"price": 2.5})
    assert second == Event(type="shown", event_id="e2")


def test_an_event_of_another_type_is_nowhere() -> None:
    """404, with the types that there are."""
    status, problem = Stand().post("/v1/events/clicked", {"event_id": "e1"})

    assert status == 404
    assert "accepted: shown" in problem["detail"]

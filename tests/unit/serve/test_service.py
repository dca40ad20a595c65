"""The service: health, what is shown, and what happens while nothing or no more is served."""

from __future__ import annotations

import msgspec
import pytest

from flyball.serve.exchange import PROBLEM, TEXT
from tests.unit.serve.stand import Stand


def test_a_process_is_alive_whatever_else_it_is() -> None:
    """Not ready, and draining."""
    stand = Stand()
    stand.service.serving, stand.service.draining = None, True

    assert stand.send("GET", "/livez").status == 200


def test_a_process_is_ready_from_the_first_definition_until_it_drains() -> None:
    """Then it says why it is not, and serves what still comes."""
    stand = Stand()
    serving, stand.service.serving = stand.service.serving, None
    unready = stand.send("GET", "/readyz")
    stand.service.serving = serving
    ready = stand.send("GET", "/readyz")
    stand.service.draining = True
    draining = stand.send("GET", "/readyz")

    assert [each.status for each in (unready, ready, draining)] == [503, 200, 503]
    assert b"no definition is loaded yet" in unready.body
    assert b"draining" in draining.body
    assert stand.ask("late", {"inputs": {}})[0] == 200


@pytest.mark.parametrize("path", ["/v1/outcomes", "/v1/models/late/predict", "/v1/events/shown"])
def test_before_the_first_definition_requests_must_wait(path: str) -> None:
    """They are told for how long."""
    stand = Stand()
    stand.service.serving = None
    response = stand.send("POST", path, {})

    assert (response.status, response.headers) == (503, ((b"retry-after", b"1"),))


def test_all_models_are_shown() -> None:
    """In order."""
    shown = msgspec.json.decode(Stand().send("GET", "/v1/models").body)

    assert [model["name"] for model in shown["models"]] == ["function", "late", "quick", "safe", "size"]


def test_a_problem_is_sent_as_one_and_counted_by_its_type() -> None:
    """RFC 9457."""
    stand = Stand()
    response = stand.send("POST", "/v1/models/lat/predict", {"inputs": {}})

    assert (response.status, response.media) == (404, PROBLEM)
    assert stand.count("flyball_refused", "not-found") == 1


def test_the_metrics_are_text_and_know_the_memory_of_the_process() -> None:
    """For Prometheus."""
    stand = Stand()
    response = stand.send("GET", "/metrics")

    assert (response.status, response.media) == (200, TEXT)
    assert stand.count("flyball_resident_memory_bytes") > 1e6


def test_the_document_is_made_once_for_a_definition() -> None:
    """And again for another."""
    stand = Stand()
    first, second = (stand.send("GET", "/openapi.json").body for _ in range(2))

    assert first is second
    assert msgspec.json.decode(first)["info"]["title"] == "flights"


def test_the_time_of_questions_is_measured_by_model() -> None:
    """From when the request came."""
    stand = Stand()
    stand.channel.meanwhile = lambda: setattr(stand.ticks, "now", 3_000_000)
    stand.ask("late", {"inputs": {}})
    stand.ask("late", {"inputs": {}}, consistent=True)
    at = stand.layout.place("flyball_request_seconds", "late")
    width = next(each.width for each in stand.layout.metrics if each.name == "flyball_request_seconds")

    assert stand.cells[at : at + width - 1].sum() == 2
    assert stand.cells[at + width - 1] == pytest.approx(0.003)

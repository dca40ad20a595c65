"""What Prometheus gets from the control port: by which names, with which tokens, and of a system that runs."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from flyball.serve.tokens import Tokens
from tests.integration.control_desk import ADMIN, ADMIN_TOKEN, READ_TOKEN, READER, Desk, small_world
from tests.integration.running_system import RunningSystem, bearer, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flyball.web.gate import Gate
    from tests.integration.watched_world import WatchedWorld

    Client = TestClient[Gate]

OTHER_NAME = {"Host": "flyball.monitoring.example:8001"}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def world() -> WatchedWorld:
    """An engine that has seen some traffic."""
    return small_world()


@pytest.fixture
def client(world: WatchedWorld) -> Iterator[Client]:
    """A client of a control app without tokens."""
    with TestClient(Desk(None, world, Tokens()).gate, base_url="http://127.0.0.1:8001") as made:
        yield made


@pytest.fixture
def guarded(world: WatchedWorld) -> Iterator[Client]:
    """A client of a control app with tokens."""
    desk = Desk(None, world, Tokens([READ_TOKEN, ADMIN_TOKEN]))
    with TestClient(desk.gate, base_url="http://127.0.0.1:8001") as made:
        yield made


def samples(text: str) -> Samples:
    """What a page of Prometheus' format says."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_page_has_the_counts_and_measures_of_the_engine(client: Client, world: WatchedWorld) -> None:
    """In the format that Prometheus asks for."""
    answer = client.get("/metrics")
    found, tally = samples(answer.text), world.tally("ctr")
    version = {("model", "ctr"), ("version", "v1")}
    total = world.engine.models["ctr"].board.total()

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert found["flyball_counted_predictions_total", frozenset(version)] == tally.predictions == 250
    assert found["flyball_prediction_fates", frozenset({*version, ("fate", "silent")})] == tally.silent > 0
    assert found["flyball_log_last_seq", frozenset()] == world.engine.seq
    loss = found["flyball_log_loss_nats", frozenset({*version, ("over", "all")})]
    assert loss == pytest.approx(total.log_loss, rel=1e-5)


def test_with_tokens_the_page_needs_the_scope_read(guarded: Client) -> None:
    """None: 401, as everywhere."""
    assert guarded.get("/metrics").status_code == 401
    assert guarded.get("/metrics", headers=bearer("flyball_guess")).status_code == 401
    assert guarded.get("/metrics", headers=bearer(READER)).status_code == 200


def test_with_tokens_prometheus_may_come_by_any_name(guarded: Client) -> None:
    """Its token says who it is; a wrong one is told to be wrong, and without one the name counts as before."""
    statuses = [
        guarded.get("/metrics", headers=OTHER_NAME | headers).status_code
        for headers in (bearer(READER), bearer("flyball_guess"), {})
    ]

    assert statuses == [200, 401, 421]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/metrics"), ("GET", "/api/status"), ("POST", "/api/models/ctr/pause")]
)
def test_without_tokens_a_rebinding_page_that_invents_one_gets_nothing(client: Client, method: str, path: str) -> None:
    """A page whose own name points here may send an Authorization header with whatever it asks of its own origin."""
    page = OTHER_NAME | {"Origin": f"http://{OTHER_NAME['Host']}", "Sec-Fetch-Site": "same-origin"}
    answer = client.request(method, path, headers=page | bearer("invented"))

    assert (answer.status_code, answer.json()["type"]) == (421, "urn:flyball:problem:wrong-host")


def test_with_tokens_a_rebinding_page_gets_nothing_either(guarded: Client) -> None:
    """It has no token, and the session of this browser belongs to another name."""
    signed_in = guarded.post("/login", data={"token": ADMIN}, follow_redirects=False).headers["set-cookie"]
    page = OTHER_NAME | {"Origin": f"http://{OTHER_NAME['Host']}", "Cookie": signed_in.partition(";")[0]}
    answers = [
        guarded.get("/metrics", headers=page | bearer("invented")),
        guarded.post("/api/models/ctr/pause", headers=page | bearer("invented")),
    ]

    assert [answer.status_code for answer in answers] == [401, 401]


@pytest.mark.integration
@pytest.mark.slow
def test_a_running_system_tells_what_it_learned(tmp_path: Path) -> None:
    """Over both ports, with one token, by a name that is configured nowhere."""
    file = tmp_path / "tokens"
    file.touch(mode=0o600)
    file.write_text(f"{str(READ_TOKEN).replace(' read ', ' read,predict,outcome ')}\n")
    (tmp_path / "flyball.toml").write_text(f'[default]\nhost = "0.0.0.0"\ntokens_file = "{file}"\n')
    headers = bearer(READER)
    with RunningSystem(tmp_path) as running:

        def page(port: int) -> Samples:
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                connection.request("GET", "/metrics", headers=headers | {"Host": f"ads.example:{port}"})
                answer = connection.getresponse()
                text = answer.read().decode()
            finally:
                connection.close()
            assert answer.status == 200, text
            return samples(text)

        for i in range(20):
            ask = {"id": f"r{i}", "inputs": {"hour": i, "origin": "JFK"}}
            assert running.call("POST", "/v1/models/late/predict", ask, headers)[0] == 200
            assert running.call("POST", "/v1/outcomes", {"id": f"r{i}", "value": i % 3 == 0}, headers)[0] == 202
        examples = "flyball_examples", frozenset({("model", "late"), ("version", "v1"), ("over", "all")})
        until(lambda: page(running.running.control_port).get(examples) == 20.0, "all is learned and told")
        control, workers = (page(port) for port in (running.running.control_port, running.running.port))

        assert control["flyball_learning", frozenset()] == 1.0
        assert control["flyball_process_restarts_total", frozenset({("process", "loop")})] == 0.0
        assert 0.0 < control["flyball_disk_free_bytes", frozenset()] <= control["flyball_disk_size_bytes", frozenset()]
        assert control["flyball_learned_through_seq", frozenset()] >= 40.0
        assert {name for name, _ in control}.isdisjoint({name for name, _ in workers})
        assert running.stop() == 0, running.said[-5:]

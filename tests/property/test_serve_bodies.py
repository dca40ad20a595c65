"""Whatever is sent: a declared status, never a mistake of ours, and counts that add up."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from flyball.serve.openapi import document
from flyball.serve.problem import TITLES
from tests.unit.serve.stand import SYSTEM, Stand

PATHS = [f"/v1/models/{model.name}/{what}" for model in SYSTEM.models for what in ("predict", "predictions")]
PATHS += ["/v1/outcomes", "/v1/events/shown"]
POSTS = {path: item["post"] for path, item in document(SYSTEM)["paths"].items() if "post" in item}
STATUSES = {path: {int(code) for code in operation["responses"]} for path, operation in POSTS.items()}
BITS = st.binary(max_size=2) | st.sampled_from([b'"', b"{", b"[", b":", b",", b"\\"])

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
KEYS = st.sampled_from(
    [
        "id", "inputs", "instances", "deadline_ms", "event_ts", "consistent", "outcomes", "outcome", "value", "weight",
        "outcome_id", "events", "event_id", "keys", "values", "prediction", "version", "predictions", "hour", "carrier",
        "late", "a:b",
    ]
)  # fmt: skip  # a list of names
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=6)
)
QUESTION = st.fixed_dictionaries(
    {"inputs": st.fixed_dictionaries({}, optional={"hour": ANYTHING, "carrier": ANYTHING, "weight": ANYTHING})},
    optional={"id": st.sampled_from(["a", "b", ""]), "deadline_ms": SCALARS, "event_ts": SCALARS},
)
RIGHT = st.one_of(
    QUESTION,
    st.fixed_dictionaries({"instances": st.lists(QUESTION, max_size=3)}, optional={"consistent": st.booleans()}),
    st.fixed_dictionaries({"id": SCALARS, "inputs": ANYTHING, "prediction": SCALARS, "version": SCALARS}),
    st.fixed_dictionaries({"id": SCALARS, "value": SCALARS}, optional={"outcome": SCALARS, "weight": SCALARS}),
    st.fixed_dictionaries({"event_id": SCALARS}, optional={"keys": ANYTHING, "values": ANYTHING}),
    st.fixed_dictionaries({"outcomes": st.lists(ANYTHING, max_size=3)}),
)


def as_json(value: object) -> bytes:
    """As a client writes it that knows no limits: NaN, half characters, anything."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A body that was right but for a few bytes."""
    body = bytearray(as_json(draw(RIGHT)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body)))
        body[at : at + draw(st.integers(0, 2))] = draw(BITS)
    return bytes(body)


BODIES = st.one_of(st.binary(max_size=64), ANYTHING.map(as_json), RIGHT.map(as_json), damaged())


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(PATHS), BODIES), max_size=4), st.booleans(), st.booleans())
def test_every_body_gets_a_declared_status_and_is_counted(
    requests: list[tuple[str, bytes]], down: bool, full: bool
) -> None:
    """Also while the loop is down or the disk is full."""
    stand = Stand()
    stand.channel.down, stand.channel.disk_full = down, full
    refusals = 0
    for path, body in requests:
        response = stand.send("POST", path, body)
        said = msgspec.json.decode(response.body)

        assert response.status in STATUSES[path], f"{path} answered {response.status}, which is not declared"
        assert response.status in {200, 202} or said["status"] == response.status
        refusals += response.status >= 400

    assert sum(stand.count("flyball_refused", kind) for kind in TITLES) == refusals
    assert stand.count("flyball_refused", "internal") == 0


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["late", "quick"]), QUESTION), max_size=6), st.sampled_from([None, 0, 2]))
def test_every_prediction_that_is_answered_is_logged_or_counted_as_unlogged(
    questions: list[tuple[str, object]], room: int | None
) -> None:
    """Nothing vanishes."""
    stand = Stand(room=room)
    answered = 0
    for model, question in questions:
        answered += stand.send("POST", f"/v1/models/{model}/predict", as_json(question)).status == 200
    again = sum(stand.count("flyball_predictions", model, "again") for model in ("late", "quick"))

    assert answered - again == len(stand.channel.entries) + sum(stand.service.take_unlogged().values())
    assert len(stand.book.claimed) == answered - again, "an id that was not answered is claimed, or the other way round"

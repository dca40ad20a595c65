"""The OpenAPI document."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from flyball.serve.openapi import document
from tests.unit.serve.stand import SYSTEM


@pytest.fixture(scope="module")
def made() -> Any:  # noqa: ANN401  # a JSON object
    """The document as it is sent."""
    return msgspec.json.decode(msgspec.json.encode(document(SYSTEM)))


def test_every_reference_leads_somewhere(made: Any) -> None:  # noqa: ANN401  # a JSON object
    """Among the schemas."""
    text = msgspec.json.encode(made).decode()
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', text))

    assert named - made["components"]["schemas"].keys() == set()


def test_every_model_has_paths_with_its_own_inputs(made: Any) -> None:  # noqa: ANN401  # a JSON object
    """By name and type."""
    for model in SYSTEM.models:
        assert {f"/v1/models/{model.name}/predict", f"/v1/models/{model.name}/predictions"} <= made["paths"].keys()
    inputs = made["components"]["schemas"]["Inputs_late"]["properties"]

    assert list(inputs) == ["hour", "carrier"]
    assert "integer" in inputs["hour"]["type"]


def test_every_answer_is_described(made: Any) -> None:  # noqa: ANN401  # a JSON object
    """What is done, and every problem that may come instead."""
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            codes = set(operation["responses"])
            assert codes & {"200", "202"}, path
            assert {"401", "403", "404", "503"} <= codes, path
            assert method == "get" or {"408", "413", "415", "422"} <= codes, path

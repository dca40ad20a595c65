"""What is served, as a whole."""

from __future__ import annotations

import msgspec
import pytest

from flyball.serve.problem import Refused
from tests.unit.serve.stand import Stand


def test_a_model_that_is_not_there_is_named_with_those_that_are() -> None:
    """And the nearest."""
    stand = Stand()
    assert stand.service.serving is not None
    with pytest.raises(Refused, match=r"no model is named 'lat'; accepted: .*; did you mean 'late'") as refused:
        stand.service.serving.model("lat")

    assert refused.value.problem.status == 404


def test_callers_see_names_types_and_what_a_model_promises() -> None:
    """And nothing else of it."""
    response = Stand().send("GET", "/v1/models/quick")

    assert msgspec.json.decode(response.body) == {
        "name": "quick",
        "version": 1,
        "outcome": "late",
        "inputs": [{"name": "hour", "type": "int"}],
        "deadline": "20ms",
        "fallback": 0.25,
    }

"""Canonical JSON, digests and seeds never change by accident: what was learned hangs on them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flyball.system.canonical import canonical
from flyball.system.system import System
from tests.unit.system.ads import ads, everything

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "system"
WRITE = os.environ.get("FLYBALL_GOLDEN") == "write"
ADVICE = "a change of this file makes old states unreadable; if that is meant: FLYBALL_GOLDEN=write pytest, and say so"


def hashes(system: System) -> str:
    """The digest and the seed of each signal of each model."""
    rows = {
        model.name: {node.name: [node.digest, node.seed] for node in system.program(model.name).nodes}
        for model in system.models
    }
    return json.dumps({"system": system.digest, "signals": rows}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("make", [ads, everything])
def test_the_canonical_text_is_the_recorded_one(make: Callable[[], System]) -> None:
    """Byte for byte."""
    file = GOLDEN / f"{make.__name__}.json"
    if WRITE:
        file.write_text(make().to_json(), encoding="utf-8")

    assert make().to_json() == file.read_text(encoding="utf-8"), ADVICE


@pytest.mark.parametrize("make", [ads, everything])
def test_digests_and_seeds_are_the_recorded_ones(make: Callable[[], System]) -> None:
    """A feature's key is made of its signal's seed."""
    file = GOLDEN / f"{make.__name__}.hashes.json"
    if WRITE:
        file.write_text(hashes(make()), encoding="utf-8")

    assert hashes(make()) == file.read_text(encoding="utf-8"), ADVICE


@pytest.mark.parametrize("name", ["ads", "everything"])
def test_a_recorded_text_is_read_as_the_system_it_was(name: str) -> None:
    """What older versions wrote stays readable."""
    text = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")

    assert System.from_json(text).to_json() == text
    assert text == canonical(json.loads(text))

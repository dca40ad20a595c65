"""Everything that can be said about a system file before it is run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from flyball.system.check import check
from flyball.system.derivation import cross, derive
from flyball.system.input import Input
from flyball.system.lineage import lineage_of
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System
from tests.unit.system.ads import AD, COUNTRY, HOUR, ads, click, system

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading adds the file's folder to the path; afterwards it is as before."""
    monkeypatch.setattr(sys, "path", list(sys.path))


def test_a_system_without_mistakes_passes_with_its_lineage(tmp_path: Path) -> None:
    """From JSON as from Python."""
    file = tmp_path / "ads.json"
    file.write_text(ads().to_json())

    result = check(file)

    assert (result.passed, result.system, result.mistakes) == (True, ads(), ())
    assert result.lineage == lineage_of(ads())


def test_a_system_with_errors_does_not_pass(tmp_path: Path) -> None:
    """Its mistakes are told apart by how grave they are."""
    file = tmp_path / "ads.py"
    file.write_text('import flyball as fb\nads = fb.System("ads", models=[])\n')

    result = check(str(file))

    assert (result.passed, result.system, result.lineage) == (False, None, None)
    assert [each.code for each in result.errors] == ["models-empty"]
    assert [each.code for each in result.warnings] == ["owner-missing"]


def test_functions_of_a_json_file_are_not_imported(tmp_path: Path) -> None:
    """Neither reading a document nor checking it executes anything."""
    text = (
        system(derive("math:floor", [Input("price", float)], int, version=1))
        .to_json()
        .replace("math:floor", "nowhere:floor")
    )
    file = tmp_path / "ads.json"
    file.write_text(text)

    assert System.from_json(text).name == "ads"
    assert check(file).passed


def test_lineage_names_the_inputs_that_each_signal_comes_from() -> None:
    """Through everything derived in between."""
    price, stock = Input("price", float), Input("stock", int)
    both = cross(COUNTRY, derive("math:floor", [price / (stock + 1)], int, version=1))

    assert lineage_of(system(both, HOUR)).sources == {
        "ctr": {both.name: ("country", "price", "stock"), "hour": ("hour",)}
    }


def test_lineage_names_the_models_that_share_a_signal() -> None:
    """Whether they consume it themselves or through another."""
    ctr = Model("ctr", signals=[AD, cross(COUNTRY, AD)], outcome=click())
    cvr = Model("cvr", signals=[COUNTRY, HOUR], outcome=Outcome("sale"))

    assert lineage_of(System("ads", models=[ctr, cvr])).shared == {"country": ("ctr", "cvr")}

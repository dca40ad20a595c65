"""The settings: the list and the value that holds them say the same."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec.structs import asdict

import flyball
from flyball.run.settings import OTHERS, SETTINGS, Settings

TOP = Path(__file__).parents[3]
NAMED = re.compile(r"\bFLYBALL_[A-Z_]+[A-Z]\b")


def test_each_setting_has_a_place_in_the_value_and_no_other_has() -> None:
    """In one order."""
    assert Settings.__struct_fields__ == ("environment", *(setting.name for setting in SETTINGS))


def test_defaults_agree() -> None:
    """Those that are not computed."""
    held = asdict(Settings())

    assert {s.name: held[s.name] for s in SETTINGS if s.default is not None} == {
        s.name: s.default for s in SETTINGS if s.default is not None
    }
    assert all(bool(s.otherwise) == (s.default is None) for s in SETTINGS)


def test_every_default_is_accepted() -> None:
    """By its own setting."""
    for setting in SETTINGS:
        if setting.default is not None:
            assert setting.read(setting.default, "default") == setting.default


def test_every_name_that_the_sources_read_from_the_environment_is_known() -> None:
    """One that is not would be refused at the start."""
    package = Path(flyball.__path__[0])
    files = [path for path in package.rglob("*") if path.suffix in {".py", ".c"}]
    files += list((TOP / "tests").rglob("*.py"))
    named = {name for path in files for name in NAMED.findall(path.read_text(encoding="utf-8"))}
    made_up = {"FLYBALL_PROT", "FLYBALL_IT", "FLYBALL_WORKRES"}

    assert named - {setting.variable for setting in SETTINGS} - OTHERS - made_up == set()

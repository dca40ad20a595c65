"""A serving worker stays light: the rooms that it imports load no library for offline work or pictures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import flyball

HEAVY = ["duckdb", "pandas", "pyarrow", "sklearn", "sqlalchemy"]
"""scipy is not among them: numba itself imports it where it is installed. Our own imports of it: pyproject.toml."""
ROOMS = ["system", "events", "learn", "serve", "watch"]
IMPORTS_HEAVY = re.compile(rf"^(?:import|from) (?:{'|'.join(HEAVY)})\b", re.MULTILINE)
PROGRAM = """
import importlib, json, sys
modules, heavy = map(json.loads, sys.argv[1:])
for module in modules:
    importlib.import_module(module)
print(json.dumps(sorted(sys.modules.keys() & set(heavy))))
"""


def loaded(modules: list[str], watched: list[str]) -> list[str]:
    """Which of the watched libraries a fresh interpreter has loaded after importing the modules."""
    command = [sys.executable, "-c", PROGRAM, json.dumps(modules), json.dumps(watched)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names: list[str] = json.loads(done.stdout)
    return names


def light_modules(room: str) -> list[str]:
    """The modules of a room but those that name a heavy library at their top: these are for who asks for them."""
    top = Path(flyball.__path__[0])
    return [
        ".".join(path.relative_to(top.parent).with_suffix("").parts)
        for path in sorted((top / room).rglob("*.py"))
        if IMPORTS_HEAVY.search(path.read_text(encoding="utf-8")) is None
    ]


def test_the_front_door_loads_no_heavy_library() -> None:
    """`import flyball` is what every user pays for."""
    assert loaded(["flyball"], HEAVY) == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_of_a_room_loads_a_heavy_library_by_the_way(room: str) -> None:
    """A file that works with Parquet may import pyarrow; no other file of its room may import that file."""
    assert loaded(light_modules(room), HEAVY) == []


def test_the_probe_sees_what_is_loaded() -> None:
    """The tests above can fail: a library that is imported is reported."""
    assert loaded(["xml.dom", "csv"], ["csv", "sqlite3", "xml"]) == ["csv", "xml"]

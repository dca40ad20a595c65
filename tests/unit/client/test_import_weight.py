"""The client is for other people's services: it brings nothing along, and shows exactly the names that it promises."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from types import ModuleType

import flyball.client

PROGRAM = """
import json, sys
before = set(sys.modules)
import flyball.client
print(json.dumps(sorted({name for name in set(sys.modules) - before})))
"""
ALLOWED = {"flyball", "flyball.system", "flyball.system.error"}
"""Besides its own modules: the package itself, and the root of all errors."""


def test_importing_the_client_loads_the_standard_library_only() -> None:
    """Neither msgspec nor NumPy, nor any other room of flyball."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    loaded: list[str] = json.loads(done.stdout)
    foreign = [
        name
        for name in loaded
        if name.partition(".")[0] not in sys.stdlib_module_names
        and name not in ALLOWED
        and name.partition(".client")[0] != "flyball"
    ]

    assert "flyball.client.client" in loaded
    assert foreign == []


def test_no_other_room_is_needed_by_any_module_of_the_client() -> None:
    """What is imported for types alone counts too: a type checker of a user's service follows it."""
    program = PROGRAM.replace(
        "import flyball.client\n",
        f"import importlib\nfor name in {[each.name for each in pkgutil.iter_modules(flyball.client.__path__)]}:\n"
        "    importlib.import_module(f'flyball.client.{name}')\n",
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    rooms = {name for name in json.loads(done.stdout) if name.startswith("flyball.")}

    assert {name for name in rooms if not name.startswith("flyball.client")} == ALLOWED - {"flyball"}


def test_the_clients_door_promises_every_public_name_and_no_other() -> None:
    """`__all__` is sorted and complete."""
    shown = {
        name
        for name, value in vars(flyball.client).items()
        if not name.startswith("_") and name != "annotations" and not isinstance(value, ModuleType)
    }

    assert flyball.client.__all__ == sorted(flyball.client.__all__)
    assert set(flyball.client.__all__) == shown

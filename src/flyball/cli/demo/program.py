"""How this program is called here, for commands that can be copied."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path


def program() -> str:
    """By its name where the shell finds it, else by its path.

    >>> program()
    'flyball'
    """
    given = Path(sys.argv[0])
    found = shutil.which("flyball")
    if given.name != "flyball" or not given.exists() or (found is not None and Path(found).samefile(given)):
        return "flyball"
    return shlex.quote(str(given))

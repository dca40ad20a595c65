"""Whether the system that runs a state directory is ready: `python -m flyball.cli.ready STATE_DIR`, for health checks.

Containers have no other program to ask with. The exit code is 0 where it is ready, else 1.

>>> main(["nowhere"])
'nowhere' is run by nobody
1
"""

from __future__ import annotations

import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

from flyball.run.live.address import reachable
from flyball.run.live.roster import read_roster

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 2.0
"""How long an answer may take."""


def main(arguments: Sequence[str]) -> int:
    """Asks `/readyz`, and says what it answered.

    Args:
        arguments: the state directory.
    """
    [state] = arguments
    running = read_roster(Path(state))
    if running is None:
        sys.stdout.write(f"{state!r} is run by nobody\n")
        return 1
    connection = HTTPConnection(reachable(running.host), running.port, timeout=SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        said = f"{answer.status} {answer.read(200).decode('utf-8', 'replace')}"
    except (OSError, HTTPException) as error:
        said, answer = f"no answer: {error}", None
    finally:
        connection.close()
    sys.stdout.write(f"{said}\n")
    return 0 if answer is not None and answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

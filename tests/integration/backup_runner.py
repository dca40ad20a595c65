"""Takes a backup and is killed at the step that it is told: the program of the tests of backups.

python backup_runner.py backup|restore SOURCE TARGET STEP
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count

from flyball.run.backup import back_up
from flyball.run.restore import restore
from flyball.system.clock import ManualClock


def main() -> None:
    """Copies, until it is killed."""
    what, source, target, step = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    calls = count(1)

    def progress(_done: int, _total: int) -> None:
        if next(calls) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    if what == "backup":
        back_up(source, target, ManualClock(), progress)
    else:
        restore(source, target, progress)


if __name__ == "__main__":
    main()

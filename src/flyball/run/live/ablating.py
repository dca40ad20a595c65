"""The ablation beside the loop: a process of the lowest priority that follows the log, and a thread that minds it.

`python -m flyball.run.live.ablating STATE SECONDS PARENT` looks at the log of every model again and again, with so many
seconds between two looks, and writes what every signal is worth into the state directory. It reads what the loop has
committed, and takes nothing from it: no lock, no memory, no time but what nobody else wants.

>>> callable(main)
True
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from flyball.run.ablation_document import ablation_json
from flyball.run.ablation_log import log_examples
from flyball.run.following import Following
from flyball.run.live.child import SINGLE_THREADED, die_with
from flyball.run.live.chores import step_back
from flyball.run.worth_file import Worths, write_worths
from flyball.system.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

AGAIN_SECONDS = 30.0
"""How long after it has ended it is started again."""


class Ablating:
    """Keeps the process alive.

    Args:
        state: the directory.
        seconds: between two looks.
        told: called with a sentence when it has ended.

    >>> Ablating.__name__
    'Ablating'
    """

    def __init__(self, state: Path, seconds: float, told: Callable[[str], None]) -> None:
        self._command = [sys.executable, "-m", "flyball.run.live.ablating", str(state), str(seconds), str(os.getpid())]
        self._told = told
        self._closing = Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = Thread(target=self._run, name="ablation", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the process: what it would have found is found again by the next one."""
        self._closing.set()
        if self._process is not None:
            self._process.kill()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            with subprocess.Popen(  # noqa: S603  # our own interpreter and module
                self._command,
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=SINGLE_THREADED | dict(os.environ),
                start_new_session=True,
            ) as self._process:
                step_back(self._process.pid)
                if self._closing.is_set():  # it was closed before it could be killed
                    self._process.kill()
                _, said = self._process.communicate()
            if not self._closing.is_set():
                lines = said.decode("utf-8", "replace").strip().splitlines()
                self._told(f"the ablation ended: {lines[-1] if lines else 'no word'}; it is started again")
                self._closing.wait(AGAIN_SECONDS)


def look_at(followings: dict[str, Following]) -> Worths:
    """What every signal of every model is worth now.

    Args:
        followings: by the names of the models.

    >>> look_at({}).models
    {}
    """
    found = {name: ablation_json(following.look()) for name, following in followings.items()}
    through = min((following.through for following in followings.values()), default=0)
    return Worths(written_us=SystemClock().now(), through=through, models=found)


def main(arguments: Sequence[str]) -> int:
    """Follows the log until its parent ends.

    Args:
        arguments: the state directory, the seconds between two looks, and the process to die with.
    """
    state, seconds = Path(arguments[0]), float(arguments[1])
    die_with(int(arguments[2]))
    with log_examples(state, sliced=False) as log:
        names = [model.name for model in log.system.models]
    through = -1
    with ExitStack() as stack:
        followings = {name: stack.enter_context(Following(state, name)) for name in names}
        while True:
            worths = look_at(followings)
            if worths.through > through:
                write_worths(state, worths)
                through = worths.through
            time.sleep(seconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

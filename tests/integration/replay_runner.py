"""Replays a file into a state in small steps, and prints a line after each: the program that the fault tests kill.

python replay_runner.py STATE FILE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flyball.run import replay
from flyball.run.file_replay import read_recording
from flyball.run.state import State
from flyball.system.load import load_system
from flyball.testing.world import World
from flyball.testing.worlds import ADS

if TYPE_CHECKING:
    from flyball.run.file_replay import Recording

CHUNK = 64
CHECKPOINT_EVERY = 300
SEGMENT_ROWS = 500


def made(path: Path) -> Path:
    """A small file of the world's traffic."""
    World(3, users=500).month(days=1, requests_per_day=1_500).write(path)
    return path


def recording(path: Path) -> Recording:
    """The file, read for the world's system."""
    return read_recording(load_system(ADS), path)


def replayed(directory: Path, source: Recording, *, durable: bool = True, talk: bool = False) -> str:
    """Replays what the state has not seen yet; the digest of the state afterwards."""
    usual, replay.CHUNK = replay.CHUNK, CHUNK
    try:
        return _replayed(directory, source, durable=durable, talk=talk)
    finally:
        replay.CHUNK = usual


def _replayed(directory: Path, source: Recording, *, durable: bool, talk: bool) -> str:
    with State.open(
        directory, source.system, durable=durable, checkpoint_every=CHECKPOINT_EVERY, segment_rows=SEGMENT_ROWS
    ) as state:

        def told(done: int, _total: int) -> None:
            if talk:
                sys.stdout.write(f"{done} {state.log.last_seq}\n")
                sys.stdout.flush()

        source.replay(logged=True).run(state, told)
        digest = state.engine.digest()
    if talk:
        sys.stdout.write(f"done {digest}\n")
    return digest


if __name__ == "__main__":
    replayed(Path(sys.argv[1]), recording(Path(sys.argv[2])), talk=True)

"""The end of a checkpoint that was taken in steps, and what becomes of many: chores for another process."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from flyball.events.joiner import Joiner
from flyball.events.reader import open_reader
from flyball.learn.checkpoint import CheckpointStore
from flyball.learn.checkpoint_file import Content
from flyball.learn.compaction import compact
from flyball.learn.part import read_part, whole_part
from flyball.run.checkpointing import LIMIT, NEEDED, first_needed
from flyball.run.engine import Memory, rules_of
from flyball.run.joining import Joining
from flyball.system.system import System

if TYPE_CHECKING:
    import os


def finish_checkpoint(state: str | os.PathLike[str]) -> int:
    """Adds the joiner's state to the part that waits, and makes a durable checkpoint of it.

    The joiner of the checkpoint before it is folded on over the log, as far as the part goes: the same that the
    process that learns had at that record. It may be called again after it was interrupted at any moment.

    Args:
        state: the state directory.

    Returns:
        The last record that the newest checkpoint has seen; that of the part, unless there is none.

    Raises:
        CheckpointFull: there is no space; the part waits on.
        CheckpointDamaged: the part, or the checkpoint before it, does not hold what was written.
        CheckpointSuperseded: the state was opened again meanwhile, which clears the part away.

    >>> import tempfile
    >>> from flyball.run.state import State
    >>> from flyball import Input, Model, Outcome, System
    >>> system = System("flights", models=[Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))])
    >>> directory = tempfile.mkdtemp()
    >>> State.open(directory, system).close()
    >>> finish_checkpoint(directory)
    1
    """
    directory = Path(state)
    store = CheckpointStore(directory / "checkpoint")
    found = whole_part(store.directory)
    if found is None:
        return store.seq
    path, seq, after = found
    if store.seq == after:
        contents = read_part(path)
        limit = [bytes(content.pieces[0]) for content in contents if content.name == LIMIT and content.kind == "part"]
        joiner = _joiner_at(directory, store, seq, int(limit[0]))
        kept = [content for content in contents if content.name != LIMIT or content.kind != "part"]
        needed = str(first_needed(joiner, seq)).encode()
        added = {"joiner": joiner.snapshot(), NEEDED: needed}
        whole = [*kept, *(Content("part", name, [memoryview(data)]) for name, data in added.items())]
        store.write(seq, whole, after=after, wanted=lambda: path.exists() and store.seq == after)
    # Else it was finished, and the part not yet removed, or another one took its place.
    path.unlink(missing_ok=True)
    return store.seq


def _joiner_at(directory: Path, store: CheckpointStore, seq: int, max_pending: int) -> Joiner:
    """The joiner after record `seq`."""
    held = store.load_parts()
    after = 0 if held is None else held.seq
    with open_reader(directory / "log") as log:
        if held is None:
            joining = Joining(log, Joiner({}, {}, max_pending=max_pending))
        else:
            memory = msgspec.msgpack.decode(held.parts["engine"], type=Memory)
            system = System.from_json(memory.definitions[-1][0])
            joining = Joining(log, Joiner.restore(*rules_of(system), held.parts["joiner"]), system)
        for record in islice(log.read(after=after), seq - after):
            joining.take(record)
    return joining.joiner


def compact_checkpoints(state: str | os.PathLike[str]) -> bool:
    """Makes one base of a base and its deltas once these have outgrown it; whether it did.

    Args:
        state: the state directory.

    Raises:
        CheckpointFull: there is no space; nothing is lost.
        CheckpointDamaged: a file does not hold what was written.
        CheckpointSuperseded: another base has come to be there meanwhile.

    >>> import tempfile
    >>> compact_checkpoints(tempfile.mkdtemp())
    False
    """
    store = CheckpointStore(Path(state) / "checkpoint")
    base, deltas = store.sizes()
    return deltas > base and compact(store.directory) is not None

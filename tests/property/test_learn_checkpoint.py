"""Damage of any byte of any checkpoint is found."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.checkpoint import Checkpoint, CheckpointStore
from flyball.learn.checkpoint_file import CheckpointDamaged, CheckpointForeign

WORDS = st.lists(st.integers(0, 2**64 - 1), max_size=5)
CHECKPOINTS = st.builds(
    Checkpoint,
    seq=st.integers(1, 10**12),
    tables=st.dictionaries(
        st.text(max_size=5), WORDS.map(lambda words: (np.array(words, np.uint64), np.array(words[::-1], np.uint64)))
    ),
    parts=st.dictionaries(st.text(max_size=5), st.binary(max_size=20)),
)


def written(checkpoint: Checkpoint, directory: str) -> tuple[CheckpointStore, Path]:
    """A store that holds this one, and its file."""
    store = CheckpointStore(Path(directory))
    store.save(checkpoint, after=0)
    [path] = store.directory.iterdir()
    return store, path


@given(CHECKPOINTS)
def test_what_is_saved_is_loaded(checkpoint: Checkpoint) -> None:
    """Any names, any contents."""
    with tempfile.TemporaryDirectory() as directory:
        found = written(checkpoint, directory)[0].load()
        assert found is not None

        assert (found.seq, found.parts) == (checkpoint.seq, checkpoint.parts)
        assert {name: [part.tolist() for part in table] for name, table in found.tables.items()} == {
            name: [part.tolist() for part in table] for name, table in checkpoint.tables.items()
        }


@given(CHECKPOINTS, st.data())
def test_a_changed_byte_is_found_wherever_it_is(checkpoint: Checkpoint, data: st.DataObject) -> None:
    """Mark, length, checksums, header, contents: an error says so, and no other kind of state comes out."""
    with tempfile.TemporaryDirectory() as directory:
        store, path = written(checkpoint, directory)
        content = bytearray(path.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        with pytest.raises((CheckpointDamaged, CheckpointForeign), match=r"is damaged|is not a checkpoint"):
            store.load()


@given(CHECKPOINTS, st.data())
def test_a_file_that_was_cut_or_grew_is_found(checkpoint: Checkpoint, data: st.DataObject) -> None:
    """At any place; unless nothing was cut."""
    with tempfile.TemporaryDirectory() as directory:
        store, path = written(checkpoint, directory)
        content = path.read_bytes()
        path.write_bytes(
            content[: data.draw(st.integers(0, len(content) - 1))] if data.draw(st.booleans()) else content + b"x"
        )
        with pytest.raises((CheckpointDamaged, CheckpointForeign), match=r"is damaged|is not a checkpoint"):
            store.load()

"""Running every kernel that a running system needs beside those of a replay, so that they are compiled.

>>> warm_shared()
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.correction import Correction
from flyball.learn.features import singles
from flyball.learn.ftrl import LEARN
from flyball.learn.recipe import recipe_of
from flyball.learn.table import Table
from flyball.learn.uncertainty import uncertainty
from flyball.run.live.block import Block, new_block
from flyball.run.live.book import SharedBook
from flyball.run.live.ring import RingReader, RingWriter, begin
from flyball.system.learner import FM, FTRL

if TYPE_CHECKING:
    from flyball.learn.recipe import Recipe


def warm_shared() -> None:
    """Shares a table, a ring and a book of ids with itself."""
    one = singles(np.array([1], dtype=np.uint64))
    for learner in (FTRL(), FTRL(alpha=0.1)):
        table = _shared(recipe_of(learner, "logistic"))
        labels, scores = np.ones((1, 4)), np.full(1, 0.5)
        todo = np.ones(1, dtype=np.uint8)
        Correction().run(table, one.keys[None, :], todo=todo, labels=labels, noises=one.keys, scores=scores)
    block = Block(new_block("warmth", 8192))
    begin(block)
    RingWriter(block).put(b"")
    RingReader(block).release(8)
    book = SharedBook(Block(new_block("warmth", 4096)))
    book.claim("", 1, "")
    book.release("", 1, "")


def warm_machine() -> None:
    """Runs the kernels of a factorisation machine, which only some systems need.

    >>> warm_machine()
    """
    one, recipe = singles(np.array([1], dtype=np.uint64)), recipe_of(FM(), "logistic")
    labels, scores, todo = np.ones((1, 4)), np.empty(1), np.full(1, LEARN, dtype=np.uint8)
    recipe.run(recipe.table(), one, todo=todo, labels=labels, noises=one.keys, scores=scores)
    _shared(recipe)


def _shared(recipe: Recipe) -> Table:
    """A table that was shared, and asked from both sides."""
    one = singles(np.array([1], dtype=np.uint64))
    table = recipe.table(shared=True, max_segments=64)
    assert table.descriptor is not None  # noqa: S101  # a shared table has one
    table.put(one.keys, z=one.values, n=one.values)
    readable = Table.attach(os.dup(table.descriptor))
    for words in (table.words, readable.words):
        recipe.predict(words, one, np.empty(1))
        recipe.score(words, one.keys, one.values, 1)
        uncertainty(recipe, words, one.keys, one.values, prediction=0.5)
        Correction().score(words, one.keys, 0.5)
    return table

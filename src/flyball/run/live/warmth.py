"""Running every kernel that a running system needs beside those of a replay, so that they are compiled.

>>> warm_shared()
"""

from __future__ import annotations

import os

import numpy as np

from flyball.learn import ftrl
from flyball.learn.score import score_one
from flyball.learn.table import Table
from flyball.run.live.block import Block, new_block
from flyball.run.live.book import SharedBook
from flyball.run.live.ring import RingReader, RingWriter, begin


def warm_shared() -> None:
    """Shares a table, a ring and a book of ids with itself."""
    table = Table(slot_bits=6, max_segments=64, shared=True)
    assert table.descriptor is not None  # noqa: S101  # a shared table has one
    keys, ones, margins = np.array([1], dtype=np.uint64), np.ones(1), np.empty(1)
    table.put(keys, z=ones, n=ones)
    readable = Table.attach(os.dup(table.descriptor))
    for words in (table.words, readable.words):
        ftrl.predict(words, np.ones(4), np.array([0, 1]), keys, ones, margins)
        score_one(words, np.ones(4), False, 1.0, keys, ones, 1)  # kernels take positional arguments
    ftrl.answers_of(margins, False, 1.0, np.empty(1))  # kernels take positional arguments
    block = Block(new_block("warmth", 8192))
    begin(block)
    RingWriter(block).put(b"")
    RingReader(block).release(8)
    book = SharedBook(Block(new_block("warmth", 4096)))
    book.claim("", 1, "")
    book.release("", 1, "")

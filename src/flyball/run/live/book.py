"""The book of ids: which predictions have been asked for, noted by all workers in one block of shared memory.

>>> from flyball.run.live.block import Block, new_block
>>> book = SharedBook(Block(new_block("book", BOOK_BYTES)))
>>> book.claim("ctr", 1, "r1"), book.claim("ctr", 1, "r1"), book.claim("ctr", 2, "r1")
(True, False, True)
>>> book.release("ctr", 1, "r1")
>>> book.claim("ctr", 1, "r1")
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import xxhash

from flyball.run.live.word import LINE, claim, release

if TYPE_CHECKING:
    from flyball.run.live.block import Block

BOOK_BYTES = 32 << 20
"""Room for 3.7 million ids. The oldest of seven in a line makes room: of the last half million ids, one in 25,000 is
forgotten early (the tail of a Poisson distribution of mean 0.95), and would be answered anew if it were asked again; in
the log the first answer stands all the same."""


class SharedBook:
    """Notes ids by a 64-bit hash; see `flyball.serve.port.Book`.

    Args:
        block: of `BOOK_BYTES`, or another power of two.
    """

    def __init__(self, block: Block) -> None:
        self._words = block.words
        self._mask = len(block.words) // LINE - 1

    def claim(self, model: str, version: int, id: str) -> bool:
        """Notes this id; `False` if it, or rarely one that looks like it, stands there."""
        return claim(self._words, self._mask, _key(model, version, id))

    def release(self, model: str, version: int, id: str) -> None:
        """Takes it out again."""
        release(self._words, self._mask, _key(model, version, id))


def _key(model: str, version: int, id: str) -> int:
    # Shifted, so that a word holds it whether it is read as signed or not; 0 is an empty place.
    return (xxhash.xxh64_intdigest(f"{model}\0{version}\0{id}".encode()) >> 1) or 1

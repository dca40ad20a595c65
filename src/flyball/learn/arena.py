"""The layout of a coefficient table in one block of 64-bit words, which several processes may map.

    header      | HEADER_WORDS: what readers need, then counts that only the writer needs
    depths      | per segment: how many leading bits of a key its keys share
    lives       | per segment: how many keys it holds
    free        | a stack of segments given back
    directory   | two halves, each: leading bits of a key -> segment; one of them holds
    marks       | two planes, each per segment one bit a slot: changed since the last checkpoint; yet to be copied
    segments    | per segment: rows of W words, a power of two: a key, and what is learned of it

A key is a 64-bit hash, 0 means an empty slot. What follows it is the learner's: FTRL has one word, a pair of z (low
half) and n (high half) as two float32, so that one atomic store replaces both; learners of several lanes have more
(`flyball.learn.lanes`), each word of which is replaced by one store. Extendible hashing (Fagin et al., ACM TODS 1979)
over segments of open addressing: only the segment that is full splits, so growth costs one segment's copy at a time.
Slots are ordered by the bits of the key that follow the directory's, which makes a split a sequential pass.

A writer that dies at any instruction leaves a table that can be read for ever. Whatever a reader follows is replaced by
one store: the word that says which half of the directory holds and how deep it is, an entry of the directory, a key, a
pair. What was replaced stays as it was until it is written again, and before that the generation is counted up: a
reader that sees the same generation before and after has read nothing that was reused under it. Nothing says that a
change is under way, so no reader waits for a writer, and no writer for a reader (decision 006).
"""

from __future__ import annotations

from typing import NamedTuple

MAGIC = 0x666C7962616C6C31
"""'flyball1': a mapped block that begins otherwise is not a table."""

HEADER_WORDS = 512
AT_MAGIC = 0
AT_SLOT_BITS = 1
AT_MAX_SEGMENTS = 2
AT_DIRECTORY_BITS = 3
AT_GENERATION = 4
"""Counted up before a segment or a half of the directory is written again that readers may still follow."""
AT_DIRECTORY = 5
"""Which half of the directory holds, and how many leading bits of a key it is indexed with: `place.directory_of`."""
AT_WIDTH_BITS = 6
"""A row has 2 to this power words."""
AT_EXPIRY = 7
"""What expires now, for everybody (`flyball.learn.expiry`); 0 where nothing does."""

AT_USED = 8
"""Segments ever taken. From here on the words change often and only the writer needs them: another cache line."""
AT_FREE = 9
"""Segments on the free stack."""
AT_LIVE = 10
"""Keys in the table."""
AT_TOUCHED = 11
"""First word of the plane that marks what changes now."""
AT_COPYING = 12
"""First word of the plane that marks what a snapshot has yet to copy; 0 while none is taken."""
AT_EPOCH = 13
"""The present epoch, where rows expire."""
AT_SWEPT = 14
"""How far rows that have expired have been taken out, in prefixes of keys, counted on from round to round."""
AT_DUE = 15
"""And how far that is due."""
AT_MIXTURE = 64
"""Where a learner keeps what is not of one feature: `flyball.learn.mixture`. The rest of the header is its room."""

FEWEST_BITS = 6
"""A segment of 2^6 slots has a word of marks of its own, and its load of 0.8 leaves some empty, where a search ends."""
HUGE_PAGE_WORDS = 1 << 18


class Layout(NamedTuple):
    """Where each part begins, in words, and how long the whole is.

    >>> layout = Layout.of(slot_bits=16, width_bits=1, max_segments=4)
    >>> layout.segment_words * 8
    1048576
    """

    slot_bits: int
    width_bits: int
    max_segments: int
    directory_bits: int
    depths: int
    lives: int
    free: int
    directory: int
    marks: int
    plane_words: int
    segments: int
    words: int

    @classmethod
    def of(cls, *, slot_bits: int, width_bits: int, max_segments: int) -> Layout:
        """The layout of a table of at most `max_segments` segments of `2 ** slot_bits` rows of `2 ** width_bits` words.

        Raises:
            ValueError: a segment would fill up before it splits, and a search in it would find no end; or a row has no
                room for more than its key.
        """
        if slot_bits < FEWEST_BITS:
            raise ValueError(
                f"slot_bits is {slot_bits}; a segment needs at least {1 << FEWEST_BITS} slots: "
                f"give {FEWEST_BITS} or more"
            )
        if width_bits < 1:
            raise ValueError(f"width_bits is {width_bits}; a row is a key and at least one word: give 1 or more")
        # Segments fill evenly, since keys are hashes; three more bits leave room for the unevenness.
        directory_bits = max(1, (max_segments - 1).bit_length()) + 3
        depths = HEADER_WORDS
        lives = depths + max_segments
        free = lives + max_segments
        directory = free + max_segments
        marks = directory + (2 << directory_bits)
        plane_words = max_segments * ((1 << slot_bits) // 64)
        segments = -(-(marks + 2 * plane_words) // HUGE_PAGE_WORDS) * HUGE_PAGE_WORDS
        words = segments + (max_segments << (slot_bits + width_bits))
        parts = (depths, lives, free, directory, marks, plane_words, segments, words)
        return cls(slot_bits, width_bits, max_segments, directory_bits, *parts)

    @property
    def segment_words(self) -> int:
        """Words in one segment."""
        return 1 << (self.slot_bits + self.width_bits)

    @property
    def row_words(self) -> int:
        """Words in a row beside its key."""
        return (1 << self.width_bits) - 1

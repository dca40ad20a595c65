"""How much memory a model takes, by formula: what `flyball status` prints, and what to plan a machine with.

A segment splits when a key comes that finds it 80 % full; keys are hashes, so a segment whose keys share d leading bits
has split if more than that many of K keys begin with its bits, whose number follows Poisson's law with mean K / 2^d.
There are 2^d such prefixes:

    segments = 1 + sum over d of 2^d P(Poisson(K / 2^d) > 0.8 slots)

Since all segments fill alike, they also split at about the same time: between two such times the bytes a key fall from
2.5 to 1.25 rows, 1.8 on average.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from flyball.learn.arena import HEADER_WORDS, HUGE_PAGE_WORDS, Layout
from flyball.learn.growth import LOAD_DENOMINATOR, LOAD_NUMERATOR
from flyball.learn.table import SEGMENT_BITS, segment_limit

WORD = 8
PAGE = 4096
HUGE_PAGE = HUGE_PAGE_WORDS * WORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """The memory of a model's coefficients, in bytes.

    Args:
        rows: the segments that hold keys.
        spare: the segment that split last, which is used again at the next split.
        marks: what has changed since the last checkpoint, one bit a slot in each of two planes.
        directory: which segment a key is in, and what is known of segments.
        gate: the filter that new features must pass (`Gate.memory_bytes`).

    >>> footprint(keys=1_000_000).rows
    33554432
    """

    rows: int
    spare: int
    marks: int
    directory: int
    gate: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.rows + self.spare + self.marks + self.directory + self.gate


def segments_for(keys: int, slot_bits: int) -> float:
    """The expected number of segments, of 2 to the power `slot_bits` slots each, that hold so many keys.

    >>> round(segments_for(52_000, 16)), round(segments_for(53_000, 16))
    (1, 2)
    """
    most = -(-(LOAD_NUMERATOR << slot_bits) // LOAD_DENOMINATOR)
    found, depth = 1.0, 0
    while depth < 64:
        mean = keys / 2.0**depth
        split = _above(mean, most)
        found += 2.0**depth * split
        if split < 1e-12:
            break
        depth += 1
    return found


def _above(mean: float, most: int) -> float:
    """The probability that a number of Poisson's law exceeds `most` (Wilson and Hilferty's approximation, 1931)."""
    if mean <= 0.0:
        return 0.0
    count = most + 1.0
    deviation = ((mean / count) ** (1.0 / 3.0) - (1.0 - 1.0 / (9.0 * count))) * 3.0 * math.sqrt(count)
    return 0.5 * math.erfc(-deviation / math.sqrt(2.0))


def footprint(
    *,
    keys: int,
    width_bits: int = 1,
    slot_bits: int | None = None,
    max_segments: int | None = None,
    gate: int = 0,
    page: int = PAGE,
) -> Footprint:
    """What a table of so many keys takes that has grown to this size; all but the last two arguments are `Table`'s.

    Args:
        keys: live keys.
        width_bits: a row has 2 to this power words.
        slot_bits: a segment has 2 to this power slots.
        max_segments: the limit of growth; by default a table's.
        gate: the bytes of the filter that new features must pass.
        page: the bytes that the system gives at once: `HUGE_PAGE` for a table that is not shared, where it has them.

    >>> footprint(keys=1_000_000).total, footprint(keys=1_000_000, width_bits=2).total
    (35168256, 68714496)
    """
    bits = SEGMENT_BITS - width_bits if slot_bits is None else slot_bits
    most = segment_limit(width_bits, bits) if max_segments is None else max_segments
    layout = Layout.of(slot_bits=bits, width_bits=width_bits, max_segments=most)
    live = min(segments_for(keys, bits), float(most))
    # A split takes two segments and gives one back, which waits for the next split.
    taken = live + min(live - 1.0, 1.0)
    rows = round(live * layout.segment_words * WORD)
    directory, marks, segments = _pages(layout, live, taken, page * 1.0 / WORD)
    return Footprint(
        rows=rows, spare=max(segments * page - rows, 0), marks=marks * page, directory=directory * page, gate=gate
    )


def _pages(layout: Layout, live: float, taken: float, page: float) -> tuple[int, int, int]:
    """How many pages of so many words the directory, the marks and the segments take; none is counted twice."""
    depth = math.ceil(math.log2(live)) if live > 1.0 else 0
    half = layout.directory + (1 << layout.directory_bits)
    marks = taken * (1 << layout.slot_bits) / 64.0
    # Of the two halves of the directory one holds, and the other one did before the last doubling.
    known = [(0, HEADER_WORDS), *((at, taken) for at in (layout.depths, layout.lives, layout.free))]
    known += [(layout.directory, 2.0**depth), (half, 2.0**depth if depth > 0 else 0.0)]
    planes = [(layout.marks, marks), (layout.marks + layout.plane_words, marks if live > 1.0 else 0.0)]
    counts, done = [], -1
    for stretches in (known, planes, [(layout.segments, taken * layout.segment_words)]):
        count = 0
        for at, words in stretches:
            last = math.ceil((at + words) / page) - 1 if words > 0.0 else -1
            count += max(last - max(math.floor(at / page), done + 1) + 1, 0)
            done = max(done, last)
        counts.append(count)
    return counts[0], counts[1], counts[2]

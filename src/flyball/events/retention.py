"""What to drop when the log outgrows its limit: whole segments, the oldest first, never one still needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """One segment that is not written any more: its records, and its bytes on the disk.

    >>> Extent(first_seq=1, last_seq=10, size_bytes=4096).size_bytes
    4096
    """

    first_seq: int
    last_seq: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPlan:
    """Which segments go, and what that leaves.

    `drop` names segments by first seq; `first_seq` is the first record that remains; `size_bytes` is what the log takes
    afterwards and `excess_bytes` by how much that is still over the limit.

    >>> RetentionPlan(drop=(), first_seq=1, size_bytes=10, excess_bytes=0).drop
    ()
    """

    drop: tuple[int, ...]
    first_seq: int
    size_bytes: int
    excess_bytes: int


def plan_retention(
    extents: Sequence[Extent], *, live_bytes: int, first_seq: int, max_disk_bytes: int, keep_from_seq: int
) -> RetentionPlan:
    """Choose what to drop so that the log takes at most `max_disk_bytes`.

    Args:
        extents: The segments that are not written any more, in order.
        live_bytes: What the others take.
        first_seq: The first record of the log.
        max_disk_bytes: The limit.
        keep_from_seq: The first record that a pending prediction or a checkpoint still needs.

    >>> segments = [Extent(first_seq=1, last_seq=10, size_bytes=50), Extent(first_seq=11, last_seq=20, size_bytes=50)]
    >>> plan_retention(segments, live_bytes=20, first_seq=1, max_disk_bytes=80, keep_from_seq=15)
    RetentionPlan(drop=(1,), first_seq=11, size_bytes=70, excess_bytes=0)
    >>> plan_retention(segments, live_bytes=20, first_seq=1, max_disk_bytes=40, keep_from_seq=15)
    RetentionPlan(drop=(1,), first_seq=11, size_bytes=70, excess_bytes=30)
    """
    total = live_bytes + sum(extent.size_bytes for extent in extents)
    drop = []
    for extent in extents:
        if total <= max_disk_bytes or extent.last_seq >= keep_from_seq:
            break
        drop.append(extent.first_seq)
        total -= extent.size_bytes
        first_seq = extent.last_seq + 1
    return RetentionPlan(
        drop=tuple(drop), first_seq=first_seq, size_bytes=total, excess_bytes=max(total - max_disk_bytes, 0)
    )

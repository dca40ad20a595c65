"""What the loop tells those who look on, when it is asked: one message, made in a few milliseconds.

>>> from flyball.watch.board import Board
>>> board = Board(["country"], "binary")
>>> seen = boards_of({"v1": board}, {})
>>> list(seen), seen["v1"].stamp == board.stamp, seen["v1"].extract.dimensions
(['v1'], True, ('country',))
>>> boards_of({"v1": board}, {"v1": board.stamp})["v1"].extract is None
True
>>> versions_of([(-7, board), (1, board)])[-7].sums[0]
0.0
>>> feed = Feed(system="{}", versions={"ctr": 1}, models={"ctr": ModelFeed(version=1, boards=seen)})
>>> msgspec.msgpack.decode(msgspec.msgpack.encode(feed), type=Feed) == feed
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from flyball.events.tally import Tally
from flyball.watch.alarm import Alarm
from flyball.watch.extract import Extract
from flyball.watch.sums import BoardKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from flyball.watch.board import Board

LearningState: TypeAlias = Literal["learning", "paused", "frozen", "rewinding"]
"""What a model does with examples: learns, keeps them for later, only scores them, or is being learned again."""


class Look(msgspec.Struct, frozen=True, tag="look"):
    """Asks the loop for a `Feed`.

    Attributes:
        stamps: of each model the boards that the asker has, by name, with their stamps: those that have not changed
            are not sent again.

    >>> Look().stamps
    {}
    """

    stamps: dict[str, dict[str, int]] = {}


class BoardFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A board, or word that it has not changed.

    Attributes:
        stamp: of its sums.
        extract: None where the asker has it already.

    >>> BoardFeed(stamp=1, extract=None).stamp
    1
    """

    stamp: int
    extract: Extract | None


class VersionFeed(msgspec.Struct, frozen=True, kw_only=True):
    """How good one version of a model is, one whose predictions were made elsewhere too: sums of the whole alone.

    Attributes:
        kind: `binary` or `number`.
        sums: in the order of `flyball.watch.sums`.

    >>> VersionFeed(kind="binary", sums=[0.0] * 10).kind
    'binary'
    """

    kind: BoardKind
    sums: list[float]


class ModelFeed(msgspec.Struct, frozen=True, kw_only=True):
    """One model of the present definition.

    Attributes:
        version: the present one.
        state: what it does with examples.
        held: examples kept for later, while it is paused.
        features: coefficients that it has.
        table_bytes: memory of its table.
        boards: the boards of the present version, by name; that of the present form last.
        versions: the sums of every version that has a board; those of predictions made elsewhere are negative, and 0
            holds versions beyond the number that have boards of their own.
        progress: while it is being learned again, how far that is, 0 to 1.
        alarms: what its guard has noticed.

    >>> ModelFeed(version=3).state
    'learning'
    """

    version: int
    state: LearningState = "learning"
    held: int = 0
    features: int = 0
    table_bytes: int = 0
    boards: dict[str, BoardFeed] = {}
    versions: dict[int, VersionFeed] = {}
    progress: float = 1.0
    alarms: list[Alarm] = []


class TallyFeed(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of one version of a model; version 0 stands for what no version can be told for.

    >>> TallyFeed(model="ctr", version=1, tally=Tally(predictions=1, pending=1)).tally.balanced
    True
    """

    model: str
    version: int
    tally: Tally


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """What the loop tells about itself.

    Attributes:
        system: the definition that holds, canonical JSON.
        versions: the version of each model.
        seq: the last record of the log.
        log_ts: its `ingest_ts`, microseconds UTC.
        learned_through: the last record that has been learned from.
        learned_ts: its `ingest_ts`.
        log_bytes: what the log takes on the disk.
        checkpoint_seq: the last record that the newest durable checkpoint has seen; 0 without one.
        checkpoint_ts: when that was written, microseconds UTC; 0 without one.
        checkpoint_problem: why the last checkpoint could not be written; "" if it could.
        clock_offset_us: how far the log's clock is ahead of the wall clock.
        models: the models of the present definition.
        tallies: of all versions.

    >>> Feed(system="{}", versions={}).seq
    0
    """

    system: str
    versions: dict[str, int]
    seq: int = 0
    log_ts: int = 0
    learned_through: int = 0
    learned_ts: int = 0
    log_bytes: int = 0
    checkpoint_seq: int = 0
    checkpoint_ts: int = 0
    checkpoint_problem: str = ""
    clock_offset_us: int = 0
    models: dict[str, ModelFeed] = {}
    tallies: list[TallyFeed] = []


def boards_of(boards: Mapping[str, Board], stamps: Mapping[str, int]) -> dict[str, BoardFeed]:
    """The boards as the loop sends them.

    Args:
        boards: those of the present version of a model, by name; that of the present form last.
        stamps: what the asker has.
    """
    found = {}
    for name, board in boards.items():
        stamp = board.stamp
        found[name] = BoardFeed(stamp=stamp, extract=None if stamps.get(name) == stamp else board.extract())
    return found


def versions_of(boards: Iterable[tuple[int, Board]]) -> dict[int, VersionFeed]:
    """The sums of each version, over all of its boards.

    Args:
        boards: each with its version; where those of one version are of different kinds, the last kind counts.
    """
    found: dict[int, Board] = {}
    sums: dict[int, NDArray[np.float64]] = {}
    for version, board in boards:
        before = found.get(version)
        same = before is not None and before.kind == board.kind
        found[version], sums[version] = board, sums[version] + board.sums if same else board.sums
    return {version: VersionFeed(kind=found[version].kind, sums=sums[version].tolist()) for version in found}

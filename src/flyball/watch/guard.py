"""The guard: notices that a stream is poisoned, and says so.

Nothing that comes can put a NaN into a table of coefficients, but much can be learned that is wrong. The guard is part
of the fold: it sees every prediction and every example in the order of the log, so that the same log gives the same
alarms. It changes nothing else. Five tests, each of which needs 1,000 rows before it says anything:

- **loss**: a bet, on every example, that the loss of what was served is above a bound: 1.5 times what it has been on
  average, or what that of a constant prediction has been, whichever is more; and 1.25 times what a constant loses that
  follows the newest 50 values, so that a change of rates alone is no alarm. Losses count up to 8 times the bound. As
  long as the bound holds on average, the wealth of who bets is a supermartingale; an alarm is a growth by 10^9 since
  its lowest point, which comes on average less than once in 10^9 examples (Page's CUSUM as an e-detector: Shin, Ramdas
  and Rinaldo, "E-detectors", 2022).
- **turned**: of several lanes, that the mixture serves the opposite of what they say: the weights of their margins sum
  to less than -1, looked at after every 256 examples. This is how a learner without settings answers flipped labels: it
  turns around within 10 to 60 examples, too soon for the losses to tell. On clean sets the least was -0.9.
- **limit**: a probability within 10^-14 of 0 or 1 that was wrong; once in 10^14 where it was meant.
- **beyond**: a number of more than 10^6 times the largest before: inputs, outcomes and answers.
- **one-key**: of an input that fewer than half of the rows had as the row before, nearly every row: Page's test of
  repeats in 98 % of rows against 80 %, until 256 rows have repeated. A sender that leaves an input empty all at once is
  noticed so, too.

Measured (`tests/integration/test_guard.py`): no alarm on any of the nine sets of `make bench`, with a learner without
settings or with one variant alone. With 500 labels flipped in the middle of each of the eight longer ones, a learner
without settings whose outcomes come at once is told to be poisoned on five: not where yes is rare (obd_men 0.5 %,
bank_marketing 11 %), since it follows the new rate within a few examples. Where outcomes come 200 predictions later it
is seven; there the two sets that drift fastest (elec2, seaflights15) make alarms without a poison, too: what was
learned 200 rows before really is worse than a constant at times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from flyball.watch.alarm import Alarm
from flyball.watch.guard_kernel import (
    AT_ALARMS,
    AT_FIRST,
    AT_LAST,
    AT_ON,
    AT_SEEN,
    FIELDS,
    WARM,
    sound,
    watch_keys,
    watch_limits,
    watch_losses,
    watch_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from flyball.watch.alarm import AlarmKind
    from flyball.watch.looks import Looks
    from flyball.watch.sums import BoardKind

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

EVERY = 256
"""After so many examples it looks at the mixture of lanes."""
TURNED = -1.0
"""Where the weights of the lanes' margins sum to less, their opposite is served."""
ANSWERS = "answers"
"""What stands in the place of a signal where the model's answers are meant."""


class Guard:
    """Watches one model.

    >>> guard = Guard()
    >>> prices = np.full((1, 1001), 2.0)
    >>> prices[0, -1] = 1e30
    >>> from flyball.watch.looks import Looks
    >>> guard.asked(Looks((), np.empty((0, 1001), int), ("price",), prices), np.arange(1001))
    >>> [(alarm.kind, alarm.signal, alarm.on, alarm.first_ts) for alarm in guard.alarms()]
    [('beyond', 'price', True, 1000)]
    >>> Guard.restore(guard.snapshot()).alarms() == guard.alarms()
    True
    """

    def __init__(self) -> None:
        self._keys = _Shelf(np.int64)
        self._numbers = _Shelf(np.float64)
        self._losses = _Shelf(np.float64)
        self._limits = _Shelf(np.float64)
        self._turns = _Shelf(np.float64)
        self._turns.rows((ANSWERS,))

    def asked(self, looks: Looks, event_ts: Integers) -> None:
        """Takes the inputs of the next predictions.

        Args:
            looks: of n rows.
            event_ts: when each was asked, shape (n,), microseconds UTC.
        """
        if len(event_ts) == 0:
            return
        watch_keys(self._keys.rows(looks.keyed), looks.keys, event_ts)
        watch_numbers(self._numbers.rows(looks.counted), looks.numbers, event_ts)

    def scored(self, kind: BoardKind, outcome: str, scores: Floats, values: Floats, event_ts: Integers) -> None:
        """Takes the next examples.

        Args:
            kind: what is predicted.
            outcome: its name.
            scores: as they were served, shape (n,).
            values: what really happened, shape (n,).
            event_ts: when each was asked, shape (n,), microseconds UTC.
        """
        if len(scores) == 0:
            return
        if kind == "binary":
            watch_losses(self._losses.rows((kind,))[0], 1, scores, values, event_ts)
            watch_limits(self._limits.rows((ANSWERS,))[0], scores, values, event_ts)
        else:
            watch_losses(self._losses.rows((kind,))[0], 0, scores, values, event_ts)
            watch_numbers(self._limits.rows((ANSWERS, outcome)), np.stack([scores, values]), event_ts)

    @property
    def unseen(self) -> int:
        """How many examples may be learned until it looks at the mixture of lanes again."""
        return EVERY - int(self._turns.rows((ANSWERS,))[0, AT_SEEN]) % EVERY

    def learned(self, examples: int, followed: Callable[[], tuple[float, int]]) -> None:
        """Takes word that examples were learned, at most `unseen`.

        Args:
            examples: how many.
            followed: called where it looks: the sum of the weights with which the lanes' margins are served, and the
                time of the last prediction that was learned from, microseconds UTC.
        """
        row = self._turns.rows((ANSWERS,))[0]
        row[AT_SEEN] += examples
        if examples == 0 or row[AT_SEEN] % EVERY > 0:
            return
        weight, when = followed()
        if weight < TURNED and row[AT_SEEN] > WARM:
            sound(row, when)
        elif weight > 0.0:
            row[AT_ON] = 0.0

    def alarms(self) -> tuple[Alarm, ...]:
        """All that it has ever noticed: what still holds first, then the newest."""
        found = [*self._losses.alarms("loss"), *self._keys.alarms("one-key"), *self._numbers.alarms("beyond")]
        found += self._turns.alarms("turned")
        found += self._limits.alarms("limit" if "binary" in self._losses.names else "beyond")
        return tuple(sorted(found, key=lambda alarm: (not alarm.on, -alarm.last_ts, alarm.kind, alarm.signal)))

    def snapshot(self) -> bytes:
        """The guard as bytes: the same for guards that saw the same, whatever the chunks."""
        return msgspec.msgpack.encode([shelf.packed() for shelf in self._shelves])

    @classmethod
    def restore(cls, data: bytes) -> Guard:
        """The guard that `snapshot` gave these bytes."""
        guard = cls()
        for shelf, rows in zip(guard._shelves, msgspec.msgpack.decode(data, type=list[dict[str, bytes]]), strict=True):
            shelf.unpack(rows)
        return guard

    @property
    def _shelves(self) -> tuple[_Shelf, ...]:
        return (self._keys, self._numbers, self._losses, self._limits, self._turns)


class _Shelf:
    """Tests of one sort, by what they watch: one row of numbers each."""

    def __init__(self, kind: type[np.int64 | np.float64]) -> None:
        self._kind = kind
        self._held: dict[str, NDArray[Any]] = {}
        self._names: tuple[str, ...] = ()
        self._rows: NDArray[Any] = np.zeros((0, FIELDS), dtype=kind)

    @property
    def names(self) -> tuple[str, ...]:
        """What is watched."""
        return (*self._held,)

    def rows(self, names: tuple[str, ...]) -> NDArray[Any]:
        """The rows of these, to be written to, shape (names, FIELDS)."""
        if names != self._names:
            # Rows of inputs that a definition leaves out stay: another one may have them again.
            held = [self._held.get(name, np.zeros(FIELDS, dtype=self._kind)) for name in names]
            self._rows = np.array(held, dtype=self._kind).reshape(len(names), FIELDS)
            self._names = names
            self._held |= dict(zip(names, self._rows, strict=True))
        return self._rows

    def alarms(self, kind: AlarmKind) -> Iterator[Alarm]:
        """Those that ever went on."""
        for name, row in self._held.items():
            if row[AT_ALARMS] > 0:
                yield Alarm(
                    kind=kind,
                    signal="" if kind in {"loss", "turned", "limit"} else name,
                    on=bool(row[AT_ON]),
                    times=int(row[AT_ALARMS]),
                    first_ts=int(row[AT_FIRST]),
                    last_ts=int(row[AT_LAST]),
                )

    def packed(self) -> dict[str, bytes]:
        """All rows as bytes, by name."""
        return {name: row.tobytes() for name, row in sorted(self._held.items())}

    def unpack(self, rows: dict[str, bytes]) -> None:
        """Takes rows up that were packed."""
        self._held = {name: np.frombuffer(row, dtype=self._kind).copy() for name, row in rows.items()}
        self._names, self._rows = (), np.zeros((0, FIELDS), dtype=self._kind)

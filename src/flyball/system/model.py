"""Models: named functions of signals."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING

from flyball.system.duration import parse_duration
from flyball.system.learner import FTRL, Learner
from flyball.system.outcome import same_duration
from flyball.system.place import Declared, as_float, as_tuple
from flyball.system.signal import Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.system.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Model(Declared):
    """What predicts one outcome from signals.

    Args:
        name: its name in requests.
        signals: what it consumes.
        outcome: what it predicts.
        learner: how it learns.
        slice_by: the dimensions by which it is watched: signals, or tuples of signals that are watched together.
        calibrate: `True` puts predictions right where answers show that they are too high or too low; dimensions, given
            as for `slice_by`, do so for each of their slices too. For outcomes of `bool`; off unless it is given.
        candidates: those of the signals, crosses mostly, that may or may not help: `FTRL()` learns with and without
            them, and believes what foretells better. None unless given; where there are any, rows are twice as wide.
        offset: a number that is added to every prediction as it is, and never learned: to the logarithm of the odds
            where the outcome is a `bool`, to that of the mean where it is a count (there: the logarithm of the
            exposure), to the mean itself where it is a number. Where it is missing, 0 is added.
        admission: which new features are given memory once they are learned from: a whole number n, 1 to 15, refuses
            each n times first; a fraction between 0 and 1 takes one in at each sighting with that probability. All are
            taken in unless it is given.
        admission_keys: with a whole number, how many different new features are remembered, each for as long as it
            takes so many others to come: 10,000,000 unless it is given, which take 16 MB at `admission=1`.
        expiry: what has not been learned from for so long, by the time of the log, is forgotten, such as "30d"; at
            least an hour. Nothing is forgotten unless it is given.
        fallback: the answer when there is no time for a better one; for `bool` a probability.
        deadline: how long an answer may take, such as "20ms".
        owner: who answers for it.
        description: what it means.

    >>> from flyball.system.input import Input
    >>> from flyball.system.outcome import Outcome
    >>> hour = Input("hour", int)
    >>> Model("ctr", signals=[hour], outcome=Outcome("click"), slice_by=[hour], deadline="20ms").dimensions
    ('hour',)
    """

    name: str
    _: KW_ONLY
    signals: Sequence[Signal]
    outcome: Outcome
    learner: Learner = field(default_factory=FTRL)
    slice_by: Sequence[Signal | tuple[Signal, ...]] = ()
    calibrate: bool | Sequence[Signal | tuple[Signal, ...]] | None = None
    candidates: Sequence[Signal] = ()
    offset: Signal | None = None
    admission: float | None = None
    admission_keys: int | None = None
    expiry: str | None = None
    fallback: float | None = None
    deadline: str | None = None
    owner: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        """Notes the line and brings what was given to one form; a dimension of one signal is that signal."""
        Declared.__post_init__(self)
        self._settle(
            signals=as_tuple(self.signals),
            slice_by=_dimensions(self.slice_by),
            calibrate=_calibration(self.calibrate),
            candidates=as_tuple(self.candidates),
            fallback=as_float(self.fallback),
            deadline=same_duration(self.deadline),
            expiry=same_duration(self.expiry),
        )

    @property
    def deadline_us(self) -> int | None:
        """How long an answer may take, in microseconds."""
        return None if self.deadline is None else parse_duration(self.deadline)

    @property
    def expiry_us(self) -> int | None:
        """After how long what is not learned from is forgotten, in microseconds."""
        return None if self.expiry is None else parse_duration(self.expiry)

    @property
    def slices(self) -> tuple[tuple[Signal, ...], ...]:
        """The signals of each dimension."""
        return _signals(self.slice_by)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The name of each dimension, such as `country & hour`."""
        return tuple(" & ".join(signal.name for signal in signals) for signals in self.slices)

    @property
    def calibrated(self) -> bool:
        """Whether its predictions are calibrated."""
        return self.calibrate is not None

    @property
    def calibrated_by(self) -> tuple[tuple[Signal, ...], ...]:
        """The signals of each dimension by which it is calibrated."""
        return () if self.calibrate is None or isinstance(self.calibrate, bool) else _signals(self.calibrate)

    @property
    def beside(self) -> tuple[Signal, ...]:
        """The offset, and the signals of all dimensions, which need not be signals of the model."""
        offset = () if self.offset is None else (self.offset,)
        return (*offset, *(signal for signals in (*self.slices, *self.calibrated_by) for signal in signals))


def _dimensions(given: object) -> tuple[object, ...]:
    return tuple(
        each[0] if isinstance(each, list | tuple) and len(each) == 1 else _frozen(each) for each in as_tuple(given)
    )


def _calibration(given: object) -> tuple[object, ...] | None:
    if given is None or given is False:
        return None
    return () if given is True else _dimensions(given)


def _signals(dimensions: Sequence[Signal | tuple[Signal, ...]]) -> tuple[tuple[Signal, ...], ...]:
    return tuple((each,) if isinstance(each, Signal) else each for each in dimensions)


def _frozen(given: object) -> object:
    return tuple(given) if isinstance(given, list) else given

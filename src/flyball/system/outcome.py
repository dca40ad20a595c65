"""Outcomes: the declared kinds of answers."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from flyball.system.duration import format_duration, parse_duration
from flyball.system.excerpt import excerpt
from flyball.system.kind import Kind
from flyball.system.missing import MISSING, Missing
from flyball.system.place import Declared, as_float, as_tuple
from flyball.system.refusal import ValueRefused
from flyball.system.signal import kind_or_none
from flyball.system.value import coerce

if TYPE_CHECKING:
    from flyball.system.event import Event

Learn: TypeAlias = Literal["arrival", "close", "revise"]
"""When an example is learned."""
Reducer: TypeAlias = Literal["first", "last", "sum", "min", "max", "mean"]
"""How several values for one prediction become one."""
Revision: TypeAlias = Literal["first", "last", "reject"]
"""Which value holds where the same fact is told twice with different values."""
Loss: TypeAlias = Literal["logistic", "squared", "poisson"]
"""What a model of this outcome makes small."""

NUMBERS = (Kind.BOOL, Kind.INT, Kind.FLOAT)
"""The kinds that an outcome can have."""


@dataclass(frozen=True, slots=True)
class Outcome(Declared):
    """A kind of answer that comes later, and what its coming or not coming means.

    Args:
        name: its name in requests; in files its column, unless `Source.label` names another.
        type: `bool`, `int` or `float`.
        loss: what a model of it makes small: "logistic", for `bool`; "squared", the default for numbers; or "poisson",
            for counts and other numbers of 0 or more whose spread grows with their mean.
        window: how long it is waited for, from the prediction or from `counts_from`.
        if_silent: the value that holds when the window closes without an answer; `None`: nothing is learned then.
        counts_from: the event from which the window counts; what was never shown is `unexposed`, never silent.
        learn: "arrival" (the default without `if_silent`), "close" (the default with it) or "revise".
        reducer: how several values become one: "first", "last", "sum", "min", "max", "mean".
        revision: which value holds where one fact is told twice: "first", "last" or "reject".
        labels: for `bool`: the texts that mean no and yes, in this order.
        keep_silent: the share of negatives that is learned from, each with weight 1 / keep_silent.
        negatives_kept: for `bool`: the share of negatives that ever comes here, where others have been left out before;
            predictions are put right for it. Not together with `keep_silent`.
        scale: for numbers: their usual size; errors are measured in it.
        owner: who answers for it.
        description: what it means.

    >>> Outcome("click", window="30m", if_silent=0).learn
    'close'
    """

    name: str
    type: object = bool
    _: KW_ONLY
    loss: Loss | None = None
    window: str | None = "7d"
    if_silent: object = None
    counts_from: Event | None = None
    learn: Learn | None = None
    reducer: Reducer = "first"
    revision: Revision = "last"
    labels: tuple[str, str] | None = None
    keep_silent: float = 1.0
    negatives_kept: float = 1.0
    scale: float = 1.0
    owner: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        """Notes the line and brings what was given to one form."""
        Declared.__post_init__(self)
        self._settle(
            type=kind_or_none(self.type) or self.type,
            loss=self.loss if self.loss is not None else "squared" if self._is_number else "logistic",
            window=same_duration(self.window),
            learn=self.learn if self.learn is not None else "arrival" if self.if_silent is None else "close",
            labels=None if self.labels is None else as_tuple(self.labels),
            keep_silent=as_float(self.keep_silent),
            negatives_kept=as_float(self.negatives_kept),
            scale=as_float(self.scale),
        )
        self._settle(if_silent=self._silence())

    @property
    def kind(self) -> Kind:
        """The type of its values."""
        return Kind.of(self.type)

    @property
    def _is_number(self) -> bool:
        return kind_or_none(self.type) in {Kind.INT, Kind.FLOAT}

    @property
    def window_us(self) -> int:
        """How long it is waited for, in microseconds."""
        return parse_duration(self.window)

    @property
    def silent_value(self) -> float | None:
        """The value that holds when no answer came: 0 or 1 for no and yes; `None`: none."""
        return None if self.if_silent is None else float(self.if_silent)  # type: ignore[arg-type]  # checked by System

    @property
    def counts_from_name(self) -> str | None:
        """The name of the event from which the window counts."""
        return None if self.counts_from is None else self.counts_from.name

    def value_of(self, raw: object) -> float | Missing:
        """The number that a raw answer stands for: 0 or 1 for no and yes.

        Args:
            raw: a truth, a number, a text of one, or one of `labels`; `None` is missing.

        Raises:
            ValueRefused: it is none of these.

        >>> Outcome("late", labels=("ON TIME", "LATE")).value_of("LATE")
        1.0
        """
        if self.labels is not None and isinstance(raw, str):
            if raw in self.labels:
                return float(self.labels.index(raw))
            raise ValueRefused("not_a_label", f"{excerpt(raw)} is no label; accepted: {', '.join(self.labels)}")
        value = coerce(self.kind, raw)
        if self.loss == "poisson" and isinstance(value, (int, float)) and value < 0:
            raise ValueRefused(
                "negative_count", f"{excerpt(raw)} is below 0; accepted: 0 or more, as loss='poisson' asks"
            )
        return MISSING if isinstance(value, Missing) else float(value)  # type: ignore[arg-type]  # a truth or a number

    def _silence(self) -> object:
        given, kind = self.if_silent, kind_or_none(self.type)
        is_label = isinstance(given, str) and self.labels is not None and given in self.labels
        if kind not in NUMBERS or (isinstance(given, str) and not is_label):
            return given
        try:
            value = self.value_of(given)
        except ValueRefused:
            return given
        if isinstance(value, Missing):
            return None
        # -0.0 equals 0.0, so it is written alike.
        return bool(value) if kind is Kind.BOOL else value + 0.0


def same_duration(given: object) -> object:
    """A duration in its one spelling ("90m" for "1.5h"); anything else as it is, for the check to find.

    >>> same_duration("1.5h"), same_duration("soon")
    ('90m', 'soon')
    """
    try:
        return format_duration(parse_duration(given))
    except ValueRefused:
        return given

"""How close answers come to the truth, as they are given.

>>> closeness = Closeness(recent=2)
>>> for score in (0.5, 0.1, 0.1):
...     closeness.add(score, truth=0.1, clicked=False, young=False)
>>> seen = closeness.progress()
>>> seen.answers, seen.recent, round(seen.log_loss - seen.entropy, 6), seen.base == seen.entropy
(3, 2, 0.0, True)
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace

from flyball.watch.scorecard import entropy

RECENT = 5_000
"""Log losses are of so many answers, the latest ones."""
CHANCE = 4.0
"""Standard deviations of the clicks' own chance by which predicted and actual may differ: once in 16,000 runs."""
ALLOWED = 0.15
"""What a model that has seen little may predict too much or too little beside chance, as a share of the clicks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was predicted for some visits, and what came of them.

    Attributes:
        answers: how many visits.
        clicks: how many were clicked.
        predicted: the sum of what the model answered.
        truth: the sum of the true probabilities.
        variance: of the clicks, given the true probabilities.

    >>> seen = Calibration(answers=100, clicks=5, predicted=5.5, truth=5.1, variance=4.8)
    >>> seen.ratio, seen.truth_ratio, seen.holds, [round(end, 1) for end in seen.band]
    (1.1, 1.02, True, [0.0, 2.9])
    >>> Calibration().ratio is None
    True
    """

    answers: int = 0
    clicks: int = 0
    predicted: float = 0.0
    truth: float = 0.0
    variance: float = 0.0

    def plus(self, score: float, truth: float, *, clicked: bool) -> Calibration:
        """With one more visit."""
        return replace(
            self,
            answers=self.answers + 1,
            clicks=self.clicks + clicked,
            predicted=self.predicted + score,
            truth=self.truth + truth,
            variance=self.variance + truth * (1.0 - truth),
        )

    @property
    def ratio(self) -> float | None:
        """Predicted over actual; `None` without clicks."""
        return self.predicted / self.clicks if self.clicks else None

    @property
    def truth_ratio(self) -> float | None:
        """The same of the true probabilities: 1 but for the clicks' own chance."""
        return self.truth / self.clicks if self.clicks else None

    @property
    def band(self) -> tuple[float, float] | None:
        """Between which ratios the promise holds, with so many clicks; `None` without."""
        if not self.clicks:
            return None
        room = CHANCE * math.sqrt(self.variance) / self.clicks + ALLOWED
        return max(1.0 - room, 0.0), 1.0 + room

    @property
    def holds(self) -> bool:
        """Whether the ratio lies within the band; without clicks nothing says otherwise."""
        ratio, band = self.ratio, self.band
        return ratio is None or band is None or band[0] <= ratio <= band[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What has been seen so far.

    Attributes:
        answers: all answers.
        recent: of how many, the latest, these are:
        log_loss: to be expected of the answers, nats: the true probabilities weigh both cases, so that chance is out.
        entropy: the same of the true probabilities: nobody can do better.
        base: the same of always answering the mean of the true probabilities.
        young: new ads, since the model has learned something.

    >>> Progress(answers=9, recent=9, log_loss=0.25, entropy=0.2, base=0.3, young=Calibration()).learned
    0.5
    """

    answers: int
    recent: int
    log_loss: float
    entropy: float
    base: float
    young: Calibration

    @property
    def learned(self) -> float | None:
        """Which share of the way from the constant to the truth is gone; below 0 the constant is better."""
        if self.base - self.entropy < 1e-9:  # of one answer the mean is the truth
            return None
        return (self.base - self.log_loss) / (self.base - self.entropy)


class Closeness:
    """Compares answers with the truth; memory does not grow.

    Args:
        recent: of how many answers the log losses are.
    """

    def __init__(self, recent: int = RECENT) -> None:
        self._recent: deque[tuple[float, float]] = deque(maxlen=recent)
        self._answers = 0
        self._young = Calibration()

    def add(self, score: float, truth: float, *, clicked: bool, young: bool) -> None:
        """One answer.

        Args:
            score: what was answered.
            truth: the true probability.
            clicked: whether a click comes in time.
            young: whether it counts for the calibration of new ads.
        """
        self._answers += 1
        self._recent.append((score, truth))
        if young:
            self._young = self._young.plus(score, truth, clicked=clicked)

    def progress(self) -> Progress | None:
        """What has been seen so far; `None` before the first answer. Other threads may add meanwhile."""
        pairs = self._recent.copy()
        if not pairs:
            return None
        count = len(pairs)
        return Progress(
            answers=self._answers,
            recent=count,
            log_loss=sum(cross_entropy(truth, score) for score, truth in pairs) / count,
            entropy=sum(entropy(truth) for _, truth in pairs) / count,
            base=entropy(sum(truth for _, truth in pairs) / count),
            young=self._young,
        )


def cross_entropy(truth: float, score: float) -> float:
    """The log loss, nats, to be expected of an answer where the truth is this probability.

    >>> round(cross_entropy(0.5, 0.5), 4)
    0.6931
    """
    held = min(max(score, 1e-15), 1.0 - 1e-15)
    return -truth * math.log(held) - (1.0 - truth) * math.log1p(-held)

"""The compiled loops of the guard: three sequential tests, each one row of numbers that is carried from row to row.

All of them take what they watch strictly in its order, so that however a stream is cut into chunks, every number gets
the same bits. Each costs a few operations for a row, and moves what it reads.
"""

from __future__ import annotations

from math import copysign
from typing import TYPE_CHECKING

import numpy as np

from flyball.learn.kernel import kernel
from flyball.learn.maths import log
from flyball.watch.sums import SMALLEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

AT_SEEN = 0
"""Where a test keeps how many rows it has seen."""
AT_EVIDENCE = 1
"""The evidence against that all is well, 0 or more; a surprise of e to this power."""
AT_ON = 2
"""1 while the alarm is on."""
AT_ALARMS = 3
"""How often it went on."""
AT_FIRST = 4
"""The time of the row at which it last went on, microseconds UTC."""
AT_LAST = 5
"""The time of the last row that spoke for it."""
AT_LEVEL = 6
"""What is usual: of losses their decayed sum, of numbers the largest, of keys the share of repeats."""
AT_FLAT = 7
"""Of losses the decayed sum of those of a constant prediction; of keys the last key."""
AT_MEAN = 8
"""The decayed sum of values."""
AT_WEIGHT = 9
"""The decayed number of examples."""
AT_RATE = 10
"""The mean of the newest values."""
AT_NOW = 11
"""The mean loss of predicting just that, for the newest examples."""
FIELDS = 12

WARM = 1000
"""No test says anything before it has seen so many rows: before that nothing is usual."""
MEMORY = 10_000.0
"""Of so many examples what is usual is known."""
LOUD = 1.5
"""So many times what is usual is still no reason to wonder,"""
WORSE = 1.25
"""nor so many times what a constant loses that follows the newest values: then rates are others, and no label wrong."""
BRISK = 50.0
"""The newest are about so many."""
STAKE = 0.1
"""What part of its wealth the test of losses bets on each example."""
MOST = 8.0
"""A loss of more than so many times the bound counts as one of so many: no single example makes an alarm."""
SURE = 20.723265836946414
"""The evidence that makes an alarm: the logarithm of 10^9."""
LIMIT = 1e-14
"""An answer nearer to certainty than that stands at its limit."""
FAR = 1e6
"""A number of more than so many times the largest before is beyond any seen."""
QUIET = 10_000
"""After so many rows without another one the alarm of such numbers is off."""
REPEATS = 256
"""So many repeats of a key make an alarm, where each row that repeats nothing takes `LAPSE` of them back."""
LAPSE = 12
"""Page's test of repeats in 98 % of rows against repeats in 80 %: ln(0.98 / 0.8) and ln(0.02 / 0.2), as 1 to -12."""
LARGEST = 1e200
"""No squared error counts as more."""
WHOLE = 1 << 16
"""A share of 1, in the whole numbers that shares of repeats are kept in."""
SLOWNESS = 8192
"""Such a share is that of so many rows, nearly."""


@kernel
def sound(row: Floats, when: int) -> None:
    """Turns the alarm on, or notes that it still has a reason."""
    if row[AT_ON] == 0.0:
        row[AT_ON] = 1.0
        row[AT_ALARMS] += 1.0
        row[AT_FIRST] = when
    row[AT_LAST] = when


@kernel
def calm(row: Floats) -> None:
    """One more row without a reason."""
    if row[AT_EVIDENCE] > 0.0:
        row[AT_EVIDENCE] -= 1.0
        if row[AT_EVIDENCE] == 0.0:
            row[AT_ON] = 0.0


@kernel
def cost(score: float, value: float, binary: int) -> float:
    """Log loss, or the squared error."""
    if not binary:
        return min((score - value) ** 2, LARGEST)
    cut = min(max(score, SMALLEST), 1.0 - SMALLEST)
    return -(value * log(cut) + (1.0 - value) * log(1.0 - cut))


@kernel
def follow(row: Floats, binary: int, value: float) -> None:
    """Lets the constant that follows the newest values predict this one, then learn it."""
    newest = min(row[AT_SEEN] + 1.0, BRISK)
    # As if half a yes and half a no had been seen besides: no rate is 0.
    rate = (row[AT_RATE] * BRISK + 0.5) / (BRISK + 1.0) if binary else row[AT_RATE]
    row[AT_NOW] += (cost(rate, value, binary) - row[AT_NOW]) / newest
    row[AT_RATE] += (value - row[AT_RATE]) / newest


@kernel
def watch_losses(row: Floats, binary: int, scores: Floats, values: Floats, event_ts: Integers) -> None:
    """Whether what is served loses far more than it did, and than a constant prediction did."""
    for i in range(len(scores)):
        weight = row[AT_WEIGHT]
        mean = row[AT_MEAN] / weight if weight > 0.0 else 0.5
        lost, flat = cost(scores[i], values[i], binary), cost(mean, values[i], binary)
        if row[AT_SEEN] >= WARM:
            bound = max(LOUD * max(row[AT_LEVEL], row[AT_FLAT]) / weight, WORSE * row[AT_NOW])
            lost, flat = min(lost, MOST * bound), min(flat, MOST * bound)
            if bound > 0.0:
                gained = log(1.0 + STAKE * (lost / bound - 1.0))
                row[AT_EVIDENCE] = min(max(row[AT_EVIDENCE] + gained, 0.0), SURE)
                if row[AT_EVIDENCE] >= SURE:
                    sound(row, event_ts[i])
                elif row[AT_EVIDENCE] <= 0.0:
                    row[AT_ON] = 0.0
        follow(row, binary, values[i])
        row[AT_SEEN] += 1.0
        row[AT_LEVEL] += lost - row[AT_LEVEL] / MEMORY
        row[AT_FLAT] += flat - row[AT_FLAT] / MEMORY
        # An absurd number moves the mean as one does whose loss is not cut.
        value = values[i] if binary else mean + copysign(np.sqrt(flat), values[i] - mean)
        row[AT_MEAN] += value - row[AT_MEAN] / MEMORY
        row[AT_WEIGHT] += 1.0 - row[AT_WEIGHT] / MEMORY


@kernel
def watch_limits(row: Floats, scores: Floats, values: Floats, event_ts: Integers) -> None:
    """Whether a probability that stood at its limit was wrong."""
    for i in range(len(scores)):
        row[AT_SEEN] += 1.0
        wrong = scores[i] if values[i] < 0.5 else 1.0 - scores[i]
        if wrong > 1.0 - LIMIT:
            row[AT_EVIDENCE] = QUIET
            sound(row, event_ts[i])
        else:
            calm(row)


@kernel
def watch_numbers(rows: Floats, numbers: Floats, event_ts: Integers) -> None:
    """Whether a number is beyond any seen before; one row for each column of numbers, NaN stands for a missing one."""
    for column in range(len(numbers)):
        row = rows[column]
        for i in range(len(event_ts)):
            size = abs(numbers[column, i])
            if np.isnan(size):
                continue
            row[AT_SEEN] += 1.0
            if row[AT_SEEN] > WARM and size > FAR * max(row[AT_LEVEL], 1.0):
                row[AT_EVIDENCE] = QUIET
                sound(row, event_ts[i])
                continue
            row[AT_LEVEL] = max(row[AT_LEVEL], size)
            calm(row)


@kernel
def watch_keys(rows: Integers, keys: Integers, event_ts: Integers) -> None:
    """Whether nearly every row has one key where they had been spread out: fewer than half repeated the one before."""
    for column in range(len(keys)):
        row = rows[column]
        for i in range(len(event_ts)):
            again = keys[column, i] == row[AT_FLAT] and row[AT_SEEN] > 0
            row[AT_FLAT] = keys[column, i]
            row[AT_SEEN] += 1
            row[AT_LEVEL] += ((WHOLE if again else 0) - row[AT_LEVEL]) // min(row[AT_SEEN], SLOWNESS)
            found = min(max(row[AT_EVIDENCE] + (1 if again else -LAPSE), 0), REPEATS)
            row[AT_EVIDENCE] = found
            if found == 0:
                row[AT_ON] = 0
            elif found == REPEATS and (row[AT_ON] == 1 or (row[AT_SEEN] > WARM and 2 * row[AT_LEVEL] < WHOLE)):
                row[AT_ALARMS] += 1 - row[AT_ON]
                row[AT_FIRST] = event_ts[i] if row[AT_ON] == 0 else row[AT_FIRST]
                row[AT_ON], row[AT_LAST] = 1, event_ts[i]

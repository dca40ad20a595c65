"""How long after an ad is shown the click comes, where one comes at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flyball.testing.catalogue import DELAY_MEANS_US, MINUTE_US

if TYPE_CHECKING:
    from flyball.testing.arrays import Floats, Ints
    from flyball.testing.dice import Dice

WINDOW_US = 30 * MINUTE_US
"""A click counts if it comes in less than this time after the ad was shown."""


def within_window(types: Ints) -> Floats:
    """The share of the clicks on ads of these types (codes, any shape) that come within the window: 1 - exp(-w / mean).

    >>> within_window(np.arange(4)).round(3).tolist()
    [1.0, 0.998, 0.918, 0.976]
    """
    shares = -np.expm1(-WINDOW_US / DELAY_MEANS_US)
    return np.asarray(shares[types], dtype=np.float64)


def click_delays(dice: Dice, places: Ints, p_ever: Floats, types: Ints) -> Ints:
    """Microseconds from showing to the click for each place, at least 1, or -1 where no click ever comes.

    Exponential with the mean of the ad's type (Chapelle, "Modeling Delayed Feedback in Display Advertising", KDD 2014,
    section 3): so clicks arrive out of order, and a few after the window.

    Args:
        dice: the world's draws.
        places: of the candidates, any shape.
        p_ever: the probability that a click comes, now or later, same shape.
        types: codes of the ads' types, same shape.

    >>> from flyball.testing.dice import Dice
    >>> click_delays(Dice(7), np.arange(3), np.array([0.0, 1.0, 1.0]), np.array([0, 0, 2])) // MINUTE_US
    array([-1,  1,  6])
    """
    clicked = dice.uniform("click", places) < p_ever
    delays = dice.exponential("delay", places) * DELAY_MEANS_US[types]
    return np.where(clicked, np.maximum(delays.astype(np.int64), 1), -1)

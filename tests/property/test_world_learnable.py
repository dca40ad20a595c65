"""The world can be learned, though not for nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numba import njit

from flyball.testing.world import World

if TYPE_CHECKING:
    from flyball.testing.arrays import Floats, Ints
    from flyball.testing.traffic import Traffic

WEEK_US = 7 * 86_400_000_000
WORDS = ("ad_id", "user_id", "country", "device", "placement", "advertiser", "ad_type", "topic", "server")
PAIRS = (("country", "topic"), ("device", "placement"), ("user_id", "topic"))


@njit(nogil=True)
def _ftrl(rows: Ints, labels: Floats, size: int) -> Floats:
    """One pass of FTRL-Proximal with alpha 0.1, beta 1 and no penalties (McMahan et al., KDD 2013, Algorithm 1)."""
    z, n, answers = np.zeros(size), np.zeros(size), np.empty(len(labels))
    for row in range(len(labels)):
        margin = 0.0
        for at in rows[row]:
            margin -= 0.1 * z[at] / (1.0 + math.sqrt(n[at]))
        answers[row] = 1.0 / (1.0 + math.exp(-margin))
        gradient = answers[row] - labels[row]
        for at in rows[row]:
            weight = -0.1 * z[at] / (1.0 + math.sqrt(n[at]))
            z[at] += gradient - (math.sqrt(n[at] + gradient * gradient) - math.sqrt(n[at])) / 0.1 * weight
            n[at] += gradient * gradient
    return answers


def _features(traffic: Traffic, *, crossed: bool) -> tuple[Ints, int]:
    """A column of feature codes for the bias, each input, each word of the title and, if asked, each pair."""
    inputs = traffic.inputs
    texts = {name: np.unique([str(cell) for cell in inputs[name]], return_inverse=True)[1] for name in WORDS}
    columns = [
        np.zeros(len(traffic), dtype=np.int64),
        *texts.values(),
        np.asarray(inputs["hour"]),
        np.asarray(inputs["weekday"]) // 5,
        np.floor(2 * np.log(np.nan_to_num(np.asarray(inputs["bid_price"]), nan=1e9))),
        np.floor(np.log2(1.0 + traffic.ad_age_us / 3.6e9)),
        *np.array([str(title).split() for title in inputs["title"]]).T,
    ]
    if crossed:
        columns += [texts[one] * 1000 + texts[other] for one, other in PAIRS]
    codes, size = np.empty((len(traffic), len(columns)), dtype=np.int64), 0
    for place, column in enumerate(columns):
        values, numbered = np.unique(column, return_inverse=True)
        codes[:, place] = numbered + size
        size += len(values)
    return codes, size


def _learned(traffic: Traffic, *, crossed: bool) -> Floats:
    rows, size = _features(traffic, crossed=crossed)
    return np.asarray(_ftrl(rows, traffic.clicked.astype(np.float64), size))


def _last_week(traffic: Traffic, answers: Floats) -> float:
    """How much more than the truth the answers lost in the last week, nats."""
    last = traffic.event_ts >= traffic.event_ts[-1] - WEEK_US
    clicked = traffic.clicked[last]

    def loss(p: Floats) -> float:
        return float(-np.mean(np.where(clicked, np.log(p), np.log1p(-p))))

    return loss(answers[last]) - loss(traffic.truth[last])


@pytest.mark.parametrize("seed", [0, 1])
def test_one_pass_of_a_linear_learner_comes_close_to_the_truth(seed: int) -> None:
    """In the last week within 0.015 nats of the truth; without crosses further off, with the share of clicks far."""
    traffic = World(seed=seed).month()

    crossed = _last_week(traffic, _learned(traffic, crossed=True))
    plain = _last_week(traffic, _learned(traffic, crossed=False))
    constant = _last_week(traffic, np.full(len(traffic), traffic.clicked.mean()))

    assert 0.002 < crossed < 0.015
    assert crossed + 0.002 < plain
    assert plain + 0.005 < constant

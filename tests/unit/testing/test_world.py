"""The month of the world is what the world declares: its clicks, its truth, its gaps, its popularity."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from flyball.system.error import FlyballError
from flyball.testing.catalogue import AD_TYPES, DELAY_MEANS_US, TOPICS
from flyball.testing.delays import WINDOW_US
from flyball.testing.moments import MISSING
from flyball.testing.population import COUNTRIES
from flyball.testing.season import DAY_US, HOUR_US
from flyball.testing.world import START_US, World

if TYPE_CHECKING:
    from flyball.testing.arrays import Flags, Ints
    from flyball.testing.traffic import Traffic


def _deviations(traffic: Traffic, groups: Ints) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Clicks less their truth in each group, in standard errors; groups of fewer than five expected are left out."""
    count = int(groups.max()) + 1
    clicks = np.bincount(groups, weights=traffic.clicked, minlength=count)
    expected = np.bincount(groups, weights=traffic.truth, minlength=count)
    variance = np.bincount(groups, weights=traffic.truth * (1 - traffic.truth), minlength=count)
    enough = expected >= 5
    return (clicks[enough] - expected[enough]) / np.sqrt(variance[enough])


def _codes(traffic: Traffic, name: str) -> Ints:
    cells = np.array([str(row[name]) for row in traffic.rows()])
    return np.unique(cells, return_inverse=True)[1].astype(np.int64)


def test_a_month_has_the_rows_that_were_ordered(month: Traffic) -> None:
    """300,000, but for the two days that a month exceeds four weeks by, which are no average days."""
    assert len(month) == pytest.approx(300_000, rel=0.01)
    assert len(set(month.id)) == len(month)
    assert np.all(np.diff(month.event_ts) >= 0)
    assert START_US <= month.event_ts[0] <= month.event_ts[-1] < START_US + 30 * DAY_US


def test_about_one_ad_in_twenty_is_clicked(month: Traffic) -> None:
    """Between 4 and 6 %, for this seed and others."""
    others = [World(seed=seed, users=5000).month(days=7, requests_per_day=3000) for seed in range(4)]

    assert 0.04 < month.clicked.mean() < 0.06
    assert all(0.03 < other.truth.mean() < 0.07 for other in others)


def test_clicks_are_as_many_as_the_truth_says(month: Traffic) -> None:
    """In the whole, within three standard errors."""
    assert np.abs(_deviations(month, np.zeros(len(month), dtype=np.int64))).max() < 3


@pytest.mark.parametrize("name", ["country", "hour", "weekday", "device", "placement", "topic", "ad_type", "server"])
def test_an_oracle_is_calibrated_on_every_value(month: Traffic, name: str) -> None:
    """The sum of the squared deviations over all values is no more than chance gives in 99.9 %."""
    deviations = _deviations(month, _codes(month, name))

    assert (deviations**2).sum() < stats.chi2.ppf(0.999, len(deviations))


def test_an_oracle_is_calibrated_by_age_day_and_answer(month: Traffic) -> None:
    """By age of the ad, from the first hour on; by day; and by the truth itself in fifty bins."""
    ages = np.searchsorted([HOUR_US, 6 * HOUR_US, DAY_US, 3 * DAY_US, 7 * DAY_US], month.ad_age_us)
    days = (month.event_ts - START_US) // DAY_US
    answers = np.searchsorted(np.quantile(month.truth, np.linspace(0.02, 0.98, 49)), month.truth)

    for groups in (ages, days, answers):
        deviations = _deviations(month, groups)
        assert (deviations**2).sum() < stats.chi2.ppf(0.999, len(deviations))


def test_an_oracle_that_errs_by_a_tenth_is_found_out(month: Traffic) -> None:
    """The bound on calibration can fail."""
    clicks, expected = month.clicked.sum(), 1.1 * month.truth.sum()

    assert (expected - clicks) / np.sqrt(expected) > 5


def test_entropy_is_what_the_oracle_realises_and_below_the_base_rate(month: Traffic) -> None:
    """Realised within three standard errors of expected; knowing the share of clicks alone costs 0.02 nats more."""
    p = month.truth
    log_odds = np.log(p) - np.log1p(-p)
    error = np.sqrt((p * (1 - p) * log_odds**2).sum()) / len(month)

    assert abs(month.realised_entropy - month.entropy) < 3 * error
    assert month.base_log_loss - month.entropy > 0.02


@pytest.mark.parametrize("name", sorted(MISSING))
def test_inputs_are_missing_as_declared(month: Traffic, name: str) -> None:
    """Within four standard errors."""
    share = np.mean([row[name] is None for row in month.rows()])

    assert share == pytest.approx(MISSING[name], abs=4 * np.sqrt(MISSING[name] / len(month)))


def test_other_inputs_are_never_missing(month: Traffic) -> None:
    """The three declared ones are all there are."""
    gaps = {
        name
        for name, column in month.inputs.items()
        if (None in column if isinstance(column, list) else np.isnan(column).any())
    }

    assert gaps == set(MISSING)


def _slope(traffic: Traffic, name: str, first: int, last: int) -> float:
    counts = np.sort(np.bincount(_codes(traffic, name)))[::-1][first:last]
    return float(np.polyfit(np.log(np.arange(first, last) + 1.0), np.log(counts), 1)[0])


def test_ads_users_and_advertisers_are_popular_as_zipf_says(month: Traffic) -> None:
    """The slopes of log count over log rank lie where such data lies, near -1 or somewhat flatter."""
    assert -1.0 < _slope(month, "ad_id", 10, 1000) < -0.5
    assert -1.0 < _slope(month, "user_id", 10, 1000) < -0.6
    assert -1.3 < _slope(month, "advertiser", 3, 100) < -0.6


def test_most_pairs_of_user_and_topic_are_seen_once(month: Traffic) -> None:
    """About three quarters of the crossed features, as in advertising logs."""
    pairs = Counter(zip(month.inputs["user_id"], month.inputs["topic"], strict=True))

    assert 0.65 < np.mean(np.array(list(pairs.values())) == 1) < 0.85


def _of_type(month: Traffic, name: str) -> Flags:
    return np.array([cell == name for cell in month.inputs["ad_type"]]) & (month.click_ts >= 0)


@pytest.mark.parametrize("name", AD_TYPES)
def test_clicks_come_after_exponential_delays(month: Traffic, name: str) -> None:
    """A Kolmogorov-Smirnov test on the clicks of each type of ad does not object."""
    came = _of_type(month, name)
    delays = month.click_ts[came] - month.event_ts[came]

    assert stats.kstest(delays, "expon", args=(0, DELAY_MEANS_US[AD_TYPES.index(name)])).pvalue > 0.01


def test_a_few_clicks_come_after_the_window_and_count_as_none(month: Traffic) -> None:
    """Between 1 and 5 %; all others are `clicked`."""
    came = month.click_ts >= 0
    late = came & (month.click_ts - month.event_ts >= WINDOW_US)

    assert np.array_equal(month.clicked, came & ~late)
    assert 0.01 < late.sum() / came.sum() < 0.05


def test_clicks_come_out_of_order(month: Traffic) -> None:
    """Many a click is overtaken by that of a later ad."""
    clicks = month.click_ts[month.clicked]

    assert (np.diff(clicks) < 0).mean() > 0.3


def test_every_hour_sees_new_ads(month: Traffic) -> None:
    """Ads in their first hour get enough to judge them by: a twentieth of all rows and a thousand clicks."""
    young = month.ad_age_us < HOUR_US

    assert young.mean() > 0.05
    assert month.clicked[young].sum() > 1000


def test_names_are_those_declared(month: Traffic) -> None:
    """Countries and topics, each of them seen."""
    assert set(month.inputs["country"]) == {*COUNTRIES, None}
    assert set(month.inputs["topic"]) == set(TOPICS)


def test_shown_rows_are_the_same_whether_candidates_are_logged_or_not(day_of_candidates: Traffic) -> None:
    """One row in twenty is shown, and it is the one of the plain day."""
    plain = World(seed=11, users=2000).month(days=1, requests_per_day=2000)
    shown = day_of_candidates.shown

    assert len(day_of_candidates) == 20 * len(plain)
    assert [name for name, is_shown in zip(day_of_candidates.id, shown, strict=True) if is_shown] == plain.id
    assert day_of_candidates.truth[shown].tolist() == plain.truth.tolist()
    assert day_of_candidates.click_ts[shown].tolist() == plain.click_ts.tolist()


def test_what_is_not_shown_is_not_clicked(day_of_candidates: Traffic) -> None:
    """And counts in no entropy."""
    hidden = ~day_of_candidates.shown

    assert not day_of_candidates.clicked[hidden].any()
    assert np.all(day_of_candidates.click_ts[hidden] == -1)


def test_propensities_weigh_the_shown_up_to_all(day_of_candidates: Traffic) -> None:
    """The shown rows' truth, weighted by 1 / propensity, gives the mean of all candidates within four errors."""
    shown = day_of_candidates.shown
    weighted = day_of_candidates.truth[shown] / day_of_candidates.propensity[shown] / 20

    error = weighted.std() / np.sqrt(len(weighted))
    assert weighted.mean() == pytest.approx(day_of_candidates.truth.mean(), abs=4 * error)
    assert day_of_candidates.truth[shown].mean() > 1.5 * day_of_candidates.truth.mean()


def test_living_through_it_gives_the_same_rows() -> None:
    """Request by request, showing what the exchange shows: the ids, inputs, truths and clicks of the month."""
    world = World(seed=5, users=1000)
    month = world.month(days=1, requests_per_day=300)
    lived = [(request, request.candidates[request.logged]) for request in world.requests(1, 300)]
    delays = [world.show(candidate) for _, candidate in lived]

    assert [candidate.id for _, candidate in lived] == month.id
    assert [candidate.inputs for _, candidate in lived] == list(month.rows())
    assert [candidate.truth for _, candidate in lived] == month.truth.tolist()
    assert [request.event_ts for request, _ in lived] == month.event_ts.tolist()
    assert [
        -1 if delay is None else request.event_ts + delay for (request, _), delay in zip(lived, delays, strict=True)
    ] == month.click_ts.tolist()


def test_showing_another_candidate_has_its_own_truth() -> None:
    """Whoever shows the best of the twenty gets the clicks that their truths promise, and more than the exchange."""
    world = World(seed=5, users=1000)
    requests = list(world.requests(days=2, requests_per_day=1000))
    best = [max(request.candidates, key=lambda candidate: candidate.truth) for request in requests]
    delays = [world.show(candidate) for candidate in best]
    clicks = sum(delay is not None and delay < WINDOW_US for delay in delays)

    expected = sum(candidate.truth for candidate in best)
    assert abs(clicks - expected) < 4 * np.sqrt(expected)
    assert expected > 1.3 * sum(request.candidates[request.logged].truth for request in requests)


def test_no_time_at_all_is_refused() -> None:
    """The message says what was asked for."""
    with pytest.raises(FlyballError, match=r"days=0 with requests_per_day=10000 holds no request; give more of either"):
        World(users=100).month(days=0)


def test_an_impossible_world_is_refused_at_once() -> None:
    """Before any traffic is asked for."""
    with pytest.raises(FlyballError, match="ads_per_day=1 leaves too few live ads"):
        World(users=100, ads_per_day=1)

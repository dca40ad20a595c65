"""Ads are born all the time, and end."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.system.error import FlyballError
from flyball.testing.catalogue import (
    AD_TYPES,
    REFRESH_US,
    TOPICS,
    VOCABULARY,
    WARM_UP_US,
    Catalogue,
    topic_vectors,
)
from flyball.testing.dice import Dice
from flyball.testing.season import DAY_US, HOUR_US
from flyball.testing.world import START_US


def test_ads_are_born_every_day_at_the_declared_rate(catalogue: Catalogue) -> None:
    """240 a day, each day, within what rounding up to a refresh moves over midnight."""
    born = np.bincount((catalogue.born_us - START_US + WARM_UP_US) // DAY_US)[:40]

    assert np.abs(born - 240).max() <= 3


def test_births_are_in_order_and_on_a_refresh(catalogue: Catalogue) -> None:
    """So are the ends."""
    assert np.diff(catalogue.born_us).min() >= 0
    assert not np.any(catalogue.born_us % REFRESH_US)
    assert not np.any(catalogue.ends_us % REFRESH_US)


def test_lives_are_as_long_as_their_type_says(catalogue: Catalogue) -> None:
    """Flash ads live eight hours in the mean, the shops' three days; none outlives the warm-up."""
    lives = catalogue.ends_us - catalogue.born_us
    means = [lives[catalogue.types == code].mean() for code in range(len(AD_TYPES))]

    assert means[0] == pytest.approx(8 * HOUR_US, rel=0.05)
    assert means[1] == pytest.approx(3 * DAY_US, rel=0.05)
    assert lives.max() <= WARM_UP_US


def test_live_ads_are_those_between_birth_and_end(catalogue: Catalogue) -> None:
    """As a plain look at every ad finds."""
    for moment in (START_US, START_US + REFRESH_US, START_US + 7 * DAY_US):
        plain = np.flatnonzero((catalogue.born_us <= moment) & (catalogue.ends_us > moment))
        assert plain.tolist() == catalogue.live(moment).tolist()


def test_the_first_day_is_like_any_other(catalogue: Catalogue) -> None:
    """The warm-up fills the list of live ads before the start."""
    first, later = (len(catalogue.live(START_US + day * DAY_US)) for day in (0, 9))

    assert first == pytest.approx(later, rel=0.1)


def test_a_longer_span_begins_with_the_shorter_one(catalogue: Catalogue) -> None:
    """An ad is the same ad, however far one looks ahead."""
    longer = Catalogue.of(Dice(11), start_us=START_US, days=20, ads_per_day=240)
    size = len(catalogue.born_us)

    assert catalogue.titles == longer.titles[:size]
    assert np.array_equal(catalogue.effects, longer.effects[:size])


def test_titles_are_of_their_topic(catalogue: Catalogue) -> None:
    """Three words in four come from the thirty words of the ad's topic; the others are shared by all topics."""
    place = {word: code // 30 for code, word in enumerate(VOCABULARY)}
    topics = [[place[word] for word in title.split()] for title in catalogue.titles]

    own = np.array(topics) == catalogue.topics[:, None]

    assert np.all(own | (np.array(topics) == len(TOPICS)))
    assert own.mean() == pytest.approx(0.75, abs=0.01)


def test_no_word_stands_twice_in_the_vocabulary() -> None:
    """Or two topics could not be told apart by it."""
    assert len(VOCABULARY) == len(set(VOCABULARY)) == 30 * len(TOPICS) + 14


def test_an_advertiser_has_two_topics_at_most(catalogue: Catalogue) -> None:
    """What an advertiser sells does not change from ad to ad."""
    pairs = set(zip(catalogue.advertisers.tolist(), catalogue.topics.tolist(), strict=True))
    advertisers = [advertiser for advertiser, _ in pairs]

    assert max(advertisers.count(advertiser) for advertiser in set(advertisers)) == 2


def test_bids_have_a_heavy_tail(catalogue: Catalogue) -> None:
    """The dearest of ten thousand is more than ten times the median."""
    assert np.median(catalogue.bids) == pytest.approx(2.0, rel=0.05)
    assert catalogue.bids.max() > 10 * np.median(catalogue.bids)


def test_topics_point_in_directions_of_their_own() -> None:
    """No two topics appeal to the same taste."""
    vectors = topic_vectors(Dice(11))
    unit = vectors / np.linalg.norm(vectors, axis=0)
    alike = unit.T @ unit - np.eye(len(TOPICS))

    assert alike.max() < 0.999


def test_too_few_births_are_refused() -> None:
    """The message says how many it takes."""
    with pytest.raises(FlyballError, match=r"ads_per_day=5 leaves too few live ads .* give at least 40"):
        Catalogue.of(Dice(1), start_us=0, days=1, ads_per_day=5)

"""What `flyball init` finds, and does not find, in real files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.run.inference.infer import infer

if TYPE_CHECKING:
    from collections.abc import Callable

FLIGHTS = {
    "sched_known": "constant",
    "year": "constant",
    "dep_time": "filled_later",
    "dep_delay": "filled_later",
    "arr_time": "filled_later",
    "arr_delay": "tells_label",
    "air_time": "filled_later",
}


@pytest.mark.parametrize(
    ("file", "options", "found", "entities"),
    [
        (
            "seaflights15/flights.csv.gz",
            {"label": "late15", "time": "event_ts", "outcome_time": "label_ts"},
            FLIGHTS,
            ["flight", "tailnum"],
        ),
        (
            "seaflights15/flights.csv.gz",
            {"label": "late15", "time": "event_ts"},
            {"label_ts": "later_time", **FLIGHTS},
            ["flight", "tailnum"],
        ),
        ("bank_marketing/bank_additional_full.csv.gz", {"label": "y"}, {"duration": "afterthought"}, []),
        ("adult/adult_train.csv.gz", {"label": "income"}, {"education_num": "duplicate"}, []),
        ("adult/adult_test.csv.gz", {"label": "income"}, {"education_num": "duplicate"}, []),
        ("elec2/elec2.csv.gz", {"label": "label"}, {"date": "clock"}, []),
        (
            "bike_sharing/hour.csv.gz",
            {"label": "cnt", "time": "dteday", "tz": "America/New_York"},
            {"instant": "row_number", "casual": "adds_up", "registered": "adds_up"},
            [],
        ),
        (
            "movietweetings_100k/ratings.csv.gz",
            {"label": "rating", "time": "ts"},
            {},
            ["user_id", "movie_id"],
        ),
        (
            "obd_men/random_men.csv.gz",
            {"label": "click", "time": "timestamp"},
            {"propensity_score": "constant"},
            ["item_id"],
        ),
        (
            "obd_men/bts_men.csv.gz",
            {"label": "click", "time": "timestamp"},
            {"user-item_affinity_33": "constant"},
            ["item_id"],
        ),
        ("sms_spam/SMSSpamCollection.tsv.gz", {"label": "Label"}, {}, []),
        ("clickbait/headlines.csv.gz", {"label": "label"}, {}, []),
    ],
    ids=lambda value: value.split("/")[0] if isinstance(value, str) else "",
)
def test_leaks_are_found_and_honest_columns_are_not_suspected(
    real: Callable[[str], str], file: str, options: dict[str, str], found: dict[str, str], entities: list[str]
) -> None:
    """Everything that each set's description calls a leak, and nothing that it calls known."""
    draft = infer(real(file), **options)

    assert {suspicion.column: suspicion.kind for suspicion in draft.suspicions} == {
        column.name: found[column.name] for column in draft.columns if column.name in found
    }
    assert len(draft.suspicions) == len(found)
    assert [column.name for column in draft.columns if column.role.part == "entity"] == entities


def test_the_window_for_flights_is_what_nearly_all_take(real: Callable[[str], str]) -> None:
    """Half of them land within three hours, the last after thirty."""
    path = real("seaflights15/flights.csv.gz")

    draft = infer(path, label="late15", time="event_ts", outcome_time="label_ts")

    assert draft.delay is not None
    assert draft.delay.window == "12h"
    assert draft.delay.evidence.startswith("half arrive within 3h, 99.9 % within 10h, the last after 30h; ")

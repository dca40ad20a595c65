"""Files made of the files of a data set."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from pyarrow import parquet

from benchmarks.making import good_ratings, men_of_both, news

if TYPE_CHECKING:
    from pathlib import Path


def zipped(path: Path, text: str) -> None:
    """Writes it."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(text)


def test_news_are_a_label_and_a_map(tmp_path: Path) -> None:
    """The rows for training come first."""
    zipped(tmp_path / "rcv1_small_train.vw.gz", "1 |f 13:0.25 9:1\n-1 |f 7:0.5\n")
    zipped(tmp_path / "rcv1_small_test.vw.gz", "1 |f 5:2\n")
    news(tmp_path, tmp_path / "made.parquet")
    made = parquet.read_table(tmp_path / "made.parquet").to_pydict()

    assert made == {"label": [1, 0, 1], "words": [[("13", 0.25), ("9", 1.0)], [("7", 0.5)], [("5", 2.0)]]}


def test_eight_stars_are_good_and_ids_are_texts(tmp_path: Path) -> None:
    """The rating itself is the label, and no signal."""
    zipped(tmp_path / "ratings.csv.gz", "user_id,movie_id,rating,ts\n1,0007,8,100\n2,0008,7,200\n")
    good_ratings(tmp_path, tmp_path / "made.parquet")
    made = parquet.read_table(tmp_path / "made.parquet").to_pydict()

    assert made["liked"] == [1, 0]
    assert made["movie_id"] == ["0007", "0008"]
    assert "rating" not in made


def test_both_policies_come_in_the_order_of_time(tmp_path: Path) -> None:
    """Without what would say which policy it was."""
    for policy, moment in (("random", "2019-11-24 00:00:02"), ("bts", "2019-11-24 00:00:01")):
        zipped(
            tmp_path / f"{policy}_men.csv.gz", f"timestamp,item_id,click,propensity_score\n{moment},{policy},0,0.1\n"
        )
    men_of_both(tmp_path, tmp_path / "made.parquet")
    made = parquet.read_table(tmp_path / "made.parquet").to_pydict()

    assert made["item_id"] == ["bts", "random"]
    assert "propensity_score" not in made

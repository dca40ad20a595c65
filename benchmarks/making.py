"""Files made of the files of a data set, where these do not hold a row for each example with its label in a column."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv, parquet

from flyball.run.files.arrow_array import compute

if TYPE_CHECKING:
    from pathlib import Path

GOOD = 8
"""A rating of so many of ten stars, or of more, is a good one."""


def news(folder: Path, path: Path) -> None:
    """RCV1: `label`, and `words` as a map from each word's number to its tf-idf; the rows for training, then for tests.

    VW's text is read as its manual has it: `label |namespace word:value ...`.
    """
    labels, words = [], []
    for name in ("rcv1_small_train.vw.gz", "rcv1_small_test.vw.gz"):
        with gzip.open(folder / name, "rt", encoding="utf-8") as file:
            for line in file:
                label, _, text = line.partition("|")
                labels.append(int(float(label) > 0))
                pairs = (token.split(":") for token in text.split()[1:])
                words.append([(word, float(value)) for word, value in pairs])
    table = pa.table({"label": labels, "words": pa.array(words, pa.map_(pa.string(), pa.float64()))})
    parquet.write_table(table, path)


def good_ratings(folder: Path, path: Path) -> None:
    """MovieTweetings: who rated which movie when, and whether `liked`, with 8 of 10 stars or more."""
    types = {"user_id": pa.string(), "movie_id": pa.string()}
    table = csv.read_csv(folder / "ratings.csv.gz", convert_options=csv.ConvertOptions(column_types=types))
    liked = compute.cast(compute.greater_equal(table["rating"], GOOD), pa.int64())
    parquet.write_table(table.drop_columns(["rating"]).append_column("liked", liked), path)


def men_of_both(folder: Path, path: Path) -> None:
    """The Open Bandit's "men" campaign: what both policies showed, in the order of time, without their propensities.

    These would say which policy it was, and no server knows that of its own answers before it gives them.
    """
    parts = [csv.read_csv(folder / f"{policy}_men.csv.gz") for policy in ("random", "bts")]
    table = pa.concat_tables(parts, promote_options="permissive").sort_by("timestamp")
    parquet.write_table(table.drop_columns(["propensity_score"]), path)


def ratings_of_genres(folder: Path, path: Path) -> None:
    """As `good_ratings`, with each film's `genres` as a list of texts."""
    texts = csv.ConvertOptions(column_types={"movie_id": pa.string()})
    films = csv.read_csv(folder / "movies.csv.gz", convert_options=texts)
    names, genres = (films[column].to_pylist() for column in ("movie_id", "genres"))
    known = {name: (each or "").split("|") for name, each in zip(names, genres, strict=True)}
    good_ratings(folder, path)
    table = parquet.read_table(path)
    found = [known.get(name, []) for name in table["movie_id"].to_pylist()]
    parquet.write_table(table.append_column("genres", pa.array(found, pa.list_(pa.string()))), path)

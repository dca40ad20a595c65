"""Trained: the models of the peers, made before they are started; `python -m benchmarks.peers.trained FOLDER ROWS`."""

from __future__ import annotations

import sys
from pathlib import Path

import joblib  # type: ignore[import-untyped]  # it has no types
import lightgbm
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder, StandardScaler

from benchmarks.phone_calls import COLUMNS, TEXTS, PhoneCalls, read_calls

NAMES = list(COLUMNS)
NUMBERS = [name for name in NAMES if name not in TEXTS]


def by_columns() -> Pipeline:
    """A logistic regression over one-hot texts and scaled numbers, as it is usually written."""
    return make_pipeline(
        ColumnTransformer(
            [("texts", OneHotEncoder(handle_unknown="ignore"), TEXTS), ("numbers", StandardScaler(), NUMBERS)]
        ),
        LogisticRegression(max_iter=500),
    )


def train(folder: Path, calls: PhoneCalls) -> None:
    """Writes `columns.joblib`, `entries.joblib`, `trees.txt` and `codes.joblib`."""
    frame = pd.DataFrame(list(calls.rows), columns=NAMES)
    labels = np.array(calls.labels)
    joblib.dump(by_columns().fit(frame, labels), folder / "columns.joblib")
    entries = make_pipeline(DictVectorizer(), MaxAbsScaler(), LogisticRegression(max_iter=500))
    entries.fit(list(calls.rows), labels)
    joblib.dump(entries, folder / "entries.joblib")
    codes = {name: {text: code for code, text in enumerate(sorted(frame[name].unique()))} for name in TEXTS}
    for name in TEXTS:
        frame[name] = frame[name].map(codes[name])
    places = [NAMES.index(name) for name in TEXTS]
    data = lightgbm.Dataset(frame.to_numpy(dtype=float), labels, categorical_feature=places)
    settings = {"objective": "binary", "verbose": -1, "num_threads": 1, "seed": 0}
    lightgbm.train(settings, data, num_boost_round=100).save_model(folder / "trees.txt")
    joblib.dump(codes, folder / "codes.joblib")


if __name__ == "__main__":
    train(Path(sys.argv[1]), read_calls(int(sys.argv[2])))

"""The regressor: numbers of any size, counts, and what it refuses."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, make_regression
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_poisson_deviance, r2_score
from sklearn.preprocessing import StandardScaler

from flyball import FTRLRegressor
from flyball.estimators.refusal import InputRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MATRIX, TARGET = make_regression(2_000, 8, noise=10.0, random_state=3)


def digest(model: FTRLRegressor) -> int:
    """Of all that was learned."""
    return model._model.model.table.digest()


@pytest.mark.parametrize(("factor", "shift"), [(1.0, 0.0), (1e-9, 0.0), (1e9, 0.0), (1.0, 1e6), (1e5, -1e8)])
def test_numbers_of_any_size_are_learned_without_a_setting(factor: float, shift: float) -> None:
    """In one pass, and row by row as well: nearly as good as least squares."""
    target = TARGET * factor + shift
    best = LinearRegression().fit(MATRIX, target).score(MATRIX, target)
    model, by_row = FTRLRegressor().fit(MATRIX, target), FTRLRegressor()
    served = []
    for row, y in zip(MATRIX.tolist(), target.tolist(), strict=True):
        served.append(by_row.predict_one(dict(enumerate(row))))
        by_row.learn_one(dict(enumerate(row)), y)

    assert model.score(MATRIX, target) > best - 0.01
    assert r2_score(target[1_000:], served[1_000:]) > best - 0.02


@pytest.mark.parametrize("loss", ["squared", "poisson"])
def test_one_by_one_in_batches_and_by_frames_the_same_is_learned(loss: str) -> None:
    """To the bit, with the changes of scale in between; and a pickle goes on."""
    target = np.abs(TARGET) if loss == "poisson" else TARGET * np.linspace(0.001, 50.0, 2_000)
    frame = pd.DataFrame(MATRIX, columns=list("abcdefgh"))
    whole, parts, by_row, resumed = (FTRLRegressor(loss=loss) for _ in range(4))
    whole.partial_fit(frame, target)
    for start in range(0, 2_000, 300):
        parts.learn_many(frame[start : start + 300], target[start : start + 300])
    for i, row in enumerate(frame.to_dict("records")):
        by_row.learn_one(row, float(target[i]))
    resumed.partial_fit(frame[:777], target[:777])
    taken: FTRLRegressor = pickle.loads(pickle.dumps(resumed))  # noqa: S301  # what this test has just written
    taken.partial_fit(frame[777:], target[777:])

    assert digest(whole) == digest(parts) == digest(by_row) == digest(taken)
    assert whole.predict(frame).tolist() == parts.predict_many(frame).tolist() == taken.predict(frame).tolist()
    assert by_row.predict_one(frame.iloc[5].to_dict()) == whole.predict(frame)[5]
    assert loss == "poisson" or whole._model.target.scale > 16.0


def test_with_settings_it_is_the_textbook_in_the_unit_that_is_given() -> None:
    """No scale of its own: what scale= divides by is what the learner sees."""
    plain = FTRLRegressor(alpha=0.3).fit(MATRIX, TARGET / 128.0)
    scaled = FTRLRegressor(alpha=0.3, scale=128.0).fit(MATRIX, TARGET)

    assert digest(plain) == digest(scaled)
    assert (plain.predict(MATRIX) * 128.0).tolist() == scaled.predict(MATRIX).tolist()


def test_counts_are_learned_by_their_logarithm() -> None:
    """Better than the mean, and nearly as well as can be known."""
    random = np.random.default_rng(1)
    matrix = random.normal(size=(5_000, 5))
    mean = np.exp(matrix @ np.array([0.5, -0.3, 0.2, 0.0, 0.1]) + 1.0)
    counts = random.poisson(mean)
    model = FTRLRegressor(loss="poisson").fit(matrix, counts)
    ours, known = (mean_poisson_deviance(counts, p) for p in (model.predict(matrix), mean))

    assert ours < known * 1.05
    assert mean_poisson_deviance(counts, np.full(5_000, counts.mean())) > known * 1.5
    assert FTRLRegressor(loss="poisson").predict_one({"a": 1}) == 1.0


def test_weights_and_the_grid_work_as_for_classes() -> None:
    """A weight moves what is learned; a curve is learned on the grid."""
    x = np.random.default_rng(2).uniform(-3.0, 3.0, (4_000, 1))
    y = x[:, 0] ** 2
    assert FTRLRegressor(numeric="grid").fit(x, y).score(x, y) > 0.97 > FTRLRegressor().fit(x, y).score(x, y)

    halves = np.where(np.arange(200) % 2 == 0, 10.0, 20.0)
    heavy = FTRLRegressor(epochs=5).fit(np.ones((200, 1)), halves, np.where(halves > 15.0, 9.0, 1.0))
    assert heavy.predict([[1.0]])[0] == pytest.approx(19.0, abs=0.7)


def test_real_numbers_are_learned_as_well_as_by_least_squares() -> None:
    """Diabetes, in a few passes."""
    data, target = load_diabetes(return_X_y=True)
    data = StandardScaler().fit_transform(data)

    assert FTRLRegressor(epochs=5).fit(data, target).score(data, target) > 0.49


BAD: dict[str, tuple[dict[str, Any], Callable[[FTRLRegressor], object], str]] = {
    "NaN": ({}, lambda model: model.partial_fit([[0.0] * 8], [np.nan]), "contains NaN"),
    "infinity": ({}, lambda model: model.learn_one({"a": 1}, np.inf), "contains NaN, infinity"),
    "beyond": ({}, lambda model: model.learn_one({"a": 1}, 1e39), "beyond"),
    "text": ({}, lambda model: model.learn_one({"a": 1}, cast("Any", "much")), "give numbers"),
    "text in a batch": ({}, lambda model: model.partial_fit([[0.0] * 8], ["much"]), "give numbers"),
    "negative count": ({"loss": "poisson"}, lambda model: model.learn_one({"a": 1}, -1), "valid range of the loss"),
    "a batch with one": ({"loss": "poisson"}, lambda model: model.partial_fit(MATRIX[:2], [1, -1]), "0 or more"),
    "none": ({}, lambda model: model.partial_fit(MATRIX, None), "requires y"),
    "columns": ({}, lambda model: model.learn_many(pd.DataFrame({"a": [1]}), np.ones((1, 2))), "shape"),
    "w": ({}, lambda model: model.learn_one({"a": 1}, 1, -1.0), "0 or more"),
    "features": ({}, lambda model: model.partial_fit([[1.0]], [1.0]), "expecting 8 features"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_changes_nothing(name: str) -> None:
    """Neither what was learned nor the scale."""
    settings, call, match = BAD[name]
    model = FTRLRegressor(**settings).partial_fit(MATRIX, np.abs(TARGET))
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match=match):
        call(model)

    assert pickle.dumps(model) == before


@pytest.mark.parametrize(("settings", "match"), [({"loss": "huber"}, "loss='huber'"), ({"scale": 0.0}, "scale=0.0")])
def test_settings_are_checked_before_anything_is_learned(settings: dict[str, Any], match: str) -> None:
    """And nothing is left behind."""
    model = FTRLRegressor(**settings)
    with pytest.raises(InputRefused, match=match):
        model.fit(MATRIX, TARGET)
    assert vars(model) == vars(FTRLRegressor(**settings))


def test_equal_numbers_are_answered_exactly() -> None:
    """There is no scale to be found yet."""
    model = FTRLRegressor().partial_fit(MATRIX[:50], np.full(50, 7.25))

    assert model.predict(MATRIX[:2]).tolist() == [7.25, 7.25]
    assert FTRLRegressor().predict_many(pd.DataFrame({"a": [1.0]})).tolist() == [0.0]

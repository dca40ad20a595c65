"""Estimators that are factorisation machines: what pairs say, what is refused, and pickles."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from flyball import FM, FTRL, FMClassifier, FMRegressor, FTRLClassifier, FTRLRegressor
from flyball.estimators.machine import machine_of
from flyball.estimators.refusal import InputRefused


def pairs(count: int, *, seed: int = 4) -> tuple[pd.DataFrame, Any]:
    """Shops and cities; whether both are of one parity decides, in nine cases of ten."""
    random = np.random.default_rng(seed)
    shop, city = random.integers(0, 12, (2, count))
    frame = pd.DataFrame({"shop": [f"s{i}" for i in shop], "city": [f"c{i}" for i in city]})
    return frame, ((shop + city) % 2 == 0) ^ (random.random(count) < 0.1)


def test_what_pairs_say_is_learned_from_a_frame() -> None:
    """And a linear model cannot."""
    frame, late = pairs(6_000)
    ours = FMClassifier(epochs=2).fit(frame[:5_000], late[:5_000]).score(frame[5_000:], late[5_000:])
    linear = FTRLClassifier(epochs=2).fit(frame[:5_000], late[:5_000]).score(frame[5_000:], late[5_000:])

    assert ours > 0.85
    assert linear < 0.6


@pytest.mark.parametrize(
    ("learner", "scale", "unit"), [(FM(alpha=0.2), 1.0, 1.0), (None, None, 1.0), (None, None, 1e6)]
)
def test_numbers_that_pairs_decide_are_learned_in_any_unit(
    learner: FM | None, scale: float | None, unit: float
) -> None:
    """Better than the mean, which is all that a linear model has."""
    frame, late = pairs(6_000)
    numbers = unit * (7.0 + 3.0 * late)
    model = FMRegressor(learner, scale=scale, epochs=5)
    linear = FTRLRegressor(epochs=5)

    assert model.fit(frame[:5_000], numbers[:5_000]).score(frame[5_000:], numbers[5_000:]) > 0.4
    assert linear.fit(frame[:5_000], numbers[:5_000]).score(frame[5_000:], numbers[5_000:]) < 0.05


@pytest.mark.parametrize("model", [FMClassifier(FM(factors=8)), FMRegressor(), FMRegressor(loss="poisson")])
def test_a_pickle_goes_on_to_the_bit(model: Any) -> None:  # noqa: ANN401  # either of them
    """Its factors and their settings with it."""
    frame, late = pairs(400)
    numbers = late.astype(float) if isinstance(model, FMRegressor) else late
    one = clone(model)
    for i in range(200):
        one.learn_one(frame.iloc[i].to_dict(), numbers[i])
    other = pickle.loads(pickle.dumps(one))  # noqa: S301  # what was pickled in the line itself
    for i in range(200, 400):
        for each in (one, other):
            each.learn_one(frame.iloc[i].to_dict(), numbers[i])

    assert one._model.model.table.digest() == other._model.model.table.digest()
    assert other._model.model.recipe.factors == one._model.model.recipe.factors


def test_more_than_two_classes_are_refused() -> None:
    """Softmax has no factors here."""
    with pytest.raises(InputRefused, match=r"Only binary classification is supported.*FTRLClassifier learns more"):
        FMClassifier().fit([[1.0], [2.0], [3.0]], ["a", "b", "c"])
    with pytest.raises(InputRefused, match="declare two classes"):
        FMClassifier().learn_one({"a": 1.0}, "yes")
    declared = FMClassifier(classes=["no", "yes"])
    declared.learn_one({"a": 1.0}, "yes")

    assert declared.predict_one({"a": 1.0}) == "yes"


@pytest.mark.parametrize(
    ("learner", "problem"),
    [
        ("FM", "give flyball.FM"),
        (FTRL(), "give flyball.FM"),
        (FM(factors=3), "given 3, accepted factors="),
        (FM(alpha=-1), "given -1.0, accepted alpha="),
        (FM(scale_v=0), "given 0.0, accepted scale_v="),
    ],
)
def test_a_learner_that_cannot_be_is_refused(learner: object, problem: str) -> None:
    """In the words of the system file's check."""
    with pytest.raises(InputRefused, match=problem):
        machine_of(learner)


def test_a_search_chooses_among_learners() -> None:
    """They are settings like any other."""
    frame, late = pairs(3_000)
    search = GridSearchCV(
        FMClassifier(epochs=3), {"learner": [FM(alpha_v=1e-6), FM(factors=8)]}, scoring="neg_log_loss", cv=2
    )

    assert search.fit(frame, late).best_params_["learner"] == FM(factors=8)

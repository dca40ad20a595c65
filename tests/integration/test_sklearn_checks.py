"""scikit-learn's own checks of an estimator, all of them, and what estimators are used with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction import FeatureHasher
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from flyball import FM, FMClassifier, FMRegressor, FTRLClassifier, FTRLRegressor

if TYPE_CHECKING:
    from collections.abc import Callable

ESTIMATORS = [
    FTRLClassifier(),
    FTRLClassifier(alpha=0.5),
    FTRLClassifier(numeric="grid"),
    FTRLRegressor(),
    FTRLRegressor(epochs=100),
    FTRLRegressor(numeric="grid"),
    FTRLRegressor(loss="poisson"),
    FMClassifier(),
    FMClassifier(FM(factors=8, alpha=0.5)),
    FMRegressor(),
    FMRegressor(epochs=20),
    FMRegressor(loss="poisson"),
]
WEIGHTS = "an example of weight 2 is one step of twice the length, not two steps: as in scikit-learn's SGDClassifier"
ALPHA = (
    "the check sets alpha=0.01, a strength of regularisation elsewhere: here it is the learning rate, and one pass "
    "over 200 rows in such steps does not arrive; FTRLRegressor(epochs=100) does"
)


def exempt(estimator: Any) -> dict[str, str]:  # noqa: ANN401  # scikit-learn ships no types
    """The checks that an estimator is not to pass, each with its reason."""
    reasons = {
        "check_sample_weight_equivalence_on_dense_data": WEIGHTS,
        "check_sample_weight_equivalence_on_sparse_data": WEIGHTS,
    }
    if type(estimator) is FTRLRegressor and estimator.epochs == 1:
        reasons["check_regressors_train"] = ALPHA
    return reasons


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=exempt)  # type: ignore[untyped-decorator]  # scikit-learn ships no types
def test_scikit_learns_own_checks_pass(estimator: object, check: Callable[[object], None]) -> None:
    """Each of them; what is exempt must fail, or the exemption goes."""
    check(estimator)


def test_it_is_a_step_of_pipelines_searches_and_ensembles() -> None:
    """What is written for scikit-learn's estimators takes flyball's."""
    data, labels = load_breast_cancer(return_X_y=True)
    pipe = make_pipeline(StandardScaler(), FTRLClassifier())
    search = GridSearchCV(pipe, {"ftrlclassifier__alpha": [0.05, None]}, scoring="neg_log_loss", cv=3, n_jobs=2)
    search.fit(data, labels)
    vote = VotingClassifier([("raw", FTRLClassifier(numeric="grid")), ("scaled", pipe)], voting="soft")
    flowers, kinds = load_iris(return_X_y=True)

    assert search.best_score_ > -0.15
    assert cross_val_score(vote, data, labels).mean() > 0.95
    assert OneVsRestClassifier(FTRLClassifier(numeric="grid")).fit(flowers, kinds).score(flowers, kinds) > 0.9


def test_texts_need_no_encoder() -> None:
    """As good as with one, or with the hashing trick, and known by name."""
    random = np.random.default_rng(4)
    shop, city = random.integers(0, 40, 4_000), random.integers(0, 25, 4_000)
    odds = random.normal(size=40)[shop] + random.normal(size=25)[city]
    late = random.random(4_000) < 1.0 / (1.0 + np.exp(-2.0 * odds))
    frame = pd.DataFrame({"shop": [f"s{i}" for i in shop], "city": [f"c{i}" for i in city]})
    encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["shop", "city"]))
    hasher = FeatureHasher(n_features=2**18, input_type="string", alternate_sign=False)
    hashed = hasher.transform(frame.astype(str).to_numpy().tolist())
    own = FTRLClassifier().fit(frame[:3_000], late[:3_000]).score(frame[3_000:], late[3_000:])
    encoded = make_pipeline(encoder, FTRLClassifier()).fit(frame[:3_000], late[:3_000])
    tricked = FTRLClassifier().fit(hashed[:3_000], late[:3_000])

    assert own > 0.8
    assert abs(own - encoded.score(frame[3_000:], late[3_000:])) < 0.01
    assert abs(own - tricked.score(hashed[3_000:], late[3_000:])) < 0.01

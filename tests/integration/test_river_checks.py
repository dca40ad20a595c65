"""River's own checks of an estimator, all of them, and what estimators are used with there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest
from river import base, compose, datasets, evaluate, feature_extraction, linear_model, metrics, optim, preprocessing
from river.checks import yield_checks

from flyball import FM, FMClassifier, FMRegressor, FTRLClassifier, FTRLRegressor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODELS = {
    "classifier": FTRLClassifier(),
    "classifier, given settings": FTRLClassifier(alpha=0.1),
    "classifier, grid": FTRLClassifier(numeric="grid"),
    "regressor": FTRLRegressor(),
    "regressor, given settings": FTRLRegressor(alpha=0.5),
    "regressor, grid": FTRLRegressor(numeric="grid"),
    "counts": FTRLRegressor(loss="poisson"),
    "machine": FMClassifier(),
    "machine, given settings": FMClassifier(FM(factors=8, alpha=0.1)),
    "machine of numbers": FMRegressor(),
    "machine of counts": FMRegressor(loss="poisson"),
}


def every_check() -> Iterator[Any]:
    """The checks that River has for each model."""
    for name, model in MODELS.items():
        for i, check in enumerate(yield_checks(model)):
            yield pytest.param(model, check, id=f"{name}: {check.__name__} {i}")


@pytest.mark.parametrize(("model", "check"), list(every_check()))
def test_rivers_own_checks_pass(model: Any, check: Callable[[Any], None]) -> None:  # noqa: ANN401  # River knows no such type
    """Each of them; there is no exemption."""
    check(model.clone())


def test_to_river_they_are_a_classifier_and_a_regressor() -> None:
    """That learn by batches too; and nothing else."""
    classifier, regressor = FTRLClassifier(), FTRLRegressor()

    assert isinstance(classifier, base.MiniBatchClassifier)
    assert isinstance(regressor, base.MiniBatchRegressor)
    assert not isinstance(classifier, base.Regressor)
    assert not isinstance(regressor, base.Classifier)


def test_progressive_validation_of_a_pipeline_beats_rivers_own_logistic_regression() -> None:
    """On River's data, behind its scaler: without a setting better than with FTRL there."""

    def loss_of(model: Any) -> float:  # noqa: ANN401  # any of River's models
        pipeline = preprocessing.StandardScaler() | model
        found: float = evaluate.progressive_val_score(datasets.Phishing(), pipeline, metrics.LogLoss()).get()
        return found

    rivers = loss_of(linear_model.LogisticRegression(optimizer=optim.FTRLProximal(alpha=0.1)))

    assert loss_of(FTRLClassifier()) < rivers
    assert loss_of(FTRLClassifier()) < 0.28


def test_many_classes_and_numbers_are_validated_too() -> None:
    """Images by their kind, and a president's approval."""
    kinds = evaluate.progressive_val_score(datasets.ImageSegments(), FTRLClassifier(numeric="grid"), metrics.Accuracy())
    approval = evaluate.progressive_val_score(datasets.TrumpApproval(), FTRLRegressor(numeric="grid"), metrics.MAE())

    assert kinds.get() > 0.9
    assert approval.get() < 0.4


def test_what_rivers_transformers_give_is_learned() -> None:
    """A bag of words, chosen columns and a function."""
    model = compose.Pipeline(feature_extraction.BagOfWords(on="text"), FTRLClassifier())
    for text, spam in [("buy now", True), ("see you soon", False)] * 30:
        model.learn_one({"text": text}, spam)
    chosen = compose.Select("a") | FTRLRegressor()
    for i in range(300):
        chosen.learn_one({"a": float(i % 2), "b": "noise"}, float(3 * (i % 2)))

    assert model.predict_one({"text": "buy"}) is True
    assert chosen.predict_one({"a": 1.0, "b": "x"}) == pytest.approx(3.0, abs=0.2)


def test_a_batch_is_learned_row_by_row_whichever_library_it_comes_from() -> None:
    """Not as one step of the mean, as River's own linear models do."""
    rows, truths = zip(*datasets.Phishing().take(100), strict=True)
    frame, table = pd.DataFrame(rows), pa.Table.from_pylist(list(rows))
    by_one, of_frame, of_table = FTRLClassifier(), FTRLClassifier(), FTRLClassifier()
    for row, truth in zip(rows, truths, strict=True):
        by_one.learn_one(row, truth)
    of_frame.learn_many(frame, pd.Series(truths))
    of_table.learn_many(table, pa.chunked_array([list(truths)]))

    assert of_frame.predict_proba_many(frame)[True].tolist() == of_table.predict_proba_many(table)["True"].to_pylist()
    assert [by_one.predict_one(row) for row in rows] == of_frame.predict_many(frame).tolist()
    assert of_table.predict_many(table).to_pylist() == of_frame.predict_many(frame).tolist()
    assert by_one.predict_proba_one(rows[7])[True] == of_frame.predict_proba_many(frame)[True][7]

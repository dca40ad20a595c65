"""The classifier: what it is given in different shapes is the same to it, and what it refuses changes nothing."""

from __future__ import annotations

import pickle
import warnings
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.sparse import coo_array, csr_array, csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from flyball import FTRLClassifier
from flyball.estimators.refusal import InputRefused
from flyball.learn.table import TableFull

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROWS = [
    {"country": country, "price": price, "tags": tags}
    for country, price, tags in zip(
        "ABCABCDA" * 20, np.linspace(-1.0, 3.0, 160).tolist(), [["x"], ["y", "z"]] * 80, strict=True
    )
]
BINARY = [row["country"] == "A" or len(row["tags"]) > 1 for row in ROWS]
THREE = [{"A": "red", "B": "green"}.get(str(row["country"]), "blue") for row in ROWS]
LABELS = pytest.mark.parametrize("labels", [BINARY, THREE], ids=["two", "three"])


def digest(model: FTRLClassifier) -> int:
    """Of all that was learned."""
    return model._model.model.table.digest()


def numbers(count: int = 300, classes: int = 2) -> tuple[Floats, NDArray[np.int64]]:
    """Rows of six numbers, some 0, and labels."""
    random = np.random.default_rng(2)
    matrix = np.round(random.normal(size=(count, 6)), 1) * (random.random((count, 6)) < 0.6)
    return matrix, (matrix @ random.normal(size=(6, classes))).argmax(axis=1)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("numeric", ["linear", "grid"])
@pytest.mark.parametrize(
    "shape",
    [
        csr_matrix,
        csr_array,
        coo_array,
        np.asfortranarray,
        lambda matrix: matrix.tolist(),
        pd.DataFrame,
        lambda matrix: pd.DataFrame(matrix).astype(pd.SparseDtype("float64", 0.0)),
        lambda matrix: pd.DataFrame(matrix).astype("Float64"),
    ],
)
def test_the_same_numbers_are_the_same_in_every_shape(
    shape: Callable[[Floats], Any], numeric: str, classes: int
) -> None:
    """Bit for bit, also where columns have numbers for names."""
    matrix, labels = numbers(classes=classes)
    dense = FTRLClassifier(numeric=numeric).fit(matrix, labels)
    other = FTRLClassifier(numeric=numeric).fit(shape(matrix), labels)

    assert digest(other) == digest(dense)
    assert other.predict_proba(shape(matrix)).tolist() == dense.predict_proba(matrix).tolist()


def test_numbers_of_a_column_that_stands_twice_in_a_row_are_added() -> None:
    """And the matrix that was passed is left as it was."""
    twice = csr_matrix((np.array([1.0, 2.0, 5.0]), np.array([1, 1, 0]), np.array([0, 2, 3])), shape=(2, 2))
    model = FTRLClassifier(shuffle=False).fit(twice, [0, 1])

    assert twice.nnz == 3
    assert digest(model) == digest(FTRLClassifier(shuffle=False).fit([[0.0, 3.0], [5.0, 0.0]], [0, 1]))


def test_sparse_matrices_are_not_made_dense() -> None:
    """A million million columns would not fit."""
    columns = np.array([5, 2**40, 7, 2**40], dtype=np.int64)
    matrix = csr_matrix((np.ones(4), columns, np.array([0, 2, 4])), shape=(2, 2**40 + 1))
    model = FTRLClassifier().fit(matrix, [0, 1])

    assert model.n_features_in_ == 2**40 + 1
    assert len(model._model.model.table) == 4


@LABELS
@pytest.mark.parametrize("numeric", ["linear", "grid"])
def test_rows_as_dictionaries_and_as_frames_are_the_same(labels: list[Any], numeric: str) -> None:
    """River's ways and scikit-learn's meet: names and values are what is learned."""
    frame = pd.DataFrame(ROWS)
    classes = sorted(set(labels))
    by_one, by_many, by_batch, of_arrow = (FTRLClassifier(numeric=numeric, classes=classes) for _ in range(4))
    for row, label in zip(ROWS, labels, strict=True):
        by_one.learn_one(row, label)
    by_many.learn_many(frame[:50], pd.Series(labels[:50]))
    by_many.learn_many(frame[50:], pd.Series(labels[50:]))
    by_batch.partial_fit(frame[:50], labels[:50]).partial_fit(frame[50:], labels[50:])
    of_arrow.learn_many(pa.table(frame), pa.array(labels))
    expected = by_batch.predict_proba(frame)

    for model in (by_one, by_many, of_arrow):
        assert np.abs(model.predict_proba_many(frame).to_numpy() - expected).max() < 1e-6
    assert by_one.predict_one(ROWS[3]) == by_batch.predict(frame)[3] == by_many.predict_many(frame).iloc[3]
    assert list(by_one.predict_proba_one(ROWS[0]).values()) == pytest.approx(expected[0].tolist(), abs=1e-6)
    assert by_one.predict_proba_many(pa.table(frame)).column_names == [str(label) for label in classes]


@LABELS
@pytest.mark.parametrize("alpha", [None, 0.3])
def test_a_model_that_was_pickled_goes_on_to_the_bit(labels: list[Any], alpha: float | None) -> None:
    """Also after a row by row beginning, and the pickle of the same is the same."""
    whole, half = FTRLClassifier(alpha=alpha), FTRLClassifier(alpha=alpha)
    for row, label in zip(ROWS, labels, strict=True):
        whole.learn_one(row, label)
    for row, label in zip(ROWS[:70], labels[:70], strict=True):
        half.learn_one(row, label)
    taken: FTRLClassifier = pickle.loads(pickle.dumps(half))  # noqa: S301  # what this test has just written
    for row, label in zip(ROWS[70:], labels[70:], strict=True):
        taken.learn_one(row, label)

    assert digest(taken) == digest(whole)
    assert taken.predict_proba_one(ROWS[0]) == whole.predict_proba_one(ROWS[0])
    assert pickle.dumps(taken) == pickle.dumps(pickle.loads(pickle.dumps(taken)))  # noqa: S301  # what this test has just written


def test_classes_that_are_not_declared_are_met_as_they_come() -> None:
    """Sorted, each from the example on that shows it."""
    model = FTRLClassifier()
    assert model.predict_one({"a": 1}) is None
    assert model.predict_proba_one({"a": 1}) == {}
    for label in ("wolf", "ant", "bee"):
        for _ in range(9):
            model.learn_one({label[0]: "x"}, label)

    assert model.classes_.tolist() == ["ant", "bee", "wolf"]
    assert model.predict_one({"b": "x"}) == "bee"
    assert model.predict_proba_one({"b": "x"})["bee"] > 0.5


def test_truths_are_two_classes_from_the_first() -> None:
    """As in River."""
    model = FTRLClassifier()
    model.learn_one({"a": 1.0}, y=np.bool_(True))

    assert list(model.predict_proba_one({"a": 1.0})) == [False, True]
    with pytest.raises(InputRefused, match="'maybe' is none of the classes"):
        model.learn_one({"a": 1.0}, "maybe")


def test_the_order_of_fit_is_random_and_always_the_same() -> None:
    """Sorted labels do no harm; other methods keep the order."""
    matrix, labels = load_iris(return_X_y=True)
    matrix = StandardScaler().fit_transform(matrix)
    shuffled, plain = FTRLClassifier().fit(matrix, labels), FTRLClassifier(shuffle=False).fit(matrix, labels)

    assert digest(shuffled) == digest(FTRLClassifier().fit(matrix, labels))
    assert digest(plain) == digest(FTRLClassifier().partial_fit(matrix, labels, classes=[0, 1, 2]))
    assert shuffled.score(matrix, labels) > plain.score(matrix, labels)


@pytest.mark.parametrize("load", [load_iris, load_digits, load_breast_cancer])
def test_one_pass_is_better_than_one_of_scikit_learns(load: Callable[..., tuple[Floats, NDArray[np.int64]]]) -> None:
    """On rows that were not learned, without a setting."""
    data, labels = load(return_X_y=True)
    known, new, told, truth = train_test_split(StandardScaler().fit_transform(data), labels, random_state=0)
    ours = FTRLClassifier().fit(known, told)
    theirs = SGDClassifier(loss="log_loss", max_iter=1, tol=None, random_state=0).fit(known, told)

    assert ours.score(new, truth) >= theirs.score(new, truth)
    assert ours.score(new, truth) > 0.93
    assert log_loss(truth, ours.predict_proba(new)) < log_loss(truth, theirs.predict_proba(new))


def test_weights_count_and_those_of_zero_do_not() -> None:
    """Zero leaves what is known of every feature as it is."""
    matrix, labels = numbers()
    model = FTRLClassifier(alpha=0.5).partial_fit(matrix, labels, classes=[0, 1])
    before = digest(model)
    model.partial_fit(matrix, 1 - labels, sample_weight=np.zeros(300))
    model.learn_many(pd.DataFrame({"new": [3.0]}), [1], [0.0])
    assert digest(model) == before

    heavy = FTRLClassifier().fit(matrix, labels, sample_weight=np.where(labels == 1, 20.0, 1.0))
    assert (
        heavy.predict_proba(matrix)[:, 1].mean()
        > FTRLClassifier().fit(matrix, labels).predict_proba(matrix)[:, 1].mean()
    )


MATRIX, TWO = numbers()
BAD: dict[str, tuple[Callable[[FTRLClassifier], object], str]] = {
    "NaN": (lambda model: model.partial_fit([[np.nan] * 6], [0]), "contains NaN"),
    "infinity": (lambda model: model.partial_fit([[np.inf] * 6], [0]), "infinity"),
    "beyond float32": (lambda model: model.partial_fit([[1e39] * 6], [0]), "too large for dtype"),
    "infinite weight": (lambda model: model.partial_fit(MATRIX, TWO, sample_weight=[np.inf] * 300), "sample_weight"),
    "NaN weight": (lambda model: model.partial_fit(MATRIX, TWO, sample_weight=[np.nan] * 300), "sample_weight"),
    "huge weight": (lambda model: model.partial_fit(MATRIX, TWO, sample_weight=[1e39] * 300), "at most 1.7e38"),
    "negative weight": (lambda model: model.partial_fit(MATRIX, TWO, sample_weight=[-1.0] * 300), "Negative values"),
    "too few weights": (lambda model: model.partial_fit(MATRIX, TWO, sample_weight=[1.0]), r"expected \(300,\)"),
    "weights in rows": (lambda model: model.partial_fit(MATRIX, TWO, sample_weight=np.ones((300, 1))), "must be 1D"),
    "undeclared class": (lambda model: model.partial_fit(MATRIX[:2], [0, 7]), "label 7 is none of the classes"),
    "other classes": (
        lambda model: model.partial_fit(MATRIX, TWO, classes=[0, 1, 2]),
        "is not the same as on last call",
    ),
    "number of features": (lambda model: model.partial_fit([[1.0]], [0]), "expecting 6 features as input"),
    "no labels": (lambda model: model.partial_fit(MATRIX, None), "requires y to be passed"),
    "labels that are numbers": (lambda model: model.partial_fit(MATRIX[:2], [0.5, 1.5]), "Unknown label type"),
    "too few labels": (lambda model: model.partial_fit(MATRIX, [0]), "inconsistent numbers of samples"),
    "one class": (lambda model: model.fit(MATRIX, np.zeros(300)), "got 1 class"),
    "no weight at all": (lambda model: model.fit(MATRIX, TWO, np.zeros(300)), "at least one non-zero"),
    "a date": (
        lambda model: model.partial_fit(pd.DataFrame({c: pd.to_datetime(["2020"]) for c in "abcdef"}), [0]),
        "Datetime",
    ),
    "an empty frame": (
        lambda model: model.partial_fit(pd.DataFrame({c: pd.Series([], dtype=str) for c in "abcdef"}), []),
        "0 sample",
    ),
    "row with NaN": (lambda model: model.learn_one({"a": np.nan}, 1), "None where it is missing"),
    "row that is none": (lambda model: model.learn_one(cast("Any", [1.0]), 1), "pass a dictionary"),
    "unknown label": (lambda model: model.learn_one({"a": 1}, 2), "label 2 is none of the classes"),
    "label None": (lambda model: model.learn_one({"a": 1}, None), "is no label"),
    "label NaN": (lambda model: model.learn_one({"a": 1}, np.nan), "is no label"),
    "label list": (lambda model: model.learn_one({"a": 1}, [1]), "is no label"),
    "w negative": (lambda model: model.learn_one({"a": 1}, 1, w=-1), "0 or more"),
    "w NaN": (lambda model: model.learn_one({"a": 1}, 1, w=np.nan), "0 or more"),
    "w text": (lambda model: model.learn_one({"a": 1}, 1, w=cast("Any", "x")), "0 or more"),
    "not a frame": (lambda model: model.learn_many(MATRIX, TWO), "is no data frame"),
    "fewer labels than rows": (lambda model: model.learn_many(pd.DataFrame({"a": [1, 2]}), [1]), "2 rows come with 1"),
    "bad after good": (lambda model: model.learn_many(pd.DataFrame({"a": [1, 2]}), [1, 9]), "label 9 is none"),
    "alpha": (
        lambda model: model.set_params(alpha=-1.0).partial_fit(MATRIX, TWO),
        "alpha=-1.0: give a finite number above 0",
    ),
    "beta": (
        lambda model: model.set_params(beta=np.nan).partial_fit(MATRIX, TWO),
        "beta=nan: give a finite number, 0 or more",
    ),
    "numeric": (lambda model: model.set_params(numeric="log").partial_fit(MATRIX, TWO), "numeric='log'"),
    "epochs": (lambda model: model.set_params(epochs=0).fit(MATRIX, TWO), "epochs=0"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_changes_nothing(name: str) -> None:
    """Neither what was learned, nor what is remembered of columns and classes."""
    call, match = BAD[name]
    model = FTRLClassifier().partial_fit(MATRIX, TWO, classes=[0, 1])
    settings = model.get_params()
    before = pickle.dumps(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's word on feature names, before the error
        with pytest.raises(ValueError, match=match):
            call(model)

    assert pickle.dumps(model.set_params(**settings)) == before


def test_a_first_batch_that_is_refused_leaves_nothing_behind() -> None:
    """The estimator may begin with another number of columns."""
    model = FTRLClassifier()
    with pytest.raises(ValueError, match="contains NaN"):
        model.partial_fit(pd.DataFrame({"a": [np.nan]}), [0], classes=[0, 1])
    with pytest.raises(InputRefused, match="classes must be passed on the first call"):
        model.partial_fit(MATRIX, TWO)

    assert vars(model) == vars(FTRLClassifier())
    assert model.partial_fit(MATRIX, TWO, classes=[0, 1]).n_features_in_ == 6


def test_more_features_than_memory_holds_are_refused_and_the_rest_is_learned() -> None:
    """What is known goes on being learned."""
    random = np.random.default_rng(1)
    columns = random.integers(0, 2**40, (3_000, 20))
    matrix = csr_matrix((np.ones(60_000), columns.ravel(), np.arange(3_001) * 20), shape=(3_000, 2**40))
    labels = random.integers(0, 2, 3_000)
    model = FTRLClassifier(memory=1 << 20)
    with pytest.raises(TableFull, match="memory= of the estimator"):
        model.partial_fit(matrix, labels, classes=[0, 1])
    seen = model._model.model.seen

    assert 1_000 < seen < 3_000
    assert model.memory_bytes == 1 << 20
    assert digest(FTRLClassifier().partial_fit(matrix[:seen], labels[:seen], classes=[0, 1])) == digest(model)
    model.partial_fit(matrix[:10], labels[:10])
    assert model._model.model.seen == seen + 10


def test_a_poisoned_stream_leaves_no_nan() -> None:
    """Labels turned round for a while, a huge value, and one key in every row."""
    matrix, labels = numbers(1_000, 3)
    model = FTRLClassifier().partial_fit(matrix, labels, classes=[0, 1, 2])
    model.partial_fit(matrix, (labels + 1) % 3)
    model.partial_fit(np.full((3, 6), 1e30), [0, 1, 2])
    model.partial_fit(matrix, labels)
    rows = model._model.model.table.entries()[1]

    assert np.isfinite(rows.view(np.float32)).all()
    assert np.isfinite(model.predict_proba(matrix)).all()


def test_settings_are_kept_by_clones_and_changed_by_name() -> None:
    """Both scikit-learn's way and River's; what was learned goes along only where that is asked for."""
    model = FTRLClassifier(alpha=0.1, numeric="grid", classes=["a", "b"]).fit([[1.0], [2.0]], ["a", "b"])
    copied = model.clone(include_attributes=True)

    assert clone(model).get_params() == model.clone().get_params() == model.get_params()
    assert not hasattr(model.clone(), "classes_")
    assert model.clone({"alpha": 0.3}).alpha == 0.3
    copied.partial_fit([[3.0]], ["a"])
    assert digest(copied) != digest(model)
    assert copied.predict_proba_one({"x": 1.0}).keys() == {"a", "b"}
    with pytest.raises(ValueError, match="'alpha' is not a mutable attribute"):
        model.mutate({"alpha": 0.3})


def test_declared_classes_are_known_before_anything_is_learned() -> None:
    """All alike."""
    assert FTRLClassifier(classes=["a", "b", "c"]).predict_proba_one({"x": 1}) == dict.fromkeys("abc", 1 / 3)
    empty = pd.DataFrame({"a": pd.Series([], dtype="float64")})
    assert len(FTRLClassifier().predict_many(empty)) == 0
    model = FTRLClassifier(classes=["a", "b", "c"])
    model.learn_many(empty, [])
    assert not hasattr(model, "classes_")


def test_columns_are_known_by_name_or_by_place() -> None:
    """A frame's names are those of a row; an array is taken by place, by the names that were fitted."""
    frame = pd.DataFrame({"b": [1.0, 0.0] * 30, "a": [0.0, 1.0] * 30})
    labels = [True, False] * 30
    named, placed = FTRLClassifier().fit(frame, labels), FTRLClassifier().fit(frame.to_numpy(), labels)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        by_place = named.predict_proba(frame.to_numpy())

    assert by_place.tolist() == named.predict_proba(frame).tolist()
    assert named.predict_proba_one({"b": 1.0})[True] == named.predict_proba(frame)[0, 1]
    assert placed.predict_proba_one({0: 1.0})[True] == placed.predict_proba(frame.to_numpy())[0, 1]
    with pytest.raises(ValueError, match="feature names should match"):
        named.partial_fit(frame[["a", "b"]], labels)

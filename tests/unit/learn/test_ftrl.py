"""FTRL-Proximal against its definition, against Vowpal Wabbit, and in what it promises besides."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn import ftrl
from flyball.learn.ftrl import LARGEST, LEARN, PREDICT, weight
from flyball.learn.loss import LOGISTIC, POISSON, SQUARED, answer
from flyball.learn.maths import sigmoid
from flyball.learn.table import Table
from tests.unit.learn.ads_rows import BIAS, Hyper, keys_of, learned, log_loss, reference, rows

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STILL = Hyper(beta=1e9)
"""Rates so small that the coefficients stay at 0 and z is the sum of the gradients."""
PUBLISHED = [(Hyper(), "0.420674"), (Hyper(l1=1.0), "0.422517"), (Hyper(l2=1.0), "0.420826")]
VW = [sys.executable, "-m", "vowpalwabbit", "-d", "rows.vw", "--loss_function", "logistic", "-b", "20", "--holdout_off"]
BOTH = pytest.mark.parametrize("squared", [False, True], ids=["logistic", "squared"])


def small() -> Table:
    """A table that splits often."""
    return Table(slot_bits=6, max_segments=4_096)


def states(table: Table) -> dict[int, tuple[float, float]]:
    """z and n by key."""
    found = {key: table.get(key) for key in table.entries()[0].tolist()}
    return {key: state for key, state in found.items() if state is not None}


def some(count: int, *, seed: int = 3) -> tuple[NDArray[np.int64], Floats]:
    """A few rows of five ids of forty, and numbers that depend on them."""
    random = np.random.default_rng(seed)
    ids = random.integers(0, 8, (count, 5)) + np.arange(5) * 8
    return ids, (ids[:, 0] % 2 + random.random(count) > 0.8).astype(np.float64)


def test_the_rows_are_those_of_the_published_figures() -> None:
    """The generator is guarded by two numbers."""
    ids, outcomes = rows()

    assert outcomes.mean() == 0.1833
    assert len(np.unique(ids)) == 48_157


@pytest.mark.parametrize(("hyper", "expected"), PUBLISHED, ids=["plain", "l1", "l2"])
def test_progressive_loss_equals_the_reference_to_six_digits(hyper: Hyper, expected: str) -> None:
    """And every single prediction to five; pairs are float32 rounded at random, the reference float64."""
    ids, outcomes = rows()
    theirs = reference(ids, outcomes.astype(np.float64), hyper)
    ours = learned(Table(), ids, outcomes.astype(np.float64), hyper)

    assert f"{log_loss(theirs, outcomes):.6f}" == expected
    assert f"{log_loss(ours, outcomes):.6f}" == expected
    assert np.abs(ours - theirs).max() < 1e-5


@pytest.mark.parametrize(("hyper", "expected"), PUBLISHED, ids=["plain", "l1", "l2"])
def test_vowpal_wabbit_prints_the_same_loss(hyper: Hyper, expected: str, tmp_path: Path) -> None:
    """On the same rows, with the same settings."""
    ids, outcomes = rows()
    lines = [f"{1 if y else -1} | {' '.join(map(str, row))}" for row, y in zip(ids.tolist(), outcomes, strict=True)]
    (tmp_path / "rows.vw").write_text("\n".join(lines) + "\n")
    settings = ["--ftrl_alpha", hyper.alpha, "--ftrl_beta", hyper.beta, "--l1", hyper.l1, "--l2", hyper.l2]
    done = subprocess.run(
        [*VW, "--ftrl", *map(str, settings)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    told = re.search(r"average loss = (\d\.\d{6})", done.stdout + done.stderr)

    assert told is not None
    assert told[1] == expected


def test_the_sign_printed_inline_in_the_paper_is_another_algorithm() -> None:
    """Section 3 has z + g + (...)w; only the minus of Algorithm 1 is FTRL, and ours."""
    ids, outcomes = (part[:4_000] for part in rows())
    labels = outcomes.astype(np.float64)
    right, wrong = reference(ids, labels, Hyper()), reference(ids, labels, Hyper(), sign=1.0)
    ours = learned(Table(), ids, labels, Hyper())

    assert np.abs(ours - right).max() < 1e-5
    assert np.abs(ours - wrong).max() > 0.05


def test_squared_loss_equals_the_reference() -> None:
    """The margin is the prediction."""
    ids, _ = rows()
    ids = ids[:5_000]
    labels = (ids % 7).sum(1) / 10.0
    theirs = reference(ids, labels, Hyper(alpha=0.05), squared=True)
    ours = learned(Table(), ids, labels, Hyper(alpha=0.05), squared=True)

    assert np.abs(ours - theirs).max() < 1e-3
    assert np.mean((ours - labels) ** 2) == pytest.approx(np.mean((theirs - labels) ** 2), rel=1e-5)


def test_l1_makes_exact_zeros_of_what_is_seen_seldom() -> None:
    """z is stored, not the coefficient, so a coefficient can come back to 0; without l1 none is 0."""
    ids, outcomes = rows()
    sparse, dense = Table(), Table()
    learned(sparse, ids, outcomes.astype(np.float64), Hyper(l1=1.0))
    learned(dense, ids, outcomes.astype(np.float64), Hyper())

    def zeros(table: Table, hyper: Hyper) -> int:
        found = np.empty(len(table))
        keys = table.entries()[0]
        ftrl.predict(table.words, hyper.array, SQUARED, np.arange(len(keys) + 1), keys, np.ones(len(keys)), found)
        return int((found == 0.0).sum())

    assert zeros(sparse, Hyper(l1=1.0)) > 0.6 * len(sparse)
    assert zeros(dense, Hyper()) == 0


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(0, 10), st.floats(0.01, 10), st.floats(0, 100))
def test_the_coefficient_is_that_of_algorithm_1(z: float, root_n: float, l1: float, alpha: float, l2: float) -> None:
    """In the form that needs one division."""
    expected = 0.0 if abs(z) <= l1 else -(z - np.sign(z) * l1) / ((1.0 + root_n) / alpha + l2)

    assert weight(z, root_n, 1.0 + alpha * l2, alpha, l1) == pytest.approx(expected, rel=1e-12)


@BOTH
def test_an_example_of_weight_3_moves_z_thrice_as_far_and_n_nine_times(squared: bool) -> None:
    """The gradient is multiplied, as in Vowpal Wabbit."""
    ids, labels = some(1)
    single, triple = small(), small()
    once = np.column_stack([labels, np.ones(1), np.zeros(1), np.zeros(1)])
    learned(single, ids, once, Hyper(), squared=squared)
    learned(triple, ids, once * [1, 3, 1, 1], Hyper(), squared=squared)

    for key, (z, n) in states(single).items():
        assert states(triple)[key] == pytest.approx((3 * z, 9 * n), rel=1e-6)


def test_weight_0_changes_nothing() -> None:
    """An example that is learned from no longer."""
    ids, labels = some(50)
    table = small()
    learned(table, ids, labels, Hyper())
    digest = table.digest()
    learned(table, ids, np.column_stack([labels, np.zeros(50), np.zeros(50), np.zeros(50)]), Hyper())

    assert table.digest() == digest


@BOTH
def test_a_revision_takes_back_what_was_learned_and_puts_the_new_value_in_its_place(squared: bool) -> None:
    """The gradients of the first value and of the revision sum to that of the right value at the same prediction."""
    ids, _ = some(1)
    told = small()
    learned(told, ids, np.array([[0.0, 1.0, 0.0, 0.0]]), STILL, squared=squared)
    learned(told, ids, np.array([[1.0, 1.0, 0.0, 1.0]]), STILL, squared=squared, noise=1)
    right = small()
    learned(right, ids, np.array([[1.0, 1.0, 0.0, 0.0]]), STILL, squared=squared)

    assert {key: z for key, (z, _) in states(told).items()} == pytest.approx(
        {key: z for key, (z, _) in states(right).items()}, rel=1e-6
    )


def test_taking_back_altogether_leaves_no_gradient() -> None:
    """Weight 0 for the new value: as if the example had never come, but for the rates."""
    ids, labels = some(1)
    table = small()
    learned(table, ids, np.column_stack([labels, np.ones(1), np.zeros(1), np.zeros(1)]), STILL)
    learned(table, ids, np.column_stack([np.zeros(1), np.zeros(1), labels, np.ones(1)]), STILL, noise=1)

    assert [z for z, _ in states(table).values()] == pytest.approx([0.0] * 6, abs=1e-7)


@BOTH
def test_predicting_changes_nothing_and_learning_predicts_the_same(squared: bool) -> None:
    """PREDICT, LEARN and both give the same bits for the same table."""
    ids, labels = some(200)
    table = small()
    learned(table, ids, labels, Hyper(), squared=squared)
    digest = table.digest()
    asked = learned(table, ids[:1], labels[:1], Hyper(), squared=squared, todo=PREDICT)
    assert table.digest() == digest

    alone = np.empty(1)
    keys = keys_of(ids[:1]).ravel()
    ftrl.predict(table.words, Hyper().array, squared, np.array([0, 6]), keys, np.ones(6), alone)
    both = learned(table, ids[:1], labels[:1], Hyper(), squared=squared, todo=PREDICT | LEARN)

    assert asked.tolist() == alone.tolist() == both.tolist()
    assert table.digest() != digest


def test_an_unknown_feature_predicts_nothing_and_is_not_taken_up_by_asking() -> None:
    """Only learning takes slots."""
    table = small()
    asked = learned(table, some(3)[0], np.zeros(3), Hyper(), todo=PREDICT)

    assert asked.tolist() == [0.5, 0.5, 0.5]
    assert len(table) == 0


def test_beta_0_without_l2_leaves_an_unknown_feature_at_0() -> None:
    """Not at 0 / 0; the first step of a coefficient is then alpha, however small its gradient was."""
    bold, table = Hyper(beta=0.0), small()
    asked = learned(table, some(3)[0], np.zeros(3), bold, todo=PREDICT)
    first = learned(table, some(1)[0], np.ones(1), bold)
    again = learned(table, some(1)[0], np.ones(1), bold, todo=PREDICT)

    assert asked.tolist() == [0.5, 0.5, 0.5]
    assert first.tolist() == [0.5]
    assert again.tolist() == pytest.approx([sigmoid(6 * 0.1)])
    assert weight(0.0, 0.0, 0.0, 0.1, 0.0) == 0.0


def test_the_state_does_not_depend_on_the_size_of_segments_or_on_batches() -> None:
    """Splits in the middle of an example included."""
    ids, outcomes = rows()
    ids, labels = ids[:2_000], outcomes[:2_000].astype(np.float64)
    whole, pieces = Table(), Table(slot_bits=6, max_segments=8_192)
    learned(whole, ids, labels, Hyper())
    for start in range(0, 2_000, 77):
        learned(pieces, ids[start : start + 77], labels[start : start + 77], Hyper(), noise=start)

    assert pieces.digest() == whole.digest()
    assert len(pieces) == len(whole)


def test_a_full_table_stops_at_the_example_that_did_not_fit() -> None:
    """What was done before stays done, and is told."""
    ids, labels = np.arange(300).reshape(60, 5), np.ones(60)
    table = Table(slot_bits=6, max_segments=4)
    keys = keys_of(ids)
    columns = np.column_stack([labels, labels, np.zeros(60), np.zeros(60)])
    scores = np.full(60, np.nan)
    todo, noises = np.full(60, LEARN, np.uint8), np.zeros(60, np.uint64)
    starts, ones = np.arange(61) * 6, np.ones(keys.size)
    done = ftrl.run(table.words, Hyper().array, False, starts, keys.ravel(), ones, todo, columns, noises, scores)

    assert 15 <= done < 60
    assert np.isfinite(scores[:done]).all()
    assert table.get(int(keys_of(np.array([[BIAS]]))[0, 0])) is not None


@pytest.mark.parametrize("label", [1e30, -1e100, 1e100])
def test_an_absurd_number_spoils_a_coefficient_but_makes_it_no_nan(label: float) -> None:
    """n would not fit a float32; learning goes on for whatever the number did not touch."""
    ids, labels = some(20)
    table = small()
    learned(table, ids[:1], np.array([label]), Hyper(), squared=True)
    scores = learned(table, ids, labels, Hyper(), squared=True)
    learned(table, np.full((1, 5), 777) + np.arange(5), np.array([2.0]), Hyper(), squared=True)

    assert np.isfinite(scores).all()
    assert all(abs(z) <= LARGEST and 0 <= n <= LARGEST for z, n in states(table).values())
    assert np.isfinite(np.array(list(states(table).values()))).all()


@pytest.mark.parametrize("kind", [LOGISTIC, SQUARED, POISSON])
def test_one_row_is_answered_as_many_are(kind: int) -> None:
    """To the bit; features that nobody has learned count nothing."""
    rng = np.random.default_rng(7)
    keys = rng.integers(1, 2**63, 40).astype(np.uint64)
    values, hyper = rng.normal(size=40), np.array([0.2, 1.0, 0.01, 0.1])
    table = small()
    table.put(keys[:30], z=rng.normal(size=30), n=rng.random(30) * 9)
    scores = np.empty(1)
    ftrl.predict(table.words, hyper, kind, np.array([0, 40]), keys, values, scores)

    assert ftrl.score_one(table.words, hyper, kind, keys, values, 40) == scores[0]
    assert ftrl.score_one(table.words, hyper, kind, keys, values, 0) == answer(0.0, kind)

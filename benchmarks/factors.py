"""What pairs of features say: a factorisation machine beside FTRL, with a user's crosses and without."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import numpy as np
from river import facto

from benchmarks.data import DATA, DataSet, set_named
from benchmarks.making import ratings_of_genres
from benchmarks.table import Table
from flyball.learn import ftrl
from flyball.learn.encoder import BIAS_KEY
from flyball.learn.features import Features, pick
from flyball.learn.recipe import recipe_of
from flyball.run.file_replay import read_recording
from flyball.run.form import Form
from flyball.system.derivation import bucket, cross
from flyball.system.kind import Kind
from flyball.system.learner import FM, FTRL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.system.learner import Learner
    from flyball.system.outcome import Loss
    from flyball.system.signal import Signal

    Floats = NDArray[np.float64]

RATINGS = DataSet(
    name="movietweetings_100k", file="ratings_of_genres.parquet", label="liked", time="ts", make=ratings_of_genres
)
SETS: tuple[tuple[DataSet, tuple[tuple[str, str], ...]], ...] = (
    (set_named("seaflights15"), (("carrier", "dest"), ("dest", "hour"), ("carrier", "hour"), ("month", "dest"))),
    (set_named("adult"), (("education", "occupation"), ("relationship", "sex"), ("marital_status", "occupation"))),
    (set_named("bank_marketing"), (("month", "contact"), ("poutcome", "month"), ("job", "education"))),
    (set_named("elec2"), (("day", "period"),)),
    (RATINGS, (("user_id", "genres"), ("user_id", "movie_id"))),
    (DataSet(name="bike_sharing", file="hour.csv.gz", label="cnt"), (("hr", "workingday"), ("hr", "weekday"))),
)
"""Each with the crosses that somebody who knows the field would write."""
LEARNERS: tuple[Learner, ...] = (FTRL(), FTRL(), FM(), FM(factors=16))
"""Without crosses, with them, and two machines without them."""
QUICK_ROWS, PART = 1_000, 4_000
PEOPLE, TASTES = 1_000, 3
NAMES = ("FTRL", "FTRL, crosses", "FM of 4", "FM of 16")
COLUMNS = ["", "rows", *NAMES, *(f"{name}: rows/s" for name in NAMES)]
NOTES = """Progressive loss of one pass, all without settings: log loss, for the bikes the squared error in units of the
outcome's scale. Signals are as `flyball init` drafts them, for the ratings also the film's genres; the crosses are
those that somebody who knows the field would write. Tastes are planted: 1,000 users and 1,000 films have three hidden
tastes each, whose product decides, and hardly a pair comes twice. Rows a second: learning alone, of encoded rows,
while the core was busy, the best of 3."""
PEER_COLUMNS = ["", "rows", "FM(alpha=0.1)", "River's FM", "rows/s", "River's", "ratio"]
PEER_NOTES = """The first rows of each set, the same features with the same values, labels at once; River's FM of 4
factors with its defaults. Losses as above."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One data set, encoded.

    Args:
        name: of the set.
        loss: that learners minimise.
        labels: shape (n,), in units of the loss.
        plain: the features of its signals.
        crossed: those, and the crosses'.
    """

    name: str
    loss: Loss | None
    labels: Floats
    plain: Features
    crossed: Features


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass over a problem.

    Args:
        loss: the mean progressive loss.
        rate: rows a second.
    """

    loss: float
    rate: float


def problem_of(data: DataSet, crosses: tuple[tuple[str, str], ...], folder: Path, *, quick: bool) -> Problem:
    """A data set, read and encoded both ways."""
    system = data.system(folder)
    model, rows = system.models[0], read_recording(system, data.at(folder)).rows
    known = np.flatnonzero(rows.has_label)[: QUICK_ROWS if quick else None]
    signals = {signal.name: signal for signal in model.signals}
    more = [cross(*(named(signals[name]) for name in names)) for names in crosses]
    made = []
    for given in (model, replace(model, signals=[*model.signals, *more])):
        form = Form(replace(system, models=[given]), model.name, 1)
        leaves = [rows.columns[name].take(known) for name in form.names]
        made.append(form.bulk.encode(leaves, [], len(known)))
    scale = model.outcome.scale if model.outcome.loss == "squared" else 1.0
    return Problem(data.name, model.outcome.loss, rows.label[known] / scale, *made)


def named(signal: Signal) -> Signal:
    """What can be crossed: an amount in eight parts from 0 to 1, anything else as it is."""
    return bucket(signal, width=0.125) if signal.kind is Kind.FLOAT else signal


def tastes(count: int) -> Problem:
    """Users and films whose hidden tastes decide whether one likes the other."""
    random = np.random.default_rng(11)
    of_users, of_films = random.normal(size=(2, PEOPLE, TASTES))
    user, film = random.integers(0, PEOPLE, (2, count))
    margin = 2.0 * (of_users[user] * of_films[film]).sum(1)
    labels = (random.random(count) < 1.0 / (1.0 + np.exp(-margin))).astype(np.float64)
    ids = np.column_stack([user, PEOPLE + film, 2 * PEOPLE + user * PEOPLE + film]).astype(np.uint64)
    keys = (ids + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    whole = np.column_stack([np.full(count, BIAS_KEY, dtype=np.uint64), keys])
    made = [
        Features(np.arange(count + 1) * width, whole[:, :width].ravel(), np.ones(count * width)) for width in (3, 4)
    ]
    return Problem("planted tastes", "logistic", labels, *made)


def learned(problem: Problem, features: Features, learner: Learner, *, times: int = 3) -> Pass:
    """One pass of a learner, as often as is needed to time it."""
    recipe, count = recipe_of(learner, problem.loss), features.rows
    told = np.column_stack([problem.labels[:count], np.ones(count), np.zeros((count, 2))])
    todo, noises = np.full(count, ftrl.PREDICT | ftrl.LEARN, dtype=np.uint8), np.empty(count, dtype=np.uint64)
    ftrl.noise_of(np.arange(count), np.zeros(count, dtype=np.int64), noises)
    scores, seconds = np.empty(count), []
    for _ in range(times):
        table = recipe.table()
        began = process_time()
        if recipe.run(table, features, todo=todo, labels=told, noises=noises, scores=scores) < count:
            raise table.full()
        seconds.append(process_time() - began)
    return Pass(loss=loss_of(scores, problem.labels[:count], problem.loss), rate=count / min(seconds))


def loss_of(scores: Floats, labels: Floats, loss: Loss | None) -> float:
    """The mean loss.

    >>> round(loss_of(np.array([0.5]), np.ones(1), "logistic"), 4)
    0.6931
    """
    if loss == "squared":
        return float(np.mean((scores - labels) ** 2))
    p = np.clip(scores, 1e-15, 1.0 - 1e-15)
    return float(-np.mean(np.log(np.where(labels > 0.5, p, 1.0 - p))))


def rivers(problem: Problem, features: Features) -> Pass:
    """One pass of River's machine over the same features, by name and value."""
    yes = problem.loss == "logistic"
    model = facto.FMClassifier(n_factors=4, seed=1) if yes else facto.FMRegressor(n_factors=4, seed=1)
    rows = []
    for i in range(features.rows):
        part = slice(features.starts[i], features.starts[i + 1])
        rows.append(dict(zip(features.keys[part].tolist(), features.values[part].tolist(), strict=True)))
    scores, labels = np.empty(len(rows)), problem.labels.tolist()
    began = process_time()
    for i, row in enumerate(rows):
        if yes:
            scores[i] = model.predict_proba_one(row).get(True, 0.5)
            model.learn_one(row, labels[i] > 0.5)
        else:
            scores[i] = model.predict_one(row)
            model.learn_one(row, labels[i])
    seconds = process_time() - began
    return Pass(loss=loss_of(scores, problem.labels[: len(rows)], problem.loss), rate=len(rows) / seconds)


def row_of(problem: Problem) -> list[str]:
    """All learners on one set."""
    given = (problem.plain, problem.crossed, problem.plain, problem.plain)
    passes = [learned(problem, features, learner) for features, learner in zip(given, LEARNERS, strict=True)]
    least = min(each.loss for each in passes)
    losses = [f"**{each.loss:.4f}**" if each.loss == least else f"{each.loss:.4f}" for each in passes]
    return [problem.name, f"{len(problem.labels):,}", *losses, *(f"{each.rate:,.0f}" for each in passes)]


def peer_row(problem: Problem, count: int) -> list[str]:
    """Ours and River's on the first rows of one set."""
    features = pick(problem.plain, np.arange(min(count, problem.plain.rows)))
    ours, theirs = learned(problem, features, FM(alpha=0.1)), rivers(problem, features)
    cells = [f"{ours.loss:.4f}", f"{theirs.loss:.4f}", f"{ours.rate:,.0f}", f"{theirs.rate:,.0f}"]
    return [problem.name, f"{features.rows:,}", *cells, f"{ours.rate / theirs.rate:,.0f} x"]


def tables(*, quick: bool) -> list[Table]:
    """Every set, and the planted one."""
    problems = [tastes(QUICK_ROWS if quick else 300_000)]
    if DATA.exists():
        with tempfile.TemporaryDirectory() as name:
            for data, crosses in SETS[-1:] if quick else SETS:
                sys.stderr.write(f"  {data.name}\n")
                problems.insert(-1, problem_of(data, crosses, Path(name), quick=quick))
    part = 200 if quick else PART
    return [
        Table(
            name="factors",
            title="What pairs say: FTRL, FTRL with crosses, and factorisation machines",
            columns=COLUMNS,
            rows=[row_of(problem) for problem in problems],
            notes=NOTES.splitlines(),
        ),
        Table(
            name="factors_peer",
            title="A factorisation machine beside River's",
            columns=PEER_COLUMNS,
            rows=[peer_row(problem, part) for problem in problems],
            notes=PEER_NOTES.splitlines(),
            command="factors",
        ),
    ]

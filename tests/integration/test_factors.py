"""A factorisation machine as the learner of a system: the same log, the same bits, whatever cut or killed it."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

import flyball as fb
from flyball.learn import ftrl
from flyball.learn.export import ExportRefused
from flyball.learn.factor_reader import factors_of
from flyball.learn.features import Features
from flyball.learn.model_file import read_model_file
from flyball.learn.recipe import Recipe, recipe_of
from flyball.run.log_replay import replay_log
from flyball.run.model_export import export_model
from flyball.run.saved_model import about_form, saved_model
from flyball.run.state import State
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.testing.memory_log import MemoryLog
from tests.integration.running_system import RunningSystem, until
from tests.unit.run.flights import CARRIER, HOUR, PLANE, WIND, Recorded, flights, part, refolded, replay_of, rows

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.learn.table import Table
    from flyball.system.learner import FM
    from flyball.system.system import System

LATE = Outcome("late", window="1h", if_silent=0, learn="revise")
LEARNERS = pytest.mark.parametrize("learner", [fb.FM(), fb.FM(factors=8, alpha=0.2)], ids=["its own", "given"])
RUNNING = '''"""Do these two get on?"""

import flyball as fb

user, film = fb.Entity("user", str), fb.Entity("film", str)
late = fb.Model("late", signals=[user, film], outcome=fb.Outcome("late"), learner=fb.FM(), fallback=0.5)
films = fb.System("films", models=[late])
'''


def paired(learner: FM) -> System:
    """One model of names and numbers, whose outcomes are revised, calibrated too."""
    signals = [CARRIER, PLANE, HOUR, WIND]
    return flights(Model("late_model", signals=signals, outcome=LATE, learner=learner, fallback=0.3, calibrate=True))


@LEARNERS
def test_the_same_log_gives_the_same_bits_whatever_the_chunks(learner: FM) -> None:
    """One by one, a few, all at once; and the table is one of a machine."""
    target = Recorded(paired(learner))
    replay_of(rows(300)).run(target)
    log = target.log
    assert isinstance(log, MemoryLog)
    digests = {refolded(log, chunk=size).digest() for size in (1, 7, 100, 10_000)}

    assert digests == {target.engine.digest()}
    assert target.engine.models["late_model"].table.layout.row_words == 7


@LEARNERS
def test_a_state_that_crashed_goes_on_to_the_same_bits(tmp_path: Path, learner: FM) -> None:
    """After a checkpoint, and after records that no checkpoint has seen."""
    given = rows(240, delayed=False)
    with State.open(tmp_path / "whole", paired(learner)) as whole:
        replay_of(part(given, 0, 120), fingerprint="a").run(whole)
        replay_of(part(given, 120, 240), fingerprint="b").run(whole)
        expected = whole.engine.digest()
    crashed = State.open(tmp_path / "crashed", paired(learner))
    replay_of(part(given, 0, 120), fingerprint="a").run(crashed)
    crashed.leave()
    with State.open(tmp_path / "crashed", paired(learner)) as again:
        replay_of(part(given, 120, 240), fingerprint="b").run(again)
        found = again.engine.digest()
        again.checkpoint()
    with State.open(tmp_path / "crashed", paired(learner)) as once_more:
        assert once_more.engine.digest() == expected

    assert found == expected


@LEARNERS
def test_what_a_machine_has_learned_is_saved_and_taken_up_and_not_exported(tmp_path: Path, learner: FM) -> None:
    """The file says what its factors were learned with."""
    system = replace(paired(learner), models=[replace(paired(learner).models[0], calibrate=None)])
    with State.open(tmp_path / "state", system) as state:
        replay_of(rows(200)).run(state)
        form, digest = state.engine.models["late_model"].form, state.engine.models["late_model"].table.digest()
    saved_model(tmp_path / "state", "late_model").write(tmp_path / "a.model")
    file, table = read_model_file(tmp_path / "a.model"), form.recipe.table()
    file.apply(table, about=about_form(form), at=0)

    assert table.digest() == digest
    assert file.about.factors == form.recipe.factors
    with pytest.raises(ExportRefused, match=r"factorisation machine.*flyball model save"):
        export_model(tmp_path / "state", "late_model", tmp_path / "a.export")


def test_what_pairs_decide_is_predicted_and_explained() -> None:
    """Users and films of two kinds: it is the pair that counts, and the explanation says so."""
    user, film = fb.Entity("user", str), fb.Entity("film", str)
    liked = fb.Model("liked", signals=[user, film], outcome=fb.Outcome("liked"), learner=fb.FM())
    random = np.random.default_rng(4)
    with fb.open(fb.System("films", models=[liked])) as fly:
        for i, (a, b) in enumerate(random.integers(0, 8, (1_500, 2)).tolist()):
            fly.predict("liked", {"user": f"u{a}", "film": f"f{b}"}, id=f"r{i}")
            fly.outcome(f"r{i}", (a + b) % 2 == 0)
        both, neither = (fly.explain("liked", {"user": "u2", "film": f}) for f in ("f4", "f5"))
    told = {part.name: part for part in both.parts}

    assert both.prediction > 0.8
    assert neither.prediction < 0.2
    assert told["user=u2"].together == pytest.approx(told["film=f4"].together)
    assert told["user=u2"].together > abs(told["user=u2"].weight)


def learn(recipe: Recipe, table: Table, features: Features, first: int) -> None:
    """All rows, with labels of no meaning."""
    count = features.rows
    labels, noises = np.zeros((count, 4)), np.empty(count, dtype=np.uint64)
    labels[:, 0], labels[:, 1] = np.arange(count) % 2, 1.0
    ftrl.noise_of(np.arange(count) + first, np.zeros(count, dtype=np.int64), noises)
    todo = np.full(count, ftrl.LEARN, dtype=np.uint8)
    recipe.run(table, features, todo=todo, labels=labels, noises=noises, scores=np.empty(count))


@pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="on one core the two threads take turns and hardly ever meet"
)
def test_a_reader_finds_no_factor_that_is_not_written_yet() -> None:
    """n of a row's factors is written after them: whoever sees it sees them. Kernels run beside each other."""
    recipe = recipe_of(fb.FM(alpha=0.1), "logistic")
    assert recipe.factors is not None
    table = recipe.table()
    random, keys = np.random.default_rng(3), np.arange(1, 200_001, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    features = [
        Features(np.arange(100_001) * 4, random.choice(keys[at : at + 50_000], 400_000), np.ones(400_000))
        for at in range(0, 200_000, 50_000)
    ]
    learn(recipe, table, features[0], 0)
    looks, zeros, begun = 0, 0, []

    def write() -> None:
        for place, block in enumerate(features):
            learn(recipe, table, block, 100_000 * (place + 1))

    writer, found = threading.Thread(target=write), np.empty((len(keys), 4))
    writer.start()
    while writer.is_alive() or looks < 3:
        factors_of(table.words, 1, recipe.factors, keys, found)
        shown = (found != 0.0).any(axis=1)
        zeros += int((found[shown] == 0.0).sum())
        begun.append(int((np.abs(np.abs(found) - 0.02) > 1e-6).any(axis=1).sum()))
        looks += 1
    writer.join()

    assert len(set(begun)) > 3, "the reader and the writer never met"
    assert zeros == 0


@pytest.mark.integration
@pytest.mark.slow
def test_a_running_system_whose_loop_is_killed_gives_what_a_replay_of_its_log_gives(tmp_path: Path) -> None:
    """Workers answer from shared factors meanwhile."""
    pairs = np.random.default_rng(4).integers(0, 4, (600, 2)).tolist()
    with RunningSystem(tmp_path, RUNNING) as running:
        answers = []
        for i, (a, b) in enumerate(pairs):
            if i == 150:
                os.kill(running.pid("loop"), signal.SIGKILL)
            answers.append(running.predict(f"r{i}", user=f"u{a}", film=f"f{b}"))
            told = partial(running.outcome, f"r{i}", (a + b) % 2 == 0)
            until(lambda told=told: told()[0] == 202, f"outcome {i} is taken")  # type: ignore[misc]  # mypy cannot tell
        assert running.stop() == 0, running.said[-5:]
    replayed = replay_log(running.state)

    assert {answer["served_by"] for answer in answers} == {"model"}
    assert replayed.matches is True
    card = replayed.report.models[0].scorecard
    assert card.auc is not None
    assert card.auc > 0.6, "it learned nothing from pairs"

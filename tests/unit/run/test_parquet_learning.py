"""Learning from Parquet: the same coefficients as learning row by row, whichever way the rows are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from flyball.learn import ftrl
from flyball.learn.encoder import Encoder
from flyball.learn.loss import LOGISTIC
from flyball.learn.loss import loss as loss_of
from flyball.learn.recipe import recipe_of
from flyball.run.parquet_learning import Learned, LearningRefused, learn_parquet
from flyball.system.derivation import cross
from flyball.system.event import Event
from flyball.system.input import Input
from flyball.system.learner import FM, FTRL
from flyball.system.missing import MISSING
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.source import Source
from flyball.system.system import System

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flyball.system.learner import Learner
    from flyball.system.signal import Signal

LEARNER = FTRL(alpha=0.3, l1=0.01)
ROUTE, PLANE, HOUR = Input("route", str), Input("plane", str), Input("hour", int)


def system(
    *signals: Signal, outcome: Outcome | None = None, source: Source | None = None, learner: Learner = LEARNER
) -> System:
    """One model."""
    told = Outcome("late") if outcome is None else outcome
    model = Model("late_model", signals=list(signals), outcome=told, learner=learner)
    return System("flights", models=[model], source=source)


def columns(rows: int, *, seed: int = 5) -> dict[str, list[Any]]:
    """Skewed texts of which some are missing, hours, labels of which some are missing, and weights."""
    random = np.random.default_rng(seed)
    route = [None if n % 11 == 0 else "" if n % 13 == 0 else f"r{n}" for n in random.zipf(1.4, rows) % 800]
    plane = [f"p{n}" for n in random.zipf(1.2, rows) % 5_000]
    late = [
        None if lost else bool(yes)
        for lost, yes in zip(random.random(rows) < 0.1, random.random(rows) < 0.3, strict=True)
    ]
    weight = [None if n == 0 else n / 2 for n in random.integers(0, 4, rows).tolist()]
    return {"route": route, "plane": plane, "hour": random.integers(0, 24, rows).tolist(), "late": late, "w": weight}


def written(path: Path, given: dict[str, list[Any]], **options: Any) -> Path:  # noqa: ANN401  # handed on to pyarrow
    """A file of these columns."""
    parquet.write_table(pa.table(given), path, **options)
    return path


def row_by_row(
    given: dict[str, list[Any]], signals: Sequence[Signal], *, weighted: bool = False, learner: Learner = LEARNER
) -> Learned:
    """One row after the other, through the encoder that serves requests."""
    program = system(*signals).program("late_model")
    recipe = recipe_of(learner, "logistic")
    encoder, table = Encoder(program), recipe.table()
    names = [program.nodes[place].name for place in program.leaves]
    loss, seq, weight_sum = 0.0, 0, 0.0
    for row, label in enumerate(given["late"]):
        if label is None:
            continue
        seq += 1
        weight = given["w"][row] if weighted and given["w"][row] is not None else 1.0
        values = [MISSING if given[name][row] in (None, "") else given[name][row] for name in names]
        features = encoder.encode(values)
        noise, score = np.empty(1, np.uint64), np.empty(1)
        ftrl.noise_of(np.array([seq]), np.zeros(1, np.int64), noise)
        told = np.array([[float(label), weight, 0.0, 0.0]])
        todo = np.array([ftrl.PREDICT | ftrl.LEARN], np.uint8)
        recipe.run(table, features, todo=todo, labels=told, noises=noise, scores=score)
        loss += weight * loss_of(score[0], float(label), LOGISTIC)
        weight_sum += weight
    return Learned(table=table, rows=seq, loss=loss / weight_sum)


def assert_same(one: Learned, other: Learned) -> None:
    """The same coefficients to the bit, and the same loss but for the order of a sum."""
    assert one.table.digest() == other.table.digest()
    assert len(one.table) == len(other.table)
    assert one.rows == other.rows
    assert one.loss == pytest.approx(other.loss, rel=1e-12)


@pytest.mark.parametrize(
    ("options", "coded"),
    [
        ({}, 1),
        ({"row_group_size": 700}, 5),
        ({"compression": "ZSTD", "data_page_size": 1_000}, 1),
        ({"use_dictionary": False, "data_page_size": 1_000, "write_batch_size": 64}, 1),
        ({"use_dictionary": ["route"], "row_group_size": 700}, 5),
        ({"dictionary_pagesize_limit": 2_000, "write_batch_size": 64}, 1),
        ({"data_page_version": "2.0", "row_group_size": 700}, 0),
    ],
    ids=[
        "as codes",
        "groups",
        "small pages",
        "plain",
        "one column plain",
        "dictionaries given up",
        "pages of version 2",
    ],
)
def test_texts_are_learned_as_row_by_row(tmp_path: Path, options: dict[str, Any], coded: int) -> None:
    """As codes of the file's dictionaries or, where it has none, as texts."""
    given = columns(3_000)
    learned = learn_parquet(system(ROUTE, PLANE), written(tmp_path / "a.parquet", given, **options))

    assert_same(learned, row_by_row(given, [ROUTE, PLANE]))
    assert learned.coded == coded


@pytest.mark.parametrize("learner", [FM(), FM(factors=8, alpha=0.2)])
def test_a_factorisation_machine_learns_texts_as_row_by_row(tmp_path: Path, learner: FM) -> None:
    """Its coefficients are not lent: rows are encoded in blocks."""
    given = columns(1_500)
    path = written(tmp_path / "a.parquet", given, row_group_size=600)
    learned = learn_parquet(system(ROUTE, PLANE, learner=learner), path)

    assert_same(learned, row_by_row(given, [ROUTE, PLANE], learner=learner))
    assert learned.coded == 0


def test_other_signals_are_learned_as_row_by_row(tmp_path: Path) -> None:
    """Numbers and crosses are encoded in blocks."""
    given, signals = columns(1_500), [ROUTE, HOUR, cross(PLANE, HOUR)]
    learned = learn_parquet(system(*signals), written(tmp_path / "a.parquet", given, row_group_size=600))

    assert_same(learned, row_by_row(given, signals))
    assert learned.coded == 0


@pytest.mark.parametrize("use_dictionary", [True, False], ids=["as codes", "plain"])
def test_weights_count(tmp_path: Path, use_dictionary: bool) -> None:
    """Where one is missing it is 1."""
    given = columns(2_000)
    path = written(tmp_path / "a.parquet", given, use_dictionary=use_dictionary)
    learned = learn_parquet(system(ROUTE, PLANE, source=Source(weight="w")), path)

    assert_same(learned, row_by_row(given, [ROUTE, PLANE], weighted=True))


def test_a_dictionary_with_a_text_twice_is_learned_as_texts(tmp_path: Path) -> None:
    """As codes, what one of the two learned would be lost."""
    twice = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2] * 200, pa.int32()), pa.array(["a", "b", "a"]))
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"route": twice, "late": [True, False, False] * 200}), path)
    learned = learn_parquet(system(ROUTE), path)
    plain: dict[str, list[Any]] = {"route": ["a", "b", "a"] * 200, "late": [True, False, False] * 200}

    assert_same(learned, row_by_row(plain, [ROUTE]))


def test_labels_may_be_named(tmp_path: Path) -> None:
    """As the outcome says."""
    given = {"route": ["a", "b"] * 50, "late": ["yes", "no"] * 50}
    named = learn_parquet(
        system(ROUTE, outcome=Outcome("late", labels=("no", "yes"))), written(tmp_path / "a.parquet", given)
    )

    assert_same(named, row_by_row({**given, "late": [True, False] * 50}, [ROUTE]))


def test_numbers_are_learned_in_their_scale(tmp_path: Path) -> None:
    """The loss is the squared error in units of the scale."""
    given: dict[str, list[Any]] = {"route": ["a", "b"] * 200, "delay": [100.0, 300.0] * 200}
    delay = Outcome("delay", float, scale=100.0)
    learned = learn_parquet(system(ROUTE, outcome=delay), written(tmp_path / "a.parquet", given))

    assert 0.0 < learned.loss < 1.0


def test_progress_is_told_by_row_group(tmp_path: Path) -> None:
    """The groups done, and their number."""
    told: list[tuple[int, int]] = []
    path = written(tmp_path / "a.parquet", columns(100), row_group_size=40)
    learn_parquet(system(ROUTE), path, progress=lambda done, count: told.append((done, count)))

    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"late": [True]}, "has no column 'route'; it has 'late'"),
        ({"route": ["a"]}, "has no column 'late'; it has 'route'"),
        ({"route": ["a"], "late": ["maybe"]}, "column 'late': 'maybe' is not taken as bool"),
        ({"route": ["a" * 70_000], "late": [True]}, "column 'route'"),
    ],
)
def test_what_cannot_be_taken_is_refused(tmp_path: Path, given: dict[str, list[Any]], message: str) -> None:
    """With the column and the value; a replay would count it and go on."""
    with pytest.raises(LearningRefused, match=message):
        learn_parquet(system(ROUTE), written(tmp_path / "a.parquet", given))


def test_a_negative_weight_is_refused(tmp_path: Path) -> None:
    """It would learn the opposite."""
    path = written(tmp_path / "a.parquet", {"route": ["a"], "late": [True], "w": [-1.0]})
    with pytest.raises(LearningRefused, match=r"column 'w': -1.0 is not taken as a weight; accepted: 0 to 1e\+100"):
        learn_parquet(system(ROUTE, source=Source(weight="w")), path)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    """With what is wrong with it."""
    (tmp_path / "a.parquet").write_text("route,late\na,1\n")
    with pytest.raises(LearningRefused, match="is no whole Parquet file"):
        learn_parquet(system(ROUTE), tmp_path / "a.parquet")


@pytest.mark.parametrize("use_dictionary", [True, False], ids=["as codes", "plain"])
def test_silence_is_learned_as_the_outcome_says(tmp_path: Path, use_dictionary: bool) -> None:
    """With weight 1, as when it is joined: a weight belongs to an answer that came."""
    given = columns(2_000)
    told = {
        **given,
        "late": [False if late is None else late for late in given["late"]],
        "w": [1.0 if late is None else w for late, w in zip(given["late"], given["w"], strict=True)],
    }
    silent = system(ROUTE, PLANE, outcome=Outcome("late", if_silent=False, window="1h"), source=Source(weight="w"))
    learned = learn_parquet(silent, written(tmp_path / "a.parquet", given, use_dictionary=use_dictionary))

    assert_same(learned, row_by_row(told, [ROUTE, PLANE], weighted=True))
    assert learned.rows == 2_000


def test_silence_that_is_a_number_is_in_the_scale_of_others(tmp_path: Path) -> None:
    """As 250 is here."""
    given: dict[str, list[Any]] = {"route": ["a", "b"] * 200, "delay": [100.0, None] * 200}
    silent, told = (Outcome("delay", float, scale=100.0, if_silent=value) for value in (250.0, None))
    one = learn_parquet(system(ROUTE, outcome=silent), written(tmp_path / "a.parquet", given))
    given["delay"] = [100.0, 250.0] * 200

    assert_same(one, learn_parquet(system(ROUTE, outcome=told), written(tmp_path / "b.parquet", given)))


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (Outcome("late", if_silent=0, keep_silent=0.25), r"keeps 0.25 of the negatives.*; give keep_silent=1, or repl"),
        (Outcome("late", if_silent=0, counts_from=Event("shown")), r"counts from the event 'shown'.*may be silent, or"),
        (Outcome("late", negatives_kept=0.1), r"'late' has negatives_kept.*: replay the file"),
    ],
    ids=["sampled", "counted from an event", "sampled before"],
)
def test_what_labels_at_once_cannot_tell_is_refused(tmp_path: Path, outcome: Outcome, message: str) -> None:
    """Rather than learned as something else."""
    with pytest.raises(LearningRefused, match=message):
        learn_parquet(system(ROUTE, outcome=outcome), written(tmp_path / "a.parquet", columns(10)))


def test_labels_that_count_from_an_event_are_learned(tmp_path: Path) -> None:
    """An answer implies that it was shown, and nothing follows from silence."""
    given = columns(500)
    shown = system(ROUTE, outcome=Outcome("late", counts_from=Event("shown")))

    assert_same(learn_parquet(shown, written(tmp_path / "a.parquet", given)), row_by_row(given, [ROUTE]))


def test_a_system_of_several_models_is_asked_which(tmp_path: Path) -> None:
    """The first one is as good as any other."""
    models = [Model(name, signals=[ROUTE], outcome=Outcome("late")) for name in ("one", "two")]
    path = written(tmp_path / "a.parquet", columns(10))

    with pytest.raises(LearningRefused, match="the system has 2 models, 'one', 'two'; say which with model="):
        learn_parquet(System("flights", models=models), path)
    assert learn_parquet(System("flights", models=models), path, model="two").rows > 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"late": [1e101]}, r"column 'late': 1e\+101 is not taken as a value; accepted: -1e\+100 to 1e\+100"),
        ({"w": [1e101]}, r"column 'w': 1e\+101 is not taken as a weight; accepted: 0 to 1e\+100"),
    ],
)
def test_numbers_beyond_what_the_joiner_takes_are_refused(
    tmp_path: Path, given: dict[str, list[Any]], message: str
) -> None:
    """A replay would count them and go on."""
    path = written(tmp_path / "a.parquet", {"route": ["a"], "late": [1.0], "w": [1.0], **given})
    with pytest.raises(LearningRefused, match=message):
        learn_parquet(system(ROUTE, outcome=Outcome("late", float), source=Source(weight="w")), path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["route", "route", "late"], "has more than one column named 'route'; give each a name of its own"),
        (["route", "late", "late"], "has more than one column named 'late'; give each a name of its own"),
    ],
)
def test_two_columns_of_one_name_are_refused(tmp_path: Path, names: list[str], message: str) -> None:
    """Nobody can tell which is meant."""
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.Table.from_arrays([pa.array(["1", "0"])] * 3, names=names), path)
    with pytest.raises(LearningRefused, match=message):
        learn_parquet(system(ROUTE), path)


@pytest.mark.parametrize("signals", [[ROUTE], [ROUTE, HOUR]], ids=["texts", "numbers too"])
def test_columns_of_columns_are_no_texts(tmp_path: Path, signals: list[Signal]) -> None:
    """And said to be none."""
    given: dict[str, list[Any]] = {"route": [{"from": "SEA"}], "hour": [1], "late": [True]}
    with pytest.raises(LearningRefused, match="column 'route': a dict of 1 item is not taken as str"):
        learn_parquet(system(*signals), written(tmp_path / "a.parquet", given))


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path: Path) -> None:
    """Its path is wrong."""
    with pytest.raises(LearningRefused, match=r"a.parquet' is no file; give the path of a Parquet file"):
        learn_parquet(system(ROUTE), tmp_path / "a.parquet")


def damaged(path: Path, old: bytes, new: bytes) -> Path:
    """A file of which these bytes, which stand in it once, are changed."""
    data = path.read_bytes()
    assert data.count(old) == 1
    path.write_bytes(data.replace(old, new))
    return path


IN_FOOTER = b"\x18\x05route\x15\x0c"
"""A column's path, and its codec after it: 6, which is ZSTD."""


@pytest.mark.parametrize("signals", [[ROUTE], [ROUTE, HOUR]], ids=["texts", "numbers too"])
def test_a_codec_that_does_not_exist_does_not_end_the_process(tmp_path: Path, signals: list[Signal]) -> None:
    """One byte in the footer is enough."""
    path = written(tmp_path / "a.parquet", columns(100), compression="ZSTD")
    with pytest.raises(LearningRefused, match=r"no whole Parquet file .Unsupported compression codec"):
        learn_parquet(system(*signals), damaged(path, IN_FOOTER, IN_FOOTER[:-1] + b"\x23"))


def test_a_column_with_fewer_values_than_its_row_group_is_refused(tmp_path: Path) -> None:
    """Not called a table that is full."""
    path = written(tmp_path / "a.parquet", columns(100), compression="ZSTD")
    fewer = damaged(path, IN_FOOTER + b"\x16\xc8\x01", IN_FOOTER + b"\x16\x80\x00")
    with pytest.raises(LearningRefused, match="row group 0 has 0 values and is said to have 100 rows"):
        learn_parquet(system(ROUTE), fewer)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A damaged one."""
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table(columns(10)), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"plane", b"pl\xffne"))
    with pytest.raises(LearningRefused, match="is no whole Parquet file"):
        learn_parquet(system(ROUTE), path)


def test_codes_outside_their_dictionary_are_refused(tmp_path: Path) -> None:
    """Where numbers are read beside them, and pyarrow hands them on."""
    given: dict[str, list[Any]] = {"route": ["a", "b", "c", "a", "c"] * 4, "hour": [1] * 20, "late": [True] * 20}
    path = written(tmp_path / "a.parquet", given, compression="NONE")
    codes = bytes([0b00_10_01_00, 0b10_01_00_10])
    with pytest.raises(LearningRefused, match="out of bounds"):
        learn_parquet(system(ROUTE, HOUR), damaged(path, codes, b"\xff" + codes[1:]))

"""A file is looked at and a system drafted: what each column is, and nothing left out silently."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from flyball.run.files.typed_rows import ColumnsUnknown
from flyball.run.inference.infer import infer
from flyball.run.inference.label_facts import LabelUnusable
from flyball.system.error import FlyballError
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from flyball.run.inference.draft import Draft
    from flyball.system.system import System

    Written = Callable[..., str]
    World = dict[str, list[object]]
    Loaded = Callable[[Draft], System]
    Drafted = Callable[..., Draft]

ROWS = 2_000


def _kept(draft: Draft) -> list[str]:
    return [column.name for column in draft.columns if column.suspicion is None]


def test_honest_columns_become_signals_and_the_file_runs(world: World, loaded: Loaded, drafted: Drafted) -> None:
    """With the slices, the fallback and everything that replay needs."""
    system = loaded(drafted(world, name="trips 2015.csv", label="late"))

    model = system.model("late")
    assert system.name == "trips_2015"
    assert [(signal.name, signal.kind) for signal in model.signals] == [("hour", Kind.INT), ("place", Kind.STR)]
    assert model.dimensions == ("hour", "place")
    assert model.outcome.kind is Kind.BOOL
    assert model.fallback is not None
    assert 0.3 < model.fallback < 0.4
    assert system.source is not None
    assert (system.source.label, system.source.delimiter, system.source.missing) == ("late", ",", ("",))


def test_each_kind_of_values_gets_its_type(dice: Random, world: World, loaded: Loaded, drafted: Drafted) -> None:
    """By what all values are, not by the first few."""
    columns = world | {
        "flag": [dice.choice(["yes", "no"]) for _ in range(ROWS)],
        "bit": [dice.randrange(2) for _ in range(ROWS)],
        "price": [round(dice.random() * 9, 2) for _ in range(ROWS)],
        "flat": [f"{dice.randrange(2)}.0" for _ in range(ROWS)],
        "zip": [f"{dice.randrange(300):05d}" for _ in range(ROWS)],
        "user_id": [dice.randrange(400) for _ in range(ROWS)],
        "city": [f"city{dice.randrange(150)}" for _ in range(ROWS)],
        "said": [" ".join(dice.choices(["buy", "now", "or", "never", "again"], k=6)) for _ in range(ROWS)],
        "since": [f"20{dice.randrange(10, 25)}-03-04T05:06:07Z" for _ in range(ROWS)],
    }

    draft = drafted(columns, label="late")

    assert {column.name: (column.role.part, column.role.kind) for column in draft.columns} == {
        "hour": ("input", Kind.INT),
        "place": ("input", Kind.STR),
        "flag": ("input", Kind.BOOL),
        "bit": ("input", Kind.BOOL),
        "price": ("input", Kind.FLOAT),
        "flat": ("input", Kind.FLOAT),
        "zip": ("entity", Kind.STR),
        "user_id": ("entity", Kind.INT),
        "city": ("entity", Kind.STR),
        "said": ("prose", Kind.STR),
        "since": ("input", Kind.TIMESTAMP),
    }
    assert draft.suspicions == ()
    names = [signal.name for signal in loaded(draft).model("late").signals]
    assert names[-3:] == ["words(said)", "ngrams(said, 2, words)", "since"]


def test_whole_numbers_that_tell_more_as_names_are_names(dice: Random, drafted: Drafted) -> None:
    """Each number has a rate of its own, and its neighbours say nothing about it."""
    rates = {number: dice.random() for number in range(100, 1000)}
    numbers = [dice.choice(list(rates)) for _ in range(20 * len(rates))]
    columns: dict[str, list[object]] = {
        "flight": list(numbers),
        "late": [int(dice.random() < rates[number]) for number in numbers],
    }

    draft = drafted(columns, label="late")

    assert (draft.columns[0].role.part, draft.columns[0].role.kind) == ("entity", Kind.INT)
    assert "900 names, not sizes: one by one they tell" in draft.columns[0].role.evidence


def test_the_window_waits_for_nearly_all_outcomes(world: World, loaded: Loaded, drafted: Drafted) -> None:
    """With how many it leaves out."""
    columns = world | {
        "at": [f"2026-01-01T{place % 24:02d}:00:00Z" for place in range(ROWS)],
        "known": [
            None if place % 50 == 0 else f"2026-01-0{9 if place == 77 else 1}T{place % 24:02d}:{place % 53:02d}:00Z"
            for place in range(ROWS)
        ],
    }

    draft = drafted(columns, label="late", time="at", outcome_time="known")

    assert draft.delay is not None
    assert (draft.delay.window, draft.delay.evidence.split("; ")[1]) == ("1h", "1 of 1,960 fall outside")
    assert loaded(draft).model("late").outcome.window == "1h"


def test_texts_that_stand_for_missing_are_found_by_their_company(
    dice: Random, world: World, loaded: Loaded, drafted: Drafted
) -> None:
    """'?' beside words, 'NA' beside numbers; Namibia stays."""
    columns = world | {
        "job": [dice.choice(["cook", "clerk", "smith", "?"]) for _ in range(ROWS)],
        "size": [dice.choice([1.5, 2.5, "NA"]) for _ in range(ROWS)],
        "country": [dice.choice(["DE", "FR", "NA", "IT"]) for _ in range(ROWS)],
    }

    system = loaded(drafted(columns, label="late"))
    told = loaded(drafted(columns, label="late", missing=["?"]))

    assert system.source is not None
    assert told.source is not None
    assert system.source.missing == ("", "?")
    assert told.source.missing == ("", "?")
    assert told.signals["size"].kind is Kind.STR


def test_what_may_be_a_name_elsewhere_is_not_taken_for_missing(dice: Random, world: World, drafted: Drafted) -> None:
    """The user knows better: the note says how to say so."""
    sizes: World = {"size": [dice.choice([1.5, 2.5, "NA"]) for _ in range(ROWS)]}
    countries: World = {"country": [dice.choice(["DE", "FR", "NA", "IT"]) for _ in range(ROWS)]}

    alone, beside = drafted(world | sizes, label="late"), drafted(world | sizes | countries, label="late")
    given = drafted(world | sizes | countries, label="late", missing=["NA"])

    assert [tuple(each.source.missing) for each in (alone, beside, given)] == [("", "NA"), ("",), ("", "NA")]
    assert any("'NA'" in note and "give --missing NA" in note and "'country'" in note for note in beside.notes)


def test_a_marker_that_is_read_so_elsewhere_too_says_where(dice: Random, world: World, drafted: Drafted) -> None:
    """Every column is read with it."""
    columns = world | {
        "job": [dice.choice(["cook", "clerk", "smith", "?"]) for _ in range(ROWS)],
        "asked": [dice.choice(["?", "!"]) for _ in range(ROWS)],
    }

    draft = drafted(columns, label="late")

    assert tuple(draft.source.missing) == ("", "?")
    assert [note for note in draft.notes if note.endswith("it is read as missing, in 'asked' too.")]


def test_a_few_values_of_another_kind_are_told_not_hidden(world: World, drafted: Drafted) -> None:
    """The column stays a number; the rows are refused, and the file says so."""
    columns = world
    columns["hour"] = [*columns["hour"][:-1], "noon"]

    draft = drafted(columns, label="late")

    assert draft.columns[0].role.kind is Kind.INT
    assert "1 rows of the sample are refused in replay: 'noon' is not taken as int" in " ".join(
        line.removeprefix("# ") for line in draft.text.splitlines()
    )


def test_entities_are_what_the_user_says(world: World, drafted: Drafted) -> None:
    """Also where they look like numbers or like the rows' own names."""
    columns = world | {"code": list(range(ROWS))}

    draft = drafted(columns, label="late", entity=["hour", "place", "code"])

    assert [(column.role.part, column.role.kind) for column in draft.columns] == [
        ("entity", Kind.INT),
        ("entity", Kind.STR),
        ("entity", Kind.INT),
    ]
    assert draft.suspicions == ()


def test_times_that_are_numbers_get_their_unit(world: World, drafted: Drafted) -> None:
    """Told by their size."""
    for unit, factor in {"s": 1, "ms": 1_000, "us": 1_000_000}.items():
        columns = world | {"ts": [(1_700_000_000 + place) * factor for place in range(ROWS)]}

        draft = drafted(columns, label="late", time="ts")

        assert draft.source.unit == unit


def test_what_cannot_be_used_is_refused_with_what_to_do(world: World, drafted: Drafted) -> None:
    """Never a traceback."""
    columns = world | {
        "class": [f"k{place % 3}" for place in range(ROWS)],
        "one": ["x"] * ROWS,
        "empty": [None] * ROWS,
        "wall": ["2026-01-01 08:00"] * ROWS,
        "small": [place % 100 for place in range(ROWS)],
        "when": ["soon", "later"] * (ROWS // 2),
    }

    with pytest.raises(ColumnsUnknown, match=r"no column 'lat' \(did you mean 'late'\?\)"):
        drafted(columns, label="lat")
    with pytest.raises(ColumnsUnknown, match="no column 'gone'"):
        drafted(columns, label="late", exclude=["gone"])
    with pytest.raises(LabelUnusable, match=r"'class' has 3 values that are no numbers, .*; make a column that is 1"):
        drafted(columns, label="class")
    with pytest.raises(LabelUnusable, match="'one' is 'x' in every row; there is nothing to predict"):
        drafted(columns, label="one")
    with pytest.raises(LabelUnusable, match="'empty' is empty in every row; name the column"):
        drafted(columns, label="empty")
    with pytest.raises(FlyballError, match=r"the times in 'wall' have no offset .*; say with --tz"):
        drafted(columns, label="late", time="wall")
    with pytest.raises(FlyballError, match=r"'small' holds numbers about 49\.5, which count neither seconds"):
        drafted(columns, label="late", time="small")
    with pytest.raises(FlyballError, match="'when' holds no times, but 'soon', 'later'; accepted: RFC 3339"):
        drafted(columns, label="late", time="when")
    with pytest.raises(FlyballError, match="--outcome-time wall needs --time"):
        drafted(columns, label="late", outcome_time="wall")


def test_hostile_names_make_no_hostile_code(world: World, loaded: Loaded, drafted: Drafted) -> None:
    """Names of columns end up in the file as literals and comments only."""
    names = ['x"); import os; ("', "class", "fb", "two\nlines", '"""', "\\", "système", "late "]
    columns = {f'"{name.replace(chr(34), chr(34) * 2)}"': world["hour"] for name in names} | {"y": world["late"]}

    draft = drafted(columns, name='a"""b.csv', label="y")

    calls = [node.func for node in ast.walk(ast.parse(draft.text)) if isinstance(node, ast.Call)]
    assert {ast.unparse(each) for each in calls} <= {"fb.Input", "fb.Outcome", "fb.Model", "fb.Source", "fb.System"}
    assert loaded(draft).model("y").signals[0].name == names[0]


def test_json_lines_and_parquet_are_looked_at_alike(
    written: Written, tmp_path: Path, world: World, loaded: Loaded
) -> None:
    """Lists and mappings become signals of their own types."""
    rows = [
        {"hour": hour, "place": place, "tags": ["a", "b"][: n % 3], "w": {"x": n % 5 + 0.5}, "late": late}
        for n, (hour, place, late) in enumerate(zip(*world.values(), strict=True))
    ]
    fields: list[pa.Field[Any]] = [
        pa.field("hour", pa.int64()),
        pa.field("place", pa.string()),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("w", pa.map_(pa.string(), pa.float64())),
        pa.field("late", pa.int8()),
    ]
    table = pa.Table.from_pylist(rows, pa.schema(fields))
    parquet.write_table(table, tmp_path / "a.parquet")
    lines = written("a.jsonl", "\n".join(json.dumps(row) for row in rows))

    for path in (lines, tmp_path / "a.parquet"):
        system = loaded(infer(path, label="late"))

        assert {name: signal.kind for name, signal in system.signals.items()} == {
            "hour": Kind.INT,
            "place": Kind.STR,
            "tags": Kind.LIST,
            "w": Kind.MAP,
        }


def test_a_long_file_is_sampled_and_the_draft_says_so(written: Written) -> None:
    """Evenly over the file, so that a change in its middle is seen."""
    lines = "\n".join(f"{n % 24},{int(n > 150_000)},{n % 5 % 2}" for n in range(250_000))

    draft = infer(written("a.csv", f"hour,phase,late\n{lines}\n"), label="late")

    assert (draft.rows, draft.looked_at) == (250_000, 200_000)
    assert "250,000 rows, of which 200,000, spread evenly, were looked at" in draft.text.replace("\n", " ")
    assert _kept(draft) == ["hour", "phase"]


def test_a_prose_column_takes_no_name_from_another(
    dice: Random, world: World, loaded: Loaded, drafted: Drafted
) -> None:
    """Its words and pairs have names of their own."""
    texts: list[object] = [" ".join(dice.choices("abcdefgh", k=5)) for _ in range(ROWS)]
    columns = {"title": texts, "title_words": [dice.randrange(9) for _ in range(ROWS)]} | world

    signals = loaded(drafted(columns, label="late")).model("late").signals

    assert [each.name for each in signals][:3] == ["words(title)", "ngrams(title, 2, words)", "title_words"]


@pytest.mark.parametrize("tz", [None, "UTC"])
def test_times_may_name_things(tz: str | None, world: World, loaded: Loaded, drafted: Drafted) -> None:
    """They are read as they are written then: no zone is needed."""
    columns = {"when": [f"2026-01-0{1 + n % 9} 08:00" for n in range(ROWS)]} | world

    signal = loaded(drafted(columns, label="late", entity=["when"], tz=tz)).model("late").signals[0]

    assert (signal.op, signal.kind) == ("entity", Kind.STR)


@pytest.mark.parametrize("value", ["1.5", "true", '{"a": 1}', '["a"]', "[1]"])
def test_only_texts_and_whole_numbers_name_things(value: str, written: Written) -> None:
    """Other values would all be refused in replay."""
    lines = "\n".join(f'{{"shop": {value}, "x": {n % 5}, "y": {n % 2}}}' for n in range(60))

    with pytest.raises(
        FlyballError, match=r"--entity shop: 60 of 60 values name nothing: .*; an entity is of texts or of"
    ):
        infer(written("a.jsonl", lines), label="y", entity=["shop"])


def test_whole_numbers_that_are_stored_as_floats_name_things(tmp_path: Path, loaded: Loaded) -> None:
    """As where a column of ints had gaps."""
    numbers = pa.array([float(n % 9) if n % 7 else None for n in range(200)])
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"shop": numbers, "y": [n * 3 % 7 % 2 for n in range(200)]}), path)

    signal = loaded(infer(path, label="y", entity=["shop"])).model("y").signals[0]

    assert (signal.op, signal.kind) == ("entity", Kind.INT)


@pytest.mark.parametrize("name", ["", "  ", " x", "a:b"])
def test_names_that_no_signal_can_have_are_left_out(name: str, written: Written, loaded: Loaded) -> None:
    """JSON allows any."""
    lines = "\n".join(f'{{"{name}": {n % 5}, "x": {n % 3}, "y": {n % 2}}}' for n in range(60))
    draft = infer(written("a.jsonl", lines), label="y")

    assert [each.kind for each in draft.suspicions] == ["unusable"]
    assert [signal.name for signal in loaded(draft).model("y").signals] == ["x"]


def test_one_column_has_one_role(world: World, drafted: Drafted) -> None:
    """Said before anything is written."""
    columns = world | {"ts": [f"2026-01-01T{n % 24:02d}:00:00Z" for n in range(ROWS)]}

    with pytest.raises(FlyballError, match="'ts' is given as --time and as --id; give each a column of its own"):
        drafted(columns, label="late", time="ts", id="ts")


def test_an_empty_column_of_times_is_called_empty(world: World, drafted: Drafted) -> None:
    """There is no value to show."""
    with pytest.raises(FlyballError, match="'ts' holds no times: it is empty in every row; accepted: RFC 3339"):
        drafted(world | {"ts": [None] * ROWS}, label="late", time="ts")


def test_a_column_of_times_of_which_none_is_taken_says_why(written: Written, tmp_path: Path) -> None:
    """It is not empty."""
    lines = "\n".join(f'{{"ts": [1], "x": {n % 5}, "y": {n % 2}}}' for n in range(60))
    far = pa.array([1_767_225_600_000_000 + n for n in range(60)], pa.int64()).cast(pa.timestamp("ms"))
    parquet.write_table(pa.table({"ts": far, "y": [n % 2 for n in range(60)]}), tmp_path / "a.parquet")

    with pytest.raises(FlyballError, match="'ts' holds no times: a list of 1 item is not taken as str; accepted: text"):
        infer(written("a.jsonl", lines), label="y", time="ts")
    with pytest.raises(FlyballError, match=r"'ts' holds no times: .* ms since 1970 lies outside the years 1 to 9999"):
        infer(tmp_path / "a.parquet", label="y", time="ts", tz="UTC")


def test_rows_whose_label_or_time_is_refused_are_told(world: World, drafted: Drafted) -> None:
    """They are lost in every replay."""
    columns = world | {"ts": [f"2026-01-01T{n % 24:02d}:00:00Z" if n != 3 else "soon" for n in range(ROWS)]}

    notes = drafted(columns, label="late", time="ts").notes

    assert [
        note for note in notes if note.startswith("1 rows of the sample are refused in replay, column 'ts': 'soon' is")
    ]

"""Files of Vowpal Wabbit, libsvm, libffm and Arrow, drafted from and replayed as a CSV is."""

from __future__ import annotations

import gzip
import json
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pytest
from pyarrow import feather, ipc
from typer.testing import CliRunner

from flyball.cli.app import app
from flyball.run.file_replay import replay_file
from flyball.run.files.typed_rows import ColumnsUnknown
from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.source import Source
from flyball.system.system import System

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from flyball.watch.scorecard import Scorecard

ROWS = 600


class Row(NamedTuple):
    """One example, before it is written in one form or another."""

    late: bool
    weight: int
    route: str
    words: list[str]
    size: float


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Whether something is late depends on its route and on one word."""
    dice = Random(3)  # noqa: S311  # made-up data need no secrets
    made = []
    for _ in range(ROWS):
        route, words = dice.choice("ABC"), sorted(dice.sample("efghijkl", 3))
        late = dice.random() < 0.1 + 0.4 * (route == "A") + 0.4 * ("f" in words)
        made.append(Row(late, dice.choice((1, 2)), route, words, round(dice.random(), 3)))
    return made


def as_vw(rows: Sequence[Row]) -> str:
    """In three namespaces, with weights and tags."""
    lines = (
        f"{1 if row.late else -1} {row.weight} 'n{place}"
        f"|route {row.route} |words {' '.join(row.words)} |size s:{row.size}"
        for place, row in enumerate(rows)
    )
    return "\n".join(lines)


def as_objects(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """One object a row."""
    return [
        {"label": row.late, "weight": row.weight, "route": row.route, "words": row.words, "size": {"s": row.size}}
        for row in rows
    ]


def system_of() -> System:
    """The system that reads all three."""
    signals = [Input("route", str), Input("words", list[str]), Input("size", dict[str, float])]
    late = Model("late", signals=signals, outcome=Outcome("late"), fallback=0.3)
    return System("trips", models=[late], source=Source(label="label", weight="weight"))


def card_of(path: Path) -> Scorecard:
    """How well a file was predicted while it was learned."""
    return replay_file(system_of(), path).report.models[0].scorecard


def typed(*words: str) -> dict[str, Any]:
    """What a command found; it must end well."""
    result = CliRunner().invoke(app, [*words, "--json"])
    assert (words, result.exit_code) == (words, 0)
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def write_ipc(path: Path, table: pa.Table) -> None:
    """An Arrow file."""
    with ipc.new_file(str(path), table.schema) as file:
        file.write_table(table)


def write_stream(path: Path, table: pa.Table) -> None:
    """An Arrow stream."""
    with ipc.new_stream(str(path), table.schema) as stream:
        stream.write_table(table)


def write_feather(path: Path, table: pa.Table) -> None:
    """Feather, compressed as it is by default."""
    feather.write_feather(table, str(path))


def test_the_same_rows_teach_the_same_in_every_form(rows: list[Row], tmp_path: Path) -> None:
    """To the bit: JSON lines, Vowpal Wabbit plain and gzipped, Arrow and Feather."""
    objects = as_objects(rows)
    lines = tmp_path / "rows.jsonl"
    lines.write_text("\n".join(map(json.dumps, objects)), encoding="utf-8")
    plain, packed = tmp_path / "rows.vw", tmp_path / "rows.vw.gz"
    plain.write_text(as_vw(rows), encoding="utf-8")
    packed.write_bytes(gzip.compress(as_vw(rows).encode()))
    fields: list[pa.Field[Any]] = [
        pa.field("label", pa.bool_()),
        pa.field("weight", pa.int32()),
        pa.field("route", pa.dictionary(pa.int8(), pa.string())),
        pa.field("words", pa.list_(pa.string())),
        pa.field("size", pa.map_(pa.string(), pa.float64())),
    ]
    table = pa.Table.from_pylist([each | {"size": [*each["size"].items()]} for each in objects], pa.schema(fields))
    writers: dict[str, Callable[[Path, pa.Table], None]] = {
        "arrow": write_ipc,
        "arrows": write_stream,
        "feather": write_feather,
    }
    for ending, write in writers.items():
        write(tmp_path / f"rows.{ending}", table)

    names = [lines.name, plain.name, packed.name, *(f"rows.{ending}" for ending in writers)]
    cards = {name: card_of(tmp_path / name) for name in names}

    assert cards[lines.name].examples == ROWS
    assert cards == dict.fromkeys(names, cards[lines.name])


@pytest.mark.parametrize("form", ["vw", "svm", "ffm", "arrow"])
def test_a_file_is_drafted_from_and_replayed(
    rows: list[Row], form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a word about its form; what cannot be read is counted, and better is learned than the base rate."""
    monkeypatch.chdir(tmp_path)
    numbers = [[*("ABC".index(row.route) + 1 for _ in "r"), *(ord(word) for word in row.words)] for row in rows]
    if form == "arrow":
        write_ipc(
            tmp_path / "rows.arrow", pa.table({"label": [r.late for r in rows], "route": [r.route for r in rows]})
        )
    else:
        text = {
            "vw": [*as_vw(rows).split("\n"), "1 |size s:nan"],
            "svm": [
                *(f"{int(row.late)} {' '.join(f'{n}:1' for n in of)}" for row, of in zip(rows, numbers, strict=True)),
                "1 3:nan",
            ],
            "ffm": [
                *(
                    f"{int(row.late)} 0:{of[0]}:1 {' '.join(f'1:{n}:1' for n in of[1:])}"
                    for row, of in zip(rows, numbers, strict=True)
                ),
                "1 0:3:nan",
            ],
        }[form]
        (tmp_path / f"rows.{form}").write_text("\n".join(text), encoding="utf-8")

    drafted = (
        typed("init", f"rows.{form}", "--label", "label", "--exclude", "tag")
        if form == "vw"
        else typed("init", f"rows.{form}", "--label", "label")
    )
    replayed = typed("replay", "rows.py", f"rows.{form}", "--no-report")

    [model] = replayed["models"].values()
    refused = 0 if form == "arrow" else 1
    assert (drafted["rows"], model["examples"]) == (ROWS + refused, ROWS)
    assert sum(each["count"] for each in replayed["rejections"]) == refused
    assert model["normalised_entropy"] < 1.0
    assert model["auc"] > 0.6


def test_a_file_of_labels_that_are_no_classes_is_counted_row_by_row(tmp_path: Path) -> None:
    """Each refused row has its line; the others are learned from."""
    path = tmp_path / "rows.vw"
    path.write_text("1 |route A\n3 |route A\n-1 |route B\n-1 -2 |route B\n1 |words a:0.5\n", encoding="utf-8")

    report = replay_file(system_of(), path).report

    assert [(each.reason, each.column, each.count, each.first_row) for each in report.rejections] == [
        ("wrong_type", "words", 1, 5),
        ("unparsable", "label", 1, 2),
        ("out_of_range", "weight", 1, 4),
    ]
    assert report.models[0].scorecard.examples == 2


def test_a_namespace_that_no_line_has_is_missing_and_told(tmp_path: Path) -> None:
    """A file of a quiet day may lack a rare one; a file that has none of them is another file."""
    path = tmp_path / "rows.vw"
    path.write_text("1 |route A |words a b\n-1 |route B |words b\n", encoding="utf-8")
    other = tmp_path / "others.vw"
    other.write_text("1 |rout A\n-1 |rout B\n", encoding="utf-8")

    done = replay_file(system_of(), path)

    assert done.report.models[0].scorecard.examples == 2
    assert [note for note in done.notes if "size" in note] == ["no line has a feature of 'size': it is missing in all"]
    with pytest.raises(ColumnsUnknown, match=r"no column 'route' \(did you mean 'rout'\?\), 'words', 'size'"):
        replay_file(system_of(), other)

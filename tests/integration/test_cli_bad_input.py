"""Bad input gets a clear error or a counted rejection: never a traceback, never a silent drop."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from typer.testing import CliRunner

from flyball.cli.app import app
from flyball.run.state import State
from flyball.system.load import load_system

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SYSTEM = """\
import flyball as fb

hour = fb.Input("hour", int)
price = fb.Input("price", float)
shop = fb.Entity("shop", str)
bought = fb.Outcome("bought", window="1h")
model = fb.Model("buys", signals=[hour, price, shop], outcome=bought)
source = fb.Source(time="at", id="id", label="bought")
system = fb.System("shops", owner="team:shops", models=[model], source=source)
"""

Replayed: TypeAlias = "Callable[..., tuple[int, dict[str, Any]]]"

HEADER = "id,at,hour,price,shop,bought"


def good(number: int) -> str:
    """A row that nobody could object to."""
    at = f"2026-01-{1 + number // 24:02d}T{number % 24:02d}:00:00Z"
    return f"r{number},{at},{number % 24},1.5,s{number % 3},{number % 2}"


@pytest.fixture
def replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replayed:
    """Replays a file of these contents; the exit code and the JSON."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shops.py").write_text(SYSTEM, encoding="utf-8")

    def run(contents: bytes, *options: str) -> tuple[int, dict[str, Any]]:
        (tmp_path / "rows.csv").write_bytes(contents)
        words = ["replay", "shops.py", "rows.csv", "--json", "--no-report", *options]
        result = CliRunner().invoke(app, words)
        assert isinstance(result.exception, SystemExit | None)
        assert "Traceback" not in result.output
        [line] = result.stdout.splitlines()
        return result.exit_code, json.loads(line)

    return run


def table(*rows: str) -> bytes:
    """Good rows, and these among them."""
    lines = [HEADER, *(good(i) for i in range(5)), *rows, *(good(i) for i in range(5, 10))]
    return ("\n".join(lines) + "\n").encode()


REJECTED = {
    "an unparsable number": ("x1,2026-01-01T10:00:00Z,noon,1.5,s1,1", "unparsable", "hour"),
    "a number with a fraction for an int": ("x1,2026-01-01T10:00:00Z,7.5,1.5,s1,1", "unparsable", "hour"),
    "an int beyond 64 bits": (f"x1,2026-01-01T10:00:00Z,{2**70},1.5,s1,1", "out_of_range", "hour"),
    "NaN": ("x1,2026-01-01T10:00:00Z,7,nan,s1,1", "not_finite", "price"),
    "infinity": ("x1,2026-01-01T10:00:00Z,7,-inf,s1,1", "not_finite", "price"),
    "a time without an offset": ("x1,2026-01-01T10:00:00,7,1.5,s1,1", "naive_time", "at"),
    "a time that never was": ("x1,2026-02-30T10:00:00Z,7,1.5,s1,1", "impossible_time", "at"),
    "a time that is none": ("x1,yesterday,7,1.5,s1,1", "unparsable", "at"),
    "no time": ("x1,,7,1.5,s1,1", "missing_time", "at"),
    "no id": (",2026-01-01T10:00:00Z,7,1.5,s1,1", "missing_id", "id"),
    "an id twice": ("r3,2026-01-01T10:00:00Z,7,1.5,s1,1", "repeated_id", "id"),
    "a label that is none": ("x1,2026-01-01T10:00:00Z,7,1.5,s1,perhaps", "unparsable", "bought"),
    "a text that is too long": (f"x1,2026-01-01T10:00:00Z,7,1.5,{'s' * 70_000},1", "too_long", "shop"),
    "too few fields": ("x1,2026-01-01T10:00:00Z", "too_few_fields", None),
    "too many fields": ("x1,2026-01-01T10:00:00Z,7,1.5,s1,1,1,1", "too_many_fields", None),
}


@pytest.mark.parametrize(("row", "reason", "column"), REJECTED.values(), ids=REJECTED)
def test_a_row_that_cannot_be_taken_is_counted_with_its_reason(
    replayed: Replayed, row: str, reason: str, column: str | None
) -> None:
    """The others are replayed: exit code 0."""
    code, found = replayed(table(row))
    [rejection] = found["rejections"]

    assert (code, found["rows"], found["rejected"]) == (0, 11, 1)
    assert (rejection["reason"], rejection["count"], rejection["column"]) == (reason, 1, column)
    assert found["models"]["buys"]["counts"]["predictions"] == 10


def test_a_missing_value_is_a_value(replayed: Replayed) -> None:
    """It is not refused."""
    code, found = replayed(table("x1,2026-01-01T10:00:00Z,,,,1"))

    assert (code, found["rejected"], found["models"]["buys"]["examples"]) == (0, 0, 11)


def test_a_row_without_a_label_is_predicted_and_ends_silent(
    replayed: Replayed,
) -> None:
    """Nothing is learned from it."""
    code, found = replayed(table("x1,2026-01-01T10:00:00Z,7,1.5,s1,"))

    counts = found["models"]["buys"]["counts"]
    assert (code, counts["predictions"], counts["joined"]) == (0, 11, 10)


REFUSED = {
    "an empty file": (b"", "is empty"),
    "a header alone": (f"{HEADER}\n".encode(), "has a header and no rows; give a file with rows"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is a picture; give a table"),
    "a truncated gzip": (gzip.compress(table() * 50)[:-40], "ends in the middle of its gzip data"),
    "a damaged gzip": (b"\x1f\x8b\x08\x00garbage of all kinds", "holds damaged gzip data"),
    "a truncated parquet": (b"PAR1 and then nothing more", "is no whole Parquet file"),
    "another encoding": ("id,at\nü,ä\n".encode("utf-16"), "is text in UTF-16; convert it"),
    "a table without our columns": (b"a,b\n1,2\n", "has no column"),
    "a misspelt column": (table().replace(b"price", b"prize"), "did you mean 'prize'?"),
    "a column named twice": (table().replace(b"price", b"hour"), "has more than one column named 'hour'"),
    "twenty thousand columns": (
        ",".join(f"c{i}" for i in range(20_000)).encode() + b"\n1\n",
        "has 20,000 columns; at most 10,000 are read",
    ),
    "JSON that is no table": (b"[1, 2, 3]\n", "is one JSON array; write one object a line"),
}


@pytest.mark.parametrize(("contents", "said"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_table_for_us_is_refused_in_words(replayed: Replayed, contents: bytes, said: str) -> None:
    """The file, what is wrong with it, what to do; exit code 1."""
    code, found = replayed(contents)
    message = found["error"]["message"]

    assert (code, said in message) == (1, True)
    assert "rows.csv" in message
    assert len(message) < 700


def test_where_no_row_is_left_the_evidence_is_incomplete(
    replayed: Replayed,
) -> None:
    """Exit code 3, and every row is accounted for."""
    code, found = replayed(f"{HEADER}\nx1,never,7,1.5,s1,1\nx2,never,7,1.5,s1,1\n".encode())

    assert (code, found["rows"], found["rejected"], found["models"]) == (3, 2, 2, {})


def test_an_outcome_known_before_it_was_asked_for_is_refused(
    replayed: Replayed,
) -> None:
    """Clocks differ, but not by hours."""
    lines = [f"{HEADER},known", *(f"{good(i)},2026-01-05T00:00:00Z" for i in range(5))]
    lines.append("x1,2026-01-02T10:00:00Z,7,1.5,s1,1,2026-01-02T07:00:00Z")
    code, found = replayed(("\n".join(lines)).encode(), "--outcome-time", "known")
    [rejection] = found["rejections"]

    assert (rejection["reason"], rejection["column"]) == ("before_event", "known")
    assert "3h before the prediction was asked for" in rejection["example"]
    assert code in {0, 3}


def test_a_state_of_another_system_is_refused_with_both_names(replayed: Replayed, tmp_path: Path) -> None:
    """And stays as it is."""
    replayed(table(), "--state", "state")
    (tmp_path / "shops.py").write_text(SYSTEM.replace('System("shops"', 'System("inns"'), encoding="utf-8")
    code, found = replayed(table(), "--state", "state")

    assert code == 1
    assert "is the state of the system 'shops', not of 'inns'" in found["error"]["message"]


def test_a_state_of_a_newer_version_is_refused(replayed: Replayed, tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.json").write_text('{"format": 99, "system": "shops"}', encoding="utf-8")
    code, found = replayed(table(), "--state", "state")

    assert code == 1
    assert "of a newer flyball" in found["error"]["message"]


def test_a_folder_that_holds_something_else_is_no_state(replayed: Replayed, tmp_path: Path) -> None:
    """Nothing is written beside foreign files."""
    (tmp_path / "state" / "log").mkdir(parents=True)
    (tmp_path / "state" / "log" / "diary.txt").write_text("Dear diary", encoding="utf-8")
    code, found = replayed(table(), "--state", "state")

    assert code == 1
    assert "diary.txt" in found["error"]["message"]


def test_a_state_that_somebody_writes_is_busy(replayed: Replayed, tmp_path: Path) -> None:
    """The message names the process."""
    with State.open(tmp_path / "state", load_system(tmp_path / "shops.py")):
        code, found = replayed(table(), "--state", "state")

    assert code == 1
    assert "is in use by process" in found["error"]["message"]


def test_a_damaged_checkpoint_is_told(replayed: Replayed, tmp_path: Path) -> None:
    """With what to do; the log still holds everything."""
    replayed(table(), "--state", "state")
    [checkpoint] = (tmp_path / "state" / "checkpoint").glob("base-*")
    data = bytearray(checkpoint.read_bytes())
    data[-1] ^= 255
    checkpoint.write_bytes(data)
    code, found = replayed(table(), "--state", "state")

    assert code == 1
    assert "is damaged" in found["error"]["message"]

"""Every table of the benchmarks, made small: that they can be made, and that what they compare is comparable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from benchmarks import calibration, growth, learn, loop, pause, quality, refuted, stream
from benchmarks.__main__ import TABLES, main
from benchmarks.table import Table
from benchmarks.zipf_rows import ZipfRows
from flyball.run import engine

if TYPE_CHECKING:
    from pathlib import Path


def numbers(cells: object) -> list[float]:
    """The numbers in a row of a table."""
    return [float(found.replace(",", "")) for found in re.findall(r"-?[\d,]*\.?\d+", " ".join(map(str, [cells])))]


def whole(table: Table) -> Table:
    """The table, if every row has a cell for every column."""
    assert table.rows
    assert {len(row) for row in table.rows} == {len(table.columns)}
    return table


@pytest.mark.slow
def test_both_parties_of_learning_learn_the_same() -> None:
    """The same rows and the same settings give the same progressive loss, but for VW's float32 and its collisions."""
    made = whole(learn.table(quick=True))
    losses = [float(row[-1]) for row in made.rows]

    assert len(losses) == 5
    assert max(losses) - min(losses) < 0.001
    assert all(numbers(row[1])[0] > 0 for row in made.rows)


@pytest.mark.slow
def test_growth_is_measured_in_both_kinds_of_memory() -> None:
    """For both learners, beginning with a ratio of one."""
    made = whole(growth.table(quick=True))
    assert len(made.rows) == 4
    assert [row.count("1.00") >= 2 for row in made.rows[::2]] == [True, True]


def test_sizes_that_need_more_memory_than_there_is_are_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than to have the kernel end the program."""
    monkeypatch.setattr(growth, "available", lambda: 0.0)
    made = growth.table(quick=True)

    assert not made.rows
    assert [note for note in made.notes if "with 2^14 features was left out" in note]


def test_pauses_are_ordered() -> None:
    """No quantile is below a lower one."""
    quantiles = numbers(whole(pause.table(quick=True)).rows[0][1:])
    assert quantiles == sorted(quantiles)


@pytest.mark.slow
def test_the_loop_is_measured_without_and_with_a_log() -> None:
    """Only the second spends time in the log, and both do the same number of records."""
    plain, logged = whole(loop.table(quick=True)).rows
    assert plain[1] == logged[1]
    assert float(plain[-1]) == 0.0 < float(logged[-1])


@pytest.mark.slow
def test_calibration_is_shown_beside_the_rule_that_is_refused() -> None:
    """Which is back in its place afterwards."""
    made = whole(calibration.table(quick=True))
    assert [row[0].split(": ")[1] for row in made.rows[:2]] == ["learned at close", "clicks at once, silence at close"]
    assert engine.rule_of is calibration.RULE_OF


def test_quality_says_where_its_data_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's clone has none."""
    monkeypatch.setattr(quality, "DATA", tmp_path / "nowhere")
    (made,) = quality.tables(quick=True)

    assert not made.rows
    assert "not beside this checkout" in made.notes[0]


@pytest.mark.slow
def test_all_learn_from_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same settings flyball, VW and River have the same loss, each on its own rows."""
    monkeypatch.setattr(stream, "DATA", tmp_path / "nowhere")
    rows = {row[0].removeprefix("zipf: "): row for row in whole(stream.table(quick=True)).rows}
    losses = {name: float(row[-2]) for name, row in rows.items()}

    assert len(rows) == 6
    assert losses["vw --ftrl, from text"] == pytest.approx(losses["flyball, `FTRL(alpha=0.1)`"], abs=0.001)
    assert rows["flyball, `FTRL()`"][-1] == rows["flyball, `FTRL()`"][-2], "flyball beside itself"
    assert rows["vw --ftrl, from its cache"][3] == "1.00"


@pytest.mark.slow
def test_what_does_not_work_is_shown_beside_what_does() -> None:
    """The first line of each table is what the others are compared with."""
    made = [whole(each) for each in refuted.tables(quick=True)]

    assert [each.name for each in made] == [f"refuted_{name}" for name in ("rates", "regularisers", "spaces", "noise")]
    assert all(each.rows[0][3] == "-" for each in made)
    assert all(re.fullmatch(r"[+-]\d+\.\d\d%", row[3]) for each in made for row in each.rows[1:])


def test_tables_are_printed_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the command that makes them, and the machine."""
    small = Table(name="pause", title="Pauses", columns=["", "longest"], rows=[["µs", "7"]])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(TABLES, "pause", lambda *, quick: small)
    main(["pause", "--quick"])
    shown = capsys.readouterr().out

    assert "| µs | 7 |" in shown
    assert "`python -m benchmarks pause` on " in shown
    assert (tmp_path / "build" / "bench" / "pause.md").read_text(encoding="utf-8").strip() in shown


def test_generated_rows_are_skewed_and_repeat() -> None:
    """The most frequent id is drawn about as often as Zipf's law says; the same seed gives the same rows."""
    rows = ZipfRows(rows=20_000, ids=1_000, signals=3)
    first, again = (next(rows.parts(20_000)) for _ in range(2))
    expected = 20_000 / sum(rank**-1.1 for rank in range(1, 1_001))
    labels, ids = first.column("label").to_pylist(), first.column("B").to_pylist()
    top = max(ids.count(text) for text in set(ids[:50]))

    assert first.equals(again)
    assert top == pytest.approx(expected, rel=0.05)
    assert 0.08 < labels.count(1) / 20_000 < 0.2

"""Files of all kinds become tables, and every fault is told in words that help."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from flyball.run.files.byte_stream import FileUnreadable
from flyball.run.files.reading import read_table

if TYPE_CHECKING:
    from flyball.run.files.tabular import Tabular

Written = Callable[..., str]


def _cells(table: Tabular) -> dict[str, list[object]]:
    return {name: column if isinstance(column, list) else column.to_pylist() for name, column in table.columns.items()}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("gzipped", [False, True])
def test_a_delimited_file_is_read_whatever_its_delimiter_and_name(
    written: Written, delimiter: str, gzipped: bool
) -> None:
    """Neither the name nor the ending of the file is asked."""
    text = "hour,city,late\n7,Bonn,1\n8,Rome,0\n".replace(",", delimiter)

    table = read_table(written("table.bin", text, gzipped=gzipped))

    assert _cells(table) == {"hour": ["7", "8"], "city": ["Bonn", "Rome"], "late": ["1", "0"]}
    assert (table.form, table.delimiter, table.quoted, table.row.tolist()) == ("delimited", delimiter, True, [1, 2])


def test_quoted_fields_hold_delimiters_line_breaks_and_marks(written: Written) -> None:
    """RFC 4180, with line ends of Windows and a byte order mark."""
    table = read_table(written("a.csv", b'\xef\xbb\xbfa,b\r\n1,"x,\r\n""y"""\r\n2,z\r\n'))

    assert _cells(table) == {"a": ["1", "2"], "b": ['x,\r\n"y"', "z"]}


def test_marks_that_do_not_quote_are_ordinary_characters(written: Written) -> None:
    """As in the SMS collection: a mark that opens a text and is never closed."""
    table = read_table(written("sms.tsv", 'Label\tSMS\nham\t"Ok, lar\nspam\tFree "entry"\nham\tx\n'))

    assert _cells(table)["SMS"] == ['"Ok, lar', 'Free "entry"', "x"]
    assert table.quoted is False


def test_the_real_sms_collection_keeps_every_row(real: Callable[[str], str]) -> None:
    """5,574 messages, whatever marks they hold."""
    table = read_table(real("sms_spam/SMSSpamCollection.tsv.gz"))

    assert (table.rows, table.quoted, table.delimiter, table.rejections) == (5_574, False, "\t", ())


def test_what_is_already_known_is_not_guessed(written: Written) -> None:
    """A file with more semicolons than commas, split at commas."""
    table = read_table(written("a.csv", 'a;b,c;d\n"1;2",3;4\n'), delimiter=",", quoted=False)

    assert _cells(table) == {"a;b": ['"1;2"'], "c;d": ["3;4"]}


def test_rows_with_too_few_or_too_many_fields_are_counted_and_shown(written: Written) -> None:
    """The other rows keep the numbers that they have in the file; blank lines have none."""
    table = read_table(written("a.csv", "a,b\n1,2\n\n3\n4,5\n6\n7,8,9\n10,11\n"))

    assert table.row.tolist() == [1, 3, 6]
    assert table.rows_read == 6
    assert [str(rejection) for rejection in table.rejections] == [
        "2 rows: too_few_fields, first at row 2: 1 fields where the header has 2: '3'",
        "1 row: too_many_fields, first at row 5: 3 fields where the header has 2: '7,8,9'",
    ]


def test_a_column_without_a_name_gets_one_and_blanks_around_names_go(written: Written) -> None:
    """As written by programs that add the number of each row."""
    assert read_table(written("a.csv", ", hour\n0,7\n")).names == ("column_1", "hour")


def test_one_column_is_a_table_too(written: Written) -> None:
    """There is no delimiter to find."""
    assert _cells(read_table(written("a.csv", "late\n1\n0\n"))) == {"late": ["1", "0"]}


def test_json_lines_become_columns_of_objects(written: Written) -> None:
    """What a line leaves out is None; a line that is no object is counted."""
    text = '{"hour": 7, "tags": ["a"]}\n\n{"hour": 8.5,\n[1]\n{"w": {"x": 1}, "hour": "9"}\n'
    table = read_table(written("a.txt", text, gzipped=True))

    assert _cells(table) == {"hour": [7, "9"], "tags": [["a"], None], "w": [None, {"x": 1}]}
    assert table.row.tolist() == [1, 4]
    assert [(each.reason, each.count, each.first_row) for each in table.rejections] == [("not_json", 2, 2)]


def test_json_lines_may_begin_with_a_byte_order_mark(written: Written) -> None:
    """As written on Windows."""
    table = read_table(written("a.jsonl", b'\xef\xbb\xbf{"a": 1}\n{"a": 2}\n'))

    assert _cells(table) == {"a": [1, 2]}


def test_json_that_is_nested_without_end_is_a_refused_row(written: Written) -> None:
    """The other rows are read."""
    table = read_table(written("a.jsonl", '{"a": 1}\n{"a": ' + "[" * 100_000 + "]" * 100_000 + '}\n{"a": 2}\n'))

    assert _cells(table) == {"a": [1, 2]}
    assert [(each.reason, each.first_row) for each in table.rejections] == [("not_json", 2)]


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    """Encodings that hold the same values in another shape are undone."""
    path = tmp_path / "a.parquet"
    moment = datetime(2026, 1, 31, 8, tzinfo=UTC)
    content = {
        "n": [1, None],
        "city": pa.array(["Bonn", "Rome"]).dictionary_encode(),
        "tags": [["a"], None],
        "at": [moment, None],
        "w": pa.array([[("x", 1.0)], None], pa.map_(pa.string(), pa.float64())),
    }
    parquet.write_table(pa.table(content), path)

    assert _cells(read_table(path)) == {
        "n": [1, None],
        "city": ["Bonn", "Rome"],
        "tags": [["a"], None],
        "at": [moment, None],
        "w": [[("x", 1.0)], None],
    }


def test_a_missing_file_a_directory_and_an_empty_file_are_told_apart(tmp_path: Path) -> None:
    """What is wrong, and what to do."""
    (tmp_path / "empty.csv").touch()
    (tmp_path / "empty.csv.gz").write_bytes(gzip.compress(b""))

    with pytest.raises(FileUnreadable, match=r"nowhere.csv' does not exist; check the name"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(FileUnreadable, match="is a directory; give one file"):
        read_table(tmp_path)
    with pytest.raises(FileUnreadable, match=r"empty.csv' is empty; give a file"):
        read_table(tmp_path / "empty.csv")
    with pytest.raises(FileUnreadable, match=r"empty.csv.gz' is empty; give a file"):
        read_table(tmp_path / "empty.csv.gz")
    with pytest.raises(FileUnreadable, match="cannot be opened"):
        read_table("a\0b")


def test_a_pipe_is_refused_before_anybody_waits_for_it(tmp_path: Path) -> None:
    """A file is read more than once: its bytes must stay."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(FileUnreadable, match=r"pipe' is no ordinary file; write it to a file first"):
        read_table(tmp_path / "pipe")
    with pytest.raises(FileUnreadable, match=r"/dev/null' is no ordinary file"):
        read_table("/dev/null")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n", "has a header and no rows"),
        (b"\n \n\n", "has a header and no rows|nothing but blank lines"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"a,b\n1\n2\n", r"has no row with as many fields as its header .*; check the delimiter, read as ','"),
        (b"a,b,a\n1,2,3\n", "more than one column named 'a'; give each column a name of its own"),
        (b"PK\x03\x04zip", "is a zip archive or a spreadsheet; unpack it"),
        (b"\x80\x04\x95pickle", "a Python pickle, which is never opened"),
        (b"a,b\n1,\x00\x01\x02\n", "is not text; give CSV, TSV, JSON lines or Parquet"),
        ("a,b\n1,ü\n".encode("utf-16"), "text in UTF-16; convert it with: iconv"),
        ("a,b\n1,x\n2,ü\n".encode("latin-1"), r"is not UTF-8 \(byte 0xfc in line 3\); if it is Western .*WINDOWS-1252"),
        (b"[\n{}]", r"is one JSON array; write one object a line, for example with: jq -c '.\[\]'"),
        (b'{\n"a": 1}\n', r"no JSON object in its first line '\{'"),
        (b"a" * 200_000, r"has a heading of more than 128 KiB, or a quotation mark in it that is never closed; "),
        (b'"a\n' + b"1\n" * 99_999, r"a quotation mark in it that is never closed; "),
        (b'{"a": ' + b"[" * 100_000, r"no JSON object in its first line .*\(maximum recursion depth"),
        (b"PAR1 and no more", "is no whole Parquet file"),
        (b"\x1f\x8b and no more", "holds damaged gzip data"),
        (
            gzip.compress(b"a,b\n" + b"1,2\n" * 9_999)[:60],
            "ends in the middle of its gzip data; copy or write it again",
        ),
        (gzip.compress(b"a,b\n1,2\n")[:-8] + b"\0" * 8, "holds damaged gzip data"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_reason(written: Written, content: bytes, message: str) -> None:
    """Never a traceback of another library, never a table of nonsense."""
    with pytest.raises(FileUnreadable, match=message):
        read_table(written("table", content))


def test_a_mark_that_swallows_the_rest_of_a_file_is_refused(written: Written) -> None:
    """Unless it is said that marks are ordinary characters."""
    path = written("a.csv", 'a,b\n1,x\n2,"y\n3,z\n4,w\n')

    with pytest.raises(FileUnreadable, match=r"a quotation mark in its row 2 that is never closed; .* quoted=False"):
        read_table(path, quoted=True)
    assert read_table(path, quoted=False).rows == 4


def test_bytes_that_are_no_text_are_found_far_into_a_file(written: Written) -> None:
    """Beyond what is looked at to find the delimiter."""
    content = b"a,b\n" + b"1,2\n" * 600_000 + b"3,\xff\n" + b"4,5\n" * 10

    with pytest.raises(FileUnreadable, match=r"is not UTF-8 \(byte 0xff in line 600,002\)"):
        read_table(written("a.csv", content, gzipped=True))


def test_ten_million_columns_are_refused_within_bounded_memory(tmp_path: Path) -> None:
    """The file has 79 MB, and no more of it is read than shows that it is too wide."""
    path = tmp_path / "wide.csv"
    with path.open("wb") as file:
        for start in range(0, 10_000_000, 100_000):
            file.write(b"".join(b"c%d," % number for number in range(start, start + 100_000)))
        file.write(b"last\n1\n")
    tracemalloc.start()

    with pytest.raises(FileUnreadable, match=r"has more than [\d,]+ columns; at most 10,000 are read"):
        read_table(path)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_file_just_too_wide_is_refused_with_its_width(written: Written) -> None:
    """Whether it is delimited, JSON or Parquet."""
    names = [f"c{number}" for number in range(11)]
    path = Path(written("a.parquet", b""))
    parquet.write_table(pa.table({name: [1] for name in names}), path)

    with pytest.raises(FileUnreadable, match="has 11 columns; at most 10 are read"):
        read_table(written("a.csv", ",".join(names) + "\n"), limit_columns=10)
    with pytest.raises(FileUnreadable, match="has 11 columns; at most 10 are read"):
        read_table(path, limit_columns=10)
    with pytest.raises(FileUnreadable, match="has more than 10 different names"):
        read_table(written("a.jsonl", "\n".join(f'{{"{name}": 1}}' for name in names)), limit_columns=10)


@pytest.mark.slow
def test_a_line_of_more_than_64_mib_is_refused(tmp_path: Path) -> None:
    """In the header, in a row, and in JSON lines."""
    long = b"x" * (65 << 20)
    for name, content in {
        "head.csv": long,
        "row.csv": b"a,b\n1," + long + b"\n",
        "a.jsonl": b'{"a": 1}\n' + long,
    }.items():
        (tmp_path / name).write_bytes(content)

        with pytest.raises(FileUnreadable, match="a line of more than 64 MiB"):
            read_table(tmp_path / name)


def test_a_long_line_within_the_limit_is_read_and_no_row_is_counted_twice(written: Written) -> None:
    """Longer than the first block that is tried; a bad row stands before it."""
    table = read_table(written("a.csv", b"a,b\n1\n2," + b"x" * (5 << 20) + b"\n"))

    assert (table.rows, table.row.tolist(), table.rejections[0].count) == (1, [2], 1)


def test_columns_of_types_that_are_not_taken_are_named(tmp_path: Path) -> None:
    """A file of Parquet can hold what no signal can."""
    path = tmp_path / "a.parquet"
    struct = pa.array([{"x": 1}])
    numbers = pa.array([[1, 2]])
    parquet.write_table(pa.table({"good": [1], "deep": struct, "vector": numbers, "raw": [b"x"]}), path)

    with pytest.raises(
        FileUnreadable, match=r"not taken: 'deep' \(struct.*'vector' \(list.*'raw' \(binary\); accepted"
    ):
        read_table(path)


def test_a_gzipped_parquet_file_and_one_without_rows_are_refused(tmp_path: Path) -> None:
    """Parquet packs by itself."""
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    packed = tmp_path / "a.parquet.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))

    with pytest.raises(FileUnreadable, match="has no rows; give a file with rows"):
        read_table(path)
    with pytest.raises(FileUnreadable, match="is a gzipped Parquet file; unpack it"):
        read_table(packed)


def test_a_delimiter_of_more_than_one_character_is_refused(written: Written) -> None:
    """Arrow takes one byte."""
    with pytest.raises(FileUnreadable, match=r"cannot be split at '::'; give one character"):
        read_table(written("a.csv", "a::b\n1::2\n"), delimiter="::")

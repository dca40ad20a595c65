"""A run with tests left out passes only by the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import skips

if TYPE_CHECKING:
    from pathlib import Path

REPORT = """<?xml version="1.0"?><testsuites><testsuite>
<testcase classname="tests.unit.a" name="test_one"/>
<testcase classname="tests.unit.a" name="test_two[x]"><skipped message="no gcc"/></testcase>
<testcase classname="" name="tests.unit.b"><skipped message="no pandas"/></testcase>
</testsuite></testsuites>"""
ALL_LISTED = "tests.unit.a::test_two*  # needs a compiler\ntests.unit.b  # needs pandas\n"


def messages(listed: str) -> list[str]:
    """What the tool says about the report under a list."""
    return [finding.message for finding in skips.check(REPORT, "skips.txt", listed)]


def test_a_skip_that_is_not_listed_is_found_with_its_reason() -> None:
    """Single tests and whole files."""
    assert messages("") == [
        "'tests.unit.a::test_two[x]' was left out (no gcc) and is not on the list",
        "'tests.unit.b' was left out (no pandas) and is not on the list",
    ]


def test_listed_skips_pass() -> None:
    """By patterns, between comments and empty lines."""
    assert messages(f"# why\n\n{ALL_LISTED}") == []


def test_a_failure_that_is_expected_is_no_skip() -> None:
    """It has run, and its reason stands in the test."""
    expected = REPORT.replace('<skipped message="no gcc"/>', '<skipped type="pytest.xfail" message="theirs"/>')

    assert [found.message for found in skips.check(expected, "skips.txt", "tests.unit.b  # needs pandas")] == []


def test_a_line_without_a_reason_is_found() -> None:
    """Though it still lets its tests pass."""
    assert messages("tests.unit.*") == ["'tests.unit.*' has no reason; write it behind '#'"]


def test_a_run_of_nothing_is_no_pass() -> None:
    """An empty report, or one where everything was left out."""
    (finding,) = skips.check("<testsuites/>", "skips.txt", "")

    assert finding.message == "of 0 tests none ran"


def test_a_report_that_is_none_is_refused() -> None:
    """The message says how to make one."""
    with pytest.raises(ValueError, match=r"not JUnit XML .*pytest --junitxml"):
        skips.skipped("no xml")


@pytest.mark.parametrize(("listed", "code"), [(ALL_LISTED, 0), ("", 1)])
def test_the_exit_code_tells(tmp_path: Path, listed: str, code: int) -> None:
    """0 passes, 1 fails the build."""
    (tmp_path / "report.xml").write_text(REPORT, encoding="utf-8")
    (tmp_path / "skips.txt").write_text(listed, encoding="utf-8")

    assert skips.main([str(tmp_path / "report.xml"), str(tmp_path / "skips.txt")]) == code


def test_a_missing_report_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a wrong use does."""
    assert skips.main([str(tmp_path / "report.xml"), str(tmp_path / "skips.txt")]) == 2
    assert skips.main([]) == 2
    assert "No such file" in capsys.readouterr().err

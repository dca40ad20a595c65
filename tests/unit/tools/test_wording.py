"""The rule of words can fail, in names and in texts."""

from __future__ import annotations

import pytest

import wording


@pytest.mark.parametrize(
    "path", ["src/flyball/learn/utils.py", "src/flyball/common/a.py", "tests/unit/test_helpers.py", "src/_misc.py"]
)
def test_a_drawer_is_refused(path: str) -> None:
    """Neither a file nor a folder may be called after nothing."""
    (finding,) = wording.check_name(path)

    assert "says nothing of what is inside" in finding.message


@pytest.mark.parametrize("path", ["src/flyball/learn/column.py", "docs/common-mistakes.md", "src/flyball/utility.py"])
def test_a_noun_is_a_good_name(path: str) -> None:
    """Only the whole word is refused."""
    assert list(wording.check_name(path)) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("# {}O: later".format("TOD"), "a note to oneself"),
        ("x = 1  # {}ME".format("FIX"), "a note to oneself"),
        ("open('{}home/me/x.csv')".format("/"), "an absolute path of one machine"),
        ("cd {}opt/data".format("/"), "an absolute path of one machine"),
        ("https://{}.org/simple".format("pypi"), "the host of a package registry"),
        ("pip install --{} https://x numpy".format("index-url"), "the address of a package registry"),
    ],
)
def test_words_that_belong_to_one_person_or_machine_are_refused(line: str, message: str) -> None:
    """The finding stands at the line and says what the word is."""
    (finding,) = wording.check_text("docs/a.md", f"fine\n{line}\n")

    assert finding.line == 2
    assert message in finding.message


@pytest.mark.parametrize(
    "line",
    [
        "the methods are todo-free",
        "GET /v1/models",
        "https://example.com/home/page",
        "src/opt/x",
        "$ROOT/work/x",
        "`pip install flyball`",
    ],
)
def test_ordinary_words_pass(line: str) -> None:
    """Paths within the project or of a web address are nobody's machine."""
    assert list(wording.check_text("docs/a.md", line)) == []


def test_the_licence_is_left_as_its_authors_wrote_it() -> None:
    """It is the one text of others."""
    assert list(wording.check_text("LICENSE", "# {}O".format("TOD"))) == []

"""Commands of a page are run in order, and one that fails is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import readme

if TYPE_CHECKING:
    from pathlib import Path


def messages(text: str, folder: Path) -> list[str]:
    """What the checker says about a page, each finding with its line."""
    found = readme.check("README.md", text, folder, {"demo", "test"}, {"flyball demo", "flyball model list"})
    return [str(finding) for finding in found]


def test_commands_run_in_order_in_the_folder(tmp_path: Path) -> None:
    """The second finds what the first has made."""
    assert messages("```console\n$ echo spam > a.csv\n$ grep spam a.csv\n```", tmp_path) == []
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "spam\n"


def test_a_command_that_fails_is_found_with_its_output(tmp_path: Path) -> None:
    """And nothing after it is run."""
    text = "Look:\n\n```console\n$ echo broken; exit 3\n$ touch later\n```\n```console\n$ touch latest\n```"

    assert messages(text, tmp_path) == ["README.md:4: `echo broken; exit 3` exits with 3\n    broken"]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_in_the_middle_of_a_pipe_counts(tmp_path: Path) -> None:
    """As `set -o pipefail` has it."""
    assert len(messages("```console\n$ false | cat\n```", tmp_path)) == 1


def test_a_block_can_be_written_to_a_file_for_the_commands(tmp_path: Path) -> None:
    """So that a page shows a program once."""
    text = "<!-- file: a.py -->\n```python\nprint(6 * 7)\n```\n```console\n$ python a.py | grep 42\n```"

    assert messages(text, tmp_path) == []


def test_a_block_that_is_not_run_must_name_what_exists(tmp_path: Path) -> None:
    """Targets of make and commands of flyball."""
    text = (
        "<!-- not run: takes a minute -->\n```console\n$ make demo && make tets\n$ flyball model && flyball modle\n```"
    )

    assert messages(text, tmp_path) == [
        "README.md:3: the Makefile has no target 'tets'",
        "README.md:4: flyball has no command 'modle'",
    ]


def test_other_blocks_are_not_run(tmp_path: Path) -> None:
    """Only console blocks are for typing."""
    assert messages("```text\n$ exit 3\n```", tmp_path) == []


def test_a_command_that_reads_gets_nothing(tmp_path: Path) -> None:
    """There is no terminal behind it to wait for."""
    assert messages("```console\n$ read answer\n```", tmp_path)[0].startswith("README.md:2: `read answer` exits with 1")

"""All rules together, over a project on disk."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

import house
from finding import files

if TYPE_CHECKING:
    from pathlib import Path

BAD = '''"""A room."""

import flyball


def add(a):
    """Adds."""
    try:
        return a + 1  # noqa
    except Exception:
        pass
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project under git, with nothing wrong."""
    (tmp_path / "src/flyball").mkdir(parents=True)
    (tmp_path / "src/flyball/__init__.py").write_text('"""The front door."""\n', encoding="utf-8")
    (tmp_path / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def test_a_clean_project_keeps_the_rules(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says so, with exit code 0."""
    assert house.main(project) == 0
    assert capsys.readouterr().out == "house rules: kept\n"


def test_each_rule_speaks_of_a_bad_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Findings are sorted by file and line, and the exit code is 1."""
    (project / "src/flyball/utils.py").write_text(BAD, encoding="utf-8")
    (project / "pyproject.toml").write_text('[tool.ruff.lint]\nignore = ["ALL"]\n', encoding="utf-8")

    assert house.main(project) == 1
    *found, last = capsys.readouterr().out.splitlines()
    assert [line.rsplit(": ", 1)[0].split(": ")[0] for line in found] == [
        "pyproject.toml:2",
        *(f"src/flyball/utils.py:{line}" for line in (1, 3, 6, 9, 10, 10)),
    ]
    assert last == "house rules: 7 breaches"


def test_a_file_that_is_no_python_is_a_finding(project: Path) -> None:
    """The other rules go on."""
    (project / "a.py").write_text("def (", encoding="utf-8")

    (finding,) = house.check(project)
    assert str(finding).startswith("a.py:1: not Python: ")


def test_bytes_are_not_read_as_text(project: Path) -> None:
    """Pictures and recorded states are nobody's handwriting."""
    (project / "a.bin").write_bytes(b"\xff\xfe")

    assert list(house.check(project)) == []


def test_files_that_git_ignores_are_not_read(project: Path) -> None:
    """New files are, though nobody has added them yet."""
    (project / "ignored.py").touch()
    (project / "new.py").touch()

    assert files(project) == [".gitignore", "new.py", "src/flyball/__init__.py"]


def test_without_git_every_file_is_read(tmp_path: Path) -> None:
    """As in an unpacked archive; environments and builds are not."""
    for name in ("a.py", ".venv/b.py", "build/c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert files(tmp_path) == ["a.py"]

r"""Runs what README.md tells its readers to type, in order, in a copy of the project.

Lines after `$ ` in fenced `console` blocks are commands; a line that ends in a backslash goes on in the next. They run
with the programs of this virtual environment first on the PATH, and must exit with 0. On the line before a block,
`<!-- not run: REASON -->` leaves it out (then each `make` target and `flyball` command in it must exist), and
`<!-- file: NAME -->` writes the block, of any language, to a file for the commands that follow.

Usage: `python tools/readme.py [PAGE.md ...]` from the top of the project.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from commands import of_program
from console import blocks
from finding import Finding, files

if TYPE_CHECKING:
    from console import Block

SECONDS = 300
"""How long one command may take."""
SHOWN = 15
"""How many lines of a failed command's output are shown."""


def absent(path: str, block: Block, targets: set[str], programs: set[str]) -> list[Finding]:
    """Findings about a block that is not run: `make` targets and `flyball` commands that do not exist."""
    typed = [
        (line, kind, word)
        for line, command in block.commands
        for kind, word in re.findall(r"\b(make|flyball) ([a-z][\w-]*)", command)
    ]
    first = {"make": targets, "flyball": {program.split()[1] for program in programs}}
    owner = {"make": "the Makefile has no target", "flyball": "flyball has no command"}
    return [Finding(path, line, f"{owner[kind]} {word!r}") for line, kind, word in typed if word not in first[kind]]


def run(path: str, line: int, command: str, folder: Path) -> list[Finding]:
    """Runs one command in a folder; a finding where it fails."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [Finding(path, line, f"`{command}` took more than {SECONDS} s")]
    if done.returncode == 0:
        return []
    tail = "\n    ".join(done.stdout.decode(errors="replace").splitlines()[-SHOWN:])
    return [Finding(path, line, f"`{command}` exits with {done.returncode}\n    {tail}")]


def check(path: str, text: str, folder: Path, targets: set[str], programs: set[str]) -> list[Finding]:
    """Findings of one page, its commands run in `folder` until one fails."""
    for block in blocks(text):
        findings: list[Finding] = []
        if block.order == "file":
            (folder / block.detail).write_text("\n".join(block.lines) + "\n", encoding="utf-8")
        elif block.language == "console" and block.order == "not run":
            findings = absent(path, block, targets, programs)
        elif block.language == "console":
            for line, command in block.commands:
                findings = findings or run(path, line, command, folder)
        if findings:
            return findings
    return []


def main(pages: list[str]) -> int:
    """Checks pages, README.md without any; 0 where all commands work, 1 where one does not."""
    top = Path.cwd()
    targets = set(re.findall(r"^([a-z][\w-]*):", (top / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    try:
        programs = set(of_program())
    except ImportError:
        programs = set()
    findings: list[Finding] = []
    for page in pages or ["README.md"]:
        with tempfile.TemporaryDirectory() as copy:
            for name in files(top):
                (Path(copy) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(top / name, Path(copy) / name)
            findings += check(page, (top / page).read_text(encoding="utf-8"), Path(copy), targets, programs)
    print(*findings, sep="\n", end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`flyball token`."""

from __future__ import annotations

import hashlib
import stat
from typing import TYPE_CHECKING

from flyball.serve.tokens import Tokens, parse_token, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell


def test_a_token_is_shown_once_with_the_line_to_keep(shell: Shell) -> None:
    """The line lets the token in, and does not hold it."""
    said = shell("token", "shop", "--scope", "predict,outcome", "--scope", "read")
    secret = next(word for word in said.out.split() if word.startswith("flyball_"))
    line = said.out.partition("line to keep: ")[2].strip()
    token = parse_token(line, "here")

    assert said.code == 0
    assert Tokens([token]).admit(f"Bearer {secret}".encode(), "read") == "shop"
    assert token.scopes == ("predict", "outcome", "read")
    assert secret not in line


def test_each_is_another(shell: Shell) -> None:
    """Made of chance."""
    made = [shell("token", "shop", "--scope", "read", "--json").found for _ in range(2)]

    assert made[0]["token"] != made[1]["token"]
    assert made[0]["line"].split()[2] == hashlib.sha256(made[0]["token"].encode()).hexdigest()
    assert (made[0]["name"], made[0]["scopes"]) == ("shop", ["read"])


def test_its_line_is_added_to_a_file_that_its_owner_alone_can_read(shell: Shell, folder: Path) -> None:
    """Which is made, or goes on after what is there."""
    assert shell("token", "shop", "--scope", "predict", "--file", "tokens").code == 0
    text = (folder / "tokens").read_text(encoding="utf-8")
    (folder / "tokens").write_text(f"# ours\n{text.strip()}", encoding="utf-8")
    said = shell("token", "ops", "--scope", "admin", "--file", "tokens")

    assert stat.S_IMODE((folder / "tokens").stat().st_mode) == 0o600
    assert [token.name for token in read_file(folder / "tokens").tokens] == ["shop", "ops"]
    assert "tokens has its line" in said.out


def test_what_cannot_be_is_refused_before_anything_is_written(shell: Shell, folder: Path) -> None:
    """A name twice, a scope that is none, a file that others can read."""
    shell("token", "shop", "--scope", "predict", "--file", "tokens")
    before = (folder / "tokens").read_bytes()
    twice = shell("token", "shop", "--scope", "read", "--file", "tokens")
    scope = shell("token", "web", "--scope", "raed", "--file", "tokens")
    (folder / "tokens").chmod(0o644)
    others = shell("token", "web", "--scope", "read", "--file", "tokens")

    assert (twice.code, scope.code, others.code) == (1, 1, 1)
    assert "has a token of 'shop' already" in twice.err
    assert "did you mean 'read'?" in scope.err
    assert "chmod 600" in others.err
    assert (folder / "tokens").read_bytes() == before
    assert "flyball_" not in twice.out + twice.err + others.out + others.err

"""Tokens that are read again: what was withdrawn is refused, what cannot be read changes nothing."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest

from flyball.serve.problem import Refused
from flyball.serve.tokens import TokensRefused, make_token
from flyball.serve.watched_tokens import WatchedTokens

if TYPE_CHECKING:
    from pathlib import Path

SECRET, SHOP = make_token("shop", ["predict"], entropy=bytes(32))
OTHER_SECRET, OTHER = make_token("other", ["predict"], entropy=bytes(range(32)))


def admitted(tokens: WatchedTokens, secret: str) -> str:
    """Whom this secret lets in, or why it does not."""
    try:
        return tokens.admit(f"Bearer {secret}".encode(), "predict")
    except Refused as error:
        return str(error)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with one token."""
    path = tmp_path / "tokens"
    path.touch(mode=0o600)
    path.write_text(f"{SHOP}\n")
    return path


def test_a_token_is_added_and_one_is_withdrawn(file: Path) -> None:
    """Written in place or replaced, the file holds as it is now."""
    tokens = WatchedTokens(str(file), {})
    file.write_text(f"{SHOP}\n{OTHER}\n")
    tokens.look()
    assert (admitted(tokens, SECRET), admitted(tokens, OTHER_SECRET)) == ("shop", "other")

    beside = file.with_name("new")
    beside.touch(mode=0o600)
    beside.write_text(f"{OTHER}\n")
    os.utime(beside, ns=(file.stat().st_mtime_ns, file.stat().st_mtime_ns))
    beside.replace(file)
    tokens.look()
    assert "is not known" in admitted(tokens, SECRET)
    assert admitted(tokens, OTHER_SECRET) == "other"


@pytest.mark.parametrize("damage", ["half a line", "", None, "open"])
def test_a_file_that_cannot_be_read_changes_nothing_until_it_can(
    file: Path, damage: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, not at every look."""
    tokens = WatchedTokens(str(file), {})
    if damage is None:
        file.unlink()
    else:
        file.write_text(f"{OTHER}\n# a comment more\n" if damage == "open" else damage)
    if damage == "open":
        file.chmod(0o644)
    for _ in range(3):
        tokens.look()
    assert admitted(tokens, SECRET) == "shop"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]

    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(f"{OTHER}\n")
    tokens.look()
    assert "is not known" in admitted(tokens, SECRET)


def test_rights_that_are_mended_are_enough(file: Path) -> None:
    """The error says chmod, and that changes neither the text nor its time."""
    tokens = WatchedTokens(str(file), {})
    beside = file.with_name("new")
    beside.write_text(f"{OTHER}\n")
    beside.chmod(0o644)
    beside.replace(file)
    tokens.look()
    assert admitted(tokens, SECRET) == "shop"

    file.chmod(0o600)
    tokens.look()
    assert (admitted(tokens, OTHER_SECRET), "is not known" in admitted(tokens, SECRET)) == ("other", True)


def test_without_a_file_there_is_nothing_to_look_at() -> None:
    """Tokens of the environment hold as long as the process."""
    tokens = WatchedTokens(None, {"FLYBALL_TOKENS": str(SHOP)})
    tokens.look()
    assert admitted(tokens, SECRET) == "shop"


def test_what_cannot_be_read_at_the_beginning_is_refused(tmp_path: Path) -> None:
    """There are no tokens before it."""
    with pytest.raises(TokensRefused, match="cannot be read"):
        WatchedTokens(str(tmp_path / "nowhere"), {})

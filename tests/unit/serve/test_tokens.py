"""Who may do what."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.serve.problem import Refused
from flyball.serve.tokens import (
    SCOPES,
    BindingRefused,
    Tokens,
    TokensRefused,
    check_binding,
    is_loopback,
    make_token,
    parse_tokens,
    read_file,
    read_tokens,
)

if TYPE_CHECKING:
    from pathlib import Path

SECRET, SHOP = make_token("shop", ["predict", "outcome"], entropy=bytes(range(32)))
ADMIN_SECRET, ADMIN = make_token("ops", ["admin"], entropy=bytes(range(1, 33)))
TOKENS = Tokens([SHOP, ADMIN])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of tokens that its owner alone can read."""
    path = tmp_path / "tokens"
    path.write_text(f"# ours\n\n{SHOP}  # the shop's\n{ADMIN}\n", encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER"])
def test_a_token_gets_its_name_for_its_scopes(kind: str) -> None:
    """The kind in any case, as HTTP has it."""
    assert TOKENS.admit(f"{kind} {SECRET}".encode(), "outcome") == "shop"
    assert TOKENS.admit(f"{kind} {ADMIN_SECRET}".encode(), "admin") == "ops"


@pytest.mark.parametrize("scope", ["read", "admin"])
def test_a_wrong_scope_is_403_and_says_which_it_has(scope: str) -> None:
    """Admin is not everything either."""
    with pytest.raises(Refused, match=f"has the scopes predict, outcome; this needs {scope}") as refused:
        TOKENS.admit(f"Bearer {SECRET}".encode(), scope)

    assert refused.value.problem.status == 403


@pytest.mark.parametrize(
    "sent",
    [None, b"", b"Bearer", b"Bearer ", b"Basic " + SECRET.encode(), SECRET.encode(), b"Bearer " + SHOP.sha256.encode()],
)
def test_no_token_or_an_unknown_one_is_401(sent: bytes | None) -> None:
    """Its hash is no token either: who reads the file cannot send what is in it."""
    with pytest.raises(Refused, match=r"send 'Authorization: Bearer TOKEN'") as refused:
        TOKENS.admit(sent, "predict")

    assert refused.value.problem.status == 401
    assert (b"www-authenticate", b"Bearer") in refused.value.headers


@given(st.binary(max_size=200))
def test_no_other_bytes_are_let_in(sent: bytes) -> None:
    """And none of them appears in the refusal."""
    with pytest.raises(Refused, match="send 'Authorization"):
        TOKENS.admit(b"Bearer " + sent, "predict")


def test_without_tokens_everybody_is_let_in() -> None:
    """Which is why only this machine may connect then."""
    assert [Tokens().admit(None, scope) for scope in SCOPES] == ["local"] * 4


@pytest.mark.parametrize("host", [".".join("0000"), "::", "192.0.2.1", "example", "10.0.0.1", "", "127.0.0.1.example"])
def test_other_addresses_than_loopback_need_tokens(host: str) -> None:
    """Names are not looked up: who knows what they will be tomorrow."""
    with pytest.raises(BindingRefused, match="lets other machines in, and there are no tokens"):
        check_binding(host, Tokens())
    check_binding(host, TOKENS)

    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback_needs_none(host: str) -> None:
    """Nothing is raised."""
    check_binding(host, Tokens())

    assert is_loopback(host)


def test_a_file_holds_hashes_only(file: Path) -> None:
    """Comments and empty lines are left out."""
    assert read_tokens(str(file), {}).tokens == (SHOP, ADMIN)
    assert SECRET not in file.read_text(encoding="utf-8")
    assert SHOP.sha256 == hashlib.sha256(SECRET.encode()).hexdigest()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o660])
def test_a_file_that_others_can_read_is_refused(file: Path, mode: int) -> None:
    """Before anything in it is read."""
    file.chmod(mode)

    with pytest.raises(TokensRefused, match=f"has the mode {mode:o}, so others can read or change it; chmod 600"):
        read_tokens(str(file), {})


def test_what_systemd_hands_over_is_guarded_by_its_folder(file: Path) -> None:
    """Its access list shows as a mode of the group."""
    file.chmod(0o440)

    assert len(read_tokens(str(file), {"CREDENTIALS_DIRECTORY": str(file.parent)})) == 2
    with pytest.raises(TokensRefused, match="has the mode 440"):
        read_tokens(str(file), {"CREDENTIALS_DIRECTORY": str(file.parent.parent)})


def test_the_environment_may_hold_them_instead() -> None:
    """Lines end with `;` there too."""
    assert read_tokens(None, {"FLYBALL_TOKENS": f"{SHOP};{ADMIN}"}).tokens == (SHOP, ADMIN)
    assert len(read_tokens(None, {})) == 0


def test_both_at_once_or_nothing_in_it_are_refused(file: Path) -> None:
    """Whoever gave tokens meant them."""
    with pytest.raises(TokensRefused, match="both in FLYBALL_TOKENS and in"):
        read_tokens(str(file), {"FLYBALL_TOKENS": str(SHOP)})
    with pytest.raises(TokensRefused, match="FLYBALL_TOKENS is set and holds no token"):
        read_tokens(None, {"FLYBALL_TOKENS": " "})
    file.write_text("# none", encoding="utf-8")
    with pytest.raises(TokensRefused, match="holds no token; add a line"):
        read_tokens(str(file), {})


def test_what_cannot_be_read_is_refused(file: Path, tmp_path: Path) -> None:
    """Missing, too large, or no text."""
    with pytest.raises(TokensRefused, match="cannot be read: No such file"):
        read_file(tmp_path / "none")
    file.write_bytes(b"\xff")
    with pytest.raises(TokensRefused, match="is not UTF-8"):
        read_file(file)
    os.truncate(file, (1 << 20) + 1)
    with pytest.raises(TokensRefused, match="is larger than 1048576 bytes"):
        read_file(file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"shop predict {'0' * 63}", "tokens:1 is no token; give NAME SCOPE"),
        (f"shop predict {'A' * 64}", "tokens:1 is no token"),
        ("shop", "tokens:1 is no token"),
        (f"\nshop predict, {'0' * 64}", "tokens:2 has no scope ''; there are predict, outcome, read, admin"),
        (f"shop admim {'0' * 64}", r"has no scope 'admim'; did you mean 'admin'\?"),
        (f"sh\u00f6p read {'0' * 64}", "has the name 'sh\u00f6p'; give letters, digits"),
        (f"{SHOP}\n{SHOP}", "the token 'shop' stands twice"),
        (f"{SHOP}\nweb read {SHOP.sha256}", "stands twice"),
    ],
)
def test_a_line_that_is_none_is_refused_and_never_shown(text: str, message: str) -> None:
    """It might hold a token by mistake."""
    with pytest.raises(TokensRefused, match=message):
        parse_tokens(text, "tokens")


def test_a_token_by_mistake_in_the_file_is_not_told(file: Path) -> None:
    """The message names its line only."""
    with pytest.raises(TokensRefused, match="tokens:1") as refused:
        parse_tokens(f"shop predict {SECRET}", "tokens")

    assert SECRET not in str(refused.value)


def test_a_token_is_made_of_enough_chance() -> None:
    """No less than 32 bytes, and other ones give another token."""
    with pytest.raises(TokensRefused, match="made of 32 random bytes, not of 8"):
        make_token("shop", ["read"], entropy=bytes(8))

    assert ADMIN_SECRET != SECRET

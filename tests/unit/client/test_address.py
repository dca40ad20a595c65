"""Addresses are read strictly: what they say goes into every request."""

from __future__ import annotations

import pytest

from flyball.client.address import Address
from flyball.client.error import Unsendable


@pytest.mark.parametrize(
    ("url", "address", "again"),
    [
        ("http://127.0.0.1:8000", Address(False, "127.0.0.1", 8000), "http://127.0.0.1:8000"),
        ("HTTP://Flyball.Internal/", Address(False, "flyball.internal", 80), "http://flyball.internal"),
        (
            "https://flyball.internal/a/b/",
            Address(True, "flyball.internal", 443, "/a/b"),
            "https://flyball.internal/a/b",
        ),
        ("https://[::1]:80", Address(True, "::1", 80), "https://[::1]:80"),
    ],
)
def test_an_address_is_read_and_written(url: str, address: Address, again: str) -> None:
    """The port follows from the scheme where it is left out."""
    assert (Address.read(url), str(address)) == (address, again)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://localhost",
        "http://",
        "http://localhost:port",
        "http://localhost:99999",
        "http://[::1",
        "http://a..b/",
        "http://localhost/?a=b",
        "http://localhost/#a",
        "http://localhost/a b",
        "http://localhost/a\r\nX: y",
        "http://localhost/ä",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """Before anything is sent, with an example of one."""
    with pytest.raises(Unsendable, match=r"is no address; give one such as 'http://127.0.0.1:8000'"):
        Address.read(url)


def test_a_password_does_not_belong_in_an_address() -> None:
    """Addresses are logged; the message does not show it."""
    with pytest.raises(Unsendable, match=r"give the token as token=") as no:
        Address.read("http://me:s3cret@localhost")

    assert "s3cret" not in str(no.value)

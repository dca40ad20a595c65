"""Addresses: how this machine reaches what listens somewhere, and how URLs and Host headers spell it."""

from __future__ import annotations

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nothing listens here; it is what others may listen on


def reachable(host: str) -> str:
    """Where to connect to, on this machine, for what listens on this address.

    >>> reachable("0.0.0.0"), reachable("::"), reachable("192.0.2.7")
    ('127.0.0.1', '::1', '192.0.2.7')
    """
    return _ANY.get(host, host)


def spelt(host: str) -> str:
    """An address as URLs and Host headers have it.

    >>> spelt("::1"), spelt("LocalHost")
    ('[::1]', 'localhost')
    """
    return f"[{host}]".lower() if ":" in host else host.lower()


def url(host: str, port: int) -> str:
    """The URL by which this machine reaches what listens on this address.

    >>> url("0.0.0.0", 8000), url("::1", 8000)
    ('http://127.0.0.1:8000', 'http://[::1]:8000')
    """
    return f"http://{spelt(reachable(host))}:{port}"

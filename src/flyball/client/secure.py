"""How connections are encrypted."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from flyball.client.error import Unsendable

if TYPE_CHECKING:
    from flyball.client.address import Address


def tls_for(address: Address, given: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """The context for https: the given one, or one that trusts whom the machine trusts; `None` for http.

    Raises:
        Unsendable: a context is given for http, which would not use it.

    >>> from flyball.client.address import Address
    >>> tls_for(Address.read("https://flyball.internal"), None).check_hostname
    True
    """
    if address.secure:
        return ssl.create_default_context() if given is None else given
    if given is not None:
        raise Unsendable(f"tls is given, but {address} is not encrypted; give an address that begins with https://")
    return None

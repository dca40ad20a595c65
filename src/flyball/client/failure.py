"""Why a try came to no answer."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flyball.client.response import Response


class Kind(Enum):
    """What a failure means for the next try.

    >>> Kind.STALE.value
    'stale'
    """

    STALE = "stale"
    """The server had closed a connection that was kept: the request was not answered; at once again."""
    BROKEN = "broken"
    """There is no connection, or it broke: again after a pause."""
    LATE = "late"
    """Nothing came in time: again, if there is time."""
    FINAL = "final"
    """It would fail again."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A try without an answer.

    Args:
        kind: what it means for the next try.
        text: what happened.

    >>> Failure(Kind.LATE, "no answer").text
    'no answer'
    """

    kind: Kind
    text: str


LEFT_OVER = 408
"""What some servers say, unasked, before they close an idle connection."""


def checked(response: Response, *, reused: bool) -> Response | Failure:
    """The answer; or a failure where it was no answer to this request.

    >>> from flyball.client.response import Response
    >>> checked(Response(408, "Request Timeout", b""), reused=True).kind
    <Kind.STALE: 'stale'>
    """
    if reused and response.status == LEFT_OVER:
        return Failure(Kind.STALE, f"the server had ended the connection with {LEFT_OVER} {response.reason}")
    return response


def failure_of(error: Exception, *, reused: bool, begun: bool) -> Failure:
    """What an error of a connection means.

    Args:
        error: what was raised: an `OSError`, `Torn`, or a time-out.
        reused: whether the connection had served a request before.
        begun: whether a part of the answer had come.

    >>> failure_of(ConnectionResetError("reset by peer"), reused=True, begun=False)
    Failure(kind=<Kind.STALE: 'stale'>, text='reset by peer')
    """
    text = str(error) or type(error).__name__
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(Kind.FINAL, text)
    if isinstance(error, ConnectionRefusedError):
        text = "connection refused"  # asyncio has other words for it
    if isinstance(error, TimeoutError):
        return Failure(Kind.LATE, "no answer in time")
    return Failure(Kind.STALE if reused and not begun else Kind.BROKEN, text)

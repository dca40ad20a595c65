"""Whether the service takes requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Readiness:
    """True where the service is ready.

    Args:
        ready: whether it is.
        reason: why it is not.

    >>> if not (state := Readiness(False, "draining")):
    ...     print(state.reason)
    draining
    """

    ready: bool
    reason: str = ""

    def __bool__(self) -> bool:
        """Whether it is ready."""
        return self.ready

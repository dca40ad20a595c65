"""Why one value was not taken."""

from __future__ import annotations

from flyball.system.error import FlyballError


class ValueRefused(FlyballError):
    """One value cannot be taken as what it is declared to be.

    Args:
        reason: a code to count by: `wrong_type`, `unparsable`, `not_finite`, `out_of_range`, `too_long`, `too_many`,
            `not_text`, `naive_time`, `no_unit`, `impossible_time`, `tz_unknown`, `not_a_label`, `function_failed`.
        message: what was given, what is accepted, what to do.

    >>> ValueRefused("not_finite", "nan is not a finite number").reason
    'not_finite'
    """

    def __init__(self, reason: str, message: str) -> None:
        """Keeps the code and the message apart."""
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        """The message alone."""
        return self.message

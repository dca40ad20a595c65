"""The root of every error that flyball raises on purpose."""

from __future__ import annotations


class FlyballError(Exception):
    """Something was refused; the message says what was given, what is accepted and what to do.

    >>> raise FlyballError("window 'soon' is not a duration; give a number and a unit, such as '30m'")
    Traceback (most recent call last):
        ...
    flyball.system.error.FlyballError: window 'soon' is not a duration; give a number and a unit, such as '30m'
    """

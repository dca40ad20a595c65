"""The exit codes of every command."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command says to the shell when it ends.

    >>> int(ExitCode.INCOMPLETE)
    3
    """

    DONE = 0
    FINDINGS = 1
    """Something was found or refused; what, was said."""
    USAGE = 2
    """What was typed cannot be meant: an unknown option, a file that is not there."""
    INCOMPLETE = 3
    """It ran, but there is too little evidence for what was asked, such as no row with an outcome."""
    INTERRUPTED = 130
    """The user stopped it."""

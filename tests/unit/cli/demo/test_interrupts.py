"""Ctrl-C ends the demo, wherever it meets it."""

from __future__ import annotations

import signal
from contextlib import suppress

from flyball.cli.demo.live import _interrupts


def test_ctrl_c_is_noted_where_its_exception_is_lost() -> None:
    """As in a finaliser, which Python calls at any moment; afterwards it means again what it meant before."""
    before = signal.getsignal(signal.SIGINT)
    with _interrupts() as noted:
        unheard = noted.is_set()
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    assert (unheard, noted.is_set()) == (False, True)
    assert signal.getsignal(signal.SIGINT) is before

r"""A transport that holds back the head of an answer for its body, so that both leave in one write to the socket.

>>> class Wire:
...     def write(self, data: bytes) -> None:
...         print(data)
>>> cork = Cork(Wire(), soon=lambda flush: None)
>>> cork.write(b"HTTP/1.1 200 OK\r\n\r\n")
>>> cork.write(b"{}")
b'HTTP/1.1 200 OK\r\n\r\n{}'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Cork:
    """A transport; all that is not said here is the other's.

    Args:
        transport: the one that writes.
        soon: calls what it is given before the event loop waits again: a head whose body is long in coming goes alone.
    """

    def __init__(self, transport: Any, soon: Callable[[Callable[[], None]], object]) -> None:  # noqa: ANN401  # any transport
        self._transport = transport
        self._soon = soon
        self._held = b""

    def write(self, data: bytes) -> None:
        """Writes, or holds back what begins an answer."""
        if self._held:
            self._transport.write(self._held + data)
            self._held = b""
        elif data.startswith(b"HTTP/1.1 "):
            self._held = data
            self._soon(self.flush)
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Writes what is held back."""
        if self._held:
            self._transport.write(self._held)
            self._held = b""

    def close(self) -> None:
        """Writes what is held back, and closes."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the transport has
        return getattr(self._transport, name)

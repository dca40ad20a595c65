"""Watched tokens: those of a file, read again when it changes, so that a token is withdrawn without a restart."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from flyball.serve.tokens import TokensRefused, read_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    Look: TypeAlias = tuple[int, int, int, int] | None
    """What shows that a file was written, replaced or given other rights: device, inode, time of the last change of
    any of these, size; `None` where it is not there."""

_log = logging.getLogger("flyball.tokens")


class WatchedTokens:
    """The tokens of a file or of the environment; as `Tokens`, it is the `Keeper` of `flyball.serve.port`.

    Args:
        path: the setting `tokens_file`; `None` where there is none.
        environ: the process's environment.

    Raises:
        TokensRefused: as `read_tokens` says.

    >>> import tempfile
    >>> from flyball.serve.tokens import make_token
    >>> secret, token = make_token("shop", ["predict"], entropy=bytes(32))
    >>> file = Path(tempfile.mkdtemp(), "tokens")
    >>> file.touch(mode=0o600)
    >>> _ = file.write_text(f"{token}")
    >>> tokens = WatchedTokens(str(file), {})
    >>> _ = file.write_text(f"{token}".replace("predict", "outcome"))
    >>> tokens.look()
    >>> tokens.admit(f"Bearer {secret}".encode(), "outcome")
    'shop'
    """

    def __init__(self, path: str | None, environ: Mapping[str, str]) -> None:
        self._path, self._environ = path, environ
        self._seen = _look(path)
        self._problem: str | None = None
        self._tokens = read_tokens(path, environ)

    def admit(self, authorization: bytes | None, scope: str) -> str:
        """The consumer's name.

        Raises:
            Refused: as `Tokens.admit` says.
        """
        return self._tokens.admit(authorization, scope)

    def look(self) -> None:
        """Reads a file again that has changed; what cannot be read is logged, and the tokens before it hold on."""
        seen = _look(self._path)
        if seen == self._seen and self._problem is None:
            return
        self._seen = seen
        try:
            self._tokens = read_tokens(self._path, self._environ)
        except TokensRefused as error:
            if str(error) != self._problem:
                _log.error("the tokens before this change hold on: %s", error)
            self._problem = str(error)
        else:
            self._problem = None
            _log.info("the tokens were read again: %d", len(self._tokens))


def _look(path: str | None) -> Look:
    try:
        found = None if path is None else Path(path).stat()
    except OSError:
        return None
    return None if found is None else (found.st_dev, found.st_ino, found.st_ctime_ns, found.st_size)

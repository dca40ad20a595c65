"""Tokens: who may do what, known by the hashes of what they send.

A line for each token, in a file or in `FLYBALL_TOKENS` (there `;` ends a line too):

    NAME SCOPE[,SCOPE...] SHA-256

`#` begins a comment. The token itself is kept nowhere. It is 32 random bytes, so its plain SHA-256 cannot be guessed
back, and nothing slower is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
import stat
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from flyball.serve.problem import forbidden, unauthorised
from flyball.system.error import FlyballError
from flyball.system.mistake import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCOPES: Final = ("predict", "outcome", "read", "admin")
"""What a token may be good for; admin does not include the others."""
ANYBODY: Final = "local"
"""The consumer's name where no token is asked for, which loopback alone allows."""
VARIABLE: Final = "FLYBALL_TOKENS"
ENTROPY_BYTES: Final = 32
MAX_FILE_BYTES: Final = 1 << 20

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_HEADER = 1_024
_PREFIX = "flyball_"
"""What every token begins with, so that one that leaks is found by those who look for secrets in code."""


class TokensRefused(FlyballError):
    """Tokens cannot be read, or others than their owner could read them; the message says what to do."""


class BindingRefused(FlyballError):
    """Others than this machine could connect, and no token would be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is known of a token; written down by `str`.

    Args:
        name: whose it is: the consumer's name in logs and counts.
        scopes: what it is good for.
        sha256: of the token's text, in hexadecimal.

    >>> str(Token(name="shop", scopes=("predict", "outcome"), sha256="ab" * 32))[:28]
    'shop predict,outcome abababa'
    """

    name: str
    scopes: tuple[str, ...]
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} {','.join(self.scopes)} {self.sha256}"


Held: TypeAlias = dict[bytes, tuple[bytes, Token]]


class Tokens:
    """All tokens; lets requests in, and is the `Keeper` of `flyball.serve.port`.

    Args:
        tokens: each with another name; none: whoever can connect may do everything.

    Raises:
        TokensRefused: a name or a hash stands twice.

    >>> secret, token = make_token("shop", ["predict"], entropy=bytes(32))
    >>> tokens = Tokens([token])
    >>> tokens.admit(f"Bearer {secret}".encode(), "predict")
    'shop'
    >>> tokens.admit(f"Bearer {secret}".encode(), "admin")
    Traceback (most recent call last):
        ...
    flyball.serve.problem.Refused: the token of 'shop' has the scopes predict; this needs admin: send another token
    """

    __slots__ = ("_held", "tokens")

    def __init__(self, tokens: Iterable[Token] = ()) -> None:
        self.tokens = tuple(tokens)
        self._held: Held = {}
        for token in self.tokens:
            digest = bytes.fromhex(token.sha256)
            if digest[:8] in self._held or [each.name for each in self.tokens].count(token.name) > 1:
                raise TokensRefused(f"the token {token.name!r} stands twice; give each a name and a hash of its own")
            self._held[digest[:8]] = (digest, token)

    def __len__(self) -> int:
        return len(self.tokens)

    def admit(self, authorization: bytes | None, scope: str) -> str:
        """The consumer's name.

        Args:
            authorization: the header of that name; `None` where there was none.
            scope: what the request needs.

        Raises:
            Refused: with 401, there is no token, or an unknown one; with 403, it is not good for this.
        """
        if not self.tokens:
            return ANYBODY
        if authorization is None:
            raise unauthorised("no token was sent; send 'Authorization: Bearer TOKEN'")
        kind, _, secret = authorization[:_LONGEST_HEADER].partition(b" ")
        # What is compared is a hash: how long that takes tells nothing of a token, whatever part of it is right.
        digest = hashlib.sha256(secret.strip()).digest()
        held, token = self._held.get(digest[:8], (bytes(32), None))
        if not hmac.compare_digest(held, digest) or token is None or kind.lower() != b"bearer":
            raise unauthorised(
                "the token that was sent is not known; send 'Authorization: Bearer TOKEN' with one that is"
            )
        if scope not in token.scopes:
            scopes = ", ".join(token.scopes)
            raise forbidden(
                f"the token of {token.name!r} has the scopes {scopes}; this needs {scope}: send another token"
            )
        return token.name


def make_token(name: str, scopes: Iterable[str], *, entropy: bytes) -> tuple[str, Token]:
    """A new token: its text, to be shown once, and what is kept of it.

    Args:
        name: whose it is to be.
        scopes: what it is to be good for.
        entropy: 32 bytes that nobody can guess.

    Raises:
        TokensRefused: a name or scope that is not accepted.

    >>> secret, token = make_token("shop", ["read"], entropy=bytes(range(32)))
    >>> secret[:12], token.sha256 == hashlib.sha256(secret.encode()).hexdigest()
    ('flyball_AAEC', True)
    """
    if len(entropy) != ENTROPY_BYTES:
        raise TokensRefused(f"a token is made of {ENTROPY_BYTES} random bytes, not of {len(entropy)}")
    secret = _PREFIX + urlsafe_b64encode(entropy).decode("ascii").rstrip("=")
    digest = hashlib.sha256(secret.encode("ascii")).hexdigest()
    return secret, parse_token(f"{name} {','.join(scopes)} {digest}", "the new token")


def parse_token(line: str, source: str) -> Token:
    """A token of its line.

    Args:
        line: name, scopes and hash.
        source: where it stands, for messages; the line itself is never shown.

    Raises:
        TokensRefused: it is not such a line.

    >>> parse_token("shop predict " + "0" * 64, "tokens:1").scopes
    ('predict',)
    >>> parse_token("shop predikt " + "0" * 64, "tokens:1")
    Traceback (most recent call last):
        ...
    flyball.serve.tokens.TokensRefused: tokens:1 has no scope 'predikt'; did you mean 'predict'?
    """
    parts = line.split()
    if len(parts) != 3 or not _SHA256.fullmatch(parts[2]):
        raise TokensRefused(
            f"{source} is no token; give NAME SCOPE[,SCOPE] and the token's SHA-256, as `flyball token` prints it"
        )
    name, scopes, sha256 = parts
    if not _NAME.fullmatch(name):
        raise TokensRefused(f"{source} has the name {name!r}; give letters, digits and _.:@-, at most 64")
    given = tuple(dict.fromkeys(scopes.split(",")))
    for scope in given:
        if scope not in SCOPES:
            raise TokensRefused(
                f"{source} has no scope {scope!r}; {did_you_mean(scope, SCOPES, 'there are ' + ', '.join(SCOPES))}"
            )
    return Token(name=name, scopes=given, sha256=sha256)


def parse_tokens(text: str, source: str) -> Tokens:
    """The tokens of all lines.

    Raises:
        TokensRefused: a line is none, or a token stands twice.

    >>> len(parse_tokens("# ours", "tokens"))
    0
    """
    lines = ((number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), start=1))
    return Tokens(parse_token(line, f"{source}:{number}") for number, line in lines if line)


def read_tokens(path: str | None, environ: Mapping[str, str]) -> Tokens:
    """The tokens of a file, or those in the environment.

    Args:
        path: the setting `tokens_file`; `None` where there is none.
        environ: the process's environment.

    Raises:
        TokensRefused: both are given; or the file cannot be read, or could be by others than its owner.

    >>> len(read_tokens(None, {"FLYBALL_TOKENS": "shop predict " + "0" * 64 + "; web read " + "1" * 64}))
    2
    """
    given = environ.get(VARIABLE)
    if path is None:
        tokens = parse_tokens((given or "").replace(";", "\n"), VARIABLE)
        if given is not None and not tokens.tokens:
            raise TokensRefused(f"{VARIABLE} is set and holds no token; unset it, or give lines of `flyball token`")
        return tokens
    if given is not None:
        raise TokensRefused(f"there are tokens both in {VARIABLE} and in {path!r}; give one of the two")
    tokens = read_file(Path(path), guarded=environ.get("CREDENTIALS_DIRECTORY"))
    if not tokens.tokens:
        raise TokensRefused(f"{path!r} holds no token; add a line with `flyball token NAME --scope ... --file {path}`")
    return tokens


def read_file(path: Path, *, guarded: str | None = None) -> Tokens:
    """The tokens of a file.

    Args:
        path: the file.
        guarded: a folder whose files need no mode of their own.

    Raises:
        TokensRefused: it cannot be read, or could be by others than its owner.

    >>> read_file(Path("nowhere"))
    Traceback (most recent call last):
        ...
    flyball.serve.tokens.TokensRefused: 'nowhere' cannot be read: No such file or directory; see tokens_file
    """
    return parse_tokens(_private(path, guarded=guarded), str(path))


def _private(path: Path, *, guarded: str | None) -> str:
    """The text of a file that its owner alone can read; those that systemd hands over are guarded by their folder."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) and guarded != str(path.parent):
                raise TokensRefused(
                    f"{str(path)!r} has the mode {stat.S_IMODE(found.st_mode):o}, so others can read or change it; "
                    f"chmod 600 {path}"
                )
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise TokensRefused(f"{str(path)!r} cannot be read: {error.strerror}; see tokens_file") from error
    if len(data) > MAX_FILE_BYTES:
        raise TokensRefused(f"{str(path)!r} is larger than {MAX_FILE_BYTES} bytes; is it a file of tokens?")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TokensRefused(
            f"{str(path)!r} is not UTF-8; give a file of lines as `flyball token` prints them"
        ) from error


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    >>> is_loopback("localhost"), is_loopback("127.8.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_binding(host: str, tokens: Tokens) -> None:
    """Refuses to let other machines in without tokens.

    Args:
        host: the address to listen on.
        tokens: those that will be asked for.

    Raises:
        BindingRefused: there are none, and the address is not loopback's.

    >>> check_binding("127.0.0.1", Tokens())
    >>> check_binding("192.0.2.7", Tokens())
    Traceback (most recent call last):
        ...
    flyball.serve.tokens.BindingRefused: host = '192.0.2.7' lets other machines in, and there are no tokens; ...
    """
    if not tokens.tokens and not is_loopback(host):
        raise BindingRefused(
            f"host = {host!r} lets other machines in, and there are no tokens; make one with `flyball token` and name "
            "its file as tokens_file, or listen on 127.0.0.1"
        )

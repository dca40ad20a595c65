"""`flyball token`: makes a token for whoever is to send requests.

>>> token(TokenOptions(name="shop", scope=["predikt"]))
Traceback (most recent call last):
    ...
flyball.serve.tokens.TokensRefused: the new token has no scope 'predikt'; did you mean 'predict'?
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Annotated

import typer

from flyball.cli.command import JsonFlag
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.serve.tokens import ENTROPY_BYTES, SCOPES, Token, TokensRefused, make_token, read_file


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenOptions:
    """What `flyball token` is told.

    >>> TokenOptions(name="shop", scope=["predict"]).file is None
    True
    """

    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is to be; stands in logs and counts.")]
    scope: Annotated[
        list[str],
        typer.Option(metavar="SCOPE", help=f"What it is good for: {', '.join(SCOPES)}; with commas, or given again."),
    ]
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Add its line to this file of tokens; made if needed.")
    ] = None
    json: JsonFlag = False


def token(options: TokenOptions) -> ExitCode:
    """Make a token, show it once, and show the line to keep of it.

    The line holds the token's SHA-256, never the token. It goes into the file that the setting tokens_file names, or
    into FLYBALL_TOKENS. To withdraw a token, remove its line.

    Example:  flyball token shop --scope predict,outcome --file tokens
    """
    console = Console(json=options.json)
    scopes = [scope.strip() for given in options.scope for scope in given.split(",")]
    secret, made = make_token(options.name, scopes, entropy=token_bytes(ENTROPY_BYTES))
    if options.file is not None:
        add(options.file, made)
    console.show(f"token (shown this once): {secret}")
    console.show(f"line to keep: {made}" if options.file is None else f"{options.file} has its line")
    console.result({"name": made.name, "scopes": list(made.scopes), "token": secret, "line": str(made)})
    return ExitCode.DONE


def add(file: Path, made: Token) -> None:
    """Adds a token's line to a file that its owner alone can read.

    Raises:
        TokensRefused: the name is in it already, or others can read it.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "tokens"
    >>> add(file, make_token("shop", ["read"], entropy=bytes(32))[1])
    >>> read_file(file).tokens[0].name
    'shop'
    """
    if file.exists() and made.name in {held.name for held in read_file(file).tokens}:
        raise TokensRefused(f"{str(file)!r} has a token of {made.name!r} already; remove its line, or choose a name")
    text = f"{made}\n"
    if file.exists() and file.read_bytes()[-1:] not in {b"", b"\n"}:
        text = f"\n{text}"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as lines:
        lines.write(text)

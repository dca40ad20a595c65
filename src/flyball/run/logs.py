"""What processes log: one line of JSON a message on stderr, never with what was asked.

Inputs of predictions are what users know of people, and logs are copied to many places. So what is logged is redacted
by its shape, not by whoever logs remembering it: only numbers, short texts and paths pass, nothing under a name that
stands for a request's content, and of an error that nobody expected its type and place, not its message.
"""

from __future__ import annotations

import logging
import sys
from pathlib import PurePath
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Final, TextIO

import msgspec

from flyball.system.error import FlyballError
from flyball.system.moment import format_moment
from flyball.system.refusal import ValueRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

NOTICE: Final = 25
"""The level of what an operator did: above info, below warning."""
LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "notice": NOTICE,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
REDACTED: Final = "(redacted)"
SECRET: Final = frozenset(
    {
        "authorization",
        "body",
        "cookie",
        "data",
        "derived",
        "given",
        "inputs",
        "instances",
        "keys",
        "password",
        "payload",
        "secret",
        "signals",
        "token",
        "tokens",
        "value",
        "values",
    }
)
"""Names under which nothing is logged."""

MAX_MESSAGE: Final = 1_000
MAX_TEXT: Final = 200
MAX_EXTRAS: Final = 16
MAX_DEPTH: Final = 3
FRAMES: Final = 3

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}
_NAMES = {number: name for name, number in LEVELS.items()} | {logging.CRITICAL: "error"}
_encoder = msgspec.json.Encoder()


def redacted(value: object, depth: int = 0) -> object:
    """A value as it may be logged: numbers, short texts and paths; of anything else, only what it is.

    Args:
        value: anything.
        depth: how many mappings and lists it stands in.

    >>> redacted({"rows": 3, "inputs": {"country": "DE"}, "path": PurePath("a/b")})
    {'rows': 3, 'inputs': '(redacted)', 'path': 'a/b'}
    >>> redacted(object())
    '(object)'
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if value.bit_length() < 64 else f"(int of {value.bit_length()} bits)"
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str | PurePath):
        return cut(str(value), MAX_TEXT)
    if isinstance(value, BaseException):
        return error_line(value)
    if isinstance(value, dict) and depth < MAX_DEPTH:
        return fields(value, depth)
    if isinstance(value, list | tuple) and depth < MAX_DEPTH:
        return [redacted(each, depth + 1) for each in value[:MAX_EXTRAS]]
    return f"({type(value).__name__})"


def fields(given: Mapping[Any, object], depth: int = 0) -> dict[str, object]:
    """The first 16 entries of a mapping as they may be logged.

    >>> fields({"token": "abc", "pid": 7})
    {'token': '(redacted)', 'pid': 7}
    """
    return {
        cut(str(name), MAX_TEXT): REDACTED if str(name).lower() in SECRET else redacted(value, depth + 1)
        for name, value in list(given.items())[:MAX_EXTRAS]
    }


def cut(text: str, longest: int) -> str:
    """A text of at most so many characters and one ellipsis; what UTF-8 cannot hold is written as an escape.

    >>> cut("abcdef", 3)
    'abc…'
    """
    shorter = text if len(text) <= longest else text[:longest] + "…"
    return shorter.encode("utf-8", "backslashreplace").decode("utf-8")


def error_line(error: BaseException) -> str:
    """An error in one line: its type, its message where it is ours or the system's, and where it happened.

    Other messages may quote what was asked, and so may ours about single values: these are left out.

    >>> error_line(ValueError("could not convert string to float: 'private'"))
    'ValueError'
    >>> error_line(FlyballError("the log is closed; open it again"))
    'FlyballError: the log is closed; open it again'
    """
    said = ""
    if isinstance(error, FlyballError) and not isinstance(error, ValueRefused):
        said = f": {error}"
    elif isinstance(error, OSError):
        said = f": {error.strerror}"
    where = _places(error.__traceback__)
    line = f"{type(error).__name__}{said}{f' at {where}' if where else ''}"
    cause = error.__cause__
    return cut(" ".join((line if cause is None else f"{line}; from {type(cause).__name__}").split()), MAX_MESSAGE)


def _places(traceback: TracebackType | None) -> str:
    frames = [(frame.f_code, number) for frame, number in walk_tb(traceback)][-FRAMES:]
    return " < ".join(f"{PurePath(code.co_filename).name}:{number} {code.co_name}" for code, number in reversed(frames))


class JsonLines(logging.Formatter):
    r"""Writes a log record as one line of JSON, redacted.

    Args:
        kind: of this process: supervisor, worker, loop or control.

    >>> record = logging.LogRecord("flyball", logging.INFO, "", 0, "asked with %s", ({"inputs": 1},), None)
    >>> JsonLines("worker").format(record)
    '{"ts":"...","level":"info","process":"worker","pid":...,"message":"asked with {\'inputs\': \'(redacted)\'}"}'
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "ts": format_moment(int(record.created * 1_000_000)),
            "level": _NAMES.get(record.levelno, record.levelname.lower()),
            "process": self._kind,
            "pid": record.process,
            "message": _message(record),
        }
        extras = {name: value for name, value in record.__dict__.items() if name not in _OWN}
        line |= {name if name not in line else f"{name}_": value for name, value in fields(extras).items()}
        if record.exc_info is not None and record.exc_info[1] is not None:
            line["error"] = error_line(record.exc_info[1])
        return _encoder.encode(line).decode("utf-8")


def _message(record: logging.LogRecord) -> str:
    """A text of the caller's own is taken as it is, what is put into it is redacted."""
    if not isinstance(record.msg, str):
        return cut(str(redacted(record.msg)), MAX_MESSAGE)
    arguments: Any = record.args or ()
    safe: Any = fields(arguments) if isinstance(arguments, dict) else tuple(redacted(each) for each in arguments)
    try:
        return cut(record.msg % safe if safe else record.msg, MAX_MESSAGE)
    except (TypeError, ValueError, KeyError):  # such as %d for what was redacted to a text
        return cut(record.msg, MAX_MESSAGE)


def configure(kind: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Sends everything that this process logs to one stream, as lines of JSON; called first in each process's main.

    Args:
        kind: of this process: supervisor, worker, loop or control.
        level: the least important that is logged: debug, info, notice, warning or error.
        stream: where to; stderr by default.

    >>> import io
    >>> to, root = io.StringIO(), logging.getLogger()
    >>> before = root.handlers[:], root.level
    >>> configure("loop", "info", to)
    >>> logging.getLogger("flyball").info("committed", extra={"records": 3})
    >>> msgspec.json.decode(to.getvalue())["records"]
    3
    >>> root.handlers[:] = before[0]; root.setLevel(before[1])
    """
    logging.addLevelName(NOTICE, "NOTICE")
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(JsonLines(kind))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    logging.captureWarnings(capture=True)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)

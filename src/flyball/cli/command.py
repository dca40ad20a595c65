"""Commands: a function of its options, as typer wants it, with every failure told in one way."""

from __future__ import annotations

import copy
import inspect
import os
import shlex
import sys
from dataclasses import MISSING, Field, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar, get_args, get_origin, get_type_hints

import typer
from rich.markup import escape
from typer.models import ParameterInfo

from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Callable

JsonFlag = Annotated[bool, typer.Option("--json", help="Write one JSON object as the last line of stdout.")]
"""The option that every command has."""
SystemFile = Annotated[
    Path, typer.Argument(metavar="SYSTEM", help="The system file: .py, or .json as `to_json` wrote it.")
]
StateOption = Annotated[Path, typer.Option("--state", metavar="DIR", help="The state directory.")]


class Options(Protocol):
    """What was typed: a frozen dataclass whose fields are annotated as typer's parameters."""

    @property
    def json(self) -> bool:
        """Whether a program reads stdout."""


Given = TypeVar("Given", bound=Options)


class UsageWrong(FlyballError):
    """What was typed cannot be meant; the message says what can."""


class FileKept(FlyballError):
    """A file that is there already was not overwritten."""


def as_command(run: Callable[[Given], ExitCode]) -> Callable[..., None]:
    """A function of one options dataclass as a function of its fields, which is what typer reads commands from.

    What the function raises becomes a message and an exit code: never a traceback for what a user can put right.

    Args:
        run: its docstring is the command's help.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, slots=True, kw_only=True)
    ... class Wave:
    ...     times: Annotated[int, typer.Option(help="How often.")] = 1
    ...     json: JsonFlag = False
    >>> def wave(options: Wave) -> ExitCode:
    ...     return ExitCode(options.times)
    >>> list(inspect.signature(as_command(wave)).parameters)
    ['times', 'json']
    """
    [kind] = [hint for name, hint in get_type_hints(run).items() if name != "return"]
    hints = get_type_hints(kind, include_extras=True)

    @wraps(run)
    def command(**given: object) -> None:
        options = kind(**given)
        code = guarded(lambda: run(options), Console(json=options.json))
        if code is not ExitCode.DONE:
            raise typer.Exit(int(code))

    parameters = [_parameter(field, hints[field.name]) for field in fields(kind)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what `inspect` looks for
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = escape(help_text(run.__doc__ or ""))
    return command


def help_text(doc: str) -> str:
    r"""A docstring as help: one line for each paragraph, which the terminal wraps.

    >>> help_text("Check a file.\n\n    One line\n    and more.\n    ")
    'Check a file.\n\nOne line and more.'
    """
    paragraphs = inspect.cleandoc(doc).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)


def _parameter(field: Field[object], annotation: object) -> inspect.Parameter:
    default = inspect.Parameter.empty if field.default is MISSING else field.default
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=_plain(annotation))


def _plain(annotation: object) -> object:
    """The same parameter with a help in which nothing is taken for markup, such as the name of a table, `[prod]`."""
    if get_origin(annotation) is not Annotated:
        return annotation
    kind, *notes = get_args(annotation)
    return Annotated[kind, *map(_unmarked, notes)]


def _unmarked(note: object) -> object:
    if not isinstance(note, ParameterInfo) or note.help is None:
        return note
    plain = copy.copy(note)
    plain.help = escape(note.help)
    return plain


def guarded(run: Callable[[], ExitCode], console: Console) -> ExitCode:
    """Runs a command; what it raises is told in one message, and in JSON where that was asked for.

    >>> def refuse() -> ExitCode:
    ...     raise UsageWrong("'a.csv' does not exist")
    >>> int(guarded(refuse, Console(json=True)))
    {"error":{"type":"UsageWrong","message":"'a.csv' does not exist"}}
    2
    """
    try:
        return run()
    except KeyboardInterrupt:
        console.error("stopped. With --state nothing is lost: the same command goes on where it was.")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone (`| head`): nobody is left to tell, now or when Python closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FINDINGS
    except UsageWrong as error:
        return _told(error, str(error), console, ExitCode.USAGE)
    except FlyballError as error:
        return _told(error, str(error), console, ExitCode.FINDINGS)
    except OSError as error:
        return _told(error, fault_of(error), console, ExitCode.FINDINGS)
    except MemoryError as error:
        message = "there is not enough memory; the whole table is held in memory: give a part of the file"
        return _told(error, message, console, ExitCode.FINDINGS)


def _told(error: BaseException, message: str, console: Console, code: ExitCode) -> ExitCode:
    console.error(message)
    console.result({"error": {"type": type(error).__name__, "message": message}})
    return code


def fault_of(error: OSError) -> str:
    """What the system did not let us do, and with which file.

    >>> fault_of(FileNotFoundError(2, "No such file or directory", "a.csv"))
    "'a.csv': No such file or directory"
    """
    name = "" if error.filename is None else f"{str(error.filename)!r}: "
    return f"{name}{error.strerror or error}"


def existing(path: Path, what: str) -> Path:
    """A path that must be there.

    Raises:
        UsageWrong: it is not.

    >>> existing(Path("nowhere.csv"), "file")
    Traceback (most recent call last):
        ...
    flyball.cli.command.UsageWrong: the file 'nowhere.csv' does not exist; check its name and the folder
    """
    if not path.exists():
        raise UsageWrong(f"the {what} {str(path)!r} does not exist; check its name and the folder")
    return path


def typed() -> str:
    """What was typed, for reports.

    >>> typed().startswith("flyball")
    True
    """
    return shlex.join(["flyball", *sys.argv[1:]])

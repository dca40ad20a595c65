"""System files: reading the one system in a file of Python or JSON."""

from __future__ import annotations

import inspect
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from flyball.system.derivation import bucket, cross, derive, ngrams, words
from flyball.system.entity import Entity
from flyball.system.event import Event
from flyball.system.input import Input
from flyball.system.learner import FM, FTRL
from flyball.system.mistake import Mistake, SystemInvalid, did_you_mean, noun
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.place import Place
from flyball.system.raised import raised
from flyball.system.source import Source
from flyball.system.system import System

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEYWORD = re.compile(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'")
_ATTRIBUTE = re.compile(r"module 'flyball' has no attribute '(\w+)'")
_DECLARATIONS = {
    each.__name__: each
    for each in (Entity, Event, FM, FTRL, Input, Model, Outcome, Source, System, bucket, cross, derive, ngrams, words)
}
LARGEST = 10_000_000
"""The largest system file, in bytes."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A system, and the names that its file gave to values; none where the file was JSON.

    Args:
        system: the one system in the file.
        names: what the file defined; empty for JSON.

    >>> model = Model("ctr", signals=[Input("hour", int)], outcome=Outcome("click"))
    >>> Loaded(System("ads", models=[model]), {}).system.name
    'ads'
    """

    system: System
    names: Mapping[str, object]


def load_system(path: Path | str) -> System:
    """The one system in a file.

    A file that ends in `.py` is executed, with its folder on `sys.path` as for a script; so load only files that you
    trust. A file that ends in `.json` was written by `System.to_json`; nothing is executed.

    Args:
        path: the file.

    Raises:
        SystemInvalid: it cannot be read, it fails, it holds no system or several, or something is wrong with the
            system; each mistake with its line.

    >>> load_system("nowhere.py")
    Traceback (most recent call last):
        ...
    flyball.system.mistake.SystemInvalid: the system has 1 mistake:
      nowhere.py: error file-unreadable: system file 'nowhere.py': given No such file or directory; accepted: ...
    """
    return load(path).system


def load(path: Path | str) -> Loaded:
    """As `load_system`, with the names that the file defined.

    Raises:
        SystemInvalid: as there.

    >>> load("ads.txt")
    Traceback (most recent call last):
        ...
    flyball.system.mistake.SystemInvalid: the system has 1 mistake:
      ads.txt: error file-kind: system file 'ads.txt': given '.txt'; accepted: a file that ends in .py or .json...
    """
    file = Path(path)
    if file.suffix not in {".py", ".json"}:
        accepted = "a file that ends in .py or .json; 'flyball init' writes one from data"
        raise _invalid("file-kind", file, repr(file.suffix), accepted)
    text = _text(file)
    if file.suffix == ".json":
        return Loaded(System.from_json(text), {})
    names = _executed(file, text)
    systems = list({id(value): value for value in names.values() if isinstance(value, System)}.values())
    if not systems:
        held = [name for name, value in names.items() if isinstance(value, list | tuple | dict) and _holds(value)]
        if held:
            hint = f"{held[0]!r} holds one; give the system itself a name"
            raise _invalid("system-missing", file, "no system with a name", "a file that makes one system", hint)
        hint = "such as ads = fb.System('ads', owner='team:ads', models=[ctr])"
        raise _invalid("system-missing", file, "no system", "a file that makes one system and gives it a name", hint)
    if len(systems) > 1:
        raise SystemInvalid(_several(file, system) for system in systems)
    return Loaded(systems[0], names)


def _text(file: Path) -> str:
    accepted = "a file of UTF-8 text that can be read"
    try:
        if file.stat().st_size > LARGEST:
            raise _invalid("file-unreadable", file, f"{file.stat().st_size} bytes", f"at most {LARGEST} bytes")
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _invalid("file-unreadable", file, error.strerror or type(error).__name__, accepted) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _invalid(
            "file-unreadable", file, f"bytes that are no UTF-8: {error.reason}", accepted, line=line
        ) from error


def _executed(file: Path, text: str) -> Mapping[str, object]:
    """What the file defines when it runs; its folder stays importable, for the users' own functions."""
    folder = str(file.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    if "\0" in text:
        # Python's own complaint differs from one release to the next.
        raise _invalid("file-syntax", file, "null bytes", "a file of Python", line=0)
    module = ModuleType(file.stem)
    module.__file__ = str(file)
    with _registered(module):
        try:
            exec(compile(text, str(file), "exec"), module.__dict__)  # noqa: S102  # a system file is a program: says so
        except SystemInvalid:
            raise
        except SyntaxError as error:
            own = error.filename == str(file)
            given = f"{type(error).__name__}: {error.msg}" + ("" if own else f" in {error.filename}:{error.lineno}")
            line = error.lineno or 0 if own else _line(error, str(file))
            raise _invalid("file-syntax", file, given, "a file of Python", line=line) from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the user's file may raise anything at all
            accepted, line = "a file that runs to its end", _line(error, str(file))
            raise _invalid("file-failed", file, raised(error), accepted, _hint(error), line=line) from error
    return module.__dict__


def _holds(values: list[object] | tuple[object, ...] | dict[object, object]) -> bool:
    """Whether a system is among them."""
    return any(isinstance(value, System) for value in (values.values() if isinstance(values, dict) else values))


@contextmanager
def _registered(module: ModuleType) -> Iterator[None]:
    """The module is importable by its name while it runs, unless that name is taken; afterwards all is as before."""
    taken = module.__name__ in sys.modules
    if not taken:
        sys.modules[module.__name__] = module
    try:
        yield
    finally:
        if not taken:
            sys.modules.pop(module.__name__, None)


def _line(error: BaseException, file: str) -> int:
    """The last line of the file that was running when the error arose; 0 where none was."""
    line = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _hint(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "leave out what ends the program, such as sys.exit()"
    if isinstance(error, ImportError | ImportWarning) and re.search("relative import|resolve package", str(error)):
        return "its folder is importable: write 'from signals import hour' without the dot"
    match = _KEYWORD.search(str(error)) if isinstance(error, TypeError) else None
    if match is not None:
        declare = _DECLARATIONS.get(match[1])
        fields = [] if declare is None else list(inspect.signature(declare).parameters)
        return did_you_mean(match[2], fields, f"accepted: {', '.join(fields)}" if fields else "")
    match = _ATTRIBUTE.search(str(error)) if isinstance(error, AttributeError) else None
    return "" if match is None else did_you_mean(match[1], _DECLARATIONS)


def _invalid(code: str, file: Path, given: str, accepted: str, hint: str = "", *, line: int = 0) -> SystemInvalid:
    subject = noun("system file", file.name)
    place = Place(str(file), line)
    return SystemInvalid([Mistake(code=code, subject=subject, given=given, accepted=accepted, hint=hint, place=place)])


def _several(file: Path, system: System) -> Mistake:
    return Mistake(
        code="system-several",
        subject=noun("system file", file.name),
        given=f"another system {system.name!r}",
        accepted="a file that makes one system",
        hint="put each into a file of its own",
        place=system.place,
    )

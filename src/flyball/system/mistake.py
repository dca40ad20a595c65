"""What is wrong with a system, said so that it can be put right."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal, TypeAlias

from flyball.system.error import FlyballError
from flyball.system.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flyball.system.place import Place

Severity: TypeAlias = Literal["error", "warning"]
"""An error refuses the system; a warning only says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that is wrong.

    Args:
        code: its kind, such as `type-unknown`.
        subject: what it was found in, such as `input 'hour'`.
        given: what was given, as a short text.
        accepted: what is accepted.
        hint: what to do.
        place: the line; `None` when the system was not read from a file of Python.
        severity: whether it refuses the system.

    >>> print(Mistake(code="window-bad", subject="outcome 'click'", given="'soon'", accepted="a duration", hint="7d?"))
    error window-bad: outcome 'click': given 'soon'; accepted: a duration; 7d?
    """

    code: str
    subject: str
    given: str
    accepted: str
    hint: str = ""
    place: Place | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        """One line for people, beginning with the place."""
        place = "" if self.place is None else f"{self.place}: "
        hint = f"; {self.hint}" if self.hint else ""
        return (
            f"{place}{self.severity} {self.code}: {self.subject}: given {self.given}; accepted: {self.accepted}{hint}"
        )


def in_order(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """The mistakes, each once, by file and line and then as found.

    >>> in_order([])
    ()
    """
    once = tuple(dict.fromkeys(mistakes))
    return tuple(sorted(once, key=lambda each: ("", 0) if each.place is None else (each.place.file, each.place.line)))


def did_you_mean(given: object, accepted: Iterable[str], otherwise: str = "") -> str:
    """A question that names the nearest accepted word, or `otherwise`.

    >>> did_you_mean("arival", ["arrival", "close"])
    "did you mean 'arrival'?"
    """
    close = get_close_matches(given, list(accepted), n=1) if isinstance(given, str) else []
    return f"did you mean {close[0]!r}?" if close else otherwise


def one_of(words: Iterable[str]) -> str:
    """The words as a list of choices.

    >>> one_of(["a", "b"])
    "'a', 'b'"
    """
    return ", ".join(repr(word) for word in words)


def noun(kind: str, name: object) -> str:
    """A subject: what kind of thing, and its name.

    >>> noun("input", "hour")
    "input 'hour'"
    """
    return f"{kind} {excerpt(name)}"


class SystemInvalid(FlyballError):
    """A system is refused; the message lists everything that is wrong with it, each at its line.

    Args:
        mistakes: all that was found, warnings too; at least one is an error.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Puts the mistakes in order."""
        self.mistakes = in_order(mistakes)
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        """A heading, then one line for each mistake."""
        errors = sum(each.severity == "error" for each in self.mistakes)
        heading = f"the system has {errors} mistake{'' if errors == 1 else 's'}"
        return "\n".join([f"{heading}:", *(f"  {each}" for each in self.mistakes)])

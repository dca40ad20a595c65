"""What a mistake is found in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.system.excerpt import excerpt
from flyball.system.mistake import Mistake, Severity, did_you_mean, one_of
from flyball.system.moment import zone
from flyball.system.refusal import ValueRefused
from flyball.system.signal import NAME_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flyball.system.place import Place

WORD_LENGTH = 100
"""The longest name of a system, model, outcome or event, in characters."""
RESERVED = "@:"
"""Characters that no name holds: `view@v2:signal` is how the index writes a signal."""

_WORD = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True, slots=True)
class Subject:
    """A declared thing, as mistakes name it.

    Args:
        noun: what it is, such as "outcome".
        name: its name, whatever was given for it.
        place: the line where it was declared.

    >>> Subject("input", "hour", None).mistake("type-unknown", "strng", "a type").subject
    "input 'hour'"
    """

    noun: str
    name: object
    place: Place | None

    def __str__(self) -> str:
        return self.noun if self.name is None else f"{self.noun} {excerpt(self.name)}"

    def mistake(
        self,
        code: str,
        given: object,
        accepted: str,
        hint: str = "",
        *,
        severity: Severity = "error",
        quoted: bool = True,
    ) -> Mistake:
        """A mistake in this; `quoted=False` where `given` already tells in words what was given."""
        return Mistake(
            code=code,
            subject=str(self),
            given=excerpt(given) if quoted else str(given),
            accepted=accepted,
            hint=hint,
            place=self.place,
            severity=severity,
        )

    def choice(self, code: str, given: object, accepted: Sequence[str]) -> Iterator[Mistake]:
        """A mistake unless what was given is one of these words."""
        if not isinstance(given, str) or given not in accepted:
            yield self.mistake(code, given, one_of(accepted), did_you_mean(given, accepted))

    def number(self, code: str, given: object, accepted: str, *, above: float, up_to: float) -> Iterator[Mistake]:
        """A mistake unless what was given is a float in `(above, up_to]`; NaN is in no range."""
        if not isinstance(given, float) or not above < given <= up_to:
            yield self.mistake(code, given, accepted)

    def zone(self, given: object) -> Iterator[Mistake]:
        """A mistake unless what was given is the name of a time zone."""
        try:
            zone(given if isinstance(given, str) else "")
        except ValueRefused:
            yield self.mistake("tz-unknown", given, "a name of the IANA time zone database, such as 'Europe/Berlin'")

    def texts(self, owner: object, description: object) -> Iterator[Mistake]:
        """A mistake for each of these that is no text."""
        for field, given in (("owner", owner), ("description", description)):
            if not isinstance(given, str) or not has_utf8(given):
                yield self.mistake("text-expected", given, f"text for {field}=")


def has_utf8(text: str) -> bool:
    """Whether a text can be written at all: half a surrogate pair cannot.

    >>> has_utf8("é")
    True
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def in_name(subject: Subject, name: object) -> Iterator[Mistake]:
    """Mistakes in the name of a signal, which may be any heading of a column.

    >>> [mistake.code for mistake in in_name(Subject("input", "a:b", None), "a:b")]
    ['name-reserved']
    """
    accepted = f"text of 1 to {NAME_LENGTH} characters without {' or '.join(RESERVED)}"
    if not isinstance(name, str) or not name.strip():
        yield subject.mistake("name-bad", name, accepted, "a signal is named after its column")
    elif any(character in name for character in RESERVED):
        yield subject.mistake("name-reserved", name, accepted, "'@' and ':' separate view, version and signal")
    elif len(name) > NAME_LENGTH or name != name.strip() or not name.isprintable() or not has_utf8(name):
        yield subject.mistake("name-bad", name, accepted, "no blanks around it and no control characters in it")


def in_word(subject: Subject, name: object) -> Iterator[Mistake]:
    """Mistakes in a name that stands in addresses: of a system, a model, an outcome or an event.

    >>> [mistake.code for mistake in in_word(Subject("model", "a b", None), "a b")]
    ['name-bad']
    """
    accepted = f"1 to {WORD_LENGTH} letters, digits, '_', '-' or '.', beginning with a letter, digit or '_'"
    if isinstance(name, str) and any(character in name for character in RESERVED):
        yield subject.mistake("name-reserved", name, accepted, "'@' and ':' separate view, version and signal")
    elif not isinstance(name, str) or not _WORD.fullmatch(name) or len(name) > WORD_LENGTH:
        hint = "Source(label=...) names a column" if subject.noun == "outcome" else "it stands in addresses"
        yield subject.mistake("name-bad", name, accepted, hint)

"""HTML elements that escape whatever is not HTML already, so that data can never become markup."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

VOID: Final = frozenset({"meta", "br", "input"})
"""Elements that have no end."""


class Html(str):
    """Text that is HTML: made by `element` and `raw` only.

    >>> Html("<b>").upper()
    '<B>'
    """

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"
"""What an element may contain: HTML as it is, other text escaped, None nothing, and lists of these."""
Attribute: TypeAlias = str | int | float | bool | None


def element(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """One element.

    Args:
        name: of the element.
        children: HTML, or text that is escaped.
        attributes: `class_` is written `class`, `stroke_width` as `stroke-width`; True is written without a value,
            False and None not at all; values are escaped.

    >>> element("p", "a < b", element("br"), class_="note", hidden=True)
    '<p class="note" hidden>a &lt; b<br></p>'
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{''.join(_pieces(children))}</{name}>")


def raw(text: str) -> Html:
    """Text of our own files, taken as HTML; never give it data.

    >>> element("p", raw("<i>ours</i>"))
    '<p><i>ours</i></p>'
    """
    return Html(text)


def group(*children: Child) -> Html:
    """Several children without an element around them.

    >>> group("<", element("br"))
    '&lt;<br>'
    """
    return Html("".join(_pieces(children)))


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f' {name}="{escape(text, quote=True)}"'


def _pieces(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Html):
            yield child
        elif isinstance(child, str | int):
            yield escape(str(child), quote=False)
        else:
            yield from _pieces(child)

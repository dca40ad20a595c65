"""Derivations: the signals that are pure functions of other signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.system.kind import Kind
from flyball.system.place import as_float, as_tuple, unchecked
from flyball.system.signal import Derived, Signal, kind_or_none

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.system.canonical import JSON


def cross(
    *signals: Signal, name: str | None = None, was: str | None = None, owner: str = "", description: str = ""
) -> Derived:
    """One name for each combination of values, such as `country=DE, ad=7`; a list in it gives one for each item.

    Args:
        *signals: two or more, none of them a float (bucket it first), a timestamp or a mapping.
        name: its name; without one `cross(country, ad)`.
        was: the name that it had, whose features it keeps.
        owner: who answers for it.
        description: what it means.

    >>> from flyball.system.input import Input
    >>> cross(Input("country", str), Input("hour", int)).name
    'cross(country, hour)'
    """
    kinds = {kind_or_none(getattr(signal, "type", None)) for signal in signals}
    kind = Kind.LIST if Kind.LIST in kinds else Kind.STR
    return _derived("cross", signals, {}, kind, name, was, owner, description)


def bucket(
    signal: Signal,
    edges: Sequence[float] | None = None,
    *,
    width: float | None = None,
    name: str | None = None,
    was: str | None = None,
    owner: str = "",
    description: str = "",
) -> Derived:
    """The number of the bucket that a number falls into; a name, not a number.

    Args:
        signal: an int or float.
        edges: increasing; the bucket is how many of them are not above the value: 0 below the first edge.
        width: instead of edges: the bucket is the value divided by it, rounded down.
        name: its name; without one `bucket(price)`.
        was: the name that it had, whose features it keeps.
        owner: who answers for it.
        description: what it means.

    >>> from flyball.system.input import Input
    >>> bucket(Input("price", float), [1, 10, 100]).params
    {'edges': (1.0, 10.0, 100.0)}
    """
    params: dict[str, JSON] = {}
    if edges is not None:
        params["edges"] = tuple(unchecked(as_float(edge)) for edge in as_tuple(edges))
    if width is not None:
        params["width"] = unchecked(as_float(width))
    return _derived("bucket", (signal,), params, Kind.INT, name, was, owner, description)


def words(
    text: Signal, *, name: str | None = None, was: str | None = None, owner: str = "", description: str = ""
) -> Derived:
    """The words of a text, as a list.

    Args:
        text: a text.
        name: its name; without one `words(text)`.
        was: the name that it had, whose features it keeps.
        owner: who answers for it.
        description: what it means.

    >>> from flyball.system.input import Input
    >>> words(Input("title", str)).kind
    <Kind.LIST: 'list'>
    """
    return _derived("words", (text,), {}, Kind.LIST, name, was, owner, description)


def ngrams(
    text: Signal,
    n: int,
    of: str = "words",
    *,
    name: str | None = None,
    was: str | None = None,
    owner: str = "",
    description: str = "",
) -> Derived:
    """All runs of `n` neighbouring words or characters of a text, as a list.

    Args:
        text: a text.
        n: how many, 1 or more.
        of: "words" or "chars".
        name: its name; without one `ngrams(text, 2, words)`.
        was: the name that it had, whose features it keeps.
        owner: who answers for it.
        description: what it means.

    >>> from flyball.system.input import Input
    >>> ngrams(Input("title", str), n=2).name
    'ngrams(title, 2, words)'
    """
    return _derived("ngrams", (text,), {"n": n, "of": of}, Kind.LIST, name, was, owner, description)


def derive(
    function: str,
    inputs: Sequence[Signal],
    type: object,
    *,
    version: int | None = None,
    name: str | None = None,
    was: str | None = None,
    owner: str = "",
    description: str = "",
) -> Derived:
    """The result of a function of the user's own. It is logged, so it is never computed again.

    Args:
        function: where it is imported from, such as `"shop.prices:discount"`; it takes the inputs in order, `None` for
            a missing one, and returns a value of `type` or `None`.
        inputs: the signals it is called with.
        type: what it returns; as for `Input`.
        version: compulsory, a whole number of 1 or more; whoever changes what the function returns changes it too.
        name: its name; without one `discount(price, user)`.
        was: the name that it had, whose features it keeps.
        owner: who answers for it.
        description: what it means.

    >>> from flyball.system.input import Input
    >>> derive("math:floor", [Input("price", float)], int, version=1).name
    'floor(price)'
    """
    params: dict[str, JSON] = {"path": function, "version": version}
    return _derived("function", inputs, params, type, name, was, owner, description)


def _derived(
    op: str,
    inputs: object,
    params: dict[str, JSON],
    declared: object,
    name: str | None,
    was: str | None,
    owner: str,
    description: str,
) -> Derived:
    signals: tuple[Signal, ...] = as_tuple(inputs)  # type: ignore[assignment]  # the check finds what is no signal
    return Derived(
        op=op,
        inputs=signals,
        params=params,
        type=declared,
        name="" if name is None else name,
        was=was,
        owner=owner,
        description=description,
    )

"""Functions: users' own code, named by where it is imported from."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

from flyball.system.error import FlyballError
from flyball.system.excerpt import excerpt
from flyball.system.missing import MISSING, Missing
from flyball.system.mistake import did_you_mean
from flyball.system.raised import raised
from flyball.system.refusal import ValueRefused
from flyball.system.value import coerce

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flyball.system.kind import Kind
    from flyball.system.value import Value

_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class FunctionUnknown(FlyballError):
    """A path leads to no function."""


def is_path(given: object) -> bool:
    """Whether this reads like the path of a function.

    >>> is_path("shop.prices:discount"), is_path("shop.prices.discount")
    (True, False)
    """
    return isinstance(given, str) and _PATH.fullmatch(given) is not None


def resolve(path: str) -> Callable[..., object]:
    """The function at a path; its module is imported, which executes it.

    Args:
        path: a module and a name in it, such as `"shop.prices:discount"`.

    Raises:
        FunctionUnknown: it is no such path, the module does not import, or what it names cannot be called.

    >>> resolve("math:sqrt")(9)
    3.0
    """
    if not is_path(path):
        raise FunctionUnknown(f"{excerpt(path)} is no path of a function; accepted: 'package.module:function'")
    module_name, _, name = path.partition(":")
    try:
        found: object = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # a user's module may raise anything at all while it is imported
        msg = f"{path!r} is not imported: module {module_name!r} raised {raised(error)}"
        raise FunctionUnknown(msg) from error
    for part in name.split("."):
        names = [each for each in dir(found) if not each.startswith("_")]
        if not hasattr(found, part):
            hint = did_you_mean(part, names, "is it spelt right?")
            raise FunctionUnknown(f"{path!r} is not found: module {module_name!r} has no {part!r}; {hint}")
        found = getattr(found, part)
    if not callable(found):
        raise FunctionUnknown(f"{path!r} is no function but {excerpt(found)}")
    return found


def bind(path: str, kind: Kind) -> Callable[[Sequence[Value]], Value]:
    """The function at a path as a pure function of values: missing goes in as `None`, and its result is typed.

    Args:
        path: where it is imported from.
        kind: the declared type of its result.

    Returns:
        A function of the inputs' values in order. It raises `ValueRefused`, with the reason `function_failed` where the
        user's function raised, and with the reason of `coerce` where the result is not of the declared kind.

    Raises:
        FunctionUnknown: the path leads to no function.

    >>> from flyball.system.kind import Kind
    >>> bind("math:floor", Kind.INT)([2.5])
    2
    """
    function = resolve(path)

    def call(values: Sequence[Value]) -> Value:
        try:
            result = function(*map(_given, values))
        except Exception as error:  # a user's function may raise anything; the prediction must know which did
            message = f"function {path!r} raised {raised(error)}; it is to return None where it cannot say"
            raise ValueRefused("function_failed", message) from error
        return MISSING if result is None else coerce(kind, result)

    return call


def _given(value: Value) -> object:
    """A value as a user's function gets it: a mapping is its own, whatever it does with it."""
    if isinstance(value, Missing):
        return None
    return dict(value) if isinstance(value, dict) else value

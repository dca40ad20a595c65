"""What others' code raised, as text that can stand in a message."""

from __future__ import annotations

_CHARACTERS = 500


def raised(error: BaseException) -> str:
    r"""The type and the text of an exception, on one line and short; never fails, whatever its `__str__` does.

    Args:
        error: what a user's own code raised.

    >>> raised(ValueError("no\nnumber"))
    'ValueError: no\\nnumber'
    """
    noun = type(error).__name__
    try:
        text = str(error)
    except Exception:  # it is a user's own exception, which may raise anything at all
        return noun
    shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text[:_CHARACTERS])
    if not shown:
        return noun
    return f"{noun}: {shown}{'...' if len(text) > _CHARACTERS else ''}"

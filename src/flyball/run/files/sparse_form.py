"""Which form of sparse text a file has, told by its first lines."""

from __future__ import annotations

import re
from enum import StrEnum

from flyball.run.files.byte_stream import FileUnreadable

_LINES = 100
_ENOUGH = 0.8
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TAG = r"'[^\s|]*"
_VW = re.compile(rf"\s*(?:(?P<label>{_NUMBER})(?:\s+{_NUMBER}){{0,2}}\s+(?:{_TAG}\s*|[^\s|]*)|{_TAG}\s*)?\|", re.ASCII)
_BANDIT = re.compile(rf"\s*(?:\d+:{_NUMBER}:{_NUMBER}\b|shared\b)[^|]*\|", re.ASCII)
_SVM = re.compile(r"\s*(?P<label>\S+)(?:\s+qid:\d+)?(?P<pair>\s+\d+:\S+)*\s*", re.ASCII)
_FFM = re.compile(r"\s*(?P<label>\S+)(?P<pair>\s+\d+:\d+:\S+)*\s*", re.ASCII)
_IS_NUMBER = re.compile(_NUMBER, re.ASCII)


class SparseForm(StrEnum):
    """A text of one example a line, with named features.

    >>> SparseForm.VW.value
    'vowpal wabbit'
    """

    VW = "vowpal wabbit"
    LIBSVM = "libsvm"
    LIBFFM = "libffm"


def sparse_form(path: str, text: str) -> SparseForm | None:
    r"""The form of a file with these first lines; None if it is none of the three.

    The first line and four fifths of the first hundred must have it, and one must have a label: what begins with a bar
    may be any table.

    Args:
        path: the file's name, for the message.
        text: whole lines from its start.

    Raises:
        FileUnreadable: it is Vowpal Wabbit's text of a contextual bandit.

    >>> sparse_form("a", "1 |f x y\n"), sparse_form("a", "+1 3:0.5 7:1\n"), sparse_form("a", "0 1:3:1\n")
    (<SparseForm.VW: 'vowpal wabbit'>, <SparseForm.LIBSVM: 'libsvm'>, <SparseForm.LIBFFM: 'libffm'>)
    >>> print(sparse_form("a", "hour|late\n7|1\n"))
    None
    """
    lines = [line for line in text.split("\n") if line.strip()][:_LINES]
    if not lines:
        return None
    if _BANDIT.match(lines[0]):
        fault = "is Vowpal Wabbit's text of a contextual bandit (action:cost:probability)"
        raise FileUnreadable(path, fault, "write one example a line: '1 |f a b' or '-1 |f a b'")
    if _most(_VW, lines, whole=False, needed="label"):
        return SparseForm.VW
    bare = [line for line in (each.partition("#")[0] for each in lines) if line.strip()]
    if bare and _most(_FFM, bare, whole=True, needed="pair"):
        return SparseForm.LIBFFM
    if bare and _most(_SVM, bare, whole=True, needed="pair"):
        return SparseForm.LIBSVM
    return None


def _most(pattern: re.Pattern[str], lines: list[str], *, whole: bool, needed: str) -> bool:
    """Whether the first line and most others match, and one of them has what is needed."""
    found = [pattern.fullmatch(line) if whole else pattern.match(line) for line in lines]
    matches = [match for match in found if match is not None and _is_labelled(match)]
    if found[0] is None or not _is_labelled(found[0]) or len(matches) < _ENOUGH * len(lines):
        return False
    return any(match[needed] is not None for match in matches)


def _is_labelled(match: re.Match[str]) -> bool:
    """Whether the label is a number, or there is none."""
    label = match["label"]
    return label is None or _IS_NUMBER.fullmatch(label) is not None

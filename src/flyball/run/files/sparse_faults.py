"""What is said of the lines of sparse text that are no examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.run.files import sparse_sheet as sheet
from flyball.run.files.rejection import Rejection
from flyball.system.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flyball.run.files.sparse_lines import Fault

_NUMBER = "a label, an importance and a base are finite numbers"
_FAULTS: Mapping[int, tuple[str, str]] = {
    sheet.NO_BAR: ("no_bar", "has no '|' before its features"),
    sheet.NO_LABEL: ("unparsable", f"is no number; {_NUMBER}"),
    sheet.LABEL_NOT_FINITE: ("not_finite", f"is not finite; {_NUMBER}"),
    sheet.MANY_NUMBERS: ("too_many_fields", "comes after a label, an importance and a base, and is no tag"),
    sheet.NO_NAME: ("unparsable", "is a value without the name of a feature"),
    sheet.NO_VALUE: ("unparsable", "has no number behind its colon"),
    sheet.VALUE_NOT_FINITE: ("not_finite", "has a value that is not a finite number; leave the feature out"),
    sheet.NO_PAIR: ("unparsable", "is no feature; accepted: index:value, or with fields field:index:value"),
    sheet.NO_INDEX: ("unparsable", "has an index that is no whole number"),
}
"""Code -> the reason's name, and what is said of the text at fault."""


def rejections_of(faults: Iterable[Fault]) -> tuple[Rejection, ...]:
    """The faults of all blocks of a file, each kind once, in the order of their first lines.

    Args:
        faults: in the file's order.

    >>> from flyball.run.files.sparse_lines import Fault
    >>> print(rejections_of([Fault(sheet.NO_BAR, 1, 3, "a b"), Fault(sheet.NO_BAR, 2, 9, "c")])[0])
    3 rows: no_bar, first at row 3: 'a b' has no '|' before its features
    """
    found: dict[int, Fault] = {}
    for fault in faults:
        before = found.get(fault.code, fault._replace(lines=0))
        found[fault.code] = before._replace(lines=before.lines + fault.lines)
    return tuple(
        Rejection(
            reason=_FAULTS[fault.code][0],
            count=fault.lines,
            first_row=fault.first,
            example=f"{excerpt(fault.text)} {_FAULTS[fault.code][1]}",
        )
        for fault in sorted(found.values(), key=lambda fault: fault.first)
    )

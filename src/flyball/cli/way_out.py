"""What can be done where `flyball plan` refuses a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.system.change import Effect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flyball.system.change import Change


def ways_out(changes: Sequence[Change], system: Path, state: Path) -> tuple[str, ...]:
    """The ways on from a refused change, and what each means for what was learned; none where nothing is refused.

    Args:
        changes: all of the plan.
        system: the changed system file.
        state: the state directory that has learned.

    >>> from pathlib import Path
    >>> from flyball.system.change import Change
    >>> told = {"old": "7d", "new": "3d", "effect": Effect.REFUSED, "sentence": ""}
    >>> change = Change(model="y", subject="window of outcome 'bought'", outcome="bought", **told)
    >>> [way.partition(":")[0] for way in ways_out([change], Path("y.py"), Path("state"))]
    ['undo the change', 'let both learn', 'begin a state directory of its own']
    """
    refused = [change for change in changes if change.effect is Effect.REFUSED]
    if not refused:
        return ()
    ways = ["undo the change: nothing that was learned is lost"]
    # A name, a label's column or a hash is of the whole system: no other model can have another one beside it.
    if all(change.outcome for change in refused):
        models = " and ".join(sorted({repr(change.model) for change in refused}))
        ways.append(
            f"let both learn: write {models} as before, and what is changed beside it, as a model of another name with "
            "an outcome of another name. The old one keeps what it learned, the new one starts with nothing. Ask both "
            "for predictions, and send each outcome under both names"
        )
    ways.append(
        "begin a state directory of its own: every model starts there with nothing learned, or with what a file of "
        f"rows teaches it, and what is in {str(state)!r} stays as it is: {beginning(system)}"
    )
    return tuple(ways)


def beginning(system: Path) -> str:
    """The commands that begin another state directory.

    >>> from pathlib import Path
    >>> beginning(Path("y.py"))
    'flyball up y.py --state OTHER_DIR (or, to learn from rows first: flyball replay y.py FILE --state OTHER_DIR)'
    """
    first = f"flyball replay {system} FILE --state OTHER_DIR"
    return f"flyball up {system} --state OTHER_DIR (or, to learn from rows first: {first})"

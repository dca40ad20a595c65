"""Small files, and the real sets that lie beside the repository on a developer's machine."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from flyball.run.inference.infer import infer
from flyball.system.system import System

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flyball.run.inference.draft import Draft

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., str]:
    """Writes text or bytes to a file of this name, gzipped where asked, and gives its path."""

    def write(name: str, content: str | bytes, *, gzipped: bool = False) -> str:
        data = content.encode() if isinstance(content, str) else content
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if gzipped else data)
        return str(path)

    return write


@pytest.fixture
def real() -> Callable[[str], str]:
    """The path of a real set; the test is skipped where the sets are not at hand."""

    def find(name: str) -> str:
        path = DATA / name
        if not path.exists():
            pytest.skip(f"the real set {name} is not beside the repository (../shared/data)")
        return str(path)

    return find


@pytest.fixture
def dice() -> Random:
    """The same throws in every run."""
    return Random(1)  # noqa: S311  # made-up data need no secrets


@pytest.fixture
def world() -> dict[str, list[object]]:
    """Columns of 2,000 rows: two honest ones and a label that they tell something of, but not all."""
    dice = Random(2)  # noqa: S311  # made-up data need no secrets
    hours = [dice.randrange(24) for _ in range(2_000)]
    places = [dice.choice("ABCD") for _ in hours]
    late = [
        int(dice.random() < 0.1 + 0.02 * hour + 0.1 * (place == "A")) for hour, place in zip(hours, places, strict=True)
    ]
    return {"hour": [*hours], "place": [*places], "late": [*late]}


@pytest.fixture
def as_csv() -> Callable[[Mapping[str, Sequence[object]]], str]:
    """Columns as the text of a CSV; None is empty."""

    def text(columns: Mapping[str, Sequence[object]]) -> str:
        rows = zip(*columns.values(), strict=True)
        lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
        return "\n".join([",".join(columns), *lines])

    return text


@pytest.fixture
def drafted(
    written: Callable[..., str], as_csv: Callable[[Mapping[str, Sequence[object]]], str]
) -> Callable[..., Draft]:
    """What is drafted from columns, written as a CSV."""

    def draft(columns: Mapping[str, Sequence[object]], name: str = "a.csv", **options: object) -> Draft:
        return infer(written(name, as_csv(columns)), **options)  # type: ignore[arg-type]  # passed on as they are

    return draft


@pytest.fixture
def loaded() -> Callable[[Draft], System]:
    """The system that a drafted file makes when it is run."""

    def load(draft: Draft) -> System:
        names: dict[str, object] = {}
        exec(compile(draft.text, "drafted.py", "exec"), names)  # noqa: S102  # it is what a user does with the file
        system = names["system"]
        assert isinstance(system, System)
        return system

    return load

"""Small files of flights, made by a rule: what the tests of the commands replay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SYSTEM = """\
import flyball as fb

carrier = fb.Input("carrier", str)
hour = fb.Input("hour", int)
late = fb.Outcome("late", window="2d")
model = fb.Model("delay", signals=[carrier, hour], outcome=late, slice_by=[carrier])
source = fb.Source(time="at", id="id", outcome_time="known_at")
system = fb.System("flights", owner="team:sky", models=[model], source=source)
"""
"""A system for the rows below."""

START = datetime(2026, 1, 1, tzinfo=UTC)
CARRIERS = ("AS", "DL", "AA")


def rows(count: int) -> list[str]:
    """Lines of CSV: flights every ten minutes, late in the evening and with one carrier, known two hours later."""
    lines = ["id,at,known_at,carrier,hour,late,score"]
    for i in range(count):
        at = START + timedelta(minutes=10 * i)
        carrier = CARRIERS[i * 7 % 11 % 3]
        late = int(at.hour >= 18 or (carrier == "AA" and i % 3 > 0))
        known = at + timedelta(minutes=120 + i % 5)
        lines.append(f"f{i},{at:%Y-%m-%dT%H:%MZ},{known:%Y-%m-%dT%H:%MZ},{carrier},{at.hour},{late},0.{1 + i % 8}")
    return lines


def write_rows(path: Path, count: int = 300) -> Path:
    """A file of that many rows."""
    path.write_text("\n".join(rows(count)) + "\n", encoding="utf-8")
    return path


def write_system(path: Path, text: str = SYSTEM) -> Path:
    """The system's file."""
    path.write_text(text, encoding="utf-8")
    return path

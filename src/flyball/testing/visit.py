"""The simulated ad exchange in fast motion: who asks when, and what becomes of it.

>>> first = next(visits(World(seed=7, users=1000), rate=10))
>>> 0.0 <= first.due < 1.0, first.model, sorted(first.inputs)[:3]
(True, 'ctr', ['ad_age_us', 'ad_id', 'ad_type'])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.testing.delays import WINDOW_US
from flyball.testing.season import DAY_US, HOUR_US
from flyball.testing.world import START_US, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flyball.testing.traffic import Cell

HOUR_SECONDS = 20.0
"""How long one hour of the world takes; the system file `ads_live.py` has its window accordingly."""
DAYS = 90
"""How long the world lasts: 12 hours."""
MONDAY_MORNING_US = START_US + 9 * HOUR_US + HOUR_US // 2
"""When it begins: the traffic is then about as dense as it is on average."""
_AT_ONCE = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One page that asks for a prediction, and what the world knows of it.

    Attributes:
        id: of the prediction.
        due: when it comes, seconds after the beginning.
        inputs: what the page sends; missing ones are left out.
        truth: the true probability of a click within the window.
        click_after: seconds from the visit to the click, also where that is too late; `None` where none ever comes.
        clicked: whether a click comes within the window.
        young: whether the ad is younger than an hour of the world.
        model: whom it asks.

    >>> Visit(id="r1", due=0.5, inputs={}, truth=0.05, click_after=None, clicked=False, young=True).model
    'ctr'
    """

    id: str
    due: float
    inputs: Mapping[str, Cell]
    truth: float
    click_after: float | None
    clicked: bool
    young: bool
    model: str = "ctr"


def visits(world: World, *, rate: float, hour_seconds: float = HOUR_SECONDS, days: float = DAYS) -> Iterator[Visit]:
    """The visits of a world, in the order of time.

    Args:
        world: which.
        rate: visits a second, on average over a week of the world.
        hour_seconds: how long one hour of the world takes, seconds.
        days: of the world, how long it lasts.

    Raises:
        FlyballError: nobody comes in that time.
    """
    faster = HOUR_US / (hour_seconds * 1e6)
    start = world.start_us
    for part in world.chunks(days, rate * DAY_US / 1e6 / faster, requests=_AT_ONCE):
        rows = zip(
            part.id,
            ((part.event_ts - start) / faster / 1e6).tolist(),
            part.rows(),
            part.truth.tolist(),
            (part.click_ts - part.event_ts).tolist(),
            part.click_ts.tolist(),
            (part.ad_age_us < HOUR_US).tolist(),
            strict=True,
        )
        for name, due, row, truth, delay_us, click_ts, young in rows:
            comes = click_ts >= 0
            yield Visit(
                id=name,
                due=due,
                inputs={key: value for key, value in row.items() if value is not None},
                truth=truth,
                click_after=delay_us / faster / 1e6 if comes else None,
                clicked=comes and delay_us < WINDOW_US,
                young=young,
            )

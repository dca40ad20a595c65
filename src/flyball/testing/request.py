"""One request of the living world, and the candidates that it could be answered with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.testing.traffic import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An ad that could be shown for a request.

    Attributes:
        id: name of the prediction, unique in its world.
        inputs: the inputs as a client would send them; missing is `None`.
        truth: the true probability of a click within the window of 30 minutes, if shown.
        p_ever: the true probability of a click at any time, if shown.
        place: where this candidate's fate stands in the world's draws.
        ad_type: code of the ad's type, an index into `catalogue.AD_TYPES`.

    >>> Candidate(id="r0c00", inputs={"hour": 9}, truth=0.05, p_ever=0.06, place=0, ad_type=1).inputs["hour"]
    9
    """

    id: str
    inputs: Mapping[str, Cell]
    truth: float
    p_ever: float
    place: int
    ad_type: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A page that asks which of its candidates to show.

    Attributes:
        event_ts: when, int64 microseconds UTC.
        candidates: the ads entered, all different.
        logged: which of them the exchange's own policy shows, an index into `candidates`.

    >>> Request(event_ts=0, candidates=(), logged=0).event_ts
    0
    """

    event_ts: int
    candidates: tuple[Candidate, ...]
    logged: int

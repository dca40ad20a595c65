"""The systems that the tests of this room declare."""

from __future__ import annotations

from typing import Any

from flyball.system.derivation import bucket, cross, derive, ngrams, words
from flyball.system.entity import Entity
from flyball.system.event import Event
from flyball.system.input import Input
from flyball.system.learner import FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.source import Source
from flyball.system.system import System

AD = Entity("ad_id", str)
USER = Entity("user_id", int)
COUNTRY = Input("country", str, owner="team:ads", description="ISO 3166 code of the request")
HOUR = Input("hour", int)
SHOWN = Event("impression", keys=("ad_id", "user_id"))


def click(**fields: Any) -> Outcome:  # noqa: ANN401  # any field of an outcome
    """The outcome of the tests, with some fields changed."""
    given: dict[str, Any] = {"window": "30m", "if_silent": 0, "counts_from": SHOWN}
    return Outcome("click", **given | fields)


def model(*signals: Any, **fields: Any) -> Model:  # noqa: ANN401  # any signals and any field of a model
    """A model of one input, or of these signals, with some fields changed."""
    given: dict[str, Any] = {"signals": signals or (HOUR,), "outcome": click()}
    return Model("ctr", **given | fields)


def system(*signals: Any, source: Source | None = None, **fields: Any) -> System:  # noqa: ANN401  # any signals and any field
    """A system of that one model."""
    return System("ads", owner="team:ads", models=[model(*signals, **fields)], source=source)


def ads() -> System:
    """The example of the documentation."""
    ctr = Model(
        "ctr",
        signals=[AD, USER, COUNTRY, HOUR, cross(COUNTRY, AD)],
        outcome=click(),
        slice_by=[COUNTRY, HOUR, (COUNTRY, HOUR)],
        fallback=0.01,
        deadline="20ms",
    )
    return System("ads", owner="team:ads", models=[ctr])


def everything() -> System:
    """A system that uses every declaration and every field."""
    title = Input("title", str, was="headline")
    asked = Input("asked", "datetime", unit="ms", tz="Europe/Berlin")
    tags, weights, returning = Input("tags", list[str]), Input("weights", dict[str, float]), Input("returning", bool)
    price = Input("price", float, owner="team:shop")
    coarse = bucket(price, [1, 10, 100], name="price class", description="as the shop prints it")
    relative = ((price - 2) / (HOUR + 1.5) * price).named("relative", was="ratio")
    ctr = Model(
        "ctr",
        signals=[
            AD,
            USER,
            asked,
            tags,
            weights,
            returning,
            words(title),
            ngrams(title, n=3, of="chars"),
            coarse,
            relative,
            cross(COUNTRY, tags, coarse, name="where and what"),
            bucket(HOUR, width=6),
        ],
        outcome=click(labels=("no", "yes"), learn="revise", keep_silent=0.1, owner="team:ads"),
        learner=FTRL(alpha=0.05, beta=0.5, l1=1, l2=2),
        slice_by=[COUNTRY, (COUNTRY, coarse)],
        calibrate=[COUNTRY, (COUNTRY, coarse)],
        fallback=0,
        deadline="1.5s",
        owner="team:ads",
        description="Will it be clicked?",
    )
    spent = Model(
        "spent",
        signals=[HOUR, derive("math:floor", [price], int, version=2)],
        outcome=Outcome("revenue", float, window="7d", if_silent=0, reducer="sum", revision="reject", scale=25),
        fallback=1.25,
    )
    columns = {"time": "ts", "id": "rid", "outcome_time": "seen", "weight": "w"}
    source = Source(**columns, tz="UTC", unit="s", delimiter=";", quoted=False, missing=("", "NA"))
    return System("shop", owner="team:shop", models=[spent, ctr], source=source, description="All of it")

"""Counts: an outcome with the Poisson loss, from its declaration to the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import flyball as fb
from flyball.run.log_replay import replay_log
from flyball.system.mistake import SystemInvalid

if TYPE_CHECKING:
    from pathlib import Path

COUNTRIES = {"DE": 2.0, "FR": 12.0, "US": 40.0}


def counted(**said: object) -> fb.System:
    """Orders a day by country."""
    outcome = fb.Outcome("orders", int, loss="poisson", **said)  # type: ignore[arg-type]  # handed on
    model = fb.Model("orders", signals=[fb.Input("country", str)], outcome=outcome, fallback=5.0)
    return fb.System("shop", owner="team:shop", models=[model])


def test_counts_are_learned_as_rates() -> None:
    """Each country's mean, from the fallback on; predictions are never below 0."""
    random = np.random.default_rng(3)
    with fb.open(counted()) as fly:
        first = fly.predict("orders", {"country": "DE"}, id="first").prediction
        for i in range(1_500):
            country = list(COUNTRIES)[i % 3]
            fly.predict("orders", {"country": country}, id=f"r{i}")
            fly.outcome(f"r{i}", int(random.poisson(COUNTRIES[country])))
        found = {country: fly.predict("orders", {"country": country}).prediction for country in COUNTRIES}

    assert first == pytest.approx(5.0, rel=1e-4)
    assert found == pytest.approx(COUNTRIES, rel=0.15)


def test_counts_over_exposures_are_rates(tmp_path: Path) -> None:
    """Orders of a part of a day: with its logarithm as offset, the answer for any part is the rate times the part.

    What was logged is learned again to the same bits.
    """
    random, part = np.random.default_rng(4), fb.Input("log_days", float)
    outcome = fb.Outcome("orders", int, loss="poisson")
    model = fb.Model("orders", signals=[fb.Input("country", str)], outcome=outcome, fallback=5.0, offset=part)
    with fb.open(fb.System("shop", owner="team:shop", models=[model]), tmp_path / "state") as fly:
        for i in range(1_500):
            country, days = list(COUNTRIES)[i % 3], float(random.uniform(0.05, 3.0))
            fly.predict("orders", {"country": country, "log_days": np.log(days).item()}, id=f"r{i}")
            fly.outcome(f"r{i}", int(random.poisson(COUNTRIES[country] * days)))
        asked = [{"country": country, "log_days": np.log(0.5).item()} for country in COUNTRIES]
        found = [fly.predict("orders", inputs).prediction for inputs in asked]
        unsaid = fly.predict("orders", {"country": "DE"}).prediction
        digest = fly.state.engine.digest()

    assert found == pytest.approx([rate / 2.0 for rate in COUNTRIES.values()], rel=0.15)
    assert unsaid == pytest.approx(COUNTRIES["DE"], rel=0.15)
    assert replay_log(tmp_path / "state").state_digest == digest


def test_a_count_below_0_is_refused() -> None:
    """With what is accepted; nothing is lost."""
    with fb.open(counted()) as fly:
        fly.predict("orders", {"country": "DE"}, id="r1")
        with pytest.raises(fb.FlyballError, match=r"-1 is below 0; accepted: 0 or more, as loss='poisson' asks"):
            fly.outcome("r1", -1)
        fly.outcome("r1", 3)


@pytest.mark.parametrize(
    ("said", "accepted"),
    [({"scale": 10.0}, "no scale= with loss='poisson'"), ({"if_silent": -1}, "if_silent= of 0 or more")],
)
def test_what_counts_cannot_have_is_refused(said: dict[str, object], accepted: str) -> None:
    """When the system is checked."""
    with pytest.raises(SystemInvalid) as caught:
        counted(**said)

    assert any(accepted in mistake.accepted for mistake in caught.value.mistakes)


def test_yes_and_no_have_no_counts() -> None:
    """And numbers no log loss."""
    for type_, loss in ((bool, "poisson"), (float, "logistic")):
        outcome = fb.Outcome("y", type_, loss=loss)  # type: ignore[arg-type]  # what a user may write
        with pytest.raises(SystemInvalid, match="loss-unknown"):
            fb.System("s", models=[fb.Model("m", signals=[fb.Input("a", str)], outcome=outcome)])

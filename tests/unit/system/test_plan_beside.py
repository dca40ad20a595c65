"""Plans: what a model has beside its signals, which calibrates it or is added to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.system.change import Effect
from flyball.system.derivation import bucket, cross
from flyball.system.input import Input
from tests.unit.system.ads import AD, HOUR, system
from tests.unit.system.test_plan import NEW, effects, only, planned

if TYPE_CHECKING:
    from flyball.system.signal import Signal


def test_a_calibration_of_another_meaning_starts_anew_in_a_new_version() -> None:
    """Answers change; the coefficients stay, and so do the calibrations of other dimensions."""
    result = planned(
        system(AD, calibrate=[AD, bucket(HOUR, width=6, name="part")]),
        system(AD, calibrate=[AD, bucket(HOUR, width=8, name="part")]),
    )

    assert effects(result) == [("calibration 'part' of model 'ctr'", NEW)]
    assert "its cells start anew, what was learned stays" in only(result).sentence
    assert result.versions == {"ctr": 4}


def test_other_candidates_ask_for_a_fork_and_new_ones_do_not() -> None:
    """Their features have other keys; where there are none, rows are half as wide."""
    both = cross(AD, HOUR)
    without, some = system(AD, HOUR), system(AD, HOUR, candidates=[HOUR])

    for was, now in ((without, some), (some, without), (some, system(AD, HOUR, candidates=[AD]))):
        assert effects(planned(was, now)) == [("candidates of model 'ctr'", Effect.REFUSED)]
    more = planned(some, system(AD, HOUR, both, candidates=[HOUR, both]))
    assert effects(more) == [(f"signal {both.name!r}", NEW)]


@pytest.mark.parametrize("after", [None, HOUR * 2.0, Input("day", int)])
def test_another_offset_asks_for_a_fork(after: Signal | None) -> None:
    """What was learned was learned beside the one that was there; one that is only renamed is the same."""
    assert effects(planned(system(AD, offset=HOUR), system(AD, offset=after))) == [
        ("offset of model 'ctr'", Effect.REFUSED)
    ]
    renamed = Input("clock", int, was="hour")
    assert planned(system(AD, offset=HOUR), system(AD, offset=renamed)).refused is False


def test_a_signal_that_only_calibrates_is_computed_and_logged() -> None:
    """It is a leaf of the program beside the model's own."""
    defined = system(AD, calibrate=[HOUR])

    assert [defined.program("ctr").nodes[place].name for place in defined.program("ctr").leaves] == ["ad_id", "hour"]
    assert set(defined.signals) == {"ad_id", "hour"}

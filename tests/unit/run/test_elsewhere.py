"""Predictions that others answered: made elsewhere, by other versions, or by the fallback."""

from __future__ import annotations

import math

import numpy as np
import pytest

from flyball.events.record import Prediction
from flyball.run.live_model import MOST_BOARDS
from flyball.run.summary import summarise
from flyball.testing.memory_log import MemoryLog
from tests.unit.run.flights import CARRIER, HOUR, LATE, flights, model, planned, record, refolded
from tests.unit.run.talk import Talk

MODEL = "late_model"


def talking(slice_by: object = None) -> Talk:
    """A model of carriers and hours."""
    return Talk(flights(model(MODEL, of=[CARRIER, HOUR], outcome=LATE, slice_by=slice_by)))


def elsewhere(talk: Talk, id: str, version: int, **changes: object) -> int:
    """A prediction that reached the log with its answer; its place there."""
    form = talk.live().form
    inputs = [{"carrier": "ABC"[talk.engine.seq % 3], "hour": talk.engine.seq % 5}[name] for name in form.names]
    fields = {"definition": form.definition, "inputs": inputs, "score": 0.25, "served_by": "elsewhere"} | changes
    talk.tell(Prediction(id=id, model=MODEL, version=version, **fields))  # type: ignore[arg-type]  # given by their names
    return talk.engine.seq


def test_each_version_is_scored_on_its_own_board_as_it_was_served() -> None:
    """Versions that take turns record by record, ours among them; the score is the logged one."""
    talk = talking()
    for i in range(12):
        elsewhere(talk, f"r{i}", [7, 9, 1][i % 3], score=[0.25, 0.5, 0.75][i % 3])
    for i in range(12):
        talk.answer(f"r{i}", 1.0)
    live = talk.live()

    assert live.versions == (7, 9, 1)
    assert [live.card(version).total().examples for version in (1, 7, 9)] == [4, 4, 4]
    losses = [live.card(version).total().log_loss for version in (7, 9, 1)]
    assert losses == pytest.approx([-math.log(score) for score in (0.25, 0.5, 0.75)])
    assert [talk.tally(version=version).joined for version in (1, 7, 9)] == [4, 4, 4]


def test_they_are_learned_from_as_ours_are() -> None:
    """With the margin at learning time: who had answered makes no difference to the coefficients."""
    ours, theirs = talking(), talking()
    for i in range(30):
        carrier, hour = "ABC"[ours.engine.seq % 3], ours.engine.seq % 5
        ours.ask(f"r{i}", carrier=carrier, hour=hour)
        elsewhere(theirs, f"r{i}", 7, score=0.9, served_by=["elsewhere", "fallback"][i % 2])
        for talk in (ours, theirs):
            talk.answer(f"r{i}", float(i % 2))

    assert theirs.live().table.digest() == ours.live().table.digest()
    assert theirs.live().card(7).total().mean_prediction == pytest.approx(0.9)


def test_versions_and_definitions_that_take_turns_give_one_state_whatever_the_chunks() -> None:
    """Also of one version: workers may answer by the definition before for a while."""
    talk = talking([CARRIER])
    before = talk.live().form
    talk.tell(planned(flights(model(MODEL, of=[HOUR, CARRIER], slice_by=[CARRIER])), {MODEL: 1}))
    for i in range(40):
        old: dict[str, object] = {"definition": before.definition, "inputs": ["DFE"[i % 3], i % 5]} if i % 2 else {}
        elsewhere(talk, f"r{i}", [1, 1, 7][i % 3], **old)
    for i in range(40):
        talk.answer(f"r{i}", float(i % 3 == 0))
    talk.live().recent._lanes.clear()
    for i in range(40):
        talk.answer(f"r{i}", float(i % 3 == 1))
    log = talk.target.log

    assert {refolded(log, chunk=size).digest() for size in (1, 3, 10, 1_000)} == {talk.engine.digest()}
    assert talk.live().card(7).total().examples == 13


def test_many_versions_share_a_board_and_the_rest_have_theirs() -> None:
    """A caller who counts its requests as versions fills no memory."""
    talk = talking()
    for version in range(2, MOST_BOARDS + 12):
        elsewhere(talk, f"r{version}", version)
        talk.answer(f"r{version}", 1.0)
    live = talk.live()

    assert len(live.boards) == MOST_BOARDS + 1
    assert live.card(0).total().examples == 11
    assert live.card(50).total().examples == 1
    assert refolded(talk.target.log, chunk=7).digest() == talk.engine.digest()


@pytest.mark.parametrize("score", [math.nan, math.inf, -0.5, 1.5])
def test_an_answer_that_no_board_can_take_stops_nothing(score: float) -> None:
    """It is joined and learned from, and not scored."""
    talk = talking()
    elsewhere(talk, "bad", 7, score=score)
    elsewhere(talk, "good", 7)
    for id in ("bad", "good"):
        talk.answer(id, 1.0)

    assert talk.live().card(7).total().examples == 1
    assert talk.tally(version=7).joined == 2
    assert np.count_nonzero(talk.live().table.entries()[1]) > 0


def test_a_model_that_came_back_learns_from_low_versions_made_elsewhere() -> None:
    """What counts is when a prediction was made, not the number that somebody gave to its version."""
    both = flights(model(MODEL, of=[CARRIER, HOUR]), model("other", of=[HOUR]))
    talk = Talk(both)
    elsewhere(talk, "before", 1)
    talk.tell(planned(flights(model("other", of=[HOUR])), {"other": 1}))
    talk.tell(planned(both, {MODEL: 5, "other": 1}))
    talk.answer("before", 1.0)
    empty = talk.live().table.digest()
    elsewhere(talk, "after", 2)
    talk.answer("after", 1.0)

    assert talk.tally(version=1).joined == 1
    assert len(talk.live().table) > 0
    assert talk.live().table.digest() != empty
    assert refolded(talk.target.log).digest() == talk.engine.digest()


def test_a_report_shows_every_version_that_was_scored() -> None:
    """The present one last, also if only others answered."""
    talk = talking()
    for i in range(6):
        elsewhere(talk, f"r{i}", 7 + i % 2)
        talk.answer(f"r{i}", 1.0)
    report = summarise(talk.engine, source="the log", seconds=1.0, rows=6)

    assert [(each.title, each.scorecard.examples) for each in report.models] == [
        ("late_model@v7", 3),
        ("late_model@v8", 3),
        ("late_model@v1", 0),
    ]
    assert [each.tally["joined"] for each in report.models] == [3, 3, 0]


def test_predictions_of_a_model_that_no_definition_has_are_discarded() -> None:
    """A record that nobody can use stops nobody."""
    log = MemoryLog()
    stray = Prediction(id="r1", model="unheard of", version=1, definition="d", inputs=[], score=0.5)
    log.append([record(1, planned(flights())), record(2, stray)])
    engine = refolded(log)

    assert engine.joiner.tallies["unheard of", 1].discarded == 1

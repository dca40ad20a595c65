"""The joiner alone, folded from the log: the same as that of an engine."""

from __future__ import annotations

from flyball.events.record import Pause, Rewind
from flyball.run.joining import Joining
from tests.unit.run.flights import LATE, SECOND, refolded
from tests.unit.run.lives import MODEL, Life


def test_it_knows_what_an_engine_knows_after_any_record() -> None:
    """Through definitions, pauses and rewinds; begun anywhere."""
    life = Life(LATE)
    life.go_on(30)
    life.say(Pause(model=MODEL, mode="pause"))
    life.go_on(20)
    life.say(Rewind(model=MODEL, to_ts=life.now - 900 * SECOND))
    life.go_on(20)
    log = life.talk.target.log
    half = refolded(log, through=40)
    whole, rest = Joining(log), Joining(log, half.joiner, half.system)
    for record in log.read():
        whole.take(record)
        if record.seq > 40:
            rest.take(record)

    assert whole.joiner.snapshot() == rest.joiner.snapshot() == life.talk.engine.joiner.snapshot()
    assert whole.system == life.talk.engine.system


def test_without_the_log_only_what_was_learned_may_be_wrong_after_a_rewind() -> None:
    """Counts are right."""
    life = Life(LATE, seed=2)
    life.go_on(60)
    life.say(Rewind(model=MODEL, to_ts=0))
    alone = Joining(None)
    for record in life.talk.records():
        alone.take(record)

    assert alone.joiner.tallies == life.talk.engine.joiner.tallies

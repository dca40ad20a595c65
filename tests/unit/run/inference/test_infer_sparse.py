"""What is drafted from sparse text: a signal for each namespace or field, of the kind that it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.run.inference.infer import infer
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from flyball.run.inference.draft import Draft
    from flyball.system.signal import Signal
    from flyball.system.system import System

    Written = Callable[..., str]
    Loaded = Callable[[Draft], System]

ROWS = 500


def _kinds(system: System) -> list[tuple[str, Kind]]:
    signals: list[Signal] = list(system.models[0].signals)
    return [(signal.name, signal.kind) for signal in signals]


def test_a_namespace_becomes_a_category_a_list_or_a_map(dice: Random, written: Written, loaded: Loaded) -> None:
    """By what all rows hold; label, weight and tag have their parts."""
    lines = []
    for row in range(ROWS):
        words = " ".join(dice.sample("abcdefgh", 3))
        head = f"{dice.choice((-1, 1))} {dice.choice((1, 2))} 'id{row}"
        lines.append(f"{head}|hour {dice.randrange(24)} |words {words} |size x:{dice.random():.3f} y")

    draft = infer(written("mails.vw", "\n".join(lines)), label="label", id="tag")
    system = loaded(draft)

    assert _kinds(system) == [("hour", Kind.STR), ("words", Kind.LIST), ("size", Kind.MAP)]
    assert (system.name, system.models[0].outcome.kind, system.models[0].outcome.labels) == ("mails", Kind.BOOL, None)
    assert system.source is not None
    assert (system.source.label, system.source.weight, system.source.id) == ("label", "weight", "tag")
    assert not draft.suspicions


def test_an_index_of_a_field_is_a_name_however_it_is_written(dice: Random, written: Written, loaded: Loaded) -> None:
    """Not a number that could be more or less."""
    lines = [f"{dice.randrange(2)} 0:{dice.randrange(9)}:1 1:{dice.randrange(200)}:1" for _ in range(2_000)]

    draft = infer(written("clicks.ffm", "\n".join(lines)), label="label")

    assert _kinds(loaded(draft)) == [("field_0", Kind.STR), ("field_1", Kind.STR)]
    assert [column.role.part for column in draft.columns] == ["input", "entity"]


def test_one_signal_holds_the_features_of_libsvm(written: Written, loaded: Loaded) -> None:
    """And weights are not asked for where the form has none."""
    lines = [f"{'+1' if row % 3 else '-1'} {row % 7 + 1}:0.5 {row % 5 + 9}:1.5" for row in range(ROWS)]

    system = loaded(infer(written("rows.svm", "\n".join(lines)), label="label"))

    assert (_kinds(system), system.name) == ([("features", Kind.MAP)], "rows")
    assert system.source is not None
    assert system.source.weight is None
    assert system.models[0].outcome.kind is Kind.BOOL


def test_numbers_that_are_no_signs_are_predicted_as_numbers(dice: Random, written: Written, loaded: Loaded) -> None:
    """A regression's labels may be -1 and 1 among others."""
    lines = [f"{dice.choice((-1, 0, 1, 2.5))} | a{dice.randrange(5)}" for _ in range(ROWS)]

    system = loaded(infer(written("a.vw", "\n".join(lines)), label="label"))

    assert system.models[0].outcome.kind is Kind.FLOAT
    assert _kinds(system) == [("features", Kind.STR)]


def test_rcv1_drafts_a_map_of_words(real: Callable[[str], str], loaded: Loaded) -> None:
    """Reuters' news, as Vowpal Wabbit's own tests have them."""
    draft = infer(real("rcv1_vw/rcv1_small_train.vw.gz"), label="label")

    assert (draft.rows, _kinds(loaded(draft))) == (1_000, [("f", Kind.MAP)])
    assert draft.label.evidence.startswith("459 of 1,000")

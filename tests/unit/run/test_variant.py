"""What is left out together."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.learn.bulk_encoder import BulkEncoder
from flyball.learn.column import Column
from flyball.run.variant import MOST_PAIRS, AblationRefused, alike_pairs, kept_by, single_variants, together
from flyball.system.derivation import bucket, cross, ngrams, words
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.program import compile_program

TO, HOUR, TITLE = Input("to", str), Input("hour", int), Input("title", str)
PART = bucket(HOUR, [6, 12], name="part")


def left_out(*signals: object) -> dict[str, tuple[str, list[int]]]:
    """What each variant of a model of these signals is, and what it leaves out."""
    found = single_variants(compile_program(signals))  # type: ignore[arg-type]  # they are signals
    return {variant.name: (variant.kind, sorted(variant.outputs)) for variant in found}


def test_a_cross_goes_with_each_signal_that_it_is_made_of() -> None:
    """Through a bucket too; alone it goes alone."""
    assert left_out(TO, HOUR, PART, cross(TO, PART, name="both")) == {
        "to": ("signal", [0, 3]),
        "hour": ("signal", [1, 2, 3]),
        "part": ("signal", [2, 3]),
        "both": ("signal", [3]),
    }


def test_an_input_of_several_signals_is_left_out_though_it_is_none_itself() -> None:
    """What would be saved if nobody had to send it; an input of one signal is that signal."""
    signals = (words(TITLE, name="words"), ngrams(TITLE, 2, name="pairs"), PART)

    assert left_out(*signals) == {
        "words": ("signal", [0]),
        "pairs": ("signal", [1]),
        "part": ("signal", [2]),
        "title": ("input", [0, 1]),
    }


def test_a_group_leaves_out_all_that_its_members_do() -> None:
    """And the same member twice is one."""
    singles = single_variants(compile_program([TO, HOUR, PART, cross(TO, PART, name="both")]))

    group = together(singles, ["to", "hour", "to"])

    assert (group.name, group.kind, group.members) == ("to, hour", "group", ("to", "hour"))
    assert group.outputs == {0, 1, 2, 3}


@pytest.mark.parametrize("names", [[], ["to"], ["to", "to"]])
def test_a_group_of_one_is_none(names: list[str]) -> None:
    """It is left out alone anyway."""
    singles = single_variants(compile_program([TO, HOUR]))

    with pytest.raises(AblationRefused, match="name two signals or more"):
        together(singles, names)


def test_pairs_are_those_of_which_one_foretells_the_other() -> None:
    """The most alike first; not those of which one is computed from the other."""
    random = np.random.default_rng(2)
    code = random.integers(0, 30, 4_000)
    near = np.where(random.random(4_000) < 0.9, code, random.integers(0, 30, 4_000))
    names = ("code", "name", "near", "other")
    texts = [code, code + 50, near, random.integers(0, 30, 4_000)]
    inputs = [Input(name, str) for name in names]
    program = compile_program([*inputs, cross(inputs[0], inputs[3])])
    columns = [Column.of(Kind.STR, [str(value) for value in values.tolist()]) for values in texts]
    features = BulkEncoder(program, numbered=True).encode(columns, [], 4_000)

    pairs = [pair.name for pair in alike_pairs(single_variants(program), program, features)]

    assert pairs[0] == "code, name"
    assert set(pairs[1:3]) == {"code, near", "name, near"}
    assert len(pairs) == 3, "what says nothing of another, or is a cross, is no pair"


def test_pairs_are_bounded() -> None:
    """Fifteen signals that are all the same are 105 pairs."""
    inputs = [Input(f"i{i}", str) for i in range(15)]
    program = compile_program(inputs)
    column = Column.of(Kind.STR, [str(i % 5) for i in range(500)])
    features = BulkEncoder(program, numbered=True).encode([column] * 15, [], 500)

    assert len(alike_pairs(single_variants(program), program, features)) == MOST_PAIRS


def test_only_a_probe_s_own_lane_has_it() -> None:
    """The model and the variants never see noise; a probe's lane is the model with one of them."""
    kept = kept_by(single_variants(compile_program([TO, HOUR])), 2, 2)

    assert kept.astype(int).tolist() == [
        [1, 0, 1, 1, 1],
        [1, 1, 0, 1, 1],
        [0, 0, 0, 1, 0],
        [0, 0, 0, 0, 1],
    ]

"""A node with all that it is computed from."""

from __future__ import annotations

from flyball.system.cone import cone_of, cut
from flyball.system.derivation import bucket, cross, words
from flyball.system.input import Input
from flyball.system.program import compile_program


def test_a_cone_goes_down_to_the_inputs() -> None:
    """Through every derivation in between."""
    price, title = Input("price", float), Input("title", str)
    program = compile_program([words(title, name="words"), cross(bucket(price * 2, [3.0]), words(title, name="words"))])
    place = program.outputs[1]

    assert {program.nodes[i].op for i in cone_of(program, place)} == {
        "input",
        "words",
        "const",
        "mul",
        "bucket",
        "cross",
    }
    assert {program.nodes[i].name for i in cone_of(program, program.outputs[0])} == {"title", "words"}


def test_a_program_that_is_cut_means_the_same() -> None:
    """Its nodes keep their hashes, so its features keep their keys."""
    program = compile_program(
        [Input("a", str), Input("b", int) / Input("c", int), cross(Input("a", str), Input("c", int))]
    )

    alone = cut(program, program.outputs[2])

    assert [alone.nodes[i].name for i in alone.leaves] == ["a", "c"]
    assert alone.nodes[alone.outputs[0]].seed == program.nodes[program.outputs[2]].seed

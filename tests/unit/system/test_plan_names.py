"""Names that change: what `plan` says to write, so that a signal keeps what was learned under its old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.system.derivation import bucket, cross
from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.plan import plan
from flyball.system.system import System
from tests.unit.system.ads import AD, COUNTRY, HOUR, system

if TYPE_CHECKING:
    from flyball.system.signal import Signal

PRICE = Input("price", float)


@pytest.mark.parametrize(
    ("old", "new", "hints"),
    [
        ([PRICE, HOUR], [Input("cost", float), HOUR], ["Renamed? Then write was='price' there"]),
        ([Input("fee", float, was="price")], [Input("cost", float)], ["Renamed? Then write was='price' there"]),
        ([PRICE, Input("fee", float)], [Input("cost", float)], ["Renamed? Then write was='price' or was='fee' there"]),
        (
            [bucket(HOUR, [6], name="part"), HOUR],
            [bucket(HOUR, [6], name="half"), HOUR],
            ["Renamed? Then write was='part' there"],
        ),
        ([cross(COUNTRY, AD)], [cross(Input("land", str), AD)], ["Is 'land' renamed? Then write was='country' there"]),
        (
            [COUNTRY, AD, cross(COUNTRY, AD)],
            [Input("land", str), AD, cross(Input("land", str), AD)],
            ["Renamed? Then write was='country' there", ""],
        ),
        ([PRICE, HOUR], [Input("cost", int), HOUR], [""]),
        ([AD, HOUR], [Input("ad", str), HOUR], [""]),
        ([HOUR], [HOUR, Input("cost", float)], [""]),
    ],
)
def test_a_new_signal_that_may_be_one_that_leaves_says_what_to_write(
    old: list[Signal], new: list[Signal], hints: list[str]
) -> None:
    """One of the same kind and type; where it is asked once, it is not asked again for what is made of it."""
    added = [change for change in plan(system(*old).to_json(), {"ctr": 3}, system(*new)).changes if change.old is None]

    said = [change.sentence.partition("keeps the table.")[2].strip() for change in added]
    assert said == [hint and f"{hint}, and it keeps its features." for hint in hints]


def test_a_name_that_another_model_still_learns_under_is_not_offered() -> None:
    """It would be refused."""

    def both(*first: Signal) -> System:
        models = [Model(name, signals=of, outcome=Outcome("y")) for name, of in (("a", first), ("b", [PRICE]))]
        return System("ads", models=models)

    result = plan(both(PRICE, HOUR).to_json(), {"a": 1, "b": 1}, both(Input("cost", float), HOUR))

    assert [change.sentence for change in result.changes if "Renamed" in change.sentence] == []
    assert [change.subject for change in result.changes] == ["signal 'cost'", "signal 'price'"]

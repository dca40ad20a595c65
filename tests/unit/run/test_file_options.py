"""Options of a replay."""

from __future__ import annotations

import pytest

from flyball.run.file_options import FileOptions, OptionRefused
from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.source import Source
from flyball.system.system import System


def system(*outcomes: str) -> System:
    """A system with one model for each outcome."""
    hour = Input("hour", int)
    return System("flights", models=[Model(f"m_{name}", signals=[hour], outcome=Outcome(name)) for name in outcomes])


def test_what_is_given_holds_and_the_rest_stays() -> None:
    """The source of the system is not changed."""
    declared = Source(time="ts", label="late", tz="UTC", quoted=False, missing=("", "NA"))
    merged = FileOptions(time="at", unit="ms", delimiter=";").source(declared)

    assert merged == Source(
        time="at", label="late", tz="UTC", unit="ms", delimiter=";", quoted=False, missing=("", "NA")
    )
    assert declared.time == "ts"


def test_without_a_source_the_options_are_all_there_is() -> None:
    """And without options nothing is."""
    assert FileOptions(time="at").source(None) == Source(time="at")
    assert FileOptions().source(None) == Source()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (FileOptions(tz="Mars"), r"--tz: given 'Mars'; accepted: .*'Europe/Berlin'"),
        (FileOptions(unit="ns"), r"--unit: given 'ns'"),
        (FileOptions(delimiter="ab"), r"--delimiter: given 'ab'"),
        (FileOptions(time="late"), r"--time: given 'late'; accepted: another column"),
    ],
)
def test_an_option_that_cannot_be_followed_is_named(options: FileOptions, said: str) -> None:
    """With what is accepted."""
    with pytest.raises(OptionRefused, match=said):
        options.source(Source(label="late"))


def test_the_only_outcome_need_not_be_named() -> None:
    """It may be."""
    assert FileOptions().outcome_of(system("late")).name == "late"
    assert FileOptions(outcome="late").outcome_of(system("late")).name == "late"


def test_one_of_several_outcomes_is_named() -> None:
    """Or the message says which there are."""
    assert FileOptions(outcome="lost").outcome_of(system("late", "lost")).name == "lost"
    with pytest.raises(OptionRefused, match=r"has 2 outcomes, and a file holds one; .*accepted: 'late', 'lost'"):
        FileOptions().outcome_of(system("late", "lost"))
    with pytest.raises(OptionRefused, match=r"outcome 'lte' is not declared; .*did you mean 'late'\?"):
        FileOptions(outcome="lte").outcome_of(system("late", "lost"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (FileOptions(label="hour"), r"--label: given 'hour', which is a signal; accepted: signals that are known when"),
        (FileOptions(time="at", outcome_time="hour"), r"--outcome-time: given 'hour', which is a signal; "),
    ],
)
def test_a_signal_is_no_label_and_no_time_of_one(options: FileOptions, said: str) -> None:
    """The model would read the answer."""
    with pytest.raises(OptionRefused, match=said):
        options.outcome_of(system("late"))


def test_a_signal_of_a_model_of_another_outcome_may_be_the_label() -> None:
    """The file holds one outcome, and only its models read it."""
    two = [
        Model("m_shown", signals=[Input("hour", int)], outcome=Outcome("shown")),
        Model("m_late", signals=[Input("seen", int)], outcome=Outcome("late")),
    ]

    assert FileOptions(label="seen", outcome="shown").outcome_of(System("f", models=two)).name == "shown"


def test_names_are_checked() -> None:
    """As they come from Python."""
    assert FileOptions.of({"time": "ts", "tz": None}) == FileOptions(time="ts")
    with pytest.raises(OptionRefused, match=r"'tyme' is no option of a replay; .*did you mean 'time'\?"):
        FileOptions.of({"tyme": "ts"})

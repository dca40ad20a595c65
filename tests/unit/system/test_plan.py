"""What a changed definition does to what was learned: each row of the table of section 7."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.system.change import Change, Effect
from flyball.system.derivation import bucket, cross, derive
from flyball.system.entity import Entity
from flyball.system.error import FlyballError
from flyball.system.event import Event
from flyball.system.input import Input
from flyball.system.learner import FM, FTRL
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.plan import Plan, Start, plan
from flyball.system.source import Source
from flyball.system.system import System
from tests.unit.system.ads import AD, COUNTRY, HOUR, SHOWN, click, model, system

if TYPE_CHECKING:
    from flyball.system.signal import Signal

PRICE = Input("price", float)
SAME, NEW, RENAMED, ANEW = Effect.SAME, Effect.NEW, Effect.RENAMED, Effect.ANEW


def planned(old: System, new: System, **fork: Start) -> Plan:
    """The plan from one system to another, all models at version 3."""
    return plan(old.to_json(), {each.name: 3 for each in old.models}, new, fork=fork)


def effects(result: Plan) -> list[tuple[str, Effect]]:
    """What changes, and what it does."""
    return [(change.subject, change.effect) for change in result.changes]


def only(result: Plan) -> Change:
    """The one change of a plan."""
    (change,) = result.changes
    return change


def test_an_unchanged_system_changes_nothing() -> None:
    """Not even when it is written in another way."""
    result = planned(system(outcome=click(window="30m")), system(outcome=click(window="1800s")))

    assert (result.changes, result.versions, result.refused) == ((), {"ctr": 3}, False)


def test_a_first_system_starts_at_version_one() -> None:
    """There is nothing to compare it with."""
    result = plan(None, {}, system())

    assert effects(result) == [("model 'ctr'", Effect.CREATED)]
    assert (result.versions, result.refused) == ({"ctr": 1}, False)


@pytest.mark.parametrize(
    ("old", "new", "subject"),
    [
        (system(), system(slice_by=[HOUR]), "slice_by of model 'ctr'"),
        (system(deadline="20ms"), system(deadline="1s"), "deadline of model 'ctr'"),
        (system(fallback=0.1), system(fallback=0.2), "fallback of model 'ctr'"),
        (system(), system(owner="team:b"), "owner of model 'ctr'"),
        (system(), system(description="new"), "description of model 'ctr'"),
        (system(), system(Input("hour", int, owner="team:b")), "owner of signal 'hour'"),
        (system(), system(Input("hour", int, description="local")), "description of signal 'hour'"),
        (system(), system(outcome=click(owner="team:b")), "owner of outcome 'click'"),
        (system(), system(outcome=click(labels=("no", "yes"))), "labels of outcome 'click'"),
        (system(HOUR, AD), system(AD, HOUR), "order of signals of model 'ctr'"),
        (system(), System("ads", owner="team:b", models=[model()]), "owner of the system"),
        (system(), system(source=Source(tz="UTC")), "tz of the source"),
        (system(source=Source(tz="UTC")), system(), "tz of the source"),
        (
            system(),
            system(outcome=click(counts_from=Event("impression", keys=("ad_id",)))),
            "keys of event 'impression'",
        ),
    ],
)
def test_what_takes_no_part_in_learning_keeps_the_version(old: System, new: System, subject: str) -> None:
    """Row 1: owner, description, slice_by, deadline, fallback."""
    result = planned(old, new)

    assert effects(result) == [(subject, SAME)]
    assert (result.versions, result.refused) == ({"ctr": 3}, False)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (system(HOUR), system(HOUR, AD), [("signal 'ad_id'", NEW)]),
        (system(HOUR, AD), system(HOUR), [("signal 'ad_id'", NEW)]),
        (system(COUNTRY, AD), system(COUNTRY, AD, cross(COUNTRY, AD)), [("signal 'cross(country, ad_id)'", NEW)]),
        (system(COUNTRY, AD, cross(COUNTRY, AD)), system(cross(COUNTRY, AD)), [("signal 'country'", NEW),
                                                                              ("signal 'ad_id'", NEW)]),
        (system(cross(COUNTRY, AD)), system(AD, cross(COUNTRY, AD)), [("signal 'ad_id'", NEW)]),
        (system(cross(COUNTRY, AD), HOUR), system(HOUR), [("signal 'cross(country, ad_id)'", NEW)]),
        (system(learner=FTRL(l1=1)), system(learner=FTRL(alpha=0.5, l1=1)), [("alpha of the learner of model 'ctr'",
                                                                              NEW)]),
        (system(learner=FM(l1_v=1)), system(learner=FM(scale_v=0.1)), [("l1_v of the learner of model 'ctr'", NEW),
                                                                     ("scale_v of the learner of model 'ctr'", NEW)]),
        (system(), system(outcome=click(learn="revise")), [("learn of outcome 'click'", NEW)]),
        (system(), system(outcome=click(keep_silent=0.5)), [("keep_silent of outcome 'click'", NEW)]),
        (system(), system(outcome=click(negatives_kept=0.5)), [("negatives_kept of outcome 'click'", NEW)]),
        (system(), system(admission=1), [("admission of model 'ctr'", NEW)]),
        (system(admission=1), system(admission=0.1), [("admission of model 'ctr'", NEW)]),
        (system(admission=1), system(admission=1, admission_keys=7), [("admission_keys of model 'ctr'", NEW)]),
        (system(expiry="30d"), system(expiry="60d"), [("expiry of model 'ctr'", NEW)]),
        (system(), system(calibrate=True), [("calibrate of model 'ctr'", NEW)]),
        (system(calibrate=True), system(calibrate=[HOUR]), [("calibrate of model 'ctr'", NEW)]),
    ],
)  # fmt: skip  # a table: one row a line
def test_a_signal_added_or_dropped_makes_a_new_version_that_keeps_the_table(
    old: System, new: System, expected: list[tuple[str, Effect]]
) -> None:
    """Row 2: and so do the learner's settings and the time of learning."""
    result = planned(old, new)

    assert effects(result) == expected
    assert (result.versions, result.refused) == ({"ctr": 4}, False)
    assert all("the new version keeps" in change.sentence for change in result.changes)


def test_a_renamed_signal_keeps_its_features() -> None:
    """Row 3: `was=` says which one it was, and what is derived from it follows."""
    old = Input("country", str)
    new = Input("land", str, was="country")

    result = planned(system(old, cross(old, AD)), system(new, cross(new, AD)))

    assert [(change.old, change.new, change.effect) for change in result.changes] == [
        ("country", "land", RENAMED),
        ("cross(country, ad_id)", "cross(land, ad_id)", RENAMED),
    ]
    assert result.changes[0].sentence == "signal 'country' is now 'land' and keeps its features."
    assert result.versions == {"ctr": 4}


def test_a_renamed_signal_that_only_others_are_made_of_is_told_too() -> None:
    """Clients must send it under its new name."""
    old, new = Input("country", str), Input("land", str, was="country")

    result = planned(system(cross(old, AD, name="where")), system(cross(new, AD, name="where")))

    assert effects(result) == [("signal 'land'", RENAMED)]


def test_naming_the_label_column_that_was_read_anyway_changes_nothing() -> None:
    """Without a label, the column of the outcome's name is read."""
    assert planned(system(), system(source=Source(label="click"))).changes == ()


def test_a_signal_renamed_without_saying_so_is_dropped_and_added() -> None:
    """Nothing is guessed."""
    result = planned(system(HOUR, PRICE), system(HOUR, Input("cost", float)))

    assert effects(result) == [("signal 'cost'", NEW), ("signal 'price'", NEW)]
    assert [(change.old, change.new) for change in result.changes] == [
        (None, "input of float"),
        ("input of float", None),
    ]


@pytest.mark.parametrize("cost", [Input("cost", float, was="charge"), Input("charge", float)])
def test_a_rename_that_forgets_an_earlier_one_says_what_to_write(cost: Input) -> None:
    """Features are kept under the first name for ever."""
    result = planned(system(HOUR, Input("charge", float, was="price")), system(HOUR, cost))

    assert "To keep what was learned as 'charge', write was='price'." in result.changes[0].sentence


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (Input("hour", int), Input("hour", float), ("input of int", "input of float")),
        (Input("hour", int), Entity("hour", int), ("input of int", "entity of int")),
        (
            bucket(PRICE, [1, 2], name="class"),
            bucket(PRICE, [1, 3], name="class"),
            ("bucket(price, edges=[1.0,2.0]) of int", "bucket(price, edges=[1.0,3.0]) of int"),
        ),
        (
            derive("math:floor", [PRICE], int, version=1),
            derive("math:floor", [PRICE], int, version=2),
            (
                'function(price, path="math:floor", version=1) of int',
                'function(price, path="math:floor", version=2) of int',
            ),
        ),
        (
            Input("at", "datetime", unit="s"),
            Input("at", "datetime", unit="ms"),
            ('input(unit="s") of timestamp', 'input(unit="ms") of timestamp'),
        ),
    ],
)
def test_a_signal_that_means_something_else_starts_anew_and_the_rest_stays(
    old: Signal, new: Signal, told: tuple[str, str]
) -> None:
    """Row 4: type, bucket, unit or function."""
    result = planned(system(COUNTRY, old), system(COUNTRY, new))

    change = only(result)
    assert (change.subject, change.effect, (change.old, change.new)) == (f"signal {new.name!r}", ANEW, told)
    assert (
        change.sentence == f"signal {new.name!r} changes from {told[0]} to {told[1]}: it starts anew, the rest stays."
    )
    assert (result.versions, result.refused) == ({"ctr": 4}, False)


def test_what_is_made_of_a_changed_signal_starts_anew_with_it() -> None:
    """And says because of which."""
    day = Input("hour", float)

    result = planned(system(PRICE * HOUR, HOUR, COUNTRY), system(PRICE * day, day, COUNTRY))

    assert effects(result) == [("signal 'hour'", ANEW), ("signal '(price * hour)'", ANEW)]
    assert result.changes[1].sentence == (
        "signal '(price * hour)' changes with hour, which it is made of: it starts anew, the rest stays."
    )


@pytest.mark.parametrize(
    ("new", "subject"),
    [
        (click(window="1d"), "window of outcome 'click'"),
        (click(if_silent=1), "if_silent of outcome 'click'"),
        (click(counts_from=None), "counts_from of outcome 'click'"),
        (click(reducer="last"), "reducer of outcome 'click'"),
        (click(revision="first"), "revision of outcome 'click'"),
        (Outcome("seen", window="30m", if_silent=0, counts_from=SHOWN), "outcome of model 'ctr'"),
    ],
)
def test_another_meaning_of_the_outcome_is_refused(new: Outcome, subject: str) -> None:
    """Row 5: what was learned would answer another question."""
    result = planned(system(), system(outcome=new))

    assert effects(result) == [(subject, Effect.REFUSED)]
    assert only(result).outcome == "click"
    assert "would answer another question" in only(result).sentence
    assert (result.versions, result.refused, result.forks) == ({"ctr": 3}, True, {})


def test_another_loss_scale_or_swapped_labels_are_refused_too() -> None:
    """The coefficients are in other units, or of the other sign."""
    number = click(type=float, scale=2)

    for old, new, subject in [
        (click(), number, "type of outcome 'click'"),
        (number, click(type=float, scale=3), "scale of outcome 'click'"),
        (click(labels=("no", "yes")), click(labels=("yes", "no")), "labels of outcome 'click'"),
    ]:
        result = planned(system(outcome=old), system(outcome=new))
        assert (subject, Effect.REFUSED) in effects(result)
        assert {change.outcome for change in result.changes} == {"click"}
        assert result.refused


def test_another_label_column_is_refused() -> None:
    """It is another answer."""
    result = planned(system(source=Source(label="clicked")), system(source=Source(label="bought")))

    assert effects(result) == [("label of the source", Effect.REFUSED)]
    assert only(result).outcome == ""


def test_another_hash_is_refused_for_every_model() -> None:
    """Every feature would have another key."""
    old = system().to_json().replace('"hash":1', '"hash":0')

    result = plan(old, {"ctr": 3}, system())

    assert effects(result) == [("hash of model 'ctr'", Effect.REFUSED)]
    assert only(result).outcome == ""
    assert result.refused


@pytest.mark.parametrize(
    ("start", "sentence"),
    [("now", "It starts with nothing learned."), ("log", "It learns from the retained log first.")],
)
def test_a_refused_change_may_fork_a_new_model(start: Start, sentence: str) -> None:
    """Which says where it begins."""
    result = planned(system(), system(HOUR, AD, outcome=click(window="1d")), ctr=start)

    assert effects(result) == [("window of outcome 'click'", Effect.FORKED), ("signal 'ad_id'", NEW)]
    assert result.changes[0].sentence.endswith(
        f"A new model takes the name, in a state directory of its own. {sentence}"
    )
    assert (result.versions, result.refused, result.forks) == ({"ctr": 4}, False, {"ctr": start})


def test_a_fork_that_nothing_asks_for_changes_nothing() -> None:
    """The same command may be given again."""
    result = planned(system(), system(HOUR, AD), ctr="now")

    assert effects(result) == [("signal 'ad_id'", NEW)]
    assert result.forks == {}


def test_a_fork_of_another_model_leaves_the_refusal() -> None:
    """Each model is forked by name."""
    cvr = Model("cvr", signals=[HOUR], outcome=Outcome("sale"))
    old = System("ads", models=[model(), cvr])

    result = planned(old, System("ads", models=[model(outcome=click(window="1d")), cvr]), cvr="now")

    assert result.refused
    assert result.versions == {"ctr": 3, "cvr": 3}


def test_another_system_is_refused_and_cannot_be_forked() -> None:
    """A state directory belongs to one system."""
    result = planned(system(), System("shop", owner="team:ads", models=[model()]), ctr="now")

    assert effects(result) == [("name", Effect.REFUSED)]
    assert only(result).outcome == ""
    assert "use another state directory for 'shop'" in only(result).sentence
    assert result.refused


def test_models_come_and_go_by_themselves() -> None:
    """A version is never given twice, not even to a model that comes back."""
    cvr = Model("cvr", signals=[HOUR], outcome=Outcome("sale"))
    one, both = System("ads", models=[model()]), System("ads", models=[model(), cvr])

    added = plan(one.to_json(), {"ctr": 3, "cvr": 7}, both)
    dropped = plan(both.to_json(), {"ctr": 3, "cvr": 8}, one)

    assert (effects(added), added.versions) == ([("model 'cvr'", Effect.CREATED)], {"ctr": 3, "cvr": 8})
    assert (effects(dropped), dropped.versions) == ([("model 'cvr'", Effect.DROPPED)], {"ctr": 3})


def test_the_digest_of_a_plan_holds_all_that_it_depends_on() -> None:
    """`up` applies a plan only while it is still the same."""
    old, new = system(), system(HOUR, AD)
    again = {planned(old, new).digest for _ in range(3)}
    others = {
        planned(new, old).digest,
        planned(old, old).digest,
        plan(old.to_json(), {"ctr": 4}, new).digest,
        plan(None, {}, new).digest,
    }

    assert len(again) == 1
    assert len(others | again) == 5


def test_a_plan_needs_the_versions_of_what_is_there() -> None:
    """Otherwise the state is incomplete."""
    with pytest.raises(FlyballError, match="model 'ctr' has no version; given: ; the state is incomplete"):
        plan(system().to_json(), {}, system())


@pytest.mark.parametrize(
    ("fork", "message"),
    [
        ({"crt": "now"}, "fork names no model 'crt'; accepted: 'ctr'; did you mean 'ctr'"),
        ({"ctr": "later"}, "fork of 'ctr' cannot begin at 'later'; accepted: 'now', 'log'"),
    ],
)
def test_a_fork_names_a_model_and_a_beginning(fork: dict[str, Start], message: str) -> None:
    """A misspelt one must not be passed over."""
    with pytest.raises(FlyballError, match=message):
        plan(None, {}, system(), fork=fork)


def test_a_slice_that_means_something_else_is_told() -> None:
    """Though its name is the same, and no model reads it."""
    old, new = (
        system(slice_by=[bucket(HOUR, [edge], name=name) for name in ("part", "half", "time")]) for edge in (6, 12)
    )

    assert [(change.effect, change.subject) for change in planned(old, new).changes] == [
        (SAME, f"slice {name!r} of model 'ctr'") for name in ("half", "part", "time")
    ]
    assert planned(old, new).versions == planned(old, old).versions

"""Systems of any shape: written, read back, compared, and refused in one way only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from flyball.system.change import Effect
from flyball.system.derivation import bucket, cross, derive, ngrams, words
from flyball.system.entity import Entity
from flyball.system.event import Event
from flyball.system.input import Input
from flyball.system.kind import Kind
from flyball.system.learner import FM, FTRL
from flyball.system.mistake import SystemInvalid
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.plan import plan
from flyball.system.source import Source
from flyball.system.system import System

if TYPE_CHECKING:
    from flyball.system.signal import Signal

if TYPE_CHECKING:
    from random import Random

NUMBERS = ("age", "price")
NAMES = ("country", "größe", "a b")

owners = st.sampled_from(["", "team:ads", "Zoë"])
finite = st.floats(allow_nan=False, allow_infinity=False)
leaves: st.SearchStrategy[Signal] = st.one_of(
    st.builds(Input, st.sampled_from(NUMBERS), st.sampled_from([int, float]), owner=owners),
    st.builds(Input, st.sampled_from(NAMES), st.just(str), was=st.none() | st.just("old")),
    st.builds(Entity, st.just("ad_id"), st.sampled_from([int, str])),
)


def numbers(inner: st.SearchStrategy[Signal]) -> st.SearchStrategy[Signal]:
    """Of these, those that are calculated with."""
    return inner.filter(lambda signal: not signal.categorical and signal.kind in {Kind.INT, Kind.FLOAT})


def texts(inner: st.SearchStrategy[Signal]) -> st.SearchStrategy[Signal]:
    """Of these, those that are split into words."""
    return inner.filter(lambda signal: signal.kind is Kind.STR and signal.op != "cross")


def derived(inner: st.SearchStrategy[Signal]) -> st.SearchStrategy[Signal]:
    """What can be made of these."""
    operands = numbers(inner)
    crossed = inner.filter(lambda signal: signal.kind is not Kind.FLOAT)
    edges = st.lists(finite, min_size=1, max_size=3, unique=True).map(sorted)
    return st.one_of(
        st.builds(lambda parts: cross(*parts), st.lists(crossed, min_size=2, max_size=3)),
        st.builds(bucket, operands, edges),
        st.builds(bucket, operands, width=st.floats(min_value=1e-9, max_value=1e9)),
        st.builds(words, texts(inner)),
        st.builds(ngrams, texts(inner), st.integers(1, 5), st.sampled_from(["words", "chars"])),
        st.builds(lambda left, right: left / right, operands, operands),
        st.builds(lambda left, right: left - right, operands, finite),
        st.builds(lambda each: derive("math:floor", [each], int, version=1), operands),
    )


signals = st.recursive(leaves, derived, max_leaves=4)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """An outcome of the one name."""
    silent = draw(st.none() | st.booleans())
    share, here = draw(st.floats(min_value=0.01, max_value=1.0)), draw(st.booleans())
    return Outcome(
        "click",
        window=draw(st.sampled_from(["30m", "1.5h", "86400s", "7d"])),
        if_silent=silent,
        learn=draw(st.sampled_from(["close"] if silent is None else ["close", "revise"])),
        counts_from=draw(st.none() | st.just(Event("impression", keys=("ad_id",)))),
        keep_silent=share if here else 1.0,
        negatives_kept=1.0 if here else share,
        owner=draw(owners),
    )


@st.composite
def systems(draw: st.DrawFn) -> System:
    """A valid system; signals of one name that differ are left out."""
    known: dict[str, Signal] = {}
    taken: list[Signal] = []
    for signal in draw(st.lists(signals, min_size=1, max_size=5)):
        candidate = {**known}
        if all(candidate.setdefault(each.name, each) == each for each in _parts(signal)) and signal not in taken:
            lineages = {each.lineage for each in candidate.values()}
            if len(lineages) == len(candidate):
                known, taken = candidate, [*taken, signal]
    taken.append(Input("hour", int))
    calibrate = draw(st.sampled_from([None, True, [taken[-1]]]))
    memory: dict[str, Any] = draw(
        st.sampled_from([{}, {"admission": 2, "admission_keys": 9}, {"admission": 0.25, "expiry": "1.5d"}])
    )
    memory = memory | {"offset": draw(st.sampled_from([None, taken[-1]]))}
    l1 = st.none() | st.integers(0, 3)
    machines = st.builds(FM, factors=st.sampled_from([2, 64]), l1=l1, l1_v=st.integers(0, 3), scale_v=st.just(0.5))
    learner = draw(st.builds(FTRL, l1=l1) | machines)
    model = Model("ctr", signals=taken, outcome=draw(outcomes()), learner=learner, calibrate=calibrate, **memory)
    return System("ads", owner=draw(owners), models=[model], source=draw(st.none() | sources))


def _parts(signal: Signal) -> list[Signal]:
    return [*(part for each in signal.inputs for part in _parts(each)), signal]


sources = st.builds(Source, time=st.just("ts"), delimiter=st.sampled_from([None, ";"]), quoted=st.booleans())


@given(system=systems())
def test_a_system_is_read_back_equal_and_writes_the_same_again(system: System) -> None:
    """The document holds all that a system is."""
    again = System.from_json(system.to_json())

    assert again == system
    assert again.to_json() == system.to_json()
    assert again.program("ctr") == system.program("ctr")


@given(system=systems(), order=st.randoms(use_true_random=False))
def test_the_digest_does_not_hang_on_the_order_of_what_is_named(system: System, order: Random) -> None:
    """Keys of the document may come in any order."""
    content = json.loads(system.to_json())
    shuffled = {}
    for key in order.sample(sorted(content), len(content)):
        part = content[key]
        named = key in {"signals", "events", "outcomes", "models"}
        shuffled[key] = {name: part[name] for name in order.sample(sorted(part), len(part))} if named else part

    again = System.from_json(json.dumps(shuffled))

    assert again.digest == system.digest


@given(system=systems())
def test_seeds_of_a_program_are_those_of_the_signals_alone(system: System) -> None:
    """What a signal learns does not hang on the signals beside it."""
    model = system.model("ctr")
    alone = {
        signal.name: System("other", models=[Model("m", signals=[signal], outcome=model.outcome)]).program("m")
        for signal in model.signals
    }

    program = system.program("ctr")
    for place in program.outputs:
        node = program.nodes[place]
        own = alone[node.name]
        assert own.nodes[own.outputs[0]].seed == node.seed


@given(old=systems(), new=systems())
def test_a_plan_says_of_every_signal_what_its_seeds_say(old: System, new: System) -> None:
    """Kept are the features whose seed is the same; anew start those whose seed differs."""
    before = {old.signals[node.name].lineage: node for node in old.program("ctr").nodes}
    after = {node.name: node for node in new.program("ctr").nodes}

    result = plan(old.to_json(), {"ctr": 1}, new)

    for change in result.changes:
        name = change.subject.removeprefix("signal ").strip("'")
        if change.effect in {Effect.ANEW, Effect.RENAMED}:
            kept = before[new.signals[name].lineage].seed == after[name].seed
            assert kept is (change.effect is Effect.RENAMED)
    moved = any(change.effect is not Effect.SAME for change in result.changes)
    assert result.versions == {"ctr": 1 if result.refused or not moved else 2}


@given(system=systems())
def test_a_plan_to_itself_changes_nothing(system: System) -> None:
    """Whatever it holds."""
    assert plan(system.to_json(), {"ctr": 5}, System.from_json(system.to_json())).changes == ()


foreign = [int, str, object(), Input("hour", int), Outcome("click"), FTRL(), Source(), Event("shown"), "1d"]
any_text = st.text(st.characters(exclude_categories=[]))
simple = st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.binary() | st.sampled_from(foreign)
junk = st.recursive(
    simple | st.frozensets(st.integers()),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
FIELDS: dict[Any, tuple[str, ...]] = {
    Input: ("name", "type", "owner", "description", "unit", "tz", "was"),
    Entity: ("name", "type", "owner", "description", "was"),
    Event: ("name", "keys", "owner", "description"),
    Outcome: ("name", "type", "window", "if_silent", "counts_from", "learn", "reducer", "revision", "labels",
              "keep_silent", "negatives_kept", "scale", "owner", "description"),
    FTRL: ("alpha", "beta", "l1", "l2"),
    FM: ("factors", "alpha", "beta", "l1", "l2", "alpha_v", "beta_v", "l1_v", "l2_v", "scale_v"),
    Model: ("name", "signals", "outcome", "learner", "slice_by", "calibrate", "candidates", "offset", "admission",
            "admission_keys", "expiry", "fallback", "deadline", "owner", "description"),
    Source: ("time", "id", "outcome_time", "tz", "unit", "label", "weight", "delimiter", "quoted", "missing"),
    System: ("name", "models", "owner", "source", "description"),
    bucket: ("signal", "edges", "width", "name", "was", "owner", "description"),
    words: ("text", "name", "was", "owner", "description"),
    ngrams: ("text", "n", "of", "name", "was", "owner", "description"),
    derive: ("function", "inputs", "type", "version", "name", "was", "owner", "description"),
}  # fmt: skip  # a table: one row a line


@given(data=st.data())
def test_wrong_content_is_refused_by_the_system_and_by_nothing_before_it(data: st.DataObject) -> None:
    """Constructors never raise; the system raises one error, or takes it and can be written and read."""
    hour = Input("hour", int)
    good: dict[Any, dict[str, Any]] = {
        Input: {"name": "x", "type": int},
        Entity: {"name": "x", "type": str},
        Event: {"name": "shown"},
        Outcome: {"name": "click"},
        FTRL: {},
        FM: {},
        Model: {"name": "ctr", "signals": [hour], "outcome": Outcome("click")},
        Source: {},
        System: {"name": "ads"},
        bucket: {"signal": hour},
        words: {"text": Input("text", str)},
        ngrams: {"text": Input("text", str), "n": 2},
        derive: {"function": "math:floor", "inputs": [hour], "type": int},
    }
    declare = data.draw(st.sampled_from(sorted(FIELDS, key=lambda each: str(each.__name__))))
    wrong = data.draw(st.dictionaries(st.sampled_from(FIELDS[declare]), junk, min_size=1, max_size=2))

    def made(kind: Any, **fields: Any) -> Any:  # noqa: ANN401  # any declaration
        return kind(**good[kind] | fields | (wrong if kind is declare else {}))

    extra = [made(declare)] if declare in {Input, Entity, bucket, words, ngrams, derive} else []
    outcome = made(Outcome, counts_from=made(Event)) if declare in {Outcome, Event} else Outcome("click")
    model = made(Model, signals=[hour, *extra, hour + 1], outcome=outcome, learner=made(FM if declare is FM else FTRL))

    try:
        system = made(System, models=[model], source=made(Source))
    except SystemInvalid as invalid:
        assert str(invalid)  # noqa: PT017  # either way is right; what matters is that nothing else is raised
        return
    assert System.from_json(system.to_json()) == system

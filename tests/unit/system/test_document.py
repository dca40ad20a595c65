"""A system as canonical JSON, and back."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from flyball.system.canonical import canonical, fingerprint, plain
from flyball.system.document import FORMAT, Document, SignalEntry, parse, signals_of
from flyball.system.error import FlyballError
from flyball.system.input import Input
from flyball.system.learner import FM, FTRL
from flyball.system.learner_entry import LearnerEntry, MachineEntry
from flyball.system.mistake import SystemInvalid
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System
from tests.unit.system.ads import AD, COUNTRY, HOUR, ads, click, everything, model, system

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("make", [ads, everything])
def test_a_system_is_read_back_equal(make: Callable[[], System]) -> None:
    """And writes the same text again."""
    text = make().to_json()

    again = System.from_json(text)

    assert again == make()
    assert again.to_json() == text
    assert hash(again) == hash(make())


def test_the_text_is_canonical() -> None:
    """Sorted keys, no blanks, UTF-8, and the shortest text of a float."""
    text = system(Input("Größe", float, description="5 €")).to_json()

    assert text == canonical(json.loads(text))
    assert '"Größe"' in text
    assert '"learner":{"alpha":null' in text


def test_the_digest_is_the_hash_of_the_text() -> None:
    """So anybody can compute it."""
    assert ads().digest == hashlib.sha256(ads().to_json().encode()).hexdigest()


def test_the_order_of_models_means_nothing() -> None:
    """Nor does the order in which signals were declared."""
    first = Model("a", signals=[HOUR, COUNTRY], outcome=click())
    second = Model("b", signals=[COUNTRY], outcome=click())

    assert System("ads", models=[first, second]) == System("ads", models=[second, first])
    assert System("ads", models=[first, second]).digest == System("ads", models=[second, first]).digest


def test_the_order_of_a_models_signals_is_kept() -> None:
    """It is the order in which inputs are logged and sums are made."""
    assert system(HOUR, COUNTRY) != system(COUNTRY, HOUR)
    assert [signal.name for signal in System.from_json(system(HOUR, AD).to_json()).model("ctr").signals] == [
        "hour",
        "ad_id",
    ]


def test_a_declaration_by_json_has_no_line() -> None:
    """Neither the system nor its parts."""
    again = System.from_json(ads().to_json())

    assert again.place is None
    assert {signal.place for signal in again.signals.values()} == {None}
    assert again.outcomes["click"].place is None


def test_fields_may_be_left_out_by_hand() -> None:
    """What has a default need not be written."""
    content = {
        "format": FORMAT,
        "name": "ads",
        "signals": {"hour": {"op": "input", "type": "int"}, "part": _part("bucket", "int", {"edges": [6, 12]})},
        "events": {},
        "outcomes": {"click": {"type": "bool", "window": "7d", "learn": "arrival"}},
        "models": {"ctr": {"signals": ["hour", "part"], "outcome": "click", "learner": {"name": "FTRL"}}},
    }

    again = System.from_json(json.dumps(content))

    assert again.signals["part"].params == {"edges": (6.0, 12.0)}
    assert again.model("ctr").learner.alpha == FTRL().alpha


def _part(op: str, kind: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"op": op, "type": kind, "inputs": ["hour"], "params": params}


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"signals": {"a": _part("words", "list", {})}}, "name-unknown", "signal 'a': given 'hour'"),
        (
            {"signals": {"a": _part("words", "list", {}), "hour": {"op": "words", "type": "list", "inputs": ["a"]}}},
            "signal-circular",
            "names of signals that are not made of this one",
        ),
        ({"signals": {"hour": {"op": "input", "typ": "int"}}}, "document-bad", "did you mean 'type'"),
        ({"signals": {"hour": {"op": "sqrt", "type": "int"}}}, "op-unknown", "given 'sqrt'"),
        ({"signals": {"hour": {"op": "input", "type": "int", "params": {"x": 1}}}}, "op-unknown", "given 'input'"),
        ({"outcomes": {}}, "name-unknown", "model 'ctr': given 'click'"),
        ({"models": {"ctr": {"signals": ["huor"]}}}, "name-unknown", "given 'huor'; accepted: .*did you mean 'hour'"),
        ({"models": {"ctr": {"slice_by": [["day"]]}}}, "name-unknown", "given 'day'"),
        ({"models": {"ctr": {"learner": {"name": "SGD"}}}}, "document-bad", "Invalid value 'SGD'"),
        ({"outcomes": {"click": {"counts_from": "shown"}}}, "name-unknown", "outcome 'click': given 'shown'"),
        ({"outcomes": {"click": {"window": "soon"}}}, "window-bad", "given 'soon'"),
        ({"events": []}, "document-bad", r"Expected `object`, got `array` - at `\$.events`"),
    ],
)
def test_a_document_by_another_hand_is_checked(change: dict[str, Any], code: str, message: str) -> None:
    """Names that lead nowhere, circles, foreign fields."""
    content = json.loads(system(HOUR).to_json())
    for part, entries in change.items():
        if isinstance(entries, dict) and part in {"models", "outcomes"} and entries:
            for name, fields in entries.items():
                content[part][name] |= fields
        else:
            content[part] = entries

    with pytest.raises(SystemInvalid, match=message) as caught:
        System.from_json(json.dumps(content))
    assert code in {each.code for each in caught.value.mistakes}


@pytest.mark.parametrize("text", ["", "{", "null", "7", '"ads"', "{}", '{"format": "1"}', '{"format": 1, "name": 7}'])
def test_what_is_no_document_is_refused(text: str) -> None:
    """Whatever it is."""
    with pytest.raises(SystemInvalid, match="error document-bad: the JSON document"):
        System.from_json(text)


def test_a_document_of_a_newer_flyball_is_refused() -> None:
    """Rather than read in part."""
    with pytest.raises(FlyballError, match="format 2, of a newer flyball; this one reads up to 1"):
        parse(ads().to_json().replace('"format":1', '"format":2'))


def test_a_chain_of_signals_is_read_whatever_its_order() -> None:
    """A thousand names deep, without a thousand calls."""
    names = [f"s{place}" for place in range(1_000)]
    entries: dict[str, Any] = {"s0": {"op": "input", "type": "float"}}
    for before, name in itertools.pairwise(names):
        entries[name] = {"op": "add", "type": "float", "inputs": [before, before], "params": {}}
    content = json.loads(system(HOUR).to_json()) | {"signals": dict(reversed(entries.items()))}

    assert len(signals_of(parse(json.dumps(content)))) == 1_000


def test_canonical_json_refuses_what_json_cannot_hold() -> None:
    """NaN has no text that others read."""
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        canonical(float("nan"))


def test_the_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    """One content, one hash."""
    assert fingerprint({"a": 1, "b": [2.0]}) == fingerprint({"b": (2.0,), "a": 1})
    assert fingerprint(1) != fingerprint(1.0)


def test_plain_text_needs_no_quotes() -> None:
    """For people."""
    assert [plain("30m"), plain(None), plain(0.5), plain(["a"])] == ["30m", None, "0.5", '["a"]']


def test_a_system_finds_its_parts_by_name() -> None:
    """Models, outcomes, events, signals, programs."""
    found = ads()

    assert found.model("ctr").name == "ctr"
    assert list(found.outcomes) == ["click"]
    assert list(found.events) == ["impression"]
    assert list(found.signals) == ["ad_id", "user_id", "country", "hour", "cross(country, ad_id)"]
    assert [found.program("ctr").nodes[place].name for place in found.program("ctr").outputs] == list(found.signals)


def test_a_program_of_a_system_computes_its_dimensions_too() -> None:
    """After what is learned from, and logged with it."""
    program = system(HOUR, slice_by=[COUNTRY]).program("ctr")

    assert [node.name for node in program.nodes] == ["hour", "country"]
    assert (program.outputs, program.leaves) == ((0,), (0, 1))


def test_a_model_that_is_not_there_is_named_with_those_that_are() -> None:
    """With a guess."""
    with pytest.raises(FlyballError, match=r"no model is named 'crt'; accepted: 'ctr'; did you mean 'ctr'\?"):
        ads().model("crt")


def test_a_system_keeps_no_mistake_to_itself() -> None:
    """One error, one list, with the warnings among it."""
    with pytest.raises(SystemInvalid, match="the system has 1 mistake:") as caught:
        System("ads", models=[model(deadline="soon", outcome=Outcome("click"))])

    assert {each.code for each in caught.value.mistakes} == {"deadline-bad", "owner-missing"}
    assert str(caught.value).count("\n") == 2


def test_a_document_of_another_hash_is_refused() -> None:
    """Its features would get other keys; a plan may still compare it."""
    text = system().to_json().replace('"hash":1', '"hash":99')

    assert parse(text).hash == 99
    with pytest.raises(SystemInvalid, match="hash 99; this flyball has hash 1"):
        System.from_json(text)


@pytest.mark.parametrize("given", ['{"format":0}', '{"format":-1}', '{"a":' * 5_000])
def test_a_document_that_never_was_is_refused(given: str) -> None:
    """Neither guessed nor followed into its depth."""
    with pytest.raises(SystemInvalid, match="document-bad"):
        System.from_json(given)


def test_a_learner_that_says_nothing_is_the_default_one() -> None:
    """By hand as in Python."""
    assert LearnerEntry() == LearnerEntry(**{name: getattr(FTRL(), name) for name in ("alpha", "beta", "l1", "l2")})
    assert MachineEntry() == MachineEntry(**{name: getattr(FM(), name) for name in MachineEntry.__struct_fields__})


def test_signals_in_a_long_chain_are_made_in_their_order() -> None:
    """However they are listed."""
    names = [f"s{number:05}" for number in range(3_000)]
    entries = {
        name: SignalEntry(op="words", type="list[str]", inputs=(before,)) for before, name in itertools.pairwise(names)
    }
    backwards = dict(reversed(entries.items())) | {names[0]: SignalEntry(op="input", type="str")}

    assert set(signals_of(Document(name="ads", signals=backwards, events={}, outcomes={}, models={}))) == set(names)

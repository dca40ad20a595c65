"""Every mistake is found at its line, and all of them at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from flyball.system.check import check

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.system.mistake import Mistake

GOOD = """\
from datetime import datetime
import flyball as fb

ad = fb.Entity("ad_id", str)
country = fb.Input("country", str)
hour = fb.Input("hour", int)
price = fb.Input("price", float)
shown = fb.Event("impression", keys=("ad_id",))
click = fb.Outcome("click", window="30m", if_silent=0, counts_from=shown)
learner = fb.FTRL()
extra = fb.cross(country, ad)
ctr = fb.Model("ctr", signals=[ad, country, hour, price, extra], outcome=click, learner=learner)
source = fb.Source(time="ts")
ads = fb.System("ads", owner="team:ads", models=[ctr], source=source)
"""


def found(path: Path, *lines: str) -> tuple[tuple[Mistake, ...], dict[str, int]]:
    """What the check finds in the good file with some lines replaced, and the line of each name."""
    text = GOOD
    for line in lines:
        name = line.split(" = ")[0]
        text, times = re.subn(rf"^{name} = .*$", lambda _: line, text, flags=re.MULTILINE)  # noqa: B023  # used at once
        assert times == 1
    file = path / "ads.py"
    file.write_text(text, encoding="utf-8")
    places = {text_line.split(" = ")[0]: number for number, text_line in enumerate(text.splitlines(), start=1)}
    return check(file).mistakes, places


def test_a_good_file_has_no_mistakes(tmp_path: Path) -> None:
    """Otherwise none of the tests below would mean anything."""
    assert found(tmp_path)[0] == ()


SIGNALS = [
    ('country = fb.Input("country", "strng")', "type-unknown", "'strng'", "did you mean 'str'?"),
    ('country = fb.Input("country", bytes)', "type-unknown", "the type bytes", "write the type as in"),
    ('ad = fb.Entity("ad_id", float)', "entity-type", "'float'", "a value is an Input"),
    ('country = fb.Input("", str)', "name-bad", "''", "named after its column"),
    ("country = fb.Input(7, str)", "name-bad", "7", "named after its column"),
    ('country = fb.Input(["country"], str)', "name-bad", "a list of 1 item", ""),
    ('country = fb.Input("a@b", str)', "name-reserved", "'a@b'", "separate view, version and signal"),
    ('country = fb.Input("a:b", str)', "name-reserved", "'a:b'", ""),
    ('country = fb.Input("a\\nb", str)', "name-bad", "'a\\nb'", "no control characters"),
    ('country = fb.Input(" a", str)', "name-bad", "' a'", "no blanks around it"),
    ('country = fb.Input("x" * 201, str)', "name-bad", "(201 characters)", ""),
    ('country = fb.Input("\\ud800", str)', "name-bad", "\\ud800", ""),
    ('country = fb.Input("country", str, was="a:b")', "name-reserved", "'a:b'", ""),
    ('country = fb.Input("country", str, was="hour")', "was-taken", "'hour'", "'hour' has its features"),
    ('country = fb.Input("country", str, owner=None)', "text-expected", "None", ""),
    ('country = fb.Input("country", str, description=7)', "text-expected", "7", ""),
    ('hour = fb.Input("hour", int, unit="km")', "unit-unused", "'km'", "describe a unit of measurement"),
    ('hour = fb.Input("hour", int, tz="UTC")', "tz-unused", "'UTC'", ""),
    ('price = fb.Input("price", datetime, unit="min")', "unit-bad", "'min'", ""),
    ('price = fb.Input("price", datetime, tz="Europe/Bärlin")', "tz-unknown", "'Europe/Bärlin'", ""),
    ('price = fb.Input("price", datetime, tz=1)', "tz-unknown", "1", ""),
    ('hour = fb.Input("click", bool)', "leak", "'click'", "it is the answer itself, of outcome 'click'"),
]  # fmt: skip  # a table: one row a line
DERIVED = [
    ("extra = fb.cross(country)", "cross-short", "a list of 1 item", "one signal alone"),
    ("extra = fb.cross(country, price)", "cross-kind", "input 'price' of float", "use bucket(...) first"),
    ('extra = fb.cross(country, fb.Input("m", dict[str, float]))', "cross-kind", "input 'm' of map", "derive(...)"),
    ('extra = fb.cross(country, fb.Input("t", datetime))', "cross-kind", "input 't' of timestamp", "derive(...)"),
    ('extra = fb.cross("country", ad)', "signal-expected", "'country'", "declare it with Input"),
    ("extra = fb.bucket(country, [1])", "bucket-kind", "input 'country' of str", ""),
    ('extra = fb.bucket(fb.Entity("u", int), [1])', "bucket-kind", "entity 'u' of int", "are names"),
    ("extra = fb.bucket(price, [3, 1])", "bucket-edges", "3.0, 1.0", ""),
    ("extra = fb.bucket(price, [1, 1])", "bucket-edges", "1.0, 1.0", ""),
    ("extra = fb.bucket(price, [])", "bucket-edges", "", ""),
    ('extra = fb.bucket(price, [1, "2"])', "bucket-edges", "1.0, '2'", ""),
    ('extra = fb.bucket(price, [float("nan")])', "bucket-edges", "nan", ""),
    ("extra = fb.bucket(price, [10**400])", "bucket-edges", "an int of 1329 bits", ""),
    ("extra = fb.bucket(price)", "bucket-rule", "neither", "edges=[1, 10, 100]"),
    ("extra = fb.bucket(price, [1], width=1)", "bucket-rule", "both", ""),
    ("extra = fb.bucket(price, width=0)", "bucket-width", "0.0", ""),
    ('extra = fb.bucket(price, width="1")', "bucket-width", "'1'", ""),
    ("extra = fb.words(hour)", "text-kind", "input 'hour' of int", ""),
    ("extra = fb.words(fb.cross(country, ad))", "text-kind", "cross 'cross(country, ad_id)' of str", ""),
    ("extra = fb.ngrams(country, n=0)", "ngrams-n", "0", ""),
    ("extra = fb.ngrams(country, n=True)", "ngrams-n", "True", ""),
    ('extra = fb.ngrams(country, n=2, of="letters")', "ngrams-of", "'letters'", ""),
    ('extra = fb.ngrams(country, n=2, of="word")', "ngrams-of", "'word'", "did you mean 'words'?"),
    ("extra = hour + country", "arithmetic-kind", "input 'country' of str", ""),
    ("extra = hour + fb.bucket(price, [1])", "arithmetic-kind", "bucket 'bucket(price)' of int", "are names"),
    ('extra = hour + "1"', "constant-bad", "'1'", ""),
    ('extra = hour + float("inf")', "constant-bad", "inf", ""),
    ("extra = hour + None", "constant-bad", "None", ""),
    ('extra = fb.derive("floor", [price], int, version=1)', "function-path", "'floor'", "never passed"),
    ("extra = fb.derive(len, [country], int, version=1)", "function-path", "a builtin_function_or_method", ""),
    ('extra = fb.derive("math:flor", [price], int, version=1)', "function-import", "'math:flor'", "'floor'"),
    ('extra = fb.derive("nowhere_at_all:f", [price], int, version=1)', "function-import", "'nowhere", "ModuleNotFound"),
    ('extra = fb.derive("math:floor", [price], int, version=0)', "function-version", "0", "raise it when"),
    ('extra = fb.derive("math:floor", [price], int, version=None)', "function-version", "None", ""),
    ('extra = fb.derive("math:floor", [price], "itn", version=1)', "type-unknown", "'itn'", "did you mean 'int'?"),
    ('extra = fb.derive("math:floor", [fb.cross(country, ad)], int, version=1)', "function-input", "cross", "one by"),
    ('extra = fb.cross(country, ad, name="hour")', "name-duplicate", "'hour'", "the other is input at ads.py:6"),
    ('extra = fb.cross(country, ad, was="hour")', "was-taken", "'hour'", "'hour' has its features"),
]  # fmt: skip  # a table: one row a line
OUTCOMES = [
    ('click = fb.Outcome("click", window="soon")', "window-bad", "'soon'", ""),
    ('click = fb.Outcome("click", window=30)', "window-bad", "30", ""),
    ('click = fb.Outcome("click", window="0s")', "window-bad", "'0s'", ""),
    ('click = fb.Outcome("click", window=None)', "window-missing", "None", "stop waiting at some time"),
    ('click = fb.Outcome("click", window=None, learn="close")', "window-missing", "None", "learn='close' learns when"),
    ('click = fb.Outcome("click", str)', "outcome-type", "'str'", "labels=(no, yes)"),
    ('click = fb.Outcome("click", "boolean")', "type-unknown", "'boolean'", "did you mean 'bool'?"),
    ('click = fb.Outcome("a b")', "name-bad", "'a b'", "Source(label=...) names a column"),
    ("click = fb.Outcome(None)", "name-bad", "None", ""),
    ('click = fb.Outcome("click", if_silent="no")', "silent-bad", "'no'", ""),
    ('click = fb.Outcome("click", if_silent=0.5)', "silent-bad", "0.5", ""),
    ('click = fb.Outcome("click", if_silent="maybe", labels=("no", "yes"))', "silent-bad", "'maybe'", ""),
    ('click = fb.Outcome("click", int, if_silent=0.5, scale=2)', "silent-bad", "0.5", ""),
    ('click = fb.Outcome("click", if_silent=[])', "silent-bad", "a list of 0 items", ""),
    ('click = fb.Outcome("click", int, if_silent="0", scale=2)', "silent-bad", "'0'", ""),
    ('click = fb.Outcome("click", float, if_silent=True, scale=2)', "silent-bad", "True", ""),
    ('click = fb.Outcome("click", float, if_silent=float("nan"), scale=2)', "silent-bad", "nan", ""),
    ('click = fb.Outcome("click", learn="arival")', "learn-unknown", "'arival'", "did you mean 'arrival'?"),
    ('click = fb.Outcome("click", learn=[])', "learn-unknown", "a list of 0 items", ""),
    ('click = fb.Outcome("click", learn="revise")', "learn-revise", "'revise'", "say what silence means"),
    ('click = fb.Outcome("click", learn="arrival", if_silent=0)', "learn-biased", "'arrival'", "bias every new id"),
    ('click = fb.Outcome("click", reducer="sum")', "reducer-bool", "'sum'", "an outcome of int"),
    ('click = fb.Outcome("click", reducer="mean")', "reducer-bool", "'mean'", ""),
    ('click = fb.Outcome("click", reducer="avg")', "reducer-unknown", "'avg'", ""),
    ('click = fb.Outcome("click", revision="lst")', "revision-unknown", "'lst'", "did you mean 'last'?"),
    ('click = fb.Outcome("click", keep_silent=0)', "keep-silent-bad", "0.0", ""),
    ('click = fb.Outcome("click", keep_silent=1.5)', "keep-silent-bad", "1.5", ""),
    ('click = fb.Outcome("click", keep_silent=float("nan"))', "keep-silent-bad", "nan", ""),
    ('click = fb.Outcome("click", negatives_kept=0)', "negatives-kept-bad", "0.0", ""),
    ('click = fb.Outcome("click", negatives_kept=1.5)', "negatives-kept-bad", "1.5", ""),
    ('click = fb.Outcome("click", negatives_kept="a tenth")', "negatives-kept-bad", "'a tenth'", ""),
    ('click = fb.Outcome("click", float, negatives_kept=0.1, scale=2)', "negatives-kept-bad", "0.1", ""),
    ('click = fb.Outcome("click", negatives_kept=0.1, keep_silent=0.5)', "negatives-twice", "keep_silent=0.5 with nega",
     "both would correct twice"),
    ('click = fb.Outcome("click", scale=2)', "scale-bad", "2.0", ""),
    ('click = fb.Outcome("click", float, scale=0)', "scale-bad", "0.0", ""),
    ('click = fb.Outcome("click", float, scale=float("inf"))', "scale-bad", "inf", ""),
    ('click = fb.Outcome("click", labels=("yes", "yes"))', "labels-bad", "a tuple of 2 items", "'no', 'yes'"),
    ('click = fb.Outcome("click", labels=("no", "yes", "?"))', "labels-bad", "a tuple of 3 items", ""),
    ('click = fb.Outcome("click", labels=(0, 1))', "labels-bad", "a tuple of 2 items", ""),
    ('click = fb.Outcome("click", labels=([], []))', "labels-bad", "a tuple of 2 items", ""),
    ('click = fb.Outcome("click", int, labels=("no", "yes"), scale=2)', "labels-bad", "", "labels= for bool only"),
    ('click = fb.Outcome("click", counts_from="impression")', "event-expected", "'impression'", "Event('impression'"),
    ('click = fb.Outcome("click", owner=7)', "text-expected", "7", ""),
    ('shown = fb.Event("an impression", keys=("ad_id",))', "name-bad", "'an impression'", ""),
    ('shown = fb.Event("impression", keys=(7,))', "key-bad", "7", ""),
]  # fmt: skip  # a table: one row a line
MODELS = [
    ('ctr = fb.Model("ctr", signals=[], outcome=click)', "signals-empty", "a tuple of 0 items", ""),
    ('ctr = fb.Model("ctr@v1", signals=[ad], outcome=click)', "name-reserved", "'ctr@v1'", ""),
    ('ctr = fb.Model("c/r", signals=[ad], outcome=click)', "name-bad", "'c/r'", "it stands in addresses"),
    ('ctr = fb.Model("ctr", signals=["ad_id", ad], outcome=click)', "signal-expected", "'ad_id'", "declare it"),
    ('ctr = fb.Model("ctr", signals=[ad, hour, ad], outcome=click)', "signal-repeated", "'ad_id'", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome="click")', "outcome-expected", "'click'", "Outcome('click'"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, learner="ftrl")', "learner-expected", "'ftrl'", ""),
    ("learner = fb.FTRL(alpha=0)", "learner-bad", "0.0", "alpha="),
    ('learner = fb.FTRL(alpha="0.1")', "learner-bad", "'0.1'", "alpha="),
    ("learner = fb.FTRL(l1=-1)", "learner-bad", "-1.0", "l1="),
    ('learner = fb.FTRL(beta=float("inf"))', "learner-bad", "inf", "beta="),
    ("learner = fb.FM(factors=3)", "learner-bad", "3", "factors="),
    ("learner = fb.FM(factors=4.0)", "learner-bad", "4.0", "factors="),
    ("learner = fb.FM(factors=128)", "learner-bad", "128", "factors="),
    ("learner = fb.FM(alpha=0)", "learner-bad", "0.0", "alpha="),
    ("learner = fb.FM(beta_v=0)", "learner-bad", "0.0", "beta_v="),
    ("learner = fb.FM(l1_v=-1)", "learner-bad", "-1.0", "l1_v="),
    ("learner = fb.FM(scale_v=0)", "learner-bad", "0.0", "scale_v="),
    ("learner = fb.FM(scale_v=2)", "learner-bad", "2.0", "scale_v="),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, slice_by="ad_id")', "slice-expected", "'ad_id'", "itself"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, slice_by=[()])', "slice-expected", "a tuple", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, slice_by=[price])', "slice-kind", "input 'price'", "bucket("),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, slice_by=[extra])', "slice-kind", "cross(", "(country,"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, slice_by=[ad, ad])', "slice-repeated", "'ad_id'", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, slice_by=[(ad, ad), (ad, ad)])', "slice-repeated", "&", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, calibrate="ad_id")', "slice-expected", "'ad_id'", "itself"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, calibrate=0.5)', "slice-expected", "0.5", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, calibrate=[price])', "slice-kind", "input 'price'", "bucket("),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, calibrate=[ad, ad])', "slice-repeated", "'ad_id'", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=fb.Outcome("n", int, scale=2), calibrate=True)', "calibrate-number",
     "outcome of int", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, candidates="ad_id")', "candidate-expected", "'ad_id'",
     "itself"),
    ('ctr = fb.Model("ctr", signals=[ad], candidates=[price], outcome=click)', "candidate-absent", "'price'", ""),
    ('ctr = fb.Model("ctr", signals=[ad], candidates=[ad, ad], outcome=click)', "candidate-repeated", "'ad_id'", ""),
    ('ctr = fb.Model("ctr", signals=[ad], candidates=[ad], outcome=click, learner=fb.FTRL(1))', "candidate-learner",
     "FTRL(alpha=1", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, offset="price")', "offset-expected", "'price'", "itself"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, offset=0.5)', "offset-expected", "0.5", "such as"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, offset=ad)', "offset-kind", "'ad_id'", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, fallback=2)', "fallback-bad", "2.0", "a probability"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, fallback="0.1")', "fallback-bad", "'0.1'", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, fallback=float("nan"))', "fallback-bad", "nan", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, deadline="20 parsecs")', "deadline-bad", "'20 parsecs'", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, deadline=20)', "deadline-bad", "20", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, deadline="0ms")', "deadline-bad", "'0s'", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, admission=0)', "admission-bad", "0", "from 1 to 15, or"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, admission=16)', "admission-bad", "16", "from 1 to 15"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, admission=1.5)', "admission-bad", "1.5", "between 0 and 1"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, admission=-1)', "admission-bad", "-1", "one in ten"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, admission=float("nan"))', "admission-bad", "nan", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, admission="2")', "admission-bad", "'2'", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, admission_keys=7)', "admission-bad", "7", "how often"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, admission=1, admission_keys=0)', "admission-bad", "0", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, expiry="30m")', "expiry-bad", "'30m'", "from '1h'"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, expiry="99999d")', "expiry-bad", "'99999d'", "a century"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, expiry="a while")', "expiry-bad", "'a while'", "'30d'"),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, expiry=30)', "expiry-bad", "30", ""),
    ('ctr = fb.Model("ctr", signals=[ad], outcome=click, owner=None)', "text-expected", "None", ""),
    ('source = fb.Source(time="")', "column-bad", "''", "time="),
    ("source = fb.Source(time=7)", "column-bad", "7", "time="),
    ('source = fb.Source(time="ts", id="ts")', "column-repeated", "'ts'", "another column for id= than for time="),
    ('source = fb.Source(tz="Mars/Olympus")', "tz-unknown", "'Mars/Olympus'", ""),
    ('source = fb.Source(unit="ns")', "unit-bad", "'ns'", ""),
    ('source = fb.Source(delimiter=";;")', "delimiter-bad", "';;'", ""),
    ("source = fb.Source(delimiter='\"')", "delimiter-bad", "'\"'", ""),
    ('source = fb.Source(quoted="no")', "quoted-bad", "'no'", ""),
    ('source = fb.Source(missing=["", 0])', "missing-bad", "0", ""),
    ('ads = fb.System("my ads", owner="team:ads", models=[ctr])', "name-bad", "'my ads'", ""),
    ('ads = fb.System("ads", owner="team:ads", models=[])', "models-empty", "a tuple of 0 items", ""),
    ('ads = fb.System("ads", owner="team:ads", models=["ctr"])', "model-expected", "'ctr'", ""),
    ('ads = fb.System("ads", owner="team:ads", models=[ctr], source="ts")', "source-expected", "'ts'", ""),
    ('ads = fb.System("ads", owner=7, models=[ctr])', "text-expected", "7", ""),
]  # fmt: skip  # a table: one row a line


@pytest.mark.parametrize(("line", "code", "given", "hint"), SIGNALS + DERIVED + OUTCOMES + MODELS)
def test_a_mistake_is_found_at_its_line(tmp_path: Path, line: str, code: str, given: str, hint: str) -> None:
    """With what was given, what is accepted and what to do."""
    mistakes, places = found(tmp_path, line)

    mistake = next((each for each in mistakes if each.code == code), None)
    assert mistake is not None, [str(each) for each in mistakes]
    assert (mistake.severity, mistake.place and mistake.place.line) == (
        "error",
        places[line.split(" = ", maxsplit=1)[0]],
    )
    assert given in mistake.given
    assert hint in f"{mistake.accepted}; {mistake.hint}"
    assert mistake.accepted


@pytest.mark.parametrize(("line", "code", "given", "hint"), SIGNALS + DERIVED + OUTCOMES + MODELS)
def test_a_mistake_brings_no_others_with_it(tmp_path: Path, line: str, code: str, given: str, hint: str) -> None:
    """One cause, one message: a list of consequences would hide it."""
    mistakes, _ = found(tmp_path, line)

    assert {each.code for each in mistakes if each.severity == "error"} == {code}


@pytest.mark.parametrize(
    ("line", "code", "given", "hint"),
    [
        ('click = fb.Outcome("click", window="180d")', "window-long", "'180d'", "waits that long in memory"),
        ('click = fb.Outcome("click", float)', "scale-unset", "1.0", "give their usual size"),
        ('shown = fb.Event("impression", keys=("adid",))', "key-unknown", "'adid'", "did you mean 'ad_id'?"),
        ('ads = fb.System("ads", models=[ctr], source=source)', "owner-missing", "''", "say who answers for it"),
        (
            'ctr = fb.Model("ctr", signals=[country, price, extra], outcome=click, learner=learner)',
            "declared-unused",
            "'hour'",
            "use it in a model or leave it out",
        ),
    ],
)
def test_what_is_doubtful_is_a_warning(tmp_path: Path, line: str, code: str, given: str, hint: str) -> None:
    """It refuses nothing."""
    mistakes, _ = found(tmp_path, line)

    warning = next(each for each in mistakes if each.code == code)
    assert (warning.severity, warning.given) == ("warning", given)
    assert hint in warning.hint
    assert all(each.severity == "warning" for each in mistakes)


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ('source = fb.Source(label="price")', "it is the label= of the source"),
        ('source = fb.Source(outcome_time="price")', "known only when the answer is"),
    ],
)
def test_a_signal_that_reads_a_column_of_the_answer_is_a_leak(tmp_path: Path, source: str, hint: str) -> None:
    """Wherever the answer's columns are named."""
    mistakes, places = found(tmp_path, source)

    assert [(each.code, each.place and each.place.line) for each in mistakes] == [("leak", places["price"])]
    assert hint in mistakes[0].hint


def test_weights_beside_sampled_negatives_are_doubted(tmp_path: Path) -> None:
    """Weights of 1 / share and negatives_kept= would correct twice; weights of another meaning are fine."""
    kept = 'click = fb.Outcome("click", negatives_kept=0.1)'
    alone, _ = found(tmp_path, kept)
    weighted, _ = found(tmp_path, kept, 'source = fb.Source(weight="w")')

    assert "negatives-weighted" not in [each.code for each in alone]
    doubted = [each for each in weighted if each.code == "negatives-weighted"]
    assert [each.severity for each in doubted] == ["warning"]
    assert "correct predictions twice" in doubted[0].hint


def test_all_mistakes_come_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    """One run, one list."""
    mistakes, places = found(
        tmp_path,
        'hour = fb.Input("hour", "itn")',
        'click = fb.Outcome("click", window="soon")',
        "extra = fb.bucket(price, [2, 1])",
        "learner = fb.FTRL(alpha=-1)",
    )

    errors = [(each.place and each.place.line, each.code) for each in mistakes if each.severity == "error"]
    assert errors == [
        (places["hour"], "type-unknown"),
        (places["click"], "window-bad"),
        (places["learner"], "learner-bad"),
        (places["extra"], "bucket-edges"),
    ]

"""Reading the one system in a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from flyball.system.error import FlyballError
from flyball.system.load import LARGEST, load, load_system
from flyball.system.mistake import SystemInvalid
from tests.unit.system.ads import ads, everything

if TYPE_CHECKING:
    from pathlib import Path

ADS = """\
import flyball as fb
hour = fb.Input("hour", int)
ctr = fb.Model("ctr", signals=[hour], outcome=fb.Outcome("click"))
ads = fb.System("ads", owner="team:ads", models=[ctr])
again = ads
"""
SHOP = """\
from shop_prices import RATE
import flyball as fb
price = fb.derive("shop_prices:discount", [fb.Input("price", float)], float, version=1)
own = fb.derive("shop_system:twice", [price], float, version=1)
def twice(price):
    return 2 * price * RATE
ctr = fb.Model("ctr", signals=[price, own], outcome=fb.Outcome("click"))
ads = fb.System("ads", owner="team:ads", models=[ctr])
"""


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading adds the file's folder to the path; afterwards it is as before."""
    monkeypatch.setattr(sys, "path", list(sys.path))


def written(path: Path, text: str, name: str = "ads.py") -> Path:
    """A file with this text."""
    file = path / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_of_python_gives_its_system_and_its_names(tmp_path: Path) -> None:
    """Two names for one system are one system; lines are those of the file."""
    file = written(tmp_path, ADS)

    loaded = load(file)

    assert loaded.system.name == "ads"
    assert {"hour", "ctr", "ads"} <= loaded.names.keys()
    assert str(loaded.system.place) == f"{file}:4"
    assert str(loaded.system.model("ctr").place) == f"{file}:3"


def test_a_file_of_json_gives_the_same_system(tmp_path: Path) -> None:
    """And nothing is executed."""
    file = written(tmp_path, everything().to_json(), "shop.json")

    loaded = load(str(file))

    assert (loaded.system, loaded.names) == (everything(), {})
    assert loaded.system.place is None


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    """Some editors write one."""
    assert load_system(written(tmp_path, "\ufeff" + ads().to_json(), "ads.json")) == ads()


def test_functions_beside_the_file_and_in_it_are_found(tmp_path: Path) -> None:
    """Its folder is importable, and so is the file while it runs."""
    written(tmp_path, "RATE = 3\ndef discount(price):\n    return price", "shop_prices.py")

    system = load_system(written(tmp_path, SHOP, "shop_system.py"))

    assert [signal.name for signal in system.model("ctr").signals] == ["discount(price)", "twice(discount(price))"]
    assert "shop_system" not in sys.modules
    assert sys.modules.pop("shop_prices").RATE == 3


def test_a_file_named_like_a_module_does_not_replace_it(tmp_path: Path) -> None:
    """`json.py` is a bad name for a system, but no reason to break Python."""
    before = sys.modules["json"]

    assert load_system(written(tmp_path, ADS, "json.py")).name == "ads"
    assert sys.modules["json"] is before


@pytest.mark.parametrize(
    ("text", "code", "line", "message"),
    [
        ("x = (", "file-syntax", 1, "SyntaxError: '(' was never closed"),
        ("\n\n  x = 1", "file-syntax", 3, "IndentationError: unexpected indent"),
        ("x = 1\ny = 1 / 0", "file-failed", 2, "ZeroDivisionError: division by zero"),
        ("def f():\n    raise OSError('no disk')\n\nf()", "file-failed", 2, "OSError: no disk"),
        ("import nowhere_at_all", "file-failed", 1, "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("import sys\nsys.exit(3)", "file-failed", 2, "SystemExit: 3"),
        ("class E(BaseException):\n    __str__ = None\nraise E", "file-failed", 3, "E"),
        ("raise ValueError('\\udc80' + 'x' * 10**6)", "file-failed", 1, "ValueError: \\udc80xxx"),
        ("x = '\0'", "file-syntax", 0, "null bytes"),
        ("x = 1", "system-missing", 0, "no system"),
    ],
)
def test_a_file_that_fails_is_a_mistake_at_its_line(
    tmp_path: Path, text: str, code: str, line: int, message: str
) -> None:
    """Never a traceback."""
    file = written(tmp_path, text)

    with pytest.raises(SystemInvalid, match=code) as caught:
        load_system(file)

    (mistake,) = caught.value.mistakes
    assert mistake.place is not None
    assert (mistake.code, mistake.place.file, mistake.place.line) == (code, str(file), line)
    assert message in mistake.given


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('import flyball as fb\nfb.Input("hour", int,\n  onwer="me")', "did you mean 'owner'?"),
        ('import flyball as fb\nfb.Outcome("click", xyzzy=0)', "accepted: name, type, loss, window, if_silent"),
        ('import flyball as fb\nfb.cross(fb.Input("hour", int), nmae="x")', "did you mean 'name'?"),
        ("import flyball as fb\nfb.Entitty('ad_id', str)", "did you mean 'Entity'?"),
        ("import sys\nraise SystemExit", "leave out what ends the program"),
        ("import sys\nfrom .signals import hour", "write 'from signals import hour' without the dot"),
    ],
)
def test_a_misspelt_field_or_name_is_guessed(tmp_path: Path, text: str, hint: str) -> None:
    """From the declarations that there are."""
    with pytest.raises(SystemInvalid, match="error file-failed") as caught:
        load_system(written(tmp_path, text))

    (mistake,) = caught.value.mistakes
    assert hint in mistake.hint
    assert mistake.place is not None
    assert mistake.place.line == 2


def test_mistakes_of_the_system_pass_through(tmp_path: Path) -> None:
    """They have their own lines."""
    with pytest.raises(SystemInvalid, match=r"ads.py:2: error type-unknown: input 'hour': given 'itn'"):
        load_system(written(tmp_path, ADS.replace("int", '"itn"')))


def test_several_systems_in_one_file_are_refused_at_their_lines(tmp_path: Path) -> None:
    """Which one would be meant?"""
    text = ADS + 'other = fb.System("other", models=[ctr])\n'

    with pytest.raises(SystemInvalid, match="put each into a file of its own") as caught:
        load_system(written(tmp_path, text))

    assert [mistake.place and mistake.place.line for mistake in caught.value.mistakes] == [4, 6]


def test_a_module_that_the_file_imports_fails_at_the_line_of_the_import(tmp_path: Path) -> None:
    """With the place where it really failed."""
    written(tmp_path, "x = (", "shop_broken.py")

    with pytest.raises(SystemInvalid, match=r"ads.py:2: error file-syntax: .* in .*shop_broken.py:1"):
        load_system(written(tmp_path, "\nimport shop_broken"))


@pytest.mark.parametrize("name", ["ads.txt", "ads", "ads.py.bak"])
def test_another_kind_of_file_is_refused(tmp_path: Path, name: str) -> None:
    """Before it is read."""
    with pytest.raises(SystemInvalid, match=r"error file-kind: .* accepted: a file that ends in .py or .json"):
        load_system(written(tmp_path, "", name))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A folder, a missing file, bytes that are no text, too many bytes."""
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "latin.py").write_bytes(b"x = 1\n# Z\xfcrich")
    with (tmp_path / "large.py").open("wb") as large:
        large.truncate(LARGEST + 1)

    for name, message in [
        ("folder.py", "Is a directory"),
        ("nowhere.py", "No such file or directory"),
        ("latin.py", "latin.py:2: error file-unreadable: .* bytes that are no UTF-8: invalid start byte"),
        ("large.py", "10000001 bytes; accepted: at most 10000000 bytes"),
    ]:
        with pytest.raises(SystemInvalid, match=message):
            load_system(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", SystemInvalid, "error document-bad: the JSON document: given something else: Input data was truncated"),
        ("[]", SystemInvalid, "Expected `object`, got `array`"),
        ('{"format": 2}', FlyballError, "the document has format 2, of a newer flyball; this one reads up to 1"),
        ('{"format": 1}', SystemInvalid, "missing required field `name`"),
    ],
)
def test_a_foreign_file_of_json_is_refused(tmp_path: Path, text: str, error: type[FlyballError], message: str) -> None:
    """With what was wrong about it."""
    with pytest.raises(error, match=message):
        load_system(written(tmp_path, text, "ads.json"))

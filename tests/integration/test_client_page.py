"""docs/client.md is true: its examples run, and the app that it changes works, before and after."""

from __future__ import annotations

import importlib
import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import flyball.client
from tests.integration.client_dialects import serving

if TYPE_CHECKING:
    from tests.integration.scripted_server import ScriptedServer

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
BLOCKS = re.findall(r"^(?:<!-- file: (\S+) -->\n)?```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [text for file, language, text in BLOCKS if language == "python" and not file]
FILES = {file: text for file, _, text in BLOCKS if file}
DIFF = FILES["app.py"].splitlines()
BEFORE = "".join(f"{line[1:]}\n" for line in DIFF if not line.startswith("+"))
AFTER = "".join(f"{line[1:]}\n" for line in DIFF if not line.startswith("-"))


def test_the_page_has_its_examples() -> None:
    """The tests below would pass on an empty page."""
    assert (len(EXAMPLES), sorted(FILES)) == (5, ["app.py", "late.py"])


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_runs(text: str, tmp_path: Path) -> None:
    """Each by itself, against a server that answers as flyball does."""
    file = tmp_path / "example.py"
    with serving() as server:
        file.write_text(text.replace(ADDRESS, server.url), encoding="utf-8")
        shown = runpy.run_path(str(file))
        for value in shown.values():
            if isinstance(value, flyball.client.Client):
                value.close()

    assert server.asked, "the example was to ask something"


def test_every_public_name_stands_on_the_page() -> None:
    """And every call of the client, with the names of its arguments."""
    words = set(re.findall(r"\w+", PAGE))
    calls = {name for name in vars(flyball.client.Client) if not name.startswith("_")}
    values = {"AsyncSender", "Counts", "Ports", "Problem", "Readiness", "Sender", "ServedModel"}

    assert (set(flyball.client.__all__) - values) | calls - {"close"} <= words


def run_app(text: str, folder: Path, server: ScriptedServer) -> dict[str, Any]:
    """The app's names, with a small model beside it."""
    lightgbm = importlib.import_module("lightgbm")
    dice = np.random.default_rng(1)
    rows = dice.random((200, 3))
    options = {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}
    trained = lightgbm.train(options, lightgbm.Dataset(rows, label=rows[:, 1] > 0.5), num_boost_round=2)
    trained.save_model(str(folder / "late.txt"))
    file = folder / "app.py"
    file.write_text(text.replace(ADDRESS, server.url), encoding="utf-8")
    return runpy.run_path(str(file))


@pytest.mark.parametrize("text", [BEFORE, AFTER])
def test_the_app_answers_the_same_before_and_after(text: str, tmp_path: Path) -> None:
    """What it records is what it answers, and the outcome that came later."""
    with serving() as server:
        app = run_app(text, tmp_path, server)
        invoice = {"customer": "c1", "country": "DE", "amount": 0.7, "days": 14}
        answer = app["score"](app["Invoice"](**invoice))
        app["settle"](app["Settled"](id=answer["id"], late=True))
        if "fly" in app:
            assert app["fly"].close()
            app["fly"]._run.__self__.close()

    assert 0.5 < answer["late"] < 1.0
    assert app["paid_late"] == {answer["id"]: True}
    assert {route.path for route in app["app"].routes} >= {"/score", "/settled"}
    recorded = [fact for asked in server.asked for facts in asked.document.values() for fact in facts]
    expected = [
        {"id": answer["id"], "inputs": invoice, "prediction": answer["late"], "version": 1},
        {"id": answer["id"], "value": True},
    ]
    without_time = [{name: value for name, value in fact.items() if name != "event_ts"} for fact in recorded]
    assert without_time == (expected if text == AFTER else [])


def test_the_app_is_changed_by_as_many_lines_as_the_page_says() -> None:
    """Four lines more in an app of forty, and none that is changed."""
    assert (len(AFTER.splitlines()) - len(BEFORE.splitlines()), AFTER.count("\n")) == (4, 43)
    assert not [line for line in DIFF if line.startswith("-")]


def test_the_system_file_of_the_page_holds(tmp_path: Path) -> None:
    """Its inputs are those that the app records."""
    file = tmp_path / "late.py"
    file.write_text(FILES["late.py"], encoding="utf-8")
    shown = runpy.run_path(str(file))

    [model] = shown["invoices"].models
    assert [signal.name for signal in model.signals] == ["customer", "country", "amount", "days"]

"""`flyball check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.cli.flights_made import SYSTEM, write_system

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Shell


def test_an_accepted_file_shows_where_each_signal_comes_from(shell: Shell, folder: Path) -> None:
    """And says that the file was executed."""
    write_system(folder / "flights.py", SYSTEM.replace("[carrier, hour]", "[carrier, fb.cross(carrier, hour)]", 1))
    said = shell("check", "flights.py")

    assert said.code == 0
    assert "executing flights.py" in said.out
    assert "delay predicts late (bool) from 2 signals" in said.out
    assert "from carrier, hour" in said.out
    assert "flights.py holds the system 'flights' and is accepted" in said.out


def test_json_names_every_model_with_its_inputs(shell: Shell, folder: Path) -> None:
    """What others script against."""
    said = shell("check", "flights.py", "--json")

    assert said.found["models"]["delay"]["inputs"] == ["carrier", "hour"]
    assert said.found["models"]["delay"]["signals"] == {"carrier": ["carrier"], "hour": ["hour"]}
    assert (said.found["system"], said.found["passed"], said.found["mistakes"]) == ("flights", True, [])
    assert "is accepted" in said.err


def test_every_mistake_is_shown_at_its_line_with_what_to_do(shell: Shell, folder: Path) -> None:
    """Two of them, and the lines themselves."""
    wrong = SYSTEM.replace('fb.Input("carrier", str)', 'fb.Input("carrier", "strng")').replace('"2d"', '"soon"')
    write_system(folder / "flights.py", wrong)
    said = shell("check", "flights.py")

    assert said.code == 1
    assert "flights.py:3: error type-unknown: input 'carrier'" in said.out
    assert '3 | carrier = fb.Input("carrier", "strng")' in said.out
    assert "did you mean 'str'?" in said.out
    assert "flights.py:5: error" in said.out
    assert "flights.py is refused: 2 errors, 0 warnings" in said.out


def test_mistakes_in_json_have_file_line_code_and_hint(shell: Shell, folder: Path) -> None:
    """For editors."""
    write_system(folder / "flights.py", SYSTEM.replace('"2d"', '"soon"'))
    said = shell("check", "flights.py", "--json")

    [mistake] = said.found["mistakes"]
    assert (mistake["file"], mistake["line"], mistake["severity"]) == ("flights.py", 5, "error")
    assert mistake["given"] == "'soon'"
    assert (said.code, said.found["passed"], said.found["models"]) == (1, False, {})


def test_a_warning_does_not_refuse(shell: Shell, folder: Path) -> None:
    """A system without an owner works."""
    write_system(folder / "flights.py", SYSTEM.replace('owner="team:sky", ', ""))
    said = shell("check", "flights.py")

    assert said.code == 0
    assert "warning owner-missing" in said.out
    assert "accepted with 1 warning" in said.out


def test_a_file_that_is_no_python_is_refused_at_its_line(shell: Shell, folder: Path) -> None:
    """Without a traceback."""
    write_system(folder / "flights.py", "import flyball as fb\nx = = 1\n")
    said = shell("check", "flights.py")

    assert said.code == 1
    assert "flights.py:2: error file-syntax" in said.out


def test_a_signal_shared_by_models_is_said_to_be(shell: Shell, folder: Path) -> None:
    """Whoever changes it changes both."""
    second = 'second = fb.Model("second", signals=[hour], outcome=late)\nsource'
    text = SYSTEM.replace("source", second, 1).replace("models=[model]", "models=[model, second]")
    write_system(folder / "flights.py", text)
    said = shell("check", "flights.py")

    assert "hour is shared by delay, second" in said.out


def test_a_missing_file_is_a_mistake_of_usage(shell: Shell, folder: Path) -> None:
    """Exit code 2."""
    said = shell("check", "nowhere.py")

    assert (said.code, said.out) == (2, "")
    assert "the system file 'nowhere.py' does not exist" in said.err


def test_a_mistake_in_an_imported_file_is_shown_with_its_own_line(shell: Shell, folder: Path) -> None:
    """Not with the line of that number in the file that was checked."""
    (folder / "inputs_of_flights.py").write_text('import flyball as fb\ncarrier = fb.Input("carrier", "strng")\n')
    wrong = SYSTEM.replace('carrier = fb.Input("carrier", str)', "from inputs_of_flights import carrier")
    write_system(folder / "flights.py", wrong)
    said = shell("check", "flights.py")

    assert said.code == 1
    assert "inputs_of_flights.py:2: error type-unknown" in said.out
    assert '2 | carrier = fb.Input("carrier", "strng")' in said.out

"""One setting: what it accepts, whoever wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.run.setting import Setting, SettingRefused
from flyball.run.settings import SETTINGS


def setting(kind: str, **more: object) -> Setting:
    """A setting of a kind."""
    return Setting(name="it", kind=kind, meaning="For the test.", **more)  # type: ignore[arg-type]  # tests pass what they like


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("text", "::1", "::1"),
        ("count", "8000", 8000),
        ("count", "200_000", 200_000),
        ("count", 7, 7),
        ("bytes", "16MiB", 16 << 20),
        ("bytes", 512, 512),
        ("seconds", "1.5", 1.5),
        ("seconds", "250ms", 0.25),
        ("seconds", 3, 3.0),
        ("flag", "Yes", True),
        ("flag", "0", False),
        ("flag", True, True),
        ("names", "a.example, b.example", ("a.example", "b.example")),
        ("names", ["a.example"], ("a.example",)),
        ("path", "tokens", "tokens"),
    ],
)
def test_text_and_toml_say_the_same(kind: str, written: object, value: object) -> None:
    """The environment has text, a file has types."""
    assert setting(kind).read(written, "here") == value


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("text", ""),
        ("text", "a\nb"),
        ("text", 7),
        ("count", "8e3"),
        ("count", "-1"),
        ("count", "12_34"),
        ("count", True),
        ("count", 8.0),
        ("bytes", "16 parsecs"),
        ("bytes", True),
        ("seconds", "soon"),
        ("seconds", float("nan")),
        ("seconds", float("inf")),
        ("seconds", True),
        ("seconds", []),
        ("flag", "maybe"),
        ("flag", 1),
        ("names", ""),
        ("names", ["a", 7]),
        ("names", []),
        ("names", 7),
    ],
)
def test_anything_else_is_refused_with_the_place_and_what_is_accepted(kind: str, written: object) -> None:
    """So that it can be put right."""
    with pytest.raises(SettingRefused, match=r"it = .* \(from FLYBALL_IT\) cannot be taken; give "):
        setting(kind).read(written, "FLYBALL_IT")


@pytest.mark.parametrize("number", [0, 11])
def test_a_number_out_of_its_range_is_refused(number: int) -> None:
    """On both sides."""
    with pytest.raises(SettingRefused, match="give a whole number from 1 to 10"):
        setting("count", low=1, high=10).read(number, "here")


def test_a_choice_is_refused_with_the_nearest_one() -> None:
    """As all names are."""
    with pytest.raises(SettingRefused, match=r"one of 'info', 'error': did you mean 'info'\?"):
        setting("choice", choices=("info", "error")).read("inof", "here")


@given(st.sampled_from(SETTINGS), st.one_of(st.text(), st.integers(), st.floats(), st.lists(st.text()), st.none()))
def test_whatever_is_written_is_taken_or_refused(one: Setting, written: object) -> None:
    """Nothing else comes of it, and what was taken can be shown."""
    try:
        shown = one.shown(one.read(written, "here"))
    except SettingRefused as refused:
        shown = str(refused)

    assert shown.startswith(f"{one.name} = ") or shown.strip()

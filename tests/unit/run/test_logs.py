"""What processes log: lines of JSON, and nothing of what was asked."""

from __future__ import annotations

import io
import json
import logging
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.run.logs import LEVELS, NOTICE, SECRET, JsonLines, configure, error_line, redacted
from flyball.system.error import FlyballError
from flyball.system.refusal import ValueRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVATE = "Jane Doe, 1 Main Street"
LOGGER = logging.getLogger("flyball.test_logs")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where this process logs to for the length of a test."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    to = io.StringIO()
    configure("worker", "info", to)
    yield to
    logging.captureWarnings(capture=False)
    root.handlers[:] = before
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """What was logged."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_how_important_by_whom_and_what(stream: io.StringIO) -> None:
    """And what else was given, by its name."""
    LOGGER.warning("the channel is %d %% full", 80, extra={"lane": 3, "free": 1.5, "model": "ctr"})
    [line] = lines(stream)

    assert list(line) == ["ts", "level", "process", "pid", "message", "lane", "free", "model"]
    assert (line["level"], line["process"], line["message"]) == ("warning", "worker", "the channel is 80 % full")
    assert (line["lane"], line["free"], line["model"]) == (3, 1.5, "ctr")
    assert line["ts"].endswith("Z")


@pytest.mark.parametrize("name", sorted(SECRET | {"Inputs", "TOKEN"}))
def test_nothing_is_logged_under_names_that_stand_for_what_was_asked(stream: io.StringIO, name: str) -> None:
    """However deep it stands."""
    LOGGER.info("asked", extra={name: PRIVATE, "more": {name: [PRIVATE]}, "list": [{name: PRIVATE}]})

    assert PRIVATE not in stream.getvalue()
    assert lines(stream)[0]["more"] == {name: "(redacted)"}


@pytest.mark.parametrize(
    "value", [{"inputs": {"name": PRIVATE}}, [[[[PRIVATE]]]], PRIVATE.encode(), {PRIVATE}, ValueError(PRIVATE)]
)
def test_nor_in_what_is_put_into_a_message(stream: io.StringIO, value: object) -> None:
    """As an argument, in a list, or instead of the message."""
    LOGGER.info("asked with %s", value)
    LOGGER.info("asked with %s and %s", 1, value)
    LOGGER.info(value)

    assert len(lines(stream)) == 3
    assert PRIVATE not in stream.getvalue()


def test_nor_in_an_error_that_quotes_a_value(stream: io.StringIO) -> None:
    """Its type and place say enough to find it."""
    try:
        float(PRIVATE)
    except ValueError:
        LOGGER.exception("a request failed")
    try:
        raise ValueRefused("wrong_type", f"{PRIVATE!r} is not a number")
    except ValueRefused:
        LOGGER.exception("a request failed")

    first, second = lines(stream)
    assert PRIVATE not in stream.getvalue()
    assert first["error"].startswith("ValueError at test_logs.py:")
    assert second["error"].startswith("ValueRefused at test_logs.py:")


def test_our_own_errors_and_the_systems_keep_their_message_in_one_line(stream: io.StringIO) -> None:
    """They say what to do."""
    try:
        try:
            raise OSError(28, "No space left on device", "/state/log")
        except OSError as error:
            raise FlyballError("the disk is full;\nfree some space") from error
    except FlyballError:
        LOGGER.exception("committing failed")

    [line] = lines(stream)
    assert line["error"].startswith("FlyballError: the disk is full; free some space at test_logs.py:")
    assert line["error"].endswith("; from OSError")
    assert error_line(OSError(28, "No space left on device")) == "OSError: No space left on device"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    )
)
def test_whatever_is_logged_makes_one_bounded_line_of_json(value: object) -> None:
    """No value breaks a line or the process that logs."""
    record = logging.makeLogRecord(
        {"msg": "%s", "args": (value,), "levelno": 20, "levelname": "INFO", "given_to": value}
    )
    line = JsonLines("loop").format(record)

    assert json.loads(line)["process"] == "loop"
    assert "\n" not in line
    assert len(line) < 2_000_000


def test_texts_lists_and_depth_are_bounded() -> None:
    """A log is no place for bulk."""
    assert len(str(redacted("x" * 10_000))) == 201
    assert len(list(redacted(list(range(1_000))))) == 16  # type: ignore[call-overload]  # it is a list
    assert redacted({"a": {"b": {"c": {"d": 1}}}}) == {"a": {"b": {"c": "(dict)"}}}
    assert redacted(2**70) == "(int of 71 bits)"


@pytest.mark.parametrize(
    ("message", "arguments", "logged"),
    [
        ("%d records", (object(),), "%d records"),
        ("%d %d", (1,), "%d %d"),
        ("%(count)d records", ({"count": 3},), "3 records"),
        ("%(count)d records", ({"other": 3},), "%(count)d records"),
        ("100 %", (), "100 %"),
    ],
)
def test_a_message_that_does_not_fit_its_arguments_is_logged_as_it_is(
    message: str, arguments: tuple[object, ...], logged: str
) -> None:
    """Logging never raises."""
    record = logging.LogRecord("flyball", logging.INFO, "", 0, message, arguments, None)

    assert json.loads(JsonLines("loop").format(record))["message"] == logged


def test_an_extra_cannot_pass_for_one_of_our_fields(stream: io.StringIO) -> None:
    """Whoever logs cannot forge the level."""
    LOGGER.info("x", extra={"level": "error", "ts": "never"})
    [line] = lines(stream)

    assert (line["level"], line["level_"], line["ts_"]) == ("info", "error", "never")


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_less_important_is_left_out(level: str) -> None:
    """Notice stands between info and warning."""
    root = logging.getLogger()
    before, was = root.handlers[:], root.level
    to = io.StringIO()
    configure("loop", level, to)
    try:
        for number in LEVELS.values():
            LOGGER.log(number, "x")
    finally:
        root.handlers[:] = before
        root.setLevel(was)

    assert [line["level"] for line in lines(to)] == list(LEVELS)[list(LEVELS).index(level) :]
    assert logging.INFO < NOTICE < logging.WARNING


def test_warnings_are_logged_too(stream: io.StringIO) -> None:
    """Nothing but JSON stands on stderr."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        # pytest's own way with warnings has replaced ours.
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old", stacklevel=1)
        logging.captureWarnings(capture=False)

    assert [line["level"] for line in lines(stream)] == ["warning"]

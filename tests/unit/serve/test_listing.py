"""Listings: one item, or many under a key."""

from __future__ import annotations

import pytest

from flyball.serve.listing import Listing
from flyball.serve.problem import Refused
from flyball.serve.wire import Happened, Told

LISTING = Listing(Told, "outcomes", 2)
ONE = b'{"id": "a", "value": 1}'


def test_one_item_stands_alone() -> None:
    """As it is."""
    [told] = LISTING.read(ONE)

    assert told == Told(id="a", value=1)


def test_a_wrong_item_stands_beside_right_ones_as_its_problem() -> None:
    """In its place."""
    bad, good = LISTING.read(b'{"outcomes": [{"id": 7}, %s]}' % ONE)

    assert isinstance(bad, Refused)
    assert good == Told(id="a", value=1)


@pytest.mark.parametrize("body", [b'{"outcomes": []}', b'{"outcomes": [%s]}' % b", ".join([ONE] * 3)])
def test_none_and_too_many_are_refused(body: bytes) -> None:
    """Before any is looked at."""
    with pytest.raises(Refused, match="accepted: 1 to 2 in one request") as refused:
        LISTING.read(body)

    assert refused.value.problem.kind == "too-many"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"outcomes": [%s], "id": "a"}' % ONE, "refused"),
        (b'{"outcomes": 7}', "refused"),
        (b"[]", "refused"),
        (b'{"outcomes": [{"id": "a", "value": 1, "value": 2}]}', "duplicate-key"),
        (b'{"outcomes": [{"id": "a", "value": 1, "value": 2}, 7]}', "duplicate-key"),
        (b'{"outcomes": [], "outcomes": [%s]}' % ONE, "duplicate-key"),
        (b'{"id": "a", "id": "b", "value": 1}', "duplicate-key"),
        (b'{"outcomes": [' + b"[" * 100_000, "too-deep"),
        (b'{"outcomes": [{"id": "\xff"}, 7]}', "malformed"),
        (b'{"id": "a"', "malformed"),
    ],
)
def test_a_body_that_is_wrong_as_a_whole_is_refused_as_a_whole(body: bytes, kind: str) -> None:
    """With the kind of problem that it is."""
    with pytest.raises(Refused, match=r"the body|twice|nested") as refused:
        LISTING.read(body)

    assert refused.value.problem.kind == kind, refused.value


def test_one_that_stands_alone_and_is_wrong_is_an_item_that_is_wrong() -> None:
    """So that its answer has the form of all others."""
    [bad] = LISTING.read(b'{"id": "a"}')

    assert isinstance(bad, Refused)
    assert "missing required field `value`" in str(bad)


def test_depth_is_bounded_in_right_items_beside_wrong_ones() -> None:
    """What is written down of them is short, and takes no deep stack."""
    deep = b"[" * 900 + b"]" * 900
    with pytest.raises(Refused, match="nested too deeply"):
        Listing(Happened, "events", 2).read(b'{"events": [7, {"event_id": "e", "keys": {"a": %s}}]}' % deep)

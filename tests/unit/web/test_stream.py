"""The stream: patches that make one status of the other, and an end."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from flyball.watch.machine import MachineFeed
from flyball.web.live import Live
from flyball.web.stream import changes, events

LEAVES = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=3)
TREES = st.recursive(
    st.dictionaries(st.text(max_size=2), LEAVES, max_size=4),
    lambda inner: st.dictionaries(st.text(max_size=2), inner | LEAVES, max_size=4),
    max_leaves=12,
)


def merged(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """RFC 7396, as the page applies it."""
    result = dict(target)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def without_none(tree: dict[str, Any]) -> dict[str, Any]:
    """A merge patch cannot tell None from absent, nor need the page."""
    return {k: without_none(v) if isinstance(v, dict) else v for k, v in tree.items() if v is not None}


@given(TREES, TREES)
def test_a_patch_turns_the_one_into_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Whatever was there."""
    assert without_none(merged(before, changes(before, after))) == without_none(after)


@given(TREES)
def test_what_has_not_changed_costs_nothing(tree: dict[str, Any]) -> None:
    """An empty patch."""
    assert changes(tree, tree) == {}


def test_messages_are_paced_and_end_with_the_system() -> None:
    """Full first, then a patch for the latest status, however many were made meanwhile."""
    waits: list[float] = []
    told: list[dict[str, str]] = []

    async def story() -> None:
        live = Live(act=None)  # type: ignore[arg-type]  # nobody acts here
        live.take(None, MachineFeed(), now_us=1)

        async def wait(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                live.close()
                return
            for step in range(5):
                live.take(None, MachineFeed(), now_us=10 * len(waits) + step)

        told.extend([message async for message in events(live, None, None, wait=wait)])

    asyncio.run(story())

    assert [message["event"] for message in told] == ["full", "patch", "patch"]
    assert [message["id"] for message in told] == ["1", "6", "11"]
    assert min(waits) >= 0.25
    assert msgspec.json.decode(told[1]["data"])["tick"] == 6

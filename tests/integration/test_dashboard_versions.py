"""What the page shows of versions made elsewhere, of minutes without traffic, and of silence; in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flyball.cli.report.wording import figure
from tests.integration.dashboard_server import DashboardServer
from tests.integration.watched_world import WatchedWorld

pytest.importorskip("selenium", reason="the browser tests need selenium: pip install selenium")

from tests.integration.dashboard_page import NEEDS_CHROMIUM, Page, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = NEEDS_CHROMIUM
NOW = 1_767_225_600_000_000
OWN = {-7: 0.06, -12: 0.3}
"""The owner's own models: always the same answer."""
BUSY = [*range(15), 50, *range(90, 119)]
"""The ticks of five seconds in which something comes: minutes, a lone one, minutes."""


@pytest.fixture(scope="module")
def world() -> WatchedWorld:
    """Three models; the first one's predictions are made elsewhere too."""
    return WatchedWorld(6_000, elsewhere=OWN)


@pytest.fixture(scope="module")
def page(world: WatchedWorld) -> Iterator[Page]:
    """Their page, after ten minutes with two long silences, so that the last label is at the end."""
    with DashboardServer(world, start_us=NOW) as server, chromium() as browser:
        for turn in range(119):
            server.tick(predictions=20 if turn in BUSY else 0, seconds=5.0)
        made = Page(browser, server)
        made.size(1400, 900)
        made.open("#model=ctr&range=recent")
        yield made


def cells(page: Page, version: int) -> list[str]:
    """A row of the table of versions."""
    script = "return [...document.querySelectorAll(`[data-version='${arguments[0]}'] > *`)].map((e) => e.innerText)"
    return list(page.browser.execute_script(script, str(version)))


def shapes(page: Page, chart: str, kind: str) -> list[int]:
    """Of each line or band of a chart how many separate parts it has."""
    script = """return [...document.querySelectorAll(`[data-testid='chart-${arguments[0]}'] .area path${arguments[1]}`)]
        .map((path) => path.getAttribute('d').split('M').length - 1)"""
    return list(page.browser.execute_script(script, chart, kind))


@pytest.mark.parametrize(("version", "name"), [(1, "v1 present"), (-7, "elsewhere v7"), (-12, "elsewhere v12")])
def test_each_version_says_how_good_it_is(page: Page, world: WatchedWorld, version: int, name: str) -> None:
    """The owner's own model beside flyball's, with the measures that the engine's boards give."""
    page.open("#model=ctr&range=recent")
    card = world.engine.models["ctr"].card(version).total()
    tally = world.engine.joiner.tallies["ctr", version]
    assert card.log_loss is not None
    assert card.normalised_entropy is not None
    assert card.calibration is not None
    measures = [figure(card.log_loss), figure(card.normalised_entropy, 3), figure(card.calibration, 3)]
    counts = [f"{count:,}" for count in (tally.predictions, tally.joined, tally.silent, tally.pending)]

    assert cells(page, version) == [name, f"{card.examples:,}", *measures, *counts]


def test_lines_and_bands_break_where_nothing_came(page: Page) -> None:
    """And a stretch of one point is a dot that can be seen."""
    page.open("#model=ctr&range=recent")
    points = "[data-testid='chart-loss'] .line.lone.model"

    assert shapes(page, "calibration", ".band") == [3]
    assert shapes(page, "latency", ".line.model:not(.lone)") == [2]
    assert shapes(page, "latency", ".line.lone.model") == [1]
    assert shapes(page, "loss", ".line.model:not(.lone)") == [1]
    width = page.browser.execute_script(
        f"return parseFloat(getComputedStyle(document.querySelector(`{points}`)).strokeWidth)"
    )
    assert width >= 6


@pytest.mark.parametrize("width", [1400, 390])
def test_the_labels_of_times_stay_beside_their_chart(page: Page, width: int) -> None:
    """The last one too, which stands at the very end."""
    page.size(width, 900)
    page.open("#model=ctr&range=recent")
    script = """return [...document.querySelectorAll('.runs span')].filter((span) => span.offsetWidth > 0).map((span) =>
        span.getBoundingClientRect().right - span.parentNode.getBoundingClientRect().right)"""
    beyond = page.browser.execute_script(script)
    page.size(1400, 900)

    assert len(beyond) >= 8, "not every chart has labels"
    assert -10 < max(beyond) <= 1, beyond


def test_silence_is_explained_as_its_outcome_declares_it(page: Page) -> None:
    """A click that did not come was a no; of a bid nothing is assumed."""
    page.open("#model=ctr")
    click = page.text("counts")
    page.open("#model=price")
    bid = page.text("counts")

    assert "the window closed without one; no was assumed" in click
    assert "the window closed without one; nothing is assumed, and nothing learned from it" in bid
    assert page.complaints() == []

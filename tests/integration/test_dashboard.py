"""The dashboard in a real browser: it shows what the engine has, follows it, and asks nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from flyball.cli.report.wording import figure
from flyball.testing.worlds.ads import ads
from tests.integration.dashboard_server import DashboardServer
from tests.integration.watched_world import WatchedWorld

pytest.importorskip("selenium", reason="the browser tests need selenium: pip install selenium")

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.integration.dashboard_page import NEEDS_CHROMIUM, Page, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium import webdriver

    from flyball.watch.feed import Feed

pytestmark = NEEDS_CHROMIUM
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
NOW = 1_767_225_600_000_000
BUDGET = 200_000
"""Bytes that the first page may transfer."""
HOSTILE = "<img src=x onerror=\"document.title='pwned'\">"


@pytest.fixture(scope="module")
def world() -> WatchedWorld:
    """Three models over the same traffic."""
    return WatchedWorld(6_000)


@pytest.fixture(scope="module")
def server(world: WatchedWorld) -> Iterator[DashboardServer]:
    """Their dashboard, with some minutes of past."""
    with DashboardServer(world, start_us=NOW) as made:
        for turn in range(40):
            made.tick(predictions=18 + turn % 5, seconds=5.0)
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """Headless Chromium."""
    with chromium() as made:
        yield made


@pytest.fixture
def page(browser: webdriver.Chrome, server: DashboardServer) -> Page:
    """The page, opened."""
    made = Page(browser, server)
    made.size(1400, 900)
    made.open()
    return made


COUNT = "document.querySelector(`[data-testid='count-${arguments[0]}']`)?.innerText === arguments[1]"


def assert_counts(page: Page, world: WatchedWorld, model: str = "ctr") -> None:
    """The page shows the engine's counts."""
    tally = world.tally(model)
    for name in ("joined", "silent", "pending", "unexposed", "discarded", "unlogged", "orphans", "late"):
        page.wait(f"{name} to be the engine's", COUNT, name, f"{getattr(tally, name):,}")
    assert f"{tally.predictions:,} predictions, each counted once" in page.text("balance")


def test_the_page_shows_the_counts_of_the_engine_and_follows_them(page: Page, world: WatchedWorld) -> None:
    """Without being loaded again."""
    assert_counts(page, world)
    before = world.tally("ctr").predictions
    page.server.tick(predictions=23)

    assert world.tally("ctr").predictions == before + 23
    assert_counts(page, world)
    assert page.complaints() == []


def test_the_page_shows_the_measures_of_the_engine(page: Page, world: WatchedWorld) -> None:
    """Tiles, cards, slices."""
    total = world.engine.models["ctr"].board.total()

    assert total.normalised_entropy is not None
    assert f"\n{figure(total.normalised_entropy, 3)}" in page.text("tile-entropy")
    assert f"{figure(total.log_loss)} ± {figure(total.log_loss_error, 2)}" in page.text("tile-loss").splitlines()
    assert [name in page.text("cards") for name in ("ctr", "ctr_plain", "price")] == [True] * 3
    assert set(page.rows()) <= {cell.value for cell in world.engine.models["ctr"].board.slices()["country"]}
    assert page.text("pulse") == "live"


def test_nothing_is_asked_of_another_host_and_little_is_sent(page: Page) -> None:
    """Every request goes to the page's own address; the first page stays within its budget."""
    entries = page.browser.execute_script(
        "return performance.getEntries().filter((e) => e.name.includes('://')).map((e) => [e.name, e.transferSize??0])"
    )
    address = page.server.address
    state = len(msgspec.json.encode(page.server.live.status()))

    assert len(entries) > 10
    assert [name for name, _ in entries if not name.startswith(address)] == []
    assert sum(size for _, size in entries) + state <= BUDGET


def test_scripts_from_elsewhere_are_stopped_by_the_policy(page: Page) -> None:
    """Also inline ones."""
    script = """
        const done = arguments[0], seen = [];
        document.addEventListener("securitypolicyviolation", (event) => {
          seen.push(event.effectiveDirective);
          if (seen.length === 2) done(seen.sort());
        });
        const inline = document.createElement("script");
        inline.textContent = "window.stolen = 1";
        const far = document.createElement("img");
        far.src = "http://far.example/x.png";
        document.body.append(inline, far);
    """
    assert page.browser.execute_async_script(script) == ["img-src", "script-src-elem"]
    assert page.browser.execute_script("return window.stolen ?? 0") == 0


def test_a_model_and_a_view_are_an_address(page: Page) -> None:
    """Opened from a bookmark, and kept in the address when they change."""
    page.open("#model=ctr&by=hour&sort=examples&filter=^1")
    page.wait("the hours", "document.querySelectorAll('[data-slice]').length > 0")

    assert all(row.startswith("1") for row in page.rows())
    page.click("card-price")
    page.wait("the other model", "document.querySelector('[data-testid=model]').dataset.model === 'price'")
    assert "model=price" in page.browser.current_url
    assert "R²" in page.text("tiles")
    assert page.complaints() == []


def test_slices_are_sorted_and_filtered(page: Page) -> None:
    """By a click on a head, and by a pattern; one that is no pattern is searched for as text."""
    head = "[...document.querySelectorAll('.slices thead button')].find((b) => b.innerText === 'examples')"
    page.browser.execute_script(f"{head}.click()")
    page.wait(
        "the heads to say so",
        "document.querySelector('.slices th[aria-sort=descending]')?.innerText.startsWith('examples')",
    )
    heaviest = page.rows()
    box = page.browser.find_element(By.CSS_SELECTOR, "[data-testid=slice-filter]")
    box.send_keys("^(US|IN)$")
    page.wait("two rows", "document.querySelectorAll('[data-slice]').length === 2")
    cells = page.server.live.status().models["ctr"].detail.slices["country"]

    assert heaviest == sorted(heaviest, key=lambda name: -(cells[name][0] or 0.0))
    assert set(page.rows()) == {"US", "IN"}
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys("(")
    page.wait("the text to be searched for", "document.querySelectorAll('[data-slice]').length !== 2")
    assert all("(" in row for row in page.rows())


def test_a_chart_has_a_twin_in_words_and_is_used_by_keys(page: Page) -> None:
    """Arrow keys move through its points; the same numbers stand in a table."""
    area = page.browser.find_element(By.CSS_SELECTOR, "[data-testid=chart-traffic] .area")
    page.browser.execute_script("arguments[0].focus()", area)
    area.send_keys(Keys.ARROW_LEFT)
    page.wait("the numbers", "!document.getElementById('tip').hidden")

    assert "predictions a second" in page.browser.find_element(By.ID, "tip").text
    assert "predictions a second" in str(area.get_attribute("aria-label"))
    page.browser.execute_script("document.querySelector('[data-testid=table-traffic] summary').click()")
    page.wait("the table", "document.querySelectorAll('[data-testid=table-traffic] tbody tr').length > 20")


def test_an_action_is_asked_for_and_done(page: Page) -> None:
    """Behind a question; the record's place is told."""
    page.click("action-pause")
    assert page.server.acted == []
    page.click("dialog-confirm")
    page.wait("the answer", "document.querySelector('[data-testid=dialog-done]') !== null")

    assert [(action.kind, action.model) for action in page.server.acted] == [("pause", "ctr")]
    page.server.acted.clear()


def test_a_rewind_takes_a_time_and_stretches(page: Page) -> None:
    """In UTC."""
    page.click("action-rewind")
    page.click("add-stretch")
    page.wait("the stretch", "document.querySelector('[name=from0]') !== null")
    fill = "for (const [n, v] of Object.entries(arguments[0])) document.querySelector(`[name=${n}]`).value = v"
    times = {"to": "2026-01-01T00:00", "from0": "2026-01-01T01:00", "to0": "2026-01-01T02:00:30"}
    page.browser.execute_script(fill, times)
    page.click("dialog-confirm")
    page.wait("the answer", "document.querySelector('[data-testid=dialog-done]') !== null")
    [action] = page.server.acted
    page.server.acted.clear()

    assert action.to_us == NOW
    assert action.exclude == ((NOW + 3_600_000_000, NOW + 7_230_000_000),)


def test_a_hidden_tab_ends_its_stream_and_a_shown_one_goes_on(page: Page, world: WatchedWorld) -> None:
    """Nobody looks, nothing is sent."""
    hide = "Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});"
    page.wait("the stream", "true")
    page.browser.execute_script(hide + "document.dispatchEvent(new Event('visibilitychange'))", True)
    WebDriverWait(page.browser, 20, poll_frequency=0.05).until(lambda _: page.server.streams == 0, "the stream to end")
    page.server.tick(predictions=5)
    page.browser.execute_script(hide + "document.dispatchEvent(new Event('visibilitychange'))", False)

    assert_counts(page, world)


def test_the_theme_follows_the_system_until_one_is_chosen(page: Page) -> None:
    """The choice is kept."""
    paper = "return getComputedStyle(document.body).backgroundColor"
    light = page.browser.execute_script(paper)
    page.size(1400, 900, "dark")
    dark = page.browser.execute_script(paper)
    page.click("theme")
    chosen = page.browser.execute_script(paper)
    page.open()
    kept = page.browser.execute_script(paper)
    page.browser.execute_script("localStorage.clear()")

    assert light != dark
    assert (chosen, kept) == (light, light)


def test_names_from_data_are_only_text(browser: webdriver.Chrome) -> None:
    """A slice value that is markup, and one that is a word of the language."""

    def alter(feed: Feed) -> Feed:
        model = feed.models["ctr"]
        boards = {
            name: msgspec.structs.replace(board, extract=renamed(board.extract)) if board.extract else board
            for name, board in model.boards.items()
        }
        return msgspec.structs.replace(feed, models={"ctr": msgspec.structs.replace(model, boards=boards)})

    def renamed(extract: Any) -> Any:  # noqa: ANN401  # a struct in, a struct out
        labels = ((HOSTILE, "__proto__", *extract.labels[0][2:]), *extract.labels[1:])
        return msgspec.structs.replace(extract, labels=labels)

    small = WatchedWorld(1_000, ads)
    small.go_on(320)
    with DashboardServer(small, start_us=NOW, alter=alter) as server:
        page = Page(browser, server)
        page.open("#sort=examples")
        page.browser.execute_script("document.querySelector('[data-testid=slices-more]')?.click()")
        server.tick(predictions=40)
        page.wait("the hostile row", "document.querySelectorAll('[data-slice]').length > 3")
        rows = page.rows()

        assert {HOSTILE, "__proto__"} <= set(rows)
        assert browser.execute_script("return document.querySelectorAll('main img').length") == 0
        assert "pwned" not in browser.title
        assert browser.execute_script("return ({}).polluted ?? Array.isArray(Object.prototype)") is False


@pytest.mark.slow
def test_the_heap_and_the_page_do_not_grow_with_time(page: Page, world: WatchedWorld) -> None:
    """Two hundred ticks later there are as many nodes and listeners, and hardly more memory."""
    page.server.hurry()

    def measured() -> tuple[int, int]:
        page.browser.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
        counters = page.browser.execute_cdp_cmd("Memory.getDOMCounters", {})
        used = page.browser.execute_cdp_cmd("Runtime.getHeapUsage", {})
        return int(counters["nodes"]), int(used["usedSize"])

    def pass_time(ticks: int) -> None:
        for _ in range(ticks):
            page.server.tick(predictions=1, seconds=5.0)
        assert_counts(page, world)

    # The charts hold ten minutes: they are full after 120 ticks of 5 seconds.
    pass_time(130)
    before = measured()
    pass_time(200)
    after = measured()

    assert after[0] <= 1.15 * before[0], (before, after)
    assert after[1] <= 1.15 * before[1], (before, after)


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (420, 900)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_fits_its_window(page: Page, width: int, height: int, theme: str) -> None:
    """Nothing sticks out to the right; pictures of it are left in build/screenshots."""
    page.size(width, height, theme)
    page.open()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.browser.save_screenshot(str(SHOTS / f"dashboard-{width}-{theme}.png"))
    whole = int(page.browser.execute_script("return document.documentElement.scrollHeight"))
    page.size(width, whole, theme)
    page.browser.save_screenshot(str(SHOTS / f"dashboard-{width}-{theme}-whole.png"))

    assert page.browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert page.complaints() == []

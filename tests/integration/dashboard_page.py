"""The dashboard as somebody uses it in a real browser; import it only where selenium is there."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.dashboard_server import DashboardServer

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
DRIVER = shutil.which("chromedriver")
NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None,
    reason="the browser tests need chromium and chromedriver (Debian: chromium-driver)",
)


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """Headless Chromium."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    # Containers have no user namespaces for the sandbox, and little /dev/shm.
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    driver.set_script_timeout(30)
    yield driver
    driver.quit()


class Page:
    """The page, as somebody uses it."""

    def __init__(self, browser: webdriver.Chrome, server: DashboardServer) -> None:
        self.browser, self.server = browser, server

    def open(self, address: str = "") -> None:
        """Opens it and waits until it is drawn."""
        self.browser.get("about:blank")
        self.complaints()
        self.browser.get(self.server.address + address)
        self.browser.execute_async_script("const done = arguments[0]; window.flyballReady.then(() => done(1));")

    def text(self, name: str) -> str:
        """The text of the part with this test hook."""
        found = self.browser.execute_script(
            "return document.querySelector(`[data-testid='${arguments[0]}']`)?.innerText ?? ''", name
        )
        return str(found)

    def click(self, name: str) -> None:
        """Clicks the part with this test hook."""
        self.browser.find_element(By.CSS_SELECTOR, f"[data-testid='{name}']").click()

    def wait(self, what: str, script: str, *arguments: object) -> None:
        """Waits until a script says yes."""
        WebDriverWait(self.browser, 20, poll_frequency=0.05).until(
            lambda browser: browser.execute_script(f"return {script}", *arguments), what
        )

    def complaints(self) -> list[str]:
        """What the console says."""
        return [entry["message"] for entry in self.browser.get_log("browser")]  # type: ignore[no-untyped-call]  # selenium types it not

    def rows(self) -> list[str]:
        """The values in the table of slices, from top to bottom."""
        return list(
            self.browser.execute_script(
                "return [...document.querySelectorAll('[data-slice]')].map((r) => r.dataset.slice)"
            )
        )

    def size(self, width: int, height: int, theme: str = "light") -> None:
        """The window and what the reader's system prefers."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)

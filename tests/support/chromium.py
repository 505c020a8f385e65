"""A real browser for the tests of the page: Debian's Chromium, headless, that reaches for nothing on the network."""

import base64
import json
from pathlib import Path

import pytest

PROGRAMS = (Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver"))
FLAGS = (
    *("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"),
    *("disable-component-update", "disable-sync"),
)
needs_chromium = pytest.mark.skipif(
    not all(program.exists() for program in PROGRAMS), reason="apt-get install chromium chromium-driver"
)


class Browser:
    """One tab: pages are opened from files, and what they ask, say and complain of is kept."""

    def __init__(self, profile):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        for flag in (*FLAGS, f"user-data-dir={profile}"):
            options.add_argument(f"--{flag}")
        options.binary_location = str(PROGRAMS[0])
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options, Service(str(PROGRAMS[1])))
        self.run, self.log = self.driver.execute_script, self.driver.get_log

    def open(self, page, width=1366, height=768, scheme="light", media="screen"):
        """Open a page `Path`, in a window of this size, forgetting what was logged before."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.cdp("Emulation.setDeviceMetricsOverride", **size)
        schemes = [{"name": "prefers-color-scheme", "value": scheme}]
        self.cdp("Emulation.setEmulatedMedia", media=media, features=schemes)
        self.log("browser"), self.log("performance")
        self.driver.get(page.as_uri())
        return self

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def texts(self, selector):
        """The texts of all matching elements, shown or not."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector)

    def text(self, selector):
        (text,) = self.texts(selector)
        return text

    def press(self, *keys):
        """Real keys, to what has the focus."""
        from selenium.webdriver import ActionChains, Keys

        ActionChains(self.driver, duration=0).send_keys(*(getattr(Keys, key, key) for key in keys)).perform()
        self.settle()

    def hover(self, element, x=0, y=0):
        """Move the real pointer to an element's middle, or to a place beside it."""
        from selenium.webdriver import ActionChains

        self.run("arguments[0].scrollIntoView({ block: 'center' })", element)
        ActionChains(self.driver, duration=0).move_to_element_with_offset(element, x, y).perform()
        self.settle()

    def choose(self, switch, value):
        from selenium.webdriver.support.select import Select

        Select(self.driver.find_element("id", switch)).select_by_value(str(value))

    def settle(self):
        """Wait until what was asked for is drawn."""
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def requests(self):
        """Every address that the page asked for."""
        messages = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.cdp("Page.captureScreenshot")["data"]))
        return path

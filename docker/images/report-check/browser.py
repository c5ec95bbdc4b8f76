"""A report's page in Chromium, as a person has it before them."""

import time

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

# A busy machine may take long to show what was asked for.
SHOWN_WITHIN_S = 10

FRAMES = """
const done = arguments[arguments.length - 1];
const began = performance.now();
ACTION;
requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
"""

problems = []


def expect(holds, what):
    """Notes what is wrong, unless it holds."""
    if not holds:
        problems.append(what)


class Page:
    """The report in a browser."""

    def __init__(self, url, width):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.binary_location = "/usr/bin/chromium"
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        self.resize(width)
        began = time.monotonic()
        self.driver.get(url)
        self.loaded_ms = (time.monotonic() - began) * 1000

    def resize(self, width, height=1200):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        )

    def emulate(self, scheme, media=""):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def comes_to(self, condition):
        """Whether `condition` holds, at once or soon."""
        try:
            return WebDriverWait(self.driver, SHOWN_WITHIN_S, poll_frequency=0.05).until(lambda _: condition())
        except TimeoutException:
            return False

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def is_drawn(self, place):
        """Whether a graph is drawn once it has come into sight."""
        self.run("arguments[0].scrollIntoView({ block: 'center' })", place)
        drawn = self.comes_to(lambda: self.run("return Boolean(arguments[0].plot)", place))
        expect(drawn, f"a graph that came into sight is not drawn: {place.get_attribute('data-label')}")
        return drawn

    def a_graph(self, selector=".plot"):
        """A graph that is drawn; None if there is none."""
        place = next(iter(self.all(selector)), None)
        return place if place is not None and self.is_drawn(place) else None

    def took_ms(self, action):
        return self.driver.execute_async_script(FRAMES.replace("ACTION", action))

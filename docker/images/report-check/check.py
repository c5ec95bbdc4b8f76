"""Opens a run's report in Chromium, uses it as a person does, and says what is wrong with it.

usage: check.py URL [SCREENSHOTS]: a picture per width and colour scheme goes into the folder SCREENSHOTS, if there is one.
What was measured is printed, and a line for everything that is wrong; ends with 1 if anything is.
"""

import base64
import json
import sys
import time
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

WIDTHS = (1600, 500)
# https://www.w3.org/TR/WCAG22/#contrast-minimum
LEAST_CONTRAST = 4.5
# A busy machine may take long to show what was asked for.
SHOWN_WITHIN_S = 10

# Text that stands out too little from what is behind it, as [text, contrast].
FAINT_TEXT = """
const channels = (colour) => {
  const context = (window.__context ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }));
  context.clearRect(0, 0, 1, 1); context.fillStyle = colour; context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data];
};
const luminance = (rgb) => {
  const [r, g, b] = rgb.slice(0, 3).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const layer = channels(getComputedStyle(at).backgroundColor);
    layers.push(layer);
    if (layer[3] === 255) break;
  }
  return layers.reverse().reduce((below, [r, g, b, a]) => [r, g, b].map((c, i) => c * a / 255 + below[i] * (1 - a / 255)), [255, 255, 255]);
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const found = new Map();
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const text = walker.currentNode.data.trim();
  if (!text || ["SCRIPT", "STYLE"].includes(element.tagName) || !element.checkVisibility()) continue;
  const [one, other] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))];
  const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  if (contrast < LEAST) found.set(element.className + "/" + element.tagName, [text.slice(0, 40), Math.round(contrast * 100) / 100]);
}
return [...found.values()];
""".replace("LEAST", str(LEAST_CONTRAST))

SHOWN = "return [...document.querySelectorAll('.drill')].filter((drill) => !drill.hidden).map((drill) => drill.dataset.verdict)"
FRAMES = """
const done = arguments[arguments.length - 1];
const began = performance.now();
ACTION;
requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
"""

problems = []


def expect(holds, what):
    if not holds:
        problems.append(what)


class Page:
    """The report in a browser."""

    def __init__(self, url):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.binary_location = "/usr/bin/chromium"
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        self.resize(WIDTHS[0])
        began = time.monotonic()
        self.driver.get(url)
        self.loaded_ms = (time.monotonic() - began) * 1000

    def resize(self, width):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": 1200, "deviceScaleFactor": 1, "mobile": False}
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

    def took_ms(self, action):
        return self.driver.execute_async_script(FRAMES.replace("ACTION", action))


def filters(page):
    """Each verdict's button shows just its drills, and says so."""
    everything = page.run(SHOWN)
    for button in page.all("button[data-verdict]"):
        button.click()
        verdict = button.get_attribute("data-verdict")
        wanted = [shown for shown in everything if verdict in ("", shown)]
        expect(page.run(SHOWN) == wanted, f"the button `{button.text}` does not show the drills of its verdict")
        expect(button.get_attribute("aria-pressed") == "true", f"the button `{button.text}` does not say that it is pressed")
        status = page.one("[role=status]").text
        expect(status == f"{len(wanted)} of {len(everything)} drills shown", f"after `{button.text}` the status says `{status}`")
    page.one("button[data-verdict='']").click()
    name = page.one(".drill").get_attribute("data-name")
    page.one("input[type=search]").send_keys(name)
    expect(0 < len(page.run(SHOWN)) < max(len(everything), 2), f"looking for {name} does not narrow the drills")
    page.one("input[type=search]").clear()
    page.run("document.querySelector('input[type=search]').dispatchEvent(new Event('input'))")


def details(page):
    """A drill opens and shows its graphs, which were not there before."""
    closed = next(iter(page.all(".drill:not([open]):has(> template)")), None)
    if closed is None:
        expect(page.all(".drill .plot"), "no drill has a graph")
        return
    expect(not closed.find_elements(By.CSS_SELECTOR, ".plot"), "a drill that is closed has its graphs already")
    closed.find_element(By.CSS_SELECTOR, "summary").click()
    plots = page.comes_to(lambda: closed.find_elements(By.CSS_SELECTOR, ".plot"))
    expect(plots, "a drill that was opened shows no graph")
    for plot in plots or []:
        drawn = page.run("return [...arguments[0].querySelectorAll('path')].map((path) => path.getBoundingClientRect().width)", plot)
        expect(any(width > 1 for width in drawn), f"the graph `{plot.get_attribute('aria-label')}` draws nothing")
        expect(plot.find_elements(By.CSS_SELECTOR, "i.fault"), f"the graph `{plot.get_attribute('aria-label')}` has no fault behind it")
    expect(closed.find_elements(By.CSS_SELECTOR, ".plot path.limit"), "no graph of the drill has a threshold")


def hints(page):
    """The pointer shows what was when, on a drill's lane and on a graph."""
    tip = page.one(".tip")
    band = page.one(".drill[open] .track i.fault")
    ActionChains(page.driver).move_to_element(band).perform()
    expect(page.comes_to(lambda: tip.is_displayed() and tip.text), "over a fault nothing is told")
    plot = page.one(".drill[open] .plot")
    ActionChains(page.driver).scroll_to_element(plot).move_to_element(plot).perform()
    expect(page.comes_to(lambda: tip.is_displayed() and "UTC" in tip.text), f"over a graph the instant and the values are not told: `{tip.text}`")
    print(f"hint over a graph: {tip.text!r}")
    page.press(Keys.ESCAPE)
    expect(not tip.is_displayed(), "Escape does not take the hint away")


def keyboard(page):
    """Everything can be reached and used without a pointer."""
    page.driver.refresh()
    active = "return document.activeElement"
    page.press(Keys.TAB)
    expect(page.run(active).get_attribute("data-verdict") == "", "the first stop of the keyboard is not the first filter")
    for _ in range(20):
        if page.run("return document.activeElement.matches('.drill > summary')"):
            break
        page.press(Keys.TAB)
    expect(page.run("return document.activeElement.matches('.drill > summary')"), "the keyboard does not get to the drills")
    outline = page.run("return getComputedStyle(document.activeElement).outlineStyle")
    expect(outline != "none", "one does not see where the keyboard is")
    is_open = "return document.activeElement.parentElement.open"
    first = page.run(is_open)
    page.press(Keys.ENTER)
    expect(page.run(is_open) != first, "Enter does not open or close a drill")
    if first:
        page.press(Keys.ENTER)
    name = "return document.activeElement.parentElement.dataset.name"
    before = page.run(name)
    page.press(Keys.END)
    last = page.run(name)
    page.press(Keys.HOME)
    expect(page.run(name) == before, "Home does not go to the first drill")
    expect(len(page.all(".drill")) == 1 or last != before, "End does not go to the last drill")
    if not page.comes_to(lambda: page.all(".drill[open] .plot")):
        problems.append("a drill that was opened by the keyboard shows no graph")
        return
    page.run("document.querySelector('.drill[open] .plot').focus()")
    page.press(Keys.ARROW_RIGHT)
    expect(page.comes_to(lambda: "UTC" in page.one(".tip").text), "the arrow keys do not read a graph")
    page.press(Keys.ESCAPE)


def screen_reader(page):
    """Whatever can be used, and every picture, has a name in the accessibility tree."""
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    needs_name = {"button", "link", "searchbox", "textbox", "img", "image", "DisclosureTriangle", "heading", "region"}
    roles = {}
    for node in nodes:
        role = node.get("role", {}).get("value")
        roles[role] = roles.get(role, 0) + 1
        if role in needs_name and not node.get("ignored"):
            expect(node.get("name", {}).get("value", "").strip(), f"a {role} has no name")
    print(f"accessibility tree: {len(nodes)} nodes, {roles.get('DisclosureTriangle', 0)} drills and tables to unfold")
    expect(roles.get("main") == 1 and roles.get("status") == 1, "main part or status are not there")
    levels = page.run("return [...document.querySelectorAll('h1,h2,h3')].map((heading) => Number(heading.tagName[1]))")
    expect(all(b <= a + 1 for a, b in zip(levels, levels[1:])), f"a level of headings is left out: {levels}")


def looks(page, screenshots):
    """Nothing is faint or cut off, in either scheme, on either width, or on paper."""
    for width in WIDTHS:
        page.resize(width)
        for scheme in ("light", "dark"):
            page.emulate(scheme)
            for text, contrast in page.run(FAINT_TEXT):
                problems.append(f"{scheme}, {width} px: `{text}` has a contrast of {contrast}, needed is {LEAST_CONTRAST}")
            over = page.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
            expect(over <= 0, f"{width} px: the page is {over} px too wide")
            if screenshots:
                page.run("scrollTo(0, 0)")
                picture = page.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
                (screenshots / f"{width}-{scheme}.png").write_bytes(base64.b64decode(picture["data"]))
    page.resize(WIDTHS[0])
    page.emulate("dark", "print")
    paper = page.run("return getComputedStyle(document.body).backgroundColor")
    expect(paper == "rgb(255, 255, 255)", f"on paper the page is {paper}")
    expect(not page.one(".tools").is_displayed(), "on paper there are buttons")
    pdf = base64.b64decode(page.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    expect(pdf.startswith(b"%PDF") and len(pdf) > 20_000, "it does not print")
    if screenshots:
        (screenshots / "print.pdf").write_bytes(pdf)
    page.emulate("light")


def size(page):
    """How much there is, and how quickly it moves; only what does not hang on the machine can be wrong."""
    drills = len(page.all(".drill"))
    nodes = page.run("return document.querySelectorAll('*').length")
    unmade = page.run("return document.querySelectorAll('.drill > template').length")
    made = page.run("return document.querySelectorAll('.drill .plot').length")
    print(f"{drills} drills: loaded in {page.loaded_ms:.0f} ms, {nodes} elements, {unmade} drills whose details are not made yet, {made} graphs made")
    expect(nodes < 2_000 + 60 * drills + 200 * made, f"{nodes} elements are too many for {drills} drills")
    expect(drills <= 40 or unmade > drills / 2, "the details of most drills are made though nobody looks at them")
    slowest = {}
    for button in page.all("button[data-verdict]"):
        verdict = button.get_attribute("data-verdict")
        slowest[verdict or "all"] = page.took_ms(f"document.querySelector(\"button[data-verdict='{verdict}']\").click()")
    page.run("document.querySelector(\"button[data-verdict='']\").click()")
    unfold = page.took_ms("document.querySelector('.drill:not([open])')?.firstElementChild.click()")
    times = ", ".join(f"{what} {took:.0f} ms" for what, took in slowest.items())
    print(f"{drills} drills: from click to drawn: filter {times}; unfold {unfold:.0f} ms")


def main():
    url, *rest = sys.argv[1:]
    screenshots = Path(rest[0]) if rest else None
    page = Page(url)
    try:
        for check in (size, filters, details, hints, keyboard, screen_reader, lambda page: looks(page, screenshots)):
            try:
                check(page)
            except Exception as error:  # What a check needs is not there: the others may find why.
                problems.append(f"{check.__doc__ or 'looks'} {type(error).__name__}: {str(error).splitlines()[:1]}")
        fetched = page.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
        expect(not fetched, f"the page fetches {fetched}")
        for entry in page.driver.get_log("browser"):
            problems.append(f"the console says: {json.dumps(entry['message'])}")
    finally:
        page.driver.quit()
    print("\n".join(problems))
    sys.exit(bool(problems))


main()

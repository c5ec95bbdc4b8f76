"""Opens a run's report in Chromium, uses it as a person does, and says what is wrong with it.

usage: check.py URL [SCREENSHOTS]: a picture per width and colour scheme goes into the folder SCREENSHOTS, if there is one.
The environment variable ONLY names the checks that are to be made alone.
What was measured is printed, and a line for everything that is wrong; ends with 1 if anything is.
"""

import base64
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlencode

from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import Page, expect, problems
from questions import ASKEW, FAINT_TEXT, LEAST_CONTRAST, PAINTED, RANGE, SHOWN

WIDTHS = (1600, 390)


def filters(page):
    """Each verdict's link shows just its drills, and says so; the address keeps it."""
    everything = page.run(SHOWN)
    unit = page.one("[role=status]").get_attribute("data-of")
    for link in page.all("a[data-verdict]"):
        link.click()
        verdict, text = link.get_attribute("data-verdict"), link.text.replace("\n", " ")
        wanted = [shown for shown in everything if verdict in ("", shown)]
        page.comes_to(lambda: link.get_attribute("aria-current") == "true")
        expect(page.run(SHOWN) == wanted, f"the link `{text}` does not show the drills of its verdict")
        expect(link.get_attribute("aria-current") == "true", f"the link `{text}` does not say that it is what is shown")
        status = page.one("[role=status]").text
        expect(status == f"{len(wanted)} of {len(everything)} {unit} shown", f"after `{text}` the status says `{status}`")
        expect(page.driver.current_url.endswith(f"#verdict={verdict}"), f"after `{text}` the address does not say what is shown")
    page.one("a[data-verdict='']").click()
    name = page.one(".drill").get_attribute("data-name")
    page.one("input[type=search]").send_keys(name)
    expect(0 < len(page.run(SHOWN)) < max(len(everything), 2), f"looking for {name} does not narrow the drills")
    looked_for = urlencode({"name": name}, safe="*")
    expect(page.driver.current_url.endswith(looked_for), "the address does not say which name is looked for")
    page.one("input[type=search]").clear()
    page.run("document.querySelector('input[type=search]').dispatchEvent(new Event('input'))")


def top(page):
    """The first screen says what one wants to know."""
    counts = page.run("return [...document.querySelectorAll('nav .card')].map((card) => card.textContent.trim())")
    for words in ("passed", "failed", "could not be tested"):
        expect(any(count.endswith(words) for count in counts), f"the top does not say how many {words}: {counts}")
    verdicts = page.run(SHOWN)
    total = sum(int(count.split()[0]) for count in counts)
    expect(total == len(verdicts), f"the top counts {total} drills, and there are {len(verdicts)}")
    header = page.one("header").text
    for words in ("rules proven", "Slower than before"):
        expect(words in header, f"the top does not say `{words}`")


def alerts(page):
    """The table of alerts has a bar per alert that fired, and leads to the drills."""
    rows = page.all(".alerts tbody tr")
    expect(rows, "there is no table of alerts")
    closed = {drill.get_attribute("data-name") for drill in page.all(".drill:not([open])")[:100]}
    links = page.all(".alerts td > a[data-drill]")
    link = next((link for link in links if link.get_attribute("data-drill") in closed), None)
    if link is None:
        # With many drills they are folded away.
        expect(links or page.all(".alerts td details a"), "no alert leads to a drill")
        return
    name = link.get_attribute("data-drill")
    link.click()
    drill = page.one(f".drill[data-name='{name}']")
    expect(page.comes_to(lambda: drill.get_attribute("open") is not None), f"the link to {name} does not open it")
    expect(page.run("return document.activeElement.parentElement === arguments[0]", drill), f"the link to {name} does not go there")
    outside = page.run("""return [...document.querySelectorAll('.bar i')].filter((mark) => {
      const [mine, bar] = [mark, mark.parentElement].map((part) => part.getBoundingClientRect());
      return bar.width > 100 && (mine.right < bar.left || mine.left > bar.right);
    }).length""")
    expect(outside == 0, f"{outside} times or deadlines lie outside of their bars")
    page.run("location.hash = ''")


def times(page):
    """Time begins with the first fault, and is written as people write it."""
    begins = page.run("""const main = document.querySelector("main").style;
      const faults = [...document.querySelectorAll('.track i.fault')].map((band) => Number(band.style.getPropertyValue('--a')));
      return [Number(main.getPropertyValue('--from')), Math.min(...faults)]""")
    expect(begins == [0, 0], f"the time axis begins at {begins[0]} s, and the first fault came at {begins[1]} s")
    expect(page.one("details.start").get_attribute("open") is None, "the start-up is not folded away")
    written = page.run("return [...document.querySelectorAll('.story span')].map((span) => span.textContent)")
    long = [text for text in written if " min" not in text and " h" not in text and float(text.strip("+−s ").split()[0]) >= 60]
    expect(written and not long, f"times are written in seconds alone: {long[:3]}")
    ruler = page.run("const place = document.querySelector('.ruler'); place.scrollIntoView({ block: 'center' }); return place")
    expect(page.comes_to(lambda: page.run("return Boolean(arguments[0].plot)", ruler)), "the timeline has no axis")
    if not page.run("return Boolean(arguments[0].plot)", ruler):
        return
    expect(page.run(PAINTED, ruler, "--faint") > 20, "the timeline's axis has no times")


def details(page):
    """A drill opens and shows its story and its graphs, which were not there before."""
    closed = next(iter(page.all(".drill:not([open]):has(> template)")), None)
    if closed is None:
        expect(page.all(".drill .plot"), "no drill has a graph")
        return
    expect(not closed.find_elements(By.CSS_SELECTOR, ".plot"), "a drill that is closed has its graphs already")
    page.run("arguments[0].scrollIntoView({ block: 'center' })", closed)
    closed.find_element(By.CSS_SELECTOR, "summary").click()
    plots = page.comes_to(lambda: closed.find_elements(By.CSS_SELECTOR, ".plot"))
    expect(plots, "a drill that was opened shows no graph")
    expect(closed.find_elements(By.CSS_SELECTOR, ".story li"), "a drill that was opened does not tell its story")
    for plot in plots or []:
        if not page.is_drawn(plot):
            continue
        name = page.run("return arguments[0].querySelector('.u-wrap').getAttribute('aria-label')", plot)
        paints = page.run("""const { series, data } = arguments[0].plot;
          return series.filter(({ dash }, i) => i > 0 && !dash.length && data[i].some((value) => value !== null)).map(({ paint }) => paint)""", plot)
        expect(not paints or any(page.run(PAINTED, plot, paint) > 20 for paint in paints), f"the graph `{name}` draws no line")
        expect(plot.find_elements(By.CSS_SELECTOR, ".u-under i.fault"), f"the graph `{name}` has no fault behind it")
    limits = page.run("return arguments[0].map((place) => (place.plot?.series ?? []).filter((one) => one.dash?.length).length)", plots or [])
    expect(sum(limits) > 0, "no graph of the drill has a threshold")


def hints(page):
    """The pointer shows what was when, on a drill's row and on a graph."""
    tip = page.one(".tip")
    band = page.one(".drill[open] .track i.fault")
    ActionChains(page.driver).scroll_to_element(band).move_to_element(band).perform()
    expect(page.comes_to(lambda: tip.is_displayed() and "UTC" in tip.text and "\n" in tip.text), "over a fault nothing is told")
    plot = page.one(".drill[open] .plot")
    if not page.is_drawn(plot):
        return
    ActionChains(page.driver).move_to_element(plot.find_element(By.CSS_SELECTOR, ".u-over")).perform()
    expect(page.comes_to(lambda: tip.is_displayed() and "UTC" in tip.text), f"over a graph the instant and the values are not told: `{tip.text}`")
    print(f"hint over a graph: {tip.text!r}")
    page.press(Keys.ESCAPE)
    expect(not tip.is_displayed(), "Escape does not take the hint away")


def cursor(page):
    """One cursor stands at one instant on all graphs and rows; a part that is drawn out is shown by all that belong together."""
    # Rows and panels are in sight together.
    page.resize(WIDTHS[0], 6000)
    places = page.all(".charts .plot")[:2]
    if len(places) < 2 or not all(page.is_drawn(place) for place in places):
        expect(not places, "the dashboard's panels are not drawn")
        return
    one, other = places
    over = one.find_element(By.CSS_SELECTOR, ".u-over")
    page.run("arguments[0].scrollIntoView({ block: 'center' })", one)
    ActionChains(page.driver).move_to_element(over).perform()
    instants = "return arguments[0].map(({ plot }) => plot.cursor.left < 0 ? null : plot.posToVal(plot.cursor.left, 'x'))"
    alike = page.comes_to(lambda: (lambda found: None not in found and abs(found[0] - found[1]) < 5)(page.run(instants, places)))
    expect(alike, f"the cursor is not at one instant on two panels: {page.run(instants, places)}")
    rows = page.run("return [...document.querySelectorAll('.track')].map((row) => row.style.getPropertyValue('--at')).filter(Boolean)")
    at = page.run(instants, places)[0] or 0
    expect(rows and all(abs(float(row) - at) < 5 for row in rows), f"the cursor is not at the same instant on the rows: {rows[:3]}, not {at}")
    expect(one.find_elements(By.CSS_SELECTOR, ".u-under .others i"), "over a panel the faults of the other drills do not show")
    whole = page.run(RANGE, one)
    ActionChains(page.driver).move_to_element(over).click_and_hold().move_by_offset(80, 0).release().perform()
    zoomed = page.comes_to(lambda: page.run(RANGE, one) != whole and page.run(RANGE, one) == page.run(RANGE, other))
    expect(zoomed, "a part of the time that is drawn out is not shown by all panels")
    main = page.run("return Number(document.querySelector('main').style.getPropertyValue('--span'))")
    part = page.run(RANGE, one)
    expect(abs(main - (part[1] - part[0])) < 0.1, "a part of the time that is drawn out is not shown by the rows")
    button = page.one("button[data-whole]")
    expect(button.is_displayed(), "there is no button for the whole time")
    page.run("arguments[0].click()", button)
    expect(page.comes_to(lambda: page.run(RANGE, other) == whole), "the whole time does not come back")
    page.resize(WIDTHS[0])


def legend(page):
    """The legend shows a line alone, by keys too, and all again."""
    plot = page.a_graph(".charts .plot")
    if plot is None or len(plot.find_elements(By.CSS_SELECTOR, "th[role=button]")) < 3:
        return
    shown = "return arguments[0].plot.series.slice(1).filter((one) => one.show).length"
    every = page.run(shown, plot)
    label = plot.find_elements(By.CSS_SELECTOR, "th[role=button]")[1]
    label.send_keys(Keys.ENTER)
    expect(page.run(shown, plot) == 1, "the legend does not show a line alone")
    expect(label.get_attribute("aria-pressed") == "true", "the legend does not say which line is shown")
    label.send_keys(Keys.SPACE)
    expect(page.run(shown, plot) == every, "the legend does not bring all lines back")


def numbers(page):
    """Each graph has its numbers as a table."""
    plot = page.a_graph()
    if plot is None:
        return
    page.run("arguments[0].querySelector('.numbers > summary').click()", plot)
    rows = page.comes_to(lambda: plot.find_elements(By.CSS_SELECTOR, ".numbers tbody tr"))
    expect(rows and "UTC" in page.run("return arguments[0].textContent", rows[0]), "a graph has no table of its numbers")
    page.run("arguments[0].querySelector('.numbers > summary').click()", plot)


def bands(page):
    """Behind a panel's lines no fault lies on another, and states are rows with their names."""
    overlapping = page.run("""return [...document.querySelectorAll('.charts .plot')].filter((place) => {
      const ends = [...place.querySelectorAll('.marked:not(.others) i.fault')].map(({ style }) => (
        ['--a', '--b'].map((name) => Number(style.getPropertyValue(name)))));
      return ends.some(([from], i) => i > 0 && from < ends[i - 1][1]);
    }).length""")
    expect(overlapping == 0, f"behind {overlapping} panels faults lie on top of each other")
    for row in page.all(".state-row"):
        names = page.run("return [...arguments[0].querySelectorAll('li')].map((band) => band.textContent.trim())", row)
        expect(names and all(names) and not any(name.isdigit() for name in names), f"states are shown without names: {names[:3]}")


def colours(page):
    """The lines are of the colours of the scheme, also after it has changed."""
    plot = page.a_graph()
    if plot is None:
        return
    for scheme in ("dark", "light"):
        page.emulate(scheme)
        painted = page.comes_to(lambda: page.run(PAINTED, plot, "--faint") > 20)
        expect(painted, f"the graph's axes are not in the colours of the {scheme} scheme")


def keyboard(page):
    """Everything can be reached and used without a pointer."""
    page.driver.refresh()
    active = "return document.activeElement"
    page.press(Keys.TAB)
    expect(page.run(active).get_attribute("data-verdict") == "pass", "the first stop of the keyboard is not the first filter")
    page.run("document.querySelector('input[type=search]').focus()")
    for _ in range(10):
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
    plot = page.one(".drill[open] .plot")
    if not page.is_drawn(plot):
        return
    page.run("arguments[0].querySelector('.u-wrap').focus()", plot)
    page.press(Keys.ARROW_RIGHT)
    expect(page.comes_to(lambda: "UTC" in page.one(".tip").text), "the arrow keys do not read a graph")
    expect("UTC" in page.one("[role=status]").text, "what the arrow keys read is not said")
    whole = page.run(RANGE, plot)
    page.press("+")
    expect(page.comes_to(lambda: page.run(RANGE, plot) != whole), "the key + does not zoom")
    page.press("-")
    expect(page.comes_to(lambda: page.run(RANGE, plot) == whole), "the key - does not zoom back")
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
            for row in page.run(ASKEW):
                problems.append(f"{width} px: the row `{row}` does not stand below its axis")
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
    page.run("dispatchEvent(new Event('beforeprint'))")
    undrawn = page.run("return [...document.querySelectorAll('.charts .plot')].filter((place) => !place.plot).length")
    expect(undrawn == 0, f"on paper {undrawn} panels are not drawn")
    plot = next(iter(page.all(".charts .plot")), None)
    if plot is not None:
        expect(page.run(PAINTED, plot, "--faint") > 20, "on paper the graphs are not in the colours of paper")
    page.run("dispatchEvent(new Event('afterprint'))")
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
    for link in page.all("a[data-verdict]"):
        verdict = link.get_attribute("data-verdict")
        slowest[verdict or "all"] = page.took_ms(f"document.querySelector(\"a[data-verdict='{verdict}']\").click()")
    page.run("document.querySelector(\"a[data-verdict='']\").click()")
    unfold = page.took_ms("document.querySelector('.drill:not([open])')?.firstElementChild.click()")
    times = ", ".join(f"{what} {took:.0f} ms" for what, took in slowest.items())
    print(f"{drills} drills: from click to drawn: filter {times}; unfold {unfold:.0f} ms")


CHECKS = (size, filters, top, alerts, times, details, hints, cursor, legend, numbers, bands, colours, keyboard, screen_reader)


def main():
    url, *rest = sys.argv[1:]
    screenshots = Path(rest[0]) if rest else None
    page = Page(url, WIDTHS[0])
    try:
        only = os.environ.get("ONLY", "").split()
        for check in CHECKS:
            if only and check.__name__ not in only:
                continue
            try:
                check(page)
            except Exception as error:  # What a check needs is not there: the others may find why.
                problems.append(f"{check.__doc__} {type(error).__name__}: {str(error).splitlines()[:1]}")
        if not only or "looks" in only:
            looks(page, screenshots)
        fetched = page.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
        expect(not fetched, f"the page fetches {fetched}")
        for entry in page.driver.get_log("browser"):
            problems.append(f"the console says: {json.dumps(entry['message'])}")
    finally:
        page.driver.quit()
    print("\n".join(problems))
    sys.exit(bool(problems))


main()

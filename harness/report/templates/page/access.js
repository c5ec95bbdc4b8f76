// ---- plots for those who use no pointer or see no drawing: names, keys, a table

const STEPS = 100;
const MOST_ROWS = 60;

// What a plot says of an instant.
function read(plot, second) {
  const [, ...shown] = plot.series;
  const seconds = plot.data[0];
  const nearest = seconds.reduce((best, at, i) => (
    Math.abs(at - second) < Math.abs(seconds[best] - second) ? i : best), 0);
  const values = shown.map(({ show, label }, i) => [show, label, plot.data[i + 1][nearest]]);
  const known = values.filter(([show, , value]) => show && value !== null);
  const fault = isRun(groupOf(plot)) ? "first fault" : "fault";
  return [`${sinceFault(second - plot.zero, fault)}, ${clock(second)}`,
    ...known.slice(0, COLOURS).map(([, label, value]) => `${label}: ${plot.words(value)}`)];
}

function moveBy(plot, step) {
  const { left } = plot.cursor;
  const width = plot.over.clientWidth;
  const from = left >= 0 ? left : 0;
  plot.setCursor({ left: Math.min(Math.max(from + (step * width) / STEPS, 0), width), top: 1 }, true, true);
  const second = plot.posToVal(plot.cursor.left, "x");
  markInstant(second);
  const box = plot.over.getBoundingClientRect();
  const hint = [...read(plot, second), ...brokenAt(plot, second)];
  showTip(hint, box.left + plot.cursor.left, box.top + box.height / 2);
  say(hint.join("; "));
}

function zoomBy(plot, factor) {
  const { min, max } = plot.scales.x;
  const middle = plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : (min + max) / 2;
  const [from, until] = plot.whole;
  const span = [middle - (middle - min) * factor, middle + (max - middle) * factor];
  // An end that is no pixel away is reached: the cursor stands on whole pixels.
  const pixel = (until - from) / plot.over.clientWidth;
  const within = [span[0] < from + pixel ? from : span[0], span[1] > until - pixel ? until : span[1]];
  zoomTo(groupOf(plot), within[0] === from && within[1] === until ? undefined : within);
  say(`shown is ${duration(within[0])} to ${duration(within[1])}`);
}

const KEYS = {
  ArrowLeft: (plot) => moveBy(plot, -1),
  ArrowRight: (plot) => moveBy(plot, 1),
  Home: (plot) => moveBy(plot, -STEPS),
  End: (plot) => moveBy(plot, STEPS),
  "+": (plot) => zoomBy(plot, 0.5),
  "-": (plot) => zoomBy(plot, 2),
};

function makeAccessible(plot) {
  const drawing = plot.root.querySelector(".u-wrap");
  drawing.tabIndex = 0;
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", plot.place.dataset.label);
  drawing.addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    KEYS[event.key](plot);
  });
  drawing.addEventListener("blur", () => {
    leave();
    pointAt(undefined);
  });
  makeLegendAccessible(plot);
  plot.place.append(numbers(plot));
}

// A line's name in the legend is a button that shows it alone, and all again.
function makeLegendAccessible(plot) {
  const rows = [...plot.root.querySelectorAll(".u-legend .u-series")];
  const labels = rows.slice(1).map((row) => row.querySelector("th"));
  const mark = () => labels.forEach((label, i) => {
    label.firstElementChild.setAttribute("aria-hidden", "true");
    label.setAttribute("aria-pressed", String(plot.series[i + 1].show));
  });
  for (const label of labels) {
    label.tabIndex = 0;
    label.setAttribute("role", "button");
    label.title = "show it alone, or all again";
    label.addEventListener("click", mark);
    label.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      label.click();
    });
  }
  mark();
}

function cells(row, tag, texts) {
  for (const text of texts) {
    const cell = document.createElement(tag);
    cell.textContent = text;
    row.append(cell);
  }
}

function numbers(plot) {
  const details = document.createElement("details");
  details.className = "numbers";
  details.innerHTML = "<summary>as numbers</summary>";
  details.addEventListener("toggle", () => {
    if (details.open && !details.querySelector("table")) details.append(table(plot));
  });
  return details;
}

function table(plot) {
  const [seconds, ...values] = plot.data;
  const scroll = document.createElement("div");
  scroll.className = "wide";
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", `numbers of ${plot.place.dataset.label}`);
  const made = document.createElement("table");
  cells(made.createTHead().insertRow(), "th", ["time", isRun(groupOf(plot)) ? "after the first fault" : "after the fault", ...plot.series.slice(1).map(({ label }) => label)]);
  const body = made.createTBody();
  const every = Math.max(1, Math.ceil(seconds.length / MOST_ROWS));
  for (let i = 0; i < seconds.length; i += every) {
    const shown = values.map((line) => (line[i] === null ? "" : plot.words(line[i])));
    cells(body.insertRow(), "td", [clock(seconds[i]), duration(seconds[i] - (plot.zero)), ...shown]);
  }
  scroll.append(made);
  return scroll;
}

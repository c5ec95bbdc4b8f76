"use strict";
const drills = [...document.querySelectorAll(".drill")];
const filters = document.querySelectorAll("button[data-verdict]");
const search = document.querySelector("input[type=search]");
const tip = document.querySelector(".tip");

// ---- which drills are shown

function filter() {
  const { verdict } = document.querySelector("button[data-verdict][aria-pressed=true]").dataset;
  const name = search.value.trim().toLowerCase();
  let shown = 0;
  for (const drill of drills) {
    drill.hidden = !((verdict === "" || drill.dataset.verdict === verdict)
      && drill.dataset.name.toLowerCase().includes(name));
    shown += drill.hidden ? 0 : 1;
  }
  document.querySelector("[role=status]").textContent = `${shown} of ${drills.length} drills shown`;
}

for (const button of filters) {
  button.addEventListener("click", () => {
    for (const other of filters) other.setAttribute("aria-pressed", String(other === button));
    filter();
  });
}
search.addEventListener("input", filter);
filter();

// ---- details, which are built when they are first opened

function unfold(details) {
  const template = details.querySelector(":scope > template");
  if (details.open && template) template.replaceWith(template.content);
}

document.querySelectorAll("details").forEach(unfold);
document.addEventListener("toggle", (event) => unfold(event.target), true);

for (const button of document.querySelectorAll("button[data-open]")) {
  button.addEventListener("click", () => {
    for (const drill of drills) if (!drill.hidden) drill.open = button.dataset.open !== "";
  });
}

// From drill to drill by the arrow keys.
document.addEventListener("keydown", (event) => {
  const drill = event.target.closest?.(".drill > summary")?.parentElement;
  if (!drill) return;
  const shown = drills.filter((other) => !other.hidden);
  const here = shown.indexOf(drill);
  const places = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: shown.length - 1 };
  const there = places[event.key];
  if (there === undefined) return;
  event.preventDefault();
  shown[there]?.firstElementChild.focus();
});

// ---- the values and instants under the pointer, or at the keyboard's cursor

const NEAR_PX = 4;
const signed = (seconds) => `${seconds < 0 ? "−" : "+"}${Math.abs(seconds).toFixed(1)} s`;
const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4, notation: "compact" });

// The value of a path at a time. The numbers of a path are seconds and values.
function valueAt(path, second) {
  for (const line of path.getAttribute("d").split("M").slice(1)) {
    const points = line.replace("h1", "").split("L").map((point) => point.split(" ").map(Number));
    const next = points.findIndex(([at]) => at >= second);
    if (next < 0 || points[0][0] > second + 1) continue;
    if (next === 0) return points[0][1];
    const [[from, low], [until, high]] = [points[next - 1], points[next]];
    return low + ((high - low) * (second - from)) / (until - from);
  }
  return undefined;
}

function near(place, x) {
  const there = [...place.querySelectorAll("i[title], i[data-title]")].filter((part) => {
    const { left, right } = part.getBoundingClientRect();
    return left - NEAR_PX <= x && x <= right + NEAR_PX;
  });
  return there.map((part) => {
    // The browser would show a second hint for a title.
    part.dataset.title ??= part.title;
    part.removeAttribute("title");
    return part.dataset.title;
  });
}

function read(plot, part) {
  const { from, seconds, zero, unit } = plot.dataset;
  const second = part * seconds;
  const time = new Date((Number(from) + second) * 1000).toISOString().slice(11, 21);
  const lines = [`${signed(second - zero)}, ${time} UTC`];
  for (const path of plot.querySelectorAll("path")) {
    const value = valueAt(path, second);
    if (value === undefined) continue;
    const shown = `${number.format(value)} ${unit === "short" ? "" : unit}`.trim();
    lines.push(`${path.dataset.name || "value"}: ${shown}`);
  }
  return lines;
}

function show(place, x, y) {
  const box = place.getBoundingClientRect();
  const part = Math.min(Math.max((x - box.left) / box.width, 0), 1);
  const isPlot = place.classList.contains("plot");
  const lines = [...(isPlot ? read(place, part) : []), ...near(place, x)];
  if (isPlot) place.style.setProperty("--cursor", `${part * 100}%`);
  tip.hidden = lines.length === 0;
  tip.textContent = [...new Set(lines)].join("\n");
  tip.style.left = `${Math.min(x + 12, innerWidth - tip.offsetWidth - 8)}px`;
  const isBelow = y + 16 + tip.offsetHeight <= innerHeight;
  tip.style.top = `${isBelow ? y + 16 : y - tip.offsetHeight - 8}px`;
}

let shownAt;
function leave() {
  tip.hidden = true;
  if (shownAt?.classList.contains("plot")) shownAt.removeAttribute("style");
  shownAt = undefined;
}

document.addEventListener("pointermove", (event) => {
  const place = event.target.closest?.(".plot, .track");
  if (place !== shownAt) leave();
  shownAt = place;
  if (place) show(place, event.clientX, event.clientY);
});
document.addEventListener("focusout", leave);
document.addEventListener("keydown", (event) => {
  const plot = event.target.closest?.(".plot");
  if (event.key === "Escape") leave();
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!plot || !by) return;
  event.preventDefault();
  shownAt = plot;
  const box = plot.getBoundingClientRect();
  const before = parseFloat(plot.style.getPropertyValue("--cursor")) || 0;
  const part = Math.min(Math.max(before + by, 0), 100) / 100;
  show(plot, box.left + part * box.width, box.top + box.height / 2);
  if (plot.getAttribute("aria-label") !== null) {
    document.querySelector("[role=status]").textContent = tip.textContent;
  }
});

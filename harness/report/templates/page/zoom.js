// ---- what part of the time is shown: by all plots of a drill, or by all that show the whole run

const main = document.querySelector("main");
const whole = document.querySelector("button[data-whole]");
const spans = new Map();

const groupOf = (plot) => plot.place.closest(".drill") ?? main;
const spanOf = (plot) => spans.get(groupOf(plot)) ?? plot.whole;
const isRun = (group) => group === main;

function place(element, [from, until]) {
  element.style.setProperty("--from", from);
  element.style.setProperty("--span", until - from);
}

function showSpan(plot, span) {
  const { min, max } = plot.scales.x;
  if (plot.under) place(plot.under, span);
  if (min !== span[0] || max !== span[1]) plot.setScale("x", { min: span[0], max: span[1] });
}

function zoomTo(group, span) {
  if (span) spans.set(group, span);
  else spans.delete(group);
  for (const plot of plots) if (groupOf(plot) === group) showSpan(plot, span ?? plot.whole);
  if (isRun(group)) place(main, span ?? [0, run.until]);
  whole.hidden = spans.size === 0;
}

// Whoever zooms a plot by the pointer zooms those that belong to it.
function zoomed(plot, scale) {
  if (scale !== "x" || !plot.place) return;
  const { min, max } = plot.scales.x;
  const [from, until] = spanOf(plot);
  if (min === from && max === until) return;
  const values = plot.data[0];
  const isAll = min === values[0] && max === values[values.length - 1];
  zoomTo(groupOf(plot), isAll ? undefined : [min, max]);
}

whole.addEventListener("click", () => {
  for (const group of [...spans.keys()]) zoomTo(group, undefined);
});

// ---- the instant under the pointer, on the rows too: on those in sight, for there may be many

const rowsInSight = new Set();
let pointedAt;

function mark(row) {
  if (pointedAt === undefined) row.style.removeProperty("--at");
  else row.style.setProperty("--at", pointedAt);
}

function markInstant(second) {
  pointedAt = second;
  for (const row of rowsInSight) mark(row);
}

const rowSight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) {
      rowsInSight.add(target);
      mark(target);
    } else {
      rowsInSight.delete(target);
      target.style.removeProperty("--at");
    }
  }
});
document.querySelectorAll(".track").forEach((row) => rowSight.observe(row));

function pointAt(second) {
  for (const plot of plots) {
    if (!inSight.has(plot.place)) continue;
    const { min, max } = plot.scales.x;
    const isShown = second !== undefined && min <= second && second <= max;
    plot.setCursor({ left: isShown ? plot.valToPos(second, "x") : -10, top: isShown ? 1 : -10 }, false);
  }
  markInstant(second);
}

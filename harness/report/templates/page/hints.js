// ---- what was when, under the pointer

const NEAR_PX = 4;
const tip = document.querySelector(".tip");

function showTip(lines, x, y) {
  tip.hidden = lines.length === 0;
  tip.textContent = [...new Set(lines)].join("\n");
  tip.style.left = `${Math.max(Math.min(x + 14, innerWidth - tip.offsetWidth - 8), 0)}px`;
  const isBelow = y + 18 + tip.offsetHeight <= innerHeight;
  tip.style.top = `${isBelow ? y + 18 : y - tip.offsetHeight - 10}px`;
}

// What is marked near a place. The browser would show a second hint for a title.
function marksNear(within, x) {
  const marks = [...within.querySelectorAll("i[title], i[data-title], li[title], li[data-title]")];
  const near = marks.filter((mark) => {
    const { left, right } = mark.getBoundingClientRect();
    return left - NEAR_PX <= x && x <= right + NEAR_PX;
  });
  return near.map((mark) => {
    mark.dataset.title ??= mark.title;
    mark.removeAttribute("title");
    return mark.dataset.title;
  });
}

// The drills whose faults last at an instant, by name if they are few.
function brokenAt(plot, second) {
  if (!isRun(groupOf(plot)) || !plot.words) return [];
  const lasting = run.faults.filter(([, faults]) => (
    faults.some(([from, until]) => from <= second && second <= until)));
  const names = lasting.map(([name]) => name);
  return names.length > 3 ? [`broken by ${names.length} drills`] : names.map((name) => `broken by ${name}`);
}

// While a panel is pointed at, the faults of all drills are there, thin.
function showOthers(plot) {
  if (plot.others || !isRun(groupOf(plot))) return;
  plot.others = document.createElement("div");
  plot.others.className = "marked others";
  for (const [, faults] of run.faults) {
    for (const [from, until] of faults) {
      const band = document.createElement("i");
      band.className = "fault";
      band.style.setProperty("--a", from);
      band.style.setProperty("--b", until);
      plot.others.append(band);
    }
  }
  plot.under.append(plot.others);
}

let shownAt;
function leave() {
  tip.hidden = true;
  shownAt?.plot?.others?.remove();
  if (shownAt?.plot) delete shownAt.plot.others;
  if (shownAt) pointAt(undefined);
  shownAt = undefined;
}

document.addEventListener("pointermove", (event) => {
  const over = event.target.closest?.(".u-over, .track");
  const at = over?.closest(".plot, .ruler, .track");
  if (at !== shownAt) leave();
  shownAt = at;
  if (!at) return;
  const box = over.getBoundingClientRect();
  const part = (event.clientX - box.left) / box.width;
  if (at.plot) {
    const { plot } = at;
    const second = plot.posToVal(part * box.width, "x");
    markInstant(second);
    if (plot.words) showOthers(plot);
    const said = plot.words ? read(plot, second) : [`${duration(second)}, ${clock(second)}`];
    showTip([...said, ...brokenAt(plot, second), ...marksNear(plot.under, event.clientX)], event.clientX, event.clientY);
  } else {
    const style = getComputedStyle(main);
    const second = Number(style.getPropertyValue("--from")) + part * Number(style.getPropertyValue("--span"));
    pointAt(second);
    showTip([`${duration(second)}, ${clock(second)}`, ...marksNear(at, event.clientX)], event.clientX, event.clientY);
  }
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape") leave(); });

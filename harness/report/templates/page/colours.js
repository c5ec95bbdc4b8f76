// ---- the style sheet's colours for the canvas, which knows no variables

const probe = document.querySelector(".tip");
let known = new Map();

function colour(name) {
  if (!known.has(name)) {
    probe.style.color = `var(${name})`;
    known.set(name, getComputedStyle(probe).color);
    probe.style.color = "";
  }
  return known.get(name);
}

function repaint() {
  known = new Map();
  for (const plot of plots) plot.redraw(false);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

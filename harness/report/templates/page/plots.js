// ---- lines over time: drawn by uPlot when they come into sight

const COLOURS = 10;
const READABLE = 400;
const HEIGHT_PX = 190;
const FONT = "12px system-ui, sans-serif";
const INSTANTS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 86400,
  ...[7, 30, 365, 3650, 36500, 365000].map((days) => days * 86400)];
const BYTES = Array.from({ length: 50 }, (none, power) => 2 ** power);
const plots = new Set();
const inSight = new WeakSet();

// The lines with a value at each instant that any of them has, as uPlot wants them; none in a gap.
// They are recorded where they bend, and read anywhere: so there are `READABLE` instants more.
function aligned(lines, from, until) {
  const instants = new Set();
  for (let i = 0; i <= READABLE; i += 1) instants.add(from + ((until - from) * i) / READABLE);
  for (const { points } of lines) {
    points.forEach((line, number) => {
      for (let i = 0; i < line.length; i += 2) instants.add(line[i]);
      const next = points[number + 1];
      if (next) instants.add((line[line.length - 2] + next[0]) / 2);
    });
  }
  const seconds = [...instants].sort((a, b) => a - b);
  return [seconds, ...lines.map(({ points }) => {
    const values = new Array(seconds.length).fill(null);
    let at = 0;
    for (const line of points) {
      for (let i = 0; i < line.length; i += 2) {
        const [second, value] = [line[i], line[i + 1]];
        const [before, last] = i > 0 ? [line[i - 2], line[i - 1]] : [second, value];
        while (seconds[at] < second) {
          const part = (seconds[at] - before) / (second - before);
          if (i > 0) values[at] = last + (value - last) * part;
          at += 1;
        }
        values[at] = value;
        if (i + 2 === line.length) at += 1;
      }
    }
    return values;
  })];
}

// Whole minutes (or what is near) before and after the instant that counts as zero.
function instantsAround(zero) {
  return (u, axis, from, until, every) => {
    const instants = [];
    if (!(every > 0)) return instants;
    for (let n = Math.ceil((from - zero) / every); zero + n * every <= until; n += 1) {
      instants.push(zero + n * every);
    }
    return instants;
  };
}

const lines = () => ({ stroke: () => colour("--line"), width: 1 });

function timeAxis(zero, side) {
  return {
    scale: "x", side, font: FONT, size: 26, gap: 3, space: 90, incrs: INSTANTS_S,
    stroke: () => colour("--faint"), grid: lines(), ticks: { ...lines(), size: 4 },
    splits: instantsAround(zero),
    values: (u, instants) => instants.map((at) => duration(at - zero)),
  };
}

function valueAxis(words, unit) {
  const size = (u, values) => 18 + 6.6 * Math.max(0, ...(values ?? []).map((text) => text.length));
  const steps = { s: [0.1, 0.2, 0.5, ...INSTANTS_S], bytes: BYTES }[unit];
  return {
    scale: "y", font: FONT, size, ...(steps && { incrs: steps }), gap: 4, stroke: () => colour("--faint"),
    grid: lines(), ticks: { ...lines(), size: 4 },
    values: (u, values) => values.map(words),
  };
}

// Zero is always in sight of values above it.
function reach(u, lowest, highest) {
  if (lowest === null) return [0, 1];
  const [from, until] = [Math.min(lowest, 0), Math.max(highest, 0)];
  const room = (until - from || 1) * 0.06;
  return [from < 0 ? from - room : 0, until + room];
}

function series(lines, words) {
  let number = 0;
  return [{ label: "time", value: (u, second) => (second === null ? "" : clock(second)) },
    ...lines.map(({ name, limit }) => {
      const paint = limit ? "--firing" : `--c${number++ % COLOURS}`;
      return {
        label: name || "value", scale: "y", paint, width: limit ? 1 : 1.5, dash: limit ? [6, 4] : [],
        stroke: () => colour(paint), points: { show: false },
        value: (u, value) => (value === null || value === undefined ? "" : words(value)),
      };
    })];
}

// The pointer is shown on all plots in sight; what is done by it is done on one of them or by `zoom.js`.
const cursor = (place) => ({
  y: false,
  drag: { x: true, y: false },
  focus: { prox: 24 },
  points: { size: 6 },
  sync: {
    key: "run", setSeries: false, scales: ["x", null],
    filters: { pub: (type) => type === "mousemove", sub: () => inSight.has(place) },
  },
});

function draw(place, width = place.clientWidth) {
  if (place.plot) return place.plot;
  const data = JSON.parse(place.querySelector("script").textContent);
  const words = valueWords(data.unit);
  const options = {
    width, height: HEIGHT_PX, ms: 1, cursor: cursor(place),
    focus: { alpha: 0.3 },
    legend: {
      isolate: true,
      markers: { width: 0, fill: (u, i) => `var(${u.series[i].paint})` },
    },
    scales: { x: { time: false, range: (u, from, until) => [from, until] }, y: { range: reach } },
    axes: [timeAxis(data.zero, 2), valueAxis(words, data.unit)],
    series: series(data.lines, words),
    hooks: { setScale: [zoomed] },
  };
  const plot = new uPlot(options, aligned(data.lines, data.from, data.until), place);
  Object.assign(plot, { place, words, zero: data.zero, whole: [data.from, data.until] });
  place.plot = plot;
  plots.add(plot);
  plot.under.append(place.querySelector(":scope > .marked"));
  makeAccessible(plot);
  showSpan(plot, spanOf(plot));
  return plot;
}

function drawRuler(place, width = place.clientWidth) {
  if (place.plot) return;
  const plot = new uPlot({
    width, height: 30, ms: 1, padding: [0, 0, 0, 0],
    cursor: { ...cursor(place), focus: undefined }, legend: { show: false },
    scales: { x: { time: false, range: (u, from, until) => [from, until] } },
    axes: [{ ...timeAxis(0, 0), align: 1 }], series: [{}],
    hooks: { setScale: [zoomed] },
  }, [[0, run.until]], place);
  Object.assign(plot, { place, whole: [0, run.until] });
  place.plot = plot;
  plots.add(plot);
  showSpan(plot, spanOf(plot));
}

const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) {
      inSight.delete(target);
      target.plot?.setCursor({ left: -10, top: -10 }, false);
      continue;
    }
    inSight.add(target);
    if (target.classList.contains("ruler")) drawRuler(target);
    else draw(target);
  }
}, { rootMargin: "300px" });

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) fit(target);
});

function fit(place, width = place.clientWidth) {
  const { plot } = place;
  if (plot && width > 0 && width !== plot.width) plot.setSize({ width, height: plot.height });
}

function watchPlots(within) {
  for (const place of within.querySelectorAll(".plot, .ruler")) {
    sight.observe(place);
    widths.observe(place);
  }
}

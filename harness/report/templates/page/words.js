// ---- times and values as people write them

const run = JSON.parse(document.querySelector("#run-data").textContent);

// 8.3 s, 1 min 25 s, 2 h 5 min: as `time_text.rs` writes it.
function duration(seconds) {
  const sign = seconds <= -0.05 ? "−" : "";
  const length = Math.abs(seconds);
  if (length < 59.95) return `${sign}${length.toFixed(1).replace(/\.0$/, "")} s`;
  const whole = Math.round(length);
  const [h, min, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const parts = h > 0 ? [[h, "h"], [min, "min"]] : [[min, "min"], [s, "s"]];
  return sign + parts.filter(([count]) => count > 0).map((part) => part.join(" ")).join(" ");
}

const sinceFault = (seconds, fault) => (
  seconds < 0 ? `${duration(-seconds)} before the ${fault}` : `${duration(seconds)} after the ${fault}`);
const clock = (second) => `${new Date((run.zero + second) * 1000).toISOString().slice(11, 19)} UTC`;
const compact = new Intl.NumberFormat("en", { maximumSignificantDigits: 4, notation: "compact" });

function bytes(value) {
  const power = Math.min(Math.max(Math.floor(Math.log2(Math.abs(value) || 1) / 10), 0), 4);
  return `${compact.format(value / 1024 ** power)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

// By Grafana's names of units.
const UNITS = {
  bytes,
  decbytes: bytes,
  s: duration,
  dateTimeFromNow: duration,
  m: (value) => duration(value * 60),
  ms: (value) => `${compact.format(value)} ms`,
  percent: (value) => `${compact.format(value)} %`,
  percentunit: (value) => `${compact.format(value * 100)} %`,
  cps: (value) => `${compact.format(value)}/s`,
  ops: (value) => `${compact.format(value)}/s`,
  reqps: (value) => `${compact.format(value)}/s`,
};

function valueWords(unit) {
  const known = UNITS[unit];
  if (known) return known;
  const suffix = ["", "short", "none"].includes(unit) ? "" : ` ${unit}`;
  return (value) => compact.format(value) + suffix;
}

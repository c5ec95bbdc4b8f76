"""What is asked of the page, as JavaScript."""

# https://www.w3.org/TR/WCAG22/#contrast-minimum
LEAST_CONTRAST = 4.5
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
# A plot of a drill or of the dashboard, that is drawn; `arguments[0]` is its place in the page.
RANGE = "const { min, max } = arguments[0].plot.scales.x; return [min, max]"
# How many pixels of a plot's canvas are of the colour that the style sheet calls by this name.
PAINTED = """
const [place, name] = arguments;
const canvas = place.querySelector("canvas");
const probe = Object.assign(document.createElement("span"), { style: `color: var(${name})` });
document.body.append(probe);
const [r, g, b] = getComputedStyle(probe).color.match(/[0-9]+/g).map(Number);
probe.remove();
const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
copy.drawImage(canvas, 0, 0);
const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
let painted = 0;
for (let i = 0; i < data.length; i += 4) {
  if (data[i + 3] > 200 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 12) painted += 1;
}
return painted;
"""
# The rows that do not begin and end where their axis does.
ASKEW = """
return [...document.querySelectorAll(".timeline, .states")].flatMap((part) => {
  const axis = part.querySelector(".ruler").getBoundingClientRect();
  return [...part.querySelectorAll(".track")].filter((row) => {
    const { left, width } = row.getBoundingClientRect();
    return width > 0 && Math.abs(left - axis.left) + Math.abs(width - axis.width) > 3;
  }).map((row) => row.parentElement.textContent.trim().slice(0, 40));
}).slice(0, 3);
"""

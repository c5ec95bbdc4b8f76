// ---- which drills are shown: by the address after `#`, so that it can be sent

const drills = [...document.querySelectorAll(".drill")];
const filters = document.querySelectorAll("a[data-verdict]");
const search = document.querySelector("input[type=search]");
const statusLine = document.querySelector("[role=status]");

const asked = () => new URLSearchParams(location.hash.slice(1));
const say = (text) => { statusLine.textContent = text; };

function filter() {
  const verdict = asked().get("verdict") ?? "";
  const name = search.value.trim().toLowerCase();
  let shown = 0;
  for (const drill of drills) {
    drill.hidden = !((verdict === "" || drill.dataset.verdict === verdict)
      && drill.dataset.name.toLowerCase().includes(name));
    shown += drill.hidden ? 0 : 1;
  }
  for (const link of filters) {
    if (link.dataset.verdict === verdict) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  say(`${shown} of ${drills.length} ${statusLine.dataset.of} shown`);
}

function goTo(name) {
  const drill = drills.find((one) => one.dataset.name === name);
  if (!drill) return;
  search.value = "";
  filter();
  drill.open = true;
  drill.scrollIntoView({ block: "start" });
  drill.firstElementChild.focus({ preventScroll: true });
}

function followAddress() {
  const name = asked().get("drill");
  if (name === null) filter();
  else goTo(name);
}

search.addEventListener("input", filter);
search.addEventListener("input", () => {
  const address = new URLSearchParams({ verdict: asked().get("verdict") ?? "", name: search.value });
  history.replaceState(null, "", `#${address}`);
});
search.value = asked().get("name") ?? "";
addEventListener("hashchange", followAddress);
// The same link again goes there again.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-drill]");
  if (link && link.hash === location.hash) goTo(link.dataset.drill);
});

// ---- details, which are made when they are first opened

function unfold(details) {
  const template = details.querySelector(":scope > template");
  if (details.open && template) {
    template.replaceWith(template.content);
    watchPlots(details);
  }
}

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

// ---- on paper: light, as wide as a page, everything drawn that is open

const PAPER_PX = 680;

function toPaper() {
  document.documentElement.classList.add("paper");
  for (const place of document.querySelectorAll(".plot, .ruler")) {
    if (place.closest("details:not([open]), [hidden]")) continue;
    const width = place.closest(".charts") ? PAPER_PX / 2 - 20 : PAPER_PX;
    if (place.plot) fit(place, width);
    else if (place.classList.contains("ruler")) drawRuler(place, width);
    else draw(place, width);
  }
  repaint();
}

function fromPaper() {
  document.documentElement.classList.remove("paper");
  for (const { place } of plots) fit(place);
  repaint();
}

addEventListener("beforeprint", toPaper);
addEventListener("afterprint", fromPaper);

// ---- and begin

document.querySelectorAll("details").forEach(unfold);
watchPlots(document);
followAddress();

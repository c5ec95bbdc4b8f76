const buttons = document.querySelectorAll("button[data-verdict]");
for (const button of buttons) {
  button.addEventListener("click", () => {
    const wanted = button.dataset.verdict;
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    for (const drill of document.querySelectorAll(".drill")) drill.hidden = wanted !== "" && drill.dataset.verdict !== wanted;
  });
}

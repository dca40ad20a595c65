// The small box beside the pointer that explains: of every element with `data-tip`, and of charts.
const box = document.getElementById("tip");
let owner = null;

export function showTip(text, x, y) {
  if (box.textContent !== text) box.textContent = text;
  box.hidden = false;
  const size = box.getBoundingClientRect();
  box.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - size.width - 8))}px`;
  box.style.top = `${y + 18 + size.height > innerHeight ? Math.max(8, y - size.height - 12) : y + 18}px`;
}

export function hideTip() {
  box.hidden = true;
  owner = null;
}

document.addEventListener("pointermove", (event) => {
  const found = event.target.closest?.("[data-tip]");
  if (found) {
    owner = found;
    showTip(found.dataset.tip, event.clientX, event.clientY);
  } else if (owner) hideTip();
});
document.addEventListener("focusin", (event) => {
  const found = event.target.closest?.("[data-tip]");
  if (!found || !found.matches(":focus-visible")) return;
  const place = found.getBoundingClientRect();
  owner = found;
  showTip(found.dataset.tip, place.left, place.bottom - 8);
});
document.addEventListener("focusout", hideTip);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });
addEventListener("scroll", hideTip, { passive: true });

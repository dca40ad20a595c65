"use strict";
// Shows titles at once, beside the pointer, instead of after a while; sorts tables by a click on their heads.
(() => {
  const tip = document.getElementById("tip");
  const texts = new WeakMap();
  for (const title of document.querySelectorAll("main svg title")) {
    texts.set(title.parentElement, title.textContent);
    title.remove();
  }
  for (const titled of document.querySelectorAll("main [title]")) {
    texts.set(titled, titled.title);
    titled.setAttribute("aria-label", titled.title);
    titled.removeAttribute("title");
  }
  let current = null;
  const show = (owner, x, y) => {
    if (owner !== current) {
      current?.classList.remove("on");
      owner.classList.add("on");
      tip.textContent = texts.get(owner);
      tip.hidden = false;
      current = owner;
    }
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - box.width - 8))}px`;
    tip.style.top = `${y + 18 + box.height > innerHeight ? y - box.height - 12 : y + 18}px`;
  };
  const hide = () => {
    current?.classList.remove("on");
    current = null;
    tip.hidden = true;
  };
  const owner = (node) => {
    for (let at = node; at && at !== document; at = at.parentElement) if (texts.has(at)) return at;
    return null;
  };
  addEventListener("pointermove", (event) => {
    const found = owner(event.target);
    if (found) show(found, event.clientX, event.clientY); else hide();
  });
  addEventListener("focusin", (event) => {
    const found = owner(event.target);
    if (found) { const box = found.getBoundingClientRect(); show(found, box.left, box.bottom); }
  });
  addEventListener("focusout", hide);
  addEventListener("scroll", hide, { passive: true });

  const key = (row, column) => {
    const cell = row.children[column];
    if (cell.dataset.value === undefined) return cell.textContent;
    return cell.dataset.value === "" ? null : Number(cell.dataset.value);
  };
  for (const head of document.querySelectorAll("table.sortable thead th")) {
    head.tabIndex = 0;
    const sort = () => {
      const column = [...head.parentElement.children].indexOf(head);
      const body = head.closest("table").tBodies[0];
      const down = head.getAttribute("aria-sort") !== "descending";
      for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [key(row, column), row]);
      rows.sort(([a], [b]) => {
        if (a === null || b === null) return (a === null) - (b === null);
        const order = typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true });
        return down ? -order : order;
      });
      body.append(...rows.map(([, row]) => row));
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
  }
})();

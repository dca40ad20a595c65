// The dashboard: what is chosen lives in the address, what is shown comes from the stream.
import { h, render } from "./dom.js";
import { span } from "./format.js";
import { article } from "./model.js";
import { alerts, cards, facts } from "./overview.js";
import { processes } from "./processes.js";
import { Stream } from "./stream.js";
import { hideTip } from "./tip.js";

const STALE = 5;
const WORDS = ["model", "by", "sort", "filter", "range"];
const view = {};
let wanted = false, drawn = false;

function readAddress() {
  const held = new URLSearchParams(location.hash.slice(1));
  for (const word of WORDS) view[word] = held.get(word) ?? "";
  view.down = held.get("order") !== "up";
  view.all = held.get("all") === "yes";
}

function writeAddress() {
  const held = new URLSearchParams();
  for (const word of WORDS) if (view[word]) held.set(word, view[word]);
  if (view.sort && !view.down) held.set("order", "up");
  if (view.all) held.set("all", "yes");
  history.replaceState(null, "", `#${held}`);
}

function change(what) {
  Object.assign(view, what);
  writeAddress();
  if ("by" in what) stream.ask(chosen(stream.status), view.by);
  redraw();
}

function chosen(status) {
  const names = Object.keys(status?.models ?? {}).sort();
  return names.includes(view.model) ? view.model : names[0] ?? "";
}

function redraw() {
  if (wanted) return;
  wanted = true;
  requestAnimationFrame(() => { wanted = false; draw(); });
}

function draw() {
  const status = stream.status;
  if (!status) return;
  const name = chosen(status), model = status.models[name];
  document.title = `${status.system.name || "flyball"} · flyball`;
  render(document.getElementById("name"), status.system.name || "flyball");
  render(document.getElementById("facts"), facts(status));
  render(document.getElementById("alerts"), alerts(status));
  // Until the details of a newly chosen model have come, the page keeps what it shows.
  if (model && !("predictions" in model.detail.counts)) {
    stream.ask(name, view.by);
    return;
  }
  render(document.getElementById("main"),
    // A single model is its own overview.
    Object.keys(status.models).length > 1 && cards(status, name),
    model ? article(status, name, view, change) : h("p", { class: "card empty", key: "none" }, "Waiting for the loop: it reads its log."),
    processes(status));
  pulse();
  if (!drawn) {
    drawn = true;
    window.flyballDrawn();
  }
}

function pulse() {
  const age = stream.age, stale = age === null || age > STALE, learning = stream.status?.learning;
  const text = age === null ? "connecting" : stale ? `not updated for ${span(Math.round(age))}`
    : age < 1.5 ? "live" : `updated ${Math.round(age)} s ago`;
  document.body.classList.toggle("stale", age !== null && stale);
  const place = document.getElementById("pulse");
  place.className = stale ? "pulse stale" : learning === false ? "pulse warn" : "pulse";
  if (place.textContent !== text) place.textContent = text;
}

const stream = new Stream(redraw);
readAddress();
addEventListener("hashchange", () => {
  readAddress();
  hideTip();
  if (stream.status) stream.ask(chosen(stream.status), view.by);
  redraw();
});
document.addEventListener("flyball-redraw", redraw);
setInterval(pulse, 1000);

const theme = document.getElementById("theme");
const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
theme.onclick = () => {
  const next = dark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try { localStorage.setItem("flyball-theme", next); } catch { /* storage is switched off: it holds for this page */ }
};
document.getElementById("logout")?.addEventListener("click", async () => {
  const token = document.querySelector('meta[name="flyball-token"]').content;
  await fetch("logout", { method: "POST", headers: { "X-Flyball-Token": token } });
  location.reload();
});

stream.ask(view.model, view.by);

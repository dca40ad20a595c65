// A chart over time: lines with bands and bars of weight in stretched SVG, labels in HTML, a pointer that tells numbers.
import { Axis, label, timeTicks } from "./axis.js";
import { h } from "./dom.js";
import { hideTip, showTip } from "./tip.js";

const SIDE = 1000;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const round = (value) => Math.round(value * 10) / 10;
const opened = new Set();

/**
 * One chart.
 *
 * id: names its test hook and its table. title: for those who cannot see it.
 * lines: [{name, look, places: [[us, value|null]], band: [[us, low, high]], fill}], the first on top.
 * marks: [{from, until, weight, text, cells}], one for each stretch, in order. heads: the columns of the cells.
 * axis: of the values. unit: its text for a tick.
 */
export function timeChart({ id, title, lines, marks, axis, heads, unit = label, weights = true }) {
  if (marks.length === 0) return h("p", { class: "empty", key: `${id}-none` }, "Nothing yet; it fills as time goes by.");
  const time = new Axis(marks[0].from, marks.at(-1).until);
  const x = (us) => round(SIDE * time.at(us));
  const y = (value) => round(SIDE * (1 - clamp(axis.at(value), -4, 5)));
  const ticks = axis.ticks().filter((tick) => axis.at(tick) >= 0 && axis.at(tick) <= 1);
  const drawn = [
    ...ticks.map((tick) => h("path", { d: `M0 ${y(tick)}H${SIDE}`, class: "grid" })),
    ...lines.map((line) => band(line, x, y)),
    ...[...lines].reverse().map((line) => stroke(line, x, y)),
  ];
  const point = (event) => pointed(event, event.currentTarget, marks, time);
  return h("div", { class: "chart", key: id, "data-testid": `chart-${id}` },
    h("div", { class: "legend" }, lines.filter((line) => line.name).map((line) =>
      h("span", null, h("i", { class: `key ${line.look}${line.places.length ? "" : " swatch"}` }), line.name))),
    h("div", { class: "area", tabindex: 0, role: "img", "aria-label": `${title}. ${marks.at(-1).text.replaceAll("\n", ", ")}`,
      onpointermove: point, onpointerdown: point, onpointerleave: leave, onblur: leave,
      onkeydown: (event) => stepped(event, marks, time) },
      h("div", { class: "rises" }, ticks.map((tick) => h("span", { style: { bottom: `${100 * axis.at(tick)}%` } }, unit(tick)))),
      h("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, preserveAspectRatio: "none", "aria-hidden": "true" }, drawn),
      h("div", { class: "cursor" })),
    weights && h("div", { class: "weights" }, bars(marks, time)),
    h("div", { class: "runs" }, timeTicks(time.low, time.high).map(([us, text], i) =>
      h("span", { class: i % 2 ? "minor" : null, style: { left: `${100 * time.at(us)}%` } }, text))),
    twin(id, title, heads, marks));
}

/** A small line without axes. */
export function sparkline(values, { floor = null } = {}) {
  const known = values.filter((value) => value != null);
  if (known.length < 3) return h("div", { class: "spark" });
  const low = floor ?? Math.min(...known), high = Math.max(...known), room = 0.06 * (high - low) || 1;
  const axis = new Axis(low - (floor === null ? room : 0), high + room);
  const x = (i) => round((SIDE * i) / (values.length - 1)), y = (value) => round(SIDE * (1 - axis.at(value)));
  const line = { look: "model", places: values.map((value, i) => [i, value]), fill: true };
  return h("svg", { class: "spark", viewBox: `0 0 ${SIDE} ${SIDE}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    band(line, x, y), stroke(line, x, y));
}

function stroke(line, x, y) {
  let steps = "", pen = "M";
  for (const [us, value] of line.places) {
    if (value == null) { pen = "M"; continue; }
    // A stroke of no length with a round end is a dot: so a point between two gaps is seen.
    steps += `${pen}${x(us)} ${y(value)}${pen === "M" ? "h0" : ""}`;
    pen = "L";
  }
  return h("path", { d: steps, class: `line ${line.look}` });
}

function band(line, x, y) {
  if (line.fill) {
    const known = line.places.filter(([, value]) => value != null).map(([us, value]) => `${x(us)} ${y(value)}`);
    const first = line.places.find(([, value]) => value != null), last = line.places.findLast(([, value]) => value != null);
    return first && h("path", { d: `M${x(first[0])} ${SIDE}L${known.join("L")}L${x(last[0])} ${SIDE}Z`, class: `band ${line.look} fade` });
  }
  const around = (line.band ?? []).filter(([, low, high]) => low != null && high != null);
  if (around.length < 2) return null;
  const upper = around.map(([us, , high]) => `${x(us)} ${y(high)}`);
  const lower = around.map(([us, low]) => `${x(us)} ${y(low)}`).reverse();
  return h("path", { d: `M${upper.concat(lower).join("L")}Z`, class: `band ${line.look}` });
}

function bars(marks, time) {
  const most = Math.max(...marks.map((mark) => mark.weight)) || 1;
  return h("svg", { viewBox: `0 0 ${SIDE} 100`, preserveAspectRatio: "none", "aria-hidden": "true" }, marks.map((mark) => {
    const left = SIDE * time.at(mark.from), right = SIDE * time.at(mark.until), height = (100 * mark.weight) / most;
    return h("rect", { x: round(left + 0.12 * (right - left)), y: round(100 - height), width: round(0.76 * (right - left)),
      height: round(height) });
  }));
}

function pointed(event, area, marks, time) {
  const box = area.getBoundingClientRect();
  const us = time.low + ((event.clientX - box.left) / box.width) * (time.high - time.low);
  const nearest = marks.reduce((best, mark, i) =>
    (Math.abs((mark.from + mark.until) / 2 - us) < Math.abs((marks[best].from + marks[best].until) / 2 - us) ? i : best), 0);
  mark(area, marks, nearest, time, event.clientX, event.clientY);
}

function stepped(event, marks, time) {
  const way = { ArrowLeft: -1, ArrowRight: 1, Home: -marks.length, End: marks.length }[event.key];
  if (way === undefined) return;
  event.preventDefault();
  const area = event.currentTarget, box = area.getBoundingClientRect();
  const place = clamp((area.flyballPlace ?? marks.length) + way, 0, marks.length - 1);
  const middle = (marks[place].from + marks[place].until) / 2;
  mark(area, marks, place, time, box.left + box.width * time.at(middle), box.top + box.height / 3);
}

function mark(area, marks, place, time, x, y) {
  const cursor = area.querySelector(".cursor");
  area.flyballPlace = place;
  cursor.style.left = `${100 * time.at((marks[place].from + marks[place].until) / 2)}%`;
  cursor.classList.add("on");
  showTip(marks[place].text, x, y);
}

function leave(event) {
  event.currentTarget.querySelector(".cursor").classList.remove("on");
  event.currentTarget.flyballPlace = undefined;
  hideTip();
}

/** The same numbers as a table, made when it is opened. */
export function twin(id, title, heads, marks) {
  const toggled = (event) => {
    opened[event.currentTarget.open ? "add" : "delete"](id);
    document.dispatchEvent(new Event("flyball-redraw"));
  };
  const rows = opened.has(id) ? [...marks].reverse() : [];
  return h("details", { class: "twin", ontoggle: toggled, "data-testid": `table-${id}` },
    h("summary", null, "as a table"),
    h("div", { class: "scroll" }, h("table", { "aria-label": title },
      h("thead", null, h("tr", null, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", null, rows.map((row) => h("tr", null, row.cells.map((cell, i) => h(i ? "td" : "th", i ? null : { scope: "row" }, cell))))))));
}

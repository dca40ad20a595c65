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
 * lines: [{name, look, places: [[us, value]], band: [[us, low, high]], fill}], the first on top; null is a gap.
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
      // A text of n digits is n ch wide; half of it stays within the area.
      h("span", { class: i % 2 ? "minor" : null, style: { left: `min(${100 * time.at(us)}%, 100% - ${text.length / 2}ch)` } }, text))),
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
  const drawn = stretches(line.places), lone = drawn.filter((places) => places.length === 1);
  const joined = drawn.filter((places) => places.length > 1);
  const path = (all) => all.map((places) => `M${places.map(([us, value]) => `${x(us)} ${y(value)}`).join("L")}`).join("");
  return [
    h("path", { d: path(joined), class: `line ${line.look}` }),
    // A stroke of no length with round ends is a dot: so a point between two gaps is seen.
    lone.length > 0 && h("path", { d: lone.map(([[us, value]]) => `M${x(us)} ${y(value)}h0`).join(""), class: `line lone ${line.look}` })];
}

/** The parts of a line, or of a band, between its gaps: places whose value is null. */
function stretches(places) {
  const found = [[]];
  for (const place of places) {
    if (place[1] == null) found.push([]);
    else found.at(-1).push(place);
  }
  return found.filter((part) => part.length > 0);
}

function band(line, x, y) {
  // What is filled reaches from the line down to the bottom.
  const shapes = stretches(line.fill ? line.places : line.band ?? []).map((part) => {
    const upper = part.map(([us, low, high]) => `${x(us)} ${y(line.fill ? low : high)}`);
    const lower = part.map(([us, low]) => `${x(us)} ${line.fill ? SIDE : y(low)}`).reverse();
    return `M${upper.concat(lower).join("L")}Z`;
  });
  return shapes.length > 0 && h("path", { d: shapes.join(""), class: `band ${line.look}${line.fill ? " fade" : ""}` });
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

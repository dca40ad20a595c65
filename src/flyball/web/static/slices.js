// The slices of a model: one dimension at a time, worst first, sorted by any column, filtered by a pattern.
import { Axis } from "./axis.js";
import { h } from "./dom.js";
import { figure, NONE, percent, short, whole } from "./format.js";
import { TIPS } from "./words.js";

const FEW = 50;
const SHOWN = 12;

/** The rows that a pattern lets through; a pattern that is none is searched for as text. */
export function matching(names, pattern) {
  if (!pattern) return names;
  try {
    const expression = new RegExp(pattern, "i");
    return names.filter((name) => expression.test(name));
  } catch {
    return names.filter((name) => name.toLowerCase().includes(pattern.toLowerCase()));
  }
}

function rowsOf(slices) {
  return Object.entries(slices).map(([name, row]) => {
    const [examples, weight, actual, predicted, loss, measure, low, high, calibration, calibrationLow, calibrationHigh, skill, promise, named] = row;
    // Worst first: what is surely worse than the whole and heavy comes first, small slices last.
    const worst = (examples < FEW ? -1e12 : 0) + weight * (2 * (skill ?? 0) + Math.abs(promise ?? 0));
    return { name, examples, weight, actual, predicted, loss, measure, low, high, calibration, calibrationLow, calibrationHigh, skill, promise, named, worst };
  });
}

function sorted(rows, by, down) {
  const compare = by === "name" ? (a, b) => a.name.localeCompare(b.name, "en", { numeric: true }) : (a, b) => a[by] - b[by];
  return rows.sort((a, b) => {
    if (by !== "name" && (a[by] == null || b[by] == null)) return (a[by] == null) - (b[by] == null);
    return (down ? -compare(a, b) : compare(a, b)) || b.weight - a.weight;
  });
}

/** The card of slices; `view` holds by, sort, down, filter, all; `change` takes what is to change in it. */
export function slices(model, view, change) {
  const { card, detail } = model, dimensions = Object.keys(detail.values);
  if (dimensions.length === 0) return null;
  const dimension = Object.keys(detail.slices)[0] ?? dimensions[0], binary = card.kind === "binary";
  const all = rowsOf(detail.slices[dimension] ?? {}), kept = new Set(matching(all.map((row) => row.name), view.filter));
  const by = view.sort || "worst", down = view.sort ? view.down : true;
  const found = sorted(all.filter((row) => kept.has(row.name)), by, down), rows = view.all ? found : found.slice(0, SHOWN);
  const total = all.reduce((sum, row) => sum + row.weight, 0) || 1, count = detail.values[dimension];
  const heads = [["name", dimension, "text"], ["weight", "share", ""], ["examples", "examples", ""], ["actual", "actual", ""], ["predicted", "predicted", ""],
    ...(binary ? [["loss", "log loss", ""], ["measure", "normalised entropy", "plot"]] : [["measure", "rmse", "plot"]]), ["calibration", "predicted / actual", "plot"]];
  const base = binary ? card.measures.normalised_entropy : card.measures.rmse, scales = scalesOf(found, base);
  return h("section", { class: "card wide slices", key: "slices", "data-testid": "slices" },
    h("div", { class: "line-up" },
      h("h3", { "data-tip": TIPS.slices, tabindex: 0 }, "Slices"),
      h("div", { class: "segments", role: "group", "aria-label": "dimension" }, dimensions.map((name) =>
        h("button", { type: "button", "aria-pressed": String(name === dimension), onclick: () => change({ by: name, all: false }) }, name))),
      h("input", { key: "filter", type: "search", class: "filter", placeholder: "filter: text or pattern", "aria-label": "filter slices", "data-testid": "slice-filter",
        value: view.filter, oninput: (event) => change({ filter: event.target.value }) })),
    h("p", { class: "hint" }, `${whole(found.length)} of ${whole(count)} value${count === 1 ? "" : "s"}`,
      all.length < count ? `, of the ${whole(all.length)} heaviest` : "", view.sort ? "." : ", the worst for their weight first.",
      " Bars are 95 % intervals beside the mark of the whole; coloured where the difference is more than chance."),
    h("div", { class: "scroll" }, h("table", { class: "sortable" },
      h("thead", null, h("tr", null, heads.map(([column, text, look]) => h("th", { scope: "col", class: look || null,
        "aria-sort": by === column ? (down ? "descending" : "ascending") : null },
        h("button", { type: "button", onclick: () => change({ sort: column, down: by === column ? !down : column !== "name" }) }, text))))),
      h("tbody", null, rows.map((row) => line(row, binary, total, base, scales))))),
    found.length > SHOWN && h("button", { type: "button", class: "more", "data-testid": "slices-more", onclick: () => change({ all: !view.all }) },
      view.all ? "show fewer" : `show all ${whole(found.length)}`),
    rows.length === 0 && h("p", { class: "empty" }, all.length ? "No value matches." : "Nothing yet; it fills as outcomes come."));
}

function line(row, binary, total, base, scales) {
  const amount = (value) => (binary ? percent(value) : figure(value)), share = row.weight / total;
  return h("tr", { key: row.name, class: row.examples < FEW ? "faint" : null, "data-slice": row.name },
    h("th", { scope: "row", class: row.named ? null : "unnamed" }, row.name),
    h("td", { class: "number" }, percent(share), h("span", { class: "share" }, h("b", { style: { width: `${100 * share}%` } }))),
    h("td", { class: "number" }, short(row.examples)),
    h("td", { class: "number" }, amount(row.actual)),
    h("td", { class: "number" }, amount(row.predicted)),
    binary && h("td", { class: "number" }, figure(row.loss, 3)),
    plot(row.measure, row.low, row.high, base, scales.measure, tint(row.skill, "skill")),
    plot(row.calibration, row.calibrationLow, row.calibrationHigh, 1, scales.calibration, tint(row.promise, "promise")));
}

function scalesOf(rows, base) {
  const large = rows.filter((row) => row.examples >= FEW), seen = large.length ? large : rows;
  const ends = seen.flatMap((row) => [row.measure, row.low, row.high]).concat(base).filter((value) => value != null);
  const low = Math.min(...ends, Infinity), high = Math.max(...ends, -Infinity), room = 0.06 * (high - low) || 0.1;
  const reach = Math.min(Math.max(Math.log(1.25), ...seen.filter((row) => row.calibration > 0).map((row) => 1.2 * Math.abs(Math.log(row.calibration)))), Math.log(4));
  return { measure: new Axis(low - room, high + room), calibration: new Axis(Math.exp(-reach), Math.exp(reach), "log") };
}

function tint(strength, look) {
  if (strength == null) return "var(--unsure)";
  return `color-mix(in oklab, var(--${look}-${strength > 0 ? "high" : "low"}) ${Math.round(25 + 75 * Math.abs(strength))}%, var(--unsure))`;
}

const at = (axis, value) => 100 * Math.min(Math.max(axis.at(value), 0), 1);

function plot(value, low, high, mark, axis, colour) {
  if (value == null) return h("td", { class: "plot" }, NONE);
  const left = low == null ? 0 : at(axis, Math.max(low, axis.scale === "log" ? 1e-9 : low)), right = high == null ? 0 : at(axis, high);
  const tip = low == null ? null : `${figure(value, 3)}, 95 % interval ${figure(low, 3)} to ${figure(high, 3)}`;
  return h("td", { class: "plot", "data-tip": tip }, h("span", null, figure(value, 3)), h("span", { class: "track" },
    mark != null && h("u", { style: { left: `${at(axis, mark)}%` } }),
    low != null && h("b", { style: { left: `${left}%`, width: `${Math.max(right - left, 0.5)}%`, background: colour } }),
    h("em", { style: { left: `${at(axis, value)}%` } })));
}

// The calibration curve: what happened where this much was predicted, on log-odds axes.
import { Axis, label } from "./axis.js";
import { h } from "./dom.js";
import { percent, short } from "./format.js";

const SIDE = 400, LEFT = 58, TOP = 10, BELOW = 44;
const clamp = (value) => Math.min(Math.max(value, 0), 1);

export function curve(name, rows) {
  if (rows.length < 2) return h("p", { class: "empty" }, "Not enough outcomes yet for a curve.");
  const bins = rows.map(([weight, predicted, actual, lower, upper]) => ({ weight, predicted, actual, lower, upper }));
  const seen = bins.flatMap((bin) => [bin.predicted, bin.actual]).filter((value) => value > 0 && value < 1);
  const low = Math.min(...seen, 0.5), high = Math.max(...seen, low + 1e-6);
  const axis = new Axis(low / (low + 1.2 * (1 - low)), (1.2 * high) / (1.2 * high + 1 - high), "odds");
  const x = (value) => (LEFT + SIDE * clamp(axis.at(Math.min(Math.max(value, 1e-9), 1 - 1e-9)))).toFixed(1);
  const y = (value) => (TOP + SIDE * (1 - clamp(axis.at(Math.min(Math.max(value, 1e-9), 1 - 1e-9))))).toFixed(1);
  const upper = bins.map((bin) => `${x(bin.predicted)} ${y(bin.upper)}`);
  const lower = bins.map((bin) => `${x(bin.predicted)} ${y(bin.lower)}`).reverse();
  return h("div", { "data-testid": "chart-curve" },
    h("svg", { class: "square", viewBox: `0 0 ${LEFT + SIDE + 12} ${TOP + SIDE + BELOW}`, role: "img",
      "aria-label": `Calibration curve of ${name}: ${bins.map((bin) => `predicted ${percent(bin.predicted)}, actual ${percent(bin.actual)}`).join("; ")}` },
      axis.ticks().filter((tick) => tick >= axis.low && tick <= axis.high).map((tick) => [
        h("path", { class: "grid", d: `M${x(tick)} ${TOP}V${TOP + SIDE}M${LEFT} ${y(tick)}H${LEFT + SIDE}` }),
        h("text", { class: "under", x: x(tick), y: TOP + SIDE + 18 }, `${label(100 * tick)} %`),
        h("text", { class: "beside", x: LEFT - 7, y: Number(y(tick)) + 4 }, `${label(100 * tick)} %`)]),
      h("path", { class: "line constant", d: `M${x(axis.low)} ${y(axis.low)}L${x(axis.high)} ${y(axis.high)}` }),
      h("path", { class: "band model", d: `M${upper.concat(lower).join("L")}Z` }),
      h("path", { class: "line model", d: `M${bins.map((bin) => `${x(bin.predicted)} ${y(bin.actual)}`).join("L")}` }),
      bins.map((bin) => h("circle", { cx: x(bin.predicted), cy: y(bin.actual), r: 4.5, tabindex: 0,
        class: bin.lower <= bin.predicted && bin.predicted <= bin.upper ? "dot" : "dot off",
        "data-tip": `predicted ${percent(bin.predicted)}\nactual ${percent(bin.actual)}, 95 % interval ${percent(bin.lower)} to ${percent(bin.upper)}\nweight ${short(bin.weight)}` })),
      h("text", { class: "name", x: LEFT + SIDE / 2, y: TOP + SIDE + BELOW - 6 }, "predicted"),
      h("text", { class: "name", x: -(TOP + SIDE / 2), y: 13, transform: "rotate(-90)" }, "actual")));
}

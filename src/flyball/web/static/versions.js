// The versions of a model side by side: its own, and those whose predictions were made elsewhere.
import { h } from "./dom.js";
import { figure, whole } from "./format.js";
import { TIPS } from "./words.js";

const BINARY = [["log loss", TIPS.loss, (m) => figure(m.log_loss)], ["normalised entropy", TIPS.entropy, (m) => figure(m.normalised_entropy, 3)]];
const NUMBER = [["rmse", TIPS.rmse, (m) => figure(m.rmse)], ["R²", TIPS.r2, (m) => figure(m.r2, 3)]];
const RATIO = ["predicted / actual", TIPS.calibration, (m) => figure(m.calibration, 3)];
const EXAMPLES = ["examples", TIPS.examples, (m) => whole(m.examples ?? 0)];
const COUNTS = ["predictions", "joined", "silent", "pending"];

/** What a version is called; those of predictions made elsewhere are negative. */
export function versionText(version) {
  return version === 0 ? "none" : version > 0 ? `v${version}` : `elsewhere v${-version}`;
}

export function versions(model) {
  const { card, detail } = model, columns = [EXAMPLES, ...(card.kind === "binary" ? BINARY : NUMBER), RATIO];
  const known = [...new Set([...Object.keys(detail.versions), ...Object.keys(detail.measures)])].map(Number);
  // Flyball's own first, the newest on top; then those made elsewhere, and what has no version.
  const rank = (version) => (version > 0 ? 0 : version < 0 ? 1 : 2);
  known.sort((a, b) => rank(a) - rank(b) || Math.abs(b) - Math.abs(a));
  return h("section", { class: "card wide", key: "versions", "data-testid": "versions" },
    h("h3", null, "By version"),
    h("p", { class: "hint" }, "Each version is scored over its own examples.",
      known.length > 1 && " To compare two, record the same predictions under both.",
      known.some((version) => version < 0) && " Elsewhere are predictions that were made elsewhere and recorded here.",
      known.includes(0) && " Under none stands what no version can be told for, such as outcomes of unknown ids, and versions beyond the number that are scored each by itself."),
    h("div", { class: "scroll" }, h("table", null,
      h("thead", null, h("tr", null, h("th", { scope: "col" }, "version"),
        columns.map(([name, tip]) => h("th", { scope: "col", class: "number", "data-tip": tip, tabindex: 0 }, name)),
        COUNTS.map((name) => h("th", { scope: "col", class: "number" }, name)))),
      h("tbody", null, known.map((version) => row(version, card, detail, columns))))));
}

function row(version, card, detail, columns) {
  const measures = detail.measures[version] ?? {}, counts = detail.versions[version] ?? {};
  const scored = measures.examples > 0, number = { class: "number" };
  return h("tr", { key: version, "data-version": version },
    h("th", { scope: "row" }, versionText(version), version === card.version && [" ", h("small", { class: "present" }, "present")]),
    columns.map(([, , value]) => h("td", number, scored || value === EXAMPLES[2] ? value(measures) : figure(null))),
    COUNTS.map((name) => h("td", number, whole(counts[name] ?? 0))));
}

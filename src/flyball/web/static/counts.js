// What became of the predictions: one bar that adds up, and what else was counted on the way.
import { h } from "./dom.js";
import { percent, whole } from "./format.js";
import { meaningsOf, ODDITIES } from "./words.js";

export function counts(model) {
  const held = model.detail.counts, meanings = meaningsOf(model.card), total = held.predictions ?? 0;
  const sum = Object.keys(meanings).reduce((all, name) => all + (held[name] ?? 0), 0), missing = total - sum;
  const verdict = missing === 0
    ? h("p", { class: "verdict good", "data-testid": "balance" }, `${whole(total)} predictions, each counted once: nothing vanished.`)
    : h("p", { class: "verdict bad", "data-testid": "balance" },
      `${whole(total)} predictions, but the parts add up to ${whole(sum)}: ${whole(Math.abs(missing))} ${missing > 0 ? "missing" : "too many"}.`);
  return h("section", { class: "card", key: "counts", "data-testid": "counts" },
    h("h3", null, "What became of the predictions"),
    verdict,
    h("div", { class: "stack", "aria-hidden": "true" }, Object.keys(meanings).filter((name) => held[name]).map((name) =>
      h("i", { key: name, class: `fill ${name}`, style: { "flex-grow": String(held[name] / Math.max(total, 1)) },
        "data-tip": `${name}: ${whole(held[name])}, ${percent(held[name] / total)}\n${meanings[name]}` }))),
    h("dl", { class: "counts" }, Object.entries(meanings).map(([name, meaning]) => entry(name, held[name] ?? 0, total, meaning))),
    h("h4", null, "On the way"),
    h("dl", { class: "counts odd" }, Object.entries(ODDITIES).map(([name, meaning]) => entry(name, held[name] ?? 0, 0, meaning))));
}

function entry(name, count, total, meaning) {
  return h("div", { class: count === 0 ? "none" : null },
    h("dt", null, total ? h("i", { class: `fill ${name}` }) : null, name),
    h("dd", null, h("b", { "data-testid": `count-${name}` }, whole(count)), total && count ? h("small", null, percent(count / total)) : null),
    h("dd", { class: "meaning" }, meaning));
}

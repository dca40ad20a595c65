// All of one model.
import { actions } from "./actions.js";
import { counts } from "./counts.js";
import { curve } from "./curve.js";
import { h } from "./dom.js";
import { bytes, whole } from "./format.js";
import { chip } from "./overview.js";
import { calibrationChart, latencyChart, lossChart, pointsOf, rangeOf, trafficChart } from "./quality.js";
import { slices } from "./slices.js";
import { tiles } from "./tiles.js";
import { versions } from "./versions.js";

/** The article of a model; `view` holds range, by, sort, down, filter, all. */
export function article(status, name, view, change) {
  const model = status.models[name], { card, detail } = model;
  const range = rangeOf(detail, view.range), points = pointsOf(detail, range), binary = card.kind === "binary";
  const pick = (value, text, tip) => h("button", { type: "button", "aria-pressed": String(range === value), "data-tip": tip, "data-testid": `range-${value}`,
    onclick: () => change({ range: value }) }, text);
  return h("article", { key: `model-${name}`, "data-testid": "model", "data-model": name },
    h("div", { class: "line-up" },
      h("h2", null, name, h("small", null, `@v${card.version}`)), chip(card), actions(name, card)),
    h("p", { class: "about" },
      h("span", null, `predicts ${binary ? "the probability of" : "the number"} `, h("b", null, card.outcome)), h("span", null, card.learner),
      h("span", null, `${whole(card.features)} live features, ${bytes(card.table_bytes)}`)),
    tiles(status, model),
    h("section", { class: "card wide", key: "loss" },
      h("div", { class: "line-up" },
        h("h3", null, binary ? "Log loss over time" : "Error over time"),
        h("div", { class: "segments", role: "group", "aria-label": "range" },
          pick("recent", "last 10 minutes", "What was scored in the last ten minutes, by when its outcome was scored."),
          pick("history", "all of this version", "By when it was predicted."))),
      h("p", { class: "hint" }, "Every prediction is scored before the model learns from it. Lower is better; the band is where the mean lies with 95 % confidence. Grey bars: how many examples."),
      lossChart(name, model, points)),
    h("div", { class: "pair", key: "calibration" },
      h("section", { class: "card" }, h("h3", null, "Calibration over time"),
        h("p", { class: "hint" }, "Above 1 the model promises more than happens. Outside the band it is more than chance."),
        calibrationChart(name, model, points)),
      binary && h("section", { class: "card" }, h("h3", null, "Calibration"),
        h("p", { class: "hint" }, "Of the predictions around 10 %, did 10 % come true? On the dashed line every promise is kept; a dot whose 95 % band misses it is orange."),
        curve(name, detail.curve))),
    h("div", { class: "pair low", key: "traffic" },
      h("section", { class: "card" }, h("h3", null, "Traffic"), h("p", { class: "hint" }, "Over the last ten minutes."), trafficChart(name, model)),
      h("section", { class: "card" }, h("h3", null, "Latency"), h("p", { class: "hint" }, "Inside the workers, from a request's arrival to its answer."), latencyChart(name, model))),
    slices(model, view, change),
    versions(model),
    counts(model));
}

// The tiles of a model: each a number, a small picture of it, and what it means.
import { sparkline } from "./chart.js";
import { h } from "./dom.js";
import { ago, figure, NONE, percent, rate, short, span, whole } from "./format.js";
import { headline } from "./overview.js";
import { ofCalibration, ofEntropy, TIPS } from "./words.js";

const clamp = (value) => Math.min(Math.max(value, 0), 1);

export function tiles(status, model) {
  const { card, detail } = model, measures = card.measures, log = status.log;
  const traffic = Object.keys(detail.traffic).sort((a, b) => a - b).map((key) => detail.traffic[key]);
  const perSecond = (column) => traffic.slice(0, -1).map((row) => (row[0] > 0 ? row[column] / row[0] : null));
  const head = headline(card), binary = card.kind === "binary";
  const first = binary
    ? tile("entropy", head.name, TIPS.entropy, figure(head.value, 3), ofEntropy(head.value, percent),
      { look: `first mark ${head.look}`, error: lately(head), picture: gauge(head.value, 1.25, "perfect", "the constant", 0.8) })
    : tile("r2", head.name, TIPS.r2, figure(head.value, 3), "The share of the outcomes' variance that is explained.",
      { look: `first ${head.look}`, error: lately(head), picture: gauge(head.value, 1, "the constant", "perfect") });
  const loss = binary ? measures.log_loss : measures.rmse, error = binary ? measures.log_loss_error : measures.rmse_error;
  const constant = binary ? measures.base_entropy : measures.deviation;
  const odd = measures.calibration_z != null && Math.abs(measures.calibration_z) >= 3 && Math.abs(measures.calibration - 1) > 0.02;
  return h("div", { class: "tiles", "data-testid": "tiles" },
    first,
    tile("loss", binary ? "Log loss" : "RMSE", binary ? TIPS.loss : TIPS.rmse, figure(loss),
      constant == null ? "Not defined yet." : `Always answering the ${binary ? "base rate" : "mean"} has ${figure(constant)}.`,
      { error: error == null ? "" : ` ± ${figure(error, 2)}`, picture: sparkline(card.spark) }),
    tile("calibration", "Calibration", TIPS.calibration, figure(measures.calibration, 3),
      ofCalibration(measures.calibration, measures.calibration_z, percent),
      { error: " predicted / actual", look: odd ? "bad" : "", picture: balance(measures.calibration) }),
    binary
      ? tile("auc", "AUC", TIPS.auc, figure(measures.auc, 3), measures.auc == null ? "Not defined yet."
        : `A yes scores above a no in ${percent(measures.auc)} of all pairs.`, { picture: gauge(span01(measures.auc, 0.5), 1, "coin toss", "perfect") })
      : tile("mae", "MAE", "Mean absolute error: how far off a prediction is on average.", figure(measures.mae), `Bias ${figure(measures.bias, 3)}.`, {}),
    tile("examples", "Examples", TIPS.examples, whole(measures.examples),
      !measures.examples ? `None yet: no outcome of ${card.outcome} is settled.` : binary ? `${card.outcome} came true in ${percent(measures.mean_outcome)}, predicted ${percent(measures.mean_prediction)}.`
        : `${card.outcome} is ${figure(measures.mean_outcome)} on average, predicted ${figure(measures.mean_prediction)}.`, {}),
    tile("traffic", "Predictions a second", TIPS.traffic, rate(card.predictions_per_second),
      `${whole(detail.counts.predictions)} so far.`, { picture: sparkline(perSecond(1), { floor: 0 }) }),
    tile("outcomes", "Outcomes a second", TIPS.outcomes, rate(card.outcomes_per_second),
      `${short(detail.counts.pending)} predictions wait for theirs.`, { picture: sparkline(perSecond(2), { floor: 0 }) }),
    tile("latency", "Latency p99", TIPS.latency, span(card.p99), card.p50 == null ? "No answers in the last minute."
      : `Half of the answers within ${span(card.p50)}.`, { picture: sparkline(traffic.slice(0, -1).map((row) => row[4]), { floor: 0 }) }),
    tile("learned", "Learned through", TIPS.learned, short(log.learned_through),
      `Record ${whole(log.learned_through)}, ${log.learned_ts ? ago(log.learned_ts, log.log_ts || status.now_us) : NONE} in the log's time.`,
      { error: ` of ${short(log.seq)}`, look: card.stale ? "bad" : "", picture: gauge(log.seq ? log.learned_through / log.seq : null, 1, "", "") }));
}

const lately = (head) => (head.lately == null ? "" : ` ${figure(head.lately, 3)} in the last 10 minutes`);

const span01 = (value, from) => (value == null ? null : clamp((value - from) / (1 - from)));

function tile(id, name, tip, value, words, { error = "", look = "", picture = null }) {
  return h("div", { class: `tile ${look}`, "data-testid": `tile-${id}` },
    h("h4", { "data-tip": tip, tabindex: 0 }, name),
    h("p", { class: "value" }, value, error && h("small", null, error)),
    picture,
    h("p", { class: "words" }, words));
}

function gauge(value, most, low, high, mark = null) {
  if (value == null) return null;
  return scale(low, high, h("b", { style: { width: `${100 * clamp(value / most)}%` } }),
    mark !== null && h("u", { style: { left: `${100 * mark}%` } }));
}

function balance(ratio) {
  if (!(ratio > 0)) return null;
  const place = 0.5 + Math.min(Math.max(Math.log2(ratio) / 2, -0.5), 0.5);
  return scale("half", "double", h("u", { style: { left: "50%" } }), h("em", { style: { left: `${100 * place}%` } }));
}

function scale(low, high, ...parts) {
  return h("div", { class: "scale", "aria-hidden": "true" }, h("div", { class: "bar" }, parts),
    (low || high) && h("div", { class: "ends" }, h("span", null, low), h("span", null, high)));
}

// How a model did over time, and its calibration curve.
import { Axis } from "./axis.js";
import { timeChart } from "./chart.js";
import { figure, moment, percent, rate, span, whole } from "./format.js";

const ordered = (rows) => Object.keys(rows).sort((a, b) => a - b).map((key) => [Number(key), rows[key]]);

/** The rows of a chart: of the last minutes, or of the whole history. */
export function pointsOf(detail, range) {
  return ordered(detail[range]).map(([from, [until, examples, loss, low, high, constant, calibration, chanceLow, chanceHigh, predicted, actual]]) =>
    ({ from, until, middle: (from + until) / 2, examples, loss, low, high, constant, calibration, chanceLow, chanceHigh, predicted, actual }));
}

/** The range that shows more, unless one was chosen. */
export function rangeOf(detail, chosen) {
  if (chosen === "recent" || chosen === "history") return chosen;
  return Object.keys(detail.history).length >= 8 ? "history" : "recent";
}

function marksOf(points, card) {
  const amount = (value) => (card.kind === "binary" ? percent(value) : figure(value)), name = card.kind === "binary" ? "log loss" : "rmse";
  return points.map((point) => ({
    from: point.from, until: point.until, weight: point.examples,
    text: [`${moment(point.from, true)} UTC, ${span((point.until - point.from) / 1e6)}`,
      `${name} ${figure(point.loss)}${point.low == null ? "" : ` (${figure(point.low, 3)} to ${figure(point.high, 3)})`}`,
      `always the ${card.kind === "binary" ? "base rate" : "mean"} ${figure(point.constant)}`,
      `predicted ${amount(point.predicted)}, actual ${amount(point.actual)}`,
      `predicted / actual ${figure(point.calibration, 3)}`, `${whole(point.examples)} examples`].join("\n"),
    cells: [moment(point.from, true), whole(point.examples), figure(point.loss), figure(point.constant), amount(point.predicted), amount(point.actual), figure(point.calibration, 3)],
  }));
}

const headsOf = (card) => ["from (UTC)", "examples", card.kind === "binary" ? "log loss" : "rmse", "constant", "predicted", "actual", "predicted / actual"];

/** Whether a line breaks before a point: nothing was for three stretches. */
const breaks = (points, i) => i > 0 && points[i].from - points[i - 1].until >= 3 * (points[i].until - points[i].from);

/** The places of a line, with its gaps. */
function places(points, value) {
  return points.flatMap((point, i) => [...(breaks(points, i) ? [[point.from, null]] : []), [point.middle, value(point)]]);
}

/** The places of a band, with the gaps of its line; beside a lone point it is as wide as the point's stretch. */
function around(points, low, high) {
  const known = (i) => i >= 0 && i < points.length && low(points[i]) != null && high(points[i]) != null;
  return points.flatMap((point, i) => {
    if (!known(i)) return [[point.middle, null]];
    const left = known(i - 1) && !breaks(points, i), right = known(i + 1) && !breaks(points, i + 1);
    const ends = left || right ? [point.middle] : [point.from, point.until];
    return [...(breaks(points, i) ? [[point.from, null]] : []), ...ends.map((us) => [us, low(point), high(point)])];
  });
}

export function lossChart(name, model, points) {
  const { card } = model, binary = card.kind === "binary";
  const own = points.map((point) => point.loss).filter((loss) => loss != null).sort((a, b) => a - b);
  const ends = [...points.map((point) => point.constant).filter((value) => value != null), own[0] ?? 0, own[Math.round(0.96 * (own.length - 1))] ?? 1];
  const low = Math.min(...ends), high = Math.max(...ends), room = 0.12 * (high - low) || 0.1 * high || 1;
  const rate = binary ? `the base rate, ${percent(card.measures.mean_outcome)}` : "the mean";
  return timeChart({
    id: "loss", title: `${binary ? "Log loss" : "RMSE"} of ${name} over time`, heads: headsOf(card), marks: marksOf(points, card),
    axis: new Axis(Math.max(low - room, 0), high + room),
    lines: [
      { name: `${name}@v${card.version}`, look: "model", places: places(points, (p) => p.loss), band: around(points, (p) => p.low, (p) => p.high) },
      { name: `always answering ${rate}`, look: "constant", places: places(points, (p) => p.constant) }],
  });
}

export function calibrationChart(name, model, points) {
  const known = points.filter((point) => point.calibration > 0);
  const ratios = known.map((point) => point.calibration).sort((a, b) => a - b), cut = Math.floor(ratios.length / 20);
  const low = Math.min((ratios[cut] ?? 1) / 1.1, 1 / 1.25), high = Math.max((ratios.at(-1 - cut) ?? 1) * 1.1, 1.25);
  const axis = new Axis(low, high, "log");
  return timeChart({
    id: "calibration", title: `Predicted over actual of ${name} over time`, heads: headsOf(model.card), marks: marksOf(known, model.card), axis,
    lines: [
      { name: "predicted over actual", look: "model", places: places(known, (p) => p.calibration) },
      { name: "what chance explains (95 %)", look: "constant", places: [], band: around(known, (p) => Math.max(p.chanceLow ?? 1, low / 2), (p) => p.chanceHigh ?? 1) },
      { name: "", look: "constant", places: known.length ? [[known[0].from, 1], [known.at(-1).until, 1]] : [] }],
  });
}

const trafficOf = (detail) => ordered(detail.traffic).filter(([, row]) => row[0] > 0)
  .map(([from, [seconds, predictions, outcomes, p50, p99]]) => ({ from, until: from + 5e6, middle: from + 2.5e6, predictions: predictions / seconds, outcomes: outcomes / seconds, p50, p99 }));

export function trafficChart(name, model) {
  const points = trafficOf(model.detail), most = Math.max(1, ...points.map((point) => Math.max(point.predictions, point.outcomes)));
  return timeChart({
    id: "traffic", title: `Predictions and outcomes of ${name} a second`, heads: ["from (UTC)", "predictions/s", "outcomes/s"], weights: false,
    axis: new Axis(0, 1.12 * most),
    marks: points.map((p) => ({ from: p.from, until: p.until, weight: p.predictions, cells: [moment(p.from, true), rate(p.predictions), rate(p.outcomes)],
      text: `${moment(p.from, true)} UTC, 5 s\n${rate(p.predictions)} predictions a second\n${rate(p.outcomes)} outcomes a second` })),
    lines: [
      { name: "predictions a second", look: "model", fill: true, places: places(points, (p) => p.predictions) },
      { name: "outcomes a second", look: "other1", places: places(points, (p) => p.outcomes) }],
  });
}

export function latencyChart(name, model) {
  const points = trafficOf(model.detail).filter((point) => point.p50 != null), most = Math.max(0.001, ...points.map((point) => point.p99));
  return timeChart({
    id: "latency", title: `Latency of ${name}`, heads: ["from (UTC)", "p50", "p99"], weights: false, unit: (tick) => (tick ? span(tick) : "0"),
    axis: new Axis(0, 1.15 * most),
    marks: points.map((p) => ({ from: p.from, until: p.until, weight: 1, cells: [moment(p.from, true), span(p.p50), span(p.p99)],
      text: `${moment(p.from, true)} UTC, 5 s\nhalf within ${span(p.p50)}\n99 of 100 within ${span(p.p99)}` })),
    lines: [
      { name: "p99", look: "other0", places: places(points, (p) => p.p99) },
      { name: "p50", look: "model", places: places(points, (p) => p.p50) }],
  });
}


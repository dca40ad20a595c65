// What is shown, in plain words: the explanations that appear beside the pointer.
import { figure } from "./format.js";

const COUNTS = {
  joined: "an outcome came in time",
  silent: "the window closed without one",
  pending: "the window is still open",
  unexposed: "was never shown, so silence means nothing",
  discarded: "left out: excluded or sampled away on purpose, or for want of room",
  unlogged: "was answered but could not be written down",
};

/** What the counts mean for a model: what follows from silence is declared with its outcome. */
export function meaningsOf(card) {
  const then = card.assumed == null ? "nothing is assumed, and nothing learned from it"
    : `${card.kind === "binary" ? (card.assumed ? "yes" : "no") : figure(card.assumed)} was assumed`;
  return { ...COUNTS, silent: `${COUNTS.silent}; ${then}` };
}

export const ODDITIES = {
  repeated: "the same prediction id again",
  orphans: "outcomes whose id no known prediction has",
  late: "outcomes after their window had closed",
  duplicate: "outcomes that said nothing new",
  revised: "outcomes that corrected an earlier one",
  refused: "outcomes that the rule refuses",
  unlearned: "examples not learned from: the model was frozen, its pause had no more room, or another version was asked the same before",
};

export const STATES = {
  learning: "Learns from every example as soon as its outcome is known.",
  paused: "Learning is paused: examples are scored and kept, and learned when it is resumed.",
  frozen: "Frozen: examples are scored and never learned from.",
  rewinding: "Being learned again from the log; answers mix old and new coefficients meanwhile.",
  stale: "What is served is not being learned at present: the loop is down or catching up.",
};

export const TIPS = {
  entropy: "Log loss divided by that of always answering the mean outcome. Below 1 the model beats that constant; 0 would be perfect.",
  loss: "The mean surprise at what happened, in nats for each example. Every prediction is scored as it was served, before the model learns from it.",
  rmse: "The root of the mean squared error: a typical error, large ones counted more.",
  r2: "The share of the outcomes' variance that is explained. Above 0 beats always answering the mean.",
  calibration: "Sum of what was predicted over sum of what happened. 1 keeps every promise on average; above 1 promises too much.",
  auc: "Of a yes and a no, how often the yes has the higher score. 0.5 is a coin toss. Counted in bins.",
  traffic: "Predictions answered each second, over the last seconds.",
  outcomes: "Outcomes accepted each second, over the last seconds.",
  latency: "From the request's arrival to its answer inside the worker, over the last minute: half were faster than the first number, 99 of 100 than the second.",
  learned: "The last record of the log that has been learned from, and how long ago it was written.",
  examples: "Predictions whose outcome is known and was scored.",
  slices: "The heaviest values of a dimension. A slice is coloured where its difference to the whole is more than chance.",
};

/** Normalised entropy in words. */
export function ofEntropy(value, percent) {
  if (value == null) return "Not defined yet: outcomes of both kinds are needed.";
  return value <= 1
    ? `${percent(1 - value, 2)} less log loss than always answering the base rate. Below 1 is better.`
    : `${percent(value - 1, 2)} more log loss than always answering the base rate: the constant would have been better.`;
}

/** Predicted over actual in words. */
export function ofCalibration(ratio, z, percent) {
  if (ratio == null) return "Not defined yet: nothing to divide by.";
  const amount = `Predicts ${percent(Math.abs(ratio - 1), 2)} too ${ratio >= 1 ? "much" : "little"}`;
  if (z == null) return `${amount}.`;
  const sure = Math.abs(z) < 3 ? "which is within chance" : "more than chance explains";
  return `${amount}, ${sure} (z = ${z >= 0 ? "+" : ""}${z.toFixed(1)}).`;
}

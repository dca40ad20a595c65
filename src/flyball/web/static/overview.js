// The top of the page: the system's facts, its alerts, and a card for each model.
import { sparkline } from "./chart.js";
import { h } from "./dom.js";
import { ago, bytes, figure, rate, short, span, whole } from "./format.js";
import { STATES, TIPS } from "./words.js";

export function stateOf(card) {
  return card.stale && card.state === "learning" ? "stale" : card.state;
}

export function chip(card) {
  const state = stateOf(card);
  const more = state === "rewinding" ? ` ${Math.round(100 * card.progress)} %` : card.held ? ` · ${short(card.held)} kept` : "";
  return h("span", { class: `chip ${state}`, "data-tip": STATES[state], "data-testid": "state", tabindex: 0 }, state + more);
}

/** The measure that a card shows large: below 1 (or above 0 for numbers) is good. */
export function headline(card) {
  const number = card.kind === "number", value = number ? card.measures.r2 : card.measures.normalised_entropy;
  const look = value == null ? "" : (number ? value > 0 : value < 1) ? "good" : "bad";
  // Where most examples are of the last minutes, saying so twice helps nobody.
  const telling = card.lately.examples >= FEW && card.lately.examples < 0.9 * card.measures.examples;
  const lately = telling ? (number ? card.lately.r2 : card.lately.normalised_entropy) : null;
  return { name: number ? "R²" : "Normalised entropy", tip: number ? TIPS.r2 : TIPS.entropy, value, look, lately };
}

export function facts(status) {
  const log = status.log, cards = Object.values(status.models).map((model) => model.card);
  const predictions = cards.reduce((total, card) => total + card.predictions_per_second, 0);
  // An outcome that several models wait for came once.
  const told = {};
  for (const card of cards) told[card.outcome] = Math.max(told[card.outcome] ?? 0, card.outcomes_per_second);
  const outcomes = Object.values(told).reduce((total, each) => total + each, 0);
  const lag = (log.log_ts - log.learned_ts) / 1e6;
  const named = [
    ["predictions/s", rate(predictions), TIPS.traffic],
    ["outcomes/s", rate(outcomes), TIPS.outcomes],
    ["records in the log", whole(log.seq), `The log takes ${bytes(log.log_bytes)} on the disk.`],
    ["learned through", lag < 1 ? "all of it" : `${span(lag)} behind`,
      `Record ${whole(log.learned_through)} of ${whole(log.seq)}. ${TIPS.learned}`],
    ["free on disk", bytes(log.disk_free), "On the disk of the state directory."],
  ];
  return h("dl", { class: "facts", "data-testid": "facts" }, named.map(([name, value, tip]) =>
    h("div", { "data-tip": tip, tabindex: 0 }, h("dt", null, name), h("dd", null, value))));
}

const SHOWN = 3;
const FEW = 100;

export function alerts(status) {
  if (status.alerts.length === 0) {
    return h("p", { class: "calm", "data-testid": "alerts" }, "All is well: nothing about the system needs attention.");
  }
  const urgent = status.alerts.filter((alert) => alert.severity === "critical").length, most = Math.max(urgent, SHOWN);
  const list = (found) => h("ul", { class: "alerts", "aria-label": "alerts" }, found.map((alert) => row(alert, status)));
  const rest = status.alerts.slice(most);
  return h("div", { "data-testid": "alerts" }, list(status.alerts.slice(0, most)), rest.length > 0 &&
    h("details", { class: "twin" }, h("summary", null, `and ${rest.length} more`), list(rest)));
}

function row(alert, status) {
  return h("li", { key: `${alert.code} ${alert.where}`, class: alert.severity, "data-testid": `alert-${alert.code}` },
    h("b", null, alert.severity),
    h("p", null, alert.what, " ", h("span", null, alert.todo)),
    h("time", { "data-tip": "Since when this holds, as this control process saw it.", tabindex: 0 }, ago(alert.since_us, status.now_us)));
}

export function cards(status, chosen) {
  const names = Object.keys(status.models).sort();
  return h("nav", { class: "cards", "aria-label": "models", "data-testid": "cards" }, names.map((name) => {
    const card = status.models[name].card, head = headline(card), measures = card.measures;
    return h("a", { key: name, class: `tile model${name === chosen ? " chosen" : ""}`, href: `#model=${encodeURIComponent(name)}`,
      "aria-current": name === chosen ? "true" : null, "data-testid": `card-${name}` },
      h("h4", null, h("span", { class: "name" }, name, h("small", null, `@v${card.version}`)), chip(card)),
      h("div", { class: "pairing" },
        h("p", { class: `value ${head.look}` }, figure(head.value, 3), h("small", null, ` ${head.name === "R²" ? head.name : head.name.toLowerCase()}`)),
        sparkline(card.spark)),
      h("dl", { class: "mini" },
        mini("calibration", figure(measures.calibration, 3)),
        mini("predictions/s", rate(card.predictions_per_second)),
        mini("outcomes/s", rate(card.outcomes_per_second)),
        mini("p99", span(card.p99))));
  }));
}

const mini = (name, value) => h("div", null, h("dt", null, name), h("dd", null, value));

// The processes and the log, as a table and a few facts.
import { h } from "./dom.js";
import { ago, bytes, moment, NONE, percent, short, span, whole } from "./format.js";

const HEADS = [["process", ""], ["state", ""], ["pid", "number"], ["up for", "number"], ["memory", "number"], ["processor", "number"],
  ["restarts", "number"], ["answers", "number"], ["refused", "number"], ["failed", "number"], ["channel", "number"]];
const ORDER = ["supervisor", "loop", "control", "worker"];

export function processes(status) {
  const found = Object.values(status.processes).sort((a, b) =>
    ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.name.localeCompare(b.name, "en", { numeric: true }));
  const worker = (process, value) => (process.kind === "worker" ? value : "");
  return h("section", { class: "card wide", key: "processes", "data-testid": "processes" },
    h("h3", null, "Processes"),
    h("div", { class: "scroll" }, h("table", null,
      h("thead", null, h("tr", null, HEADS.map(([name, look]) => h("th", { scope: "col", class: look || null }, name)))),
      h("tbody", null, found.map((process) => h("tr", { key: process.name },
        h("th", { scope: "row" }, process.name),
        h("td", null, h("span", { class: `dot-state ${process.up ? "up" : "down"}` }), process.up ? "up" : "down"),
        h("td", { class: "number" }, process.pid || NONE),
        h("td", { class: "number" }, process.started_us ? span((status.now_us - process.started_us) / 1e6) : NONE),
        h("td", { class: "number" }, bytes(process.resident_bytes)),
        h("td", { class: "number" }, process.cpu_share == null ? NONE : percent(process.cpu_share, 2)),
        h("td", { class: "number" }, whole(process.restarts)),
        h("td", { class: "number" }, worker(process, short(process.requests))),
        h("td", { class: "number", "data-tip": "Answers of 4xx: the request was refused." }, worker(process, short(process.refused))),
        h("td", { class: "number", "data-tip": "Answers of 5xx: the system could not serve." }, worker(process, short(process.failed))),
        h("td", { class: "number", "data-tip": "How full its channel to the log is." }, worker(process, percent(process.ring_fill, 2)))))))),
    ledger(status));
}

function ledger(status) {
  const log = status.log;
  const named = [
    ["log", `${whole(log.seq)} records, ${bytes(log.log_bytes)}`],
    ["time of the log", log.log_ts ? `${moment(log.log_ts, true)} UTC` : NONE],
    ["last checkpoint", log.checkpoint_seq ? `at record ${whole(log.checkpoint_seq)}${log.checkpoint_ts ? `, ${ago(log.checkpoint_ts, status.now_us)}` : ""}` : "none yet"],
    ["disk", log.disk_total > 0 ? `${bytes(log.disk_free)} free of ${bytes(log.disk_total)}` : NONE],
    ["definition", status.system.definition || NONE],
  ];
  return h("dl", { class: "ledger" }, named.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

// What may be done to a model, each behind a question.
import { h, render } from "./dom.js";
import { stateOf } from "./overview.js";

const meta = (name) => document.querySelector(`meta[name="flyball-${name}"]`)?.content ?? "";
export const mayAct = meta("may-act") === "yes";

const WHAT = {
  pause: ["Pause", "Learning stops. What arrives meanwhile is scored and kept, and learned when you resume."],
  freeze: ["Freeze", "Learning stops. What arrives meanwhile is scored and never learned from."],
  resume: ["Resume", "Learning goes on. What was kept during a pause is learned first, in order."],
  rewind: ["Rewind", "Coefficients become what they were before a time. With stretches to leave out, everything after that time is learned again without the predictions made in them."],
};

export function actions(name, card) {
  if (!mayAct) return null;
  const offered = { learning: ["pause", "freeze", "rewind"], stale: ["pause", "freeze", "rewind"], paused: ["resume", "freeze", "rewind"],
    frozen: ["resume", "rewind"], rewinding: [] }[stateOf(card)];
  return h("div", { class: "actions", "data-testid": "actions" }, offered.map((action) =>
    h("button", { key: action, type: "button", class: "button", "data-testid": `action-${action}`, "data-tip": WHAT[action][1],
      onclick: () => ask(name, action) }, WHAT[action][0])));
}

function ask(model, action) {
  const dialog = document.getElementById("dialog"), stretches = [];
  let trouble = "", busy = false, done = null;
  const close = () => dialog.close();
  const send = async (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = action === "rewind" ? { to: utc(form.get("to")), exclude: stretches.map((_, i) => ({ from: utc(form.get(`from${i}`)), to: utc(form.get(`to${i}`)) })) } : null;
    if (busy) return;
    busy = true;
    trouble = "";
    draw();
    try {
      const answer = await fetch(`api/models/${encodeURIComponent(model)}/${action}`, {
        method: "POST", headers: { "X-Flyball-Token": meta("token"), ...(body ? { "Content-Type": "application/json" } : {}) },
        body: body ? JSON.stringify(body) : undefined,
      });
      const told = await answer.json();
      if (answer.ok) done = told.seq;
      else trouble = told.detail ?? told.title ?? "It was refused.";
    } catch { trouble = "The control process did not answer; look whether the system is up, and try again."; }
    busy = false;
    draw();
  };
  const draw = () => render(dialog, h("form", { method: "dialog", onsubmit: send, "data-testid": "dialog" },
    h("h3", { id: "dialog-title" }, `${WHAT[action][0]} ${model}?`),
    h("p", { class: "hint" }, WHAT[action][1]),
    action === "rewind" && done === null && times(stretches, draw),
    trouble && h("p", { class: "verdict bad", role: "alert", "data-testid": "dialog-trouble" }, trouble),
    done !== null && h("p", { class: "verdict good", role: "status", "data-testid": "dialog-done" }, `Done: record ${done.toLocaleString("en-US")} of the log.`),
    h("p", { class: "buttons" },
      h("button", { key: "close", type: "button", class: "button", onclick: close, "data-testid": "dialog-close" }, done === null ? "Cancel" : "Close"),
      done === null && h("button", { key: "go", type: "submit", class: "button main", disabled: busy, "data-testid": "dialog-confirm" }, busy ? "…" : `${WHAT[action][0]} ${model}`))));
  render(dialog);
  draw();
  dialog.showModal();
}

function times(stretches, draw) {
  const field = (name, text) => h("label", { key: name }, text, h("input", { type: "datetime-local", name, step: 1, required: true }));
  return h("div", { class: "times" },
    field("to", "back to (UTC)"),
    stretches.map((key, i) => h("fieldset", { key },
      h("legend", null, "leave out predictions made (UTC)"),
      field(`from${i}`, "from"), field(`to${i}`, "until"),
      h("button", { type: "button", class: "button small", "aria-label": "do not leave this out", onclick: () => { stretches.splice(i, 1); draw(); } }, "remove"))),
    h("button", { type: "button", class: "button small", "data-testid": "add-stretch", onclick: () => { stretches.push(crypto.randomUUID?.() ?? String(Math.random())); draw(); } }, "leave out a stretch of time"));
}

const utc = (text) => (text && text.length === 16 ? `${text}:00Z` : `${text}Z`);

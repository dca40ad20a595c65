// The live stream: a full status at first, then patches; closed while the tab is hidden.
const plain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** A JSON merge patch (RFC 7396) applied in place; names from data, such as __proto__, stay plain names. */
export function merge(target, patch) {
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete target[name];
    else {
      const held = Object.hasOwn(target, name) ? target[name] : undefined;
      const next = plain(value) && plain(held) ? merge(held, value) : value;
      Object.defineProperty(target, name, { value: next, writable: true, enumerable: true, configurable: true });
    }
  }
  return target;
}

export class Stream {
  constructor(heard) {
    this.heard = heard;
    this.status = null;
    this.at = 0;
    this.query = "";
    this.source = null;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
  }

  /** Seconds since the last message; null before the first. */
  get age() {
    return this.at ? (performance.now() - this.at) / 1000 : null;
  }

  /** Asks for the details of one model, and of one dimension of its slices. */
  ask(model, by) {
    const query = new URLSearchParams();
    if (model) query.set("model", model);
    if (by) query.set("by", by);
    if (this.source && this.query === String(query)) return;
    this.query = String(query);
    this.close();
    if (!document.hidden) this.open();
  }

  open() {
    if (this.source) return;
    const source = new EventSource(`api/stream?${this.query}`);
    this.source = source;
    source.addEventListener("full", (event) => this.take(JSON.parse(event.data)));
    source.addEventListener("patch", (event) => { if (this.status) this.take(merge(this.status, JSON.parse(event.data))); });
    source.addEventListener("error", () => {
      // The browser tries again by itself unless the answer was an error.
      if (source.readyState === EventSource.CLOSED && this.source === source) {
        this.close();
        setTimeout(() => { if (!document.hidden) this.open(); }, 2000);
      }
    });
  }

  close() {
    this.source?.close();
    this.source = null;
  }

  take(status) {
    this.status = status;
    this.at = performance.now();
    this.heard(status);
  }
}

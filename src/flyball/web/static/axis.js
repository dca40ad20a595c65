// Axes: where a value lies between two ends, and at which round values to put ticks.
import { clock, day, figure, month, short } from "./format.js";

const SECOND = 1e6;
const DAY = 86400 * SECOND;
const STEPS = [1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 10800, 21600, 43200, 86400, 172800, 604800, 1209600];
const RATES = [1e-5, 1e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.997, 0.999];
const RATIOS = [[0.01, 0.1, 1, 10, 100], [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100],
  [0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5], [0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.6]];
const BENT = { linear: (x) => x, log: (x) => Math.log(Math.max(x, 1e-12)), odds: (p) => Math.log(p / (1 - p)) };

export class Axis {
  constructor(low, high, scale = "linear") {
    Object.assign(this, { low, high, scale });
    this.bent = BENT[scale];
  }

  /** 0 at the low end, 1 at the high end. */
  at(value) {
    const low = this.bent(this.low), high = this.bent(this.high);
    return high > low ? (this.bent(value) - low) / (high - low) : 0.5;
  }

  ticks(count = 5) {
    if (this.scale === "odds") {
      const inside = RATES.filter((rate) => rate >= this.low && rate <= this.high);
      if (inside.length > 2) return inside;
    }
    if (this.scale === "log") {
      const inside = RATIOS.map((ratios) => ratios.filter((ratio) => ratio >= this.low && ratio <= this.high));
      const found = inside.find((ticks) => ticks.length >= 3 && ticks.length <= count + 2);
      if (found) return found;
    }
    const extent = this.high - this.low;
    if (!(extent > 0)) return [this.low];
    let step = 10 ** Math.floor(Math.log10(extent / count));
    step *= [1, 2, 5, 10].find((factor) => extent / (step * factor) <= count) ?? 10;
    const first = Math.ceil(this.low / step - 1e-9), last = Math.floor(this.high / step + 1e-9);
    return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  }
}

export function label(value) {
  if (Math.abs(value) >= 10000) return short(value);
  const text = figure(value, 6);
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

/** Round moments between two, each with its text; UTC. */
export function timeTicks(from, until, count = 7) {
  const step = STEPS.map((seconds) => seconds * SECOND).find((size) => (until - from) / size <= count);
  const ticks = [];
  if (step) {
    for (let us = Math.ceil(from / step) * step; us <= until; us += step) {
      ticks.push([us, us % DAY === 0 ? day(us) : clock(us, step < 60 * SECOND)]);
    }
    return ticks;
  }
  const first = new Date(from / 1000), months = (until - from) / (30.4 * DAY);
  const stride = [1, 3, 6, 12, 24, 60].find((size) => months / size <= count) ?? 120;
  const start = first.getUTCFullYear() * 12 + first.getUTCMonth();
  for (let at = Math.ceil(start / stride) * stride; ; at += stride) {
    const us = Date.UTC(Math.floor(at / 12), at % 12) * 1000;
    if (us > until) return ticks;
    if (us >= from) ticks.push([us, stride < 12 ? month(us) : String(Math.floor(at / 12))]);
  }
}

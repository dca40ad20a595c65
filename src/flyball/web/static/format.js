// Numbers as people read them; the same rules as in the report (flyball/cli/report/wording.py).
export const NONE = "—";

export const whole = (number) => (number == null ? NONE : Math.round(number).toLocaleString("en-US"));

export function short(number) {
  if (number == null) return NONE;
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (Math.abs(number) >= size * 0.9995) return `${Number((number / size).toPrecision(3))}${letter}`;
  }
  return String(Number(number.toPrecision(3)));
}

export function figure(number, digits = 4) {
  if (number == null || !Number.isFinite(number)) return NONE;
  if (number === 0) return "0";
  const magnitude = Number(Math.abs(number).toExponential(digits - 1).split("e")[1]);
  if (magnitude <= -7 || magnitude >= 12) return number.toExponential(digits - 1);
  const decimals = Math.max(digits - 1 - magnitude, 0);
  return number.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

export const percent = (share, digits = 3) => (share == null ? NONE : `${figure(100 * share, digits)} %`);

export function rate(perSecond) {
  if (perSecond == null) return NONE;
  return perSecond >= 1000 ? short(perSecond) : figure(perSecond, perSecond >= 100 ? 3 : 2);
}

export function span(seconds) {
  if (seconds == null) return NONE;
  if (seconds < 0.0995) return `${figure(seconds * 1000, seconds < 0.00995 ? 2 : 2)} ms`;
  if (seconds < 59.5) return `${Number(seconds.toPrecision(seconds < 9.95 ? 2 : 2))} s`;
  if (seconds < 3599.5) return `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.round(minutes / 1440)} days`;
}

export function bytes(size) {
  if (size == null || size < 0) return NONE;
  for (const [unit, name] of [[1024 ** 4, "TiB"], [1024 ** 3, "GiB"], [1024 ** 2, "MiB"], [1024, "KiB"]]) {
    if (size >= unit * 0.9995) return `${Number((size / unit).toPrecision(3))} ${name}`;
  }
  return `${size} B`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (number) => String(number).padStart(2, "0");

/** Hours, minutes and where `seconds` is set seconds, UTC. */
export function clock(us, seconds = false) {
  const at = new Date(us / 1000);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}${seconds ? `:${two(at.getUTCSeconds())}` : ""}`;
}

export function day(us) {
  const at = new Date(us / 1000);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
}

export const month = (us) => `${MONTHS[new Date(us / 1000).getUTCMonth()]} ${new Date(us / 1000).getUTCFullYear()}`;

export const moment = (us, seconds = false) => `${day(us)} ${new Date(us / 1000).getUTCFullYear()} ${clock(us, seconds)}`;

export function ago(us, now) {
  const seconds = Math.max(0, (now - us) / 1e6);
  return seconds < 1.5 ? "just now" : `${span(seconds < 10 ? Math.round(seconds) : seconds)} ago`;
}

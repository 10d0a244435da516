// What all plots share: a uPlot of the right width, axes in the theme's colours,
// and a window of time that several plots follow.

import { colors } from "./painter.js";
import { ZERO, utcLabel, utcTicks } from "./times.js";

export const isSmall = () => innerWidth <= 720;

/** The theme's colours, read again when the theme changes. */
export const theme = {
  C: {},
  listeners: new Set(),
  read() { this.C = colors(); },
  /** Calls f after every change of the theme until the signal aborts. */
  follow(f, signal) {
    this.listeners.add(f);
    signal?.addEventListener("abort", () => this.listeners.delete(f));
  },
};
if (typeof document !== "undefined") {
  theme.read();
  const changed = () => { theme.read(); for (const f of theme.listeners) f(); };
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

/** An axis in the theme's colours. */
export const axis = (o = {}) => ({
  stroke: () => theme.C["text-2"], grid: { stroke: () => theme.C.grid, width: 1 }, ticks: { show: false },
  font: `12px ${theme.C.sans}`, labelFont: `12px ${theme.C.sans}`, ...o,
});

/** Decimals that a step of ticks needs: 2.5 needs one. */
export function decimals(step) {
  for (let d = 0; d < 9; d++) if (Math.abs(step * 10 ** d - Math.round(step * 10 ** d)) < 1e-6 * step * 10 ** d) return d;
  return 9;
}

/** Numbers with a real minus sign and no more digits than the ticks need. */
export function tickText(values) {
  const digits = decimals(values.length > 1 ? Math.abs(values[1] - values[0]) : 1);
  return values.map((v) => v == null ? "" : v.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "\u2212"));
}

/** Ticks of time on the scale that is shown. @param {() => {scale:string,shown:string}} how */
export function timeAxis(how, o = {}) {
  return axis({
    size: 26, space: () => (how().shown === "UTC" ? 96 : how().shown === "BJD" ? 86 : 66),
    splits: (u, k, min, max, incr, space) => {
      const { scale, shown } = how();
      if (shown === "UTC") return utcTicks(min, max, scale, Math.max(2, u.bbox.width / devicePixelRatio / 96));
      const zero = shown === "BJD" ? ZERO[scale] : 0, out = [];
      for (let i = Math.ceil((min + zero) / incr); i * incr <= max + zero + incr * 1e-9; i++) out.push(i * incr - zero);
      return out;
    },
    values: (u, splits) => {
      const { scale, shown } = how(), step = splits.length > 1 ? splits[1] - splits[0] : 1;
      const room = (shown === "UTC" ? 34 : shown === "BJD" ? 26 : 17) * (u.scales.x.max - u.scales.x.min) * devicePixelRatio / u.bbox.width; // a long label at the right end would be cut
      const plain = shown === "UTC" || shown === "BJD" ? null : tickText(splits);
      return splits.map((t, i) => (t > u.scales.x.max - room ? "" : plain ? plain[i] : shown === "UTC" ? utcLabel(t, scale, step) : (t + ZERO[scale]).toFixed(decimals(step))));
    },
    ...o,
  });
}

/** A series that uPlot does not draw: the hooks do. */
export const hidden = { paths: () => null, points: { show: false } };

/** Makes a uPlot as wide as its element. */
export function make(U, host, data, o) {
  const style = getComputedStyle(host);
  const width = Math.max(120, host.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
  return new U({ width, pxAlign: 0, legend: { show: false }, padding: [6, 8, 0, 0], ...o }, data, host);
}

/**
 * A window of time. Changes are told at most once per frame.
 */
export class TimeWindow {
  constructor(min, max, narrowest, changed) {
    this.bounds = [min, max];
    this.narrowest = narrowest;
    this.changed = changed;
    this.from = min; this.to = max;
    this.busy = false;
  }

  get width() { return this.to - this.from; }

  set(from, to) {
    const [min, max] = this.bounds, w = Math.min(Math.max(to - from, this.narrowest), max - min), a = Math.max(min, Math.min(max - w, from));
    if (!Number.isFinite(a + w)) return;
    this.from = a; this.to = a + w;
    if (this.busy) return;
    this.busy = true;
    requestAnimationFrame(() => { this.busy = false; this.changed(); });
  }

  all() { this.set(...this.bounds); }
  pan(share) { const d = share * this.width; this.set(this.from + d, this.to + d); }
  zoom(factor, at = 0.5) {
    const x = this.from + at * this.width, w = this.width * factor;
    this.set(x - at * w, x + (1 - at) * w);
  }
}

/**
 * Wheel, drag, pinch, Shift-drag and double click on a plot move the window.
 * On touch one finger pans sideways, and the page scrolls up and down.
 */
export function gestures(u, win) {
  const o = u.over, at = (e) => { const r = o.getBoundingClientRect(); return (e.clientX - r.left) / r.width; };
  const on = (type, f, more) => o.addEventListener(type, f, more); // they go with the element
  const fingers = new Map();
  let held = null;
  const band = document.createElement("div");
  band.className = "plot-band";
  band.hidden = true;
  o.append(band);
  o.style.cursor = "grab";
  on("wheel", (e) => {
    e.preventDefault();
    const dy = e.deltaMode === 1 ? e.deltaY * 16 : e.deltaY;
    if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) win.pan(e.deltaX / o.clientWidth);
    else win.zoom(Math.exp(Math.max(-0.5, Math.min(0.5, dy * 0.0016))), at(e));
  }, { passive: false });
  const begin = () => {
    const f = [...fingers.values()], x = f.map((e) => at(e));
    held = { from: win.from, to: win.to, x, select: f.length === 1 && f[0].shiftKey };
  };
  on("pointerdown", (e) => {
    if (e.button || fingers.size > 1) return;
    fingers.set(e.pointerId, e);
    o.setPointerCapture(e.pointerId);
    o.style.cursor = e.shiftKey ? "col-resize" : "grabbing";
    begin();
  });
  on("pointermove", (e) => {
    if (!fingers.has(e.pointerId)) return;
    fingers.set(e.pointerId, e);
    const x = [...fingers.values()].map(at), w = held.to - held.from;
    if (held.select) return stretch(band, held.x[0], x[0]);
    if (x.length === 1) return win.set(held.from + (held.x[0] - x[0]) * w, held.to + (held.x[0] - x[0]) * w);
    const k = Math.max(0.02, Math.abs(held.x[1] - held.x[0])) / Math.max(0.02, Math.abs(x[1] - x[0]));
    const mid = held.from + (held.x[0] + held.x[1]) / 2 * w, place = (x[0] + x[1]) / 2;
    win.set(mid - place * w * k, mid + (1 - place) * w * k);
  });
  const end = (e) => {
    if (!fingers.delete(e.pointerId)) return;
    o.style.cursor = "grab";
    band.hidden = true;
    const x = at(e);
    if (held.select && e.type === "pointerup" && Math.abs(x - held.x[0]) > 0.01) {
      const w = held.to - held.from, [a, b] = [held.x[0], x].sort((p, q) => p - q);
      win.set(held.from + a * w, held.from + b * w);
    }
    if (fingers.size) begin();
  };
  on("pointerup", end);
  on("pointercancel", end);
  on("dblclick", () => win.all());
}

function stretch(band, a, b) {
  const [l, r] = a < b ? [a, b] : [b, a];
  band.hidden = false;
  band.style.left = `${Math.max(0, l) * 100}%`;
  band.style.width = `${(Math.min(1, r) - Math.max(0, l)) * 100}%`;
}

// What is drawn into a plot: points, marks of removed points, gaps, segments,
// trend, transits. Everything draws into a View, so that the page's canvas, a
// picture and an SVG drawing come from one place.

import { WHY, lower } from "./series.js";

/**
 * @typedef {Object} View
 * @property {CanvasRenderingContext2D} ctx
 * @property {{left:number,top:number,width:number,height:number}} box in the context's units
 * @property {{min:number,max:number}} x
 * @property {{min:number,max:number}} y
 * @property {number} dpr units per CSS pixel
 */

const NAMES = ["d-raw", "d-proc", "d-trend", "d-qual", "d-out", "d-edge", "d-bin", "gap", "grid", "seg", "text", "text-2", "text-3",
  "line", "line-strong", "surface", "accent", "sans"];

/** The colours of the theme in force, by their names in page.css. */
export function colors() {
  const style = getComputedStyle(document.documentElement), out = {};
  for (const n of NAMES) out[n] = style.getPropertyValue("--" + n).trim();
  return out;
}

/** A View of a uPlot instance. */
export const viewOf = (u) => ({ ctx: u.ctx, box: u.bbox, x: u.scales.x, y: u.scales.y, dpr: devicePixelRatio });

/** Runs f with drawing held inside the box. */
export function clip(v, f) {
  const { ctx: c, box: b } = v;
  c.save(); c.beginPath(); c.rect(b.left, b.top, b.width, b.height); c.clip();
  f();
  c.restore();
}

let mask = new Uint8Array(0);

/**
 * One small square a point, of those whose reason is `why`. A bitmap skips what
 * is painted already, so 65,000 points cost no more than the pixels they cover.
 */
export function dots(v, s, y, color, size, why = WHY.kept) {
  const { ctx: c, box: b, x: X, y: Y } = v;
  const w = b.width | 0, h = b.height | 0, kx = b.width / (X.max - X.min), ky = b.height / (Y.max - Y.min);
  if (mask.length < w * h) mask = new Uint8Array(w * h); else mask.fill(0, 0, w * h);
  const { time, why: reason } = s, [i0, i1] = s.range(X.min, X.max), px = size * v.dpr, o = px / 2, x0 = X.min, y0 = Y.min;
  c.fillStyle = color;
  for (let i = i0; i < i1; i++) {
    if (reason[i] !== why) continue;
    const q = ((time[i] - x0) * kx) | 0, r = (h - (y[i] - y0) * ky) | 0;
    if (q < 0 || r < 0 || q >= w || r >= h) continue;
    const m = r * w + q;
    if (mask[m]) continue;
    mask[m] = 1;
    c.fillRect(b.left + q - o, b.top + r - o, px, px);
  }
}

/** The path of one mark: a shape for every reason, for colour alone tells nothing to many. */
function shape(c, kind, x, y, r) {
  switch (kind) {
    case "x": c.moveTo(x - r, y - r); c.lineTo(x + r, y + r); c.moveTo(x + r, y - r); c.lineTo(x - r, y + r); break;
    case "t": c.moveTo(x, y - r * 1.1); c.lineTo(x + r, y + r * 0.8); c.lineTo(x - r, y + r * 0.8); c.closePath(); break;
    default: c.moveTo(x, y - r); c.lineTo(x + r, y); c.lineTo(x, y + r); c.lineTo(x - r, y); c.closePath();
  }
}

/** Marks of the removed points of one reason; what is beyond the box is held at its edge. */
export function marks(v, s, y, why, color, kind) {
  const { ctx: c, box: b, x: X, y: Y } = v, d = v.dpr, [i0, i1] = s.range(X.min, X.max);
  const kx = b.width / (X.max - X.min), ky = b.height / (Y.max - Y.min);
  const r = (i1 - i0 > 12000 ? 1.8 : kind === "d" ? 2.7 : 3.8) * d, top = b.top + r, foot = b.top + b.height - r;
  c.fillStyle = c.strokeStyle = color;
  c.lineWidth = 1.6 * d;
  c.beginPath();
  for (let i = i0; i < i1; i++) {
    if (s.why[i] !== why || !(y[i] === y[i])) continue;
    const py = b.top + b.height - (y[i] - Y.min) * ky;
    shape(c, kind, b.left + (s.time[i] - X.min) * kx, py < top ? top : py > foot ? foot : py, r);
  }
  if (kind === "x") c.stroke(); else c.fill();
}

/** Short strokes at the foot where the archive has a time but no flux. */
export function absent(v, s, color) {
  const { ctx: c, box: b, x: X } = v, d = v.dpr, [i0, i1] = s.range(X.min, X.max), kx = b.width / (X.max - X.min);
  c.fillStyle = color;
  let last = -1;
  for (let i = i0; i < i1; i++) {
    if (s.why[i] !== WHY.noflux) continue;
    const px = Math.round(b.left + (s.time[i] - X.min) * kx);
    if (px === last) continue;
    last = px;
    c.fillRect(px, b.top + b.height - 5 * d, d, 5 * d);
  }
}

/**
 * The trend: a line through the kept points, one a pixel, broken at gaps.
 * @param {[number, number][]} gaps in order of time
 */
export function trendLine(v, s, gaps, color) {
  const { ctx: c, box: b, x: X, y: Y } = v, n = s.length;
  const kx = b.width / (X.max - X.min), ky = b.height / (Y.max - Y.min);
  const i0 = Math.max(0, lower(s.time, X.min) - 1), i1 = Math.min(n - 1, lower(s.time, X.max) + 1);
  c.lineWidth = 2.2 * v.dpr;
  c.strokeStyle = color;
  c.lineJoin = "round";
  c.beginPath();
  let last = -Infinity, place = -Infinity, g = 0;
  for (let i = i0; i <= i1; i++) {
    const t = s.trend[i], time = s.time[i];
    if (!(t === t)) continue;
    while (g < gaps.length && gaps[g][1] <= last) g++;
    const broken = last === -Infinity || (g < gaps.length && gaps[g][0] >= last && gaps[g][1] <= time);
    const px = b.left + (time - X.min) * kx;
    if (!broken && px - place < 1 && i < i1) { last = time; continue; }
    const py = b.top + b.height - (t - Y.min) * ky;
    if (broken) c.moveTo(px, py); else c.lineTo(px, py);
    last = time;
    place = px;
  }
  c.stroke();
}

/** Hatched gaps and, under them, every other sector shaded. */
export function ground(v, { gaps, sectors, showGaps, C }) {
  const { ctx: c, box: b, x: X } = v, d = v.dpr, kx = b.width / (X.max - X.min), at = (t) => b.left + (t - X.min) * kx;
  sectors.forEach((s, k) => {
    if (k % 2 === 0 || s.to < X.min || s.from > X.max) return;
    c.fillStyle = C.seg;
    c.fillRect(at(s.from), b.top, (s.to - s.from) * kx, b.height);
  });
  if (!showGaps) return;
  for (const [from, to] of gaps) {
    if (to < X.min || from > X.max) continue;
    const x0 = Math.max(at(from), b.left - 20), w = Math.max(1.5 * d, Math.min(at(to), b.left + b.width + 20) - x0);
    c.fillStyle = C.gap;
    c.fillRect(x0, b.top, w, b.height);
    if (w > 10 * d) hatch(c, x0, w, b, d, C.gap);
  }
}

function hatch(c, x0, w, b, d, color) {
  c.strokeStyle = color;
  c.lineWidth = d;
  c.save();
  c.beginPath(); c.rect(x0, b.top, w, b.height); c.clip();
  c.beginPath();
  for (let k = -b.height; k < w; k += 7 * d) {
    c.moveTo(x0 + k, b.top + b.height);
    c.lineTo(x0 + k + b.height, b.top);
  }
  c.stroke();
  c.restore();
}

/** The name of each sector at its right end, where there is room. */
export function sectorNames(v, sectors, C) {
  const { ctx: c, box: b, x: X } = v, d = v.dpr, kx = b.width / (X.max - X.min);
  c.font = `600 ${11 * d}px ${C.sans}`;
  c.fillStyle = C["text-3"];
  c.textAlign = "right";
  c.textBaseline = "top";
  for (const s of sectors) {
    const r = Math.min(b.left + (s.to - X.min) * kx, b.left + b.width) - 7 * d, l = Math.max(b.left + (s.from - X.min) * kx, b.left);
    // 34: the width of a name; 110: that of the panel's title, which stands at the left
    if (r - l > 34 * d && (l > b.left + 1 || r - l > 110 * d)) c.fillText(s.label, r, b.top + 5 * d);
  }
}

/**
 * A small triangle at the foot for every mid-transit: filled for the first
 * planet, hollow for the second, upside down for the others. None where they
 * would run together.
 */
export function transits(v, ephemerides, C) {
  const { ctx: c, box: b, x: X } = v, d = v.dpr, kx = b.width / (X.max - X.min), foot = b.top + b.height - d;
  ephemerides.forEach((e, k) => {
    c.fillStyle = c.strokeStyle = k === 0 ? C["text-2"] : C[["d-trend", "d-edge", "d-qual"][(k - 1) % 3]];
    c.lineWidth = 1.4 * d;
    const once = !(e.period > 0), first = once ? 0 : Math.ceil((X.min - e.t0) / e.period), last = once ? 0 : Math.floor((X.max - e.t0) / e.period);
    if ((last - first) * 6 * d > b.width) return;
    const [tip, base] = k < 2 ? [foot - 7 * d, foot] : [foot, foot - 7 * d];
    c.beginPath();
    for (let n = first; n <= last; n++) {
      const x = b.left + (e.t0 + (once ? 0 : n * e.period) - X.min) * kx;
      c.moveTo(x, tip); c.lineTo(x + 4 * d, base); c.lineTo(x - 4 * d, base); c.closePath();
    }
    if (k === 1) c.stroke(); else c.fill();
  });
}

/** A ring about the point that the keyboard stands on. */
export function ring(v, t, y, C) {
  const { ctx: c, box: b, x: X, y: Y } = v, d = v.dpr;
  const px = b.left + (t - X.min) * b.width / (X.max - X.min);
  const py = Math.max(b.top, Math.min(b.top + b.height, b.top + b.height - (y - Y.min) * b.height / (Y.max - Y.min)));
  c.beginPath(); c.arc(px, py, 6.5 * d, 0, 7); c.lineWidth = 4 * d; c.strokeStyle = C.surface; c.stroke();
  c.beginPath(); c.arc(px, py, 6.5 * d, 0, 7); c.lineWidth = 2 * d; c.strokeStyle = C.accent; c.stroke();
}

/** Both panels of a light curve: which layers, from which columns. */
export function panel(v, s, kind, o) {
  const { C, layers } = o, y = kind === "raw" ? s.raw : s.rel;
  clip(v, () => {
    dots(v, s, y, kind === "raw" ? C["d-raw"] : C["d-proc"], o.size ?? 2.4);
    if (layers.other) marks(v, s, y, WHY.other, C["d-edge"], "d");
    if (layers.quality) marks(v, s, y, WHY.quality, C["d-qual"], "x");
    if (layers.outlier) marks(v, s, y, WHY.outlier, C["d-out"], "t");
    if (layers.noflux && kind === "raw") absent(v, s, C["d-qual"]);
    if (layers.trend && kind === "raw") trendLine(v, s, o.gaps, C["d-trend"]);
    if (layers.transits && (kind === "processed" || o.alone)) transits(v, o.ephemerides, C);
    if (o.point >= 0 && s.length) ring(v, s.time[o.point], y[o.point], C);
  });
}

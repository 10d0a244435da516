// Phase folding: one period's points over one another, with bins. Pure.

import { WHY } from "./series.js";

/**
 * @typedef {{period:number,t0:number,duration:number,depth_ppm?:number,object?:string,source?:string}} Ephemeris
 *   days; t0 is the middle of a transit on the light curve's scale
 */

/** Days from the nearest middle of a transit, and that transit's number. */
export function phase(t, { period, t0 }) {
  const n = Math.floor((t - t0) / period + 0.5);
  return [t - t0 - n * period, n];
}

/**
 * Folds the kept points that are within half a window of a middle of transit.
 * @param {import("./series.js").Series} s
 * @param {Ephemeris} e
 * @param {{half?:number, bins?:number}} o half the window in days (default: half the period)
 * @returns {{x:Float64Array,y:Float32Array,odd:Uint8Array,half:number}} hours from mid-transit, flux, whether the transit's number is odd
 */
export function fold(s, e, o = {}) {
  const half = Math.min(o.half ?? Infinity, e.period / 2);
  let n = 0;
  const x = new Float64Array(s.length), y = new Float32Array(s.length), odd = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) {
    if (s.why[i] !== WHY.kept || !(s.rel[i] === s.rel[i])) continue;
    const [d, k] = phase(s.time[i], e);
    if (d < -half || d > half) continue;
    x[n] = d * 24; y[n] = s.rel[i]; odd[n] = k & 1; n++;
  }
  return { x: x.subarray(0, n), y: y.subarray(0, n), odd: odd.subarray(0, n), half };
}

/**
 * Means in equal bins over the window, with the error of each mean.
 * @param {{x:ArrayLike<number>,y:ArrayLike<number>,odd:ArrayLike<number>,half:number}} f
 * @param {number} count bins
 * @param {0|1|null} parity only the transits of even (0) or odd (1) number
 */
export function bin(f, count, parity = null) {
  const sum = new Float64Array(count), sq = new Float64Array(count), n = new Uint32Array(count), w = 2 * f.half * 24 / count;
  for (let i = 0; i < f.x.length; i++) {
    if (parity !== null && f.odd[i] !== parity) continue;
    const k = Math.min(count - 1, Math.floor((f.x[i] + f.half * 24) / w)), v = f.y[i] - 1; // about 1: keeps the digits of the squares
    sum[k] += v; sq[k] += v * v; n[k]++;
  }
  const x = [], y = [], err = [], points = [];
  for (let k = 0; k < count; k++) {
    if (!n[k]) continue;
    const m = sum[k] / n[k];
    x.push((k + 0.5) * w - f.half * 24); y.push(1 + m); points.push(n[k]);
    err.push(n[k] > 1 ? Math.sqrt(Math.max(0, sq[k] / n[k] - m * m) / (n[k] - 1)) : NaN);
  }
  return { x, y, err, points, width: w };
}

/**
 * Depth in parts per million: the mean outside, from 0.75 to 2 durations from the middle,
 * against the mean inside the middle half of the transit, with one standard error.
 */
export function depth(f, duration, parity = null) {
  const d = duration * 24, a = [0, 0, 0], b = [0, 0, 0]; // count, sum, sum of squares about 1
  for (let i = 0; i < f.x.length; i++) {
    if (parity !== null && f.odd[i] !== parity) continue;
    const r = Math.abs(f.x[i]) / d, v = f.y[i] - 1, to = r <= 0.25 ? a : r >= 0.75 && r <= 2 ? b : null;
    if (to) { to[0]++; to[1] += v; to[2] += v * v; }
  }
  if (a[0] < 3 || b[0] < 3) return { ppm: NaN, err: NaN, inside: a[0] };
  const ma = a[1] / a[0], mb = b[1] / b[0], va = a[2] / a[0] - ma * ma, vb = b[2] / b[0] - mb * mb;
  return { ppm: (mb - ma) / (1 + mb) * 1e6, err: Math.sqrt(Math.max(0, va) / a[0] + Math.max(0, vb) / b[0]) * 1e6, inside: a[0] };
}

/** Limits of y of a fold: from the bins and the middle 99 % of the points. */
export function foldLimits(f, b) {
  const v = Float32Array.from(f.y).sort(), n = v.length;
  if (!n) return [0.99, 1.01];
  let low = v[Math.floor(n * 0.005)], high = v[Math.floor(n * 0.995)];
  for (const y of b.y) { if (y < low) low = y; if (y > high) high = y; }
  const p = (high - low) * 0.1 || 1e-3;
  return [low - p, high + p];
}

/**
 * The middle of the deepest box of a length at a period, by a running mean over
 * 400 bins of phase: where to fold on a peak of which only the period is known.
 */
export function epoch(s, period, duration) {
  const n = 400, sum = new Float64Array(n), c = new Uint32Array(n), w = Math.max(1, Math.min(n >> 1, Math.round(duration / period * n)));
  for (let i = 0; i < s.length; i++) {
    if (s.why[i] !== WHY.kept || !(s.rel[i] === s.rel[i])) continue;
    const p = (s.time[i] - s.first) / period, k = Math.min(n - 1, Math.floor((p - Math.floor(p)) * n));
    sum[k] += s.rel[i] - 1; c[k]++;
  }
  let best = 0, low = Infinity;
  for (let k = 0; k < n; k++) {
    let a = 0, m = 0;
    for (let j = 0; j < w; j++) { a += sum[(k + j) % n]; m += c[(k + j) % n]; }
    if (m > 0 && a / m < low) { low = a / m; best = k; }
  }
  return s.first + (best + w / 2) / n * period;
}

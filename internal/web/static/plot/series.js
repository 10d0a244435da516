// A light curve as typed arrays: what the binary form gives (docs/format/curve.md),
// in order of time, with a reason for every removed point. Pure: no page, no network.

/** The bits of the column flag. */
export const FLAG = { time: 1, flux: 2, quality: 4, outlier: 8, short: 16, transit: 32, duplicate: 64, trend: 128 };

/** Why a point is not in the processed series; its number stands in Series.why. */
export const WHY = { kept: 0, quality: 1, outlier: 2, other: 3, noflux: 4 };

/** The words for the numbers of WHY. */
export const WHY_TEXT = ["kept", "removed: quality flag", "removed: outlier", "removed: no usable trend or time", "no flux"];

/** Bytes of a point in the binary form. */
export const POINT_BYTES = 17;

/**
 * First index whose value is not below v, in an ascending array.
 * @param {ArrayLike<number>} a @param {number} v
 */
export function lower(a, v) {
  let l = 0, h = a.length;
  while (l < h) {
    const m = (l + h) >> 1;
    if (a[m] < v) l = m + 1; else h = m;
  }
  return l;
}

/** Index of the value closest to v; −1 in an empty array. */
export function nearest(a, v) {
  const i = lower(a, v);
  if (i === 0) return a.length ? 0 : -1;
  if (i === a.length) return i - 1;
  return v - a[i - 1] <= a[i] - v ? i - 1 : i;
}

/** Median of the finite values; NaN where there is none. */
export function median(values) {
  const v = Float64Array.from(values).filter(Number.isFinite).sort();
  const n = v.length;
  return n === 0 ? NaN : n % 2 ? v[n >> 1] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/**
 * Columns of the binary form. Every offset is a multiple of its type's size, so
 * that on a little-endian machine, which every browser's is, nothing is copied.
 * @param {ArrayBuffer} buffer
 */
export function decode(buffer) {
  if (buffer.byteLength % POINT_BYTES) throw new RangeError(`${buffer.byteLength} bytes are no whole number of points`);
  const n = buffer.byteLength / POINT_BYTES;
  return {
    time: new Float64Array(buffer, 0, n), flux: new Float32Array(buffer, 8 * n, n),
    trend: new Float32Array(buffer, 12 * n, n), flag: new Uint8Array(buffer, 16 * n, n),
  };
}

/** Files that cover the same days follow one another: puts columns in order of time. */
function ordered(c) {
  const n = c.time.length;
  let up = true;
  for (let i = 1; i < n && up; i++) up = c.time[i] >= c.time[i - 1];
  if (up) return { ...c, order: null };
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => c.time[a] - c.time[b] || a - b);
  return { time: c.time.map((_, i) => c.time[order[i]]), flux: c.flux.map((_, i) => c.flux[order[i]]),
    trend: c.trend.map((_, i) => c.trend[order[i]]), flag: c.flag.map((_, i) => c.flag[order[i]]), order };
}

/** The trend with its holes filled between neighbours, so that removed points keep their place. */
function bridged(time, trend) {
  const out = Float32Array.from(trend), n = out.length;
  let last = -1;
  for (let i = 0; i <= n; i++) {
    if (i < n && !(out[i] === out[i])) continue;
    for (let k = last + 1; k < i; k++) {
      if (last < 0 && i === n) break;
      if (last < 0) out[k] = trend[i];
      else if (i === n) out[k] = trend[last];
      else {
        const f = (time[k] - time[last]) / (time[i] - time[last] || 1);
        out[k] = trend[last] + f * (trend[i] - trend[last]);
      }
    }
    last = i;
  }
  return out;
}

/**
 * @typedef {{from:number,to:number,a:number,s:number,b:number}} Norm  y' = (y − a)/s + b between two times
 * @typedef {{mode?:"divide"|"subtract", norms?:Norm[]}} Recipe
 */
export class Series {
  /**
   * @param {ArrayBuffer} raw answer with series=raw and a profile: raw flux, trend, flags
   * @param {ArrayBuffer|null} processed answer with series=processed and the same rows; null: the
   *   processed flux follows from the raw flux and the trend, which is exact but for denoising
   * @param {Recipe} recipe
   */
  constructor(raw, processed = null, recipe = {}) {
    const c = ordered(decode(raw));
    this.time = c.time; this.raw = c.flux; this.trend = c.trend; this.flag = c.flag;
    this.length = c.time.length;
    this.processed = processed !== null || c.trend.some((t) => t === t);
    const given = processed === null ? null : decode(processed).flux;
    if (given !== null && given.length !== this.length) throw new RangeError("the raw and the processed series have different rows");
    this.#relate(given, c.order, recipe);
    this.step = this.#spacing();
  }

  /** Fills rel and why. */
  #relate(given, order, { mode = "divide", norms = [] }) {
    const n = this.length, trend = bridged(this.time, this.trend);
    this.rel = new Float32Array(n);
    this.why = new Uint8Array(n);
    this.counts = [0, 0, 0, 0, 0];
    let k = 0;
    for (let i = 0; i < n; i++) {
      while (k + 1 < norms.length && this.time[i] >= norms[k + 1].from) k++;
      const { a = 0, s = 1, b = 0 } = norms[k] ?? {};
      const flat = mode === "subtract" ? this.raw[i] - trend[i] : this.raw[i] / trend[i];
      const known = given === null ? NaN : given[order === null ? i : order[i]];
      this.rel[i] = known === known ? known : (flat - a) / (s || 1) + b;
      const w = reason(this.flag[i], this.raw[i], given === null || known === known);
      this.why[i] = w;
      this.counts[w]++;
    }
  }

  /** Median step of time of up to 4,000 neighbours, in days. */
  #spacing() {
    const d = [], jump = Math.max(1, Math.floor(this.length / 4000));
    for (let i = jump; i < this.length; i += jump) {
      const dt = this.time[i] - this.time[i - 1];
      if (dt > 0) d.push(dt);
    }
    return median(d) || 0.02;
  }

  get first() { return this.time[0]; }
  get last() { return this.time[this.length - 1]; }

  /** Half-open range of the rows within a window of time. */
  range(from, to) { return [lower(this.time, from), lower(this.time, to + 1e-9)]; }
}

/** Why a row left. What has no flux cannot be drawn, whatever else is said of it. */
export function reason(flag, raw, kept) {
  if (!(raw === raw) || flag & FLAG.flux) return WHY.noflux;
  if (flag & FLAG.quality) return WHY.quality;
  if (flag & FLAG.outlier) return WHY.outlier;
  if (flag & (FLAG.duplicate | FLAG.trend) || !kept) return WHY.other;
  return WHY.kept;
}

/**
 * Limits of y for the rows in a window: of what is kept, with room, and of what
 * was removed as far as it is not far away; marks beyond are drawn at the edge.
 */
export function yLimits(s, y, from, to, pad = 0.13) {
  const [i0, i1] = s.range(from, to);
  let low = Infinity, high = -Infinity, rlow = Infinity, rhigh = -Infinity;
  for (let i = i0; i < i1; i++) {
    const v = y[i];
    if (s.why[i] === WHY.kept) {
      if (v < low) low = v;
      if (v > high) high = v;
    } else {
      if (v < rlow) rlow = v;
      if (v > rhigh) rhigh = v;
    }
  }
  if (low > high) { low = rlow; high = rhigh; }
  if (!(high > low)) return Number.isFinite(low) ? [low - 1, low + 1] : [0, 1];
  const d = high - low, p = d * pad;
  return [Math.max(Math.min(low, rlow), low - 0.4 * d) - p, Math.min(Math.max(high, rhigh), high + 0.4 * d) + p];
}

/**
 * Gaps between runs: what no segment covers.
 * @param {{from:number,to:number}[]} segments
 * @returns {[number, number][]}
 */
export function gaps(segments) {
  const list = [...segments].sort((a, b) => a.from - b.from), out = [];
  let end = -Infinity;
  for (const s of list) {
    if (s.from > end && end > -Infinity) out.push([end, s.from]);
    end = Math.max(end, s.to);
  }
  return out;
}

/** Runs without a gap, from the times alone: for what was not processed. */
export function runs(time, step) {
  const out = [], limit = Math.max(0.5 / 24, 5 * step) * 1.0001;
  let start = 0;
  for (let i = 1; i <= time.length; i++) {
    if (i < time.length && time[i] - time[i - 1] <= limit) continue;
    if (i > start) out.push({ from: time[start], to: time[i - 1], rows: i - start });
    start = i;
  }
  return out;
}

/**
 * Scatter over a span of hours, in parts per million: the standard deviation of
 * the means of bins of that length, of kept points outside transits, by its
 * median absolute deviation.
 */
export function scatter(s, y, hours = 6.5) {
  const width = hours / 24, means = [];
  let sum = 0, n = 0, bin = NaN, first = 0, last = 0;
  const close = () => { if (n > 2 && last - first > 0.5 * width) means.push(sum / n); sum = n = 0; };
  for (let i = 0; i < s.length; i++) {
    if (s.why[i] !== WHY.kept || s.flag[i] & FLAG.transit || !(y[i] === y[i])) continue;
    const b = Math.floor(s.time[i] / width);
    if (b !== bin) { close(); bin = b; first = s.time[i]; }
    sum += y[i]; n++;
    last = s.time[i];
  }
  close();
  const m = median(means);
  return means.length < 3 ? NaN : 1.4826 * median(means.map((v) => Math.abs(v - m))) / Math.abs(m || 1) * 1e6;
}

/**
 * Transits of an ephemeris within the time span: how many have at least a
 * quarter of the points that the cadence allows, and how many there are.
 */
export function covered(s, { period, t0, duration }) {
  let seen = 0, all = 0;
  const each = period > 0 ? period : Infinity;
  let n = period > 0 ? Math.ceil((s.first - t0) / each) : 0;
  for (let k = 0; k < 100000; k++, n++) {
    const t = period > 0 ? t0 + n * each : t0;
    if (t > s.last || t < s.first) break;
    all++;
    const [i0, i1] = s.range(t - duration / 2, t + duration / 2);
    const need = Math.max(2, 0.25 * duration / stepAbout(s, i0, i1));
    let kept = 0;
    for (let i = i0; i < i1 && kept < need; i++) kept += s.why[i] === WHY.kept ? 1 : 0;
    if (kept >= need) seen++;
    if (!(period > 0)) break;
  }
  return { seen, all };
}

/** The median step of time about some rows: files of several cadences stand in one series. */
function stepAbout(s, i0, i1) {
  const d = [];
  for (let i = Math.max(1, i0 - 8); i < Math.min(s.length, Math.min(i1, i0 + 40) + 8); i++) d.push(s.time[i] - s.time[i - 1]);
  return Math.max(1e-6, median(d) || s.step);
}

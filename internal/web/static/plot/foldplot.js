// The picture of a fold, and of a periodogram.

import { axis, hidden, isSmall, make, theme, tickText } from "./chart.js";
import { clip, viewOf } from "./painter.js";
import { bin, foldLimits } from "./fold.js";

/** Bins over a fold: about 8 in a transit, at most 240. */
export const binCount = (f, duration) => Math.max(40, Math.min(240, Math.round(2 * f.half / Math.max(duration / 16, f.half / 120))));

/**
 * Draws a fold: grey points, bins with a rim; odd and even transits apart if asked.
 * @param {any} U @param {HTMLElement} host
 * @param {{x:Float64Array,y:Float32Array,odd:Uint8Array,half:number}} f
 * @param {{duration:number, parity:boolean}} o
 */
export function foldPlot(U, host, f, o) {
  const n = binCount(f, o.duration), sets = o.parity ? [bin(f, n, 0), bin(f, n, 1)] : [bin(f, n)];
  const limits = foldLimits(f, { y: sets.flatMap((b) => b.y) }), small = isSmall();
  const words = `${tickText([sets[0].width * 60, sets[0].width * 60 + 0.1])[0]} min bins`;
  return make(U, host, [[-f.half * 24, f.half * 24], [1, 1]], {
    height: small ? 210 : 238, cursor: { show: false, drag: { x: false, y: false } },
    scales: { x: { time: false, range: () => [-f.half * 24, f.half * 24] }, y: { range: () => limits } },
    axes: [axis({ size: 24, values: (u, v) => tickText(v), label: "Hours from mid-transit", labelSize: 18, labelGap: 0 }),
      axis({ size: small ? 52 : 58, values: (u, v) => tickText(v) })],
    series: [{}, hidden],
    hooks: { draw: [(u) => {
      const v = viewOf(u);
      clip(v, () => { points(v, f); sets.forEach((b, k) => bins(v, b, k)); legend(v, o.parity ? ["even", "odd"] : [words]); });
    }] },
  });
}

function points(v, f) {
  const { ctx: c, box: b, x: X, y: Y, dpr: d } = v, kx = b.width / (X.max - X.min), ky = b.height / (Y.max - Y.min), r = 0.7 * d;
  c.fillStyle = theme.C["d-raw"];
  c.globalAlpha = f.x.length > 20000 ? 0.2 : 0.34;
  for (let i = 0; i < f.x.length; i++) c.fillRect(b.left + (f.x[i] - X.min) * kx - r, b.top + b.height - (f.y[i] - Y.min) * ky - r, 2 * r, 2 * r);
  c.globalAlpha = 1;
}

/** The first set is round and orange, the second square and green: shape tells them apart too. */
function mark(v, x, y, k) {
  const { ctx: c, dpr: d } = v;
  for (const [r, color] of [[3.1, theme.C.surface], [2.2, theme.C[k ? "d-edge" : "d-bin"]]]) {
    c.fillStyle = color;
    if (k) { c.fillRect(x - r * d, y - r * d, 2 * r * d, 2 * r * d); continue; }
    c.beginPath(); c.arc(x, y, r * d, 0, 7); c.fill();
  }
}

function bins(v, s, k) {
  const { ctx: c, box: b, x: X, y: Y, dpr: d } = v, kx = b.width / (X.max - X.min), ky = b.height / (Y.max - Y.min);
  c.fillStyle = theme.C[k ? "d-edge" : "d-bin"];
  for (let i = 0; i < s.x.length; i++) {
    const h = s.err[i] * ky;
    if (h > 3 * d) c.fillRect(b.left + (s.x[i] - X.min) * kx - d / 2, b.top + b.height - (s.y[i] - Y.min) * ky - h, d, 2 * h);
  }
  for (let i = 0; i < s.x.length; i++) mark(v, b.left + (s.x[i] - X.min) * kx, b.top + b.height - (s.y[i] - Y.min) * ky, k);
}

function legend(v, names) {
  const { ctx: c, box: b, dpr: d } = v;
  c.font = `${12 * d}px ${theme.C.sans}`;
  c.textBaseline = "middle"; c.textAlign = "left";
  let x = b.left + b.width - names.reduce((w, n) => w + c.measureText(n).width + 24 * d, 0);
  const y = b.top + b.height - 13 * d;
  names.forEach((n, k) => {
    mark(v, x, y, k);
    c.fillStyle = theme.C["text-2"];
    c.fillText(n, x + 8 * d, y);
    x += c.measureText(n).width + 24 * d;
  });
}

/**
 * Draws a periodogram; a press on it chooses the highest peak near by.
 * @param {{period_d:number[], power:number[]}} p
 * @param {{marked:number, choose:(period:number)=>void}} o days; marked: the period that is folded on
 */
export function periodogramPlot(U, host, p, o) {
  const min = p.period_d[0], max = p.period_d[p.period_d.length - 1];
  let top = 0, low = Infinity;
  for (const v of p.power) { if (v > top) top = v; if (v < low) low = v; }
  low = Math.min(low, top);
  const limits = [low - (top - low) * 0.03, top + (top - low) * 0.28 || 1];
  return make(U, host, [p.period_d, p.power], {
    height: 150, cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
    scales: { x: { time: false, distr: 3, range: () => [min, max] }, y: { range: () => limits } },
    axes: [axis({ size: 24, label: "Period, days", labelSize: 18, labelGap: 0, splits: () => logTicks(min, max), values: (u, v) => v.map((t) => String(t)), filter: (u, v) => v }),
      axis({ size: 16, values: () => [], grid: { show: false } })],
    series: [{}, { stroke: () => theme.C["d-proc"], width: 1.5, points: { show: false } }],
    hooks: {
      ready: [(u) => {
        u.over.addEventListener("click", (e) => {
          const x = e.clientX - u.over.getBoundingClientRect().left;
          o.choose(highest(p, u.posToVal(x - 8, "x"), u.posToVal(x + 8, "x")));
        });
        u.over.style.cursor = "crosshair";
      }],
      draw: [(u) => { const v = viewOf(u); clip(v, () => peaks(u, v, o, p)); }],
    },
  });
}

/** The period of the greatest power within limits. */
export function highest(p, from, to) {
  let best = -1;
  for (let i = 0; i < p.period_d.length; i++) {
    if (p.period_d[i] >= from && p.period_d[i] <= to && (best < 0 || p.power[i] > p.power[best])) best = i;
  }
  return best < 0 ? NaN : p.period_d[best];
}

/** Ticks of a logarithmic axis: 1, 2, 3, 5, 7 of every decade, fewer where these would run together. */
export function logTicks(min, max) {
  const wide = Math.log10(max / min), digits = wide > 2.8 ? [1] : wide > 2 ? [1, 3] : wide > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7], out = [];
  for (let e = Math.floor(Math.log10(min)); e <= Math.log10(max); e++) for (const k of digits) {
    const v = Number((k * 10 ** e).toPrecision(3));
    if (v >= min && v <= max) out.push(v);
  }
  return out;
}

function peaks(u, v, o, p) {
  const { ctx: c, box: b, dpr: d } = v, P = o.marked, min = p.period_d[0], max = p.period_d[p.period_d.length - 1];
  if (!(P >= min && P <= max)) return;
  const height = (q) => p.power[Math.max(0, p.period_d.findIndex((t) => t >= highest(p, q * 0.995, q * 1.005)))] ?? 0;
  const x = u.valToPos(P, "x", true), y = u.valToPos(height(P), "y", true) - 4 * d, right = x > b.left + b.width - 80 * d;
  c.fillStyle = theme.C["d-trend"];
  c.beginPath(); c.moveTo(x, y); c.lineTo(x - 5 * d, y - 8 * d); c.lineTo(x + 5 * d, y - 8 * d); c.fill();
  c.font = `600 ${12 * d}px ${theme.C.sans}`; c.textBaseline = "middle"; c.textAlign = right ? "right" : "left"; c.fillStyle = theme.C.text;
  c.fillText(`${P.toFixed(4)} d`, x + (right ? -9 : 9) * d, y - 5 * d);
  c.font = `${11 * d}px ${theme.C.sans}`; c.textAlign = "center"; c.fillStyle = theme.C["text-2"];
  for (const [q, word] of [[P / 2, "½P"], [P * 2, "2P"]]) if (q > min && q < max) c.fillText(word, u.valToPos(q, "x", true), u.valToPos(height(q), "y", true) - 8 * d);
}

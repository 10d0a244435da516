// A plain scatter plot of two columns, linear or logarithmic.

/** Round numbers for an axis. */
export function ticks(min, max, n) {
  const raw = (max - min) / Math.max(1, n), mag = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 5, 10].map((k) => k * mag).find((s) => s >= raw) || mag * 10, list = [];
  for (let v = Math.ceil(min / step) * step; v <= max + step * 1e-9 && list.length < 30; v += step) list.push(Math.abs(v) < step * 1e-9 ? 0 : Number(v.toPrecision(12)));
  return list;
}

const decades = (min, max) => { const l = []; for (let e = Math.ceil(min); e <= max; e++) l.push(e); return l.length > 1 ? l : ticks(min, max, 4); };

/**
 * Draws points into a canvas. o: {x, y: Float64Array of equal length, names: [x, y], log: [bool, bool]}.
 * Returns how many points have a place. With a logarithm, what is not above zero has none.
 */
export function scatter(canvas, o) {
  const css = getComputedStyle(document.documentElement), col = (n) => css.getPropertyValue(n).trim(), d = devicePixelRatio, w = canvas.clientWidth, h = canvas.clientHeight;
  canvas.width = w * d;
  canvas.height = h * d;
  const c = canvas.getContext("2d"), left = 66, bottom = 40, top = 10, right = 12;
  c.setTransform(d, 0, 0, d, 0, 0);
  const put = (v, log) => (log ? (v > 0 ? Math.log10(v) : NaN) : v);
  const xs = o.x.map((v) => put(v, o.log[0])), ys = o.y.map((v) => put(v, o.log[1]));
  let n = 0, x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) continue;
    n++;
    x0 = Math.min(x0, xs[i]); x1 = Math.max(x1, xs[i]); y0 = Math.min(y0, ys[i]); y1 = Math.max(y1, ys[i]);
  }
  if (!n) return 0;
  const pad = (a, b) => { const p = (b - a || Math.abs(a) || 1) * 0.04; return [a - p, b + p]; };
  [x0, x1] = pad(x0, x1);
  [y0, y1] = pad(y0, y1);
  const X = (v) => left + ((v - x0) / (x1 - x0)) * (w - left - right), Y = (v) => h - bottom - ((v - y0) / (y1 - y0)) * (h - bottom - top);
  const word = (v, log) => { const t = log ? 10 ** v : v; return (Math.abs(t) >= 1e5 || (t !== 0 && Math.abs(t) < 1e-3) ? t.toExponential(0) : String(Number(t.toPrecision(6)))).replaceAll("-", "−"); };
  c.font = `12px ${col("--sans")}`;
  c.lineWidth = 1;
  c.strokeStyle = col("--line");
  c.fillStyle = col("--text-2");
  c.textAlign = "center";
  c.textBaseline = "top";
  for (const t of o.log[0] ? decades(x0, x1) : ticks(x0, x1, w / 110)) { c.beginPath(); c.moveTo(X(t), top); c.lineTo(X(t), h - bottom); c.stroke(); c.fillText(word(t, o.log[0]), X(t), h - bottom + 5); }
  c.fillText(o.names[0], left + (w - left - right) / 2, h - 17);
  c.textAlign = "right";
  c.textBaseline = "middle";
  for (const t of o.log[1] ? decades(y0, y1) : ticks(y0, y1, h / 60)) { c.beginPath(); c.moveTo(left, Y(t)); c.lineTo(w - right, Y(t)); c.stroke(); c.fillText(word(t, o.log[1]), left - 6, Y(t)); }
  c.save();
  c.translate(12, top + (h - bottom - top) / 2);
  c.rotate(-Math.PI / 2);
  c.textAlign = "center";
  c.fillText(o.names[1], 0, 0);
  c.restore();
  c.fillStyle = col("--d-proc");
  c.globalAlpha = n > 3000 ? 0.45 : 0.7;
  const r = n > 3000 ? 2 : 3.2;
  for (let i = 0; i < xs.length; i++) if (Number.isFinite(xs[i]) && Number.isFinite(ys[i])) c.fillRect(X(xs[i]) - r / 2, Y(ys[i]) - r / 2, r, r);
  c.globalAlpha = 1;
  return n;
}

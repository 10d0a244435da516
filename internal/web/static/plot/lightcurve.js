// The panels of a light curve: raw with trend, processed, and the strip with the
// whole span, all on one window of time. Draws and takes keys and gestures; what
// stands around it is the card's.

import { TimeWindow, axis, gestures, hidden, isSmall, make, theme, tickText, timeAxis } from "./chart.js";
import { clip, dots, ground, panel, sectorNames, viewOf } from "./painter.js";
import { WHY, lower, nearest, yLimits } from "./series.js";

/**
 * @typedef {Object} CurveView everything that is drawn beside the points
 * @property {{from:number,to:number,label:string}[]} sectors
 * @property {[number,number][]} gaps
 * @property {import("./fold.js").Ephemeris[]} ephemerides
 * @property {string} scale BKJD or BTJD
 */

export class LightCurvePlot {
  /**
   * @param {{U:any, raw:HTMLElement, processed:HTMLElement, nav:HTMLElement, signal:AbortSignal,
   *   onWindow:()=>void, onPoint:(i:number, spoken:boolean)=>void}} o
   *   onPoint: row under the pointer or the keys, −1 for none
   */
  constructor(o) {
    this.o = o;
    this.plots = {};
    this.view = "both";
    this.shown = "";
    this.layers = { trend: true, quality: true, outlier: true, other: true, noflux: true, gaps: true, transits: true };
    this.point = -1;
    this.frames = [];
    theme.follow(() => this.redraw(true), o.signal);
    o.signal.addEventListener("abort", () => { this.#destroy(); this.resize.disconnect(); });
    for (const host of [o.raw, o.processed, o.nav]) host.addEventListener("keydown", (e) => this.#key(e), { signal: o.signal });
    let width = 0, timer = 0;
    this.resize = new ResizeObserver(([e]) => {
      const w = Math.round(e.contentRect.width);
      if (w === width) return;
      const first = width === 0;
      width = w;
      clearTimeout(timer);
      if (!first && w > 0 && this.s) timer = setTimeout(() => this.build(), 80);
    });
    this.resize.observe(o.nav.parentElement);
  }

  /**
   * @param {import("./series.js").Series} s
   * @param {CurveView} v
   * @param {[number, number]|null} window null: the window stays, or the whole span
   */
  setData(s, v, window = null) {
    const edge = Math.max(0.01 * (s.last - s.first), 5 * s.step);
    const bounds = [s.first - edge, s.last + edge], was = this.window;
    this.s = this.drawn = s; this.v = v; this.point = -1;
    this.detail = null;
    this.window = new TimeWindow(...bounds, Math.min(bounds[1] - bounds[0], 12 * s.step), () => this.#moved());
    const keep = was && was.from < bounds[1] && was.to > bounds[0] && (was.from > was.bounds[0] || was.to < was.bounds[1]);
    const [from, to] = window ?? (keep ? [was.from, was.to] : bounds);
    const w = Math.min(Math.max(to - from, this.window.narrowest), bounds[1] - bounds[0]);
    this.window.from = Math.max(bounds[0], Math.min(bounds[1] - w, from));
    this.window.to = this.window.from + w;
    this.navLimits = this.#navLimits();
    this.build();
  }

  /**
   * Takes all points of a stretch of a series that was thinned out; they are
   * drawn while the window lies within it.
   * @param {{series:import("./series.js").Series, from:number, to:number}} s
   */
  setDetail(s) {
    this.detail = s;
    this.#choose();
  }

  /** Takes the finest series that covers the window; true if that is another than before. */
  #choose() {
    const { from, to } = this.window, d = this.detail;
    const best = d !== null && d.from <= from && d.to >= to ? d.series : this.s;
    if (best === this.drawn) return false;
    this.drawn = best;
    this.point = -1;
    this.build();
    return true;
  }

  setView(view) { this.view = view; if (this.s) this.build(); }
  setShown(shown) { this.shown = shown; this.redraw(true); }
  setLayer(name, on) { this.layers[name] = on; this.redraw(false); }
  setEphemerides(list) { if (this.v) this.v.ephemerides = list; this.redraw(false); }

  redraw(axes) {
    for (const u of Object.values(this.plots)) u.redraw(false, axes);
  }

  /** Points in the window. */
  inView() {
    const [i0, i1] = this.drawn.range(this.window.from, this.window.to);
    return i1 - i0;
  }

  #destroy() {
    for (const k of Object.keys(this.plots)) { this.plots[k].destroy(); delete this.plots[k]; }
  }

  build() {
    this.#destroy();
    const { raw, processed, nav } = this.o, s = this.drawn, small = isSmall(), view = s.processed ? this.view : "raw", yWidth = this.#yWidth(small);
    raw.hidden = view === "processed";
    processed.hidden = view === "raw";
    const height = (small ? 180 : 210) * (view === "both" ? 1 : 2);
    if (view !== "processed") this.plots.raw = this.#panel("raw", raw, s.raw, height, yWidth, view === "both");
    if (view !== "raw") this.plots.processed = this.#panel("processed", processed, s.rel, height, yWidth, false);
    this.#nav(nav, small ? 60 : 66, yWidth);
    this.#moved();
  }

  /** Room for the longest label, the same in all panels, so that their times stand above one another. */
  #yWidth(small) {
    const longest = Math.max(...yLimits(this.s, this.s.raw, this.s.first, this.s.last).map((v) => Math.round(v).toLocaleString("en-US").length));
    return Math.max(small ? 50 : 62, Math.ceil((longest + (longest < 4 ? 3 : 0)) * 7.4 + 8));
  }

  #panel(kind, host, y, height, yWidth, above) {
    const { drawn: s, v, window: win } = this, alone = this.view === "raw" || !s.processed;
    const options = () => ({ C: theme.C, layers: this.layers, ephemerides: v.ephemerides, gaps: v.gaps, size: isSmall() ? 1.8 : 2.4, point: this.point, alone });
    return make(this.o.U, host, [s.time, y], {
      height, padding: [6, 8, above ? 7 : 0, 0],
      cursor: { drag: { x: false, y: false }, sync: { key: "lc", setSeries: false }, y: false, points: { show: false }, focus: { prox: -1 } },
      scales: { x: { time: false, min: win.from, max: win.to }, y: { range: () => yLimits(s, y, win.from, win.to) } },
      axes: [above ? axis({ show: false, size: 26 }) : timeAxis(() => this.#times()), axis({ size: yWidth, values: (u, list) => tickText(list) })],
      series: [{}, hidden],
      hooks: {
        ready: [(u) => gestures(u, win)],
        drawClear: [(u) => { this.started = performance.now(); const w = viewOf(u); clip(w, () => { ground(w, { ...v, showGaps: this.layers.gaps, C: theme.C }); if (!above) sectorNames(w, v.sectors, theme.C); }); }],
        draw: [(u) => { panel(viewOf(u), s, kind, options()); this.#timed(); }],
        setCursor: [(u) => this.#hover(u, y)],
      },
    });
  }

  /** Keeps how long the last drawings took, for the tests. */
  #timed() {
    this.frames.push(performance.now() - this.started);
    if (this.frames.length > 240) this.frames.shift();
  }

  #times() { return { scale: this.v.scale, shown: this.shown || this.v.scale }; }

  #nav(host, height, yWidth) {
    const { s } = this, [min, max] = this.window.bounds;
    const y = this.view === "processed" && s.processed ? s.rel : s.raw;
    this.handle = document.createElement("div");
    this.handle.className = "win";
    this.plots.nav = make(this.o.U, host, [[min, max], [0, 0]], {
      height, cursor: { show: false, drag: { x: false, y: false } },
      scales: { x: { time: false, min, max }, y: { range: () => this.navLimits } },
      axes: [timeAxis(() => this.#times(), { size: 22, grid: { show: false } }), axis({ size: yWidth, values: () => [], grid: { show: false } })],
      series: [{}, hidden],
      hooks: {
        drawClear: [(u) => { const w = viewOf(u); clip(w, () => { w.ctx.fillStyle = theme.C.seg; w.ctx.fillRect(w.box.left, w.box.top, w.box.width, w.box.height); }); }],
        draw: [(u) => { const w = viewOf(u); clip(w, () => dots(w, s, y, theme.C["d-raw"], 1.2)); this.#placeHandle(u); }],
        ready: [(u) => this.#strip(u)],
      },
    });
  }

  #navLimits() {
    const y = this.view === "processed" && this.s.processed ? this.s.rel : this.s.raw;
    return yLimits(this.s, y, this.s.first, this.s.last, 0.08);
  }

  /** Dragging the window moves it, dragging an edge resizes it, a press elsewhere brings it there. */
  #strip(u) {
    const o = u.over;
    o.append(this.handle);
    const edge = (e) => {
      const r = this.handle.getBoundingClientRect(), reach = e.pointerType === "touch" ? 16 : 7;
      if (Math.abs(e.clientX - r.left) <= Math.min(reach, r.width / 3 + 3)) return "left";
      if (Math.abs(e.clientX - r.right) <= Math.min(reach, r.width / 3 + 3)) return "right";
      return e.clientX > r.left && e.clientX < r.right ? "inside" : "outside";
    };
    const time = (e) => u.posToVal(e.clientX - o.getBoundingClientRect().left, "x");
    let part = "", grip = 0;
    o.addEventListener("pointerdown", (e) => {
      if (e.button) return;
      o.setPointerCapture(e.pointerId);
      part = edge(e);
      const w = this.window;
      if (part === "outside") { w.set(time(e) - w.width / 2, time(e) + w.width / 2); part = "inside"; grip = w.width / 2; } else grip = time(e) - w.from;
    });
    o.addEventListener("pointermove", (e) => {
      const w = this.window, t = time(e);
      if (!part) { o.style.cursor = { left: "ew-resize", right: "ew-resize", inside: "grab", outside: "pointer" }[edge(e)]; return; }
      if (part === "left") w.set(Math.min(t, w.to - w.narrowest), w.to);
      else if (part === "right") w.set(w.from, Math.max(t, w.from + w.narrowest));
      else w.set(t - grip, t - grip + w.width);
    });
    for (const type of ["pointerup", "pointercancel"]) o.addEventListener(type, () => { part = ""; });
    o.addEventListener("dblclick", () => this.window.all());
  }

  #placeHandle(u) {
    const l = u.valToPos(this.window.from, "x"), r = u.valToPos(this.window.to, "x");
    this.handle.style.left = `${l}px`;
    this.handle.style.width = `${Math.max(6, r - l)}px`;
  }

  #moved() {
    if (this.#choose()) return; // which built all anew
    const { from, to } = this.window;
    for (const k of ["raw", "processed"]) this.plots[k]?.setScale("x", { min: from, max: to });
    if (this.plots.nav) this.#placeHandle(this.plots.nav);
    this.o.onWindow();
  }

  /** The row that is closest to the pointer in both directions. */
  #hover(u, y) {
    if (this.point >= 0 || this.plots.nav === undefined) return;
    const { left, top } = u.cursor, s = this.drawn;
    if (left < 0 || top < 0) { if (u.cursor.event !== null) this.o.onPoint(-1, false); return; }
    if (!u.cursor.event) return; // another panel's pointer, told by it
    const t = u.posToVal(left, "x"), reach = Math.abs(u.posToVal(left + 6, "x") - t);
    const i0 = lower(s.time, t - reach), i1 = Math.min(lower(s.time, t + reach), i0 + 3000);
    let best = -1, far = Infinity;
    for (let i = i0; i < i1; i++) {
      if (!(y[i] === y[i])) continue;
      const dx = u.valToPos(s.time[i], "x") - left, dy = u.valToPos(y[i], "y") - top, d = dx * dx + dy * dy * 0.25;
      if (d < far) { far = d; best = i; }
    }
    this.o.onPoint(best, false);
  }

  /** Steps into the points, or out of them. */
  setPoint(i) {
    this.point = i;
    if (i >= 0) {
      const t = this.drawn.time[i], w = this.window;
      if (t < w.from || t > w.to) w.set(t - w.width / 2, t + w.width / 2);
    }
    this.redraw(false);
    this.o.onPoint(i, true);
  }

  #step(by) {
    const s = this.drawn;
    let i = this.point + by;
    const dir = Math.sign(by);
    while (i >= 0 && i < s.length && s.why[i] === WHY.noflux) i += dir;
    if (i >= 0 && i < s.length) this.setPoint(i);
  }

  #key(e) {
    if (!this.s || e.ctrlKey || e.metaKey || e.altKey) return;
    const w = this.window, inPoints = this.point >= 0;
    const keys = {
      ArrowLeft: () => (inPoints ? this.#step(e.shiftKey ? -10 : -1) : w.pan(e.shiftKey ? -0.9 : -0.15)),
      ArrowRight: () => (inPoints ? this.#step(e.shiftKey ? 10 : 1) : w.pan(e.shiftKey ? 0.9 : 0.15)),
      "+": () => w.zoom(0.6), "=": () => w.zoom(0.6), "-": () => w.zoom(1 / 0.6), 0: () => w.all(),
      Home: () => (inPoints ? this.setPoint(0) : w.set(w.bounds[0], w.bounds[0] + w.width)),
      End: () => (inPoints ? this.setPoint(this.drawn.length - 1) : w.set(w.bounds[1] - w.width, w.bounds[1])),
      Enter: () => { if (!inPoints && e.currentTarget !== this.o.nav) this.setPoint(nearest(this.drawn.time, (w.from + w.to) / 2)); },
      Escape: () => { if (inPoints) this.setPoint(-1); },
    };
    const f = keys[e.key];
    if (!f || (e.key === "Escape" && !inPoints)) return;
    f();
    e.preventDefault();
    e.stopPropagation();
  }
}

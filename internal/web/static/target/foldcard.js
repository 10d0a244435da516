// Phase fold and periodogram: what repeats in the light curve.
import { isAbort } from "../api.js";
import { button, el, empty, failed, fill, waiting } from "../ui.js";
import { depth, epoch, fold } from "../plot/fold.js";
import { foldPlot, periodogramPlot } from "../plot/foldplot.js";
import { theme } from "../plot/chart.js";
import { num } from "../plot/times.js";
import { uPlot } from "../plot/uplot.js";
import { choice, select } from "./curvecard.js";
import { fetchPeriodogram } from "./data.js";

/** "toi 2026-11-24T13:00:52Z sha256:…" in words, with the digest for who points at it. */
function source(text) {
  const m = /^(koi|toi|k2|candidates|gaia)\s+(\d{4}-\d\d-\d\d)/.exec(text || "");
  return m ? el("a", { href: `/catalogs?table=${m[1]}`, title: text }, `${m[1].toUpperCase()} table, ${m[2]}`) : text || "";
}

export class FoldCards {
  /** @param {{signal:AbortSignal, state:Object, save:(part:Object)=>void}} o */
  constructor(o) {
    this.o = o;
    this.factor = 1;
    this.wide = false;
    this.parity = false;
    this.peak = null;
    this.sub = el("span", { class: "r" });
    this.bar = el("div", { class: "curve-bar" });
    this.plot = el("div", { class: "plot", role: "img" });
    this.facts = el("dl", { class: "kv" });
    this.foldNode = el("section", { class: "card fold", "aria-labelledby": "ph-h", hidden: true }, el("header", null, el("h2", { id: "ph-h" }, "Phase folded"), this.sub), this.bar, this.plot, el("div", { class: "body" }, this.facts));
    this.trials = el("span", { class: "r" });
    this.powerPlot = el("div", { class: "plot", role: "img" });
    this.verdict = el("div", { class: "body small muted" });
    this.powerNode = el("section", { class: "card power", "aria-labelledby": "bls-h", hidden: true }, el("header", null, el("h2", { id: "bls-h" }, "Periodogram (BLS)"), this.trials), this.powerPlot, this.verdict);
    theme.follow(() => { this.u?.redraw(false, true); this.pu?.redraw(false, true); }, o.signal);
    o.signal.addEventListener("abort", () => { this.u?.destroy(); this.pu?.destroy(); });
    let width = 0, timer = 0;
    const seen = new ResizeObserver(([e]) => {
      if (Math.round(e.contentRect.width) === width) return;
      const first = width === 0;
      width = Math.round(e.contentRect.width);
      clearTimeout(timer);
      if (!first && width) timer = setTimeout(() => { this.draw(); this.#power(); }, 90);
    });
    seen.observe(this.plot);
    o.signal.addEventListener("abort", () => seen.disconnect());
  }

  /** Takes a light curve that has been loaded. */
  async set(data, c) {
    this.U = await uPlot();
    if (this.o.signal.aborted) return;
    this.data = data;
    const periodic = data.meta.ephemerides.filter((e) => e.period > 0);
    this.planets = periodic;
    this.foldNode.hidden = !data.series.processed;
    this.powerNode.hidden = !data.series.processed;
    const key = JSON.stringify(c);
    if (this.key !== key) { this.key = key; this.power = undefined; this.peak = null; }
    this.draw();
    this.c = c;
    if (this.power === undefined && data.series.processed) this.#load();
  }

  /** What is folded on: a planet of the catalog, or a peak of the periodogram. */
  get base() {
    if (this.peak) return this.peak;
    return this.planets[Math.min(this.planets.length - 1, Number(this.o.state.planet) || 0)] ?? this.power?.best ?? null;
  }

  draw() {
    if (!this.data?.series.processed) return;
    this.u?.destroy();
    this.u = null;
    const e = this.base;
    if (!e) {
      fill(this.bar); fill(this.facts); fill(this.sub);
      fill(this.plot, empty("No ephemeris is known of this star. A peak of the periodogram gives one."));
      return;
    }
    fill(this.plot);
    const period = e.period * this.factor, all = this.wide || this.factor !== 1, s = this.data.series, used = { period, t0: e.t0 };
    const f = fold(s, used, { half: all ? period / 2 : Math.min(period / 2, 2 * e.duration) });
    fill(this.sub, `P ${period.toPrecision(9).replace(/\.?0+$/, "")} d`);
    this.#controls();
    this.u = foldPlot(this.U, this.plot, f, { duration: e.duration, parity: this.parity });
    this.#tell(e, used, s);
  }

  #controls() {
    const { state, save } = this.o, names = this.planets.map((p, k) => [k, p.object || `ephemeris ${k + 1}`]);
    if (this.peak) names.push(["peak", "peak"]);
    const redo = (f) => (v) => { f(v); this.draw(); this.#power(); };
    fill(this.bar,
      names.length > 1 && select("On", names, this.peak ? "peak" : state.planet || 0, redo((v) => { if (v !== "peak") { this.peak = null; save({ planet: v === "0" ? "" : v }); } })),
      choice("Period", [["0.5", "½P"], ["1", "1P"], ["2", "2P"]], String(this.factor), redo((v) => { this.factor = Number(v); })),
      el("button", { type: "button", class: "lg", "aria-pressed": String(this.parity), on: { click: redo(() => { this.parity = !this.parity; }) } }, "Odd/even"),
      this.factor === 1 && el("button", { type: "button", class: "lg", "aria-pressed": String(this.wide), on: { click: redo(() => { this.wide = !this.wide; }) } }, "Whole orbit"),
      this.peak && this.planets.length > 0 && button("Catalog", { small: true, on: redo(() => { this.peak = null; }) }));
  }

  #tell(e, used, s) {
    const near = fold(s, used, { half: Math.min(used.period / 2, 2 * e.duration) }), d = depth(near, e.duration), { scale } = this.data.meta, row = (k, v) => [el("dt", null, k), el("dd", null, v)];
    const ppm = (v) => (Number.isFinite(v.ppm) ? `${num(v.ppm)} ± ${num(v.err)} ppm` : "not measurable");
    const odd = depth(near, e.duration, 1), even = depth(near, e.duration, 0), apart = Math.abs(odd.ppm - even.ppm) / Math.hypot(odd.err, even.err);
    fill(this.facts, row("Epoch T₀", `${num(e.t0, 5).replaceAll(",", "")} ${scale}`), row("Duration", `${num(e.duration * 24, 2)} h`),
      e.depth_ppm > 0 && row(this.peak ? "Depth, periodogram" : "Depth, catalog", `${num(e.depth_ppm)} ppm`), row("Depth, measured", el("b", null, ppm(d))),
      this.parity && [row("Depth, odd", ppm(odd)), row("Depth, even", ppm(even)), Number.isFinite(apart) && row("Odd against even", `${num(apart, 1)} σ apart`)],
      row("Ephemeris source", source(e.source) || (this.peak ? "periodogram" : "–")));
    this.plot.setAttribute("aria-label", `Flux folded on ${num(used.period, 6)} days: ${Number.isFinite(d.ppm) ? `a dip ${num(d.ppm)} parts per million deep` : "no measurable dip"}, lasting ${num(e.duration * 24, 1)} hours.`);
  }

  async #load() {
    const c = this.c;
    fill(this.powerPlot, waiting(2)); fill(this.verdict); fill(this.trials);
    this.pu?.destroy(); this.pu = null;
    try {
      const p = await fetchPeriodogram(c, this.o.signal, { progress: (share, words) => this.#busy(share, words) });
      if (this.c !== c) return;
      this.power = p;
      this.#power();
      if (p && !this.planets.length) this.draw();
    } catch (e) {
      if (!isAbort(e) && !this.o.signal.aborted) fill(this.powerPlot, failed("The periodogram could not be made.", e, () => this.#load()));
    }
  }

  #power() {
    if (this.power === undefined || !this.data?.series.processed) return;
    this.pu?.destroy();
    this.pu = null;
    if (this.power === null) {
      this.powerPlot.removeAttribute("aria-label");
      this.powerPlot.setAttribute("role", "group");
      fill(this.powerPlot, empty("This server does not compute periodograms yet."));
      return;
    }
    fill(this.powerPlot);
    const p = this.power, { best } = p, known = this.planets[Number(this.o.state.planet) || 0];
    if (!best) {
      fill(this.powerPlot, empty(p.warnings[0] ?? "Nothing repeats: no period stands out."));
      return;
    }
    this.powerPlot.setAttribute("role", "img");
    this.powerPlot.setAttribute("aria-label", `Box least squares power against period. The highest peak is at ${num(best.period, 4)} days.`);
    fill(this.trials, `${num(p.trials)} trial periods`);
    this.pu = periodogramPlot(this.U, this.powerPlot, p, { marked: this.base?.period ?? best.period, choose: (q) => this.#choose(q) });
    fill(this.verdict, el("p", null, `Best ${num(best.period, 4)} d`, known && [", ", agreement(best.period, known.period)], `. Depth ${num(best.depth_ppm)} ppm, signal to noise ${num(best.snr, 1)}.`),
      p.warnings.map((w) => el("p", { class: "warnt" }, w)),
      el("div", { class: "row gap-t", role: "group", "aria-label": "Fold on a peak" }, (p.peaks.length ? p.peaks : [best]).slice(0, 5).map((k) => el("button", {
        type: "button", class: "lg", "aria-pressed": String(this.peak === k || (!this.peak && k === best && !known)), title: `depth ${num(k.depth_ppm)} ppm, signal to noise ${num(k.snr, 1)}`, on: { click: () => this.#fold(k) },
      }, `${num(k.period, 4)} d`, (k.known || k.ratio) && el("b", null, k.known || k.ratio)))));
  }

  /** Folds on a peak, or, of one that has no box of its own, on the deepest box at its period. */
  #choose(period) {
    if (!(period > 0)) return;
    const near = [...this.power.peaks, this.power.best].find((k) => Math.abs(period / k.period - 1) < 0.002), duration = Math.min(this.power.best.duration, period / 4);
    this.#fold(near ?? { period, t0: epoch(this.data.series, period, duration), duration, object: "peak", source: "periodogram" });
  }

  #fold(peak) {
    this.peak = peak;
    this.factor = 1;
    this.draw();
    this.#power();
  }

  /** How far the server is, in place of the plot. */
  #busy(share, words) {
    const known = Number.isFinite(share);
    fill(this.powerPlot, el("div", { class: "state" }, el("p", null, `Searching for transits: ${words}`), el("div", { class: "meter wide", role: "progressbar", "aria-label": "Periodogram", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": known ? String(Math.round(100 * share)) : null }, el("i", { style: { width: `${known ? 100 * share : 30}%` } }))));
  }
}

/** How a period compares with the catalog's. */
function agreement(found, known) {
  for (const [k, words] of [[1, "agrees with the catalog"], [0.5, "is half the catalog's period"], [2, "is twice the catalog's period"]]) {
    if (Math.abs(found / (known * k) - 1) < 0.003) return el("span", { class: k === 1 ? "okt strong" : "warnt strong" }, `${words} (Δ ${num(Math.abs(found - known * k) * 86400, 1)} s)`);
  }
  return el("span", { class: "warnt strong" }, `differs from the catalog's ${num(known, 4)} d`);
}

// The card of the light curve: panels, layers, readout, choice of what is shown,
// downloads.
import { isAbort } from "../api.js";
import { button, copy, count, el, empty, failed, fill, icon, menu, say, toast, waiting } from "../ui.js";
import { LightCurvePlot } from "../plot/lightcurve.js";
import { qualityWords } from "../plot/quality.js";
import { WHY, WHY_TEXT } from "../plot/series.js";
import { num, timeText } from "../plot/times.js";
import { uPlot } from "../plot/uplot.js";
import { curveAddress, readCurve, readRows, readStretch, UNPROCESSED } from "./data.js";

/** The layers: name, words, symbol, and the reason that is counted. */
const LAYERS = [
  ["trend", "Trend", () => el("path", { d: "M1 9c4-7 7 3 12-4", class: "k-trend" })],
  ["quality", "Quality flag", () => el("path", { d: "M3 3l8 8M11 3l-8 8", class: "k-quality" }), WHY.quality],
  ["outlier", "Outlier", () => el("path", { d: "M7 2l5.5 10h-11z", class: "k-outlier" }), WHY.outlier],
  ["other", "Other", () => el("path", { d: "M7 1.5L12.5 7 7 12.5 1.5 7z", class: "k-other" }), WHY.other],
  ["noflux", "No flux", () => el("path", { d: "M3 7v6M7 7v6M11 7v6", class: "k-noflux" }), WHY.noflux],
  ["gaps", "Gaps", () => el("rect", { x: "1", y: "1", width: "12", height: "12", rx: "2", class: "k-gap" })],
  ["transits", "Transits", () => el("path", { d: "M7 4l4 6H3z", class: "k-transit" })],
];
const TITLES = {
  quality: "Rows that the quality mask rejects", outlier: "Points too far from the others", noflux: "Rows to which the archive gives a time but no flux",
  other: "Doubled times, no positive trend, or dropped short segments", gaps: "Longer than the gap threshold",
};

/** Which triangle is whose. */
const planets = (list) => list.map((e, k) => `${e.object || "ephemeris"} (${["filled", "hollow"][k] ?? "upside down"})`).join(", ");

/** A group of buttons of which one is pressed. */
export function choice(label, options, value, on) {
  const box = el("div", { class: "seg", role: "group", "aria-label": label });
  for (const [v, words] of options) {
    box.append(el("button", { type: "button", "aria-pressed": String(v === value), data: { v }, on: { click: () => { mark(v); on(v); } } }, words));
  }
  const mark = (v) => { for (const b of box.children) b.setAttribute("aria-pressed", String(b.dataset.v === v)); };
  box.mark = mark;
  return box;
}

/** A select with its name. */
export function select(label, options, value, on) {
  return el("label", { class: "pick" }, el("span", null, label),
    el("select", { class: "field s", on: { change: (e) => on(e.target.value) } },
      options.map(([v, words]) => el("option", { value: v, selected: String(v) === String(value) }, words))));
}

export class CurveCard {
  /**
   * @param {{signal:AbortSignal, state:Object, save:(part:Object)=>void, choose:(part:Object)=>void, loaded:(d:Object)=>void, target:Object}} o
   *   state: of the address; save: changes of it that need no new data; choose: those that do
   */
  constructor(o) {
    this.o = o;
    this.node = el("section", { class: "card curve", "aria-labelledby": "lc-h" });
    this.node.curve = this; // for tests, and for who looks at the page with a script
    this.shownAt = {};
    this.#build();
  }

  #build() {
    const { state, save } = this.o, plot = (words) => ({ class: "plot", tabindex: "0", role: "group", "aria-roledescription": "interactive chart",
      "aria-label": words + " Arrow keys pan, plus and minus zoom, 0 shows everything, Enter steps into the points." });
    this.raw = el("div", plot("Raw flux against time."), this.rawLabel = el("span", { class: "lab" }, "Raw and trend"));
    this.processed = el("div", plot("Processed relative flux against time."), el("span", { class: "lab" }, "Processed"));
    this.nav = el("div", { class: "nav", tabindex: "0", role: "slider", "aria-label": "Time window", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0" });
    this.view = choice("Panels", [["raw", "Raw"], ["processed", "Processed"], ["both", "Both"]], state.view || "both", (v) => { this.plot?.setView(v); save({ view: v === "both" ? "" : v }); });
    this.tools = el("div", { class: "r tools" }, [
      ["plus", "Zoom in", () => this.plot?.window.zoom(0.6)], ["minus", "Zoom out", () => this.plot?.window.zoom(1 / 0.6)], ["home", "Show the whole time span", () => this.plot?.window.all()],
      ["table", "Show as table", () => this.#table()], ["dl", "Download this view", (e) => this.#downloads(e.currentTarget)],
    ].map(([name, label, on]) => el("button", { type: "button", "aria-label": label, title: label, on: { click: on } }, icon(name))));
    this.legend = el("div", { class: "legend", role: "group", "aria-label": "Layers" });
    this.read = el("div", { class: "read" });
    this.bar = el("div", { class: "curve-bar" });
    this.notes = el("div", { class: "curve-notes" });
    this.table = el("div", { class: "body", hidden: true });
    this.figure = el("figure", { hidden: true }, this.raw, this.processed, this.nav);
    this.place = el("div", { class: "curve-place" });
    this.node.append(el("header", null, el("h2", { id: "lc-h" }, "Light curve"), this.view, this.tools), this.bar, this.notes, this.legend, this.read, this.place, this.figure, this.table);
  }

  /** Loads what the choice names; the plot that stands is kept until the new one is there. */
  async load(c) {
    this.c = c;
    this.stop?.abort();
    this.stop = new AbortController();
    const signal = AbortSignal.any([this.o.signal, this.stop.signal]), U = await uPlot();
    if (!this.data) fill(this.place, this.#axes(() => this.stop.abort()));
    this.node.setAttribute("aria-busy", "true");
    try {
      this.data = await readCurve(c, {
        signal,
        first: (d) => this.#show(U, d, true),
        full: (d) => this.#show(U, d, false),
        progress: (read, total) => this.#progress(read, total),
      });
      await painted();
      if (signal.aborted) return;
      this.o.loaded(this.data);
    } catch (e) {
      if (!isAbort(e) && !this.o.signal.aborted) this.#fail(e, c);
      else if (this.stop.signal.aborted && !this.o.signal.aborted && !this.data) fill(this.place, empty("Loading was cancelled.", button("Load", { icon: "redo", on: () => this.load(c) })));
    } finally {
      this.node.removeAttribute("aria-busy");
    }
  }

  /** A faint axis that keeps the size of the card until there is something to plot. */
  #axes(cancel) {
    const box = waiting(1, { cancel });
    box.classList.add("plot-wait");
    return box;
  }

  #fail(e, c) {
    this.figure.hidden = true;
    this.data = null;
    fill(this.legend); fill(this.read); fill(this.notes);
    const other = c.params ? button("Back to the profile", { small: true, on: () => this.o.choose({ params: "" }) })
      : c.profile !== UNPROCESSED && button("Show the raw light curve", { small: true, on: () => this.o.choose({ profile: UNPROCESSED }) });
    fill(this.place, failed("The light curve could not be shown.", e, () => this.load(c)), el("div", { class: "body" }, other));
    this.o.failed?.(e);
  }

  #progress(read, total) {
    if (this.busy) return;
    this.busy = true;
    setTimeout(() => { this.busy = false; }, 200);
    if (this.loading) this.loading.textContent = `loading all points, ${num(Math.min(100, 100 * read / Math.max(1, total)))} %`;
  }

  #show(U, d, first) {
    this.data = d;
    fill(this.place);
    this.figure.hidden = false;
    if (!this.plot) {
      this.plot = new LightCurvePlot({ U, raw: this.raw, processed: this.processed, nav: this.nav, signal: this.o.signal,
        onWindow: () => this.#window(), onPoint: (i, spoken) => this.#point(i, spoken) });
      this.plot.view = this.o.state.view || "both";
      this.plot.shown = this.o.state.time || "";
    }
    const { from, to } = this.o.state, given = first && from !== "" && to !== "" && Number(from) < Number(to) ? [Number(from), Number(to)] : null;
    this.plot.setData(d.series, d.view, given ?? (first && !this.started ? this.#opening(d) : null));
    this.started = true;
    this.loading = first ? el("span", { class: "dim" }, "loading all points") : null;
    this.rawLabel.textContent = d.series.processed ? `Raw, ${d.meta.unit}, and trend` : `Raw, ${d.meta.unit}`;
    this.view.mark(d.series.processed ? this.plot.view : "raw");
    for (const b of this.view.children) b.disabled = !d.series.processed && b.dataset.v !== "raw";
    this.#bar(d);
    this.#notes(d);
    this.#layers(d);
    this.#window();
    requestAnimationFrame(() => { this.shownAt[first ? "first" : "full"] = performance.now(); });
  }

  /** The window at first: all of it, or of many months the first forty days. */
  #opening({ series, view }) {
    if (series.last - series.first <= 120) return null;
    const s = view.sectors[0] ?? { from: series.first };
    return [s.from - 1, s.from + 41];
  }

  /** What can be chosen: only what there is more than one of. */
  #bar(d) {
    const { state, target, choose, save } = this.o, m = d.meta, sectors = [...new Map(this.#known(m).map((s) => [s.sector_quarter, s.label]))];
    const cadences = [...new Set(this.#known(m).map((s) => Math.round(s.cadence_s)))].sort((a, b) => a - b), word = (s) => (s < 90 ? `${num(s)} s` : `${num(s / 60, s % 60 ? 1 : 0)} min`);
    fill(this.bar,
      target.missions.length > 1 && select("Mission", target.missions.map((x) => [x.mission, x.mission]), this.c.mission, (v) => choose({ mission: v, sector: "", cadence: "", from: "", to: "" })),
      (sectors.length > 1 || state.sector !== "") && select({ TESS: "Sector", K2: "Campaign" }[m.target.mission] ?? "Quarter", [["", "all"], ...sectors], state.sector, (v) => choose({ sector: v, from: "", to: "" })),
      (cadences.length > 1 || state.cadence !== "") && select("Cadence", [["", "all"], ...cadences.map((s) => [s, word(s)])], state.cadence, (v) => choose({ cadence: v })),
      select("Profile", [["transit", "transit"], ["default", "default"], [UNPROCESSED, "none, raw only"]], this.c.profile, (v) => choose({ profile: v, params: "" })),
      select("Times", [["", m.scale], ["BJD", "BJD"], ["UTC", "UTC"]], state.time, (v) => { this.plot.setShown(v); save({ time: v }); this.#window(); }));
  }

  /** All files of the choice without its sector and cadence, as far as they have been seen. */
  #known(meta) {
    const key = this.c.id + this.c.mission;
    if (this.seenOf !== key) { this.seenOf = key; this.seen = new Map(); }
    for (const s of meta.sectors) this.seen.set(s.source_path, s);
    return [...this.seen.values()];
  }

  #notes(d) {
    const list = d.meta.warnings.map((w) => el("p", { class: "note-warn" }, icon("warn"), el("span", null, w)));
    if (d.thinned) list.push(el("p", { class: "note-warn" }, icon("warn"), el("span", null, `${count(d.thinned.of)} points are too many to draw: about ${count(d.thinned.shown)} are shown, the lowest and highest of each stretch. Zoom in for all of them.`)));
    if (this.c.params) list.push(el("p", { class: "note-info" }, el("span", null, "Processed with parameters of your own."), button("Back to the profile", { small: true, on: () => this.o.choose({ params: "" }) })));
    fill(this.notes, list);
  }

  #layers(d) {
    const { counts } = d.series, gapsCount = d.view.gaps.length;
    fill(this.legend, LAYERS.map(([name, words, symbol, why]) => {
      const n = name === "gaps" ? gapsCount : why === undefined ? null : counts[why];
      if (n === 0 && (name === "other" || name === "noflux" || !d.series.processed) || name === "transits" && !d.view.ephemerides.length || name === "trend" && !d.series.processed) return null;
      const shown = n === null ? "" : d.thinned || d !== this.data || this.loading ? "…" : count(n);
      const b = el("button", { type: "button", class: "lg", "aria-pressed": String(this.plot.layers[name]), title: name === "transits" ? planets(d.view.ephemerides) : TITLES[name] }, el("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, symbol()), el("span", null, words), n !== null && [" ", el("b", null, shown)]);
      b.addEventListener("click", () => { const on = !this.plot.layers[name]; this.plot.setLayer(name, on); b.setAttribute("aria-pressed", String(on)); });
      return b;
    }));
  }

  /** Tells the window, in the readout, to screen readers, and in the address. */
  #window() {
    if (!this.plot?.s) return;
    const { scale } = this.plot.v, { from, to, bounds } = this.plot.window, shown = this.plot.shown || scale, digits = to - from > 5 ? 1 : 3;
    const words = `${shown} ${timeText(from, scale, shown, digits)} to ${timeText(to, scale, shown, digits)}`;
    this.nav.setAttribute("aria-valuetext", words);
    this.nav.setAttribute("aria-valuenow", String(Math.round(100 * (from + to - 2 * bounds[0]) / 2 / (bounds[1] - bounds[0]))));
    if (this.plot.point < 0) this.#overall();
    clearTimeout(this.saving);
    const all = from <= bounds[0] && to >= bounds[1];
    this.saving = setTimeout(() => { if (!this.o.signal.aborted && !this.loading) this.o.save(all ? { from: "", to: "" } : { from: from.toFixed(3), to: to.toFixed(3) }); }, 300);
    if (!this.table.hidden) this.#rows();
    if (this.data.thinned) this.#finer();
  }

  /** Asks for all points of the window once it rests and they are few enough. */
  #finer() {
    clearTimeout(this.resting);
    const { window: w, s, detail } = this.plot, c = this.c;
    if (detail && detail.from <= w.from && detail.to >= w.to) return;
    const [i0, i1] = s.range(w.from, w.to), share = this.data.thinned.of / s.length;
    if ((i1 - i0) * share > 50_000) return;
    this.resting = setTimeout(async () => {
      try {
        const more = 0.5 * w.width, d = await readStretch(c, this.data.meta, w.from - more, w.to + more, this.o.signal);
        if (this.c === c) this.plot.setDetail(d);
      } catch (e) {
        if (!isAbort(e)) say("The points of this window could not be read; the thinned-out ones stay."); // the plot goes on with what it has
      }
    }, 250);
  }

  #overall() {
    const { scale } = this.plot.v, { from, to } = this.plot.window, shown = this.plot.shown || scale, digits = to - from > 5 ? 1 : 3;
    fill(this.read, el("span", null, shown, " ", el("b", null, `${timeText(from, scale, shown, digits)} – ${timeText(to, scale, shown, digits)}`)),
      el("span", null, el("b", null, count(this.plot.inView())), " points in view"), this.loading,
      shown === "UTC" && el("span", { class: "hide-s", title: "Light reaches the barycentre up to 8.3 minutes before or after it reaches the telescope" }, "at the barycentre"),
      !this.loading && shown !== "UTC" && el("span", { class: "hide-s" }, "scroll zooms · drag pans · Shift-drag selects · ", el("kbd", null, "0"), " shows all"));
  }

  #point(i, spoken) {
    if (i < 0) { if (spoken) say("Left the points."); this.#overall(); return; }
    if (this.plot.point >= 0 && !spoken) return;
    const { meta } = this.data, s = this.plot.drawn, t = s.time[i], { scale } = this.plot.v, shown = this.plot.shown || scale;
    const parts = [[`${shown}`, timeText(t, scale, shown, 5)], ["raw", `${num(s.raw[i], Math.abs(s.raw[i]) < 1000 ? 2 : 0)} ${meta.unit}`]];
    if (s.processed && s.rel[i] === s.rel[i]) parts.push(["rel.", `${num((s.rel[i] - 1) * 1e6)} ppm`]);
    const more = el("span", { class: "more" }, this.#detail(t));
    fill(this.read, parts.map(([k, v]) => el("span", null, k, " ", el("b", null, v))), el("span", null, el("b", null, WHY_TEXT[s.why[i]])), more);
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.#ask(t, more, spoken), spoken ? 60 : 180);
    if (spoken) say(parts.map((p) => p.join(" ")).join(", ") + ", " + WHY_TEXT[s.why[i]]);
  }

  /** Cadence number and quality bits of a time, from what has been asked so far. */
  #detail(t) {
    const row = this.details?.get(t);
    if (!row) return "";
    const words = qualityWords(row.quality, this.data.meta.target.mission);
    return [row.cadence ? `cadence ${row.cadence}` : "", words.length ? words.join(", ") : "no quality flags"].filter(Boolean).join(" · ");
  }

  async #ask(t, place, spoken) {
    if (this.detailsOf !== this.c) { this.detailsOf = this.c; this.details = new Map(); }
    if (!this.details.has(t)) {
      const reach = 60 * this.data.series.step;
      try {
        const { columns: k } = await readRows(this.c, t - reach, t + reach, this.o.signal);
        k.time.forEach((x, i) => this.details.set(x, { cadence: k.cadence[i], quality: k.quality[i] }));
      } catch { return; } // the readout stays without them
    }
    const words = this.#detail(t);
    place.textContent = words;
    if (spoken && words) say(this.read.textContent);
  }

  /** The points in view as a table, at most 200 of them. */
  #table() {
    this.table.hidden = !this.table.hidden;
    if (!this.table.hidden) { this.#rows(); this.table.querySelector("[tabindex]")?.focus(); }
  }

  #rows() {
    const { meta } = this.data, s = this.plot.drawn, { from, to } = this.plot.window, [i0, i1] = s.range(from, to), end = Math.min(i1, i0 + 200), { scale } = this.plot.v, shown = this.plot.shown || scale;
    const rows = [];
    for (let i = i0; i < end; i++) {
      rows.push(el("tr", null, [timeText(s.time[i], scale, shown, 6), num(s.raw[i], 2), s.processed ? num(s.trend[i], 2) : "–", s.processed && s.why[i] === WHY.kept ? s.rel[i].toFixed(6) : "–"].map((v) => el("td", { class: "num" }, v)), el("td", null, WHY_TEXT[s.why[i]])));
    }
    fill(this.table, el("p", { class: "small muted" }, i1 > end ? `The first 200 of ${count(i1 - i0)} points in view; ` : `${count(i1 - i0)} points in view; `, el("a", { href: curveAddress(this.c, { format: "csv", from, to }), download: true }, "all of them as CSV")),
      el("div", { class: "tw curve-rows", tabindex: "0", role: "region", "aria-label": "Points in view" }, el("table", null,
        el("thead", null, el("tr", null, [`Time, ${shown}`, `Raw, ${meta.unit}`, "Trend", "Processed"].map((h) => el("th", { class: "num", scope: "col" }, h)), el("th", { scope: "col" }, "State"))), el("tbody", null, rows))));
  }

  #downloads(anchor) {
    if (!this.plot?.s) return;
    const { from, to } = this.plot.window, name = `${this.data.meta.target.id.replace(/\s+/g, "")}_${this.c.profile || "raw"}_${from.toFixed(2)}-${to.toFixed(2)}`;
    const o = { width: 1200, panelHeight: 300, dpr: 1, title: `${this.data.meta.target.name || this.data.meta.target.id}`, unit: this.data.meta.unit,
      note: `${this.data.meta.target.id} · ${this.data.meta.target.mission} ${this.data.meta.sectors.map((s) => s.label).filter((l, i, a) => a.indexOf(l) === i).slice(0, 12).join(" ")} · profile ${this.c.profile || "none"} · ${count(this.plot.inView())} points` };
    menu(anchor, [
      { words: "This view as PNG", icon: "dl", on: async () => save(await (await picture()).png(this.plot, o), name + ".png") },
      { words: "This view as SVG", icon: "dl", on: async () => save(new Blob([(await picture()).svg(this.plot, o)], { type: "image/svg+xml" }), name + ".svg") },
      { words: "Points in view as CSV", icon: "table", href: curveAddress(this.c, { format: "csv", from, to }), download: name + ".csv" },
      { words: "All points as CSV", icon: "table", href: curveAddress(this.c, { format: "csv" }), download: this.data.meta.target.id.replace(/\s+/g, "") + ".csv" },
      { words: "Copy API link", icon: "link", on: () => copy(new URL(curveAddress(this.c, { from, to }), location.origin).href, "API link copied.") },
    ], { label: "Downloads" });
  }
}

/** Waits until what was drawn is on the screen, so that what follows from it does not hold it up; not in a tab that nobody sees. */
const painted = () => new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); setTimeout(done, 150); });

/** What draws pictures is loaded when the first one is wanted. */
const picture = () => import("../plot/picture.js");

/** Hands bytes to the browser as a file. */
export function save(blob, name) {
  const a = el("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
  toast(`${name} saved.`);
}

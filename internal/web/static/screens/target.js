// The page of one star: who it is, its light curve and what repeats in it, and
// where every value comes from.
import { isAbort, post, follow } from "../api.js";
import { apiLink, button, card, chip, copy, count, el, empty, failed, fill, heading, icon, menu, number, show as showIn, style, time, toast, waiting } from "../ui.js";
import { CurveCard } from "../target/curvecard.js";
import { curveAddress, fileAddress, missions, readReports, readTarget, UNPROCESSED } from "../target/data.js";
import { catalogCard, filesView, jobsCard, stepsView, validationCard } from "../target/details.js";
import { FoldCards } from "../target/foldcard.js";
import { WHY, covered, scatter } from "../plot/series.js";
import { num } from "../plot/times.js";

/** What of the page stands in the address; empty: the usual. */
const STATE = ["mission", "sector", "cadence", "profile", "params", "view", "time", "planet", "from", "to"];

/** Draws the page. */
export async function show(root, { url, params, signal, go }) {
  await style("target.css");
  const id = params.id, target = await readTarget(id, signal);
  target.missions = missions(target);
  const page = new Page(root, target, url, signal, go);
  await page.draw();
}

/** What a disposition means, over all catalogs: the words, and whether it is good news. */
function disposition(target) {
  const all = (target.candidates ?? []).map((c) => c.disposition).concat((target.objects ?? []).map((o) => o.disposition)).filter(Boolean).map((d) => d.toUpperCase());
  const n = (target.candidates ?? []).filter((c) => c.disposition === "CONFIRMED").length;
  if (all.some((d) => ["CONFIRMED", "CP", "KP"].includes(d))) return chip("ok", n > 1 ? `${n} confirmed planets` : "Confirmed planet");
  if (all.some((d) => ["CANDIDATE", "PC", "APC"].includes(d))) return chip("warn", "Candidate");
  if (all.some((d) => ["FALSE POSITIVE", "FP", "FA", "REFUTED"].includes(d))) return chip("bad", "False positive");
  return all.length ? chip("n", all[0].toLowerCase()) : chip("n", "Not in the catalogs");
}

/** The first magnitude that a catalog gives. */
function magnitude(target) {
  for (const o of target.objects ?? []) for (const [k, words] of [["koi_kepmag", "Kp"], ["TESS mag", "T"], ["sy_vmag", "V"], ["sy_kepmag", "Kp"]]) {
    if (typeof o.values?.[k] === "number") return `${words} ${number(o.values[k], 2)}`;
  }
  return "";
}

class Page {
  constructor(root, target, url, signal, go) {
    Object.assign(this, { root, target, signal, go });
    this.url = new URL(url);
    this.state = Object.fromEntries(STATE.map((k) => [k, this.url.searchParams.get(k) ?? ""]));
    if (!this.#mission()) this.state.mission = "";
  }

  #mission() { return this.target.missions.find((m) => m.mission === this.state.mission) ?? this.target.missions[0]; }

  /** The profile that is shown first: one of which a result is kept, transit before default. */
  #profile() {
    if (["transit", "default", UNPROCESSED].includes(this.state.profile)) return this.state.profile;
    const kept = new Set((this.target.files ?? []).filter((f) => f.kind === "processed").map((f) => f.profile));
    return kept.has("transit") || !kept.has("default") ? "transit" : "default";
  }

  choice() {
    const m = this.#mission(), { sector, cadence, params } = this.state;
    return { id: m?.id ?? this.target.query, mission: m?.mission ?? "", sector, cadence, profile: this.#profile(), params };
  }

  /** Notes a part of the state in the address. */
  save(part) {
    Object.assign(this.state, part);
    const q = new URL(location.href);
    for (const k of STATE) { if (this.state[k] === "") q.searchParams.delete(k); else q.searchParams.set(k, this.state[k]); }
    this.go(q.pathname + q.search, { quiet: true });
  }

  /** As save, and loads what is now chosen. */
  choose(part) {
    this.save(part);
    if ("mission" in part) return this.go(location.pathname + location.search, { replace: true, stay: true }); // another number, other catalogs, other files
    return this.curve.load(this.choice());
  }

  async draw() {
    const t = this.target, { signal } = this, state = this.state;
    this.figures = el("dl", { class: "kpis", "aria-label": "Key figures" });
    this.folds = new FoldCards({ signal, state, save: (p) => this.save(p) });
    this.curve = new CurveCard({ signal, state, target: t, save: (p) => this.save(p), choose: (p) => this.choose(p), loaded: (d) => this.#loaded(d), failed: () => { this.folds.foldNode.hidden = this.folds.powerNode.hidden = true; } });
    this.reprocessing = el("div");
    this.steps = el("div");
    this.recipe = el("span");
    this.files = el("div");
    this.held = el("span");
    this.validation = undefined;
    this.jobs = jobsCard(signal);
    const held = t.missions.length > 0;
    fill(this.root, this.#crumb(), this.#head(held), this.#older(), held && this.figures, this.reprocessing,
      held ? el("div", { class: "grid" }, this.curve.node, el("div", { class: "stack" }, this.folds.foldNode, this.folds.powerNode)) : this.#none(),
      el("div", { class: "grid3" }, catalogCard(t, signal, this.url.searchParams.get("as_of")), held && validationCard(t, this.#mission(), signal, (v) => { this.validation = v; this.#figures(); }),
        held && card("Processing", { r: this.recipe }, this.steps), card("Files", { r: this.held }, this.files), this.jobs.node),
      el("p", { class: "foot" }, "Times are barycentric: BKJD = BJD − 2454833, BTJD = BJD − 2457000."));
    this.#files();
    this.#figures();
    fill(this.steps, waiting(4));
    if (held) await this.curve.load(this.choice());
  }

  /** Opens the form, which is loaded when it is first wanted. */
  async #reprocess(opener) {
    if (!this.data) { toast("The light curve is still loading."); return; }
    if (!this.reprocess) {
      const { Reprocess } = await import("../target/reprocess.js");
      this.reprocess ??= new Reprocess({ signal: this.signal, current: () => ({ data: this.data, choice: this.choice() }), use: (p) => this.choose(p), kept: () => this.#kept() });
      fill(this.reprocessing, this.reprocess.node);
    }
    this.reprocess.open(opener);
  }

  #files() {
    fill(this.held, this.target.files?.length ? `${count(this.target.files.length)} held` : "");
    fill(this.files, filesView(this.target, this.signal));
  }

  /** A new result stands among the files. */
  async #kept() {
    this.jobs.reload();
    try {
      this.target.files = (await readTarget(this.target.query, this.signal)).files;
      this.#files();
    } catch (e) {
      if (!isAbort(e)) toast("The list of files could not be brought up to date.");
    }
  }

  #crumb() {
    const m = this.#mission();
    return el("nav", { class: "crumb", "aria-label": "Where this is" }, el("a", { href: "/targets" }, "Targets"), el("span", { "aria-hidden": "true" }, "/"), m && [el("span", null, m.mission), el("span", { "aria-hidden": "true" }, "/")], el("span", { "aria-current": "page" }, this.target.name || this.target.query));
  }

  /** A state of the data from earlier is chosen: what of this page follows it. */
  #older() {
    const at = this.url.searchParams.get("as_of");
    return at && el("p", { class: "note-warn gap-b" }, icon("warn"), el("span", null, `You look at the data of ${time(at)}. The catalog row below is of then; files, light curves and jobs are the newest.`));
  }

  #head(held) {
    const t = this.target, m = this.#mission(), title = m?.id ?? t.ids?.[0] ?? t.name, parts = [...new Set([t.name, ...(t.aliases ?? [])])].filter((a) => a && a !== title);
    const shown = parts.slice(0, 5).join(" · ") + (parts.length > 5 ? ` and ${parts.length - 5} more` : "");
    const place = t.ra === null || t.ra === undefined ? "no coordinates known" : `RA ${number(t.ra, 5)}° Dec ${t.dec < 0 ? "" : "+"}${number(t.dec, 5)}°`;
    return heading(title, {
      name: t.name || title, chip: disposition(t), sub: el("span", { title: parts.join(" · ") }, [shown, place, magnitude(t)].filter(Boolean).join(" · ")),
      actions: [apiLink(() => `/api/v1/targets/${encodeURIComponent(t.query)}`),
        held && button("Re-process", { icon: "redo", on: (e) => this.#reprocess(e.currentTarget) }),
        held && button("Download", { icon: "dl", primary: true, on: (e) => this.#downloads(e.currentTarget) })],
    });
  }

  #downloads(anchor) {
    const c = this.choice(), files = (this.target.files ?? []).slice(0, 12);
    menu(anchor, [
      { words: "Light curve as CSV", icon: "table", href: curveAddress(c, { format: "csv" }), download: `${c.id.replace(/\s+/g, "")}.csv` },
      { words: "Light curve as JSON", icon: "code", href: curveAddress(c, { format: "json" }), download: `${c.id.replace(/\s+/g, "")}.json` },
      ...files.map((f) => ({ words: f.path.split("/").pop(), icon: "dl", note: f.kind, href: fileAddress(f.path), download: f.path.split("/").pop() })),
      { words: "Copy API link of the light curve", icon: "link", on: () => copy(new URL(curveAddress(c), location.origin).href, "API link copied.") },
    ], { label: "Downloads" });
  }

  /** There is no light curve: why, and the way to one. */
  #none() {
    const place = el("div", { class: "body" });
    const fetchThem = async (e) => {
      const b = e.currentTarget;
      b.disabled = true;
      try {
        const job = await post("/data/ingest/lightcurve", { target_name: this.target.ids?.[0] ?? this.target.query }, { wait: false, signal: this.signal });
        this.jobs.reload();
        const last = await follow(job.job_id ?? job.id, (j) => { b.lastChild.textContent = j.progress?.message || "Fetching"; }, this.signal);
        if (last.state !== "succeeded") throw Object.assign(new Error(last.error?.detail ?? `The job was ${last.state}.`), { hint: last.error?.hint });
        toast("The light curves are here.");
        this.go(location.pathname + location.search, { replace: true, stay: true });
      } catch (err) {
        if (!isAbort(err)) fill(place, failed("The light curves could not be fetched.", err, () => fill(place, ask())));
      }
    };
    const ask = () => empty("No light curves of this star are held yet. Fetch those of Kepler, K2 and TESS.", button("Fetch light curves", { icon: "dl", primary: true, on: fetchThem }));
    fill(place, ask());
    return el("section", { class: "card", "aria-labelledby": "lc-n" }, el("header", null, el("h2", { id: "lc-n" }, "Light curve")), place);
  }

  async #loaded(d) {
    this.data = d;
    this.reports = [];
    const c = this.choice();
    await this.folds.set(d, c);
    this.#figures();
    await showIn(this.steps, "The account of processing could not be read.", (s) => readReports(d.meta, s), (r) => {
      if (this.data !== d) return null;
      this.reports = r;
      fill(this.recipe, d.meta.recipe ? ["recipe ", el("code", { title: d.meta.recipe }, d.meta.recipe.slice(7, 11) + "…" + d.meta.recipe.slice(-2))] : "");
      this.#figures();
      return stepsView(d, r, (e) => this.#reprocess(e.currentTarget));
    }, { signal: this.signal });
  }

  #figures() {
    const d = this.data, kpi = (name, value, note, kind) => el("div", { class: "kpi" }, el("dt", null, name), el("dd", { class: kind }, value), el("dd", { class: "note", title: typeof note === "string" ? note : null }, note || "\u00a0"));
    const v = this.validation, valid = kpi("Validation", v === undefined ? "…" : v === null ? "Not yet" : v.errors ? "Errors" : v.warnings ? "Passed" : "Passed", v ? `${count(v.errors)} errors, ${count(v.warnings)} warnings` : v === null ? "not checked yet" : "", v ? (v.errors ? "badv" : "okv") : null);
    if (!d) { fill(this.figures, ["Points kept", "Removed", "Cadence", "Scatter, 6.5 h", "Transits covered"].map((n) => kpi(n, "…", "")), valid); return; }
    const s = d.series, n = s.length, kept = s.counts[WHY.kept], gone = n - kept, small = (w) => el("small", null, w), share = (a, b) => `${num(100 * a / Math.max(1, b), 1)} %`;
    const about = d.thinned ? "about " : "";
    fill(this.figures,
      kpi("Points kept", [about, count(kept), " ", small(`of ${count(n)}`)], `${share(kept, n)} of all rows`),
      kpi("Removed", [count(gone), " ", small(`(${share(gone, n)})`)], [[WHY.quality, "quality"], [WHY.outlier, "outlier"], [WHY.noflux, "no flux"], [WHY.other, "other"]].filter(([k]) => s.counts[k]).sort(([a], [b]) => s.counts[b] - s.counts[a]).map(([k, w]) => `${count(s.counts[k])} ${w}`).join(", ") || "none"),
      this.#cadence(d, kpi, small), this.#scatter(d, kpi, small), this.#covered(d, kpi, small), valid);
  }

  #cadence(d, kpi, small) {
    const all = [...new Set(d.meta.sectors.map((s) => s.cadence_s).filter(Boolean))].sort((a, b) => a - b), labels = new Set(d.meta.sectors.map((s) => s.label)), first = all[0] ?? d.series.step * 86400;
    const what = { TESS: "sector", K2: "campaign" }[d.meta.target.mission] ?? "quarter", some = (k, w) => `${count(k)} ${w}${k === 1 ? "" : "s"}`;
    return kpi("Cadence", [first < 90 ? num(first) : num(first / 60, 1), " ", small(first < 90 ? "s" : "min"), all.length > 1 && small(` and ${all.length - 1} more`)], `${some(labels.size, what)}, ${some(d.view.gaps.length + 1, "segment")}`);
  }

  #scatter(d, kpi, small) {
    const of = (k) => (this.reports ?? []).map((r) => r.metrics?.[k]?.cdpp_ppm).filter(Number.isFinite).sort((a, b) => a - b), mid = (l) => l[l.length >> 1];
    const kept = mid(of("processed")), before = mid(of("raw")), has = d.series.processed, here = scatter(d.series, has ? d.series.rel : d.series.raw);
    if (kept === undefined) return kpi("Scatter, 6.5 h", [num(here), " ", small("ppm")], has ? "estimated by the page" : "not processed"); // no account of a stored result
    return kpi("Scatter, 6.5 h", [num(kept), " ", small("ppm")], `${num(before)} ppm before`);
  }

  #covered(d, kpi, small) {
    const list = d.meta.ephemerides;
    if (!list.length) return kpi("Transits covered", "–", "no ephemeris known");
    const sum = list.map((e) => covered(d.series, e)).reduce((a, b) => ({ seen: a.seen + b.seen, all: a.all + b.all }), { seen: 0, all: 0 });
    return kpi("Transits covered", [count(sum.seen), " ", small(`of ${count(sum.all)}`)], `${num(100 * sum.seen / Math.max(1, sum.all))} % · ${count(sum.all - sum.seen)} fall in gaps`);
  }
}

// Processing anew: the parameters as the interface describes them, a preview
// that keeps nothing, the result beside the former one, and keeping it.
import { follow, isAbort } from "../api.js";
import { button, count, el, failed, fill, icon, show, toast } from "../ui.js";
import { comparePlot } from "../plot/compare.js";
import { depth, fold } from "../plot/fold.js";
import { WHY, scatter } from "../plot/series.js";
import { num } from "../plot/times.js";
import { uPlot } from "../plot/uplot.js";
import { choice } from "./curvecard.js";
import { process, readCurve, readParameters } from "./data.js";

/** The groups of the form: which parameter stands where, by the beginning of its name. */
const GROUPS = [
  ["Rows and gaps", /^(quality|flux_column|gap_|min_points|short_)/], ["Outliers", /^(remove_outliers|outlier|sigma|grow|mad_|iqr_|modz|clip_after)/],
  ["Isolation forest and ensemble", /^(iforest|ensemble)/], ["Baseline", /^(baseline|biweight)/], ["Transits", /^(ephemerides|protect|mask_|norm_exclude)/],
  ["Denoising and normalization", /^(wavelet|normalize)/], ["Others", /./],
];

/** The description of a parameter, parted into meaning and limits. */
function parted(p) {
  const [meaning, limits = ""] = (p.description ?? "").split(/ ?Allowed: /);
  return { meaning, limits: limits.replace(/\.$/, "") };
}

/** One control; value() is undefined while the profile's value holds, and throws what does not fit. */
function control(name, p, changed) {
  const id = "p-" + name, { meaning, limits } = parted(p), standard = p.default === undefined ? "" : Array.isArray(p.default) ? (p.default.length ? p.default.join(", ") : "none") : String(p.default);
  const box = el("div", { class: "p" }), err = el("small", { class: "err", id: id + "-e" });
  const note = () => { box.classList.toggle("set", raw() !== ""); err.textContent = ""; input.removeAttribute?.("aria-invalid"); changed(); };
  const common = { id, class: "field", "aria-describedby": `${id}-m ${id}-e`, on: { change: note, input: note } };
  const options = p.type === "boolean" ? ["true", "false"] : p.enum ?? null;
  let input, raw, parse;
  if (p.type === "array" && p.items?.enum) {
    const boxes = p.items.enum.map((v) => el("input", { type: "checkbox", value: v, on: { change: note } }));
    input = el("div", { class: "re-checks", id, role: "group", "aria-label": name, "aria-describedby": `${id}-m ${id}-e` }, boxes.map((b) => el("label", null, b, b.value)));
    raw = () => boxes.filter((b) => b.checked).map((b) => b.value).join(",");
    parse = (v) => v.split(",");
  } else if (options) {
    input = el("select", common, el("option", { value: "" }, `as the profile says${standard ? ` (default: ${standard})` : ""}`), options.map((o) => el("option", { value: o }, o)));
    raw = () => input.value;
    parse = (v) => (p.type === "boolean" ? v === "true" : v);
  } else {
    const numeric = p.type === "number" || p.type === "integer";
    input = el("input", { ...common, type: "text", inputmode: numeric ? "decimal" : null, placeholder: standard ? `default: ${standard}` : "unset", autocomplete: "off", spellcheck: "false" });
    raw = () => input.value.trim();
    parse = (v) => {
      if (numeric && !Number.isFinite(Number(v))) throw new Error("This must be a number.");
      if (/^[[{]/.test(v)) { try { return JSON.parse(v); } catch { throw new Error("This is not valid JSON."); } }
      return v !== "" && Number.isFinite(Number(v)) ? Number(v) : v;
    };
  }
  const label = p.type === "array" && p.items?.enum ? el("span", { class: "small strong" }, el("code", null, name)) : el("label", { for: id }, el("code", null, name));
  box.append(label, input, el("small", { id: id + "-m" }, meaning, limits && el("span", { class: "lim" }, ` Allowed: ${limits}.`)), err);
  const complain = (words) => { err.textContent = words; input.setAttribute("aria-invalid", "true"); box.closest("details")?.setAttribute("open", ""); };
  return {
    name, box, complain, focus: () => input.focus(),
    value: () => (raw() === "" ? undefined : parse(raw())),
    put: (v) => { if (input instanceof HTMLElement && "value" in input) input.value = typeof v === "object" ? JSON.stringify(v) : String(v); else for (const b of input.querySelectorAll("input")) b.checked = v.includes(b.value); box.classList.add("set"); },
  };
}

export class Reprocess {
  /** @param {{signal:AbortSignal, current:()=>({data:Object, choice:Object}), use:(part:Object)=>void, kept:()=>void}} o */
  constructor(o) {
    this.o = o;
    this.node = el("section", { class: "card re", "aria-labelledby": "re-h", hidden: true, id: "reprocess" });
    this.place = el("div", { class: "body" });
    this.node.append(el("header", null, el("h2", { id: "re-h", tabindex: "-1" }, "Process again"), el("span", { class: "r" }, button("", { icon: "x", label: "Close", small: true, on: () => this.close() }))), this.place);
  }

  close() { this.stop?.abort(); this.node.hidden = true; this.opener?.focus(); }

  open(opener) {
    this.opener = opener;
    this.node.hidden = false;
    if (!this.controls) show(this.place, "The parameters could not be read.", (s) => readParameters(s), (p) => this.#form(p), { signal: this.o.signal });
    this.node.scrollIntoView({ block: "nearest" });
    this.node.querySelector("h2").focus();
  }

  #form(properties) {
    const { choice: c } = this.o.current();
    this.profile = c.profile === "default" ? "default" : "transit";
    this.controls = Object.entries(properties).map(([name, p]) => control(name, p, () => this.#changed()));
    let set = {};
    try { set = JSON.parse(c.params || "{}"); } catch { set = {}; }
    for (const k of this.controls) if (k.name in set) k.put(set[k.name]);
    const left = new Set(this.controls);
    this.warn = el("div", { class: "curve-notes re-warn" });
    this.result = el("div");
    const groups = GROUPS.map(([title, pattern], i) => {
      const mine = [...left].filter((k) => pattern.test(k.name));
      for (const k of mine) left.delete(k);
      return mine.length ? el("details", { open: i === 0 }, el("summary", null, title, el("small", null, `${mine.length} parameter${mine.length === 1 ? "" : "s"}`)), el("div", { class: "re-grid" }, mine.map((k) => k.box))) : null;
    });
    this.#changed();
    return [
      el("div", { class: "row gap-b" }, el("span", { class: "small muted" }, "Profile"), choice("Profile", [["transit", "transit"], ["default", "default"]], this.profile, (v) => { this.profile = v; this.#changed(); }),
        el("span", { class: "small muted" }, "Parameters that are left empty have the profile's value.")),
      this.warn, groups,
      el("div", { class: "row gap-t" }, button("Preview", { icon: "curve", primary: true, on: () => this.#preview() }), button("Clear", { on: () => { this.controls = null; this.open(this.opener); } })),
      this.result,
    ];
  }

  #changed() {
    if (!this.warn) return;
    fill(this.warn, this.profile === "default" && el("p", { class: "note-warn" }, icon("warn"), el("span", null,
      "The profile default has the parameters of the user guide. At short cadence its baseline follows transits and takes most of them away, and its clipping on both sides deletes deep ones. Use transit for anything that has to do with planets.")));
  }

  /** The parameters that were set; null after telling what does not fit. */
  #params() {
    const out = {};
    let wrong = null;
    for (const k of this.controls) {
      try {
        const v = k.value();
        if (v !== undefined) out[k.name] = v;
      } catch (e) { k.complain(e.message); wrong ??= k; }
    }
    wrong?.focus();
    return wrong ? null : out;
  }

  async #preview() {
    const params = this.#params();
    if (!params) return;
    this.stop?.abort();
    this.stop = new AbortController();
    const signal = AbortSignal.any([this.o.signal, this.stop.signal]);
    const former = this.o.current(), c = { ...former.choice, profile: this.profile, params: Object.keys(params).length ? JSON.stringify(params) : "" };
    await show(this.result, "This could not be processed.", async () => {
      try { return await readCurve(c, { signal, first: () => {}, full: () => {} }); } catch (e) { this.#refused(e); throw e; }
    }, (d) => this.#compare(former, d, c), { signal });
    this.after?.();
    this.after = null;
  }

  /** Shows at each parameter what the server has against it. */
  #refused(e) {
    const list = e.extra?.parameters;
    if (!Array.isArray(list)) return;
    for (const bad of list) this.controls.find((k) => k.name === bad.name)?.complain(`${bad.message ?? "The server refuses this value."}${bad.limits ? ` Allowed: ${bad.limits}` : ""}`);
    this.controls.find((k) => k.name === list[0]?.name)?.focus();
  }

  #compare(former, d, c) {
    const numbers = [former.data, d].map(figures), plots = el("div", { class: "re-plots" });
    this.after = async () => {
      const U = await uPlot();
      this.drawn?.abort(); // those of the comparison before
      this.drawn = new AbortController();
      comparePlot(U, plots, [["Former", former.data], ["New", d]], AbortSignal.any([this.o.signal, this.drawn.signal]));
    };
    const rows = [
      ["Points kept", "kept", count, 1], ["Removed by quality", "quality", count, 0], ["Removed as outliers", "outlier", count, 0], ["Segments", "segments", count, 0],
      ["Scatter of 6.5 h means", "scatter", (v) => (Number.isFinite(v) ? `${num(v)} ppm` : "–"), -1], ["Transit depth", "depth", (v) => (Number.isFinite(v) ? `${num(v)} ppm` : "–"), 1],
    ];
    return [
      el("h3", { class: "gap-t" }, "Beside the former result"),
      el("div", { class: "curve-notes re-warn" }, d.meta.warnings.map((w) => el("p", { class: "note-warn" }, icon("warn"), el("span", null, w)))),
      el("div", { class: "re-result" },
        el("div", null, el("div", { class: "tw", tabindex: "0", role: "region", "aria-label": "Figures of both results" }, el("table", null,
          el("thead", null, el("tr", null, el("th", { scope: "col" }, "Figure"), el("th", { class: "num", scope: "col" }, `Former (${former.choice.profile}${former.choice.params ? ", own" : ""})`), el("th", { class: "num", scope: "col" }, `New (${c.profile}${c.params ? ", own" : ""})`))),
          el("tbody", null, rows.map(([words, k, f, good]) => {
            const [a, b] = numbers.map((n) => n[k]), kind = !good || !Number.isFinite(b - a) || Math.abs(b - a) < 1e-3 * Math.abs(a) ? "" : (b - a) * good > 0 ? "better" : "worse";
            return el("tr", null, el("th", { scope: "row" }, words), el("td", { class: "num" }, f(a)), el("td", { class: "num " + kind }, f(b), kind && el("span", { class: "sr" }, `, ${kind}`)));
          })))),
        el("div", { class: "row gap-t" }, button("Show the new one", { on: () => { this.o.use({ profile: c.profile, params: c.params }); this.close(); } }), button("Keep it", { primary: true, icon: "save", on: (e) => this.#keep(c, e.currentTarget) }))),
        plots),
    ];
  }

  /** Processes as a job, so that leaving the page does not end it. */
  async #keep(c, b) {
    b.disabled = true;
    const words = b.lastChild;
    try {
      const job = await process(c, this.o.signal, { wait: false });
      const id = job.job_id ?? job.id, last = id ? await follow(id, (j) => { words.textContent = j.progress?.total ? `${Math.round(100 * j.progress.done / j.progress.total)} %` : j.state; }, this.o.signal) : null;
      if (last && last.state !== "succeeded") throw Object.assign(new Error(last.error?.detail ?? `the job was ${last.state}`), { name: "JobError" });
      toast("The result is kept.");
      this.o.use({ profile: c.profile, params: c.params });
      this.o.kept();
    } catch (e) {
      if (!isAbort(e)) b.closest(".re-result").before(failed("The result could not be kept.", e, null));
    } finally {
      b.disabled = false;
      words.textContent = "Keep it";
    }
  }
}

/** The numbers of a result that are compared. */
function figures({ series: s, meta }) {
  const e = meta.ephemerides.find((x) => x.period > 0);
  return {
    kept: s.counts[WHY.kept], quality: s.counts[WHY.quality], outlier: s.counts[WHY.outlier], segments: meta.segments.length, scatter: scatter(s, s.rel),
    depth: e ? depth(fold(s, e, { half: Math.min(e.period / 2, 2 * e.duration) }), e.duration).ppm : NaN,
  };
}

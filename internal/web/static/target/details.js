// The cards below the light curve: catalog row over the versions, validation,
// steps of processing, files, jobs.
import { follow, get, isAbort, post } from "../api.js";
import { ago, button, bytesText, card, chip, count, digest, el, empty, failed, fill, icon, number, percent, show, since, toast } from "../ui.js";
import { num } from "../plot/times.js";
import { fileAddress, fileSize } from "./data.js";
import { choice } from "./curvecard.js";

const enc = encodeURIComponent;

// ---------- catalog row over the versions ----------

/** A value of a cell: what is not known is said to be so. */
const cell = (v) => (v === null || v === undefined || v === "" ? el("span", { class: "dim", title: "not measured" }, "–") : typeof v === "number" ? number(v) : String(v));

/** How much a value changed, relative where that means something. */
function change(a, b) {
  if (a === null || a === undefined) return "filled";
  if (b === null || b === undefined) return "emptied";
  if (typeof a !== "number" || typeof b !== "number") return "changed";
  const d = b - a, words = a !== 0 && Math.abs(d / a) >= 1e-4 ? `${num(100 * d / Math.abs(a), 2)} %` : Number(d.toPrecision(3)).toString().replace("-", "−").replace("e−", "e−");
  return d > 0 ? "+" + words : words;
}

/** The card of the rows that the catalogs have of the star; asOf: the time whose version is shown at first. */
export function catalogCard(target, signal, asOf) {
  const place = el("div");
  const objects = target.objects ?? [];
  const node = card("Catalog row, versions", { class: "span2", r: objects.length ? el("a", { href: `/catalogs?table=${objects[0].table}` }, `Open the ${objects[0].table.toUpperCase()} table`) : null }, place);
  if (!objects.length) {
    fill(place, empty("No catalog that is held lists this star."));
    return node;
  }
  const draw = (k) => show(place, "The versions of this row could not be read.", (s) => versionsOf(objects[k], s), (d) => versionsView(objects, k, draw, d, asOf), { signal });
  draw(0);
  return node;
}

async function versionsOf(object, signal) {
  const { versions } = await get(`/catalogs/${enc(object.table)}/versions`, { signal });
  const list = [...versions].sort((a, b) => a.number - b.number).slice(-6);
  const rows = await Promise.all(list.map((v) => get(`/catalogs/${enc(object.table)}/rows/${enc(object.key)}`, { signal, params: { version: v.id } }).catch((e) => {
    if (isAbort(e)) throw e;
    return null; // the version has no such row
  })));
  return { list, rows };
}

function versionsView(objects, k, draw, { list, rows }, asOf) {
  const place = el("div"), line = el("div", { class: "tl", role: "group", "aria-label": "Versions" });
  const pick = (i) => {
    [...line.children].forEach((b, j) => b.setAttribute("aria-pressed", String(i === j)));
    fill(place, rowView(list, rows, i));
  };
  list.forEach((v, i) => {
    const gone = rows[i] === null ? "not in it" : `${count(v.rows)} rows`;
    line.append(el("button", { type: "button", on: { click: () => pick(i) } }, el("b", null, `v${v.number}`), `${v.retrieved_at.slice(0, 10)} · ${gone}`));
  });
  const then = asOf ? list.filter((v) => v.retrieved_at <= asOf).length - 1 : list.length - 1;
  pick(Math.max(0, then));
  setTimeout(() => { line.scrollLeft = line.scrollWidth; });
  return [objects.length > 1 && el("div", { class: "row gap-b" }, choice("Object", objects.map((o, j) => [String(j), `${o.object} · ${o.table}`]), String(k), (v) => draw(Number(v)))), line, place];
}

const MAIN = /period|depth|duration|time0bk|epoch|prad|radius|teq|temp|disposition|insol|snr|steff|srad|kepmag|tess mag|score/i;

function rowView(list, rows, i) {
  const now = rows[i]?.row, before = rows[i - 1]?.row, columns = rows[i]?.columns ?? [];
  if (!now) return el("p", { class: "muted" }, "This version has no such row.");
  const head = (words) => el("thead", null, el("tr", null, words.map((w, k) => el("th", { class: k && k < words.length - 1 ? "num" : null, scope: "col" }, w))));
  const changed = before ? columns.filter((c) => (now[c.name] ?? null) !== (before[c.name] ?? null)) : [];
  if (changed.length) {
    return el("div", { class: "tw", tabindex: "0", role: "region", "aria-label": "Changed cells" }, el("table", null, head(["Column", `v${list[i - 1].number}`, `v${list[i].number}`, "Change", "Unit"]),
      el("tbody", null, changed.map((c) => el("tr", null, el("td", null, el("code", null, c.name)), el("td", { class: "num" }, el("del", null, cell(before[c.name]))), el("td", { class: "num" }, el("ins", null, cell(now[c.name]))), el("td", { class: "num" }, change(before[c.name], now[c.name])), el("td", null, c.unit ?? ""))))));
  }
  const main = columns.filter((c) => MAIN.test(c.name) && !/_err\d?$/.test(c.name) && now[c.name] !== null && now[c.name] !== undefined).slice(0, 14);
  const err = (name) => {
    const up = now[name + "_err1"], down = now[name + "_err2"];
    return typeof up === "number" && typeof down === "number" ? el("small", { class: "dim" }, ` +${number(up)} ${number(down)}`) : null;
  };
  return [before && el("p", { class: "small muted gap-b" }, `Nothing changed in this row from v${list[i - 1].number} to v${list[i].number}.`),
    el("div", { class: "tw", tabindex: "0", role: "region", "aria-label": "Values of the row" }, el("table", null, head(["Column", "Value", "Unit"]),
      el("tbody", null, main.map((c) => el("tr", null, el("td", null, el("code", null, c.name)), el("td", { class: "num" }, cell(now[c.name]), err(c.name)), el("td", null, c.unit ?? "")))))),
  ];
}

// ---------- validation ----------

/** The newest report on the star's light curves. told({valid, errors, warnings}|null) is for the key figures. */
export function validationCard(target, mission, signal, told) {
  const place = el("div"), right = el("span", null);
  const node = card("Validation", { r: right }, place);
  const load = async (s) => {
    const id = mission?.id ?? target.query;
    const { reports } = await get("/data/validate/reports", { signal: s, params: { data_type: "lightcurve", target_name: id, limit: 1 } });
    if (!reports?.length) return null;
    return { entry: reports[0], doc: await get("/data/validate/reports/" + enc(reports[0].path.split("/").pop()), { signal: s }) };
  };
  const again = () => show(place, "The validation report could not be read.", load, (r) => {
    told(r && r.entry);
    fill(right, r ? since(r.entry.at) : "");
    return r ? reportView(r, check) : empty(mission ? "These light curves have not been validated yet." : "There is no light curve to validate.", mission && button("Validate now", { icon: "shield", on: check }));
  }, { signal });
  const check = async (e) => {
    const b = e?.currentTarget;
    if (b) b.disabled = true;
    try {
      await post("/data/validate", { data_type: "lightcurve", target_name: mission.id, mission: mission.mission }, { signal });
      again();
    } catch (err) {
      if (!isAbort(err)) fill(place, failed("The light curves could not be validated.", err, again));
    }
  };
  again();
  return node;
}

const FIRST = ["TIME", "PDCSAP_FLUX", "PDCSAP_FLUX_ERR", "QUALITY", "SAP_QUALITY", "CADENCENO", "SAP_FLUX", "SAP_BKG", "MOM_CENTR1", "POS_CORR1"];

function reportView({ entry, doc }, check) {
  const r = doc.report ?? doc, columns = r.metrics?.completeness?.columns ?? {}, list = FIRST.filter((c) => c in columns).slice(0, 7);
  return [
    el("ul", { class: "bars" }, list.map((c) => {
      const v = columns[c], fine = v >= 0.8;
      return el("li", { class: fine ? null : "w" }, el("code", { title: c }, c.toLowerCase()), el("span", { class: "b" }, el("i", { style: { width: 100 * v + "%" } })), el("span", { class: "num" }, percent(v)),
        el("span", { class: fine ? "okt" : "warnt" }, icon(fine ? "check" : "warn", fine ? "complete" : "many are missing")));
    })),
    el("p", { class: "small muted gap-t row" }, chip(entry.errors ? "bad" : entry.warnings ? "warn" : "ok", entry.errors ? `${count(entry.errors)} errors` : entry.warnings ? `${count(entry.warnings)} warnings` : "Passed"), "share of rows with a value",
      button("Again", { small: true, on: check })),
    (r.findings ?? []).slice(0, 4).map((f) => el("p", { class: "small muted gap-t" }, el("code", null, f.column || f.rule), " ", f.message)),
  ];
}

// ---------- steps ----------

const STEP = {
  quality: "Quality mask", outliers: "Clip outliers", gaps: "Split at gaps", baseline: "Detrend", clip_after: "Clip after detrending", wavelets: "Wavelet denoising", denoise: "Wavelet denoising", normalize: "Normalize",
};

/** What the numbers of a step say in words. */
function stepWords(name, v, method, parameters) {
  switch (name) {
    case "quality": return `preset ${method}, bitmask 0x${Number(v.mask ?? 0).toString(16).toUpperCase()}`;
    case "outliers": case "clip_after": return `${method}, ${v.iterations ?? 1} ${v.iterations === 1 ? "pass" : "passes"}`;
    case "gaps": return `longer than ${number(parameters?.gap_threshold_hours)} h`;
    case "baseline": return [method, v.window && `window ${count(v.window)} cadences`, v.window_days && `${number(v.window_days)} d`, parameters?.protect_transits && "transits masked"].filter(Boolean).join(", ");
    default: return method ?? "";
  }
}

/** The account of processing of the curve that is shown. */
export function stepsView(data, reports, onProcess) {
  const stored = data.meta.sectors.filter((s) => s.path).length, all = data.meta.sectors.length;
  if (!data.series.processed) return empty("Nothing was processed.");
  if (!reports.length) return empty("This result was computed for the page and is not kept, so there is no account of its steps.", button("Process and keep", { icon: "redo", on: onProcess }));
  const byName = new Map();
  for (const r of reports) for (const s of r.steps ?? []) {
    const x = byName.get(s.name) ?? { ...s, removed: 0, segments: 0 };
    x.removed += s.points_before - s.points_after;
    x.segments += s.values?.segments ?? 0;
    byName.set(s.name, x);
  }
  const p = reports[0].parameters;
  return [
    stored < all && el("p", { class: "small muted" }, `${stored} of ${all} files have a stored result.`),
    el("ol", { class: "steps" }, [...byName.values()].map((s, i) => el("li", null, el("span", { class: "n" }, String(i + 1)), el("span", null, STEP[s.name] ?? s.name, el("small", null, stepWords(s.name, s.values ?? {}, s.method, p))),
      el("span", { class: "num" }, s.name === "gaps" ? `${count(s.segments)} segments` : s.removed ? `−${count(s.removed)}` : "–")))),
  ];
}

// ---------- files ----------

export function filesView(target, signal) {
  const list = target.files ?? [];
  if (!list.length) return empty("No files of this star are held.");
  const rows = list.slice(0, 60).map((f) => {
    const size = el("td", { class: "num" }, "…");
    return { f, size, tr: el("tr", null, el("td", null, el("a", { class: "cut", href: fileAddress(f.path), download: f.path.split("/").pop(), title: f.path }, f.path.split("/").pop()), el("small", { class: "dim block" }, [f.kind, f.profile && `profile ${f.profile}`, f.sector_quarter !== null && f.sector_quarter !== undefined && `no. ${f.sector_quarter}`].filter(Boolean).join(" · "))), size, el("td", null, digest(f.checksum)), el("td", null, since(f.retrieved_at))) };
  });
  (async () => { // one after the other: sizes are not worth a crowd of requests
    for (const r of rows) {
      try { r.size.textContent = bytesText(await fileSize(r.f.path, signal)); } catch (e) { if (isAbort(e)) return; r.size.textContent = "–"; }
    }
  })();
  return el("div", { class: "tw files", tabindex: "0", role: "region", "aria-label": "File list" }, el("table", null,
    el("thead", null, el("tr", null, el("th", { scope: "col" }, "File"), el("th", { class: "num", scope: "col" }, "Size"), el("th", { scope: "col" }, "SHA-256"), el("th", { scope: "col" }, "Came"))), el("tbody", null, rows.map((r) => r.tr))));
}

// ---------- jobs ----------

const JOB = { "preprocess.lightcurve": "Process light curves", "ingest.lightcurve": "Fetch light curves", "ingest.table": "Ingest a catalog", "ingest.batch": "Ingest all catalogs", validate: "Validate" };
const OVER = { succeeded: ["ok", "done"], failed: ["bad", "failed"], cancelled: ["n", "cancelled"] };

/** The newest jobs; those that run are followed live. */
export function jobsCard(signal) {
  const place = el("div"), live = el("span", null);
  const node = card("Jobs", { r: live }, place);
  const load = () => show(place, "The jobs could not be read.", (s) => get("/jobs", { signal: s, params: { limit: 5 } }), ({ jobs }) => {
    if (!jobs?.length) return empty("No job has run on this server yet.");
    return jobs.slice(0, 5).map((j) => jobView(j, signal, live));
  }, { signal });
  load();
  return { node, reload: load };
}

function jobView(job, signal, live) {
  const box = el("div", { class: "job" });
  const draw = (j) => {
    const [kind, words] = OVER[j.state] ?? [null, j.state], p = j.progress ?? {}, share = p.total > 0 ? Math.round(100 * p.done / p.total) : null;
    fill(box, el("div", null, el("span", null, JOB[j.kind] ?? j.kind), kind ? el("span", null, chip(kind, words)) : el("span", null, share === null ? words : `${share} %`)),
      !kind && el("div", { class: "meter", role: "progressbar", "aria-label": JOB[j.kind] ?? j.kind, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": share === null ? null : String(share) }, el("i", { style: { width: (share ?? 30) + "%" } })),
      !kind && p.message && el("div", { class: "dim small" }, el("span", null, p.message)),
      j.error && el("div", { class: "small badt" }, el("span", null, j.error.detail ?? "")),
      kind && j.finished_at && el("div", { class: "dim small" }, el("span", null, ago(j.finished_at))));
  };
  draw(job);
  if (!OVER[job.state]) {
    fill(live, el("i", { class: "live" }), "live");
    follow(job.id, draw, signal).catch((e) => { if (!isAbort(e)) toast("A job could not be followed."); });
  }
  return box;
}

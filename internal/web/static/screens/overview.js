// Overview: what is held, how fresh it is, what goes on. Each part is asked for
// on its own: what is there can be used while the rest is on its way.
import { get, follow, isAbort } from "../api.js";
import { el, fill, icon, chip, card, heading, show as place, empty, count, bytesText, since, time, ago, apiLink, percent } from "../ui.js";
import { stars } from "../stars.js";

const NAMES = { koi: "KOI", toi: "TOI", k2: "K2", gaia: "Gaia hosts", candidates: "All candidates" };
const DAYS = 30;
const DAY = 86_400_000;

export async function show(root, { url, signal }) {
  const asOf = url.searchParams.get("as_of") || "";
  const parts = { fresh: el("div"), activity: el("div"), jobs: el("div"), events: el("div"), storage: el("div") };
  const figures = Object.fromEntries(["stars", "curves", "rows", "warnings"].map((k) => [k, { value: el("dd", null, "–"), note: el("dd", { class: "note" }, "\u00a0") }]));
  const figure = (k, words, href) => el("div", { class: "kpi" }, el("dt", null, el("a", { href }, words)), figures[k].value, figures[k].note);
  root.append(
    heading("Overview", { sub: "What is held, how fresh it is, what goes on.", chip: asOf && chip("warn", "catalogs as of " + time(asOf)), actions: [apiLink(() => "/api/v1/data/ingestion/status")] }),
    el("dl", { class: "kpis four", "aria-label": "Key figures" }, figure("stars", "Targets", "/targets"), figure("curves", "Light curves", "/targets?held=yes"), figure("rows", "Catalog rows", "/catalogs?table=candidates"), figure("warnings", "Open warnings", link("validation", "/api/v1/data/validate/reports"))),
    el("div", { class: "grid" },
      el("div", { class: "stack one" }, card("Freshness", { r: "by catalog and mission" }, parts.fresh), card("Activity", { r: `${DAYS} days` }, parts.activity)),
      el("div", { class: "stack" }, card("Jobs", { r: el("a", { href: link("jobs", "/api/v1/jobs") }, "All jobs") }, parts.jobs), card("Storage", { r: el("a", { href: link("storage", "/api/v1/data/storage/stats") }, "Details") }, parts.storage))),
    el("div", { class: "after" }, card("Last changes in the catalogs", { r: el("a", { href: "/api/v1/feed.atom" }, "Feed") }, parts.events)));

  const o = { signal };
  const status = get("/data/ingestion/status", o), catalogs = get("/catalogs", o), reports = get("/data/validate/reports", { params: { limit: 200 }, signal });
  for (const p of [status, catalogs, reports]) p.catch(() => {}); // each place below tells of its own error
  numbers(figures, { status, catalogs, reports, asOf, signal });
  await Promise.all([
    place(parts.fresh, "The state of the catalogs is not known.", async (s) => [await again(status, "/data/ingestion/status", s), await again(catalogs, "/catalogs", s)], ([st, c]) => freshness(st, c.catalogs), o),
    place(parts.activity, "The activity is not known.", (s) => activity(catalogs, s), chart, o),
    place(parts.events, "The changes cannot be listed.", (s) => get("/feed.json", { params: { limit: 6 }, signal: s }), events, o),
    place(parts.storage, "The storage cannot be looked at.", (s) => get("/data/storage/stats", { signal: s }), storage, o),
    place(parts.jobs, "The jobs cannot be listed.", (s) => get("/jobs", { params: { limit: 6 }, signal: s }), (list) => jobs(list.jobs, signal), o),
  ]);
}

/** The screen if it exists, else the answer of the interface. */
const link = (screen, api) => (document.querySelector("meta[name=screens]").content.split(" ").includes(screen) ? "/" + screen : api);
/** The answer that was asked for already; when it has failed, a new try. */
const again = (promise, path, signal) => promise.catch(() => get(path, { signal }));

async function numbers(f, o) {
  const set = async (k, work) => {
    try {
      const [value, note] = await work();
      f[k].value.textContent = value;
      f[k].note.textContent = note;
    } catch (e) {
      if (!isAbort(e)) { f[k].value.textContent = "–"; f[k].note.textContent = e.status === 404 ? "nothing is held yet" : e.message; }
    }
  };
  await Promise.all([
    set("stars", async () => { const list = await stars(o.asOf); return [count(list.length), `${count(list.filter((s) => s.files).length)} with light curves here`]; }),
    set("curves", async () => { const m = Object.values((await o.status).lightcurves); return [count(sum(m, "files")), `of ${count(sum(m, "targets"))} stars, ${bytesText(sum(m, "bytes"))}`]; }),
    set("rows", async () => { const c = (await o.catalogs).catalogs.filter((x) => x.table !== "candidates" && x.rows); return [count(sum(c, "rows")), `in ${c.length} ${c.length === 1 ? "table" : "tables"}, ${count(sum(c, "versions"))} versions`]; }),
    set("warnings", async () => { const l = latest((await o.reports).reports); return [count(sum(l, "warnings")), `${count(sum(l, "errors"))} errors, in ${l.length} newest reports`]; }),
  ]);
}
const sum = (list, k) => list.reduce((n, x) => n + (x[k] || 0), 0);
/** The newest report of each table and star. */
const latest = (reports) => { const m = new Map(); for (const r of reports) { const k = r.data_type + " " + (r.target_name || ""); if (!m.has(k)) m.set(k, r); } return [...m.values()]; };

function freshness(status, catalogs) {
  const rows = catalogs.filter((c) => status.tables[c.table]).map((c) => {
    const t = status.tables[c.table];
    return el("tr", null, el("td", null, el("a", { href: "/catalogs?table=" + c.table }, NAMES[c.table])), el("td", { class: "num" }, count(t.records)), el("td", { class: "num hide-s" }, count(t.versions)),
      el("td", null, since(t.retrieved_at)), el("td", null, t.held ? chip("warn", `${t.held} held for approval`) : !t.records ? chip("n", "not ingested") : t.fresh ? chip("ok", "fresh") : chip("warn", "due")), el("td", null, t.next_due ? time(t.next_due) : "–"));
  });
  for (const [m, l] of Object.entries(status.lightcurves)) {
    const words = { kepler: "Kepler", tess: "TESS", k2: "K2" }[m] + " light curves";
    rows.push(el("tr", null, el("td", null, el("a", { href: "/targets?held=yes&mission=" + { kepler: "Kepler", tess: "TESS", k2: "K2" }[m] }, words)), el("td", { class: "num" }, count(l.files)), el("td", { class: "num hide-s" }, "–"), el("td", null, l.files ? since(l.newest) : "never"),
      el("td", null, chip("n", `${count(l.targets)} stars`)), el("td", null, bytesText(l.bytes))));
  }
  return el("div", { class: "tw", tabindex: "0", role: "region", "aria-label": "Freshness of each catalog and mission" }, el("table", null,
    el("thead", null, el("tr", null, el("th", null, "What"), el("th", { class: "num" }, "Rows, files"), el("th", { class: "num hide-s" }, "Versions"), el("th", null, "Retrieved"), el("th", null, "State"), el("th", null, "Next due, size"))), el("tbody", null, rows)));
}

/** Versions of tables and jobs by day. */
async function activity(catalogs, signal) {
  const c = (await again(catalogs, "/catalogs", signal)).catalogs.filter((x) => x.versions && x.table !== "candidates");
  const [lists, done] = await Promise.all([Promise.all(c.map((x) => get(`/catalogs/${x.table}/versions`, { signal }))), get("/jobs", { params: { limit: 200 }, signal })]);
  const today = Math.floor(Date.now() / DAY), days = Array.from({ length: DAYS }, (_, i) => ({ day: today - DAYS + 1 + i, tables: 0, done: 0, failed: 0 }));
  const at = (s) => days[Math.floor(new Date(s) / DAY) - days[0].day];
  for (const v of lists.flatMap((l) => l.versions)) { const d = at(v.retrieved_at); if (d) d.tables++; }
  for (const j of done.jobs) { const d = at(j.finished_at || j.created_at); if (d) d[j.state === "failed" ? "failed" : "done"]++; }
  return days;
}

function chart(days) {
  const most = Math.max(1, ...days.map((d) => d.tables + d.done + d.failed)), W = 20, H = 96;
  const name = (d) => new Date(d.day * DAY).toISOString().slice(0, 10);
  const tables = sum(days, "tables"), done = sum(days, "done"), bad = sum(days, "failed");
  const svg = el("svg", { class: "bars30", viewBox: `0 0 ${DAYS * W} ${H}`, preserveAspectRatio: "none", role: "img", "aria-label": `In ${DAYS} days ${tables} new versions of tables, ${done} jobs done, ${bad} failed.` });
  svg.append(el("line", { class: "base", x1: 0, x2: DAYS * W, y1: H - 0.5, y2: H - 0.5 }));
  days.forEach((d, i) => {
    let y = H;
    for (const [k, cls] of [["tables", "a"], ["done", "b"], ["failed", "c"]]) {
      const h = (d[k] / most) * (H - 8);
      if (h > 0) svg.append(el("rect", { class: cls, x: i * W + 3, width: W - 6, y: y - h, height: h }));
      y -= h;
    }
  });
  const key = (cls, words, n) => el("li", null, el("svg", { viewBox: "0 0 12 12", class: "sw", "aria-hidden": "true" }, el("rect", { class: cls, width: 12, height: 12, rx: 3 })), words, " ", el("b", null, count(n)));
  return [svg, el("div", { class: "ends" }, el("span", null, name(days[0])), el("span", null, "today")),
    el("ul", { class: "swatches" }, key("a", "new versions of tables", tables), key("b", "jobs done", done), key("c", "jobs failed", bad))];
}

function events(feed) {
  if (!feed.items.length) return empty("Nothing has changed since the tables came first. Differences stand here from the second download on.");
  return el("ul", { class: "events" }, feed.items.slice(0, 5).map((i) => {
    const x = i._exoplanetai || {}, star = x.event?.star;
    const href = star ? "/targets/" + encodeURIComponent(star) : safe(i.url);
    return el("li", null, chip("n", NAMES[x.table] || x.table || "change"), href ? el("a", { href }, i.title) : el("span", null, i.title), el("span", { class: "dim small" }, since(i.date_published)));
  }));
}
/** Only addresses of this server are followed. */
function safe(s) {
  try {
    const u = new URL(s, location.origin);
    return /^https?:$/.test(u.protocol) ? u.pathname + u.search : null;
  } catch {
    return null;
  }
}

function storage(s) {
  const kinds = new Map();
  for (const f of s.folders) { const k = f.path.split("/")[0]; const o = kinds.get(k) || { bytes: 0, files: 0 }; o.bytes += f.bytes; o.files += f.files; kinds.set(k, o); }
  const list = [...kinds].sort((a, b) => b[1].bytes - a[1].bytes), most = list[0]?.[1].bytes || 1, used = s.disk.used_percent;
  return [
    el("div", { class: "row wide" }, el("b", null, bytesText(s.total.bytes)), el("span", { class: "muted" }, `in ${count(s.total.files)} files`), el("span", { class: "grow" }), el("span", { class: "small muted" }, `disk ${Math.round(used)}\u2009% used`)),
    el("div", { class: "meter", role: "img", "aria-label": `Disk ${Math.round(used)} percent used` }, el("i", { style: { width: used + "%" } })),
    el("ul", { class: "bars top12" }, list.map(([k, v]) => el("li", null, el("code", null, k), el("span", { class: "b" }, el("i", { style: { width: Math.max(1, (100 * v.bytes) / most) + "%" } })), el("span", { class: "num" }, bytesText(v.bytes))))),
    el("p", { class: "small muted top12" }, s.integrity.last_full_at ? [icon("shield"), ` All bytes read back and found right ${ago(s.integrity.last_full_at)}.`] : `${percent(s.integrity.coverage || 0, 0)} of the bytes are proved.`),
  ];
}

function jobs(list, signal) {
  if (!list.length) return empty("No job has run yet. Ingesting, processing and verifying are jobs when they take long.");
  return list.map((j) => {
    const box = el("div", { class: "job" });
    job(box, j);
    if (j.state === "running" || j.state === "queued") follow(j.id, (next) => job(box, next), signal).catch((e) => { if (!isAbort(e)) job(box, { ...j, lost: true }); });
    return box;
  });
}

function job(box, j) {
  const p = j.progress || {}, share = p.total > 0 ? Math.min(1, p.done / p.total) : null, open = j.state === "running";
  const state = { succeeded: () => chip("ok", "done"), failed: () => chip("bad", "failed"), cancelled: () => chip("n", "cancelled"), queued: () => chip("n", "queued"), running: () => el("span", null, share === null ? count(p.done || 0) : Math.round(share * 100) + "\u2009%") }[j.state];
  fill(box, el("div", null, el("span", null, j.kind.replaceAll(".", " ")), el("span", null, j.lost ? chip("n", "reconnecting") : state?.() || j.state)),
    open && el("div", { class: "meter" + (share === null ? " striped" : ""), role: "progressbar", "aria-label": j.kind, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": share === null ? null : Math.round(share * 100) }, el("i", { style: { width: (share === null ? 100 : share * 100) + "%" } })),
    el("div", { class: "small dim" }, el("span", null, j.state === "failed" ? j.error?.detail || "" : p.message || ""), el("span", null, since(j.finished_at || j.started_at || j.created_at))));
}

// What the page of a star asks of the interface, in one place.
import { ApiError, address, bytes, follow, get, head, post } from "../api.js";
import { Series, gaps, runs } from "../plot/series.js";

const enc = encodeURIComponent;

/** Above this many points a plot is thinned out, and says so. */
export const MOST_POINTS = 200_000;
/** Points of the first, quick answer. */
const FIRST_POINTS = 4000;

/** The story of one star: names, rows, files. */
export const readTarget = (id, signal) => get("/targets/" + enc(id), { signal });

const FOLDER = { kepler: "Kepler", k2: "K2", tess: "TESS" };
const PREFIX = { Kepler: "KIC", K2: "EPIC", TESS: "TIC" };

/** The missions of which light curves are held, with the number by which each knows the star. */
export function missions(target) {
  const seen = new Map();
  for (const f of target.files ?? []) {
    const m = /^lightcurves\/(kepler|k2|tess)\//.exec(f.path)?.[1];
    if (m) seen.set(FOLDER[m], (seen.get(FOLDER[m]) ?? 0) + 1);
  }
  const numbered = (name) => target.ids?.find((i) => i.startsWith(PREFIX[name] + " ")) ?? target.query;
  return [...seen].map(([mission, files]) => ({ mission, files, id: numbered(mission) }));
}

/**
 * @typedef {{id:string, mission:string, sector:string, cadence:string, profile:string, params:string}} Choice
 *   which light curves, and how processed; empty: whatever the server takes
 */

/** The profile of those who want nothing processed. */
export const UNPROCESSED = "none";

/** The parameters of a choice. */
export const paramsOf = (c) => ({
  mission: c.mission, sector_quarter: c.sector, cadence_s: c.cadence,
  ...(c.profile === UNPROCESSED ? { series: "raw" } : { profile: c.profile, processing_params: c.params }),
});

/** The address of the light curve, for links and downloads. */
export const curveAddress = (c, more = {}) => address("/lightcurves/" + enc(c.id), { ...paramsOf(c), ...more });

/** Sectors, segments, flags, ephemerides, warnings: all but the points. */
export const readMeta = (c, signal) =>
  get("/lightcurves/" + enc(c.id), { signal, params: { ...paramsOf(c), format: "json", decimate: 16 } });

async function columns(c, series, decimate, signal, progress) {
  const answer = await bytes("/lightcurves/" + enc(c.id), { signal, progress, params: { ...paramsOf(c), series, format: "bin", decimate } });
  return { buffer: answer.bytes, headers: answer.headers };
}

/** How processed flux follows from raw flux and trend, by time. */
function recipeOf(meta, params) {
  let mode = "divide";
  try { mode = JSON.parse(params || "{}").baseline_mode ?? mode; } catch { /* the server will say what is wrong */ }
  const norms = extents(meta).filter((s) => s.norm).map((s) => ({ from: s.from, to: s.to, ...s.norm }));
  return { mode, norms };
}

/** From when to when each file goes, by its segments; overlapping files keep their own. */
export function extents(meta) {
  return meta.sectors.map((s, k) => {
    const mine = meta.segments.filter((g) => g.sector === k);
    return { label: s.label, norm: s.normalization, from: Math.min(...mine.map((g) => g.from)), to: Math.max(...mine.map((g) => g.to)) };
  }).filter((s) => s.to > s.from).sort((a, b) => a.from - b.from);
}

/** One entry per label: several files of a quarter are one quarter. */
function merged(list) {
  const out = [];
  for (const s of list) {
    const last = out[out.length - 1];
    if (last && (last.label === s.label)) last.to = Math.max(last.to, s.to);
    else out.push({ label: s.label, from: s.from, to: s.to });
  }
  return out;
}

/** What is drawn beside the points. */
export function viewOf(meta, series) {
  const segments = meta.segments.length ? meta.segments : runs(series.time, series.step);
  return { sectors: merged(extents(meta)), gaps: gaps(segments), ephemerides: meta.ephemerides, scale: meta.scale, unit: meta.unit };
}

/**
 * Reads a light curve: first a thinned-out one for a quick picture, then all of
 * it. `first` and `full` are called with {meta, series, view, thinned}.
 */
export async function readCurve(c, { signal, first, full, progress }) {
  const quick = columns(c, "raw", FIRST_POINTS, signal);
  quick.catch(() => {}); // told of by the other, which is waited for first
  const meta = await readMeta(c, signal), total = meta.decimated?.from ?? meta.points, recipe = recipeOf(meta, c.params);
  const thinned = total > MOST_POINTS ? { shown: MOST_POINTS, of: total } : null;
  const small = new Series((await quick).buffer, null, recipe);
  first({ meta, series: small, view: viewOf(meta, small), total });
  const decimate = thinned ? MOST_POINTS : null;
  let series = small, sent = [];
  if (thinned) series = new Series((await columns(c, "raw", decimate, signal, progress)).buffer, null, recipe);
  else {
    const told = [0, 0], tell = (k) => (n) => { told[k] = n; progress?.(told[0] + told[1], 2 * 17 * total); };
    sent = await Promise.all([columns(c, "raw", null, signal, tell(0)), meta.sectors.some((s) => s.recipe) ? columns(c, "processed", null, signal, tell(1)) : null]);
    series = new Series(sent[0].buffer, sent[1]?.buffer ?? null, recipe);
  }
  const done = { meta, series, view: viewOf(meta, series), total, thinned };
  full(done);
  return done;
}

/** All points of a stretch of a light curve that is too long to be drawn whole. */
export async function readStretch(c, meta, from, to, signal) {
  const part = (series) => bytes("/lightcurves/" + enc(c.id), { signal, params: { ...paramsOf(c), series, format: "bin", from, to } });
  const [raw, processed] = await Promise.all([part("raw"), meta.sectors.some((s) => s.recipe) ? part("processed") : null]);
  return { series: new Series(raw.bytes, processed?.bytes ?? null, recipeOf(meta, c.params)), from, to };
}

/** Every column of a few rows about a time: cadence numbers and quality bits are in no binary form. */
export const readRows = (c, from, to, signal) => get("/lightcurves/" + enc(c.id), { signal, params: { ...paramsOf(c), format: "json", from, to } });

/** The accounts of how the stored results came about: one for each file that has one. */
export async function readReports(meta, signal, most = 24) {
  const paths = meta.sectors.map((s) => s.path).filter(Boolean).slice(0, most).map((p) => p.replace(/\.fits$/, ".json"));
  const list = await Promise.allSettled(paths.map((p) => get("/files/" + p.split("/").map(enc).join("/"), { signal })));
  signal?.throwIfAborted();
  return list.filter((r) => r.status === "fulfilled").map((r) => r.value.report ?? r.value);
}

/** Processes and keeps the result. */
export const process = (c, signal, o = {}) => post("/data/preprocess/lightcurve", {
  target_name: c.id, mission: c.mission || null, sector_quarter: c.sector === "" ? null : Number(c.sector), cadence_s: c.cadence === "" ? null : Number(c.cadence),
  profile: c.profile || null, processing_params: c.params ? JSON.parse(c.params) : null,
}, { signal, ...o });

/** The parameters of preprocessing, as the interface describes them. */
export async function readParameters(signal) {
  const doc = await get("/openapi.json", { signal });
  return doc.components.schemas.PreprocessBody.properties.processing_params.properties;
}

export const fileAddress = (path) => address("/files/" + path.split("/").map(enc).join("/"));

/** Bytes of a file; null where the server does not say. */
export async function fileSize(path, signal) {
  const n = (await head("/files/" + path.split("/").map(enc).join("/"), { signal })).get("Content-Length");
  return n === null ? null : Number(n);
}

/**
 * @typedef {{period:number, t0:number, duration:number, depth_ppm:number, snr:number, sde?:number, ratio?:string, known?:string, object:string, source:string}} Peak
 *   days; t0 is the middle of a transit; ratio: to the stronger peak that it belongs to; known: the planet whose period it is
 * @typedef {{period_d:number[], power:number[], trials:number, best:Peak|null, peaks:Peak[], warnings:string[]}} Power periods ascending
 */

/**
 * The periodogram of the processed light curve of a choice. It is all that the
 * page knows of that route: GET below the light curve, or a job that it makes.
 * @param {{progress?:(share:number, words:string)=>void}} o
 * @returns {Promise<Power|null>} null: this server makes none
 */
export async function fetchPeriodogram(c, signal, o = {}) {
  let p;
  try {
    p = await get("/lightcurves/" + enc(c.id) + "/periodogram", { signal, params: paramsOf(c) });
  } catch (e) {
    if (e.status === 404 && /^there is no \/api\//.test(e.message)) return null; // no such route
    throw e;
  }
  const id = p.job_id ?? (p.period_d ? null : p.id);
  if (id) {
    const job = await follow(id, (j) => o.progress?.(j.progress?.total ? j.progress.done / j.progress.total : NaN, j.progress?.message || j.state), signal);
    if (job.state !== "succeeded") throw new ApiError("http", job.error?.detail ?? `the job was ${job.state}`, { hint: job.error?.hint, requestId: job.error?.request_id });
    p = job.result;
  }
  const n = p.period_d.length;
  if (n > 1 && p.period_d[0] > p.period_d[n - 1]) { p.period_d.reverse(); p.power.reverse(); } // grids of frequencies go down in period
  return { period_d: p.period_d, power: p.power, trials: p.periods ?? n, best: peakOf(p.best), peaks: (p.peaks ?? []).map(peakOf), warnings: p.warnings ?? [] };
}

/** A peak as something to fold on. */
function peakOf(p) {
  if (!p) return null;
  const known = p.object ? (p.object_ratio && p.object_ratio !== "1:1" ? `${p.object_ratio} of ${p.object}` : p.object) : "";
  return { period: p.period_d, t0: p.t0 ?? p.transit_time, duration: p.duration_d, depth_ppm: p.depth_ppm ?? p.depth?.ppm ?? NaN, snr: p.snr, sde: p.sde, ratio: p.harmonic_of === null || p.harmonic_of === undefined ? "" : p.ratio, known, object: "peak", source: "periodogram" };
}

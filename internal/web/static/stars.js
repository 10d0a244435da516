// The stars of the merged table of candidates: read once, kept while the page is open.
import { ApiError, text } from "./api.js";
import { parseCsv } from "./csv.js";
import { heldCurves, heldTable } from "./held.js";

const COLUMNS = ["candidate", "planet_name", "host_name", "kic", "tic", "epic", "disposition", "sources", "ra_deg", "dec_deg", "tess_mag", "kepler_mag", "aliases"];
const RANK = ["CONFIRMED", "CANDIDATE", "FALSE POSITIVE", "REFUTED"];
const kept = new Map(); // by state of the data

/** Missions by the catalogs that list their objects. */
export const MISSIONS = [["koi", "Kepler"], ["toi", "TESS"], ["k2", "K2"]];

/**
 * @typedef {{id: string, name: string, ids: string[], objects: string[], words: string, squeezed: string, order: string, disposition: string, missions: string[],
 *   ra: number, dec: number, mag: number|null, files: number}} Star
 * @returns {Promise<Star[]>} in the order of their names
 */
export function stars(asOf) {
  const old = kept.get(asOf);
  if (old && Date.now() - old.at < 120_000) return old.list;
  const list = read(asOf); // goes on when a screen is left: the next one wants it, too
  kept.set(asOf, { at: Date.now(), list });
  list.catch(() => { if (kept.get(asOf)?.list === list) kept.delete(asOf); });
  return list;
}

async function read(asOf) {
  if (!(await heldTable("candidates"))) throw new ApiError("http", "No catalog is held yet.", { status: 404 });
  const params = { columns: COLUMNS.join(","), limit: 100_000, format: "csv", as_of: asOf };
  const [csv, held] = await Promise.all([text("/catalogs/candidates", { params }), heldCurves().catch((e) => { if (e.status === 403) return new Map(); throw e; })]);
  const table = parseCsv(csv);
  await breath();
  return group(table, held);
}

/** Lets the page answer to people between long pieces of work. */
const breath = () => new Promise((done) => setTimeout(done));

async function group({ names, rows }, held) {
  const at = Object.fromEntries(names.map((n, i) => [n, i])), all = new Map(), seen = new Set();
  for (const [i, r] of rows.entries()) {
    if (i % 4000 === 3999) await breath();
    const ids = [r[at.kic], r[at.epic], r[at.tic]].filter(Boolean), id = ids[0] || r[at.host_name] || r[at.candidate];
    let s = all.get(id);
    if (!s) {
      s = { id, name: r[at.host_name] || id, ids, objects: [], words: "", disposition: "", missions: [], ra: num(r[at.ra_deg]), dec: num(r[at.dec_deg]), mag: num(r[at.kepler_mag] || r[at.tess_mag]), files: 0 };
      for (const n of ids) { const h = held.get(n); if (h) { s.files += h.files; seen.add(n); } }
      all.set(id, s);
    }
    s.objects.push(r[at.planet_name] || r[at.candidate]);
    s.words += r[at.candidate] + ";" + r[at.aliases] + ";";
    for (const [k, m] of MISSIONS) if (r[at.sources].includes(k) && !s.missions.includes(m)) s.missions.push(m);
    if (!s.disposition || rank(r[at.disposition]) < rank(s.disposition)) s.disposition = r[at.disposition];
  }
  for (const [n, h] of held) { // light curves of stars that no catalog lists
    if (!seen.has(n)) all.set(n, { id: n, name: n, ids: [n], objects: [], words: "", disposition: "", missions: [h.mission], ra: NaN, dec: NaN, mag: null, files: h.files });
  }
  const list = [...all.values()];
  await breath();
  for (const s of list) {
    s.squeezed = (s.name + ";" + s.ids.join(";") + ";" + s.words).toLowerCase().replace(/[\s-]+/g, "");
    s.order = natural(s.name);
  }
  await breath();
  return list.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
}

/** A text whose plain order is the order of names: numbers in it by their size. */
const natural = (s) => s.toLowerCase().replace(/\d+/g, (d) => d.padStart(12, "0"));

const num = (s) => (s === "" || s === undefined ? NaN : Number(s));
const rank = (d) => { const i = RANK.indexOf(d); return i < 0 ? RANK.length : i; };

/** How a disposition is shown. */
export const kindOf = (d) => (d === "CONFIRMED" ? "ok" : d === "CANDIDATE" ? "a" : "n");
/** "false positive" → "False positive" */
export const wordsOf = (d) => (d ? d[0] + d.slice(1).toLowerCase() : "not in a catalog");

/** A test whether all words of a search, separated by commas, are found in the names of a star; blanks and dashes do not matter. */
export function matcher(words) {
  const list = words.toLowerCase().split(",").map((w) => w.replace(/[\s-]+/g, "")).filter(Boolean);
  return (star) => list.every((w) => star.squeezed.includes(w));
}

/** The columns of a list of stars for table.js. */
export function starColumns(el, number, chip) {
  const degrees = (v, sign) => (Number.isNaN(v) ? "–" : (sign && v >= 0 ? "+" : "") + number(v, 4) + "°");
  return [
    { name: "name", label: "Star", width: 170, cell: (s) => el("a", { href: "/targets/" + encodeURIComponent(s.id) }, s.name) },
    { name: "ids", label: "Numbers", width: 250, sortable: false, cell: (s) => s.ids.join(" · ") || "–" },
    { name: "disposition", label: "Disposition", width: 150, cell: (s) => chip(kindOf(s.disposition), wordsOf(s.disposition)) },
    { name: "objects", label: "Planets and candidates", width: 230, cell: (s) => (s.objects.length ? `${s.objects.length}: ${s.objects.slice(0, 4).join(", ")}${s.objects.length > 4 ? ", …" : ""}` : "–") },
    { name: "missions", label: "Missions", width: 120, cell: (s) => s.missions.join(", ") },
    { name: "files", label: "Light curves", unit: "files here", width: 136, num: true, cell: (s) => (s.files ? String(s.files) : "–") },
    { name: "mag", label: "Brightness", unit: "mag", width: 100, num: true, cell: (s) => (s.mag === null || Number.isNaN(s.mag) ? "–" : number(s.mag, 2)) },
    { name: "ra", label: "RA", width: 110, num: true, cell: (s) => degrees(s.ra) },
    { name: "dec", label: "Dec", width: 110, num: true, cell: (s) => degrees(s.dec, true) },
  ];
}

/** Sorts a list of stars as a table asks. */
export function sorted(list, sort) {
  if (!sort.length) return list;
  const value = (s, name) => (name === "objects" ? s.objects.length : name === "missions" ? s.missions.join() : name === "name" ? s.order : s[name]);
  const unknown = (v) => v === null || v === "" || Number.isNaN(v);
  return [...list].sort((a, b) => {
    for (const { name, down } of sort) {
      const x = value(a, name), y = value(b, name);
      if (unknown(x) !== unknown(y)) return unknown(x) ? 1 : -1; // what is unknown comes last
      if (x !== y && !unknown(x)) return x < y !== down ? -1 : 1;
    }
    return 0;
  });
}

// What is known of the columns of the catalogs: which belong together, which
// are shown first, and how a cell is written.
import { el, number } from "./ui.js";

/** Columns shown unless others were chosen; those that a table does not have are passed over. */
const FIRST = {
  koi: ["kepoi_name", "kepler_name", "kepid", "koi_disposition", "koi_score", "koi_period", "koi_duration", "koi_depth", "koi_prad", "koi_teq", "koi_insol", "koi_model_snr", "koi_steff", "koi_srad", "koi_kepmag", "ra", "dec"],
  toi: ["TOI", "toi", "TIC ID", "tid", "TFOPWG Disposition", "tfopwg_disp", "Period (days)", "pl_orbper", "Duration (hours)", "pl_trandurh", "Depth (ppm)", "pl_trandep", "Planet Radius (R_Earth)", "pl_rade", "Planet Eq Temp (K)", "Planet Equil Temp (K)", "pl_eqt", "Planet SNR",
    "Stellar Teff (K)", "Stellar Eff Temp (K)", "st_teff", "Stellar Radius (R_Sun)", "st_rad", "TESS mag", "TESS Mag", "st_tmag", "RA (deg)", "RA", "ra", "Dec (deg)", "Dec", "dec", "Sectors", "Comments"],
  k2: ["pl_name", "hostname", "epic_hostname", "disposition", "discoverymethod", "disc_year", "pl_orbper", "pl_rade", "pl_bmasse", "pl_eqt", "pl_insol", "st_teff", "st_rad", "sy_vmag", "sy_dist", "ra", "dec"],
  candidates: ["candidate", "planet_name", "host_name", "disposition", "sources", "period_d", "duration_h", "depth_ppm", "radius_earth", "teq_k", "insolation_earth", "star_teff_k", "star_radius_sun", "distance_pc", "ra_deg", "dec_deg", "conflict_count"],
};

/** The column that says what an object is held to be, and others worth counting. */
export const FACETS = {
  koi: [["koi_disposition", "Disposition"]],
  toi: [["TFOPWG Disposition", "Disposition"], ["tfopwg_disp", "Disposition"]],
  k2: [["disposition", "Disposition"], ["discoverymethod", "Method"]],
  candidates: [["disposition", "Disposition"], ["sources", "Catalogs"]],
  gaia: [],
};

const GROUPS = [
  ["Star", /^(st_|star_|gaia_|sy_|Stellar|koi_s(teff|logg|rad|mass|met|age)|tess_mag|kepler_mag|distance_pc|parallax|hd_name|hip_name)|mag$/i],
  ["Flags and notes", /disp|flag|comment|score|vet|lim$|_limit$|_source$|refname|status|priority|^(Master|SG\d)|conflict|matched|Source|Detection|provenance|default|soltype|Observations|updat|date|alerted|modified|delivname|mod$/i],
  ["Orbit", /period|orbper|time0|epoch|tranmid|duration|trandur|impact|imppar|eccen|longp|sma|orbsmax|semi|inclin|incl$|ingress/i],
  ["Planet", /prad|radius|_rad[ej]|bmass|mass_|depth|trandep|teq|eqt|insol|ror|ratror|dor|radius_ratio|planet|snr|ESM|TSM|chisq|transits|sngle|mult_ev/i],
  ["Identity", /id$|name|^(toi|koi|k2|tic|kic|epic|ctoi)|candidate|aliases|hostname|letter|row_count|source|sources|^ra|^dec|^(RA|Dec)|PM |pm_|sector|quarters|campaign/i],
];
/** The group of a column in the column picker. */
export const groupOf = (name) => (/^(kepid|kepoi_name|kepler_name|TIC ID|TOI|candidate|sources|planet_name|aliases|ra_deg|dec_deg)$/.test(name) ? "Identity" : GROUPS.find(([, p]) => p.test(name))?.[0] || "Other");
export const groupOrder = ["Identity", "Orbit", "Planet", "Star", "Flags and notes", "Other"];

/**
 * Puts uncertainties to the columns they belong to.
 * @param {{name: string, type: string, unit?: string}[]} columns as the interface lists them
 * @returns {{name, type, unit, up?: string, down?: string, limit?: string}[]}
 */
export function paired(columns) {
  const have = new Set(columns.map((c) => c.name)), taken = new Set();
  const list = columns.map((c) => {
    const pick = (...names) => names.map((n) => c.name + n).find((n) => have.has(n));
    const up = pick("_err1", "err1", "_err_up", "_err", " err", "  err"), down = pick("_err2", "err2", "_err_down");
    const limit = pick("lim", "_limit");
    for (const n of [up, down, limit]) if (n) taken.add(n);
    return { ...c, up, down: down || up, limit };
  });
  return list.filter((c) => !taken.has(c.name));
}

/** The columns a table shows before anybody chose. */
export function firstColumns(table, columns) {
  const list = (FIRST[table] || []).filter((n) => columns.some((c) => c.name === n));
  return list.length > 3 ? list : columns.slice(0, 12).map((c) => c.name);
}

const NUMERIC = new Set(["int", "long", "short", "double", "float"]);
export const isNumeric = (c) => NUMERIC.has(c.type);
/** Numbers of stars are names: no thousands, at the left. */
export const isName = (c) => /^(kepid|tid|tic_id|TIC ID|TOI|toi|CTOI|gaia_id|rowid|disc_year)$/.test(c.name);

/** How wide a column must be, in pixels. */
export function widthOf(c) {
  const label = 26 + 7.2 * Math.min(24, c.name.length);
  const value = isNumeric(c) && !isName(c) ? (c.up ? (/period|orbper|time0|epoch|tranmid/i.test(c.name) ? 186 : 164) : 104) : /comment|notes|refname|aliases/i.test(c.name) ? 240 : /name|candidate|disp|aliases/i.test(c.name) ? 150 : 112;
  return Math.round(Math.max(label, value));
}

/** Uncertainties with as many digits as tell something. */
const short = (v) => { const a = Math.abs(v); return a === 0 ? "0" : number(a < 1e-4 || a >= 1e6 ? Number(a.toPrecision(2)).toExponential() : Number(a.toPrecision(2))); };

/**
 * Writes cells of a column: the value, its uncertainties smaller, a dash for what
 * is unknown. A cell is used for many rows, one after the other: its parts stay.
 * With href(row) the value is a link.
 */
export function painter(c, href) {
  const name = isName(c);
  return (cell, row) => {
    const p = (cell.parts ??= parts(cell, href)), v = row[c.name];
    if (v === null || v === undefined || v === "") {
      p.text.nodeValue = "–";
      p.small.textContent = "";
      cell.setAttribute("aria-label", "not measured");
      if (p.link) p.link.removeAttribute("href");
      return;
    }
    cell.removeAttribute("aria-label");
    const limit = c.limit ? Number(row[c.limit]) : 0, mark = limit === 1 ? "< " : limit === -1 ? "> " : "";
    p.text.nodeValue = mark + (typeof v === "number" && !name ? number(v) : String(v));
    p.small.textContent = errors(c.up ? row[c.up] : null, c.down ? row[c.down] : null);
    if (p.link) { const to = href(row); to ? p.link.setAttribute("href", to) : p.link.removeAttribute("href"); }
  };
}

function parts(cell, linked) {
  const text = document.createTextNode(""), small = el("small", { class: "err" }), link = linked ? el("a", null, text) : null;
  cell.replaceChildren(link || text, small);
  return { text, small, link };
}

function errors(up, down) {
  if (typeof up !== "number" && typeof down !== "number") return "";
  if (typeof up === "number" && typeof down === "number" && Math.abs(up) === Math.abs(down)) return " ±" + short(up);
  return (typeof up === "number" ? " +" + short(up) : "") + (typeof down === "number" ? " −" + short(Math.abs(down)) : "");
}

/** The star of a row, as the interface names it; null if the row names none. */
export function starOf(row) {
  const number = (prefix, v) => (v === null || v === undefined || v === "" ? null : prefix + " " + String(v).replace(/\D+/g, ""));
  return number("KIC", row.kepid) || number("TIC", row["TIC ID"] ?? row.tid) || row.kic || row.tic || row.epic || row.epic_hostname || row.tic_id || row.hostname || row.host_name || null;
}
/** Columns that starOf reads, whatever is shown. */
export const STAR_COLUMNS = ["kepid", "TIC ID", "tid", "kic", "tic", "epic", "epic_hostname", "tic_id", "hostname", "host_name"];

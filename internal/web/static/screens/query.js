// Query: selections written by hand. Two languages: conditions, as the interface
// reads them, and ADQL, which the server takes at /tap where it has that service.
import { get, text, address, isAbort } from "../api.js";
import { el, fill, button, chip, card, heading, failed, waiting, empty, menu, count, number, say, copy, apiLink } from "../ui.js";
import { Table, LocalRows } from "../table.js";
import { parseCsv } from "../csv.js";
import { starOf } from "../columns.js";
import { scatter } from "../scatter.js";

const EXAMPLES = {
  conditions: [
    ["Small, temperate, confirmed", "from koi\nkoi_disposition = CONFIRMED\nkoi_prad < 1.6\nkoi_teq = 200..320\ncolumns kepoi_name, kepler_name, kepid, koi_period, koi_prad, koi_teq\nsort koi_prad"],
    ["Hot giants of all missions", "from candidates\nperiod_d = ..10\nradius_earth > 8\ncolumns candidate, host_name, disposition, period_d, radius_earth, teq_k\nsort -radius_earth"],
    ["Around a star", "from candidates\ncone Kepler-10, 1d\ncolumns candidate, host_name, ra_deg, dec_deg, disposition"],
    ["Where the sources disagree", "from candidates\nconflict_count > 0\ncolumns candidate, disposition, disposition_koi, disposition_toi, disposition_k2, conflict_count\nsort -conflict_count"],
  ],
  adql: [
    ["Small, temperate, confirmed", "SELECT kepoi_name, kepler_name, koi_period, koi_prad, koi_teq\nFROM cumulative\nWHERE koi_disposition = 'CONFIRMED' AND koi_prad < 1.6 AND koi_teq BETWEEN 200 AND 320\nORDER BY koi_prad"],
    ["In a circle", "SELECT TOP 100 *\nFROM toi\nWHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 83.6, -5.4, 10))"],
    ["What there is", "SELECT table_name, description FROM TAP_SCHEMA.tables"],
  ],
};
const LIMITS = [100, 1000, 10_000, 100_000];
const WORDS = new Set(["sort", "columns", "cone", "limit", "version", "as_of", "format", "offset"]);

/**
 * Reads conditions, one a line: "from TABLE", "columns a, b", "sort a, -b",
 * "cone …", "as_of …", and any number of "column = 1..5", "column > 3", "column ~ text".
 * @returns {{table: string, params: [string, string][], problem?: string}}
 */
export function readConditions(source) {
  let table = "";
  const params = [];
  for (const [i, raw] of source.split("\n").entries()) {
    const line = raw.trim();
    if (!line || line.startsWith("#")) continue;
    const word = /^(from|columns|sort|cone|version|as_of)\s+(?![<>=!~])(.+)$/i.exec(line);
    const cond = /^(.+?)\s*(<=|>=|!=|=|<|>|~)\s*(.*)$/.exec(line);
    if (word) {
      const name = word[1].toLowerCase(), value = name === "cone" ? word[2].replace(/\s*,\s*/g, ",") : word[2].replace(/\s*,\s*/g, ",").trim();
      if (name === "from") table = value;
      else params.push([name, value]);
    } else if (cond) {
      const [, name, op, value] = cond;
      params.push([WORDS.has(name) || /[<>!~]/.test(name) ? "column." + name : name, op === "=" ? value : op === "!=" ? "!" + value : op + value]);
    } else return { table, params, problem: `Line ${i + 1} is neither a condition (column = value) nor one of from, columns, sort, cone, version, as_of: ${line}` };
  }
  return table ? { table, params } : { table, params, problem: "No line says from which table: from koi" };
}

export async function show(root, { url, signal, go }) {
  const p = url.searchParams;
  const s = { lang: p.get("lang") === "adql" ? "adql" : "conditions", limit: LIMITS.includes(Number(p.get("limit"))) ? Number(p.get("limit")) : 1000, as: p.get("as") === "plot" ? "plot" : "table", x: p.get("x") || "", y: p.get("y") || "", lx: p.get("log")?.includes("x") || false, ly: p.get("log")?.includes("y") || false };
  const editor = el("textarea", { class: "field", id: "editor", rows: "8", spellcheck: "false", autocapitalize: "off", value: p.get("q") || EXAMPLES[s.lang][0][1] });
  const limit = el("select", { class: "field", id: "limit", on: { change: () => { s.limit = Number(limit.value); } } }, LIMITS.map((n) => el("option", { value: n, selected: n === s.limit }, count(n) + " rows")));
  const result = el("div"), tree = el("div", { class: "tree" });
  let answer = null, running = null;
  const request = (format) => (s.lang === "adql"
    ? { path: "/tap/sync", params: [["REQUEST", "doQuery"], ["LANG", "ADQL"], ["QUERY", editor.value], ["MAXREC", s.limit], ["RESPONSEFORMAT", format]] }
    : (() => { const c = readConditions(editor.value); return { path: `/catalogs/${encodeURIComponent(c.table)}`, params: [...c.params, ["limit", s.limit], ["format", format]], problem: c.problem }; })());
  const full = (format) => { const r = request(format); return new URL(address(r.path, r.params), location.origin).href; };
  const note = () => {
    const q = new URLSearchParams({ lang: s.lang, q: editor.value, limit: s.limit, as: s.as });
    if (s.as === "plot") { q.set("x", s.x); q.set("y", s.y); if (s.lx || s.ly) q.set("log", (s.lx ? "x" : "") + (s.ly ? "y" : "")); }
    go("/query?" + q, { quiet: true });
  };
  const language = el("div", { class: "seg", role: "group", "aria-label": "Language" }, [["conditions", "Conditions"], ["adql", "ADQL"]].map(([l, words]) => el("button", { type: "button", "aria-pressed": String(l === s.lang), on: { click: () => { s.lang = l; editor.value = EXAMPLES[l][0][1]; for (const b of language.children) b.setAttribute("aria-pressed", String(b.textContent === words)); } } }, words)));
  editor.addEventListener("keydown", (e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); run(); } });
  root.append(
    heading("Query", { sub: "Selections written by hand, with every catalog's columns at the side.", actions: [apiLink(() => full("csv")), button("Open in TOPCAT", { icon: "link", on: (e) => menu(e.currentTarget, [
      { words: "Copy the VOTable address", icon: "link", note: "File, Load Table", on: () => copy(full("votable"), "VOTable address copied.") },
      { words: "Copy the command", icon: "code", note: "for a terminal", on: () => copy(`topcat -f votable '${full("votable").replaceAll("'", "%27")}'`, "Command copied.") }], { label: "TOPCAT" }) })] }),
    el("div", { class: "grid query" },
      el("div", { class: "stack one" },
        el("section", { class: "card", "aria-labelledby": "ed-h" }, el("header", null, el("h2", { id: "ed-h" }, "Query"), language, el("span", { class: "r" }, button("Examples", { small: true, on: (e) => menu(e.currentTarget, EXAMPLES[s.lang].map(([words, q]) => ({ words, on: () => { editor.value = q; editor.focus(); } })), { label: "Examples" }) }))),
          el("div", { class: "body" }, el("label", { class: "sr", for: "editor" }, "Query"), editor, el("div", { class: "row top12" }, button("Run", { primary: true, on: () => run() }), el("label", { class: "small muted", for: "limit" }, "at most"), limit, el("span", { class: "small dim hide-s" }, el("kbd", null, "Ctrl"), " ", el("kbd", null, "Enter"), " runs")))),
        el("section", { class: "card", "aria-labelledby": "res-h" }, el("header", null, el("h2", { id: "res-h" }, "Result"), views()), result)),
      card("Tables", {}, tree)));
  fill(result, empty("Nothing has been asked yet."));
  const listing = trees();
  if (p.get("q")) await run();
  await listing;

  function views() {
    const seg = el("div", { class: "seg", role: "group", "aria-label": "Show the result as" }, [["table", "Table"], ["plot", "Plot"]].map(([v, words]) => el("button", { type: "button", data: { v }, "aria-pressed": String(v === s.as), on: { click: () => { s.as = v; for (const b of seg.children) b.setAttribute("aria-pressed", String(b.dataset.v === v)); if (answer) { draw(); note(); } } } }, words)));
    return seg;
  }
  async function run() {
    running?.abort();
    const c = (running = new AbortController());
    signal.addEventListener("abort", () => c.abort(), { once: true });
    const r = request("csv");
    note();
    if (r.problem) return void fill(result, el("div", { class: "state bad", role: "alert" }, el("p", null, r.problem)));
    fill(result, waiting(5, { cancel: () => { c.abort(); fill(result, empty("Cancelled.")); } }));
    try {
      const csv = s.lang === "adql" ? await text("/tap/sync", { params: r.params, signal: c.signal }) : await text(r.path, { params: r.params, signal: c.signal });
      answer = parseCsv(csv);
      answer.objects = null;
      draw();
      say(`${answer.rows.length} rows`);
    } catch (e) {
      if (isAbort(e)) return;
      answer = null;
      if (s.lang === "adql" && e.status === 404) fill(result, empty("This server does not answer ADQL: it has no TAP service. Conditions select the same rows.", button("Write conditions", { on: () => language.children[0].click() })));
      else fill(result, failed("The query was refused.", e, () => run()));
    }
  }
  /** Wide enough for the head and the first rows. */
  function widthFor(n, k) {
    return Math.max(90, Math.min(280, 30 + 7.4 * Math.max(n.length, ...answer.rows.slice(0, 50).map((r) => r[k].length))));
  }
  function draw() {
    if (!answer.rows.length) return void fill(result, el("div", { class: "body" }, "No row meets all conditions."));
    const head = el("p", { class: "read" }, el("b", null, count(answer.rows.length)), ` rows, ${answer.names.length} columns`, answer.rows.length >= s.limit && [" ", chip("warn", "there may be more: the limit is reached")]);
    const numeric = answer.names.map((_, k) => answer.rows.every((r) => r[k] === "" || Number.isFinite(Number(r[k]))) && answer.rows.some((r) => r[k] !== ""));
    if (s.as === "plot") return plot(head, numeric);
    answer.objects ??= answer.rows.map((r) => Object.fromEntries(answer.names.map((n, i) => [n, r[i]])));
    const columns = answer.names.map((n, k) => ({ name: n, label: n, num: numeric[k], width: widthFor(n, k), cell: (row) => {
      const v = row[n], words = v === "" ? "–" : numeric[k] && !/id$|^TIC|^TOI/i.test(n) ? number(v) : v, star = k === 0 && starOf(row);
      return star ? el("a", { href: "/targets/" + encodeURIComponent(star) }, words) : words;
    } }));
    fill(result, head, new Table({ label: "Result of the query", columns, rows: new LocalRows(answer.objects), open: (row) => { const star = starOf(row); if (star) go("/targets/" + encodeURIComponent(star)); }, class: "half" }).element);
  }
  function plot(head, numeric) {
    const names = answer.names.filter((_, k) => numeric[k]);
    if (names.length < 2) return void fill(result, head, empty("A plot needs two columns of numbers."));
    if (!names.includes(s.x)) s.x = names[0];
    if (!names.includes(s.y)) s.y = names.find((n) => n !== s.x);
    const canvas = el("canvas", { class: "scatter", role: "img", "aria-label": "Plot of two columns" });
    const pick = (k, label) => { const e = el("select", { class: "field", "aria-label": label, on: { change: () => { s[k] = e.value; paint(); note(); } } }, names.map((n) => el("option", { value: n, selected: n === s[k] }, n))); return e; };
    const log = (k, label) => { const id = "log-" + k, box = el("input", { type: "checkbox", id, checked: s["l" + k], on: { change: () => { s["l" + k] = box.checked; paint(); note(); } } }); return el("span", { class: "row small" }, box, el("label", { for: id }, label)); };
    const paint = () => {
      const col = (n) => { const k = answer.names.indexOf(n); return Float64Array.from(answer.rows, (r) => (r[k] === "" ? NaN : Number(r[k]))); };
      const n = scatter(canvas, { x: col(s.x), y: col(s.y), names: [s.x, s.y], log: [s.lx, s.ly] });
      canvas.setAttribute("aria-label", `${s.y} against ${s.x}: ${n} points. The same rows stand in the table.`);
    };
    fill(result, head, el("div", { class: "row axes" }, el("span", { class: "small dim" }, "across"), pick("x", "Column across"), log("x", "logarithmic"), el("span", { class: "small dim" }, "up"), pick("y", "Column up"), log("y", "logarithmic")), canvas);
    requestAnimationFrame(paint);
    addEventListener("theme", () => { if (canvas.isConnected) paint(); }, { signal });
    new ResizeObserver(() => canvas.isConnected && paint()).observe(canvas);
  }
  async function trees() {
    try {
      const list = (await get("/catalogs", { signal })).catalogs.filter((c) => c.versions);
      if (!list.length) return void fill(tree, empty("No catalog is held yet."));
      fill(tree, list.map((c) => {
        const box = el("div"), d = el("details", null, el("summary", null, el("b", null, c.table), el("span", { class: "dim small" }, ` ${count(c.rows)} rows, ${c.columns} columns`)), box);
        d.addEventListener("toggle", async () => {
          if (!d.open || box.childNodes.length) return;
          fill(box, waiting(3));
          try {
            const cols = (await get(`/catalogs/${c.table}/columns`, { signal })).columns;
            fill(box, el("ul", null, cols.map((x) => el("li", null, el("button", { type: "button", title: "Put into the query", on: { click: () => insert(x.name) } }, x.name), el("small", { class: "dim" }, [x.unit, x.type].filter(Boolean).join(", "))))));
          } catch (e) {
            if (!isAbort(e)) fill(box, failed("The columns cannot be listed.", e));
          }
        });
        return d;
      }));
    } catch (e) {
      if (!isAbort(e)) fill(tree, failed("The tables cannot be listed.", e));
    }
  }
  function insert(name) {
    const word = s.lang === "adql" && !/^[A-Za-z]\w*$/.test(name) ? `"${name}"` : name, a = editor.selectionStart;
    editor.setRangeText(word, a, editor.selectionEnd, "end");
    editor.focus();
  }
}

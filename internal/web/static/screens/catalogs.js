// Catalogs: the tables with filters in the words of the interface, so that what
// is shown, exported and asked by a program is the same selection.
import { get, text, address, isAbort } from "../api.js";
import { el, fill, icon, button, chip, heading, failed, waiting, empty, menu, toast, say, count, time, apiLink, copy } from "../ui.js";
import { Table, LocalRows, PagedRows } from "../table.js";
import { parseCsv } from "../csv.js";
import { heldCurves, heldTable } from "../held.js";
import { FACETS, STAR_COLUMNS, firstColumns, groupOf, groupOrder, isName, isNumeric, painter, paired, starOf, widthOf } from "../columns.js";

const NAMES = { koi: "KOI", toi: "TOI", k2: "K2", candidates: "All candidates", gaia: "Gaia hosts" };
const TITLES = { koi: "Kepler Objects of Interest", toi: "TESS Objects of Interest", k2: "K2 planets and candidates", candidates: "Planets and candidates merged of the KOI, TOI and K2 tables", gaia: "Host stars as Gaia sees them" };
const OURS = new Set(["table", "columns", "sort", "cone", "as_of", "theme", "lc"]); // of the address of this page
const RESERVED = new Set(["sort", "columns", "cone", "limit", "offset", "version", "as_of", "format"]); // of the interface
const MOST_STARS = 400; // numbers that one condition can name
const known = new Map(); // columns of each table, by state

/** A column's name in an address; one that the interface or this page uses itself is written column.NAME. */
const param = (name) => (RESERVED.has(name) || OURS.has(name) || /[<>!~=]/.test(name) ? "column." + name : name);
const unparam = (name) => name.replace(/^column\./, "");
const quoted = (names) => names.map((n) => (n.includes(",") ? `"${n}"` : n)).join(",");
const unquoted = (s) => [...s.matchAll(/"([^"]*)"|([^,]+)/g)].map((m) => m[1] ?? m[2].trim());

/** What the address says. */
function read(url) {
  const p = url.searchParams, filters = new Map();
  for (const [k, v] of p) if (!OURS.has(k) && v !== "") filters.set(unparam(k), v);
  return {
    table: NAMES[p.get("table")] ? p.get("table") : "koi", columns: p.get("columns") ? unquoted(p.get("columns")) : null,
    sort: (p.get("sort") || "").split(",").filter(Boolean).map((s) => ({ name: s.replace(/^-/, ""), down: s.startsWith("-") })),
    cone: p.get("cone") || "", asOf: p.get("as_of") || "", lc: p.get("lc") === "yes", filters,
  };
}

/** The address of a state. */
function write(s) {
  const p = new URLSearchParams();
  p.set("table", s.table);
  for (const [k, v] of s.filters) p.set(param(k), v);
  if (s.lc) p.set("lc", "yes");
  if (s.cone) p.set("cone", s.cone);
  if (s.sort.length) p.set("sort", sortWords(s));
  if (s.columns) p.set("columns", quoted(s.columns));
  if (s.asOf) p.set("as_of", s.asOf);
  return "/catalogs?" + p;
}
const sortWords = (s) => s.sort.map((x) => (x.down ? "-" : "") + x.name).join(",");

export async function show(root, { url, signal, go }) {
  const screen = new Screen(root, read(url), signal, go);
  await screen.start();
}

class Screen {
  constructor(root, state, signal, go) {
    Object.assign(this, { root, state, signal, go });
    this.asked = 0;
    this.held = null; // stars with light curves, once they were asked for
    this.bar = el("div", { class: "filters" });
    this.facets = el("div", { class: "facets" });
    this.place = el("div", { class: "vt-place" });
    this.told = el("p", { class: "read", role: "status" });
  }

  async start() {
    const s = this.state;
    const tabs = el("div", { class: "seg", role: "group", "aria-label": "Catalog" }, Object.keys(NAMES).map((t) =>
      el("button", { type: "button", "aria-pressed": String(t === s.table), on: { click: () => this.go(`/catalogs?table=${t}` + (s.cone ? "&cone=" + encodeURIComponent(s.cone) : "")) } }, NAMES[t])));
    this.cone = el("input", { class: "field", type: "text", id: "cone", value: s.cone, spellcheck: "false", placeholder: "19:20:35 +42:07 2m, or a name", "aria-label": "Circle on the sky: right ascension, declination, radius; or a name and a radius" });
    this.cone.addEventListener("change", () => this.change({ cone: circle(this.cone.value) }));
    this.wrong = el("div", { class: "wrong", role: "alert" });
    this.root.append(
      heading("Catalogs", { sub: TITLES[s.table], chip: s.asOf && chip("warn", "older data, newer available"), actions: [
        apiLink(() => this.api({ limit: 1000 })),
        button("Views", { icon: "save", on: (e) => this.views(e.currentTarget) }),
        button("Columns", { icon: "cols", on: (e) => this.picker(e.currentTarget) }),
        button("Export", { icon: "dl", primary: true, on: (e) => this.exports(e.currentTarget) }),
      ] }),
      el("section", { class: "card cat", "aria-label": "Table " + NAMES[s.table] },
        el("div", { class: "cat-bar" }, tabs, el("span", { class: "grow" }), el("label", { class: "small muted", for: "cone" }, "Circle"), this.cone),
        this.facets, this.bar, this.wrong, this.told, this.place));
    fill(this.place, waiting(8));
    const none = () => fill(this.place, empty(`There is no ${NAMES[s.table]} table yet. Ingest it, and it stands here.`, copyLine(`exoplanetai ingest ${s.table === "candidates" ? "batch" : "table " + s.table}`)));
    try {
      if (!known.has(s.table + " " + s.asOf) && !(await heldTable(s.table, this.signal))) return none();
      this.columns = await columnsOf(s.table, s.asOf, this.signal);
    } catch (e) {
      if (isAbort(e)) throw e;
      if (e.status === 404) return none();
      return fill(this.place, failed("The columns cannot be listed.", e, () => this.go(write(s), { replace: true })));
    }
    if (s.lc) this.held = await heldCurves(this.signal).catch(() => null);
    await this.load(true);
    this.count();
  }

  /** Names of the columns that are shown. */
  shown() {
    const chosen = (this.state.columns || []).filter((n) => this.columns.some((c) => c.name === n));
    return chosen.length ? chosen : firstColumns(this.state.table, this.columns);
  }

  /** The conditions as the interface takes them, as a list of [name, value]. */
  conditions(without) {
    const s = this.state, list = [];
    for (const [k, v] of s.filters) if (k !== without) list.push([param(k), v]);
    if (s.lc && this.held && without !== "lc") { const c = this.starColumn(); if (c) list.push([param(c), this.heldValues() || "null,!null"]); }
    if (s.cone) list.push(["cone", s.cone]);
    if (s.asOf) list.push(["as_of", s.asOf]);
    return list;
  }

  /** The column that light curves are found by, and the values that have some. */
  starColumn() { return ["kepid", "TIC ID", "tid", "kic", "epic_hostname"].find((n) => this.columns.some((c) => c.name === n)) || null; }
  heldValues() {
    const c = this.starColumn(), prefix = { kepid: "KIC", "TIC ID": "TIC", tid: "TIC", kic: "KIC", epic_hostname: "EPIC" }[c];
    return [...this.held.keys()].filter((n) => n.startsWith(prefix)).map((n) => (c === "kic" || c === "epic_hostname" ? n : n.slice(prefix.length + 1))).join(",");
  }

  /** The parameters of the rows that are shown: with uncertainties, which stand in the same cells. */
  params(o = {}) {
    if (!this.columns) return this.conditions(); // they are not known yet
    const names = [];
    for (const n of this.shown()) {
      const c = this.columns.find((x) => x.name === n);
      for (const x of [n, c.up, c.down, c.limit]) if (x && !names.includes(x)) names.push(x);
    }
    if (o.links) for (const n of STAR_COLUMNS) if (this.columns.some((c) => c.name === n) && !names.includes(n)) names.push(n);
    return [["columns", quoted(names)], ...this.conditions(), ...(this.state.sort.length ? [["sort", sortWords(this.state)]] : [])];
  }

  /** The address of what is shown, for programs. */
  api(o = {}) { return address("/catalogs/" + this.state.table, [...this.params(), ...Object.entries(o)]); }

  page(offset, limit, signal) {
    const params = this.params({ links: true }).filter(([k]) => k !== "as_of" || !this.version);
    if (this.version) params.push(["version", this.version]); // pages belong together, whatever is ingested meanwhile
    return get("/catalogs/" + this.state.table, { params: [...params, ["limit", limit], ["offset", offset]], signal });
  }

  /** Asks for the first page and shows it; what was shown stays until it is there. */
  async load(first) {
    const turn = ++this.asked;
    this.asking?.abort();
    const c = (this.asking = new AbortController());
    this.signal.addEventListener("abort", () => c.abort(), { once: true });
    this.version = null;
    this.chips();
    this.place.setAttribute("aria-busy", "true");
    try {
      const answer = await this.page(0, 200, c.signal);
      if (turn !== this.asked) return;
      this.version = answer.version.id;
      this.draw(answer);
    } catch (e) {
      if (isAbort(e) || turn !== this.asked) return;
      this.refuse(e);
    } finally {
      if (turn === this.asked) this.place.removeAttribute("aria-busy");
    }
  }

  draw(answer) {
    fill(this.wrong);
    for (const i of this.inputs?.values() || []) i.removeAttribute("aria-invalid");
    this.cone.removeAttribute("aria-invalid");
    fill(this.told, el("b", null, count(answer.total)), ` of ${count(answer.version.rows)} rows · version ${answer.version.number}, retrieved ${time(answer.version.retrieved_at)}`);
    say(`${count(answer.total)} rows`);
    const pages = new PagedRows((o, l, sig) => this.page(o, l, sig), this.signal, answer);
    pages.load = async (o, l, sig) => { const a = await this.page(o, l, sig); return { rows: a.rows, total: a.total }; };
    pages.failed = (e) => toast("Rows could not be read: " + e.message);
    this.tabulate(pages);
    const filtered = this.state.filters.size || this.state.cone || this.state.lc;
    this.none?.remove();
    if (answer.total === 0) {
      this.none = el("div", { class: "none" }, filtered ? empty("No row meets all conditions. Take one away:", button("Clear all", { icon: "x", on: () => this.clear() })) : empty("The table has no rows."));
      this.place.append(this.none);
    }
  }

  tabulate(rows) {
    if (this.table) this.table.setRows(rows);
    else this.table = new Table({ label: `${NAMES[this.state.table]}: rows and columns`, columns: this.tableColumns(), rows, sort: this.state.sort, onSort: (sort) => this.change({ sort }), open: (row) => this.open(row), class: "cat-vt" });
    if (this.table.element.parentNode !== this.place) fill(this.place, this.table.element);
  }

  /** The interface's refusal, beside the field that it is about. */
  refuse(e) {
    if (!this.table && e.status === 400) this.tabulate(new LocalRows([])); // its filters are where the mistake is mended
    const name = e.extra?.parameter, input = this.inputs?.get(name) || (name === "cone" ? this.cone : null);
    if (!this.table) fill(this.place, failed("The rows cannot be shown.", e, () => this.load()));
    else fill(this.wrong, failed(name ? `${name}:` : "The rows cannot be shown.", e, e.status === 400 ? null : () => this.load()));
    input?.setAttribute("aria-invalid", "true");
  }

  open(row) {
    const star = starOf(row);
    if (star) this.go("/targets/" + encodeURIComponent(star));
  }

  tableColumns() {
    this.inputs = new Map();
    return this.shown().map((name, i) => {
      const c = this.columns.find((x) => x.name === name), num = isNumeric(c) && !isName(c);
      const input = el("input", { type: "text", class: "vt-filter", "aria-label": "Filter " + name, title: num ? "1..5, >3, <=2, a value, null, !null; several by commas" : "a value, ~part of it, !other, null, !null; several by commas", placeholder: num ? ">3, 1..5" : "~text", value: this.state.filters.get(name) || "", spellcheck: "false", autocomplete: "off",
        on: { input: () => this.typed(name, input), change: () => this.typed(name, input, 0), keydown: (e) => { if (e.key === "Enter") this.typed(name, input, 0); } } });
      this.inputs.set(name, input);
      return {
        name, label: name, unit: c.unit, help: c.unit ? `${name}, ${c.unit}` : name, width: widthOf(c), num, filter: input,
        paint: painter(c, i > 0 ? null : (row) => { const star = starOf(row); return star ? "/targets/" + encodeURIComponent(star) : null; }),
      };
    });
  }

  typed(name, input, wait = 300) {
    clearTimeout(this.timer);
    const value = input.value.trim();
    if ((this.state.filters.get(name) || "") === value) return;
    this.timer = setTimeout(() => {
      if (this.signal.aborted) return;
      const filters = new Map(this.state.filters);
      value ? filters.set(name, value) : filters.delete(name);
      this.change({ filters });
    }, wait);
  }

  /** Another state: noted in the address, then asked for. */
  change(part) {
    Object.assign(this.state, part);
    this.go(write(this.state), { quiet: true });
    this.load();
    if ("filters" in part || "cone" in part || "lc" in part) this.count();
  }

  clear() {
    for (const i of this.inputs.values()) i.value = "";
    this.cone.value = "";
    this.change({ filters: new Map(), cone: "", lc: false });
  }

  without(name) {
    const filters = new Map(this.state.filters);
    filters.delete(name);
    const i = this.inputs?.get(name);
    if (i) i.value = "";
    this.change({ filters });
  }

  /** The conditions that hold, each to be taken away. */
  chips() {
    const s = this.state, list = [...s.filters].map(([k, v]) => [`${k} ${/^[<>!~]/.test(v) ? v : "= " + v}`, () => this.without(k)]);
    if (s.cone) list.push([`circle ${s.cone}`, () => { this.cone.value = ""; this.change({ cone: "" }); }]);
    if (s.lc) list.push(["has a light curve", () => this.change({ lc: false })]);
    fill(this.bar, list.map(([words, off]) => el("button", { type: "button", class: "lg", "aria-label": `Take away: ${words}`, on: { click: off } }, el("span", null, words), icon("x"))),
      list.length > 0 && el("button", { type: "button", class: "lg", on: { click: () => this.clear() } }, "Clear all"));
    this.bar.hidden = list.length === 0;
  }

  // ---------- facets: values with how many rows have them ----------

  async count() {
    const turn = (this.counted = (this.counted || 0) + 1);
    const wanted = (FACETS[this.state.table] || []).filter(([n]) => this.columns.some((c) => c.name === n));
    try {
      const lists = await Promise.all(wanted.map(async ([n]) => {
        const csv = await text("/catalogs/" + this.state.table, { params: [["columns", quoted([n])], ...this.conditions(n), ["limit", 100_000], ["format", "csv"]], signal: this.signal });
        const counts = new Map();
        for (const [v] of parseCsv(csv).rows) counts.set(v, (counts.get(v) || 0) + 1);
        return [...counts].sort((a, b) => b[1] - a[1]);
      }));
      this.held ??= await heldCurves(this.signal).catch((e) => { if (isAbort(e)) throw e; return null; });
      if (turn !== this.counted) return;
      fill(this.facets, wanted.map(([n, words], i) => this.facet(n, words, lists[i])), this.curveFacet());
    } catch (e) {
      if (!isAbort(e) && turn === this.counted) fill(this.facets); // the conditions are refused: the table says why
    }
  }

  facet(name, words, counts) {
    const now = this.state.filters.get(name), on = now ? now.match(/"[^"]*"|[^,]+/g) || [] : [], wordOf = (v) => (v === "" ? "null" : v.includes(",") ? `"${v}"` : v);
    const toggle = (v) => {
      const word = wordOf(v), next = on.includes(word) ? on.filter((x) => x !== word) : [...on, word];
      const filters = new Map(this.state.filters);
      next.length ? filters.set(name, next.join(",")) : filters.delete(name);
      const i = this.inputs?.get(name);
      if (i) i.value = next.join(",");
      this.change({ filters });
    };
    const usable = counts.filter(([v]) => !v.includes('"')); // which no condition can name
    if (!usable.length) return null;
    const one = ([v, n]) => el("button", { type: "button", class: "lg", "aria-pressed": String(on.includes(wordOf(v))), on: { click: () => toggle(v) } }, v === "" ? "unknown" : v, " ", el("b", null, count(n)));
    return el("div", { class: "facet", role: "group", "aria-label": words }, el("span", { class: "small dim" }, words), usable.slice(0, 8).map(one),
      usable.length > 8 && button(`${usable.length - 8} more`, { small: true, on: (e) => menu(e.currentTarget, usable.slice(8).map(([v, n]) => ({ words: v || "unknown", note: count(n), pressed: on.includes(wordOf(v)), on: () => toggle(v) })), { label: words }) }));
  }

  curveFacet() {
    const column = this.starColumn();
    if (!column || !this.held) return null;
    const n = this.heldValues().split(",").filter(Boolean).length, why = n > MOST_STARS ? `more than ${MOST_STARS} stars have some: use the list of targets` : n === 0 ? "no light curves are held for this catalog" : "";
    const b = el("button", { type: "button", class: "lg", "aria-pressed": String(this.state.lc), "aria-disabled": why ? "true" : null, title: why || null, on: { click: () => { if (!why) this.change({ lc: !this.state.lc }); } } }, "Has a light curve ", el("b", null, count(n) + (n === 1 ? " star" : " stars")), why && el("span", { class: "sr" }, why));
    return el("div", { class: "facet", role: "group", "aria-label": "Light curves" }, b);
  }

  // ---------- columns, views, export ----------

  picker(anchor) {
    if (!this.columns) return;
    const shown = new Set(this.shown()), lists = el("div", { class: "picks" });
    const apply = () => {
      const order = [...this.shown().filter((n) => shown.has(n)), ...this.columns.map((c) => c.name).filter((n) => shown.has(n) && !this.shown().includes(n))];
      this.state.columns = order.length ? order : null;
      this.table?.setColumns(this.tableColumns());
      this.change({});
    };
    const draw = (word) => fill(lists, groupOrder.map((g) => {
      const of = this.columns.filter((c) => groupOf(c.name) === g && c.name.toLowerCase().includes(word.toLowerCase()));
      return of.length > 0 && el("fieldset", null, el("legend", null, g), of.map((c, i) => {
        const id = `pick-${g.length}-${i}`;
        const box = el("input", { type: "checkbox", id, checked: shown.has(c.name), on: { change: () => { box.checked ? shown.add(c.name) : shown.delete(c.name); apply(); } } });
        return el("div", { class: "pick" }, box, el("label", { for: id }, c.name, c.unit && el("small", null, " " + c.unit), c.up && el("small", null, " ± with uncertainties")));
      }));
    }));
    draw("");
    const find = el("input", { type: "text", class: "field", placeholder: "Find a column", "aria-label": "Find a column", on: { input: () => draw(find.value) } });
    menu(anchor, el("div", { class: "picker" }, find, lists, button("Default columns", { small: true, on: () => { this.state.columns = null; shown.clear(); for (const n of this.shown()) shown.add(n); draw(find.value); this.table?.setColumns(this.tableColumns()); this.change({}); } })), { label: "Columns" });
  }

  exports(anchor) {
    const link = (format) => this.api({ format, limit: 100_000 });
    menu(anchor, [["csv", "CSV"], ["votable", "VOTable"], ["parquet", "Parquet"], ["json", "JSON"]].map(([f, words]) => ({ words, icon: "dl", note: "exactly what is shown", href: link(f), download: "" }))
      .concat([{ words: "Copy as a curl line", icon: "code", on: () => copy(`curl "${new URL(this.api({ format: "csv", limit: 100_000 }), location.origin).href}"`) }]), { label: "Export" });
  }

  views(anchor) {
    const all = saved(), mine = all.filter((v) => v.table === this.state.table);
    menu(anchor, [{ words: "Save this view…", icon: "plus", on: () => this.saveView() },
      ...mine.map((v) => ({ words: v.name, icon: "save", on: () => this.go(v.address) })),
      ...(mine.length ? [{ words: "Remove a view…", icon: "x", on: () => menu(anchor, mine.map((v) => ({ words: v.name, icon: "x", on: () => {
        keep(all.filter((x) => x !== v));
        toast(`“${v.name}” is removed.`, { words: "Undo", on: () => keep(all) });
      } })), { label: "Remove a view" }) }] : [])], { label: "Saved views" });
  }

  async saveView() {
    const { dialog } = await import("../ui.js");
    const name = await dialog("Save this view", (close) => {
      const field = el("input", { class: "field", id: "view-name", maxlength: "60", required: true });
      return el("form", { class: "body", on: { submit: (e) => { e.preventDefault(); close(field.value.trim()); } } }, el("label", { for: "view-name" }, "Name"), field,
        el("p", { class: "small dim" }, "Filters, columns and order are kept in this browser."), button("Save", { primary: true, submit: true }));
    });
    if (!name) return;
    keep([...saved().filter((v) => v.name !== name || v.table !== this.state.table), { name, table: this.state.table, address: write({ ...this.state, asOf: "" }) }]);
    toast(`“${name}” is saved.`);
  }
}

/** Reads what people write for a circle: blanks for commas, a radius if there is none. */
function circle(s) {
  s = s.trim();
  if (!s || s.includes(",")) return s;
  const parts = s.split(/\s+/);
  const numeric = parts.filter((p) => /^[+−-]?[\d:.]+$/.test(p)).length;
  if (numeric >= 2) return (parts.length > 2 ? parts.join(",") : parts.join(",") + ",2m").replaceAll("−", "-").replace(/r=/, "");
  return /^[\d.]+(d|m|s|'|")$/.test(parts.at(-1)) ? parts.slice(0, -1).join(" ") + "," + parts.at(-1) : s + ",2m";
}

async function columnsOf(table, asOf, signal) {
  const key = table + " " + asOf;
  if (!known.has(key)) known.set(key, paired((await get(`/catalogs/${table}/columns`, { params: { as_of: asOf }, signal })).columns));
  return known.get(key);
}

const copyLine = (line) => button("Copy: " + line, { icon: "code", on: () => copy(line) });

const VIEWS = "views";
function saved() {
  try {
    const list = JSON.parse(localStorage.getItem(VIEWS)) || [];
    return Array.isArray(list) ? list.filter((v) => typeof v?.name === "string" && typeof v.address === "string" && v.address.startsWith("/catalogs?")) : [];
  } catch {
    return [];
  }
}
function keep(list) {
  try {
    localStorage.setItem(VIEWS, JSON.stringify(list));
  } catch {
    toast("The browser does not keep views.");
  }
}

// Targets: every star of the catalogs, and those with light curves here.
import { address } from "../api.js";
import { el, fill, button, chip, heading, failed, waiting, empty, count, number, apiLink } from "../ui.js";
import { Table, LocalRows } from "../table.js";
import { stars, starColumns, sorted, matcher, wordsOf } from "../stars.js";

export async function show(root, { url, signal, go }) {
  const p = url.searchParams, asOf = p.get("as_of") || "";
  const state = { q: p.get("q") || "", held: p.get("held") === "yes", disposition: p.get("disposition") || "", mission: p.get("mission") || "",
    sort: (p.get("sort") || "-files").split(",").filter(Boolean).map((s) => ({ name: s.replace(/^-/, ""), down: s.startsWith("-") })) };
  const find = el("input", { class: "field", type: "text", id: "find", value: state.q, placeholder: "Name or number", spellcheck: "false", autocomplete: "off" });
  const facets = el("div", { class: "facets" }), told = el("p", { class: "read", role: "status" }), place = el("div", { class: "vt-place" });
  root.append(
    heading("Targets", { sub: "Stars of all catalogs, and those with light curves here.", actions: [apiLink(() => address("/catalogs/candidates", { aliases: state.q && "~" + state.q, disposition: state.disposition, limit: 1000, as_of: asOf }))] }),
    el("section", { class: "card cat", "aria-label": "List of targets" }, el("div", { class: "cat-bar" }, el("label", { class: "small muted", for: "find" }, "Find"), find), facets, told, place));
  fill(place, waiting(8));
  let all;
  try {
    all = await stars(asOf);
  } catch (e) {
    if (signal.aborted) return;
    if (e.status === 404) return void fill(place, empty("No catalog is held yet. Ingest the KOI, TOI or K2 table, and their stars stand here.", el("code", null, "exoplanetai ingest batch")));
    return void fill(place, failed("The stars cannot be listed.", e, () => go(url.pathname + url.search, { replace: true })));
  }
  if (signal.aborted) return;

  let list = all, table = null;
  let named = all; // those whose names hold what is sought
  const choose = (without) => named.filter((s) => (without === "held" || !state.held || s.files > 0) &&
    (without === "disposition" || !state.disposition || (s.disposition || "none") === state.disposition) && (without === "mission" || !state.mission || s.missions.includes(state.mission)));
  const note = () => {
    const q = new URLSearchParams();
    for (const [k, v] of [["q", state.q], ["held", state.held && "yes"], ["disposition", state.disposition], ["mission", state.mission], ["sort", state.sort.map((s) => (s.down ? "-" : "") + s.name).join(",")], ["as_of", asOf]]) if (v) q.set(k, v);
    go("/targets" + (q.size ? "?" + q : ""), { quiet: true });
  };
  const tally = (rows, key) => { const m = new Map(); for (const s of rows) for (const k of [key(s)].flat()) m.set(k, (m.get(k) || 0) + 1); return [...m].sort((a, b) => b[1] - a[1]); };
  const toggle = (words, n, on, change) => el("button", { type: "button", class: "lg", "aria-pressed": String(on), on: { click: () => { change(); update(); } } }, words, " ", el("b", null, count(n)));
  function update() {
    named = state.q ? all.filter(matcher(state.q)) : all;
    list = sorted(choose(), state.sort);
    note();
    const one = (name, label, key, words) => choose(name).length > 0 && el("div", { class: "facet", role: "group", "aria-label": label }, el("span", { class: "small dim" }, label),
      tally(choose(name), key).slice(0, 6).map(([v, n]) => toggle(words(v), n, state[name] === v, () => { state[name] = state[name] === v ? "" : v; })));
    fill(facets, one("disposition", "Disposition", (s) => s.disposition || "none", (v) => (v === "none" ? wordsOf("") : wordsOf(v))), one("mission", "Mission", (s) => s.missions, (v) => v),
      el("div", { class: "facet", role: "group", "aria-label": "Light curves" }, toggle("Has a light curve", choose("held").filter((s) => s.files).length, state.held, () => { state.held = !state.held; })));
    fill(told, el("b", null, count(list.length)), ` of ${count(all.length)} stars`);
    if (!table) {
      table = new Table({ label: "Stars", columns: starColumns(el, number, chip), rows: new LocalRows(list), sort: state.sort, onSort: (s) => { state.sort = s; update(); }, open: (s) => go("/targets/" + encodeURIComponent(s.id)) });
    } else {
      table.setRows(new LocalRows(list));
    }
    if (list.length) {
      if (table.element.parentNode !== place) fill(place, table.element);
    } else {
      fill(place, empty(state.q ? `No star here is called “${state.q}”. It may be known to the archives:` : "No star meets all conditions. Take one away:",
        el("div", { class: "row" }, state.q && el("a", { class: "btn pri", href: "/targets/" + encodeURIComponent(state.q) }, "Look it up"), button("Clear all", { icon: "x", on: () => { Object.assign(state, { q: "", held: false, disposition: "", mission: "" }); find.value = ""; update(); } }))));
    }
  }
  let timer;
  find.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => { state.q = find.value.trim(); update(); }, 120); });
  update();
  if (state.q && list.length === 1) go("/targets/" + encodeURIComponent(list[0].id), { replace: true }); // a single hit opens at once
}

// Sky map: where the stars are, a box or a circle to choose some, and the same
// stars as a table.
import { address } from "../api.js";
import { el, fill, icon, button, chip, card, heading, failed, waiting, empty, count, number, apiLink } from "../ui.js";
import { Table, LocalRows } from "../table.js";
import { SkyMap, MARKS, inside } from "../skymap.js";
import { stars, starColumns, sorted } from "../stars.js";

export async function show(root, { url, signal, go }) {
  const asOf = url.searchParams.get("as_of") || "", hidden = new Set((url.searchParams.get("hide") || "").split(",").filter((m) => MARKS[m]));
  let choice = parse(url.searchParams), list = [], table = null, sort = [];
  const canvas = el("canvas", { class: "sky", tabindex: "0", role: "group", "aria-roledescription": "interactive chart", "aria-label": "Map of the sky. Arrow keys move, plus and minus zoom, 0 shows everything. The table below lists the same stars." });
  const told = el("p", { class: "read", role: "status" }), place = el("div", { class: "vt-place" }), legend = el("div", { class: "legend", role: "group", "aria-label": "Missions" });
  const field = el("input", { class: "field", type: "text", id: "sky-c", spellcheck: "false", placeholder: "290.7 44.5 8", "aria-describedby": "sky-h" });
  const form = el("form", { class: "row", on: { submit: (e) => { e.preventDefault(); byHand(); } } }, el("label", { class: "small muted", for: "sky-c" }, "Circle"), field, button("Show", { small: true, submit: true }), el("span", { class: "sr", id: "sky-h" }, "right ascension, declination, radius in degrees"));
  const open = el("a", { class: "btn pri" }, icon("table"), "Open in catalogs");
  const tools = el("div", { class: "r tools" }, [["plus", "Zoom in", () => map.zoom(1.6)], ["minus", "Zoom out", () => map.zoom(1 / 1.6)], ["home", "Show the whole sky", () => map.all()]].map(([i, label, f]) => el("button", { type: "button", "aria-label": label, title: label, on: { click: f } }, icon(i))));
  const modes = el("div", { class: "seg", role: "group", "aria-label": "What dragging does" }, [["move", "Move"], ["circle", "Circle"], ["box", "Box"]].map(([m, words]) => el("button", { type: "button", data: { mode: m }, "aria-pressed": String(m === "move"), on: { click: () => mode(m) } }, words)));
  root.append(
    heading("Sky map", { sub: "One dot for each star of the catalogs; dashed circles are 8° around the centres of the Kepler field and the K2 campaigns.", actions: [apiLink(() => address("/catalogs/candidates", { ...asked(), columns: "candidate,host_name,ra_deg,dec_deg,sources", limit: 1000 })), open] }),
    el("section", { class: "card", "aria-labelledby": "sky-t" }, el("header", null, el("h2", { id: "sky-t" }, "Map"), modes, tools), legend, told, canvas, el("div", { class: "body" }, form)),
    el("div", { class: "after" }, card("Stars", { bare: true }, place)));
  const map = new SkyMap(canvas, { chosen, pointed, opened: (s) => go("/targets/" + encodeURIComponent(s.id)) }, signal);
  fill(place, waiting(5));
  let all;
  try {
    all = await stars(asOf);
  } catch (e) {
    if (signal.aborted) return;
    return void fill(place, e.status === 404 ? empty("No catalog is held yet. Ingest the KOI, TOI or K2 table, and its stars stand here.", el("code", null, "exoplanetai ingest batch")) : failed("The stars cannot be listed.", e, () => go(url.pathname + url.search, { replace: true })));
  }
  if (signal.aborted) return;
  map.show(choice);
  update();

  function mode(m) {
    map.mode = m;
    for (const b of modes.children) b.setAttribute("aria-pressed", String(b.dataset.mode === m));
    canvas.style.touchAction = m === "move" ? "pan-y" : "none";
  }
  function asked() {
    if (!choice) return { as_of: asOf };
    return choice.kind === "circle" ? { cone: `${choice.ra},${choice.dec},${choice.radius}`, as_of: asOf } : { ra_deg: `${choice.ra0}..${choice.ra1}`, dec_deg: `${choice.dec0}..${choice.dec1}`, as_of: asOf };
  }
  function chosen(next) {
    choice = next;
    update();
  }
  function byHand() {
    const n = field.value.replaceAll("−", "-").split(/[\s,]+/).filter(Boolean).map(Number), ok = n.length >= 2 && n.slice(0, 3).every(Number.isFinite) && Math.abs(n[1]) <= 90;
    field.setAttribute("aria-invalid", String(!ok));
    if (!ok) return;
    choice = { kind: "circle", ra: ((n[0] % 360) + 360) % 360, dec: n[1], radius: Math.min(90, Math.max(0.001, n[2] || 1)) };
    map.show(choice);
    update();
  }
  function pointed(at, star) {
    const base = choice ? words(choice) : "the whole sky";
    fill(told, star ? [el("b", null, star.name), ` · ${star.ids.join(" · ")} · ${star.objects.slice(0, 3).join(", ")}`] : at ? [`RA ${number(at[0], 2)}° Dec ${at[1] < 0 ? "" : "+"}${number(at[1], 2)}°`] : [el("b", null, count(list.length)), ` stars in ${base}`]);
  }
  function update() {
    const seen = all.filter((s) => !s.missions.length || s.missions.some((m) => !hidden.has(m)));
    list = seen.filter((s) => !Number.isNaN(s.ra) && inside(choice, s));
    map.setStars(seen);
    if (choice?.kind === "circle") field.value = `${choice.ra} ${choice.dec} ${choice.radius}`;
    const q = new URLSearchParams();
    if (choice) q.set(choice.kind, choice.kind === "circle" ? [choice.ra, choice.dec, choice.radius].join() : [choice.ra0, choice.ra1, choice.dec0, choice.dec1].join());
    if (hidden.size) q.set("hide", [...hidden].join());
    if (asOf) q.set("as_of", asOf);
    go("/sky" + (q.size ? "?" + q : ""), { quiet: true });
    open.href = "/catalogs?" + new URLSearchParams({ table: "candidates", ...Object.fromEntries(Object.entries(asked()).filter(([, v]) => v)) });
    fill(legend, Object.keys(MARKS).map((m) => el("button", { type: "button", class: "lg", "aria-pressed": String(!hidden.has(m)), on: { click: () => { hidden.has(m) ? hidden.delete(m) : hidden.add(m); update(); } } }, mark(m), el("span", null, m), " ", el("b", null, count(all.filter((s) => s.missions[0] === m && !Number.isNaN(s.ra)).length)))),
      choice && el("button", { type: "button", class: "lg", on: { click: () => { choice = null; map.show(null); update(); } } }, "Clear ", words(choice), icon("x")));
    pointed(null);
    rows();
  }
  function rows() {
    const source = new LocalRows(sorted(list, sort));
    if (!list.length) return void fill(place, empty("No star is in this part of the sky.", button("Clear", { icon: "x", on: () => { choice = null; hidden.clear(); map.show(null); update(); } })));
    if (table) table.setRows(source);
    else table = new Table({ label: "Stars of the map", columns: starColumns(el, number, chip), rows: source, sort, onSort: (s) => { sort = s; rows(); }, open: (s) => go("/targets/" + encodeURIComponent(s.id)), class: "half" });
    if (table.element.parentNode !== place) fill(place, table.element);
  }
}

const words = (c) => (c.kind === "circle" ? `a circle of ${number(c.radius, 2)}° at RA ${number(c.ra, 2)}° Dec ${c.dec < 0 ? "" : "+"}${number(c.dec, 2)}°` : `RA ${number(c.ra0, 1)}–${number(c.ra1, 1)}°, Dec ${number(c.dec0, 1)} to ${number(c.dec1, 1)}°`);

/** Reads ?circle=ra,dec,radius or ?box=ra,ra,dec,dec. */
function parse(p) {
  const of = (k, n) => { const v = (p.get(k) || "").split(",").map(Number); return p.has(k) && v.length === n && v.every(Number.isFinite) ? v : null; };
  const c = of("circle", 3), b = of("box", 4);
  if (c) return { kind: "circle", ra: c[0], dec: c[1], radius: c[2] };
  return b ? { kind: "box", ra0: b[0], ra1: b[1], dec0: b[2], dec1: b[3] } : null;
}

/** The mark of a mission in the legend. */
function mark(mission) {
  const d = { circle: "M7 2.5a4.5 4.5 0 1 0 .01 0z", triangle: "M7 2l5.5 10h-11z", diamond: "M7 1.5L12.5 7 7 12.5 1.5 7z" }[MARKS[mission][0]];
  return el("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, el("path", { d, class: "m-" + mission.toLowerCase() }));
}

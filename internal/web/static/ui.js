// Elements, numbers, states, messages: what every screen is made with.
import { ApiError, address, events, isAbort } from "./api.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an element. Props: `class`, `text`, `on` ({event: handler}), `style`
 * ({property: value}, set through the CSSOM, as the policy wants), `data`
 * ({name: value}); the rest are attributes, where false, null and undefined
 * leave it out and true gives it no value. Children are nodes, texts, or lists
 * of both; a text never becomes markup.
 */
export function el(tag, props, ...children) {
  const e = tag === "svg" || tag === "use" || tag === "path" || tag === "rect" || tag === "circle" || tag === "g" || tag === "line" || tag === "text:svg"
    ? document.createElementNS(SVG, tag.replace(":svg", "")) : document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "class") e.setAttribute("class", value);
    else if (name === "text") e.textContent = value;
    else if (name === "on") for (const [type, f] of Object.entries(value)) e.addEventListener(type, f);
    else if (name === "style") for (const [k, v] of Object.entries(value)) e.style.setProperty(k, v);
    else if (name === "data") Object.assign(e.dataset, value);
    else if (name === "value" || name === "checked") e[name] = value;
    else e.setAttribute(name, value === true ? "" : value);
  }
  put(e, children);
  return e;
}

function put(e, list) {
  for (const c of list) {
    if (Array.isArray(c)) put(e, c);
    else if (c !== null && c !== undefined && c !== false) e.append(c instanceof Node ? c : String(c));
  }
}

/** Replaces what an element holds. */
export function fill(e, ...children) {
  e.replaceChildren();
  put(e, children);
  return e;
}

/** A symbol of index.html. With a label it is a picture, without it decoration. */
export function icon(name, label) {
  return el("svg", { class: "i", ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }) }, el("use", { href: "#s-" + name }));
}

/** A button. o: {icon, label (for icon-only), primary, small, on, submit: it sends its form, disabled: "why not"} */
export function button(words, o = {}) {
  const b = el("button", {
    type: o.submit ? "submit" : "button", class: ["btn", o.primary && "pri", o.small && "s", !words && "ic"].filter(Boolean).join(" "),
    "aria-label": words ? null : o.label, title: words ? null : o.label, "aria-disabled": o.disabled ? "true" : null,
  }, o.icon && icon(o.icon), words);
  if (o.disabled) { // visible, out of order, and it says why
    b.title = o.disabled;
    b.append(el("span", { class: "sr" }, ": " + o.disabled));
  } else if (o.on) b.addEventListener("click", o.on);
  return b;
}

/** A small label with a colour that means something: kind is ok, warn, bad or n. */
export const chip = (kind, words) => el("span", { class: "chip " + kind }, kind === "ok" ? icon("check") : kind === "warn" || kind === "bad" ? icon("warn") : null, words);

/** A card with its heading; `r` stands at its right. */
export function card(title, o = {}, ...body) {
  const id = "h-" + title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return el("section", { class: "card " + (o.class || ""), "aria-labelledby": id },
    el("header", null, el("h2", { id }, title), o.beside, o.r && el("span", { class: "r" }, o.r)), o.bare ? body : el("div", { class: "body" }, body));
}

/** The head of a screen: its one h1, a line below, actions at the right. */
export function heading(title, o = {}) {
  document.title = (o.name || title) + " · ExoplanetAI";
  return el("div", { class: "head" },
    el("div", null, el("h1", { tabindex: "-1" }, title, o.chip), o.sub && el("p", { class: "sub" }, o.sub)),
    o.actions && el("div", { class: "act" }, o.actions));
}

// ---------- numbers and times ----------

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
/** A whole number, thousands by comma, with a true minus sign. */
export const count = (n) => (n === null || n === undefined || Number.isNaN(n) ? "–" : grouped.format(n).replace("-", "−"));
/** A number as it is, with a true minus sign and thousands by comma. */
export function number(v, digits) {
  if (v === null || v === undefined || Number.isNaN(v)) return "–";
  const text = digits === undefined ? String(v) : Number(v).toFixed(digits);
  const m = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (!m) return text.replace("-", "−").replace("e-", "e−");
  return (m[1] ? "−" : "") + (m[2].length > 3 ? grouped.format(m[2]) : m[2]) + (m[3] || "");
}
/** A share of 1 as per cent. */
export const percent = (v, digits = 1) => (v === null || v === undefined ? "–" : number(v * 100, digits) + "\u2009%");
/** Bytes in decimal units. */
export function bytesText(n) {
  if (n === null || n === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let i = 0;
  while (n >= 999.5 && i < units.length - 1) { n /= 1000; i++; }
  return (i === 0 ? String(n) : n >= 99.5 ? n.toFixed(0) : n >= 9.95 ? n.toFixed(1) : n.toFixed(2)) + "\u2009" + units[i];
}
/** "2026-11-23 12:40 UTC" */
export const time = (s) => (s ? new Date(s).toISOString().replace("T", " ").slice(0, 16) + " UTC" : "–");
/** "3 h ago": how long since, in one unit. */
export function ago(s, now = Date.now()) {
  if (!s) return "never";
  const d = Math.max(0, (now - new Date(s)) / 1000);
  const [n, unit] = d < 90 ? [d, "s"] : d < 5400 ? [d / 60, "min"] : d < 129600 ? [d / 3600, "h"] : [d / 86400, "d"];
  return Math.round(n) + "\u2009" + unit + " ago";
}
/** A time with its age, the exact time in the title. */
export const since = (s) => (s ? el("time", { datetime: s, title: time(s) }, ago(s)) : el("span", null, "never"));
export const digest = (s) => { const h = (s || "").replace(/^sha256:/, ""); return el("span", { class: "mono", title: s }, h ? h.slice(0, 4) + "…" + h.slice(-4) : "–"); };

// ---------- states ----------

/** Grey bars that keep the place; they appear after 400 ms, so that quick answers do not flicker. */
export function waiting(lines = 3, o = {}) {
  const box = el("div", { class: "state wait", "aria-busy": "true", style: { visibility: "hidden", width: "100%" } },
    el("span", { class: "sr" }, "Loading"),
    Array.from({ length: lines }, (_, i) => el("span", { class: "bar-g", style: { width: [92, 70, 84, 55][i % 4] + "%" } })));
  const slow = el("p", { class: "small", hidden: true }, "Still loading. ", o.cancel && button("Cancel", { small: true, on: o.cancel }));
  box.append(slow);
  setTimeout(() => { box.style.visibility = ""; }, 400);
  setTimeout(() => { slow.hidden = false; }, 8000);
  return box;
}

/** One sentence why there is nothing, and one thing to do. */
export const empty = (sentence, action) => el("div", { class: "state" }, el("p", null, sentence), action);

/** What failed, the server's words, where to find it in the log, and Retry. */
export function failed(what, e, retry) {
  const box = el("div", { class: "state bad", role: "alert" },
    el("p", null, el("b", null, what), " ", e.message),
    e.hint && el("p", { class: "small" }, "What to do: " + e.hint + (/[.?!]$/.test(e.hint) ? "" : ".")),
    e.requestId && el("p", { class: "small dim" }, "Request ", el("code", null, e.requestId)),
    retry && button("Retry", { small: true, icon: "redo", on: retry }));
  if (!(e instanceof ApiError)) console.error(e); // a fault of the page itself
  if (e.kind === "offline" && retry) events.addEventListener("online", () => { if (box.isConnected) retry(); }, { once: true }); // back without a reload
  return box;
}

/**
 * Shows in a place what a promise brings: grey bars, then draw(result), or the
 * error with Retry. `load(signal)` is called again by Retry.
 */
export async function show(place, what, load, draw, o = {}) {
  const again = () => show(place, what, load, draw, o);
  fill(place, waiting(o.lines, o));
  try {
    const result = await load(o.signal);
    if (o.signal?.aborted) return;
    const drawn = await draw(result);
    if (o.signal?.aborted) return;
    fill(place, drawn);
  } catch (e) {
    if (!isAbort(e) && !o.signal?.aborted) fill(place, failed(what, e, again));
  }
}

// ---------- messages, dialogs, menus ----------

/** Says something to screen readers, at once and politely. */
export function say(words) {
  const place = document.getElementById("say");
  place.textContent = "";
  setTimeout(() => { place.textContent = words; }, 50);
}

/** A message that goes by itself; an action ("Undo") keeps it for 10 s. */
export function toast(words, action) {
  const t = el("div", { class: "toast" }, el("span", null, words), action && el("button", { type: "button", on: { click: () => { action.on(); t.remove(); } } }, action.words));
  document.getElementById("toasts").append(t);
  say(words);
  setTimeout(() => t.remove(), action ? 10_000 : 5000);
}

/** A modal dialog; resolves to what a button in it gave to close(value), null for Esc. */
export function dialog(title, build) {
  return new Promise((done) => {
    let result = null;
    const id = "d-" + Math.random().toString(36).slice(2, 8);
    const d = el("dialog", { "aria-labelledby": id });
    const close = (value) => { result = value; d.close(); };
    d.append(el("header", null, el("h2", { id }, title), button("", { icon: "x", label: "Close", small: true, on: () => close(null) })), ...[build(close)].flat());
    d.addEventListener("close", () => { d.remove(); done(result); });
    d.addEventListener("click", (e) => { if (e.target === d) close(null); });
    document.body.append(d);
    d.showModal();
  });
}

/**
 * A small panel at a button: items {words, icon, note, on, href, download}, or a
 * node. Esc and a click elsewhere close it; the focus goes back to the button.
 */
export function menu(anchor, items, o = {}) {
  document.querySelector(".menu")?.dispatchEvent(new Event("put-away"));
  const box = el("div", { class: "menu " + (o.class || ""), role: "dialog", "aria-label": o.label || "Choices" });
  const away = (back) => {
    box.remove();
    anchor.setAttribute("aria-expanded", "false");
    removeEventListener("pointerdown", outside, true);
    if (back) anchor.focus();
  };
  const outside = (e) => { if (!box.contains(e.target) && !anchor.contains(e.target)) away(false); };
  if (items instanceof Node) box.append(items);
  else for (const it of items) {
    const inner = [it.icon && icon(it.icon), el("span", null, it.words), it.note && el("small", null, it.note)];
    box.append(it.href ? el("a", { href: it.href, download: it.download, on: { click: () => away(true) } }, inner)
      : el("button", { type: "button", "aria-pressed": it.pressed === undefined ? null : String(it.pressed), on: { click: () => { away(true); it.on(); } } }, inner));
  }
  box.addEventListener("put-away", () => away(false));
  box.addEventListener("keydown", (e) => {
    if (e.key === "Escape") { e.stopPropagation(); away(true); }
    if (!(items instanceof Node) && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      const all = [...box.children], i = all.indexOf(document.activeElement);
      all[(i + (e.key === "ArrowDown" ? 1 : all.length - 1)) % all.length].focus();
      e.preventDefault();
    }
  });
  document.body.append(box);
  anchor.setAttribute("aria-expanded", "true");
  const a = anchor.getBoundingClientRect(), b = box.getBoundingClientRect();
  box.style.left = Math.max(10, Math.min(a.left, innerWidth - b.width - 10)) + "px";
  box.style.top = Math.max(10, a.bottom + 6 + b.height > innerHeight ? Math.max(10, a.top - b.height - 6) : a.bottom + 6) + "px";
  setTimeout(() => addEventListener("pointerdown", outside, true));
  (box.querySelector("a,button,input") || box).focus();
  return () => away(true);
}

/** A button that copies the address of the data which a screen shows. `path()` gives it. */
export function apiLink(path) {
  return button("", { icon: "link", label: "Copy API link", on: () => copy(new URL(path(), location.origin).href, "API link copied.") });
}

/** Copies a text, or shows it where the browser does not let us. */
export async function copy(words, said = "Copied.") {
  try {
    await navigator.clipboard.writeText(words);
    toast(said);
  } catch {
    dialog("Copy this", () => el("div", { class: "body" }, el("textarea", { class: "field", rows: "4", readonly: true, "aria-label": "Text to copy", value: words })));
  }
}

/** Loads a style sheet beside the modules once: style("target.css"). */
export function style(name) {
  const href = new URL(name, import.meta.url).href;
  if (document.querySelector(`link[href="${CSS.escape(href)}"]`)) return Promise.resolve();
  return new Promise((done, fail) => document.head.append(el("link", { rel: "stylesheet", href, on: { load: done, error: () => fail(new Error(name + " did not load")) } })));
}

/** Loads a classic script beside the modules once: script("vendor/uPlot.iife.min.js"). */
const scripts = new Map();
export function script(name) {
  if (!scripts.has(name)) {
    scripts.set(name, new Promise((done, fail) => document.head.append(el("script", {
      src: new URL(name, import.meta.url).href, on: { load: done, error: () => { scripts.delete(name); fail(new Error(name + " did not load")); } },
    }))));
  }
  return scripts.get(name);
}

export { address };

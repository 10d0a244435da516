// The shell: which screen an address means, the rail, search, theme, keys.
import { bytes, get, events, isAbort, isOnline, signedIn, signIn, signOut } from "./api.js";
import { el, fill, icon, button, heading, failed, waiting, menu, dialog, toast, say, bytesText, time } from "./ui.js";

/**
 * All screens there may be: a screen is shown once its module screens/NAME.js
 * exists, which the server says in the document. Such a module exports
 *   async function show(root, {url, params, signal, go})
 * which draws into root; url is a URL, params the named parts of its path,
 * signal ends when the screen is left, go(address, {replace, quiet}) leads
 * elsewhere, or with quiet only notes the state in the address.
 */
const SCREENS = [
  { name: "overview", path: "/", words: "Overview", icon: "grid", key: "o", bottom: true },
  { name: "catalogs", path: "/catalogs", words: "Catalogs", icon: "table", key: "c", bottom: true },
  { name: "targets", path: "/targets", words: "Targets", icon: "curve", key: "t", bottom: true },
  { name: "target", path: "/targets/:id", in: "targets" },
  { name: "sky", path: "/sky", words: "Sky map", icon: "sky", key: "s" },
  { name: "query", path: "/query", words: "Query", icon: "code", key: "q" },
  { name: "versions", path: "/versions", words: "Versions", icon: "ver", key: "v", group: "Quality" },
  { name: "validation", path: "/validation", words: "Validation", icon: "shield", group: "Quality" },
  { name: "jobs", path: "/jobs", words: "Jobs", icon: "job", key: "j", group: "Operate", bottom: true },
  { name: "storage", path: "/storage", words: "Storage", icon: "disk", group: "Operate" },
  { name: "audit", path: "/audit", words: "Audit log", icon: "log", group: "Operate" },
  { name: "users", path: "/users", words: "Users & keys", icon: "key", group: "Operate" },
];
const meta = (name) => document.querySelector(`meta[name=${name}]`).content;
const made = new Set(meta("screens").split(" "));
const screens = SCREENS.filter((s) => made.has(s.name));
const main = document.getElementById("main");

// ---------- where we are ----------

/** The screen of a path with its named parts, or null. */
function match(path) {
  for (const s of screens) {
    const want = s.path.split("/"), have = path.replace(/(.)\/$/, "$1").split("/");
    if (want.length !== have.length) continue;
    const params = {};
    if (want.every((w, i) => (w.startsWith(":") ? (params[w.slice(1)] = decode(have[i])) : w === have[i]))) return { screen: s, params };
  }
  return null;
}

function decode(s) {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}

/** The snapshot that was chosen belongs to the address of every screen. */
function withSnapshot(address) {
  const url = new URL(address, location.href), now = new URLSearchParams(location.search).get("as_of");
  if (now && !url.searchParams.has("as_of") && !address.includes("as_of=")) url.searchParams.set("as_of", now);
  return url;
}

/** Leads to an address of the page. */
export function go(address, o = {}) {
  const url = o.quiet ? new URL(address, location.href) : withSnapshot(address);
  if (o.quiet) return history.replaceState(history.state, "", url);
  history[o.replace ? "replaceState" : "pushState"]({ top: 0 }, "", url);
  return draw(o);
}

let leave = new AbortController();
let shown = "";

async function draw(o = {}) {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const url = new URL(location.href), found = match(url.pathname);
  document.querySelector(".menu")?.dispatchEvent(new Event("put-away"));
  marks(found?.screen);
  const root = el("div", { class: "screen", data: { screen: found?.screen.name || "none" } });
  if (url.pathname !== shown || o.top) scrollTo(0, 0);
  const first = shown === "";
  shown = url.pathname;
  if (!found) {
    fill(main, root);
    fill(root, heading("There is no such page"), el("p", { class: "muted" }, "Nothing is at ", el("code", null, url.pathname), ". ", el("a", { href: "/" }, "To the overview")));
    return;
  }
  fill(main, root);
  const wait = waiting(4);
  root.append(wait);
  try {
    const module = await import(`./screens/${found.screen.name}.js`).catch((e) => { throw new Changed(e); });
    if (signal.aborted) return;
    wait.remove();
    document.title = (found.screen.words || found.params.id || "") + " · ExoplanetAI";
    await module.show(root, { url, params: found.params, signal, go });
    if (signal.aborted) return;
    main.dataset.ready = url.pathname;
    if (!first && !o.stay) {
      main.focus({ preventScroll: true });
      say(document.title.split(" · ")[0]);
    }
  } catch (e) {
    if (isAbort(e) || signal.aborted) return;
    if (e instanceof Changed) {
      fill(root, heading("This page is older than the program"), el("p", { class: "muted" }, "The server was brought up to date, or is out of reach. Load the page again to go on."),
        el("p", null, button("Load again", { primary: true, icon: "redo", on: () => location.reload() })));
      console.error(e.cause);
      return;
    }
    fill(root, heading(found.screen.words || found.params.id || "Something went wrong"), el("section", { class: "card" }, failed("This screen cannot be shown.", e, () => draw())));
  }
}

/** A module that the server has no more. */
class Changed extends Error {
  constructor(cause) { super("a part of the page did not load", { cause }); }
}

addEventListener("popstate", () => draw());
document.addEventListener("click", (e) => {
  const a = e.target.closest("a[href]");
  if (!a || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const url = new URL(a.href, location.href);
  if (signedIn() && url.origin === location.origin && /^\/(api|tap)\//.test(url.pathname)) { // a link by itself does not say who asks
    e.preventDefault();
    download(url.pathname + url.search);
    return;
  }
  if (a.target || a.hasAttribute("download")) return;
  if (url.origin !== location.origin || !match(url.pathname) || (url.hash && url.pathname === location.pathname)) return;
  e.preventDefault();
  go(url.pathname + url.search + url.hash);
});

/** Fetches a file as who is signed in, and hands it to the browser. */
async function download(path) {
  try {
    const { bytes: body, headers } = await bytes(path), name = /filename="?([^";]+)/.exec(headers.get("Content-Disposition") || "");
    const href = URL.createObjectURL(new Blob([body], { type: headers.get("Content-Type") || "" }));
    el("a", { href, download: name ? name[1] : path.split("?")[0].split("/").at(-1) }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  } catch (e) {
    if (!isAbort(e)) toast("The file could not be fetched: " + e.message);
  }
}

// ---------- rail and bottom bar ----------

function nav() {
  const rail = document.getElementById("rail"), bottom = document.getElementById("bottom"), listed = screens.filter((s) => s.words);
  fill(rail);
  let group;
  for (const s of listed) {
    if (s.group !== group && s.group) rail.append(el("h2", null, s.group));
    group = s.group;
    rail.append(el("a", { href: s.path, title: s.words, data: { nav: s.name } }, icon(s.icon), el("span", null, s.words), el("span", { class: "badge", hidden: true })));
  }
  const four = listed.filter((s) => s.bottom).slice(0, 4);
  fill(bottom, four.map((s) => el("a", { href: s.path, data: { nav: s.name } }, icon(s.icon), s.words)),
    el("button", { type: "button", "aria-haspopup": "true", "aria-expanded": "false", on: { click: (e) => menu(e.currentTarget, listed.filter((s) => !four.includes(s)).map((s) => ({ words: s.words, icon: s.icon, href: s.path }))
      .concat([{ words: "Keys", icon: "more", on: keys }]), { label: "More screens" }) } }, icon("more"), "More"));
}

function marks(screen) {
  for (const a of document.querySelectorAll("[data-nav]")) {
    if (a.dataset.nav === screen?.name) a.setAttribute("aria-current", "page");
    else if (a.dataset.nav === screen?.in) a.setAttribute("aria-current", "true");
    else a.removeAttribute("aria-current");
  }
}

/** A number or word beside an entry of the rail; "" takes it away. */
export function badge(name, words) {
  const b = document.querySelector(`#rail [data-nav=${name}] .badge`);
  if (b) { b.textContent = words; b.hidden = !words; }
}

// ---------- how the server is ----------

async function health() {
  const place = document.getElementById("health");
  try {
    const [h, s] = await Promise.all([get("/health"), get("/data/storage/stats")]);
    const words = { ok: "All systems healthy", degraded: "Something needs a look", down: "Out of order" }[h.status] || h.status;
    const used = s.disk?.used_percent || 0;
    fill(place, el("div", { class: "row" }, el("i", { class: h.status === "ok" ? "live" : "dot " + (h.status === "down" ? "bad" : "warn") }), el("b", null, words)),
      el("div", { class: "meter", role: "img", "aria-label": `Disk ${Math.round(used)} percent used` }, el("i", { style: { width: used + "%" } })),
      el("span", null, `${bytesText(s.disk.total - s.disk.free)} of ${bytesText(s.disk.total)} used`));
    place.hidden = false;
    if (made.has("jobs")) {
      const n = (await get("/jobs", { params: { state: "running" } })).jobs.length;
      badge("jobs", n ? `${n} running` : "");
    }
  } catch (e) {
    if (!isAbort(e) && !place.firstChild) place.hidden = true; // the line at the top says that the server is out of reach
  }
}

function line() {
  fill(document.getElementById("line"), isOnline() ? "" : [el("span", { class: "dot" }), "Reconnecting"]);
}
events.addEventListener("offline", line);
events.addEventListener("online", () => { line(); health(); toast("The server answers again."); });

// ---------- snapshot ----------

async function snapshots() {
  const b = document.getElementById("snapshot");
  let list;
  try {
    list = (await get("/data/version/list")).versions;
  } catch {
    return; // not permitted, or out of reach: the newest data are shown
  }
  const label = () => {
    const at = new URLSearchParams(location.search).get("as_of"), v = list.find((x) => x.created_at === at);
    fill(b, icon("ver"), at ? `${v ? v.version : time(at)} · older data` : list.length ? `${list[0].version} · newest data` : "Newest data");
    b.classList.toggle("old", Boolean(at));
    b.title = at ? "A newer state of the data is available" : "Choose a state of the data";
  };
  label();
  b.hidden = list.length === 0;
  b.setAttribute("aria-haspopup", "true");
  b.addEventListener("click", () => menu(b, [{ words: "Newest data", on: () => choose(null) }, ...list.map((v) => ({ words: v.version, note: time(v.created_at), on: () => choose(v.created_at) }))], { label: "State of the data" }));
  const choose = (at) => {
    const url = new URL(location.href);
    at ? url.searchParams.set("as_of", at) : url.searchParams.delete("as_of");
    history.pushState({}, "", url);
    label();
    draw({ stay: true });
  };
  addEventListener("popstate", label);
}

// ---------- who is there ----------

let asking = false;
async function askWho() {
  if (asking) return;
  asking = true;
  await dialog("Sign in", (close) => {
    const name = el("input", { class: "field", id: "si-n", name: "username", autocomplete: "username", required: true, autofocus: true });
    const word = el("input", { class: "field", id: "si-p", name: "password", type: "password", autocomplete: "current-password", required: true });
    const wrong = el("p", { class: "badt", role: "alert" });
    return el("form", { class: "body", on: { submit: async (e) => {
      e.preventDefault();
      wrong.textContent = "";
      try {
        await signIn(name.value, word.value);
        close(true);
      } catch (err) {
        wrong.textContent = err.message;
        word.select();
      }
    } } }, el("p", { class: "muted" }, "This server wants to know who is there."), el("label", { for: "si-n" }, "Name"), name, el("label", { for: "si-p" }, "Password"), word, wrong,
      button("Sign in", { primary: true, submit: true }));
  });
  asking = false;
  if (signedIn()) { await who(); health(); draw({ stay: true }); }
}
events.addEventListener("signin", askWho);

async function who() {
  const b = document.getElementById("me");
  let me = null;
  try {
    me = signedIn() ? await get("/auth/me") : null; // without accounts everybody is the local admin
  } catch {
    // the sign-in has ended; the next refusal asks anew
  }
  b.hidden = !me || me.via === "local";
  if (!me) return;
  b.textContent = me.name.slice(0, 2).toUpperCase();
  b.setAttribute("aria-label", `Signed in as ${me.name}, ${me.role}`);
  b.onclick = () => menu(b, [{ words: "Sign out", icon: "user", note: me.name, on: async () => { await signOut().catch(() => {}); location.reload(); } }]);
}

// ---------- search ----------

/** Reads "19:20:35 +42:07 2m", "290.1, 42.1, 0.1" as a circle of the interface, else null. */
export function readCircle(s) {
  const n = "[+\u2212-]?\\d+(?:\\.\\d+)?", sx = "\\d{1,2}:\\d{1,2}(?::\\d+(?:\\.\\d+)?)?", dx = "[+\u2212-]?" + sx;
  const m = new RegExp(`^(${sx}|${n})[\\s,]+(${dx}|${n})(?:[\\s,]+(?:r\\s*=\\s*)?(\\d+(?:\\.\\d+)?\\s*(?:deg|d|m|s|'|"|°)?))?$`).exec(s.trim());
  if (!m) return null;
  return [m[1], m[2], (m[3] || "2m").replace(/\s+/g, "").replace("deg", "d").replace("°", "d")].join(",").replaceAll("\u2212", "-");
}

function search() {
  const form = document.getElementById("search"), input = document.getElementById("q");
  suggestions(form, input);
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const words = input.value.trim();
    if (!words) return;
    const circle = readCircle(words);
    if (circle) return go("/catalogs?table=candidates&cone=" + encodeURIComponent(circle));
    form.setAttribute("aria-busy", "true");
    try {
      const t = await get("/targets/" + encodeURIComponent(words));
      input.value = "";
      await go("/targets/" + encodeURIComponent(t.ids?.[0] || words));
    } catch (err) {
      if (err.kind === "offline") toast(err.message);
      else await go("/targets?q=" + encodeURIComponent(words));
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}

/** Lists, below the search, objects whose names hold what is typed (WAI-ARIA combobox). */
function suggestions(form, input) {
  const list = el("ul", { class: "hints", role: "listbox", id: "hints", "aria-label": "Objects of the catalogs", hidden: true });
  let timer = 0, asked = null, at = -1;
  form.append(list);
  for (const [k, v] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": "hints", "aria-autocomplete": "list" })) input.setAttribute(k, v);
  const away = () => {
    clearTimeout(timer);
    asked?.abort();
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (li) => {
    away();
    input.value = "";
    go("/targets/" + encodeURIComponent(li.dataset.star));
  };
  const mark = (i) => {
    at = i;
    [...list.children].forEach((li, k) => li.setAttribute("aria-selected", String(k === i)));
    i >= 0 ? input.setAttribute("aria-activedescendant", list.children[i].id) : input.removeAttribute("aria-activedescendant");
  };
  const look = async (words) => {
    asked?.abort();
    asked = new AbortController();
    try {
      const { rows } = await get("/catalogs/candidates", { params: { aliases: "~" + words, columns: "candidate,planet_name,host_name,kic,tic,epic,disposition", limit: 8 }, signal: asked.signal });
      if (document.activeElement !== input || !rows.length) return away();
      fill(list, rows.map((r, i) => el("li", { role: "option", id: "hint-" + i, "aria-selected": "false", data: { star: r.kic || r.epic || r.tic || r.host_name || r.candidate }, on: { pointerdown: (e) => { e.preventDefault(); choose(e.currentTarget); } } },
        el("span", null, r.planet_name || r.candidate), el("small", null, [r.kic || r.epic || r.tic, (r.disposition || "").toLowerCase()].filter(Boolean).join(" · ")))));
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      mark(-1);
    } catch (e) {
      if (!isAbort(e)) away(); // the search itself works without
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const words = input.value.trim();
    if (words.length < 2 || /[,:"]/.test(words) || readCircle(words)) return away();
    timer = setTimeout(() => look(words), 180);
  });
  input.addEventListener("blur", away);
  form.addEventListener("submit", away, true);
  input.addEventListener("keydown", (e) => {
    if (list.hidden) return;
    const n = list.children.length;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") mark(e.key === "ArrowDown" ? (at + 1) % n : at <= 0 ? n - 1 : at - 1);
    else if (e.key === "Enter" && at >= 0) choose(list.children[at]);
    else if (e.key === "Escape") away();
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
}

// ---------- keys ----------

const KEYS = "keys.go";
const jumps = () => { try { return localStorage.getItem(KEYS) !== "off"; } catch { return true; } };

function keys() {
  dialog("Keys", () => {
    const row = (k, words) => [el("span", null, [k].flat().map((x) => [el("kbd", null, x), " "])), el("span", null, words)];
    const on = el("input", { type: "checkbox", id: "k-go", checked: jumps(), on: { change: () => { try { localStorage.setItem(KEYS, on.checked ? "on" : "off"); } catch { toast("The browser does not keep it."); } } } });
    return el("div", { class: "body" },
      el("div", { class: "keys" }, row("/", "Search"), screens.filter((s) => s.key).map((s) => row(["g", s.key], s.words)), row("?", "This list"), row("Esc", "Close, leave, clear"),
        row(["←", "→"], "Plot: pan, with Shift a page"), row(["+", "−", "0"], "Plot: zoom in, out, show all"), row("Enter", "Plot: step into points. Table: open the row"), row(["Home", "End"], "Table: first and last"), row("s", "Table: sort by the column")),
      el("p", null, on, " ", el("label", { for: "k-go" }, "Keys that begin with g lead to screens")));
  });
}

let began = 0;
addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName) || document.activeElement?.isContentEditable) {
    if (e.key === "Escape") document.activeElement.blur();
    return;
  }
  if (e.key === "/") { e.preventDefault(); document.getElementById("q").focus(); return; }
  if (e.key === "?") { keys(); return; }
  if (e.key === "g" && jumps()) { began = e.timeStamp; return; }
  if (began && e.timeStamp - began < 1500) {
    const s = screens.find((x) => x.key === e.key);
    if (s) { e.preventDefault(); go(s.path); }
  }
  began = 0;
});

// ---------- theme ----------

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement, next = root.dataset.theme === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // it holds until the next load
  }
  dispatchEvent(new CustomEvent("theme", { detail: next })); // plots paint themselves anew
});

nav();
search();
draw();
who();
health();
snapshots();
setInterval(() => { if (!document.hidden) health(); }, 60_000);

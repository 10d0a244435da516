// The way to the HTTP interface: requests with typed errors, sign-in, live jobs.
// Whatever comes from here is data: show it with textContent, never as markup.

export const BASE = "/api/v1";

/**
 * What went wrong. `kind` is "http" (the server said no: status, code, detail,
 * hint, requestId and extra are its words), "offline" (no answer) or "torn"
 * (the answer broke off or is not what was asked for).
 */
export class ApiError extends Error {
  constructor(kind, message, more = {}) {
    super(message);
    this.name = "ApiError";
    this.kind = kind;
    this.status = more.status || 0;
    this.code = more.code || "";
    this.hint = more.hint || "";
    this.requestId = more.requestId || "";
    this.extra = more.extra || {};
    this.path = more.path || "";
  }
}

/** True for the error of a request that was given up on purpose. */
export const isAbort = (e) => e?.name === "AbortError";

/**
 * Tells of changes: "online" and "offline" (detail: nothing) when the server can
 * be reached again or no more, "signin" when it wants to know who is there,
 * "session" when somebody has signed in or out.
 */
export const events = new EventTarget();
const tell = (name) => events.dispatchEvent(new Event(name));

let reachable = true;
function reached(yes) {
  if (yes === reachable) return;
  reachable = yes;
  tell(yes ? "online" : "offline");
}
export const isOnline = () => reachable;

// ---------- who is there ----------

// Tokens live as long as the tab: nothing of them is kept on the disk of the machine for long.
const KEY = "session";
let session = null;
try {
  session = JSON.parse(sessionStorage.getItem(KEY));
} catch {
  session = null; // storage is switched off: signing in lasts until the next load
}

function keep(tokens) {
  session = tokens && { access: tokens.access_token, refresh: tokens.refresh_token, until: Date.now() + tokens.expires_in * 1000 };
  try {
    session ? sessionStorage.setItem(KEY, JSON.stringify(session)) : sessionStorage.removeItem(KEY);
  } catch {
    // as above
  }
  tell("session");
}

/** Signs in; throws an ApiError if the server refuses. */
export async function signIn(username, password) {
  keep(await send("POST", "/auth/token", { body: { username, password }, plain: true }));
}

/** Signs out here, and on the server if it can be reached. */
export async function signOut() {
  try {
    await send("POST", "/auth/logout", {});
  } finally {
    keep(null);
  }
}

export const signedIn = () => session !== null;

let renewing = null;
/** Renews the sign-in once, however many requests wait for it. */
function renew() {
  renewing ??= send("POST", "/auth/token", { body: { refresh_token: session.refresh }, plain: true })
    .then(keep, (e) => { if (e.kind === "http") keep(null); throw e; })
    .finally(() => { renewing = null; });
  return renewing;
}

// ---------- requests ----------

/**
 * Makes an address: path below /api/v1, parameters as an object (null and ""
 * are left out, lists repeat the name) or as a list of [name, value]. /tap, the
 * service of the Virtual Observatory, stands beside it.
 */
export function address(path, params) {
  const list = [];
  for (const [name, value] of Array.isArray(params) ? params : Object.entries(params || {})) {
    for (const v of Array.isArray(value) ? value : [value]) {
      if (v !== null && v !== undefined && v !== "") list.push(encodeURIComponent(name) + "=" + encodeURIComponent(v));
    }
  }
  return (/^\/(api|tap)\//.test(path) ? path : BASE + path) + (list.length ? "?" + list.join("&") : "");
}

/** Reads JSON. @param {{params?, signal?: AbortSignal}} [o] */
export const get = async (path, o = {}) => json(await ask("GET", path, o), path);
/** Sends JSON and reads the answer's. `wait: false` asks the server to make it a job. */
export const post = (path, body, o = {}) => send("POST", path, { ...o, body });
export const del = (path, o = {}) => send("DELETE", path, o);
/** The header fields alone; X-Total-Count counts the rows of a selection. */
export const head = async (path, o = {}) => (await ask("HEAD", path, o)).headers;
/** Reads text, of CSV for one. */
export const text = async (path, o = {}) => torn(path, (await ask("GET", path, { accept: "*/*", ...o })).text());

/**
 * Reads bytes. `progress(read, total)` is told how far it is; total is 0 if the
 * server does not say. @returns {Promise<{bytes: ArrayBuffer, headers: Headers}>}
 */
export async function bytes(path, o = {}) {
  const answer = await ask("GET", path, { accept: "*/*", ...o });
  if (!o.progress || !answer.body) return { bytes: await torn(path, answer.arrayBuffer()), headers: answer.headers };
  const total = answer.headers.get("Content-Encoding") ? 0 : Number(answer.headers.get("Content-Length")) || 0;
  const reader = answer.body.getReader(), parts = [];
  let read = 0;
  for (;;) {
    const { done, value } = await torn(path, reader.read());
    if (done) break;
    parts.push(value);
    o.progress((read += value.length), total);
  }
  const all = new Uint8Array(read);
  let at = 0;
  for (const p of parts) { all.set(p, at); at += p.length; }
  return { bytes: all.buffer, headers: answer.headers };
}

async function send(method, path, o) {
  const answer = await ask(method, path, o);
  return answer.status === 204 ? null : json(answer, path);
}

async function json(answer, path) {
  const body = await torn(path, answer.text());
  try {
    return body === "" ? null : JSON.parse(body);
  } catch {
    throw new ApiError("torn", "The server's answer is not JSON.", { status: answer.status, path, requestId: answer.headers.get("X-Request-Id") });
  }
}

/** An answer that breaks off is an error of its own kind. */
async function torn(path, promise) {
  try {
    return await promise;
  } catch (e) {
    if (isAbort(e)) throw e;
    throw new ApiError("torn", "The answer broke off.", { path });
  }
}

async function ask(method, path, o) {
  if (session && !o.plain && Date.now() > session.until - 20_000) await renew().catch(() => {});
  let answer = await once(method, path, o);
  if (answer.status === 401 && !o.plain) {
    if (session) {
      await renew().catch(() => {});
      if (session) answer = await once(method, path, o);
    }
    if (answer.status === 401) tell("signin");
  }
  if (!answer.ok) throw await problem(answer, path);
  return answer;
}

async function once(method, path, o) {
  const headers = { Accept: o.accept || "application/json" };
  if (o.body !== undefined) headers["Content-Type"] = "application/json";
  if (o.wait === false) headers.Prefer = "respond-async";
  if (session && !o.plain) headers.Authorization = "Bearer " + session.access;
  try {
    const answer = await fetch(address(path, o.params), {
      method, headers, signal: o.signal, body: o.body === undefined ? undefined : JSON.stringify(o.body), credentials: "same-origin",
    });
    reached(true);
    return answer;
  } catch (e) {
    if (isAbort(e)) throw e;
    reached(false);
    throw new ApiError("offline", "The server does not answer.", { path, hint: "It is tried again every 5 seconds." });
  }
}

/** Reads a problem document (RFC 9457), or makes one of what came instead. */
async function problem(answer, path) {
  const more = { status: answer.status, path, requestId: answer.headers.get("X-Request-Id") || "" };
  const said = await answer.text().catch(() => "");
  let doc = null;
  try {
    doc = JSON.parse(said);
  } catch {
    const tap = /<INFO\b[^>]*\bvalue="ERROR"[^>]*>([^<]*)</.exec(said); // the service at /tap speaks VOTable (DALI 1.1 §4.4)
    if (tap) return new ApiError("http", tap[1].replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&"), more);
  }
  if (!doc || typeof doc.detail !== "string") return new ApiError("http", `The server answered ${answer.status} ${answer.statusText}`.trim() + ".", more);
  const { type, title, status, detail, code, hint, request_id, ...extra } = doc;
  return new ApiError("http", detail, { ...more, code, hint, requestId: request_id || more.requestId, extra });
}

// While the server is out of reach it is asked every 5 seconds, so that the page comes back by itself.
events.addEventListener("offline", () => {
  const timer = setInterval(async () => {
    await once("GET", "/health/live", {}).catch(() => {});
    if (reachable) clearInterval(timer);
  }, 5000);
});

// ---------- jobs ----------

const OVER = new Set(["succeeded", "failed", "cancelled"]);

/**
 * Follows a job until it is over, by server-sent events and, where these fail,
 * by asking every 5 seconds. `told(job)` gets each state. Returns the last one.
 */
export async function follow(id, told, signal) {
  let last = null;
  const step = (job) => { last = job; told(job); };
  while (!signal?.aborted) {
    try {
      await stream("/jobs/" + encodeURIComponent(id) + "/events", (e) => { if (e.data) step(JSON.parse(e.data)); }, signal);
    } catch (e) {
      if (isAbort(e)) throw e;
      if (e.status === 404) throw e;
    }
    if (last && OVER.has(last.state)) return last;
    await pause(5000, signal);
    try {
      step(await get("/jobs/" + encodeURIComponent(id), { signal }));
    } catch (e) {
      if (isAbort(e) || e.status === 404) throw e;
    }
    if (last && OVER.has(last.state)) return last;
  }
  return last;
}

/**
 * Reads server-sent events with fetch, which unlike EventSource can show who
 * asks. `told({event, data, id})` gets each. Ends when the server ends.
 */
export async function stream(path, told, signal) {
  const answer = await ask("GET", path, { accept: "text/event-stream", signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", event = {};
  for (;;) {
    const { done, value } = await torn(path, reader.read());
    if (done) return;
    const lines = (rest + value).split(/\r\n|\r|\n/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (event.data !== undefined) told(event);
        event = {};
        continue;
      }
      const at = line.indexOf(":"), name = at < 0 ? line : line.slice(0, at), text = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
      if (name === "data") event.data = event.data === undefined ? text : event.data + "\n" + text;
      else if (name) event[name] = text;
    }
  }
}

/** Waits; ends early with an AbortError if the signal says so. */
export const pause = (ms, signal) => new Promise((done, fail) => {
  const timer = setTimeout(done, ms);
  signal?.addEventListener("abort", () => { clearTimeout(timer); fail(new DOMException("given up", "AbortError")); }, { once: true });
});

// Draws the description of the interface from /openapi.json: every route with
// its parameters, bodies and answers, and a form to try it.
"use strict";

const methods = ["get", "post", "put", "patch", "delete"];
let spec;

function el(tag, props, ...children) {
  const e = Object.assign(document.createElement(tag), props || {});
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

function resolve(schema) {
  let s = schema;
  for (let hops = 0; s && s.$ref && hops < 20; hops++) {
    s = s.$ref.replace("#/", "").split("/").reduce((o, k) => (o ? o[k] : undefined), spec);
  }
  return s || {};
}

function typeName(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeName).join(" or ");
  const t = [].concat(schema.type || "any").join(" or ");
  if (schema.items) return "list of " + typeName(schema.items);
  if (schema.enum) return schema.enum.map((v) => JSON.stringify(v)).join(", ");
  if (schema.additionalProperties && typeof schema.additionalProperties === "object") return "map of " + typeName(schema.additionalProperties);
  return t + (schema.format ? " (" + schema.format + ")" : "");
}

function example(schema, depth) {
  const s = resolve(schema);
  if (s.examples && s.examples.length) return s.examples[0];
  if (s.default !== undefined) return s.default;
  if (s.enum) return s.enum[0];
  if (s.anyOf) return example(s.anyOf[0], depth);
  const type = [].concat(s.type || "object")[0];
  if (depth > 6) return null;
  if (type === "object") {
    const out = {};
    for (const [k, v] of Object.entries(s.properties || {})) out[k] = example(v, depth + 1);
    return out;
  }
  if (type === "array") return [example(s.items, depth + 1)];
  return { string: s.format === "date-time" ? "2026-01-02T03:04:05Z" : "text", integer: 0, number: 0, boolean: false }[type] ?? null;
}

function fields(schema, depth) {
  const s = resolve(schema);
  if (s.items) return fields(s.items, depth);
  if (!s.properties || depth > 4) return null;
  const body = el("tbody");
  for (const [name, value] of Object.entries(s.properties)) {
    const inner = resolve(value.items || value);
    const sub = inner.properties ? fields(inner, depth + 1) : null;
    body.append(el("tr", {},
      el("td", {}, el("code", { textContent: name }), (s.required || []).includes(name) ? "" : el("span", { className: "dim", textContent: " optional" })),
      el("td", { className: "dim", textContent: typeName(value) }),
      el("td", {}, value.description || inner.description || "", sub ? el("details", {}, el("summary", { textContent: "fields" }), sub) : null)));
  }
  return el("table", {}, body);
}

function parameters(op) {
  if (!op.parameters || !op.parameters.length) return null;
  const body = el("tbody");
  for (const p of op.parameters) {
    body.append(el("tr", {},
      el("td", {}, el("code", { textContent: p.name }), p.required ? "" : el("span", { className: "dim", textContent: " optional" })),
      el("td", { className: "dim", textContent: p.in + ", " + typeName(p.schema) }),
      el("td", { textContent: p.description || "" })));
  }
  return el("div", {}, el("h3", { textContent: "Parameters" }), el("table", {}, body));
}

function jsonOf(content) {
  return content && (content["application/json"] || content["application/problem+json"]);
}

function answers(op) {
  const out = el("div", {}, el("h3", { textContent: "Answers" }));
  for (const [status, answer] of Object.entries(op.responses || {})) {
    const media = jsonOf(answer.content);
    const d = el("details", {}, el("summary", { textContent: (status === "default" ? "error" : status) + ": " + (answer.description || "") }));
    if (media && media.schema) d.append(fields(media.schema, 0) || el("p", { className: "dim", textContent: typeName(media.schema) }));
    else if (answer.content) d.append(el("p", { className: "dim", textContent: Object.keys(answer.content).join(", ") }));
    out.append(d);
  }
  return out;
}

function curl(method, url, body) {
  let line = "curl " + (method === "get" ? "" : "-X " + method.toUpperCase() + " ") + JSON.stringify(url);
  if (body) line += " \\\n  -H \"Content-Type: application/json\" \\\n  -d '" + body.replaceAll("'", "'\\''") + "'";
  return line;
}

function tryForm(method, path, op) {
  const form = el("form");
  const inputs = [];
  for (const p of op.parameters || []) {
    if (p.in === "header") continue;
    const hint = p.schema?.default ?? p.example ?? p.schema?.examples?.[0] ?? "";
    const input = el("input", { name: p.name, placeholder: typeof hint === "object" ? Object.entries(hint).map((e) => e.join("=")).join("&") : String(hint) });
    if (p.in === "path" && p.name !== "path") input.value = p.example ?? p.schema?.examples?.[0] ?? "";
    if (p.schema?.enum) input.title = p.schema.enum.join(", ");
    inputs.push([p, input]);
    form.append(el("label", {}, p.name, input));
  }
  const media = jsonOf(op.requestBody && op.requestBody.content);
  const body = media ? el("textarea", { value: JSON.stringify(example(media.schema, 0), null, 2), spellcheck: false }) : null;
  if (body) form.append(el("label", {}, "body", body));
  const line = el("pre");
  const out = el("pre", { hidden: true });
  const url = () => {
    let target = path;
    const query = new URLSearchParams();
    for (const [p, input] of inputs) {
      if (p.schema?.type === "object" && p.explode) {
        // one parameter for each condition: name=value, separated by &
        for (const part of input.value.split("&").filter((x) => x)) {
          const at = part.indexOf("=");
          query.append(at < 0 ? part : part.slice(0, at), at < 0 ? "" : part.slice(at + 1));
        }
        continue;
      }
      if (p.in === "path") target = target.replace("{" + p.name + "}", p.name === "path" ? input.value : encodeURIComponent(input.value));
      else if (input.value !== "") query.set(p.name, input.value);
    }
    const q = query.toString();
    return target + (q ? "?" + q : "");
  };
  const draw = () => { line.textContent = curl(method, location.origin + url(), body ? body.value : ""); };
  form.addEventListener("input", draw);
  draw();
  form.append(el("button", { textContent: "Send" }));
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    out.hidden = false;
    out.textContent = "…";
    try {
      const answer = await fetch(url(), { method: method.toUpperCase(), headers: body ? { "Content-Type": "application/json" } : {}, body: body ? body.value : undefined });
      const type = answer.headers.get("Content-Type") || "";
      if (!/json|text/.test(type)) {
        out.textContent = answer.status + " " + answer.statusText + "\n\n" + (await answer.arrayBuffer()).byteLength + " bytes of " + type;
        return;
      }
      const text = await answer.text();
      let shown = text.slice(0, 20000);
      try { if (text.length < 200000) shown = JSON.stringify(JSON.parse(text), null, 2).slice(0, 100000); } catch { /* not JSON: as it is */ }
      out.textContent = answer.status + " " + answer.statusText + "\n\n" + shown;
    } catch (err) {
      out.textContent = "no answer: " + err.message;
    }
  });
  return el("div", {}, el("h3", { textContent: "Try it" }), line, form, out);
}

function route(method, path, op) {
  const media = jsonOf(op.requestBody && op.requestBody.content);
  const inside = el("div");
  const d = el("details", { className: "route", id: op.operationId },
    el("summary", {}, el("span", { className: "method " + method, textContent: method.toUpperCase() }), el("span", { className: "path", textContent: path }), el("span", { className: "dim", textContent: op.summary || "" })),
    inside);
  d.addEventListener("toggle", () => {
    if (!d.open || inside.childElementCount) return;
    inside.append(el("p", { textContent: op.description || op.summary || "" }));
    inside.append(...[parameters(op), media ? el("div", {}, el("h3", { textContent: "Body" }), fields(media.schema, 0) || "", el("pre", { textContent: JSON.stringify(example(media.schema, 0), null, 2) })) : null,
      answers(op), path.endsWith("/events") ? null : tryForm(method, path, op)].filter(Boolean));
  });
  return d;
}

async function draw() {
  const index = document.getElementById("index");
  try {
    spec = await (await fetch("/openapi.json")).json();
  } catch (e) {
    index.textContent = "The description could not be read: " + e.message;
    return;
  }
  const list = el("ul");
  const routes = document.getElementById("routes");
  for (const tag of spec.tags || []) {
    routes.append(el("h2", { textContent: tag.name }), el("p", { className: "dim", textContent: tag.description || "" }));
    for (const [path, item] of Object.entries(spec.paths)) {
      for (const method of methods) {
        const op = item[method];
        if (!op || !(op.tags || []).includes(tag.name)) continue;
        routes.append(route(method, path, op));
        list.append(el("li", {}, el("a", { href: "#" + op.operationId, textContent: op.summary })));
      }
    }
  }
  index.replaceChildren(list);
  const open = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    if ("open" in target) target.open = true;
    target.scrollIntoView();
  };
  window.addEventListener("hashchange", open);
  open();
}

draw();

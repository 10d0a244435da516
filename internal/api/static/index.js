// Shows the health of the server and what it holds on the landing page.
"use strict";

async function read(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  return answer.json();
}

function row(name, text, state) {
  const tr = document.createElement("tr");
  for (const [value, cls] of [[name, ""], [text, state]]) {
    const td = document.createElement("td");
    td.textContent = value;
    td.className = cls;
    tr.append(td);
  }
  return tr;
}

async function show() {
  const place = document.getElementById("status");
  try {
    const health = await read("/api/v1/health");
    const table = document.createElement("table");
    const colours = { ok: "good", degraded: "warn", down: "bad" };
    table.append(row("health", health.status, colours[health.status] || ""));
    for (const [name, check] of Object.entries(health.checks || {})) {
      table.append(row(name.replaceAll("_", " "), check.status + (check.message ? ": " + check.message : ""), colours[check.status] || ""));
    }
    place.replaceChildren(table);
  } catch (e) {
    place.textContent = "The server did not answer: " + e.message;
  }
}

// The examples name the server that shows them.
for (const pre of document.querySelectorAll("pre")) {
  pre.textContent = pre.textContent.replace("http://localhost:8000", location.origin);
}

show();

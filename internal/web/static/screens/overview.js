// Overview: what is held, how fresh it is, what goes on.
import { get } from "../api.js";
import { el, heading, card, show as place, count, apiLink } from "../ui.js";

export async function show(root, { signal }) {
  const numbers = el("div");
  root.append(heading("Overview", { sub: "What is held, and what goes on.", actions: [apiLink(() => "/api/v1/data/ingestion/status")] }), numbers);
  await place(numbers, "The catalogs cannot be listed.", (s) => get("/catalogs", { signal: s }), (list) =>
    card("Catalogs", {}, el("dl", { class: "kv" }, list.catalogs.map((c) => [el("dt", null, c.table), el("dd", null, count(c.rows) + " rows")]))), { signal });
}

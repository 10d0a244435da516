// A table of any length: only the rows in sight are in the document, and rows
// that leave are used again for those that come.
import { el, fill, icon } from "./ui.js";

const SPARE = 6; // rows kept above and below the window
const MOST = 12_000_000; // pixels that browsers lay out without trouble
const BESIDE = 300; // pixels of columns drawn left and right of the window

/**
 * Where rows come from: all at once (LocalRows) or page by page (PagedRows).
 * @typedef {{total: number, row: (i: number) => any, want: (from: number, to: number) => void, changed: () => void}} Rows
 */

/** Rows that are all there. */
export class LocalRows {
  constructor(list) { this.list = list; this.changed = () => {}; }
  get total() { return this.list.length; }
  row(i) { return this.list[i]; }
  want() {}
}

/**
 * Rows that are asked for in pages when they come into sight; the least
 * recently used pages are dropped. load(offset, limit, signal) gives {rows, total}.
 */
export class PagedRows {
  constructor(load, signal, first) {
    this.load = load;
    this.signal = signal;
    this.size = 200;
    this.pages = new Map();
    this.total = 0;
    this.changed = () => {};
    this.failed = () => {};
    this.busy = new Map();
    if (first) { this.pages.set(0, first.rows); this.total = first.total; }
  }
  row(i) {
    const n = Math.floor(i / this.size), page = this.pages.get(n);
    return page ? page[i - n * this.size] : null;
  }
  want(from, to) {
    clearTimeout(this.timer);
    const need = [];
    for (let n = Math.floor(from / this.size); n <= Math.floor(Math.max(from, to - 1) / this.size); n++) if (!this.pages.has(n) && !this.busy.has(n)) need.push(n);
    if (!need.length) return;
    this.timer = setTimeout(() => { // who scrolls fast passes pages that nobody will read
      for (const [n, c] of this.busy) if (!need.includes(n)) { c.abort(); this.busy.delete(n); }
      for (const n of need) this.fetch(n);
    }, 60);
  }
  async fetch(n) {
    const c = new AbortController();
    const stop = () => c.abort();
    this.signal?.addEventListener("abort", stop, { once: true });
    this.busy.set(n, c);
    try {
      const { rows, total } = await this.load(n * this.size, this.size, c.signal);
      this.pages.set(n, rows);
      this.total = total;
      if (this.pages.size > 60) this.pages.delete(this.pages.keys().next().value);
      this.changed();
    } catch (e) {
      if (!c.signal.aborted) this.failed(e);
    } finally {
      if (this.busy.get(n) === c) this.busy.delete(n);
      this.signal?.removeEventListener("abort", stop);
    }
  }
}

let tables = 0;

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string} label    what stands in the head
 * @property {string} [unit]   below the label
 * @property {string} [help]   the longer name
 * @property {number} width    in pixels
 * @property {boolean} [num]   numbers stand at the right
 * @property {(row: any) => any} [cell]  text, a node or a list of both
 * @property {(cell: HTMLElement, row: any) => void} [paint]  instead: writes into a cell that may have been used before
 * @property {Node} [filter]   stands below the head
 */
export class Table {
  /** @param {{label: string, columns: Column[], rows: Rows, sort?: {name: string, down: boolean}[], onSort?: Function, open?: (row: any) => void, class?: string}} o */
  constructor(o) {
    Object.assign(this, { rowHeight: 34, sort: [], at: { row: 0, col: 0 } }, o);
    this.id = "t" + ++tables;
    this.head = el("div", { role: "rowgroup", class: "vt-head" });
    this.body = el("div", { role: "rowgroup", class: "vt-body" });
    this.element = el("div", { role: "grid", class: "vt " + (o.class || ""), tabindex: "0", "aria-label": o.label }, this.head, this.body);
    this.live = new Map();
    this.spare = [];
    this.element.addEventListener("scroll", () => this.soon(), { passive: true });
    this.element.addEventListener("keydown", (e) => this.key(e));
    this.body.addEventListener("click", (e) => this.click(e));
    this.body.addEventListener("pointerover", (e) => { // a text that does not fit is told whole
      const cell = e.target.closest("[role=gridcell]");
      if (cell) cell.title = cell.scrollWidth > cell.clientWidth ? cell.textContent : "";
    });
    this.element.addEventListener("focus", () => this.mark());
    this.element.addEventListener("blur", () => this.mark());
    new ResizeObserver(() => this.soon()).observe(this.element);
    this.setColumns(o.columns);
    this.setRows(o.rows);
  }

  /** Other columns; the place in the rows stays. */
  setColumns(columns) {
    // on a phone the column that stays leaves room for the others
    this.columns = columns = columns.map((c, i) => (i === 0 && innerWidth <= 720 ? { ...c, width: Math.min(c.width, Math.round(innerWidth * 0.44)) } : c));
    this.at.col = Math.min(this.at.col, columns.length - 1);
    const width = columns.reduce((sum, c) => sum + c.width, 0);
    this.edges = columns.reduce((list, c) => [...list, list.at(-1) + c.width], [0]);
    this.element.style.setProperty("--cols", columns.map((c, i) => (i === columns.length - 1 ? `minmax(${c.width}px,1fr)` : c.width + "px")).join(" "));
    this.element.style.setProperty("--wide", width + "px");
    this.element.setAttribute("aria-colcount", columns.length);
    const filters = columns.some((c) => c.filter);
    fill(this.head,
      el("div", { role: "row", class: "vt-row", "aria-rowindex": "1" }, columns.map((c, i) => this.headCell(c, i))),
      filters && el("div", { role: "row", class: "vt-row vt-filters", "aria-rowindex": "2" }, columns.map((c, i) => el("div", { role: "gridcell", "aria-colindex": i + 1 }, c.filter))));
    this.heads = filters ? 2 : 1;
    this.forget();
    if (this.rows) this.refresh();
  }

  /** Drops all rows: their cells are of other columns. */
  forget() {
    for (const r of this.live.values()) r.remove();
    for (const r of this.spare) r.remove();
    this.live.clear();
    this.spare = [];
    this.drawn = null;
  }

  /** Which columns are drawn beside the first, from and up to: those in sight, and some more. */
  across() {
    const left = this.element.scrollLeft, right = left + this.element.clientWidth, { edges, drawn } = this;
    const reach = (margin) => {
      let from = 1, to = 1;
      while (from < this.columns.length && edges[from + 1] < left - margin) from++;
      for (to = from; to < this.columns.length && edges[to] < right + margin; to++);
      return [from, to];
    };
    const [from, to] = reach(0);
    if (drawn && from >= drawn[0] && to <= drawn[1]) return;
    this.forget();
    this.drawn = reach(BESIDE);
  }

  headCell(c, i) {
    const n = this.sort.findIndex((s) => s.name === c.name), s = this.sort[n];
    const order = s ? (s.down ? "descending" : "ascending") : this.onSort ? "none" : null;
    const inner = [el("span", { class: "vt-name" }, el("span", null, c.label), c.unit && el("small", null, c.unit)), s && icon(s.down ? "down" : "up"), s && this.sort.length > 1 && el("sup", null, n + 1)];
    return el("div", { role: "columnheader", "aria-colindex": i + 1, "aria-sort": order, class: c.num ? "num" : null, title: c.help },
      this.onSort && c.sortable !== false ? el("button", { type: "button", on: { click: (e) => this.sortBy(c, e.shiftKey) } }, inner) : el("div", { class: "vt-plain" }, inner));
  }

  /** Sorts by a column: up, down, not at all; with add it comes after the others. */
  sortBy(c, add) {
    if (!this.onSort || c.sortable === false) return;
    const old = this.sort.find((s) => s.name === c.name);
    const next = !old ? { name: c.name, down: false } : old.down ? null : { name: c.name, down: true };
    if (!add) this.sort = next ? [next] : [];
    else this.sort = old ? this.sort.flatMap((s) => (s === old ? next || [] : s)) : [...this.sort, next];
    this.setColumns(this.columns);
    this.onSort(this.sort);
  }

  /** Other rows; the window goes to the top unless keep says no. */
  setRows(rows, keep) {
    this.rows = rows;
    rows.changed = () => this.refresh();
    if (!keep) { this.element.scrollTop = 0; this.at.row = 0; }
    this.refresh();
  }

  /** Draws all rows in sight anew. */
  refresh() {
    const scale = Math.min(1, MOST / Math.max(1, this.rows.total * this.rowHeight));
    this.step = this.rowHeight * scale;
    this.body.style.height = this.rows.total * this.step + "px";
    this.element.setAttribute("aria-rowcount", this.rows.total + this.heads);
    for (const r of this.live.values()) r.dataset.stale = "1";
    this.draw();
  }

  soon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  draw() {
    if (!this.rows) return;
    this.across();
    const seen = Math.ceil(this.element.clientHeight / this.rowHeight);
    const first = Math.max(0, Math.floor(this.element.scrollTop / this.step) - SPARE), end = Math.min(this.rows.total, first + seen + 2 * SPARE);
    this.first = first;
    this.rows.want(first, end);
    for (const [i, r] of this.live) {
      if (i < first || i >= end) { this.live.delete(i); this.spare.push(r); r.hidden = true; }
    }
    for (let i = first; i < end; i++) {
      const have = this.live.get(i), row = this.rows.row(i);
      if (have && have.dataset.stale !== "1" && !(have.dataset.empty === "1" && row)) continue;
      this.place(have || this.take(), i, row);
    }
    this.mark();
  }

  take() {
    const old = this.spare.pop();
    if (old) { old.hidden = false; return old; }
    const r = el("div", { role: "row", class: "vt-row" }), [from, to] = this.drawn;
    r.cells = new Map();
    for (const k of [0, ...Array.from({ length: to - from }, (_, i) => from + i)]) {
      const cell = el("div", { role: "gridcell", "aria-colindex": k + 1, class: this.columns[k].num ? "num" : null });
      cell.style.gridColumn = k + 1;
      r.cells.set(k, cell);
      r.append(cell);
    }
    return this.body.appendChild(r);
  }

  place(r, i, row) {
    this.live.set(i, r);
    r.dataset.i = i;
    r.dataset.stale = "0";
    r.dataset.empty = row ? "0" : "1"; // the style sheet shows a grey bar instead of what stood there
    r.setAttribute("aria-rowindex", i + this.heads + 1);
    r.style.transform = `translateY(${i * this.step}px)`;
    if (!row) return;
    for (const [k, cell] of r.cells) {
      const c = this.columns[k];
      if (c.paint) { c.paint(cell, row); continue; }
      const v = c.cell(row);
      if (typeof v === "string") cell.textContent = v;
      else fill(cell, v);
    }
  }

  // ---------- keyboard: the table has the focus, one cell is the active one ----------

  mark() {
    const focused = document.activeElement === this.element;
    this.body.querySelector(".vt-at")?.classList.remove("vt-at");
    const cell = this.live.get(this.at.row)?.cells.get(this.at.col);
    if (!focused || !cell) return this.element.removeAttribute("aria-activedescendant");
    cell.id = `${this.id}-c`;
    for (const other of this.body.querySelectorAll(`#${this.id}-c`)) if (other !== cell) other.removeAttribute("id");
    cell.classList.add("vt-at");
    this.element.setAttribute("aria-activedescendant", cell.id);
  }

  move(row, col) {
    this.at = { row: Math.max(0, Math.min(this.rows.total - 1, row)), col: Math.max(0, Math.min(this.columns.length - 1, col)) };
    const top = this.at.row * this.step, e = this.element, headed = this.head.offsetHeight;
    if (top < e.scrollTop) e.scrollTop = top;
    else if (top + this.rowHeight > e.scrollTop + e.clientHeight - headed) e.scrollTop = top + this.rowHeight - e.clientHeight + headed;
    const left = this.edges[this.at.col], fixed = this.columns[0].width;
    if (this.at.col > 0 && left - fixed < e.scrollLeft) e.scrollLeft = left - fixed;
    else if (left + this.columns[this.at.col].width > e.scrollLeft + e.clientWidth) e.scrollLeft = left + this.columns[this.at.col].width - e.clientWidth;
    this.draw();
  }

  key(e) {
    if (e.target !== this.element || e.ctrlKey || e.metaKey || e.altKey) return;
    const { row, col } = this.at, page = Math.max(1, Math.floor((this.element.clientHeight - this.head.offsetHeight) / this.rowHeight) - 1);
    const moves = { ArrowDown: [row + 1, col], ArrowUp: [row - 1, col], ArrowRight: [row, col + 1], ArrowLeft: [row, col - 1], Home: [0, col], End: [this.rows.total - 1, col], PageDown: [row + page, col], PageUp: [row - page, col] };
    if (moves[e.key]) this.move(...moves[e.key]);
    else if (e.key === "Enter" && this.open) { const r = this.rows.row(row); if (r) this.open(r); }
    else if ((e.key === "s" || e.key === "S") && this.onSort) this.sortBy(this.columns[col], e.shiftKey);
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  click(e) {
    const r = e.target.closest(".vt-row");
    if (!r || e.target.closest("a,button,input")) return;
    this.at = { row: Number(r.dataset.i), col: Number(e.target.closest("[role=gridcell]")?.getAttribute("aria-colindex") || 1) - 1 };
    if (e.detail === 2 && this.open) { const row = this.rows.row(this.at.row); if (row) this.open(row); }
    this.mark();
  }
}

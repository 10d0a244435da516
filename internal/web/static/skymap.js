// The map of the sky: one dot for each star, or how dense they stand where the
// dots would hide one another. It draws, moves and finds; what is chosen is told
// to the screen.
import { aitoff, apart, ring, unaitoff } from "./project.js";

/** Centres of the fields, degrees: Kepler Instrument Handbook (KSCI-19033) 2, and the list of K2 campaign fields of the Kepler/K2 Guest Observer Office. */
export const FIELDS = [
  ["Kepler", 290.6667, 44.5], ["C0", 98.2964, 21.5879], ["C1", 173.9396, 1.4173], ["C2", 246.1264, -22.4473], ["C3", 336.6653, -11.0967], ["C4", 59.0759, 18.6606],
  ["C5, C18", 130.1576, 16.8297], ["C6", 204.865, -11.2956], ["C7", 287.8292, -23.36], ["C8", 16.3379, 5.2623], ["C9", 270.3544, -21.7798], ["C10", 186.7794, -4.0271],
  ["C11", 260.388, -23.9759], ["C12", 351.6588, -5.1023], ["C13", 72.7971, 20.787], ["C14", 160.6829, 6.8509], ["C15", 233.6175, -20.0792], ["C16", 133.7099, 18.5253],
  ["C17", 202.5496, -7.721], ["C19", 347.259, -4.2027],
];
const BELOW = new Set(["C5, C18", "C6", "C12"]); // their names stand below: another field is above
const FIELD_RADIUS = 8; // the detectors reach that far from the centre of a field

/** Marks of the missions: shape and colour token, so that colour is a help only. */
export const MARKS = { Kepler: ["circle", "--d-proc"], TESS: ["triangle", "--d-trend"], K2: ["diamond", "--d-edge"] };

/** Is a star inside what was chosen? */
export function inside(choice, s) {
  if (!choice) return true;
  if (choice.kind === "circle") return apart(s.ra, s.dec, choice.ra, choice.dec) <= choice.radius;
  return s.dec >= choice.dec0 && s.dec <= choice.dec1 && s.ra >= choice.ra0 && s.ra <= choice.ra1;
}

export class SkyMap {
  /** @param {HTMLCanvasElement} canvas @param {{chosen: Function, pointed: Function, opened: Function}} told */
  constructor(canvas, told, signal) {
    Object.assign(this, { canvas, told, signal });
    this.scale = 1;
    this.centre = [0, 0]; // of the map, in its own units
    this.mode = "move";
    this.choice = null;
    this.groups = [];
    this.colours();
    addEventListener("theme", () => { this.colours(); this.soon(); }, { signal });
    this.watch = new ResizeObserver(() => this.soon());
    this.watch.observe(canvas);
    signal.addEventListener("abort", () => this.watch.disconnect());
    canvas.addEventListener("wheel", (e) => { e.preventDefault(); this.zoom(Math.exp(-Math.max(-0.5, Math.min(0.5, e.deltaY * 0.0016))), this.unscreen(e.offsetX, e.offsetY)); }, { passive: false });
    canvas.addEventListener("pointerdown", (e) => this.press(e));
    canvas.addEventListener("pointermove", (e) => { if (!this.drag) this.point(e); });
    canvas.addEventListener("pointerleave", () => told.pointed(null));
    canvas.addEventListener("dblclick", () => this.all());
    canvas.addEventListener("keydown", (e) => this.key(e));
  }

  colours() {
    const css = getComputedStyle(document.documentElement), get = (n) => css.getPropertyValue(n).trim();
    this.c = { grid: get("--line"), text: get("--text-3"), text2: get("--text-2"), field: get("--line-strong"), accent: get("--accent"), surface: get("--surface"), sky: get("--surface-2"), font: get("--sans") };
    for (const [m, [, token]] of Object.entries(MARKS)) this.c[m] = get(token);
  }

  /** Stars by mission; those without a place are left out. */
  setStars(list) {
    this.groups = ["TESS", "K2", "Kepler"].map((mission) => {
      const of = list.filter((s) => s.missions[0] === mission && !Number.isNaN(s.ra) && !Number.isNaN(s.dec)), x = new Float32Array(of.length), y = new Float32Array(of.length);
      of.forEach((s, i) => { [x[i], y[i]] = aitoff(s.ra, s.dec); });
      return { mission, stars: of, x, y };
    });
    this.soon();
  }

  // ---------- from the map to the screen and back ----------

  fit() { return Math.min(this.w / (2 * Math.PI + 0.3), this.h / (Math.PI + 0.3)); }
  screen(x, y) { const k = this.fit() * this.scale; return [this.w / 2 + (x - this.centre[0]) * k, this.h / 2 - (y - this.centre[1]) * k]; }
  unscreen(px, py) { const k = this.fit() * this.scale; return [this.centre[0] + (px - this.w / 2) / k, this.centre[1] - (py - this.h / 2) / k]; }

  zoom(f, at = this.centre) {
    const next = Math.max(1, Math.min(400, this.scale * f)), k = this.scale / next;
    this.move(at[0] + (this.centre[0] - at[0]) * k, at[1] + (this.centre[1] - at[1]) * k, next);
  }
  move(x, y, scale = this.scale) {
    this.scale = scale;
    const room = 1 - 1 / scale; // the whole sky stays in the middle
    this.centre = [Math.max(-Math.PI * room, Math.min(Math.PI * room, x)), Math.max((-Math.PI / 2) * room, Math.min((Math.PI / 2) * room, y))];
    this.soon();
  }
  all() { this.move(0, 0, 1); }

  /** Shows a choice, near enough to see what is in it. */
  show(choice) {
    this.choice = choice;
    if (choice?.kind === "circle") {
      const [x, y] = aitoff(choice.ra, choice.dec);
      this.move(x, y, Math.max(1, Math.min(200, 50 / Math.max(0.2, choice.radius))));
    }
    this.soon();
  }

  // ---------- pointer and keys ----------

  press(e) {
    if (e.button) return;
    this.canvas.setPointerCapture(e.pointerId);
    const from = [e.offsetX, e.offsetY], start = this.unscreen(...from);
    this.drag = { from, to: from, moved: false };
    const move = (v) => {
      this.drag.to = [v.offsetX, v.offsetY];
      if (Math.hypot(v.offsetX - from[0], v.offsetY - from[1]) > 4) this.drag.moved = true;
      if (this.mode === "move") {
        const now = this.unscreen(v.offsetX, v.offsetY);
        this.move(this.centre[0] + start[0] - now[0], this.centre[1] + start[1] - now[1]);
      } else if (this.drag.moved) this.choice = this.drawn(from, this.drag.to) || this.choice;
      this.soon();
    };
    const up = (v) => {
      const { moved } = this.drag;
      this.drag = null;
      this.canvas.removeEventListener("pointermove", move);
      if (!moved && v.type === "pointerup") { const s = this.nearest(v.offsetX, v.offsetY); if (s) this.told.opened(s); }
      if (moved && this.mode !== "move") this.told.chosen(this.choice);
      this.soon();
    };
    this.canvas.addEventListener("pointermove", move);
    this.canvas.addEventListener("pointerup", up, { once: true });
    this.canvas.addEventListener("pointercancel", up, { once: true });
  }

  /** What two points of the screen choose: a circle around the first, or the box between them. */
  drawn(a, b) {
    const p = unaitoff(...this.unscreen(...a)), q = unaitoff(...this.unscreen(...b));
    if (!p || !q) return null;
    const near = (v) => Math.round(v * 1e4) / 1e4;
    if (this.mode === "circle") return { kind: "circle", ra: near(p[0]), dec: near(p[1]), radius: near(Math.min(90, Math.max(1e-3, apart(...p, ...q)))) };
    return { kind: "box", ra0: near(Math.min(p[0], q[0])), ra1: near(Math.max(p[0], q[0])), dec0: near(Math.min(p[1], q[1])), dec1: near(Math.max(p[1], q[1])) };
  }

  key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const step = (e.shiftKey ? 1.5 : 0.3) / this.scale, [x, y] = this.centre;
    const does = { ArrowLeft: () => this.move(x - step, y), ArrowRight: () => this.move(x + step, y), ArrowUp: () => this.move(x, y + step), ArrowDown: () => this.move(x, y - step), "+": () => this.zoom(1.6), "=": () => this.zoom(1.6), "-": () => this.zoom(1 / 1.6), 0: () => this.all(), Escape: () => { this.choice = null; this.told.chosen(null); this.soon(); } }[e.key];
    if (!does) return;
    does();
    e.preventDefault();
  }

  point(e) {
    const s = this.nearest(e.offsetX, e.offsetY), place = unaitoff(...this.unscreen(e.offsetX, e.offsetY));
    this.canvas.style.cursor = s ? "pointer" : this.mode === "move" ? "grab" : "crosshair";
    this.told.pointed(place, s);
  }

  nearest(px, py) {
    let best = null, least = 64;
    for (const g of this.groups) {
      for (let i = 0; i < g.x.length; i++) {
        const [x, y] = this.screen(g.x[i], g.y[i]), d = (x - px) ** 2 + (y - py) ** 2;
        if (d < least) { least = d; best = g.stars[i]; }
      }
    }
    return best;
  }

  // ---------- drawing ----------

  soon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = 0; if (!this.signal.aborted) this.draw(); });
  }

  draw() {
    const { canvas } = this, d = devicePixelRatio;
    this.w = canvas.clientWidth;
    this.h = canvas.clientHeight;
    if (!this.w) return;
    if (canvas.width !== Math.round(this.w * d) || canvas.height !== Math.round(this.h * d)) { canvas.width = Math.round(this.w * d); canvas.height = Math.round(this.h * d); }
    const c = canvas.getContext("2d");
    c.setTransform(d, 0, 0, d, 0, 0);
    c.clearRect(0, 0, this.w, this.h);
    this.net(c);
    this.fields(c);
    for (const g of this.groups) this.scale < 3 ? this.density(c, g) : this.dots(c, g);
    this.outline(c);
    this.labels(c);
  }

  path(c, list) {
    let last = null;
    c.beginPath();
    for (const [ra, dec] of list) {
      const [mx, my] = aitoff(ra, dec), [x, y] = this.screen(mx, my);
      last && Math.abs(mx - last) < 1 ? c.lineTo(x, y) : c.moveTo(x, y); // across the edge of the map the line begins anew
      last = mx;
    }
  }

  net(c) {
    const line = (f) => { this.path(c, Array.from({ length: 91 }, (_, i) => f(i))); c.stroke(); };
    c.beginPath();
    const [x, y] = this.screen(0, 0), k = this.fit() * this.scale;
    c.ellipse(x, y, Math.PI * k, (Math.PI / 2) * k, 0, 0, 7);
    c.fillStyle = this.c.sky;
    c.fill();
    c.strokeStyle = this.c.grid;
    c.lineWidth = 1;
    c.stroke();
    for (let ra = 30; ra < 360; ra += 30) line((i) => [ra, -90 + 2 * i]);
    for (let dec = -60; dec <= 60; dec += 30) line((i) => [0.01 + (359.98 * i) / 90, dec]);
  }

  fields(c) {
    c.strokeStyle = this.c.field;
    c.lineWidth = 1;
    c.setLineDash([4, 3]);
    for (const [, ra, dec] of FIELDS) { this.path(c, ring(ra, dec, FIELD_RADIUS)); c.stroke(); }
    c.setLineDash([]);
  }

  labels(c) {
    c.font = `11.5px ${this.c.font}`;
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.fillStyle = this.c.text;
    for (let h = 0; h < 24; h += this.scale > 2 ? 2 : 4) {
      if (h === 0) continue;
      const [x, y] = this.screen(...aitoff(h * 15, 0));
      this.word(c, h + "h", x, y + 9);
    }
    for (let dec = -60; dec <= 60; dec += 30) if (dec) { const [x, y] = this.screen(...aitoff(180, dec)); this.word(c, (dec > 0 ? "+" : "−") + Math.abs(dec) + "°", x, y); }
    c.fillStyle = this.c.text2;
    if (this.scale * this.w > 700) for (const [name, ra, dec] of FIELDS) { const [x, y] = this.screen(...aitoff(ra, dec + (BELOW.has(name) ? -1 : 1) * (FIELD_RADIUS + 1))); this.word(c, name, x, y + (BELOW.has(name) ? 5 : -5)); }
  }
  word(c, s, x, y) {
    c.lineWidth = 3;
    c.strokeStyle = this.c.sky;
    c.strokeText(s, x, y);
    c.fillText(s, x, y);
  }

  /** Zoomed out: cells of 2 or 3 pixels, the darker the more stars. */
  density(c, g) {
    const cell = this.w < 500 ? 2 : 3, cols = Math.ceil(this.w / cell), rows = Math.ceil(this.h / cell), counts = new Uint16Array(cols * rows), used = [];
    let most = 1;
    for (let i = 0; i < g.x.length; i++) {
      const [x, y] = this.screen(g.x[i], g.y[i]), a = (x / cell) | 0, b = (y / cell) | 0;
      if (a < 0 || b < 0 || a >= cols || b >= rows) continue;
      const k = b * cols + a;
      if (!counts[k]) used.push(k);
      if (++counts[k] > most) most = counts[k];
    }
    c.fillStyle = this.c[g.mission];
    const top = Math.log1p(most);
    for (const k of used) {
      c.globalAlpha = 0.35 + (0.65 * Math.log1p(counts[k])) / top;
      c.fillRect((k % cols) * cell, ((k / cols) | 0) * cell, cell - 0.6, cell - 0.6);
    }
    c.globalAlpha = 1;
  }

  /** Zoomed in: each star with the shape of its mission. */
  dots(c, g) {
    const r = Math.min(5, 2 + this.scale * 0.08), [shape] = MARKS[g.mission];
    c.fillStyle = this.c[g.mission];
    c.beginPath();
    for (let i = 0; i < g.x.length; i++) {
      const [x, y] = this.screen(g.x[i], g.y[i]);
      if (x < -9 || y < -9 || x > this.w + 9 || y > this.h + 9) continue;
      if (shape === "circle") { c.moveTo(x + r * 0.85, y); c.arc(x, y, r * 0.85, 0, 7); }
      else if (shape === "triangle") { c.moveTo(x, y - r); c.lineTo(x + r, y + r * 0.8); c.lineTo(x - r, y + r * 0.8); }
      else { c.moveTo(x, y - r); c.lineTo(x + r, y); c.lineTo(x, y + r); c.lineTo(x - r, y); }
    }
    c.fill();
  }

  outline(c) {
    const s = this.choice;
    if (!s) return;
    const along = (a, b, t) => a + (b - a) * t, n = 40;
    const points = s.kind === "circle" ? ring(s.ra, s.dec, s.radius) : [
      ...Array.from({ length: n + 1 }, (_, i) => [along(s.ra0, s.ra1, i / n), s.dec0]), ...Array.from({ length: n + 1 }, (_, i) => [s.ra1, along(s.dec0, s.dec1, i / n)]),
      ...Array.from({ length: n + 1 }, (_, i) => [along(s.ra1, s.ra0, i / n), s.dec1]), ...Array.from({ length: n + 1 }, (_, i) => [s.ra0, along(s.dec1, s.dec0, i / n)])];
    this.path(c, points);
    c.strokeStyle = this.c.accent;
    c.lineWidth = 2;
    c.stroke();
  }
}

// The view as a picture: the same painters draw into a canvas (PNG) or into an
// SVG drawing, with axes and a line that says what it is.

import { theme, tickText } from "./chart.js";
import { clip, ground, panel, sectorNames } from "./painter.js";
import { yLimits } from "./series.js";
import { ZERO, utcLabel, utcTicks } from "./times.js";

const r2 = (v) => Math.round(v * 100) / 100;
const escape = (s) => String(s).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/**
 * The part of a canvas context that the painters use, written as SVG. Small
 * squares of one colour become one path.
 */
export class Svg {
  constructor(width, height) {
    this.size = [width, height];
    this.out = []; this.defs = []; this.path = []; this.squares = []; this.groups = [0];
    this.fillStyle = this.strokeStyle = "#000";
    this.lineWidth = 1; this.globalAlpha = 1; this.font = "12px sans-serif"; this.textAlign = "left"; this.textBaseline = "alphabetic"; this.lineJoin = "miter";
  }
  #flush() {
    if (!this.squares.length) return;
    this.out.push(`<path d="${this.squares.join("")}" fill="${escape(this.squareFill)}"${this.#alpha()}/>`);
    this.squares = [];
  }
  #alpha() { return this.globalAlpha < 1 ? ` opacity="${this.globalAlpha}"` : ""; }
  save() { this.groups.push(0); }
  restore() { this.#flush(); this.out.push("</g>".repeat(this.groups.pop() ?? 0)); }
  beginPath() { this.#flush(); this.path = []; }
  moveTo(x, y) { this.path.push(`M${r2(x)} ${r2(y)}`); }
  lineTo(x, y) { this.path.push(`L${r2(x)} ${r2(y)}`); }
  closePath() { this.path.push("Z"); }
  rect(x, y, w, h) { this.path.push(`M${r2(x)} ${r2(y)}h${r2(w)}v${r2(h)}h${r2(-w)}Z`); }
  arc(x, y, r) { this.path.push(`M${r2(x - r)} ${r2(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`); }
  clip() {
    const id = `c${this.defs.length}`;
    this.defs.push(`<clipPath id="${id}"><path d="${this.path.join("")}"/></clipPath>`);
    this.out.push(`<g clip-path="url(#${id})">`);
    this.groups[this.groups.length - 1]++;
  }
  fillRect(x, y, w, h) {
    if (this.squareFill !== this.fillStyle) { this.#flush(); this.squareFill = this.fillStyle; }
    this.squares.push(`M${r2(x)} ${r2(y)}h${r2(w)}v${r2(h)}h${r2(-w)}Z`);
  }
  fill() { if (this.path.length) this.out.push(`<path d="${this.path.join("")}" fill="${escape(this.fillStyle)}"${this.#alpha()}/>`); }
  stroke() {
    if (this.path.length) this.out.push(`<path d="${this.path.join("")}" fill="none" stroke="${escape(this.strokeStyle)}" stroke-width="${r2(this.lineWidth)}" stroke-linejoin="${this.lineJoin}"/>`);
  }
  fillText(text, x, y) {
    this.#flush();
    const [, weight, size] = /^(\d+ )?([\d.]+)px/.exec(this.font) ?? [null, "", 12];
    const anchor = { left: "start", center: "middle", right: "end" }[this.textAlign], base = { top: "hanging", middle: "central" }[this.textBaseline] ?? "auto";
    this.out.push(`<text x="${r2(x)}" y="${r2(y)}" font-size="${size}"${weight ? ` font-weight="${weight.trim()}"` : ""} text-anchor="${anchor}" dominant-baseline="${base}" fill="${escape(this.fillStyle)}">${escape(text)}</text>`);
  }
  toString() {
    this.#flush();
    const [w, h] = this.size;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="${escape(theme.C.sans)}"><defs>${this.defs.join("")}</defs>${this.out.join("")}</svg>\n`;
  }
}

/** Round places for about `count` ticks. */
function ticks(min, max, count) {
  const raw = (max - min) / count, p = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 2.5, 5, 10].find((k) => k * p >= raw) * p, out = [];
  for (let i = Math.ceil(min / step); i * step <= max + step * 1e-9; i++) out.push(i * step);
  return out;
}

function frame(v, C, timeTicks, yTitle, foot) {
  const { ctx: c, box: b, x: X, y: Y, dpr: d } = v;
  c.font = `${12 * d}px ${C.sans}`;
  const list = ticks(Y.min, Y.max, 5), words = tickText(list);
  list.forEach((t, k) => {
    const y = b.top + b.height - (t - Y.min) * b.height / (Y.max - Y.min);
    c.fillStyle = C.grid; c.fillRect(b.left, y, b.width, d);
    c.fillStyle = C["text-2"]; c.textAlign = "right"; c.textBaseline = "middle"; c.fillText(words[k], b.left - 6 * d, y);
  });
  for (const [t, word] of timeTicks) {
    const x = b.left + (t - X.min) * b.width / (X.max - X.min);
    c.fillStyle = C.grid; c.fillRect(x, b.top, d, b.height);
    if (!foot) continue;
    c.fillStyle = C["text-2"]; c.textAlign = "center"; c.textBaseline = "top"; c.fillText(word, x, b.top + b.height + 6 * d);
  }
  c.font = `600 ${12 * d}px ${C.sans}`;
  c.fillStyle = C["text-2"]; c.textAlign = "left"; c.textBaseline = "top"; c.fillText(yTitle, b.left + 8 * d, b.top + 5 * d);
}

/**
 * Draws the view of a plot of a light curve.
 * @param {any} ctx canvas context or Svg
 * @param {import("./lightcurve.js").LightCurvePlot} p
 * @param {{width:number, panelHeight:number, dpr:number, title:string, note:string, unit:string}} o
 * @returns {void}
 */
export function draw(ctx, p, o) {
  const { drawn: s, v, window: win } = p, C = theme.C, d = o.dpr, [width, height] = size(p, o);
  ctx.fillStyle = C.surface;
  ctx.fillRect(0, 0, width * d, height * d);
  ctx.font = `600 ${15 * d}px ${C.sans}`; ctx.fillStyle = C.text; ctx.textAlign = "left"; ctx.textBaseline = "top"; ctx.fillText(o.title, 16 * d, 12 * d);
  const shown = p.shown || v.scale, count = Math.max(2, Math.floor(width / 130)), zero = shown === "BJD" ? ZERO[v.scale] : 0;
  const places = shown === "UTC" ? utcTicks(win.from, win.to, v.scale, count) : ticks(win.from + zero, win.to + zero, count);
  const words = shown === "UTC" ? places.map((t) => utcLabel(t, v.scale, places.length > 1 ? places[1] - places[0] : 1)) : tickText(places).map((t) => t.replaceAll(",", ""));
  const kinds = panels(p);
  kinds.forEach((kind, k) => {
    const box = { left: 76 * d, top: (44 + k * (o.panelHeight + 14)) * d, width: (width - 96) * d, height: o.panelHeight * d };
    const y = kind === "raw" ? s.raw : s.rel, [min, max] = yLimits(s, y, win.from, win.to), last = k === kinds.length - 1;
    const view = { ctx, box, x: { min: win.from, max: win.to }, y: { min, max }, dpr: d };
    clip(view, () => { ground(view, { ...v, showGaps: p.layers.gaps, C }); if (last) sectorNames(view, v.sectors, C); });
    frame(view, C, places.map((t, i) => [t - zero, words[i]]), kind === "raw" ? `Raw flux, ${o.unit}` : "Processed, relative flux", last);
    panel(view, s, kind, { C, layers: p.layers, ephemerides: v.ephemerides, gaps: v.gaps, point: -1, alone: kinds.length === 1 && kind === "raw" });
  });
  ctx.font = `${12 * d}px ${C.sans}`; ctx.fillStyle = C["text-2"]; ctx.textBaseline = "top";
  ctx.textAlign = "center"; ctx.fillText(shown === "UTC" ? "UTC at the barycentre" : `${shown}, days`, (76 + (width - 96) / 2) * d, (height - 44) * d);
  ctx.textAlign = "left"; ctx.fillStyle = C["text-3"]; ctx.fillText(o.note, 16 * d, (height - 22) * d);
}

const panels = (p) => (!p.s.processed || p.view === "raw" ? ["raw"] : p.view === "processed" ? ["processed"] : ["raw", "processed"]);
const size = (p, o) => [o.width, 44 + panels(p).length * (o.panelHeight + 14) + 58];

/** The view as SVG text. */
export function svg(p, o) {
  const out = new Svg(...size(p, o));
  draw(out, p, { ...o, dpr: 1 });
  return out.toString();
}

/** The view as a PNG of twice the resolution. @returns {Promise<Blob>} */
export function png(p, o) {
  const canvas = document.createElement("canvas"), [w, h] = size(p, o);
  canvas.width = 2 * w; canvas.height = 2 * h;
  draw(canvas.getContext("2d"), p, { ...o, dpr: 2 });
  return new Promise((resolve, reject) => canvas.toBlob((b) => (b ? resolve(b) : reject(new Error("the picture could not be made"))), "image/png"));
}

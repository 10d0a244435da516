// Two processed light curves, one above the other, on one window of time and one scale of flux.

import { TimeWindow, axis, gestures, hidden, isSmall, make, theme, tickText, timeAxis } from "./chart.js";
import { clip, ground, panel, viewOf } from "./painter.js";
import { yLimits } from "./series.js";

const LAYERS = { quality: true, outlier: true, other: true, trend: false, noflux: false, transits: true };

/**
 * @param {any} U @param {HTMLElement} host
 * @param {[string, {series:import("./series.js").Series, view:Object}][]} list
 */
export function comparePlot(U, host, list, signal) {
  const first = Math.min(...list.map(([, d]) => d.series.first)), last = Math.max(...list.map(([, d]) => d.series.last));
  const plots = [], win = new TimeWindow(first, last, 12 * list[0][1].series.step, () => plots.forEach((u) => u.setScale("x", { min: win.from, max: win.to })));
  if (last - first > 60) win.to = first + 40;
  const limits = () => {
    const all = list.map(([, d]) => yLimits(d.series, d.series.rel, win.from, win.to));
    return [Math.min(...all.map((a) => a[0])), Math.max(...all.map((a) => a[1]))];
  };
  list.forEach(([name, d], k) => {
    const box = document.createElement("div"), lab = document.createElement("span"), foot = k === list.length - 1;
    box.className = "plot"; lab.className = "lab"; lab.textContent = name;
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", `${name} processed light curve`);
    box.append(lab);
    host.append(box);
    plots.push(make(U, box, [d.series.time, d.series.rel], {
      height: foot ? 156 : 130, cursor: { drag: { x: false, y: false }, sync: { key: "re", setSeries: false }, y: false, points: { show: false } },
      scales: { x: { time: false, min: win.from, max: win.to }, y: { range: limits } },
      axes: [foot ? timeAxis(() => ({ scale: d.view.scale, shown: d.view.scale })) : axis({ show: false, size: 26 }), axis({ size: isSmall() ? 50 : 62, values: (u, v) => tickText(v) })],
      series: [{}, hidden],
      hooks: {
        ready: [(u) => gestures(u, win)],
        drawClear: [(u) => { const v = viewOf(u); clip(v, () => ground(v, { ...d.view, showGaps: true, C: theme.C })); }],
        draw: [(u) => panel(viewOf(u), d.series, "processed", { C: theme.C, layers: LAYERS, ephemerides: d.view.ephemerides, gaps: d.view.gaps, size: 1.8, point: -1 })],
      },
    }));
  });
  theme.follow(() => plots.forEach((u) => u.redraw(false, true)), signal);
  signal.addEventListener("abort", () => plots.forEach((u) => u.destroy()));
}

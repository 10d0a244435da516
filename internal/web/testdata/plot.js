// Assertions on the modules of static/plot, run in the browser by TestPlotModules.
// The last expression is a function that gets the address of the modules and
// returns what is wrong, a sentence each.
async (base) => {
  const { Series, WHY, decode, gaps, lower, median, nearest, runs, covered, yLimits } = await import(base + "plot/series.js");
  const { fold, bin, depth, epoch, phase } = await import(base + "plot/fold.js");
  const { toUTC, fromUTC, utcTicks, utcLabel, timeText, num } = await import(base + "plot/times.js");
  const { qualityWords } = await import(base + "plot/quality.js");
  const { tickText, TimeWindow } = await import(base + "plot/chart.js");
  const { Svg } = await import(base + "plot/picture.js");
  const { logTicks, highest } = await import(base + "plot/foldplot.js");
  const wrong = [];
  const is = (what, got, want) => { if (JSON.stringify(got) !== JSON.stringify(want)) wrong.push(`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`); };
  const near = (what, got, want, by) => { if (!(Math.abs(got - want) <= by)) wrong.push(`${what}: got ${got}, want ${want} within ${by}`); };
  const throws = (what, f) => { try { f(); } catch { return; } wrong.push(`${what}: did not throw`); };

  // columns after columns, little-endian: docs/format/curve.md
  const pack = (rows) => {
    const n = rows.length, b = new ArrayBuffer(17 * n), v = new DataView(b);
    rows.forEach(([t, f, tr, fl], i) => { v.setFloat64(8 * i, t, true); v.setFloat32(8 * n + 4 * i, f, true); v.setFloat32(12 * n + 4 * i, tr, true); v.setUint8(16 * n + i, fl); });
    return b;
  };
  const d = decode(pack([[1.5, 100, 101, 0], [2.5, NaN, NaN, 6]]));
  is("time", [...d.time], [1.5, 2.5]); is("flux", d.flux[0], 100); is("trend", d.trend[0], 101); is("flag", [...d.flag], [0, 6]);
  throws("a torn answer", () => decode(new ArrayBuffer(18)));
  is("an empty answer", decode(new ArrayBuffer(0)).time.length, 0);

  // reasons, places of removed points, order
  const raw = pack([[1, 99, 100, 0], [2, 150, NaN, 8], [3, 98, NaN, 4], [4, NaN, NaN, 6], [5, 202, 200, 32], [6, 50, NaN, 64]]);
  const s = new Series(raw, null, { norms: [{ from: 0, a: 0, s: 1, b: 0 }] });
  is("reasons", [...s.why], [WHY.kept, WHY.outlier, WHY.quality, WHY.noflux, WHY.kept, WHY.other]);
  is("counts", s.counts, [2, 1, 1, 1, 1]);
  near("kept flux", s.rel[0], 0.99, 1e-6); near("outlier over the bridged trend", s.rel[1], 150 / 125, 1e-6); near("behind the last trend", s.rel[5], 0.25, 1e-6);
  const mixed = new Series(pack([[5, 1, 1, 0], [6, 2, 1, 0], [4, 3, 1, 0]]), pack([[5, 0.5, 1, 0], [6, 0.6, 1, 0], [4, 0.4, 1, 0]]));
  is("order of time", [...mixed.time], [4, 5, 6]); near("flux follows its time", mixed.rel[0], 0.4, 1e-6);
  throws("other rows", () => new Series(pack([[1, 1, 1, 0]]), pack([])));
  const none = new Series(new ArrayBuffer(0));
  is("an empty series", [none.length, none.processed], [0, false]);
  const dropped = new Series(pack([[1, 5, 5, 16]]), pack([[1, NaN, 5, 16]]));
  is("a dropped short segment", dropped.why[0], WHY.other);
  is("subtracted", new Series(pack([[1, 7, 5, 0]]), null, { mode: "subtract", norms: [{ from: 0, a: 0, s: 2, b: 1 }] }).rel[0], 2);

  is("lower", [lower([1, 2, 3], 2), lower([1, 2, 3], 2.5), lower([], 1)], [1, 2, 0]);
  is("nearest", [nearest([1, 2, 4], 2.9), nearest([1, 2, 4], 9), nearest([], 1)], [1, 2, -1]);
  is("median", [median([3, 1, NaN, 2]), median([1, 2])], [2, 1.5]);
  is("gaps of what overlaps", gaps([{ from: 5, to: 9 }, { from: 0, to: 3 }, { from: 2, to: 4 }]), [[4, 5]]);
  is("runs", runs(Float64Array.of(0, 0.02, 0.04, 1, 1.02), 0.02).map((r) => r.rows), [3, 2]);

  // limits: one wild removed point does not flatten the rest
  const wild = new Series(pack(Array.from({ length: 50 }, (_, i) => [i, i === 9 ? 1e6 : 100 + i % 2, i === 9 ? NaN : 100, i === 9 ? 8 : 0])));
  const [low, high] = yLimits(wild, wild.raw, 0, 50);
  if (!(low < 100 && low > 99 && high > 101 && high < 102)) wrong.push(`limits beside a wild outlier: ${low} to ${high}`);

  // a box of 1 % every 2.5 days: fold, depth, epoch, transits covered
  const P = 2.5, T0 = 1.2, D = 0.1, rows = [];
  let seed = 7;
  const rnd = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let t = 0; t < 30; t += 0.01) if (t < 10 || t > 12) rows.push([t, (Math.abs(phase(t, { period: P, t0: T0 })[0]) < D / 2 ? 990 : 1000) + (rnd() - 0.5) * 0.4, 1000, 0]);
  const box = new Series(pack(rows)), e = { period: P, t0: T0, duration: D }, f = fold(box, e, { half: 4 * D }), m = depth(f, D);
  near("depth", m.ppm, 10000, 60);
  near("epoch", Math.abs(phase(epoch(box, P, D), e)[0]), 0, 0.012);
  const b = bin(f, 40);
  near("bin in transit", b.y[20], 0.99, 2e-4); near("bin outside", b.y[2], 1, 2e-4);
  is("points of all bins", b.points.reduce((x, y) => x + y), f.x.length);
  is("odd and even together", bin(f, 40, 0).points.concat(bin(f, 40, 1).points).reduce((x, y) => x + y), f.x.length);
  is("transits", covered(box, e), { seen: 11, all: 12 });
  is("a single transit", covered(box, { period: 0, t0: 3.7, duration: D }), { seen: 1, all: 1 });
  is("not in the span", covered(box, { period: 0, t0: 99, duration: D }), { seen: 0, all: 0 });

  // two cadences in one series: each transit is held to its own
  const two = new Series(pack([...Array.from({ length: 1000 }, (_, i) => [i * 0.001, 1, 1, 0]), ...Array.from({ length: 200 }, (_, i) => [2 + i * 0.02, 1, 1, 0])]));
  is("transits of both cadences", covered(two, { period: 0.5, t0: 0.25, duration: 0.1 }), { seen: 10, all: 12 });

  // times: BTJD 0 is 2014-12-08T12:00 TDB; astropy: Time(2457000, format="jd", scale="tdb").utc
  is("UTC", new Date(Math.round(toUTC(0, "BTJD") / 10) * 10).toISOString(), "2014-12-08T11:58:52.820Z");
  near("back", fromUTC(toUTC(1325.29, "BTJD"), "BTJD"), 1325.29, 1e-8);
  is("BJD", timeText(131.5, "BKJD", "BJD", 2), "2454964.50");
  is("ticks of days", utcTicks(1325, 1330, "BTJD", 6).map((t) => utcLabel(t, "BTJD", 1)), ["2018-07-26", "2018-07-27", "2018-07-28", "2018-07-29", "2018-07-30"]);
  is("ticks of years", utcTicks(131, 1591, "BKJD", 5).map((t) => utcLabel(t, "BKJD", 365)), ["2010-01", "2011-01", "2012-01", "2013-01"]);
  is("minus", num(-1234.5, 1), "\u22121,234.5");
  is("ticks with half steps", tickText([1327.5, 1330]), ["1,327.5", "1,330.0"]);
  is("ticks of tenths", tickText([0.985, 0.99]), ["0.985", "0.990"]);
  is("logarithmic ticks", logTicks(0.6, 20), [1, 2, 5, 10, 20]);
  is("highest", highest({ period_d: [1, 2, 3, 4], power: [9, 1, 5, 2] }, 1.5, 4), 3);
  is("no peak", Number.isNaN(highest({ period_d: [1], power: [1] }, 2, 3)), true);

  is("TESS bits", qualityWords(128 + 32, "TESS"), ["desaturation event", "manual exclude"]);
  is("Kepler bits", qualityWords(128, "Kepler"), ["cosmic ray in aperture"]);

  // a window stays within its bounds, and never becomes narrower than it may
  const w = new TimeWindow(0, 100, 2, () => {});
  w.set(-50, -10); is("before the start", [w.from, w.to], [0, 40]);
  w.set(50, 50.1); is("narrowest", w.width, 2);
  w.set(NaN, 3); is("not a number", w.width, 2);

  // an SVG drawing is well-formed, whatever stands in a name
  const g = new Svg(100, 50);
  g.fillText('<script>alert(1)</script> & "x"', 5, 5); g.fillRect(1, 2, 3, 4);
  g.save(); g.beginPath(); g.rect(0, 0, 10, 10); g.clip(); g.fillRect(1, 1, 1, 1); g.restore();
  const doc = new DOMParser().parseFromString(String(g), "image/svg+xml");
  is("well-formed", [doc.querySelector("parsererror"), doc.querySelector("script"), doc.querySelector("text").textContent], [null, null, '<script>alert(1)</script> & "x"']);
  return wrong;
}

// Times of light curves: days on the mission's own scale, as full barycentric
// Julian date, or as a date in UTC. Pure.

/** Zero points: BKJD is BJD − 2454833, BTJD is BJD − 2457000 (Kepler and TESS archive manuals). */
export const ZERO = { BKJD: 2454833, BTJD: 2457000, BJD: 0 };

/** Leap seconds: from the Julian date on, TAI − UTC in seconds (IERS Bulletin C). */
const LEAPS = [[2454832.5, 34], [2456109.5, 35], [2457204.5, 36], [2457754.5, 37]];
const UNIX = 2440587.5; // Julian date of 1970-01-01

/** TDB − UTC in seconds at a Julian date, but for 2 ms of the Earth's motion. */
function tdbMinusUTC(jd) {
  let leap = 33;
  for (const [from, s] of LEAPS) if (jd >= from) leap = s;
  return leap + 32.184;
}

/** Milliseconds since 1970 in UTC of a time on a scale; at the barycentre, which light reaches up to 8.3 min before or after the telescope. */
export function toUTC(t, scale) {
  const jd = t + ZERO[scale];
  return (jd - UNIX) * 86400e3 - tdbMinusUTC(jd) * 1e3;
}

/** The inverse of toUTC. */
export function fromUTC(ms, scale) {
  const jd = ms / 86400e3 + UNIX;
  return jd + tdbMinusUTC(jd) / 86400 - ZERO[scale];
}

const MINUS = "\u2212";

/** A number with a fixed count of decimals, commas, and a real minus sign. */
export function num(v, decimals = 0) {
  if (!Number.isFinite(v)) return "–";
  return v.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace("-", MINUS);
}

/**
 * A time in words, for the readout.
 * @param {number} t on scale @param {string} scale BKJD or BTJD @param {string} shown the same, "BJD" or "UTC"
 */
export function timeText(t, scale, shown, decimals = 4) {
  if (shown === "UTC") return new Date(toUTC(t, scale)).toISOString().slice(0, decimals < 3 ? 16 : 19).replace("T", " ");
  const v = shown === "BJD" ? t + ZERO[scale] : t;
  return v.toFixed(decimals).replace("-", MINUS);
}

const SECOND = 1e3, MINUTE = 60e3, HOUR = 3600e3, DAY = 86400e3;
const STEPS = [SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 5 * DAY, 10 * DAY];

/**
 * Places of ticks in UTC, given back on the scale: whole units of time below ten
 * days, else the first of months or of years.
 */
export function utcTicks(min, max, scale, count) {
  const a = toUTC(min, scale), b = toUTC(max, scale), want = (b - a) / Math.max(1, count), out = [];
  const step = STEPS.find((s) => s >= want);
  if (step) {
    for (let t = Math.ceil(a / step) * step; t <= b; t += step) out.push(fromUTC(t, scale));
    return out;
  }
  const months = [1, 2, 3, 6, 12, 24, 60, 120].find((m) => m * 30.4 * DAY >= want) ?? 240;
  const d = new Date(a);
  for (let m = Math.ceil((d.getUTCFullYear() * 12 + d.getUTCMonth()) / months) * months; out.length < 200; m += months) {
    const t = Date.UTC(Math.floor(m / 12), m % 12, 1);
    if (t > b) break;
    if (t >= a) out.push(fromUTC(t, scale));
  }
  return out;
}

/** The label of a tick in UTC: as much of the date as the distance of the ticks needs. */
export function utcLabel(t, scale, distanceDays) {
  const iso = new Date(Math.round(toUTC(t, scale) / 1e3) * 1e3).toISOString();
  if (distanceDays >= 27) return iso.slice(0, 7);
  if (distanceDays >= 0.99) return iso.slice(0, 10);
  if (iso.slice(11, 16) === "00:00") return iso.slice(5, 10);
  return distanceDays >= 1 / 1440 * 0.99 ? iso.slice(11, 16) : iso.slice(11, 19);
}

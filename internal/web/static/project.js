// The Aitoff projection, and angles on the sphere. Degrees in and out; right
// ascension grows to the left, as on the sky. The whole sky is −π…π by −π/2…π/2.
const RAD = Math.PI / 180;
const CENTRE = 180; // right ascension in the middle of the map

const wrap = (d) => ((((d + 180) % 360) + 360) % 360) - 180;

/** Where a place stands on the map: [x, y], y upwards. */
export function aitoff(ra, dec) {
  const l = (-wrap(ra - CENTRE) * RAD) / 2, f = dec * RAD, a = Math.acos(Math.max(-1, Math.min(1, Math.cos(f) * Math.cos(l))));
  const s = a < 1e-9 ? 1 : Math.sin(a) / a;
  return [(2 * Math.cos(f) * Math.sin(l)) / s, Math.sin(f) / s];
}

/** The place of a point of the map, null outside. There is no closed form: Newton's method from the Hammer projection. */
export function unaitoff(x, y) {
  if ((x / Math.PI) ** 2 + (y / (Math.PI / 2)) ** 2 > 1) return null;
  let ra = CENTRE - (x / Math.cos(y * 0.8)) / RAD, dec = y / RAD;
  ra = Math.max(0.01, Math.min(359.99, ra));
  const h = 1e-4;
  for (let i = 0; i < 40; i++) {
    const [px, py] = aitoff(ra, dec), ex = x - px, ey = y - py;
    if (Math.abs(ex) + Math.abs(ey) < 1e-10) break;
    const [ax, ay] = aitoff(ra + h, dec), [bx, by] = aitoff(ra, dec + h);
    const a = (ax - px) / h, b = (bx - px) / h, c = (ay - py) / h, d = (by - py) / h, det = a * d - b * c;
    if (!det) break;
    ra = Math.max(0.001, Math.min(359.999, ra + Math.max(-20, Math.min(20, (ex * d - ey * b) / det))));
    dec = Math.max(-89.999, Math.min(89.999, dec + Math.max(-20, Math.min(20, (ey * a - ex * c) / det))));
  }
  return [ra, dec];
}

/** The angle between two places, by the haversine formula. */
export function apart(ra1, dec1, ra2, dec2) {
  const a = Math.sin(((dec2 - dec1) * RAD) / 2) ** 2 + Math.cos(dec1 * RAD) * Math.cos(dec2 * RAD) * Math.sin(((ra2 - ra1) * RAD) / 2) ** 2;
  return (2 * Math.asin(Math.min(1, Math.sqrt(a)))) / RAD;
}

/** Points around a place at a distance, for drawing a circle. */
export function ring(ra, dec, radius, n = 72) {
  const list = [], d = dec * RAD, r = radius * RAD;
  for (let i = 0; i <= n; i++) {
    const t = (i / n) * 2 * Math.PI, f = Math.asin(Math.sin(d) * Math.cos(r) + Math.cos(d) * Math.sin(r) * Math.cos(t));
    list.push([ra + Math.atan2(Math.sin(t) * Math.sin(r) * Math.cos(d), Math.cos(r) - Math.sin(d) * Math.sin(f)) / RAD, f / RAD]);
  }
  return list;
}

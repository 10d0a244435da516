// What is held: which catalogs have rows, and which stars have light curves. The
// interface lists the files by their digests; the archives' file names hold the
// number of the star.
import { get, text } from "./api.js";

const FORMS = [
  [/\/kplr(\d{9})-/, "KIC", "Kepler"],
  [/\/ktwo(\d{9})-/, "EPIC", "K2"],
  [/\/(?:tess\d+-s\d+-|hlsp_[^/]*?tess[^/]*?-)0*(\d{1,16})-/, "TIC", "TESS"],
];

/** @returns {Promise<Map<string, {mission: string, files: number}>>} by star, "KIC 10002792" */
export async function heldCurves(signal) {
  const stars = new Map(), status = await get("/data/ingestion/status", { signal });
  if (!Object.values(status.lightcurves).some((l) => l.files > 0)) return stars; // nothing was ever fetched: there is no list
  const list = await text("/files/checksums/lightcurves.sha256", { signal });
  for (const line of list.split("\n")) {
    for (const [form, prefix, mission] of FORMS) {
      const m = form.exec(line);
      if (!m) continue;
      const star = prefix + " " + Number(m[1]), s = stars.get(star) || { mission, files: 0 };
      s.files++;
      stars.set(star, s);
      break;
    }
  }
  return stars;
}

/** True if a catalog has rows: one without any is asked for nothing more. */
export async function heldTable(table, signal) {
  return (await get("/catalogs", { signal })).catalogs.some((c) => c.table === table && c.versions > 0);
}

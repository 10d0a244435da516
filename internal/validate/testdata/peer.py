"""The rules of the KOI table, written with pandas: the peer of the benchmark,
and a second opinion on every count.

usage: peer.py TABLE.csv.gz REPEATS

Prints JSON: findings by rule, and the shortest times in seconds of reading the
table and of the rules.
"""
import gzip, io, json, sys, time
import numpy as np
import pandas as pd

POSITIVE = (0, np.inf)
CAN = {
    "kepid": ("kepid", 1, np.inf), "period": ("koi_period", *POSITIVE), "epoch": ("koi_time0bk", -1000, 5000), "impact": ("koi_impact", *POSITIVE),
    "duration": ("koi_duration", *POSITIVE), "depth": ("koi_depth", *POSITIVE), "radius": ("koi_prad", *POSITIVE), "teq": ("koi_teq", *POSITIVE),
    "insolation": ("koi_insol", *POSITIVE), "snr": ("koi_model_snr", *POSITIVE), "tce": ("koi_tce_plnt_num", 1, np.inf), "score": ("koi_score", 0, 1),
    "flag.nt": ("koi_fpflag_nt", *POSITIVE), "flag.ss": ("koi_fpflag_ss", *POSITIVE), "flag.co": ("koi_fpflag_co", *POSITIVE), "flag.ec": ("koi_fpflag_ec", *POSITIVE),
    "teff": ("koi_steff", *POSITIVE), "logg": ("koi_slogg", -3, 10), "rstar": ("koi_srad", *POSITIVE), "kepmag": ("koi_kepmag", -2, 35),
}
DOES = {
    "kepid": (757076, 13161029), "period": (0.17, 1600), "epoch": (120, 1600), "impact": (0, 10), "duration": (0.1, 100), "depth": (1, 1e6),
    "radius": (0.1, 2e4), "teq": (20, 10000), "insolation": (1e-4, 2e6), "snr": (1, 1e5), "tce": (1, 10), "flag.nt": (0, 1), "flag.ss": (0, 1),
    "flag.co": (0, 1), "flag.ec": (0, 1), "teff": (2400, 20000), "logg": (0, 6), "rstar": (0.08, 300), "kepmag": (5, 20.5),
}
MID = {
    "period": (2.5, 40), "epoch": (125, 400), "impact": (0.2, 0.9), "duration": (1.5, 10), "depth": (100, 4000), "radius": (1, 8), "teq": (500, 1500),
    "insolation": (40, 600), "snr": (10, 60), "teff": (5000, 6500), "logg": (4, 4.8), "rstar": (0.7, 1.5), "kepmag": (12, 16),
}
ERRORS = ["koi_period", "koi_time0bk", "koi_impact", "koi_duration", "koi_depth", "koi_prad", "koi_teq", "koi_insol", "koi_steff", "koi_slogg", "koi_srad"]
PAIRED = ["koi_period", "koi_time0bk", "koi_duration", "koi_depth", "koi_prad", "koi_insol", "koi_steff", "koi_srad"]
STRIPS = [36.56, 36.93, 37.28, 37.61, 37.98, 38.36, 38.85, 39.34, 39.84, 40.41, 40.99, 41.60, 42.22, 42.81, 43.44, 44.17, 44.94, 45.69, 46.52, 47.32, 48.06, 48.95, 49.92, 50.92, 51.96]
RANKS = {
    "kepid.rank": ("kepid", "dec", 0.8), "epoch.rank": ("koi_time0bk", "koi_period", 0.3), "depth.rank": ("koi_depth", "koi_model_snr", 0.2),
    "snr.rank": ("koi_model_snr", "koi_time0bk_err1", -0.25), "duration.rank": ("koi_duration", "koi_period", 0.2), "teff.rank": ("koi_steff", "koi_srad", 0.2),
    "radius.error.rank": ("koi_prad", "koi_prad_err1", 0.3), "impact.error.rank": ("koi_impact", "koi_impact_err1", -0.1),
    "period.error.rank": ("koi_period", "koi_period_err1", 0.3), "epoch.error.rank": ("koi_time0bk_err1", "koi_duration_err1", 0.4),
    "depth.error.rank": ("koi_depth", "koi_depth_err1", 0.3), "insolation.error.rank": ("koi_insol", "koi_insol_err1", 0.4),
    "teff.error.rank": ("koi_steff", "koi_steff_err1", 0.1), "impact.lower.rank": ("koi_impact", "koi_impact_err2", -0.2),
    "logg.lower.rank": ("koi_srad_err1", "koi_slogg_err2", -0.25), "logg.error.rank": ("koi_slogg", "koi_slogg_err1", -0.3),
    "rstar.error.rank": ("koi_srad", "koi_srad_err1", 0.3),
}


def read(raw):
    return pd.read_csv(io.BytesIO(raw), comment="#", dtype={"kepoi_name": str, "koi_tce_delivname": str}, low_memory=False)


def tau(x, y):
    total = pairs = 0
    for step in (7, 31, 101):
        p = (x[step:] - x[:-step]) * (y[step:] - y[:-step])
        up, down = np.count_nonzero(p > 0), np.count_nonzero(p < 0)
        total, pairs = total + up - down, pairs + up + down
    return (total / pairs if pairs else 0), pairs


class Judge:
    def __init__(self, d):
        self.d, self.list = d, []

    def rows(self, rule, mask, column=""):
        """Keep the rows of the mask, as a report needs them."""
        m = mask.to_numpy() if hasattr(mask, "to_numpy") else mask
        if m.any():
            hit = self.d.loc[m, ["kepoi_name"] + ([column] if column else [])]
            self.list.append(pd.DataFrame({"rule": rule, "row": hit["kepoi_name"], "column": column, "value": hit[column].astype(str) if column else ""}))

    def table(self, rule, bad, column=""):
        if bad:
            self.list.append(pd.DataFrame({"rule": [rule], "row": [""], "column": [column], "value": [""]}))

    def relation(self, rule, value, lo, hi, most=0, mid=None):
        seen = value.notna()
        bad = seen & ~value.between(lo, hi)
        self.rows(rule, bad)
        n = seen.sum()
        if n >= 50:
            self.table(rule + ".share", most and bad.sum() > most * n)
            self.table(rule + ".median", mid and not mid[0] <= value.median() <= mid[1])


def judge(d):
    j = Judge(d)
    number = d.kepoi_name.str.slice(1, 6)
    # schema
    j.rows("key.syntax", ~d.kepoi_name.str.fullmatch(r"K\d{5}\.\d{2}"), "kepoi_name")
    for c in d.columns:
        j.table("column.unused", d[c].isna().all(), c)
    j.table("column.gaps", 0 < d.koi_score.isna().sum() < len(d), "koi_score")
    for c in d.columns[d.dtypes == object]:
        if c not in ("kepoi_name", "kepler_name", "koi_disposition", "koi_pdisposition", "koi_tce_delivname"):
            j.rows("number", pd.to_numeric(d[c], errors="coerce").isna() & d[c].notna(), c)
    # range
    for q, (c, lo, hi) in CAN.items():
        x = d[c]
        impossible = (x < lo) | (x > hi)
        j.rows(q + ".range", impossible, c)
        if q in DOES:
            j.rows(q + ".plausible", ((x < DOES[q][0]) | (x > DOES[q][1])) & ~impossible, c)
        if q in MID:
            j.table(q + ".distribution", not MID[q][0] <= x.median() <= MID[q][1], c)
    dead = d.koi_disposition == "FALSE POSITIVE"
    j.relation("radius.planet", d.koi_prad.where(~dead), 0.2, 30, 0.05)
    # coordinates
    j.rows("ra.range", ~((d.ra >= 0) & (d.ra < 360)) & d.ra.notna(), "ra")
    j.rows("dec.range", ~d.dec.between(-90, 90) & d.dec.notna(), "dec")
    j.rows("position.missing", d.ra.isna() | d.dec.isna(), "ra")
    j.rows("position.field", ~(d.ra.between(279, 303) & d.dec.between(36, 53)), "ra")
    strips = np.interp(d.kepid, 750000 + 500000 * np.arange(len(STRIPS)), STRIPS)
    strips = np.where(d.kepid > 12750000, STRIPS[-1] + (STRIPS[-1] - STRIPS[-2]) * (d.kepid - 12750000) / 500000, strips)
    j.relation("kepid.declination", d.dec - strips, -0.3, 0.3, 0.01)
    # duplicates
    j.rows("key.repeated", d.kepoi_name.duplicated(), "kepoi_name")
    j.rows("row.repeated", d.duplicated())
    j.rows("name.repeated", d.kepler_name.duplicated() & d.kepler_name.notna(), "kepler_name")
    near(j, d, dead.to_numpy())
    # quality: errors
    for c in ERRORS:
        up, down, x = d[c + "_err1"], d[c + "_err2"], d[c]
        j.rows("error.sign", up < 0, c + "_err1")
        j.rows("error.sign", down > 0, c + "_err2")
        j.rows("error.alone", (up.notna() | down.notna()) & x.isna(), c + "_err1")
        j.rows("error.one-sided", up.notna() != down.notna(), c + "_err1")
        j.table("error.zero", ((up == 0) | (down == 0)).any(), c + "_err1")
    for c in PAIRED:
        t, n = tau(d[c + "_err1"].to_numpy(), d[c + "_err2"].to_numpy())
        j.table("error.pair", n >= 1000 and t > -0.2, c + "_err2")
    # quality: words
    j.rows("disposition.word", ~d.koi_disposition.isin(["CONFIRMED", "CANDIDATE", "FALSE POSITIVE", "NOT DISPOSITIONED"]), "koi_disposition")
    j.rows("pdisposition.word", ~d.koi_pdisposition.isin(["CANDIDATE", "FALSE POSITIVE", "NOT DISPOSITIONED"]), "koi_pdisposition")
    relations(j, d, dead)
    siblings(j, d, number)
    for rule, (a, b, least) in RANKS.items():
        t, n = tau(d[a].to_numpy(dtype=float), d[b].to_numpy(dtype=float))
        j.table(rule, n >= 1000 and (t < least if least > 0 else t > least), a)
    return pd.concat(j.list, ignore_index=True)


def relations(j, d, dead):
    verdict = d.koi_disposition.map({"CONFIRMED": 1, "CANDIDATE": 1, "FALSE POSITIVE": 0})
    kepler = d.koi_pdisposition.map({"CANDIDATE": 1, "FALSE POSITIVE": 0})
    confirmed = d.koi_disposition == "CONFIRMED"
    flags = (d[["koi_fpflag_nt", "koi_fpflag_ss", "koi_fpflag_co", "koi_fpflag_ec"]] != 0).sum(axis=1)
    j.relation("disposition.pair", verdict - kepler, 0, 0, 0.1)
    j.relation("flags.disposition", flags.where(kepler == 0, 1 - flags).where(kepler.notna()), 1, np.inf, 0.3)
    j.relation("score.disposition", d.koi_score.where(kepler == 1, 1 - d.koi_score), 0.5, 1, 0.25)
    j.relation("score.confirmed", d.koi_score.where(confirmed), 0.01, 1)
    delivery = d.koi_tce_delivname.fillna("").map({"q1_q17_dr25_tce": 1, "q1_q17_dr24_tce": 0, "q1_q16_tce": 0, "": 0})
    j.relation("score.delivery", d.koi_score.notna() - delivery, 0, 0, 0.5)
    j.relation("name.confirmed", confirmed.astype(int) - d.kepler_name.notna().astype(int), 0, 0, 0.3)
    k, radii = np.sqrt(d.koi_depth * 1e-6), d.koi_prad * 0.009167 / d.koi_srad
    ratio = (radii / k).replace([np.inf, -np.inf], np.nan)
    j.relation("depth.radius", ratio.where(d.koi_impact <= 0.8), 0.75, 1.3, 0.02, (0.85, 1))
    j.relation("depth.grazing", ratio.where(d.koi_impact > 0.8), 0.6, np.inf, 0.02)
    j.relation("impact.radius", d.koi_impact - radii, -np.inf, 1.15, 0.02)
    mass = 10 ** (d.koi_slogg - 4.438) * d.koi_srad**2
    axis = np.cbrt(mass * (d.koi_period / 365.25) ** 2)
    distance = axis / (d.koi_srad * 0.00465047)
    j.relation("teq.star", d.koi_teq / (d.koi_steff * np.sqrt(1 / (2 * distance))), 0.88, 0.95, 0.02, (0.9, 0.93))
    j.relation("insolation.star", d.koi_insol / ((d.koi_steff / 5772) ** 4 * d.koi_srad**2 / axis**2), 0.9, 1.1, 0.02, (0.97, 1.03))
    j.relation("teq.insolation", (d.koi_teq / d.koi_insol**0.25).where(d.koi_insol > 0), 248, 262, 0.02, (254, 256))
    crossing = 24 * d.koi_period / (np.pi * distance)
    j.relation("duration.density", (d.koi_duration / (crossing * (1 + radii.clip(upper=1)))).where(~dead), 0.02, 3, 0.02, (0.5, 1.2))
    j.relation("duration.period", d.koi_duration / (24 * d.koi_period), 0, 0.5, 0.01, (0.003, 0.05))


def siblings(j, d, number):
    """Rows that differ from what most rows of their group say; groups without a
    majority give one finding without a row."""
    for rule, c, key, near, within in (
        ("number.stars", "kepid", number, 0, 0), ("ra.siblings", "ra", d.kepid, 0, 5e-4), ("dec.siblings", "dec", d.kepid, 0, 5e-4),
        ("kepmag.siblings", "koi_kepmag", d.kepid, 0, 1e-3), ("teff.siblings", "koi_steff", d.kepid, 0.05, 0), ("logg.siblings", "koi_slogg", d.kepid, 0.05, 0),
        ("rstar.siblings", "koi_srad", d.kepid, 0.1, 0),
    ):
        g = d[[c]].groupby(key)[c]
        spread, top = g.transform("max") - g.transform("min"), g.transform("max").abs()
        some = d.index[spread > 0]
        for _, x in d.loc[some, c].dropna().groupby(key[some]):
            v = x.to_numpy()
            same = np.abs(v[:, None] - v[None, :]) <= within + near * np.maximum(np.abs(v[:, None]), np.abs(v[None, :]))
            n = same.sum(axis=1)
            if n.max() == len(v):
                continue
            if 2 * n.max() <= len(v):
                j.table(rule, True, c)
            else:
                m = pd.Series(False, index=d.index)
                m.loc[x.index[~same[n.argmax()]]] = True
                j.rows(rule, m, c)
    stars = number.groupby(d.kepid).nunique()
    j.table("star.numbers", (stars > 1).any(), "kepid")


def near(j, d, dead):
    """Neighbours in period that are neighbours on the sky."""
    o = np.argsort(d.koi_period.to_numpy(), kind="stable")
    p, ra, dec, dead = d.koi_period.to_numpy()[o], d.ra.to_numpy()[o], d.dec.to_numpy()[o], dead[o]
    for ratio in (1, 2):
        lo = np.searchsorted(p, p * ratio * (1 - 1e-4))
        hi = np.searchsorted(p, p * ratio * (1 + 1e-4), side="right")
        if ratio == 1:
            lo = np.arange(len(p)) + 1
        n = np.maximum(hi - lo, 0)
        a = np.repeat(np.arange(len(p)), n)
        b = np.repeat(lo, n) + np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        dra = np.abs(ra[a] - ra[b])
        off = 3600 * np.hypot(np.minimum(dra, 360 - dra) * np.cos(np.radians((dec[a] + dec[b]) / 2)), dec[a] - dec[b])
        hit = off <= 20
        later = np.maximum(o[a[hit]], o[b[hit]])
        rule = np.where(ratio == 2, "signal.multiple", np.where(dead[a[hit]] | dead[b[hit]], "signal.resolved", "signal.twin"))
        j.list.append(pd.DataFrame({"rule": rule, "row": d.kepoi_name.to_numpy()[later], "column": "koi_period", "value": ""}))


def main():
    raw = gzip.open(sys.argv[1]).read()
    reading, judging = [], []
    for _ in range(int(sys.argv[2])):
        t0 = time.perf_counter()
        d = read(raw)
        t1 = time.perf_counter()
        found = judge(d)
        t2 = time.perf_counter()
        reading.append(t1 - t0)
        judging.append(t2 - t1)
    print(json.dumps({"read": min(reading), "judge": min(judging), "rules": {k: int(v) for k, v in found.rule.value_counts().items()}}))


main()

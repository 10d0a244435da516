"""The default pipeline on a TESS file with astropy, numpy and scipy.

Usage: peer_file.py FILE [values] ; prints the shortest time in seconds of 15
runs from file to result, or the flux that is left, one number a line.
"""
import sys
import time

import numpy as np
from astropy.io import fits
from scipy.signal import savgol_filter

MASK, WINDOW, ORDER = 17087, 101, 2


def result(path):
    with fits.open(path, memmap=True) as f:
        t = f["LIGHTCURVE"].data
        time_, flux = t["TIME"].astype("f8"), t["PDCSAP_FLUX"].astype("f8")
        err, quality = t["PDCSAP_FLUX_ERR"].astype("f8"), t["QUALITY"].astype("i4")
    ok = np.isfinite(time_) & np.isfinite(flux) & ((quality & MASK) == 0)
    x, y, e = time_[ok], flux[ok], err[ok]
    z = y  # sigma clipping about the median, at most three passes
    for _ in range(3):
        c, s = np.median(z), np.std(z)
        lo, hi = c - 5 * s, c + 5 * s
        kept = z[(z >= lo) & (z <= hi)]
        if kept.size == z.size:
            break
        z = kept
    good = (y >= lo) & (y <= hi)
    x, y, e = x[good], y[good], e[good]
    step = np.diff(x)
    cadence = np.median(step[step > 0])
    cuts = np.flatnonzero(step > max(0.5 / 24, 5 * cadence)) + 1
    trend = np.empty_like(y)
    for a, b in zip(np.r_[0, cuts], np.r_[cuts, y.size]):
        n = b - a
        w = min(WINDOW, n if n % 2 else n - 1)
        if n < 100 or w <= ORDER:
            trend[a:b] = np.median(y[a:b])
        else:
            trend[a:b] = savgol_filter(y[a:b], w, ORDER)
    out = y / trend
    m = np.median(out)
    return x, out / m, e / trend / m


if len(sys.argv) > 2:
    np.savetxt(sys.stdout, result(sys.argv[1])[1], fmt="%.17g")
else:
    result(sys.argv[1])
    best = float("inf")
    for _ in range(15):
        start = time.perf_counter()
        result(sys.argv[1])
        best = min(best, time.perf_counter() - start)
    print(best)

"""The guide's pipeline in plain numpy, scipy, astropy and PyWavelets: one or a
few library calls a step, as a user would write it. It reads a light curve from
a file of raw little-endian columns, says how long the shortest of 15 runs took,
and writes the result for comparison.

    python3 peer_pipeline.py FILE ROWS BITMASK WAVELET(0|1) RESULT
"""
import os
import sys

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[name] = "1"

import time
import warnings

import numpy as np
import pywt
from astropy.stats import sigma_clip
from scipy.signal import savgol_filter

warnings.simplefilter("ignore")


def quality(t, f, e, q, mask):
    keep = np.isfinite(t) & np.isfinite(f) & ((q & mask) == 0)
    return np.nonzero(keep)[0], t[keep], f[keep], e[keep]


def outliers(rows, t, f, e):
    keep = ~sigma_clip(f, sigma=5, maxiters=3, cenfunc="median", stdfunc="std").mask
    return rows[keep], t[keep], f[keep], e[keep]


def gaps(t):
    dt = np.diff(t)
    cut = np.nonzero(dt > max(0.5 / 24, 5 * np.median(dt[dt > 0])))[0] + 1
    return list(zip(np.r_[0, cut], np.r_[cut, len(t)]))


def baseline(f, e, segments):
    trend = np.empty(len(f))
    for a, b in segments:
        n = b - a
        w = min(101, n if n % 2 else n - 1)
        if n < 100 or w <= 2:
            trend[a:b] = np.median(f[a:b])
        else:
            trend[a:b] = savgol_filter(f[a:b], w, 2, mode="interp")
    return f / trend, e / trend


def denoise(y, segments):
    for a, b in segments:
        n = b - a
        level = min(6, pywt.dwt_max_level(n, 8))
        if n < 100 or level < 1:
            continue
        c = pywt.wavedec(y[a:b], "db4", mode="symmetric", level=level)
        limit = np.median(np.abs(c[-1])) / 0.6745 * np.sqrt(2 * np.log(n))
        c = c[:1] + [pywt.threshold(d, limit, mode="soft") for d in c[1:]]
        y[a:b] = pywt.waverec(c, "db4", mode="symmetric")[:n]
    return y


def run(t, f, e, q, mask, wavelet):
    n = len(t)
    rows, t, f, e = quality(t, f, e, q, mask)
    rows, t, f, e = outliers(rows, t, f, e)
    segments = gaps(t)
    y, e = baseline(f, e, segments)
    if wavelet:
        y = denoise(y, segments)
    s = np.median(y)
    flux, err = np.full(n, np.nan), np.full(n, np.nan)
    flux[rows], err[rows] = y / s, e / abs(s)
    return flux, err


def main():
    file, n, mask, wavelet, result = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1", sys.argv[5]
    t, f, e = np.fromfile(file, "<f8", 3 * n).reshape(3, n)
    q = np.fromfile(file, "<i4", n, offset=24 * n)
    best = np.inf
    for _ in range(15):
        start = time.perf_counter()
        flux, err = run(t, f, e, q, mask, wavelet)
        best = min(best, time.perf_counter() - start)
    np.concatenate([flux, err]).astype("<f8").tofile(result)
    print(best)


main()

#!/usr/bin/env python3
"""How long a compiled sliding biweight takes: the peer of BenchmarkBiweight20k.

A loop of our own in the manner of wotan's time-windowed biweight (Hippke et
al., AJ 158, 143, 2019): for each row the window, its median and median absolute
deviation, and the location iterated to 1e-6, compiled with numba. wotan itself
is not a Debian package and was not installed. The series is that of the
benchmark: 20,000 rows at 2 min with a gap of a day, window 0.5 d, c = 5.

    /usr/bin/python3 internal/preprocess/testdata/peer_biweight.py
    go test ./internal/preprocess -run xxx -bench Biweight20k
"""
import time

import numba
import numpy as np


@numba.njit(fastmath=True)
def location(x, c, tol):
    m = np.median(x)
    s = c * np.median(np.abs(x - m))
    if s == 0.0:
        return m
    for _ in range(50):
        sw = 0.0
        sd = 0.0
        for v in x:
            d = v - m
            u = d / s
            u = 1.0 - u * u
            if u > 0.0:
                sw += u * u
                sd += u * u * d
        d = sd / sw
        m += d
        if abs(d) <= tol:
            break
    return m


@numba.njit(fastmath=True)
def biweight(t, x, window, c):
    n = len(t)
    out = np.empty(n)
    lo = 0
    hi = 0
    tol = 1e-6 * np.median(x)
    for i in range(n):
        while lo < n and t[lo] < t[i] - 0.5 * window:
            lo += 1
        while hi < n and t[hi] < t[i] + 0.5 * window:
            hi += 1
        out[i] = location(x[lo:hi], c, tol)
    return out


def main():
    n = 20000
    t = 1500 + np.arange(n) * 2 / 1440
    t[n // 2 + 1:] += 1
    x = 1 + 3e-3 * np.sin(t) + 1e-3 * np.random.default_rng(3).standard_normal(n)
    x[np.abs((t - 1503 + 4.5) % 9 - 4.5) < 0.0625] -= 0.005
    biweight(t[:100], x[:100], 0.5, 5.0)
    best = float("inf")
    for _ in range(7):
        start = time.perf_counter()
        biweight(t, x, 0.5, 5.0)
        best = min(best, time.perf_counter() - start)
    print("%.1f ms" % (1e3 * best))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How long scikit-learn's isolation forest takes to fit and score what
BenchmarkIsolationForest20k does: 20,000 rows of two features, 100 trees of 256
rows, one thread.

    /usr/bin/python3 internal/preprocess/testdata/peer_forest.py
    go test ./internal/preprocess -run '^$' -bench IsolationForest20k
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import time

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest

x = np.random.default_rng(1).standard_normal((20_000, 2))
best = float("inf")
for seed in range(7):
    start = time.perf_counter()
    forest = IsolationForest(n_estimators=100, max_samples=256, random_state=seed, n_jobs=1).fit(x)
    forest.score_samples(x)
    best = min(best, time.perf_counter() - start)
print(f"scikit-learn {sklearn.__version__}: {best * 1e3:.0f} ms, shortest of 7")

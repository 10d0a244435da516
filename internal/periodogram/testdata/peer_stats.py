"""astropy's and numpy's words on boxes, grids and folds: peer_stats.py JOBS

JOBS is a JSON list of {curve, errors, boxes, grids, folds}. Prints for each a
list of what compute_stats says of the boxes, autoperiod of the grids (number,
first, last, middle), and numpy of the folds.
"""
import json, sys
import numpy as np
from astropy.timeseries import BoxLeastSquares


def fold(t, y, w, period, t0, bins, average):
    phase = (t - t0 + period / 2) % period - period / 2
    edges = np.linspace(-period / 2, period / 2, bins + 1)
    at = np.clip(np.searchsorted(edges, phase, side="right") - 1, 0, bins - 1)
    out = []
    for k in range(bins):
        m = at == k
        n = int(m.sum())
        if n == 0:
            out.append([None, None, 0])
        elif average == "median":
            c = np.median(y[m])
            e = np.sqrt(np.pi / 2) * 1.4826 * np.median(np.abs(y[m] - c)) / np.sqrt(n) if n > 1 else None
            out.append([c, e, n])
        elif w is None:
            out.append([np.mean(y[m]), np.std(y[m], ddof=1) / np.sqrt(n) if n > 1 else None, n])
        else:
            out.append([np.average(y[m], weights=w[m]), 1 / np.sqrt(w[m].sum()), n])
    return out


answers = []
for job in json.load(open(sys.argv[1])):
    columns = np.fromfile(job["curve"]).reshape(3 if job["errors"] else 2, -1)
    model = BoxLeastSquares(*columns)
    stats, grids, folds = [], [], []
    for b in job["boxes"]:
        s = model.compute_stats(*b)
        stats.append({k: np.asarray(v).tolist() for k, v in s.items()})
    for g in job["grids"]:
        p = model.autoperiod(**g)
        grids.append([len(p), p[0], p[-1], p[len(p) // 2]])
    w = 1 / columns[2] ** 2 if job["errors"] else None
    for f in job["folds"]:
        folds.append(fold(columns[0], columns[1], w, **f))
    answers.append({"stats": stats, "grids": grids, "folds": folds})
json.dump(answers, sys.stdout)

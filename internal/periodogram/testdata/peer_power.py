"""The power of astropy's BoxLeastSquares: peer_power.py JOBS

JOBS is a JSON list of {curve, periods, out, errors, durations, objective,
oversample, repeats}. A curve holds time, flux and perhaps error as float64 one
after the other; out gets seven columns. Prints for each job the shortest and
the median seconds of its runs of power().
"""
import json, sys, time
import numpy as np
from astropy.timeseries import BoxLeastSquares

for p in json.load(open(sys.argv[1])):
    columns = np.fromfile(p["curve"]).reshape(3 if p["errors"] else 2, -1)
    model = BoxLeastSquares(*columns)
    periods = np.fromfile(p["periods"])
    took = []
    for _ in range(p["repeats"]):
        began = time.perf_counter()
        r = model.power(periods, p["durations"], objective=p["objective"], oversample=p["oversample"])
        took.append(time.perf_counter() - began)
    np.array([r.power, r.depth, r.depth_err, r.duration, r.transit_time, r.depth_snr, r.log_likelihood]).tofile(p["out"])
    print(min(took), np.median(took))

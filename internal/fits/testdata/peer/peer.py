# Times astropy on four columns of a light curve held in memory.
# usage: peer.py FILE RUNS; prints nanoseconds of each run.
import io, sys, time
import numpy as np
from astropy.io import fits

data = open(sys.argv[1], "rb").read()
for run in range(int(sys.argv[2])):
    start = time.perf_counter_ns()
    with fits.open(io.BytesIO(data)) as f:
        t = f[1].data
        columns = [np.array(t.field(n), dtype=d) for n, d in (("TIME", "f8"), ("PDCSAP_FLUX", "f4"), ("PDCSAP_FLUX_ERR", "f4"))]
        quality = np.array(t.field("QUALITY"), dtype="i4")
    print(time.perf_counter_ns() - start)

"""Opens processed files with astropy, checks their sums and compares columns.

Usage: peer_open.py FILE... ; prints the number of files that passed.
"""
import sys
import warnings

import numpy as np
from astropy.io import fits

warnings.simplefilter("error")  # a wrong CHECKSUM is a warning there

for path in sys.argv[1:]:
    with fits.open(path, checksum=True) as f:
        t = f["PROCESSED"]
        flux, flag = t.data["FLUX"], t.data["PPFLAG"]
        gone = (flag & (1 | 2 | 4 | 8 | 64 | 128)) != 0
        assert np.all(np.isnan(flux[gone])), path
        assert np.isfinite(flux).sum() == t.header["PPNKEEP"], path
        assert len(flux) == t.header["PPNIN"], path
        assert len(t.header["PPPARAM"]) > 100, path
print(len(sys.argv) - 1, "files")

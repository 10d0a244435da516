package universe

// See spec_tess.go. Kepler and K2 share their pipeline; cards that only one of
// them has carry a tag.

const keplerPrimary = `
SIMPLE T / conforms to FITS standards
BITPIX 8 / array data type
NAXIS 0 / number of array dimensions
EXTEND T / file contains extensions
NEXTEND 2 / number of standard extensions
EXTNAME 'PRIMARY ' / name of extension
EXTVER 1 / extension version number (not format version)
ORIGIN 'NASA/Ames' / institution responsible for creating this file
DATE %s / file creation date.
CREATOR %s / pipeline job and program used to
PROCVER %s / SW version
FILEVER '6.1     ' / file format version
TIMVERSN 'OGIP/93-003' / OGIP memo number for file format
TELESCOP 'Kepler  ' / telescope
INSTRUME 'Kepler Photometer' / detector type
OBJECT %s / string version of target id
KEPLERID %d / unique Kepler target identifier
CHANNEL %d / CCD channel
[kepler] SKYGROUP %d / roll-independent location of channel
MODULE %d / CCD module
OUTPUT %d / CCD output
[kepler] QUARTER %d / Observing quarter
[kepler] SEASON %d / mission season during which data was collected
[k2] CAMPAIGN %d / Observing campaign number
DATA_REL %d / data release version number
OBSMODE %s / observing mode
MISSION %s / Mission name
TTABLEID %d / target table id
RADESYS 'ICRS    ' / reference frame of celestial coordinates
RA_OBJ %.6f / [deg] right ascension
DEC_OBJ %.6f / [deg] declination
EQUINOX 2000.0 / equinox of celestial coordinate system
PMRA %.4f / [arcsec/yr] RA proper motion
PMDEC %.4f / [arcsec/yr] Dec proper motion
PMTOTAL %.4f / [arcsec/yr] total proper motion
PARALLAX %.4f / [arcsec] parallax
GLON %.6f / [deg] galactic longitude
GLAT %.6f / [deg] galactic latitude
GMAG %.3f / [mag] SDSS g band magnitude
RMAG %.3f / [mag] SDSS r band magnitude
IMAG %.3f / [mag] SDSS i band magnitude
ZMAG %.3f / [mag] SDSS z band magnitude
[kepler] D51MAG %.3f / [mag] D51 magnitude,
JMAG %.3f / [mag] J band magnitude from 2MASS
HMAG %.3f / [mag] H band magnitude from 2MASS
KMAG %.3f / [mag] K band magnitude from 2MASS
KEPMAG %.3f / [mag] Kepler magnitude (Kp)
GRCOLOR %.3f / [mag] (g-r) color, SDSS bands
JKCOLOR %.3f / [mag] (J-K) color, 2MASS bands
GKCOLOR %.3f / [mag] (g-K) color, SDSS g - 2MASS K
TEFF %d / [K] Effective temperature
LOGG %.3f / [cm/s2] log10 surface gravity
FEH %.3f / [log10([Fe/H])]  metallicity
EBMINUSV %.3f / [mag] E(B-V) reddening
AV %.3f / [mag] A_v extinction
RADIUS %.3f / [solar radii] stellar radius
TMINDEX %d / unique 2MASS catalog ID
[kepler] SCPID %d / unique SCP processing ID
CHECKSUM %s /
`

const keplerTable = `
INHERIT T / inherit the primary header
EXTNAME 'LIGHTCURVE' / name of extension
EXTVER 1 / extension version number (not format version)
TELESCOP 'Kepler  ' / telescope
INSTRUME 'Kepler Photometer' / detector type
OBJECT %s / string version of target id
KEPLERID %d / unique Kepler target identifier
RADESYS 'ICRS    ' / reference frame of celestial coordinates
RA_OBJ %.6f / [deg] right ascension
DEC_OBJ %.6f / [deg] declination
EQUINOX 2000.0 / equinox of celestial coordinate system
EXPOSURE %.8f / [d] time on source
TIMEREF 'SOLARSYSTEM' / barycentric correction applied to times
TASSIGN 'SPACECRAFT' / where time is assigned
TIMESYS 'TDB     ' / time system is barycentric JD
BJDREFI 2454833 / integer part of BJD reference date
BJDREFF 0.00000000 / fraction of the day in BJD reference date
TIMEUNIT 'd       ' / time unit for TIME, TSTART and TSTOP
TELAPSE %.8f / [d] TSTOP - TSTART
LIVETIME %.8f / [d] TELAPSE multiplied by DEADC
TSTART1 %.8f / observation start time in BJD-BJDREF
TSTOP1 %.8f / observation stop time in BJD-BJDREF
LC_START %.8f / mid point of first cadence in MJD
LC_END %.8f / mid point of last cadence in MJD
DEADC 0.92063492 / deadtime correction
TIMEPIXR 0.5 / bin time beginning=0 middle=0.5 end=1
TIERRELA 5.78E-07 / [d] relative time error
TIERABSO %.8f / [d] absolute time error
INT_TIME 6.019802903270 / [s] photon accumulation time per frame
READTIME 0.518948526144 / [s] readout time per frame
FRAMETIM 6.538751429414 / [s] frame time (INT_TIME + READTIME)
NUM_FRM %d / number of frames per time stamp
[long] TIMEDEL 0.02043359821692 / [d] time resolution of data
[short] TIMEDEL 6.81119940564E-4 / [d] time resolution of data
DATE-OBS1 %s / TSTART as UTC calendar date
DATE-END1 %s / TSTOP as UTC calendar date
BACKAPP T / background is subtracted
DEADAPP T / deadtime applied
VIGNAPP T / vignetting or collimator correction applied
GAIN %.1f / [electrons/count] channel gain
READNOIS %.6f / [electrons] read noise
NREADOUT %d / number of read per cadence
TIMSLICE %d / time-slice readout sequence section
MEANBLCK %d / [count] FSW mean black level
LCFXDOFF 419400 / long cadence fixed offset
SCFXDOFF 219400 / short cadence fixed offset
CDPP3_0 %.13f / [ppm] RMS CDPP on 3.0-hr time scales
CDPP6_0 %.13f / [ppm] RMS CDPP on 6.0-hr time scales
CDPP12_0 %.13f / [ppm] RMS CDPP on 12.0-hr time scales
CROWDSAP %.4f / Ratio of target flux to total flux in op. ap.
FLFRCSAP %.4f / Frac. of target flux w/in the op. aperture
` + pdcCards + `
CHECKSUM %s /
`

const keplerAperture = `
XTENSION 'IMAGE   ' / marks the beginning of a new HDU
BITPIX 32 / array data type
NAXIS 2 / number of array dimensions
NX %d / length of first array dimension
NY %d / length of second array dimension
PCOUNT 0 / group parameter count (not used)
GCOUNT 1 / group count (not used)
INHERIT T / inherit the primary header
EXTNAME 'APERTURE' / name of extension
EXTVER 1 / extension version number (not format version)
TELESCOP 'Kepler  ' / telescope
INSTRUME 'Kepler Photometer' / detector type
OBJECT %s / string version of target id
KEPLERID %d / unique Kepler target identifier
RADESYS 'ICRS    ' / reference frame of celestial coordinates
RA_OBJ %.6f / [deg] right ascension
DEC_OBJ %.6f / [deg] declination
EQUINOX 2000.0 / equinox of celestial coordinate system
` + wcsCards

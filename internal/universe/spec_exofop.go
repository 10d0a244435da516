package universe

// specExoFOP lists the 63 columns of ExoFOP's download_toi, whose names are all
// that it tells of them. Two blanks in one name are its own.
const specExoFOP = `
TIC ID|long||
TOI|char||
Previous CTOI|char||
Master|int||
SG1A|int||
SG1B|int||
SG2|int||
SG3|int||
SG4|int||
SG5|int||
ESM|double||
TSM|double||
Predicted Mass (M_Earth)|double||
Predicted RV Semi-amplitude (m/s)|double||
Time Series Observations|int||
Spectroscopy Observations|int||
Imaging Observations|int||
TESS Disposition|char||
TFOPWG Disposition|char||
TESS Mag|double||
TESS Mag err|double||
Planet Name|char||
Pipeline Signal ID|int||
Source|char||
Detection|char||
RA|char||
Dec|char||
PM RA (mas/yr)|double||
PM RA err (mas/yr)|double||
PM Dec (mas/yr)|double||
PM Dec err (mas/yr)|double||
Epoch (BJD)|double||
Epoch (BJD) err|double||
Period (days)|double||
Period (days) err|double||
Duration (hours)|double||
Duration (hours) err|double||
Depth (mmag)|double||
Depth (mmag) err|double||
Depth (ppm)|double||
Depth (ppm) err|double||
Planet Radius (R_Earth)|double||
Planet Radius (R_Earth) err|double||
Planet Insolation (Earth Flux)|double||
Planet Equil Temp (K)|double||
Planet SNR|double||
Stellar Distance (pc)|double||
Stellar Distance (pc) err|double||
Stellar Eff Temp (K)|double||
Stellar Eff Temp (K) err|double||
Stellar log(g) (cm/s^2)|double||
Stellar log(g) (cm/s^2) err|double||
Stellar Radius (R_Sun)|double||
Stellar Radius (R_Sun) err|double||
Stellar Metallicity|double||
Stellar Metallicity  err|double||
Stellar Mass (M_Sun)|double||
Stellar Mass (M_Sun) err|double||
Sectors|char||
Date TOI Alerted (UTC)|char||
Date TOI Updated (UTC)|char||
Date Modified|char||
Comments|char||
`

// specGaia lists columns of Gaia's gaia_source and astrophysical_parameters
// (Data Release 3), and the numbers of the star in the missions' catalogs.
const specGaia = `
source_id|long||Unique source identifier
ra|double|deg|Right ascension, epoch 2016.0
dec|double|deg|Declination, epoch 2016.0
parallax|double|mas|Parallax
parallax_error|double|mas|Standard error of parallax
pmra|double|mas/yr|Proper motion in right ascension
pmdec|double|mas/yr|Proper motion in declination
phot_g_mean_mag|double|mag|G-band mean magnitude
phot_bp_mean_mag|double|mag|BP mean magnitude
phot_rp_mean_mag|double|mag|RP mean magnitude
bp_rp|double|mag|BP - RP colour
ruwe|double||Renormalised unit weight error
teff_gspphot|double|K|Effective temperature
logg_gspphot|double|log(cm.s**-2)|Surface gravity
mh_gspphot|double|dex|Iron abundance
distance_gspphot|double|pc|Distance
radius_gspphot|double|solRad|Radius
radius_flame|double|solRad|Radius, FLAME
mass_flame|double|solMass|Mass, FLAME
lum_flame|double|solLum|Luminosity, FLAME
tic_id|long||TESS Input Catalog number
kic_id|long||Kepler Input Catalog number
epic_id|long||Ecliptic Plane Input Catalog number
`

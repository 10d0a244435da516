package universe

// specTOI lists the columns of the archive's table `toi`; see specKOI.
const specTOI = `
objectid|long||NASA Exoplanet Archive Object ID
tid|long||TESS Input Catalog Identifier (TIC ID)
tidstr|char||TESS Input Catalog Identifier (TIC ID) for Display
toi|char||TESS Object of Interest Identifier (TOI nnn.xx)
toipfx|char||TESS Object of Interest Prefix (Stellar Portion of TOI Name)
toipfxstr|char||TESS Object of Interest Prefix (Stellar Portion of TOI Name) for Display
ctoi_alias|char||Community TESS Object of Interest Alias
ctoi_aliasstr|char||Community TESS Object of Interest Alias for Display
pl_pnum|int||Number of Planets
tfopwg_disp|char||TFOPWG Dispostion (CP=confirmed planet, FP=false positive, PC=planetary cand)
st_tmag|double||Stellar TESS Magnitude Value
st_tmagerr1|double||Stellar TESS Magnitude Upper Uncertainty
st_tmagerr2|double||Stellar TESS Magnitude Lower Uncertainty
st_tmagsymerr|int||Stellar TESS Magnitude Symmetric Error Flag
st_tmaglim|int||Stellar TESS Magnitude Limit Flag
st_tmagstr|char||Stellar TESS Magnitude String for Dipslay
ra|double|deg|Right Ascension (J2000) Value
raerr1|double|deg|Right Ascension (J2000) Upper Uncertainty
raerr2|double|deg|Right Ascension (J2000) Lower Undertainty
rasymerr|int||Right Ascension (J2000) Symmetric Error Flag
rastr|char||Right Ascension (J2000) String for Display
dec|double|deg|Declination (J2000) Value
decerr1|double|deg|Declination (J2000) Upper Uncertainty
decerr2|double|deg|Declination (J2000) Lower Uncertainty
decsymerr|int||Declination (J2000) Symmetric Error Flag
decstr|char||Declination (J2000) String for Display
st_pmra|double|mas/yr|Stellar Proper Motion in Right Ascension Value
st_pmraerr1|double|mas/yr|Stellar Proper Motion in Right Ascension Upper Uncertainty
st_pmraerr2|double|mas/yr|Stellar Proper Motion in Right Ascension Lower Uncertainty
st_pmrasymerr|int||Stellar Proper Motion in Right Ascension Symmetric Error Flag
st_pmralim|int||stellar proper motion in right ascension limit flag
st_pmrastr|char||Stellar Proper Motion in Right Ascension String for Display
st_pmdec|double|mas/yr|Stellar Proper Motion in Declination Value
st_pmdecerr1|double|mas/yr|Stellar Proper Motion in Declination Upper Uncertainty
st_pmdecerr2|double|mas/yr|Stellar Proper Motion in Declination Lower Uncertainty
st_pmdecsymerr|int||Stellar Proper Motion in Declination Symmetric Error Flag
st_pmdeclim|int||Stellar Proper Motion in Declination Limit Flag
st_pmdecstr|char||Stellar Proper Motion in Declination String for Display
pl_tranmid|double|BJD|Planet Transit Midpoint Value
pl_tranmiderr1|double|BJD|Planet Transit Midpoint Upper Uncertainty
pl_tranmiderr2|double|BJD|Planit Transit Midpoint Lower Uncertainty
pl_tranmidsymerr|int||Planet Transit Midpoint Symmetric Error Flag
pl_tranmidlim|int||Planet Transit Midpoint Limit Flag
pl_tranmidstr|char||Planet Transit Midpoint String for Display
pl_orbper|double|days|Planet Orbital Period Value
pl_orbpererr1|double|days|Planet Orbital Period Upper Uncertainty
pl_orbpererr2|double|days|Planet Orbital Period Lower Uncertainty
pl_orbpersymerr|int||Planet Orbital Period Symmetric Error Flag
pl_orbperlim|int||Planet Orbital Period Limit Flag
pl_orbperstr|char||Planet Orbital Period String for Display
pl_trandurh|double|hours|Planet Transit Duration Value
pl_trandurherr1|double|hours|Planet Transit Duration Upper Uncertainty
pl_trandurherr2|double|hours|Planet Transit Duration Lower Uncertainty
pl_trandurhsymerr|int||Planet Transit Duration Symmetric Error Flag
pl_trandurhlim|int||Planet Transit Duration Limit Flag
pl_trandurhstr|char||Planet Transit Duration String for Display
pl_trandep|double|ppm|Planet Transit Depth Value
pl_trandeperr1|double|ppm|Planet Transit Depth Upper Uncertainty
pl_trandeperr2|double|ppm|Planet Transit Depth Lower Uncertainty
pl_trandepsymerr|int||Planet Transit Depth Symmetric Error Flag
pl_trandeplim|int||Planet Transit Depth Limit Flag
pl_trandepstr|char||Planet Transit Depth String for Display
pl_rade|double|R_Earth|Planet Radius Value
pl_radeerr1|double|R_Earth|Planet Radius Upper Uncertainty
pl_radeerr2|double|R_Earth|Planet Radius Lower Uncertainty
pl_radesymerr|int||Planet Radius Symmetric Error Flag
pl_radelim|int||Planet Radius Limit Flag
pl_radestr|char||Planet Radius String for Display
pl_insol|double|Earth flux|Planet Insolation Value
pl_insolerr1|double|Earth flux|Planet Insolation Upper Uncertainty
pl_insolerr2|double|Earth flux|Planet Insolation Lower Uncertainty
pl_insolsymerr|int||Planet Insolation Symmetric Error Flag
pl_insollim|int||Planet Insolation Limit Flag
pl_insolstr|char||Planet Insolation String for Display
pl_eqt|double|K|Planet Equilibrium Temperature Value
pl_eqterr1|double|K|Planet Equilibrium Temperature Upper Uncertainty
pl_eqterr2|double|K|Planet Equilibrium Temperature Lower Uncertainty
pl_eqtsymerr|int||Planet Equilibrium Temperature Symmetric Error Flag
pl_eqtlim|int||Planet Equilibrium Temperature Limit Flag
pl_eqtstr|char||Planet Equilibrium Temperature String for Display
st_dist|double|pc|Stellar Distance Value
st_disterr1|double|pc|Stellar Distance Upper Uncertainty
st_disterr2|double|pc|Stellar Distance Lower Uncertainty
st_distsymerr|int||Stellar Distance Symmetric Error Flag
st_distlim|int||Stellar Distance Limit Flag
st_diststr|char||Stellar Distance String for Display
st_teff|double|K|Stellar Effective Temperature Value
st_tefferr1|double|K|Stellar Effective Termperature Upper Uncertainty
st_tefferr2|double|K|Stellar Effecitve Temperature Lower Uncertainty
st_teffsymerr|int||Stellar Effective Temperature Symmetric Error Flag
st_tefflim|int||Stellar Effective Temperature Limit Flag
st_teffstr|char||Stellar Effective Temperature String for Display
st_logg|double|cm/s**2|Stellar log(g) Value
st_loggerr1|double|cm/s**2|Stellar log(g) Upper Uncertanty
st_loggerr2|double|cm/s**2|Stellar log(g) Lower Uncertainty
st_loggsymerr|int||Stellar log(g) Symmetric Error Flag
st_logglim|int||Stellar log(g) Limit Flag
st_loggstr|char||Stellar log(g) String for Display
st_rad|double|R_Sun|Stellar Radius Value
st_raderr1|double|R_Sun|Stellar Radius Upper Uncertainty
st_raderr2|double|R_Sun|Stellar Radius Lower Uncertainty
st_radsymerr|int||Stellar Radius Symmetric Error Flag
st_radlim|int||Stellar Radius Limit Flag
st_radstr|char||Stellar Radius String for Display
sectors|char||Sectors (TBD)
toi_created|char||TOI Created Date
rowupdate|char||Last Update Date
release_date|char||Release Date
spt_ind|long||spatial index
htm20|long||spatial index
`

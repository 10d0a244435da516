package universe

// specK2 lists columns of the archive's table `k2pandc`: the 94 of its default
// export, in order, then those that name the star and tell the transit. See
// specKOI.
const specK2 = `
pl_name|char||Planet Name
hostname|char||Host Name
default_flag|int||Default Parameter Set
disposition|char||Archive Disposition
disp_refname|char||Archive Disposition Reference
sy_snum|int||Number of Stars
sy_pnum|int||Number of Planets
discoverymethod|char||Discovery Method
disc_year|int||Discovery Year
disc_facility|char||Discovery Facility
soltype|char||Solution Type
pl_controv_flag|int||Controversial Flag
pl_refname|char||Planetary Parameter Reference
pl_orbper|double|days|Orbital Period
pl_orbpererr1|double|days|Orbital Period Upper Unc.
pl_orbpererr2|double|days|Orbital Period Lower Unc.
pl_orbperlim|int||Orbital Period Limit Flag
pl_orbsmax|double|au|Orbit Semi-Major Axis
pl_orbsmaxerr1|double|au|Orbit Semi-Major Axis Upper Unc.
pl_orbsmaxerr2|double|au|Orbit Semi-Major Axis Lower Unc.
pl_orbsmaxlim|int||Orbit Semi-Major Axis Limit Flag
pl_rade|double|Earth Radius|Planet Radius
pl_radeerr1|double|Earth Radius|Planet Radius Upper Unc.
pl_radeerr2|double|Earth Radius|Planet Radius Lower Unc.
pl_radelim|int||Planet Radius Limit Flag
pl_radj|double|Jupiter Radius|Planet Radius
pl_radjerr1|double|Jupiter Radius|Planet Radius Upper Unc.
pl_radjerr2|double|Jupiter Radius|Planet Radius Lower Unc.
pl_radjlim|int||Planet Radius Limit Flag
pl_bmasse|double|Earth Mass|Planet Mass or Mass*sin(i)
pl_bmasseerr1|double|Earth Mass|Planet Mass or Mass*sin(i) Upper Unc.
pl_bmasseerr2|double|Earth Mass|Planet Mass or Mass*sin(i) Lower Unc.
pl_bmasselim|int|Earth Mass|Planet Mass or Mass*sin(i) Limit Flag
pl_bmassj|double|Jupiter Mass|Planet Mass or Mass*sin(i)
pl_bmassjerr1|double|Jupiter Mass|Planet Mass or Mass*sin(i) Upper Unc.
pl_bmassjerr2|double|Jupiter Mass|Planet Mass or Mass*sin(i) Lower Unc.
pl_bmassjlim|int|Jupiter Mass|Planet Mass or Mass*sin(i) Limit Flag
pl_bmassprov|char||Planet Mass or Mass*sin(i) Provenance
pl_orbeccen|double||Eccentricity
pl_orbeccenerr1|double||Eccentricity Upper Unc.
pl_orbeccenerr2|double||Eccentricity Lower Unc.
pl_orbeccenlim|int||Eccentricity Limit Flag
pl_insol|double|Earth Flux|Insolation Flux
pl_insolerr1|double|Earth Flux|Insolation Flux Upper Unc.
pl_insolerr2|double|Earth Flux|Insolation Flux Lower Unc.
pl_insollim|int||Insolation Flux Limit Flag
pl_eqt|double|K|Equilibrium Temperature
pl_eqterr1|double|K|Equilibrium Temperature Upper Unc.
pl_eqterr2|double|K|Equilibrium Temperature Lower Unc.
pl_eqtlim|int||Equilibrium Temperature Limit Flag
ttv_flag|int||Data show Transit Timing Variations
st_refname|char||Stellar Parameter Reference
st_spectype|char||Spectral Type
st_teff|double|K|Stellar Effective Temperature
st_tefferr1|double|K|Stellar Effective Temperature Upper Unc.
st_tefferr2|double|K|Stellar Effective Temperature Lower Unc.
st_tefflim|int||Stellar Effective Temperature Limit Flag
st_rad|double|Solar Radius|Stellar Radius
st_raderr1|double|Solar Radius|Stellar Radius Upper Unc.
st_raderr2|double|Solar Radius|Stellar Radius Lower Unc.
st_radlim|int||Stellar Radius Limit Flag
st_mass|double|Solar mass|Stellar Mass
st_masserr1|double|Solar mass|Stellar Mass Upper Unc.
st_masserr2|double|Solar mass|Stellar Mass Lower Unc.
st_masslim|int||Stellar Mass Limit Flag
st_met|double|dex|Stellar Metallicity
st_meterr1|double|dex|Stellar Metallicity Upper Unc.
st_meterr2|double|dex|Stellar Metallicity Lower Unc.
st_metlim|int||Stellar Metallicity Limit Flag
st_metratio|char||Stellar Metallicity Ratio
st_logg|double|log10(cm/s**2)|Stellar Surface Gravity
st_loggerr1|double|log10(cm/s**2)|Stellar Surface Gravity Upper Unc.
st_loggerr2|double|log10(cm/s**2)|Stellar Surface Gravity Lower Unc.
st_logglim|int||Stellar Surface Gravity Limit Flag
sy_refname|char||System Parameter Reference
rastr|char||RA [sexagesimal]
ra|double|deg|RA
decstr|char||Dec [sexagesimal]
dec|double|deg|Dec
sy_dist|double|pc|Distance
sy_disterr1|double|pc|Distance Upper Unc
sy_disterr2|double|pc|Distance Lower Unc
sy_vmag|double||V (Johnson) Magnitude
sy_vmagerr1|double||V (Johnson) Magnitude Upper Unc
sy_vmagerr2|double||V (Johnson) Magnitude Lower Unc
sy_kmag|double||Ks (2MASS) Magnitude
sy_kmagerr1|double||Ks (2MASS) Magnitude Upper Unc
sy_kmagerr2|double||Ks (2MASS) Magnitude Lower Unc
sy_gaiamag|double||Gaia Magnitude
sy_gaiamagerr1|double||Gaia Magnitude Upper Unc
sy_gaiamagerr2|double||Gaia Magnitude Lower Unc
rowupdate|char||Date of Last Update
pl_pubdate|char||Planetary Parameter Reference Publication Date
releasedate|char||Release Date
pl_letter|char||Planet Letter
k2_name|char||K2 Name
epic_hostname|char||EPIC Host Name
epic_candname|char||EPIC Candidate Name
hd_name|char||HD ID
hip_name|char||HIP ID
tic_id|char||TIC ID
gaia_id|char||GAIA ID
k2_campaigns|char||K2 Campaigns
k2_campaigns_num|int||Number of K2 Campaigns
sy_kepmag|double||Kepler Magnitude
sy_kepmagerr1|double||Kepler Magnitude Upper Unc
sy_kepmagerr2|double||Kepler Magnitude Lower Unc
pl_tranmid|double|days|Transit Midpoint
pl_tranmiderr1|double|days|Transit Midpoint Upper Unc.
pl_tranmiderr2|double|days|Transit Midpoint Lower Unc.
pl_tranmidlim|int||Transit Midpoint Limit Flag
pl_trandur|double|hours|Transit Duration
pl_trandurerr1|double|hours|Transit Duration Upper Unc.
pl_trandurerr2|double|hours|Transit Duration Lower Unc.
pl_trandurlim|int||Transit Duration Limit Flag
pl_trandep|double|%|Transit Depth
pl_trandeperr1|double|%|Transit Depth Upper Unc.
pl_trandeperr2|double|%|Transit Depth Lower Unc.
pl_trandeplim|int||Transit Depth Limit Flag
pl_imppar|double||Impact Parameter
pl_impparerr1|double||Impact Parameter Upper Unc.
pl_impparerr2|double||Impact Parameter Lower Unc.
pl_impparlim|int||Impact Parameter Limit Flag
pl_ratror|double||Ratio of Planet to Stellar Radius
pl_ratrorerr1|double||Ratio of Planet to Stellar Radius Upper Unc.
pl_ratrorerr2|double||Ratio of Planet to Stellar Radius Lower Unc.
pl_ratrorlim|int||Ratio of Planet to Stellar Radius Limit Flag
`

package universe

// specKOI lists the columns of the archive's table `cumulative` as its data
// dictionary does: name, type, unit, meaning.
const specKOI = `
kepid|long||KIC Identification Number
kepoi_name|char||Kepler Object of Interest Name
kepler_name|char||Kepler Name (confirmed planet)
ra|double|degrees|RA Value [decimal degrees]
ra_err|double|degrees|RA Uncertainty [decimal degrees]
ra_str|char||RA Value [sexagesimal]
dec|double|degrees|Dec Value [decimal degrees]
dec_err|double|degrees|Dec Uncertainty [decimal degrees]
dec_str|char||Dec Value [sexagesiamal]
koi_gmag|double|mags|Stellar g (Sloan) Magnitude Value
koi_gmag_err|double|mags|Stellar g (Sloan) Magnitude Uncertainty
koi_rmag|double|mags|Stellar r (Sloan) Magnitude Value
koi_rmag_err|double|mags|Stellar r (Sloan) Magnitude Uncertainty
koi_imag|double|mags|Stellar i (Sloan) Magnitude Value
koi_imag_err|double|mags|Stellar i (Sloan) Magnitude Uncertainty
koi_zmag|double|mags|Stellar z (Sloan) Magnitude Value
koi_zmag_err|double|mags|Stellar z (Sloan) Magnitude Uncertainty
koi_jmag|double|mags|Stellar J (2MASS) Magnitude Value
koi_jmag_err|double|mags|Stellar J (2MASS) Magnitude Uncertainty
koi_hmag|double|mags|Stellar H (2MASS) Magnitude Value
koi_hmag_err|double|mags|Stellar H (2MASS) Magnitude Uncertainty
koi_kmag|double|mags|Stellar K (2MASS) Magnitude Value
koi_kmag_err|double|mags|Stellar K (2MASS) Magnitude Uncertainty
koi_kepmag|double|mags|Stellar Kepler-band  Magnitude Value
koi_kepmag_err|double|mags|Stellar Kepler-band  Magnitude Uncertainty
koi_delivname|char||Delivery Name
koi_vet_stat|char||Delivery Vetting Status
koi_quarters|char||Bit of Quarters
koi_disposition|char||Exoplanet Archive Disposition
koi_pdisposition|char||Disposition using Kepler Data
koi_count|int||Number of KOIs Identified in the System
koi_num_transits|long||Number of Transits Detected
koi_max_sngle_ev|double||Single Event Statistics
koi_max_mult_ev|double||Multiple Event Statistics
koi_bin_oedp_sig|double||Binary Discrimination odd-even Depth Significance
koi_limbdark_mod|char||Limb Darkening Model Name
koi_ldm_coeff4|double||Limb Darkening Coefficient 4
koi_ldm_coeff3|double||Limb Darkening Coefficient 3
koi_ldm_coeff2|double||Limb Darkening Coefficient 2
koi_ldm_coeff1|double||Limb Darkening Coefficient 1
koi_trans_mod|char||Transit Model Name
koi_model_snr|double||Model Signal to Noise Ratio
koi_model_dof|double||Model degrees of Freedom
koi_model_chisq|double||Model Chi Square
koi_time0bk|double|BKJD|Time to First Transit Value [BKJD=BJD-2454833]
koi_time0bk_err1|double|BKJD|Time to First Transit Upper Uncertainty [BKJD]
koi_time0bk_err2|double|BKJD|Time to First Transit Lower Uncertainty [BKJD]
koi_eccen|double||Eccentricity Value
koi_eccen_err1|double||Eccentricity Upper Uncertainty
koi_eccen_err2|double||Eccentricity Lower Uncertainty
koi_longp|double|deg|Longitude of Periastron Value [deg]
koi_longp_err1|double|deg|Longitude of Periastron Upper Uncertainty [deg]
koi_longp_err2|double|deg|Longitude of Periastron Lower Uncertainty [deg]
koi_prad|double|Rearth|Planet Radius Value [Earth radii]
koi_prad_err1|double|Rearth|Planet Radius Upper Uncertainty [Earth radii]
koi_prad_err2|double|Rearth|Planet Radius Lower Uncertainty [Earth radii]
koi_sma|double|AU|Semi-Major Axis Value [AU]
koi_sma_err1|double|AU|Semi-Major Axis Upper Uncertainty [AU]
koi_sma_err2|double|AU|Semi-Major Axis Lower Uncertainty [AU]
koi_impact|double||Minimun Impact Parameter Value
koi_impact_err1|double||Minimun Impact Parameter Upper Uncertainty
koi_impact_err2|double||Minimun Impact Parameter Lower Uncertainty
koi_duration|double|hours|Transit Duration Value [hours]
koi_duration_err1|double|hours|Transit Duration Upper Uncertainty [hours]
koi_duration_err2|double|hours|Transit Duration Lower Uncertainty [hours]
koi_ingress|double|hours|Transit Ingress Time Value [hours]
koi_ingress_err1|double|hours|Transit Ingress Time Upper Uncertainty [hours]
koi_ingress_err2|double|hours|Transit Ingress Time Lower Uncertainty [hours]
koi_depth|double|ppm|Transit Depth Value [ppm]
koi_depth_err1|double|ppm|Transit Depth Upper Uncertainty [ppm]
koi_depth_err2|double|ppm|Transit Depth Lower Uncertainty [ppm]
koi_period|double|days|Transit Period Value [days]
koi_period_err1|double|days|Transit Period Upper Uncertainty [days]
koi_period_err2|double|days|Transit Period Lower Uncertainty [days]
koi_ror|double||Planet-Star Radius Ratio Value
koi_ror_err1|double||Planet-Star Radius Ratio Upper Uncertainty
koi_ror_err2|double||Planet-Star Radius Ratio Lower Uncertainty
koi_dor|double||Planet-Star Distance over Star Radius Value
koi_dor_err1|double||Planet-Star Distance over Star Radius Upper Uncertainty
koi_dor_err2|double||Planet-Star Distance over Star Radius Lower Uncertainty
koi_incl|double|deg|Orbital Inclination Value [deg]
koi_incl_err1|double|deg|Orbital Inclination Upper Uncertainty [deg]
koi_incl_err2|double|deg|Orbital inclination Lower Uncertainty [deg]
koi_teq|double|K|Equilibrium Temperature Value [K]
koi_teq_err1|double|K|Equilibrium Temperature Upper Uncertainty [K]
koi_teq_err2|double|K|Equilibrium Temperature Lower Uncertainty [K]
koi_steff|double|K|Stellar Effective Temperature Value [K]
koi_steff_err1|double|K|Stellar Effective Temperature Upper Uncertainty [K]
koi_steff_err2|double|K|Stellar Effective Temperature Lower Uncertainty [K]
koi_slogg|double|cm/s**2|Stellar Surface Gravity Value [log10(cm/s**2)]
koi_slogg_err1|double|cm/s**2|Stellar Surface Gravity Upper Uncertainty [log10(cm/s**2)]
koi_slogg_err2|double|cm/s**2|Stellar Surface Gravity Lower Uncertainty [log10(cm/s**2)]
koi_smet|double|dex|Stellar Metallicity Value [dex]
koi_smet_err1|double|dex|Stellar Metallicity Upper Uncertainty [dex]
koi_smet_err2|double|dex|Stellar Metallicity Lower Uncertainty [dex]
koi_srad|double|Rsun|Stellar Radius Value [Solar radii]
koi_srad_err1|double|Rsun|Stellar Radius Upper Uncertainty [Solar radii]
koi_srad_err2|double|Rsun|Stellar Radius Lower Uncertainty [Solar radii]
koi_smass|double|Msun|Stellar Mass Value [Solar mass]
koi_smass_err1|double|Msun|Stellar Mass Upper Uncertainty [Solar mass]
koi_smass_err2|double|Msun|Stellar Mass Lower Uncertainty [Solar mass]
koi_sage|double|Gyr|Stellar Age Value [Gyr]
koi_sage_err1|double|Gyr|Stellar Age Upper Uncertainty [Gyr]
koi_sage_err2|double|Gyr|Stellar Age Lower Uncertainty [Gyr]
koi_sparprov|char||Stellar Parameters Provenance
koi_fwm_stat_sig|double||Flux Weighted Centroid Motion Statistic Significance
koi_fwm_sra|double||Flux Weighted Centroid Motion of Source in RA Value
koi_fwm_sra_err|double||Flux Weighted Centroid Motion of Source in RA Uncertainty
koi_fwm_sdec|double||Flux Weighted Centroid Motion of Source in Dec Value
koi_fwm_sdec_err|double||Flux Weighted Centroid Motion of Source in Dec Uncertainty
koi_fwm_srao|double||Flux Weighted Centroid Motion Source Offset in RA Value
koi_fwm_srao_err|double||Flux Weighted Centroid Motion Source Offset in RA Uncertainty
koi_fwm_sdeco|double||Flux Weighted Centroid Motion Source Offset in Dec Value
koi_fwm_sdeco_err|double||Flux Weighted Centroid Motion Source Offset in Dec Uncertainty
koi_fwm_prao|double||Flux Weighted Centroid Motion Peak Offset in RA Value
koi_fwm_prao_err|double||Flux Weighted Centroid Motion Peak Offset in RA Uncertainty
koi_fwm_pdeco|double||Flux Weighted Centroid Motion Peak Offset in Dec Value
koi_fwm_pdeco_err|double||Flux Weighted Centroid Motion Peak Offset in Dec Uncertainty
koi_dicco_mra|double||Diff Image Control Centroid Single Fit Offset in RA Value
koi_dicco_mra_err|double||Diff Image Control Centroid Single Fit Offset in RA Uncertainty
koi_dicco_mdec|double||Diff Image Control Centroid Single Fit Offset in Dec Value
koi_dicco_mdec_err|double||Diff Image Control Centroid Single Fit Offset in Dec Uncertainty
koi_dicco_msky|double||Diff Image Control Centroid Single Fit Offset in Sky Value
koi_dicco_msky_err|double||Diff Image Control Centroid Single Fit Offset in Sky Uncertainty
koi_dikco_mra|double||Diff Image KIC Centroid Single Fit Offset in RA Value
koi_dikco_mra_err|double||Diff Image KIC Centroid Single Fit Offset in RA Uncertainty
koi_dikco_mdec|double||Diff Image KIC Centroid Single Fit Offset in Dec Value
koi_dikco_mdec_err|double||Diff Image KIC Centroid Single Fit Offset in Dec Uncertainty
koi_dikco_msky|double||Diff Image KIC Centroid Single Fit Offset in Sky Value
koi_dikco_msky_err|double||Diff Image KIC Centroid Single Fit Offset in Sky Uncertainty
koi_comment|char||Comment
koi_vet_date|char||Vetting Status Date
koi_tce_plnt_num|long||TCE Planet Number
koi_tce_delivname|char||TCE Delivery Name
koi_datalink_dvs|char||Link to DVS file
koi_disp_prov|char||Disposition Provenance
koi_parm_prov|char||KOI Parameter Provenance
koi_time0|double|BJD|Time to First Transit Value [BJD]
koi_time0_err1|double|BJD|Time to First Transit Upper Uncertainty [BJD]
koi_time0_err2|double|BJD|Time to First Transit Lower Uncertainty [BJD]
koi_datalink_dvr|char||Link to DVR file
koi_fpflag_nt|int||Non-transit Like False Positive Flag
koi_fpflag_ss|int||Significant Secondary False Positive Flag
koi_fpflag_co|int||Centroid Offset False Positive Flag
koi_fpflag_ec|int||Ephemeris Match Indicates Contamination False Positive Flag
koi_insol|double||Insolation Flux Value [Earth flux]
koi_insol_err1|double||Insolation Flux Upper Uncertainty [Earth flux]
koi_insol_err2|double||Insolation Flux Lower Uncertainty [Earth flux]
koi_srho|double||Fitted Stellar Density Value [g/cm*3]
koi_srho_err1|double||Fitted Stellar Density Upper Uncertainty [g/cm*3]
koi_srho_err2|double||Fitted Stellar Density Lower Uncertainty [g/cm*3]
koi_fittype|char||Planetary Fit Type  (LS, MCMC, DV, none, etc.)
koi_score|double||Kepler Object of Interest Score
`

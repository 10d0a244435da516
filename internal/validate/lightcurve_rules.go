package validate

import "exoplanetai/internal/lightcurve"

// LightCurveType is the data type of light curves.
const LightCurveType = "lightcurve"

// The sources that the rules of light curves rest on.
const (
	sourceFITS    = "FITS standard 4.0"
	sourceSPOC    = "TESS Science Data Products Description Document, NASA/TM-20205008729"
	sourceKepler  = "Kepler Archive Manual, KDMC-10008-006"
	sourceMission = sourceSPOC + "; " + sourceKepler
	sourceLight   = "light travel time: 499.005 s for one astronomical unit (IAU 2012 B2)"
)

// The rules of light curves, by identifier without "lightcurve.".
const (
	lcReadable        = "readable"
	lcLayout          = "layout"
	lcRows            = "rows"
	lcHDUs            = "hdus"
	lcColumns         = "columns"
	lcColumnUnique    = "column.unique"
	lcColumnUnit      = "column.unit"
	lcTimeType        = "time.type"
	lcTimeSystem      = "time.system"
	lcChecksum        = "checksum"
	lcChecksumAbsent  = "checksum.absent"
	lcTimeNone        = "time.none"
	lcTimePresent     = "time.present"
	lcTimeMission     = "time.mission"
	lcTimeSlice       = "time.slice"
	lcTimeHeader      = "time.header"
	lcTimeCorrection  = "timecorr.range"
	lcFluxFinite      = "flux.finite"
	lcFluxZero        = "flux.zero"
	lcFluxPositive    = "flux.positive"
	lcErrorPositive   = "error.positive"
	lcErrorZero       = "error.zero"
	lcFlagsKnown      = "flags.known"
	lcPositionRange   = "position.range"
	lcPositionAbsent  = "position.absent"
	lcPositionDigits  = "position.digits"
	lcPositionOther   = "position.other"
	lcPositionCatalog = "position.catalog"
	lcBarycentre      = "position.barycentre"
	lcTimeRepeated    = "time.repeated"
	lcCadenceRepeated = "cadence.repeated"
	lcFluxCopied      = "flux.copied"
	lcTimeOrder       = "time.order"
	lcTimeCadence     = "time.cadence"
	lcCadenceGap      = "cadence.gap"
	lcCadenceStep     = "cadence.step"
	lcCoverage        = "coverage"
	lcFlagged         = "flagged"
	lcFluxNone        = "flux.none"
	lcFluxUnflagged   = "flux.unflagged"
	lcErrorScatter    = "error.scatter"
	lcFluxMagnitude   = "flux.magnitude"
	lcMagnitude       = "header.magnitude"
	lcTeff            = "header.teff"
	lcTeffCatalog     = "header.teff.catalog"
	lcObject          = "header.object"
	lcTarget          = "header.target"
	lcMission         = "header.mission"
	lcAuthor          = "header.author"
	lcSlice           = "header.slice"
	lcCadence         = "header.cadence"
)

// headerRules are the rules behind the findings of lightcurve.Check that compare
// a file with what it should be.
var headerRules = map[string]string{
	lightcurve.RuleObject: lcObject, lightcurve.RuleTarget: lcTarget, lightcurve.RuleMission: lcMission,
	lightcurve.RuleAuthor: lcAuthor, lightcurve.RuleSlice: lcSlice, lightcurve.RuleCadence: lcCadence,
}

// lightCurveRules declares the rules of light curves, by level. The columns are
// those of the mission products; of others those that mean the same are taken.
func lightCurveRules() []Rule {
	rules := make([]Rule, 0, 50)
	for _, part := range [][]Rule{lcSchemaRules(), lcRangeRules(), lcPlaceRules(), lcQualityRules(), lcHeaderRules()} {
		rules = append(rules, part...)
	}
	for i := range rules {
		rules[i].ID = LightCurveType + "." + rules[i].ID
		rules[i].Types = []string{LightCurveType}
	}
	return rules
}

func lcSchemaRules() []Rule {
	time, sums := []string{"TIME"}, []string{"CHECKSUM", "DATASUM"}
	return []Rule{
		{ID: lcReadable, Level: Schema, Severity: Error, Limit: "a FITS file whose HDUs fill it to the last byte",
			Reason: "A cut or damaged file has lost data.", Source: sourceFITS + ", 3.1 and 4.4.1"},
		{ID: lcLayout, Level: Schema, Severity: Error, Limit: "a product that is known, with time, flux, quality and cadence",
			Reason: "What cannot be read as a light curve is none.", Source: sourceMission},
		{ID: lcRows, Level: Schema, Severity: Error, Limit: "at least one row",
			Reason: "A table without rows holds no light curve.", Source: sourceMission},
		{ID: lcHDUs, Level: Schema, Severity: Warning, Limit: "PRIMARY, LIGHTCURVE, APERTURE",
			Reason: "The missions' files have these three parts; one that lacks a part was cut or rewritten.", Source: sourceMission},
		{ID: lcColumns, Level: Schema, Severity: Warning, Limit: "the twenty columns of the missions",
			Reason: "A missing column means a rewritten file or a new layout.", Source: sourceMission},
		{ID: lcColumnUnique, Level: Schema, Severity: Error, Limit: "no two columns of one name",
			Reason: "Which of two columns of one name is meant cannot be told.", Source: sourceFITS + ", 7.3.2"},
		{ID: lcColumnUnit, Level: Schema, Severity: Warning, Columns: []string{"TIME", "SAP_FLUX", "PDCSAP_FLUX"}, Limit: "BJD - zero point, days; e-/s",
			Reason: "Numbers in another unit would be taken for the usual one.", Source: sourceMission},
		{ID: lcTimeType, Level: Schema, Severity: Warning, Columns: time, Limit: "64-bit floats",
			Reason: "In 32 bits a time of 2000 d is good to 10 s only.", Source: sourceMission},
		{ID: lcTimeSystem, Level: Schema, Severity: Warning, Columns: []string{"TIMESYS", "TIMEREF"}, Limit: "TDB at SOLARSYSTEM",
			Reason: "Times of another system differ by minutes.", Source: sourceMission},
		{ID: lcChecksum, Level: Schema, Severity: Error, Columns: sums, Limit: "the sums in the headers fit the bytes",
			Reason: "A sum that does not fit tells of changed bytes.", Source: sourceFITS + ", 4.4.2.7 and appendix J"},
		{ID: lcChecksumAbsent, Level: Schema, Severity: Info, Columns: sums, Limit: "every HDU has a sum",
			Reason: "Without a sum only the digest of the stored file tells of damage since it came.", Source: sourceFITS + ", 4.4.2.7"},
	}
}

func lcRangeRules() []Rule {
	time, flux, errs := []string{"TIME"}, []string{"PDCSAP_FLUX"}, []string{"SAP_FLUX_ERR", "PDCSAP_FLUX_ERR"}
	return []Rule{
		{ID: lcTimeNone, Level: Range, Severity: Error, Columns: time, Limit: "at least one finite time",
			Reason: "Without times there is no series.", Source: sourceMission},
		{ID: lcTimePresent, Level: Range, Severity: Warning, Columns: []string{"TIME", "PDCSAP_FLUX", "SAP_QUALITY", "QUALITY"}, Limit: "a row with flux, or without a flag, has a time",
			Reason: "The pipelines leave the time empty only where nothing was measured, and then set a flag and give no flux.", Source: sourceMission},
		{ID: lcTimeMission, Level: Range, Severity: Error, Columns: time, Limit: "inside the mission, not in the future",
			Reason: "A time outside the mission is none of its measurements.", Source: "first and last science data of Kepler, K2 and TESS (mission pages)"},
		{ID: lcTimeSlice, Level: Range, Severity: Error, Columns: time, Limit: "in the sector, quarter or campaign, 5 d of grace",
			Reason: "Times of another slice say that header or times are those of another file.", Source: "dates of sectors, quarters and campaigns (mission pages)"},
		{ID: lcTimeHeader, Level: Range, Severity: Warning, Columns: []string{"TIME", "TSTART", "TSTOP"}, Limit: "TSTART - 0.02 d to TSTOP + 0.02 d",
			Reason: "Header and table tell the same observation.", Source: sourceMission},
		{ID: lcTimeCorrection, Level: Range, Severity: Error, Columns: []string{"TIMECORR"}, Limit: "within 520 s (TESS), 600 s (Kepler)",
			Reason: "Light takes at most so long from the spacecraft's orbit to the solar system's barycentre; Kepler's correction has TDB - UTC in it.", Source: sourceLight},
		{ID: lcFluxFinite, Level: Range, Severity: Error, Columns: []string{"SAP_FLUX", "PDCSAP_FLUX"}, Limit: "no infinite value",
			Reason: "A missing value is NaN; infinity is the trace of a failed computation.", Source: sourceFITS + ", 5.3"},
		{ID: lcFluxZero, Level: Range, Severity: Warning, Columns: []string{"SAP_FLUX", "PDCSAP_FLUX"}, Limit: "not 0",
			Reason: "A measured flux is never exactly zero: the zero stands for a missing value.", Source: sourceMission},
		{ID: lcFluxPositive, Level: Range, Severity: Warning, Columns: flux, Limit: "the median is above 0",
			Reason: "A star gives light; a background taken too high turns it negative.", Source: sourceMission},
		{ID: lcErrorPositive, Level: Range, Severity: Error, Columns: errs, Limit: "at least 0",
			Reason: "A standard deviation is not negative.", Source: sourceMission},
		{ID: lcErrorZero, Level: Range, Severity: Warning, Columns: errs, Limit: "above 0 where there is flux",
			Reason: "Counted photons have an uncertainty.", Source: sourceMission},
		{ID: lcFlagsKnown, Level: Range, Severity: Warning, Columns: []string{"QUALITY", "SAP_QUALITY"}, Limit: "bits of the product's table",
			Reason: "A bit that no table explains is a newer pipeline's, or damage.", Source: "TESS: table 32 of " + sourceSPOC + "; Kepler: table 2-3 of " + sourceKepler},
	}
}

func lcPlaceRules() []Rule {
	place := []string{"RA_OBJ", "DEC_OBJ"}
	return []Rule{
		{ID: lcPositionRange, Level: Coordinates, Severity: Error, Columns: place, Limit: "0 to 360 and -90 to 90 degrees",
			Reason: "There is no such place on the sky.", Source: "ICRS"},
		{ID: lcPositionAbsent, Level: Coordinates, Severity: Warning, Columns: place, Limit: "the header has a position",
			Reason: "Without a position the star cannot be compared.", Source: sourceMission},
		{ID: lcPositionDigits, Level: Coordinates, Severity: Info, Columns: place, Limit: "at least four decimals of a degree",
			Reason: "Fewer decimals are coarser than a tenth of Kepler's pixel.", Source: sourceKepler},
		{ID: lcPositionOther, Level: Coordinates, Severity: Error, Columns: place, Limit: "within 60″ of the catalog, and its proper motion",
			Reason: "Three pixels of TESS away it is another star.", Source: "pixel scale of TESS, 21″, and Kepler, 4″"},
		{ID: lcPositionCatalog, Level: Coordinates, Severity: Warning, Columns: place, Limit: "within 4″ of the catalog, and its proper motion",
			Reason: "Positions of the same star from two catalogs agree better than a pixel of Kepler.", Source: "pixel scale of Kepler, 3.98″"},
		{ID: lcBarycentre, Level: Coordinates, Severity: Warning, Columns: []string{"TIMECORR", "RA_OBJ", "DEC_OBJ"}, Limit: "within 15 s of the Earth's place (TESS); below the largest for its ecliptic latitude (Kepler)",
			Reason: "The time correction is the light travel time in the star's direction, so it tells the direction.", Source: sourceLight + "; Meeus, Astronomical Algorithms, chapter 25"},
		{ID: lcTimeRepeated, Level: Duplicates, Severity: Error, Columns: []string{"TIME"}, Limit: "every time once",
			Reason: "Two measurements of one moment are one measurement twice.", Source: sourceMission},
		{ID: lcCadenceRepeated, Level: Duplicates, Severity: Error, Columns: []string{"CADENCENO"}, Limit: "every number once",
			Reason: "A cadence number names one exposure.", Source: sourceMission},
		{ID: lcFluxCopied, Level: Duplicates, Severity: Warning, Columns: []string{"PDCSAP_FLUX"}, Limit: "no run of eight values twice",
			Reason: "Noise does not repeat itself: equal runs are copied or stuck.", Source: "chance: below 1e-30 for eight noisy 32-bit values"},
	}
}

func lcQualityRules() []Rule {
	return []Rule{
		{ID: lcTimeOrder, Level: Quality, Severity: Error, Columns: []string{"TIME"}, Limit: "times increase",
			Reason: "Rows stand in the order of observation; one that goes back was moved.", Source: sourceMission},
		{ID: lcTimeCadence, Level: Quality, Severity: Error, Columns: []string{"TIME", "TIMECORR", "CADENCENO"}, Limit: "time = first + number × cadence, to half a cadence",
			Reason: "Exposures follow each other at a fixed pace at the spacecraft; a time off the line was changed.", Source: sourceMission},
		{ID: lcCadenceGap, Level: Quality, Severity: Warning, Columns: []string{"CADENCENO"}, Limit: "numbers count up by one",
			Reason: "The missions give every cadence a row, gaps included; a missing number is a lost row.", Source: sourceMission},
		{ID: lcCadenceStep, Level: Quality, Severity: Error, Columns: []string{"TIME", "TIMEDEL"}, Limit: "the middle step of time is the header's cadence, to 3 %",
			Reason: "A header with another cadence belongs to another file.", Source: sourceMission},
		{ID: lcCoverage, Level: Quality, Severity: Warning, Columns: []string{"TIME", "PDCSAP_FLUX"}, Limit: "half of the cadences from first to last have flux",
			Reason: "With more gaps than data no transit search is complete.", Source: "our policy"},
		{ID: lcFlagged, Level: Quality, Severity: Warning, Columns: []string{"QUALITY", "SAP_QUALITY"}, Limit: "at most half of the rows are flagged",
			Reason: "Real files have 0 to 31 %; more tells of an instrument in trouble.", Source: "real files of the three missions"},
		{ID: lcFluxNone, Level: Quality, Severity: Warning, Columns: []string{"PDCSAP_FLUX"}, Limit: "at least one value",
			Reason: "The pipeline gave no corrected flux for this star.", Source: sourceMission},
		{ID: lcFluxUnflagged, Level: Quality, Severity: Info, Columns: []string{"PDCSAP_FLUX", "QUALITY", "SAP_QUALITY"}, Limit: "a row without flux has a flag",
			Reason: "Whoever trusts flags alone meets these rows.", Source: sourceMission},
		{ID: lcErrorScatter, Level: Quality, Severity: Warning, Columns: []string{"PDCSAP_FLUX", "PDCSAP_FLUX_ERR"}, Limit: "scatter from row to row is 0.3 to 300 times the error",
			Reason: "Flux and error in different units, or smoothed flux.", Source: "real files: 0.9 to 28"},
		{ID: lcFluxMagnitude, Level: Quality, Severity: Warning, Columns: []string{"PDCSAP_FLUX", "TESSMAG", "KEPMAG"}, Limit: "median flux within a factor 5 of the magnitude's (TESS: 3)",
			Reason: "Flux and magnitude are of one star: TESS magnitude 20.44 and Kepler magnitude 25.1 give one electron per second.", Source: "TESS Instrument Handbook; Kepler Instrument Handbook, KSCI-19033"},
	}
}

func lcHeaderRules() []Rule {
	return []Rule{
		{ID: lcMagnitude, Level: Quality, Severity: Warning, Columns: []string{"TESSMAG", "KEPMAG"}, Limit: "within 0.5 mag of the catalog",
			Reason: "Another magnitude is another star, or another edition of the input catalog.", Source: "input catalogs KIC, EPIC, TIC"},
		{ID: lcTeff, Level: Quality, Severity: Warning, Columns: []string{"TEFF"}, Limit: "2000 to 60,000 K",
			Reason: "Main-sequence and giant stars lie between.", Source: "input catalogs KIC, EPIC, TIC"},
		{ID: lcTeffCatalog, Level: Quality, Severity: Warning, Columns: []string{"TEFF"}, Limit: "within 15 % of the catalog",
			Reason: "Another temperature is another star, or another edition of the input catalog.", Source: "input catalogs KIC, EPIC, TIC; their errors are 2 to 4 %"},
		{ID: lcObject, Level: Quality, Severity: Error, Columns: []string{"OBJECT", "TICID", "KEPLERID"}, Limit: "OBJECT names the star of the number",
			Reason: "A header that names two stars was changed.", Source: sourceMission},
		{ID: lcTarget, Level: Quality, Severity: Error, Columns: []string{"TICID", "KEPLERID"}, Limit: "the star of the file's name, and the one wanted",
			Reason: "The file is about another star.", Source: sourceMission},
		{ID: lcMission, Level: Quality, Severity: Error, Columns: []string{"TELESCOP", "MISSION"}, Limit: "the mission of the file's name",
			Reason: "Quality bits and time scale differ between missions.", Source: sourceMission},
		{ID: lcAuthor, Level: Quality, Severity: Error, Columns: []string{"ORIGIN", "CREATOR"}, Limit: "the product of the file's name",
			Reason: "Products of one observation have different fluxes.", Source: sourceMission},
		{ID: lcSlice, Level: Quality, Severity: Error, Columns: []string{"SECTOR", "QUARTER", "CAMPAIGN"}, Limit: "the slice of the file's name",
			Reason: "The file is of another observation.", Source: sourceMission},
		{ID: lcCadence, Level: Quality, Severity: Error, Columns: []string{"TIMEDEL"}, Limit: "the cadence of the file's name, to 3 %",
			Reason: "The file is of another cadence.", Source: sourceMission},
	}
}

package review

import (
	"errors"
	"strings"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/validate"
)

// maxFile bounds a file when it is unpacked.
const maxFile = 1 << 30

// File judges bytes that no store holds: a light curve in FITS, or a table in
// CSV, packed by gzip or not. The data type says what the table is taken for;
// empty: what it can be read as. The file's name stands for its path.
//
// Errors: exo.Invalid for a data type that there is not or that does not suit,
// and for a table that may be of several types; exo.TooLarge.
func File(name string, data []byte, dataType string, now time.Time) (Result, *validate.Report, error) {
	if dataType != "" {
		if err := reports.CheckType(op, dataType); err != nil {
			return Result{}, nil, err
		}
	}
	data, err := fits.Gunzip(data, maxFile)
	if err != nil {
		return Result{}, nil, err
	}
	isFITS := strings.HasPrefix(string(data[:min(len(data), 9)]), "SIMPLE  =")
	if isFITS && dataType != "" && dataType != validate.LightCurveType {
		return Result{}, nil, exo.Errorf(op, exo.Invalid, nil, "%s is a FITS file, no %s table", name, dataType).Try("leave the type out, or say lightcurve")
	}
	var rep *validate.Report
	if isFITS || dataType == validate.LightCurveType {
		rep = fileCurve(name, data, now)
	} else if rep, err = fileTable(data, dataType, now); err != nil {
		return Result{}, nil, err
	}
	res := Result{
		Status: "success", DataType: rep.DataType, Valid: rep.Valid, Records: rep.Rows, Levels: levels(rep), Metrics: rep.Metrics,
		Trend: []Point{}, Files: []exo.Path{exo.Path(name)}, Warnings: []string{},
	}
	res.Findings, res.FindingsTotal = First(rep.Findings, Shown, nil)
	return res, rep, nil
}

func fileCurve(name string, data []byte, now time.Time) *validate.Report {
	f, err := fits.Parse(data)
	if err != nil {
		return validate.Unreadable(validate.LightCurveType, err)
	}
	return validate.LightCurve(f, validate.LightCurveOptions{Now: now, Path: exo.Path(strings.TrimSuffix(name, ".gz"))})
}

// fileTable judges a table of a type, or of the one type that it can be read as.
func fileTable(data []byte, dataType string, now time.Time) (*validate.Report, error) {
	types := []catalog.Type{catalog.Type(dataType)}
	if dataType == "" {
		types = catalog.Types
	}
	var fits []*catalog.Table
	var failed error
	for _, t := range types {
		table, err := catalog.Parse(t, data)
		switch {
		case err == nil:
			fits = append(fits, table)
		case dataType != "" && errors.Is(err, exo.Upstream):
			return validate.Unreadable(t, err), nil
		case dataType != "":
			return nil, err
		default:
			failed = err
		}
	}
	if len(fits) != 1 {
		return nil, exo.E(op, exo.Invalid, nil, failed).Say("it cannot be told which table this is").With("parameter", "data_type").With("allowed", reports.Types()).
			Try("say it: --as koi, toi, k2 or gaia")
	}
	return validate.Table(fits[0], validate.Options{Now: now}), nil
}

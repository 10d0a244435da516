package validate

import (
	"exoplanetai/internal/fits"
)

// LightCurve judges a light-curve file.
func LightCurve(f *fits.File, o LightCurveOptions) *Report {
	return &Report{DataType: LightCurveType, Valid: true, Levels: map[Level]Count{}, Findings: []Finding{}}
}

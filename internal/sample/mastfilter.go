package sample

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// mashFilter is one condition of a Filtered service: any of the values, or the
// pattern. Conditions are joined by and.
type mashFilter struct {
	ParamName string            `json:"paramName"`
	Values    []json.RawMessage `json:"values"`
	FreeText  string            `json:"freeText"`
	Separator string            `json:"separator"`
}

// filter compiles a condition. As in the database behind the portal, a text
// column compared with a number is an error, not an empty answer.
func (t *records) filter(f mashFilter) (func([]any) bool, error) {
	const op = "sample.filter"
	col := t.col(f.ParamName)
	if col < 0 {
		return nil, exo.Errorf(op, exo.Invalid, nil, "Invalid column name '%s'.", clip(f.ParamName))
	}
	var tests []func(any) bool
	for _, raw := range f.Values {
		test, err := t.fields[col].accept(raw, f.Separator)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	if f.FreeText != "" {
		pattern := strings.ToLower(strings.ReplaceAll(f.FreeText, "*", "%"))
		tests = append(tests, func(v any) bool {
			s, ok := v.(string)
			return ok && like(strings.ToLower(s), pattern)
		})
	}
	if len(tests) == 0 {
		return nil, exo.Errorf(op, exo.Invalid, nil, "The filter on '%s' has no values.", clip(f.ParamName))
	}
	return func(row []any) bool {
		return slices.ContainsFunc(tests, func(test func(any) bool) bool { return test(row[col]) })
	}, nil
}

// accept compiles one value of a condition.
func (f field) accept(raw json.RawMessage, separator string) (func(any) bool, error) {
	var between struct {
		Min *flexible `json:"min"`
		Max *flexible `json:"max"`
	}
	text := strings.TrimSpace(string(raw))
	if strings.HasPrefix(text, "{") {
		if err := json.Unmarshal(raw, &between); err != nil {
			return nil, exo.Errorf("sample.filter", exo.Invalid, nil, "The range of the filter on '%s' could not be parsed.", f.name)
		}
		return func(v any) bool {
			x, ok := asFloat(v)
			return ok && (between.Min == nil || x >= float64(*between.Min)) && (between.Max == nil || x <= float64(*between.Max))
		}, nil
	}
	var s string
	isText := json.Unmarshal(raw, &s) == nil
	if !isText {
		s = text
	}
	if f.number() {
		want, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, exo.Errorf("sample.filter", exo.Invalid, nil, "Error converting data type varchar to numeric.")
		}
		return func(v any) bool { x, ok := asFloat(v); return ok && x == want }, nil
	}
	if !isText {
		return nil, exo.Errorf("sample.filter", exo.Invalid, nil, "Conversion failed when converting the nvarchar value to data type int.")
	}
	if separator == "" {
		return func(v any) bool { return v == s }, nil
	}
	return func(v any) bool {
		list, ok := v.(string)
		return ok && slices.Contains(strings.Split(list, separator), s)
	}, nil
}

func asFloat(v any) (float64, bool) {
	switch x := v.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, true
	}
	return 0, false
}

package api

import (
	"encoding/json"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/preprocess"
)

// guideRequest is the guide's request, shown as the example of the route.
const guideRequest = `{
  "target_name": "TIC 441420236",
  "mission": "TESS",
  "processing_params": {
    "remove_outliers": true,
    "sigma_clip_sigma": 5.0,
    "baseline_window_length": 101,
    "wavelet_denoising": false,
    "normalize_method": "median"
  }
}`

// describeParameters puts the full description of the processing parameters
// into the document and returns what takes it out again. The framework checks
// bodies against the same schemas; the parameters are checked by the recipe,
// which names every mistake at once with its limits, so the framework is left
// with the plain form.
func describeParameters(doc *huma.OpenAPI) (restore func()) {
	body := doc.Components.Schemas.Map()["PreprocessBody"]
	plain := body.Properties["processing_params"]
	body.Properties["processing_params"] = parametersSchema()
	body.Examples = []any{json.RawMessage(guideRequest)}
	return func() { body.Properties["processing_params"] = plain }
}

func parametersSchema() *huma.Schema {
	s := &huma.Schema{
		Type: "object", AdditionalProperties: false, Properties: map[string]*huma.Schema{},
		Description: "parameters of the pipeline; those left out have the value of the profile, the defaults here are those of the profile default",
	}
	for _, p := range preprocess.Parameters() {
		s.Properties[p.Name] = parameterSchema(p)
	}
	return s
}

func parameterSchema(p preprocess.Parameter) *huma.Schema {
	doc := p.Doc
	if p.Limits != "" {
		doc += " Allowed: " + strings.TrimSuffix(p.Limits, ".") + "."
	}
	types := strings.Split(p.Type, "|")
	var s *huma.Schema
	if len(types) == 1 {
		s = plainSchema(types[0], p.Words)
	} else {
		s = &huma.Schema{}
		for _, t := range types {
			words := p.Words
			if t == "array" { // the words stand instead of the list
				words = nil
			}
			s.AnyOf = append(s.AnyOf, plainSchema(t, words))
		}
	}
	s.Description = doc
	var def any
	if p.Default != "" && json.Unmarshal([]byte(p.Default), &def) == nil && def != nil {
		s.Default = def
	}
	return s
}

func plainSchema(kind string, words []string) *huma.Schema {
	enum := make([]any, len(words))
	for i, w := range words {
		enum[i] = w
	}
	switch kind {
	case "inf":
		return &huma.Schema{Type: "string", Enum: []any{"inf"}}
	case "array":
		items := &huma.Schema{Type: "object", AdditionalProperties: true}
		if len(words) > 0 {
			items = &huma.Schema{Type: "string", Enum: enum}
		}
		return &huma.Schema{Type: "array", Items: items}
	case "string":
		return &huma.Schema{Type: "string", Enum: enum}
	}
	return &huma.Schema{Type: kind}
}

// prefixes keep apart the types of one name in several packages.
var prefixes = map[string]string{
	"process": "Process", "preprocess": "Process", "history": "History", "export": "Export", "reports": "Report", "review": "Review", "validate": "Validate", "version": "Version", "maintain": "Maintain", "verify": "Integrity", "backup": "Backup", "audit": "Audit", "auth": "Account",
}

// schemaName names a type in the document.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return prefixes[path.Base(t.PkgPath())] + name
}

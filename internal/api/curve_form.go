package api

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// chooseForm takes the form that the parameter names, else the best that the
// Accept header asks for (RFC 9110 §12.5.1), else JSON.
func chooseForm(format, accept string) (string, error) {
	if format != "" {
		return format, nil
	}
	if strings.TrimSpace(accept) == "" {
		return formJSON, nil
	}
	best, bestQ := "", 0.0
	for _, form := range []string{formJSON, formCSV, formFITS, formBin} {
		if q := quality(accept, curveTypes[form]); q > bestQ {
			best, bestQ = form, q
		}
	}
	if best == "" {
		p := exo.Errorf("api.lightcurves", exo.Invalid, nil, "none of the media types in Accept is offered: %s", clip(accept)).
			Try("ask for application/json, text/csv, application/fits or application/vnd.exoplanetai.lc, or say format=json")
		return "", notAcceptable{p}
	}
	return best, nil
}

// notAcceptable is a refusal with the status 406.
type notAcceptable struct{ error }

// HTTPStatus is the status in place of that of the kind.
func (notAcceptable) HTTPStatus() int { return http.StatusNotAcceptable }

// Unwrap gives the kind and the words.
func (e notAcceptable) Unwrap() error { return e.error }

// quality returns how much an Accept header wants a media type: the weight of
// the most specific range that matches.
func quality(accept, mediaType string) float64 {
	want, _, _ := strings.Cut(mediaType, ";")
	family, _, _ := strings.Cut(want, "/")
	weight, specific := 0.0, 0
	for item := range strings.SplitSeq(accept, ",") {
		name, params, err := mime.ParseMediaType(item)
		if err != nil {
			continue
		}
		level := 0
		switch name {
		case want:
			level = 3
		case family + "/*":
			level = 2
		case "*/*":
			level = 1
		}
		if level <= specific {
			continue
		}
		specific, weight = level, 1
		if text, ok := params["q"]; ok {
			if weight, err = strconv.ParseFloat(text, 64); err != nil || !(weight >= 0 && weight <= 1) {
				weight = 0
			}
		}
	}
	return weight
}

// takesGzip reports whether an Accept-Encoding header allows gzip (RFC 9110
// §12.5.3).
func takesGzip(header string) bool {
	any := false
	for item := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.ToLower(strings.TrimSpace(item)), ";")
		name, params = strings.TrimSpace(name), strings.ReplaceAll(params, " ", "")
		refused := params == "q=0" || strings.HasPrefix(params, "q=0.") && strings.Trim(params[4:], "0") == ""
		switch name {
		case "gzip", "x-gzip":
			return !refused
		case "*":
			any = !refused
		}
	}
	return any
}

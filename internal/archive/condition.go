package archive

import (
	"net/http"

	"exoplanetai/internal/exo"
)

// Condition makes a question conditional (RFC 9110 §13.1): the archive answers
// 304 when what we hold, known by its validators, is still what it has.
func Condition(known *exo.Origin) http.Header {
	h := http.Header{}
	if known == nil {
		return h
	}
	if known.ETag != "" {
		h.Set("If-None-Match", known.ETag)
	}
	if known.LastModified != "" {
		h.Set("If-Modified-Since", known.LastModified)
	}
	return h
}

// Validators returns the answer's ETag and Last-Modified. An answer of 304 need
// not repeat them: then they are those that the question carried.
func (a *Response) Validators(known *exo.Origin) (etag, lastModified string) {
	etag, lastModified = a.Header.Get("ETag"), a.Header.Get("Last-Modified")
	if a.Status == http.StatusNotModified && known != nil {
		if etag == "" {
			etag = known.ETag
		}
		if lastModified == "" {
			lastModified = known.LastModified
		}
	}
	return etag, lastModified
}

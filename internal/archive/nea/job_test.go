package nea_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/archive/nea"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

const at = "/TAP/async/tap_4pxj0j5c"

// uws is a job service that shows the phases one after the other.
func uws(result http.HandlerFunc, doc string, phases ...string) map[string]http.HandlerFunc {
	var looks atomic.Int64
	return map[string]http.HandlerFunc{
		"/TAP/async": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", at)
			w.WriteHeader(http.StatusSeeOther)
		},
		at + "/phase": func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.Header().Set("Location", at)
				w.WriteHeader(http.StatusSeeOther)
				return
			}
			io.WriteString(w, phases[min(int(looks.Add(1)), len(phases))-1]+"\n")
		},
		at:                     text(doc),
		at + "/results/result": result,
	}
}

func TestAJobIsFollowedToItsResult(t *testing.T) {
	moved := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusSeeOther) }
	}
	for name, result := range map[string]http.HandlerFunc{
		"in the result itself": text(koiTable), "by redirect": moved("/workspace/TAP/tap_4pxj0j5c/result.csv"), "by the job's document": http.NotFound,
	} {
		t.Run(name, func(t *testing.T) {
			doc := strings.Replace(shared(t, "uws_completed.xml"), "https://exoplanetarchive.ipac.caltech.edu:443/workspace/TAP/tap_4pxj0j5c/result.xml", "/workspace/TAP/tap_4pxj0j5c/result.csv", 1)
			routes := uws(result, doc, "PENDING", "QUEUED", "EXECUTING", "EXECUTING", "COMPLETED")
			routes["/workspace/TAP/tap_4pxj0j5c/result.csv"] = text(koiTable)
			s := serve(t, routes)
			var b bytes.Buffer
			ans, err := source(t, s, nea.Options{Async: true}).Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, &b)
			if err != nil || b.String() != koiTable || ans.Origin.Query != "select * from cumulative" {
				t.Errorf("%v, %q, %+v", err, b.String(), ans)
			}
			log := s.log()
			if log[0] != "POST /TAP/async select * from cumulative" || log[1] != "POST "+at+"/phase RUN" {
				t.Errorf("asked %q", log)
			}
		})
	}
}

func TestALateAnswerIsAskedForByAJob(t *testing.T) {
	routes := uws(text(koiTable), "", "COMPLETED")
	routes["/TAP/sync"] = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	s := serve(t, routes)
	src := source(t, s, nea.Options{Endpoint: archive.Endpoint{Timeout: 400 * time.Millisecond, Retries: 3}})
	var b bytes.Buffer
	if _, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, &b); err != nil || b.String() != koiTable {
		t.Fatalf("%v, %q", err, b.String())
	}
	if log := s.log(); len(log) != 5 || !strings.HasPrefix(log[0], "GET /TAP/sync") || !strings.HasPrefix(log[1], "POST /TAP/async") {
		t.Errorf("asked %q", log)
	}
}

func TestALateMirrorWithoutJobsIsLate(t *testing.T) {
	s := serve(t, map[string]http.HandlerFunc{"/TAP/sync": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }})
	src := source(t, s, nea.Options{Endpoint: archive.Endpoint{Timeout: 300 * time.Millisecond, Retries: 3}})
	_, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, io.Discard)
	if exo.KindOf(err) != exo.Unavailable || len(s.log()) != 2 {
		t.Errorf("%v, asked %q", err, s.log())
	}
}

func TestJobsThatFailAreTyped(t *testing.T) {
	cases := map[string]struct {
		routes map[string]http.HandlerFunc
		kind   exo.Kind
		want   string
	}{
		"in phase ERROR":                      {uws(nil, shared(t, "uws_error.xml"), "EXECUTING", "ERROR"), exo.Upstream, "ORA-00942: table or view does not exist"},
		"in phase ABORTED":                    {uws(nil, "", "ABORTED"), exo.Upstream, "ABORTED"},
		"in a phase of its own":               {uws(nil, "", "SLEEPING"), exo.Upstream, "SLEEPING"},
		"in a page":                           {uws(nil, "", "<html><title>Down</title>"), exo.Upstream, "Down"},
		"with an error document for a result": {uws(text(shared(t, "tap_error_votable.xml")), "", "COMPLETED"), exo.Upstream, "ORA-00904"},
		"without a result":                    {uws(http.NotFound, shared(t, "uws_executing.xml"), "COMPLETED"), exo.Upstream, "no such service"},
		"with a result at another host":       {uws(http.NotFound, shared(t, "uws_completed.xml"), "COMPLETED"), exo.Upstream, "no such service"},
		"without an end":                      {uws(nil, "", "EXECUTING"), exo.Unavailable, "does not end"},
		"without a job":                       {map[string]http.HandlerFunc{"/TAP/async": text(koiTable)}, exo.Upstream, "job"},
		"with a job at another host": {map[string]http.HandlerFunc{"/TAP/async": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://169.254.169.254/job")
			w.WriteHeader(http.StatusSeeOther)
		}}, exo.Upstream, "job"},
		"at once": {map[string]http.HandlerFunc{"/TAP/async": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, shared(t, "tap_error_votable.xml"))
		}}, exo.Upstream, "ORA-00904"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tc.routes)
			var b bytes.Buffer
			_, err := source(t, s, nea.Options{Async: true}).Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, &b)
			if err == nil || exo.KindOf(err) != tc.kind || !strings.Contains(exo.MessageOf(err), tc.want) || b.Len() != 0 {
				t.Errorf("%v (%q), %d bytes", err, exo.MessageOf(err), b.Len())
			}
		})
	}
}

func TestAJobThatNobodyWaitsForIsAborted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	routes := uws(nil, "", "EXECUTING")
	phase := routes[at+"/phase"]
	routes[at+"/phase"] = func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			cancel()
		}
		phase(w, r)
	}
	s := serve(t, routes)
	_, err := source(t, s, nea.Options{Async: true}).Fetch(ctx, archive.TableRequest{Type: catalog.KOI}, io.Discard)
	if exo.KindOf(err) != exo.Canceled {
		t.Errorf("error %v, want Canceled", err)
	}
	if log := s.log(); !slices.Contains(log, "POST "+at+"/phase ABORT") {
		t.Errorf("asked %q", log)
	}
}

func TestAJobHasItsTime(t *testing.T) {
	routes := uws(nil, "", "EXECUTING")
	s := serve(t, routes)
	src := source(t, s, nea.Options{Async: true, AsyncTimeout: 50 * time.Millisecond})
	_, err := src.Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, io.Discard)
	if !errors.Is(err, exo.Unavailable) {
		t.Errorf("error %v, want Unavailable", err)
	}
}

func TestAJobThatCouldNotBeStartedIsAborted(t *testing.T) {
	routes := uws(nil, "", "PENDING")
	routes[at+"/phase"] = func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusBadRequest) }
	s := serve(t, routes)
	_, err := source(t, s, nea.Options{Async: true}).Fetch(t.Context(), archive.TableRequest{Type: catalog.KOI}, io.Discard)
	if err == nil {
		t.Fatal("no error")
	}
	if log := s.log(); log[len(log)-1] != "POST "+at+"/phase ABORT" {
		t.Errorf("asked %q; the job stays behind", log)
	}
}

package nea

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
)

// The phases of a UWS job that end it (UWS 1.1 §2.1.3).
const (
	completed = "COMPLETED"
	failed    = "ERROR"
	aborted   = "ABORTED"
)

// Limits of a job's handling.
const (
	maxPolls   = 2000
	maxPause   = 10 * time.Second
	abortLimit = 10 * time.Second
)

// job is the document of a UWS job, as far as it is of use.
type job struct {
	Phase   string `xml:"phase"`
	Message string `xml:"errorSummary>message"`
	Results []struct {
		ID   string `xml:"id,attr"`
		Href string `xml:"href,attr"`
	} `xml:"results>result"`
}

// runJob asks a query by a UWS job (UWS 1.1 §2.2) and gives its result as a
// stream. A caller who gives up leaves no job running behind.
func (s *Source) runJob(ctx context.Context, adql string) (*archive.Response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.opt.AsyncTimeout, archive.ErrLate)
	resp, err := s.jobResult(ctx, adql)
	if err != nil {
		cancel()
		return nil, err
	}
	// The stream lives as long as its context; the timeout ends with the body.
	resp.OnClose(cancel)
	return resp, nil
}

func (s *Source) jobResult(ctx context.Context, adql string) (*archive.Response, error) {
	at, err := s.createJob(ctx, adql)
	if err != nil {
		if at != "" { // it is there, and may even run
			s.abortJob(ctx, at)
		}
		return nil, err
	}
	phase, err := s.awaitJob(ctx, at)
	switch {
	case err != nil:
		s.abortJob(ctx, at)
		return nil, err
	case phase != completed:
		return nil, s.jobFailure(ctx, at, phase)
	}
	ep := s.opt.Endpoint
	resp, err := s.opt.Client.Open(ctx, ep, archive.Request{URL: at + "/results/result"})
	if err == nil || !errors.Is(err, exo.NotFound) {
		return resp, err
	}
	doc, derr := s.jobDocument(ctx, at)
	if derr != nil {
		return nil, errors.Join(err, derr)
	}
	for _, r := range doc.Results {
		if u, uerr := resolve(at, r.Href); uerr == nil && s.opt.Client.MayLead(at, u) {
			return s.opt.Client.Open(ctx, ep, archive.Request{URL: u})
		}
	}
	return nil, err
}

// createJob makes a job, starts it, and gives its address, also with the error
// of a job that was made and could not be started.
func (s *Source) createJob(ctx context.Context, adql string) (string, error) {
	ep := s.opt.Endpoint
	start := ep.URL("/TAP/async", nil)
	resp, err := s.opt.Client.Open(ctx, ep, archive.Request{URL: start, Form: form(adql), NoFollow: true})
	if err != nil {
		return "", err
	}
	defer resp.Close()
	at, err := resolve(start, resp.Header.Get("Location"))
	if resp.Status/100 != 3 || err != nil || at == start || !s.opt.Client.MayLead(start, at) {
		return "", exo.E("nea.Job", exo.Upstream, resp.URL.Host, err).Say("%s did not say where the query's job is", resp.URL.Host).Try("try again later")
	}
	at = strings.TrimRight(at, "/")
	return at, s.post(ctx, at+"/phase", url.Values{"PHASE": {"RUN"}})
}

func (s *Source) post(ctx context.Context, at string, form url.Values) error {
	resp, err := s.opt.Client.Open(ctx, s.opt.Endpoint, archive.Request{URL: at, Form: form, NoFollow: true})
	if err != nil {
		return err
	}
	return resp.Close()
}

// awaitJob looks at the job until it has ended.
func (s *Source) awaitJob(ctx context.Context, at string) (phase string, err error) {
	pause := s.opt.PollInterval
	for range maxPolls {
		body, resp, err := s.opt.Client.Get(ctx, s.opt.Endpoint, archive.Request{URL: at + "/phase", MaxBytes: 64 << 10})
		if err != nil {
			return "", err
		}
		switch phase := strings.ToUpper(string(bytes.TrimSpace(body))); phase {
		case completed, failed, aborted:
			return phase, nil
		case "PENDING", "QUEUED", "EXECUTING", "HELD", "SUSPENDED", "UNKNOWN":
		default:
			if r := archive.Refusal(resp.URL.Host, body); r != nil {
				return "", r
			}
			return "", exo.Errorf("nea.Job", exo.Upstream, resp.URL.Host, "%s calls the phase of a job %q", resp.URL.Host, archive.Words(body)).Try("try again later")
		}
		if err := s.opt.Client.Sleep(ctx, pause); err != nil {
			return "", err
		}
		pause = min(2*pause, max(maxPause, s.opt.PollInterval))
	}
	return "", exo.Errorf("nea.Job", exo.Unavailable, at, "the query's job does not end").Try("try again later")
}

// abortJob stops a job that nobody waits for any longer. It is a courtesy: its
// failure changes nothing, for the archive drops the job after four days.
func (s *Source) abortJob(ctx context.Context, at string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortLimit)
	defer cancel()
	s.opt.Client.Courtesy(ctx, s.post(ctx, at+"/phase", url.Values{"PHASE": {"ABORT"}}))
}

// jobFailure makes the error of a job that ended without a result.
func (s *Source) jobFailure(ctx context.Context, at, phase string) error {
	why := "no reason given"
	doc, err := s.jobDocument(ctx, at)
	if err == nil && strings.TrimSpace(doc.Message) != "" {
		why = archive.Words([]byte(doc.Message))
	}
	return exo.E("nea.Job", exo.Upstream, at, errors.Join(&archive.ServiceError{Text: why}, err)).
		Say("the query's job at the NASA Exoplanet Archive ended as %s: %s", phase, why).
		Try("if the archive has changed its tables, a newer version of this program is needed")
}

func (s *Source) jobDocument(ctx context.Context, at string) (job, error) {
	body, resp, err := s.opt.Client.Get(ctx, s.opt.Endpoint, archive.Request{URL: at, MaxBytes: 1 << 20, Header: http.Header{"Accept": {"application/xml, text/xml"}}})
	if err != nil {
		return job{}, err
	}
	var doc job
	if err := xml.Unmarshal(body, &doc); err != nil {
		return job{}, exo.E("nea.Job", exo.Upstream, resp.URL.Host, err).Say("the job document of %s cannot be read", resp.URL.Host).Try("try again later")
	}
	return doc, nil
}

// resolve reads a reference relative to an address.
func resolve(base, ref string) (string, error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	u, err := b.Parse(ref)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

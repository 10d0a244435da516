package ingest

import (
	"context"
	"maps"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// Status tells what is held of each table and mission, and how old it is.
type Status struct {
	Tables       map[catalog.Type]TableStatus `json:"tables"`
	LightCurves  map[string]LightCurveStatus  `json:"lightcurves"` // by folder: tess, kepler, k2
	SuccessRates map[string]SuccessRate       `json:"success_rates"`
}

// TableStatus is the state of one table. Without a version held only Versions
// (0) and, after a failure, LastError say something.
type TableStatus struct {
	Records     int        `json:"records"`
	Columns     int        `json:"columns"`
	Versions    int        `json:"versions"` // files held
	RawPath     exo.Path   `json:"raw_path,omitempty"`
	RetrievedAt *time.Time `json:"retrieved_at"` // when the bytes came
	CheckedAt   *time.Time `json:"checked_at"`   // when the archive last confirmed them
	AgeS        *float64   `json:"age_s"`        // since CheckedAt
	Fresh       bool       `json:"fresh"`
	NextDue     *time.Time `json:"next_due"` // null: never ingested
	Held        int        `json:"held"`     // tables that wait for approval
	LastError   string     `json:"last_error,omitempty"`
	LastErrorAt *time.Time `json:"last_error_at,omitempty"`
}

// LightCurveStatus counts the light curves of one mission.
type LightCurveStatus struct {
	Files   int        `json:"files"`
	Targets int        `json:"targets"`
	Bytes   int64      `json:"bytes"`
	Newest  *time.Time `json:"newest"` // when the last file came
}

// SuccessRate is a Rate with its quotient, null before the first attempt.
type SuccessRate struct {
	Rate
	Value *float64 `json:"rate"`
}

// Status looks at the store; no archive is asked.
func (s *Service) Status(ctx context.Context) (Status, error) {
	st := Status{Tables: map[catalog.Type]TableStatus{}, LightCurves: map[string]LightCurveStatus{}, SuccessRates: map[string]SuccessRate{}}
	waiting, err := s.waiting(ctx)
	if err != nil {
		return Status{}, err
	}
	held := map[catalog.Type]int{}
	for _, m := range waiting {
		held[m.Table]++
	}
	for _, t := range catalog.Types {
		ts, err := s.tableStatus(ctx, t)
		if err != nil {
			return Status{}, err
		}
		ts.Held = held[t]
		st.Tables[t] = ts
	}
	for _, m := range []exo.Mission{exo.TESS, exo.Kepler, exo.K2} {
		if st.LightCurves[m.Folder()], err = s.missionStatus(ctx, m); err != nil {
			return Status{}, err
		}
	}
	s.mu.Lock()
	rates := maps.Clone(s.rates)
	s.mu.Unlock()
	for _, name := range []string{"koi", "toi", "k2", "gaia", "lightcurve"} {
		r := SuccessRate{Rate: rates[name]}
		if r.Tried > 0 {
			v := float64(r.Succeeded) / float64(r.Tried)
			r.Value = &v
		}
		st.SuccessRates[name] = r
	}
	return st, nil
}

func (s *Service) tableStatus(ctx context.Context, t catalog.Type) (TableStatus, error) {
	var ts TableStatus
	failed, ok, err := s.opt.Store.Check(ctx, failedKey(t))
	if err != nil {
		return ts, err
	}
	m, asked, err := s.current(ctx, t)
	if err != nil {
		return ts, err
	}
	if ok && (m == nil || failed.At.After(asked.At)) {
		ts.LastError, ts.LastErrorAt = failed.Note, &failed.At
	}
	if m == nil {
		return ts, nil
	}
	held, err := s.opt.Store.Count(ctx, store.Filter{Kind: store.Table, Table: t})
	if err != nil {
		return ts, err
	}
	due := asked.At.Add(s.opt.Freshness[string(t)])
	now := s.now()
	age := now.Sub(asked.At).Seconds()
	ts.Records, ts.Columns, ts.Versions, ts.RawPath = m.Rows, len(m.Columns), held.Files, m.Path
	ts.RetrievedAt, ts.CheckedAt, ts.AgeS = &m.RetrievedAt, &asked.At, &age
	ts.Fresh, ts.NextDue = s.good(asked.At, string(t)), &due
	return ts, nil
}

func (s *Service) missionStatus(ctx context.Context, m exo.Mission) (LightCurveStatus, error) {
	c, err := s.opt.Store.Count(ctx, store.Filter{Kind: store.LightCurve, Mission: m})
	ls := LightCurveStatus{Files: c.Files, Targets: c.Targets, Bytes: c.Bytes}
	if c.Files > 0 {
		ls.Newest = &c.Newest
	}
	return ls, err
}

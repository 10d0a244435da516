package process

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/store"
)

const op = "process.LightCurve"

// plan is a checked request: the files to work on, and the recipe for each.
type plan struct {
	target   Target
	profile  preprocess.Profile
	files    []store.Meta // by sector, then cadence
	known    []preprocess.Ephemeris
	recipes  map[exo.Scale]*preprocess.Recipe // nil: only raw series are asked for
	force    bool
	warnings []string
}

// plan checks a request and finds the files. Mistakes in the parameters are
// found before anything is read.
func (s *Service) plan(ctx context.Context, req Request, raw bool) (*plan, error) {
	if err := check(req); err != nil {
		return nil, err
	}
	params, err := s.params(req)
	if err != nil {
		return nil, err
	}
	p := &plan{profile: preprocess.Profile(cmp.Or(req.Profile, string(preprocess.ProfileDefault))), force: req.ForceRefresh, known: []preprocess.Ephemeris{}, warnings: []string{}}
	if req.SourcePath != "" {
		err = s.source(ctx, req, p)
	} else {
		err = s.filesOf(ctx, req, p)
	}
	if err != nil {
		return nil, err
	}
	if p.known, err = s.known(ctx, p.target, p.files[0].Scale); err != nil {
		return nil, err
	}
	if raw {
		return p, nil
	}
	p.recipes = map[exo.Scale]*preprocess.Recipe{}
	for _, m := range p.files {
		if p.recipes[m.Scale] != nil {
			continue
		}
		known := p.known
		if m.Scale != p.files[0].Scale {
			if known, err = s.known(ctx, p.target, m.Scale); err != nil {
				return nil, err
			}
		}
		if p.recipes[m.Scale], err = preprocess.NewRecipe(p.profile, params, known); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// check refuses requests that contradict themselves.
func check(req Request) error {
	switch {
	case req.TargetName == "" && req.SourcePath == "":
		return exo.Errorf(op, exo.Invalid, nil, "neither target_name nor source_path is given").Try("name a star, or a file of the data tree")
	case req.TargetName != "" && req.SourcePath != "":
		return exo.Errorf(op, exo.Invalid, nil, "target_name and source_path are both given").Try("give one of the two")
	case req.SourcePath != "" && (req.SectorQuarter != nil || req.Author != "" || req.CadenceS != 0):
		return exo.Errorf(op, exo.Invalid, nil, "sector_quarter, author and cadence_s choose among a star's files; source_path names one file").Try("leave them out")
	case req.CadenceS < 0:
		return exo.Errorf(op, exo.Invalid, nil, "cadence_s is %d; it must be a positive number of seconds", req.CadenceS)
	case req.SectorQuarter != nil && *req.SectorQuarter < 0:
		return exo.Errorf(op, exo.Invalid, nil, "sector_quarter is %d; it must not be negative", *req.SectorQuarter)
	}
	return nil
}

// params checks the user's parameters and adds the quality mask of the
// settings, where they say none.
func (s *Service) params(req Request) (json.RawMessage, error) {
	params := bytes.TrimSpace(req.ProcessingParams)
	if _, err := preprocess.NewRecipe(preprocess.Profile(req.Profile), params, nil); err != nil {
		return nil, err
	}
	if s.opt.Quality == "" {
		return params, nil
	}
	members := map[string]json.RawMessage{}
	if len(params) > 0 {
		if err := json.Unmarshal(params, &members); err != nil {
			return nil, exo.E(op, exo.Internal, nil, err) // NewRecipe has read it
		}
	}
	if _, said := members["quality_bitmask"]; said {
		return params, nil
	}
	if members == nil { // null
		members = map[string]json.RawMessage{}
	}
	word := json.RawMessage(s.opt.Quality) // a number as it is, a preset as a text
	if _, err := strconv.ParseInt(s.opt.Quality, 10, 32); err != nil {
		if word, err = json.Marshal(s.opt.Quality); err != nil {
			return nil, exo.E(op, exo.Internal, nil, err)
		}
	}
	members["quality_bitmask"] = word
	return json.Marshal(members)
}

// source takes the one file of the tree that the request names.
func (s *Service) source(ctx context.Context, req Request, p *plan) error {
	path, err := exo.ParsePath(string(req.SourcePath))
	if err != nil {
		return err
	}
	m, err := s.opt.Store.Get(ctx, path)
	if err != nil {
		return err
	}
	if m.Kind != store.LightCurve {
		e := exo.Errorf(op, exo.Invalid, path, "%s is no light curve of an archive, but of the kind %s", path, m.Kind)
		if m.Kind == store.Processed && len(m.From) > 0 {
			return e.Try("process its source, %s", m.From[0].Path)
		}
		return e.Try("give the path of a light curve, as the ingestion answers with it")
	}
	if req.Mission != "" {
		mission, err := exo.ParseMission(req.Mission)
		if err != nil {
			return err
		}
		if mission != m.Mission {
			return exo.Errorf(op, exo.Invalid, path, "%s is a light curve of %s, not of %s", path, m.Mission, mission).Try("leave the mission out")
		}
	}
	name := cmp.Or(m.Target.String(), path.Base())
	p.target = Target{Query: string(path), Mission: m.Mission, ID: m.Target, Name: name}
	p.files = []store.Meta{m}
	return nil
}

// filesOf takes the files of the star that the request names.
func (s *Service) filesOf(ctx context.Context, req Request, p *plan) (err error) {
	if p.target, err = s.resolve(ctx, req.TargetName, req.Mission); err != nil {
		return err
	}
	held, err := s.opt.Store.List(ctx, store.Filter{Kind: store.LightCurve, Target: p.target.ID, Mission: p.target.Mission})
	if err != nil {
		return err
	}
	var left []string
	if p.files, left = choose(held, req, p.target.Mission); len(p.files) == 0 {
		return nothingHeld(p.target, req, held)
	}
	if len(left) > 0 {
		p.warnings = append(p.warnings, fmt.Sprintf("light curves by %s are held too and were left out; ask for them with author", strings.Join(left, ", ")))
	}
	return nil
}

// own is the author whose light curves stand for a mission.
func own(m exo.Mission) string {
	return map[exo.Mission]string{exo.TESS: lightcurve.AuthorSPOC, exo.Kepler: lightcurve.AuthorKepler, exo.K2: lightcurve.AuthorK2}[m]
}

// choose takes the files that the request wants, the newest of each that the
// archive has changed, in order; left names the authors that were left out.
func choose(held []store.Meta, req Request, mission exo.Mission) (files []store.Meta, left []string) {
	newest := map[string]store.Meta{}
	for _, m := range held {
		name := lightcurve.ArchiveName(m.Path.Base())
		old, have := newest[name]
		if wants(m, name, req) && (!have || !m.RetrievedAt.Before(old.RetrievedAt)) {
			newest[name] = m
		}
	}
	hasOwn := false
	for _, m := range newest {
		hasOwn = hasOwn || m.Author == own(mission)
	}
	for _, m := range newest {
		if req.Author == "" && hasOwn && m.Author != own(mission) {
			if !slices.Contains(left, m.Author) {
				left = append(left, m.Author)
			}
			continue
		}
		files = append(files, m)
	}
	slices.Sort(left)
	slices.SortFunc(files, func(a, b store.Meta) int {
		return cmp.Or(cmp.Compare(sliceOf(a), sliceOf(b)), cmp.Compare(a.CadenceS, b.CadenceS), cmp.Compare(a.Path, b.Path))
	})
	return files, left
}

// wants tells whether a file suits the request, its author aside if none is
// asked for.
func wants(m store.Meta, name string, req Request) bool {
	if req.SectorQuarter != nil && sliceOf(m) != *req.SectorQuarter {
		return false
	}
	if req.Author != "" && !strings.EqualFold(m.Author, req.Author) {
		return false
	}
	if req.CadenceS == 0 {
		return true
	}
	nominal, _ := lightcurve.ParseFileName(name)
	return nominal.CadenceS == req.CadenceS || math.Abs(m.CadenceS-float64(req.CadenceS)) < 1
}

// sliceOf returns a file's sector, quarter or campaign; -1 unknown.
func sliceOf(m store.Meta) int {
	if m.SectorQuarter == nil {
		return -1
	}
	return *m.SectorQuarter
}

// nothingHeld is the error when no file suits.
func nothingHeld(t Target, req Request, held []store.Meta) error {
	if len(held) == 0 {
		return exo.Errorf(op, exo.NotFound, t.ID, "no light curve of %s by %s is held", t.ID, t.Mission).
			Try(`run: exoplanetai ingest lightcurve "%s" --mission %s (or POST /api/v1/data/ingest/lightcurve)`, t.ID, t.Mission)
	}
	const most = 20
	var have []string
	for _, m := range held {
		text := fmt.Sprintf("%s %s, %.0f s", sliceLabel(m), m.Author, m.CadenceS)
		if !slices.Contains(have, text) && len(have) < most {
			have = append(have, text)
		}
	}
	return exo.Errorf(op, exo.NotFound, t.ID, "no light curve of %s that is held suits the request", t.ID).
		Try("held are: %s; fetch others with exoplanetai ingest lightcurve or POST /api/v1/data/ingest/lightcurve", strings.Join(have, "; "))
}

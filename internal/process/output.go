package process

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/processed"
	"exoplanetai/internal/store"
)

// output gives the result of one file: the one that is held, or one made now.
func (s *Service) output(ctx context.Context, d *desk, p *plan, src store.Meta) (out Output, warnings []string, err error) {
	recipe := p.recipes[src.Scale]
	name, err := baseName(src, recipe)
	if err != nil {
		return Output{}, nil, err
	}
	release, err := s.turns.take(ctx, name)
	if err != nil {
		return Output{}, nil, err
	}
	defer release()
	held, err := s.held(ctx, src, recipe)
	if err != nil {
		return Output{}, nil, err
	}
	var former *result
	if held != nil {
		former, err = s.read(ctx, *held)
		switch {
		case errors.Is(err, exo.Corrupt):
			s.log.WarnContext(ctx, "a processed light curve is damaged", "path", held.Path, "error", err)
			warnings = append(warnings, fmt.Sprintf("%s is damaged (%s); it was made again", held.Path, exo.MessageOf(err)))
		case err != nil:
			return Output{}, nil, err
		case !p.force && sameTransits(former.account.Known, recipe.Known):
			return outputOf(*held, src, former.account.Report, true), nil, nil
		}
	}
	out, err = s.compute(ctx, d, src, recipe, name, held, former)
	switch {
	case err == nil:
		s.succeeded.Add(1)
	case ctx.Err() == nil:
		s.failed.Add(1)
		s.log.WarnContext(ctx, "a light curve was not processed", "path", src.Path, "error", err)
	}
	return out, warnings, err
}

// compute makes the result of a file. If a former one has equal data and the
// same warnings, it stays; held is its record, former its content, nil if it
// cannot be read.
func (s *Service) compute(ctx context.Context, d *desk, src store.Meta, r *preprocess.Recipe, name string, held *store.Meta, former *result) (Output, error) {
	data, err := s.bytes(ctx, src.Path)
	if err != nil {
		return Output{}, err
	}
	at := s.opt.Clock().UTC()
	if held != nil && !at.After(held.RetrievedAt) { // the clock went back; the newest is what was made last
		at = held.RetrievedAt.Add(time.Second)
	}
	m, err := d.make(ctx, input{src.Path.Base(), src.SHA256, data}, r, s.opt.Program, at)
	if err != nil {
		return Output{}, err
	}
	if former != nil {
		sum, err := processed.Datasum(m.fits)
		if err != nil {
			return Output{}, err
		}
		if sum == former.datasum && slices.Equal(m.report.Warnings, former.account.Warnings) {
			return outputOf(*held, src, m.report, false), nil
		}
	}
	meta := describe(src, m, at)
	metas, err := s.publish(ctx, m, meta, account{Report: m.report, Source: store.Ref{Path: src.Path, SHA256: src.SHA256}, Known: r.Known}, name, held != nil)
	if err != nil {
		return Output{}, err
	}
	return outputOf(metas[0], src, m.report, false), nil
}

// account is the report as it is kept: what the answer says, and of what.
type account struct {
	preprocess.Report
	Output exo.Path               `json:"output"`            // the processed light curve
	Source store.Ref              `json:"source"`            // what it was made from
	Known  []preprocess.Ephemeris `json:"known_ephemerides"` // of the star at that time, used or not
}

// result is a kept result, read back and found whole.
type result struct {
	account account
	datasum string
	file    *processed.File
}

// maxReport bounds a report; with fifty ephemerides it has some 20 kB.
const maxReport = 4 << 20

// reportPath is the place of the account of a processed light curve.
func reportPath(p exo.Path) exo.Path {
	return exo.Path(strings.TrimSuffix(string(p), ".fits") + ".json")
}

// read reads a kept result with its account. exo.Corrupt if either is damaged
// or gone, or is not what this program keeps under such a name.
func (s *Service) read(ctx context.Context, m store.Meta) (*result, error) {
	data, err := s.bytes(ctx, m.Path)
	if err != nil {
		return nil, err
	}
	var r result
	if err := r.decode(data); err != nil {
		return nil, exo.E("process.read", exo.Corrupt, m.Path, err).Say("%s", exo.MessageOf(err))
	}
	text, err := s.bytes(ctx, reportPath(m.Path))
	if errors.Is(err, exo.NotFound) {
		return nil, exo.E("process.read", exo.Corrupt, m.Path, err).Say("its report is missing")
	}
	if err != nil {
		return nil, err
	}
	if len(text) > maxReport {
		return nil, exo.Errorf("process.read", exo.Corrupt, m.Path, "its report is larger than %d bytes", maxReport)
	}
	if err := json.Unmarshal(text, &r.account); err != nil {
		return nil, exo.E("process.read", exo.Corrupt, m.Path, err).Say("its report cannot be read")
	}
	return &r, nil
}

// decode reads the processed light curve of a result.
func (r *result) decode(data []byte) error {
	f, err := fits.Parse(data)
	if err != nil {
		return err
	}
	if r.datasum, err = processed.Datasum(f); err != nil {
		return err
	}
	r.file, err = processed.Decode(f)
	return err
}

// bytes reads a whole stored file.
func (s *Service) bytes(ctx context.Context, p exo.Path) ([]byte, error) {
	f, err := s.opt.Store.Read(ctx, p)
	if err != nil {
		return nil, err
	}
	data, err := f.Bytes()
	return data, errors.Join(err, f.Close())
}

// held returns the record of the newest result of a source and recipe by this
// version of the definitions; nil if there is none.
func (s *Service) held(ctx context.Context, src store.Meta, r *preprocess.Recipe) (*store.Meta, error) {
	filter := store.Filter{Kind: store.Processed, Target: src.Target, Mission: src.Mission, SectorQuarter: src.SectorQuarter}
	list, err := s.opt.Store.List(ctx, filter)
	if err != nil {
		return nil, err
	}
	var newest *store.Meta
	for i, m := range list { // by path: of two of the same time the stamped one counts
		if m.Recipe == r.Digest() && m.Profile == string(r.Profile) && m.Algorithm == preprocess.Algorithm && isFrom(m, src) &&
			(newest == nil || !m.RetrievedAt.Before(newest.RetrievedAt)) {
			newest = &list[i]
		}
	}
	return newest, nil
}

func isFrom(m, src store.Meta) bool {
	return slices.ContainsFunc(m.From, func(r store.Ref) bool { return r.SHA256 == src.SHA256 })
}

// sameTransits tells whether two lists of ephemerides say the same, whatever
// table they stand in. What a run warns of depends on them, used or not.
func sameTransits(a, b []preprocess.Ephemeris) bool {
	return slices.EqualFunc(a, b, func(a, b preprocess.Ephemeris) bool {
		a.Source, b.Source = "", ""
		return a == b
	})
}

// baseName is the place of a result, without its ending.
func baseName(src store.Meta, r *preprocess.Recipe) (string, error) {
	stem := strings.TrimSuffix(src.Path.Base(), ".fits")
	p, err := exo.ParsePath("processed/lightcurves/" + src.Mission.Folder() + "/" + stem + "_" + r.Short())
	return string(p), err
}

// describe makes the provenance record of a result, apart from its place.
func describe(src store.Meta, m *made, at time.Time) store.Meta {
	return store.Meta{
		Kind: store.Processed, RetrievedAt: at, Origin: exo.Origin{Archive: "local"}, Rows: m.file.Curve.Len(),
		From:   []store.Ref{{Path: src.Path, SHA256: src.SHA256}},
		Target: src.Target, Mission: src.Mission, Author: src.Author, SectorQuarter: src.SectorQuarter, CadenceS: src.CadenceS,
		TimeStart: src.TimeStart, TimeEnd: src.TimeEnd, Scale: src.Scale, Release: src.Release,
		Recipe: m.file.Recipe.Digest(), Profile: string(m.file.Profile), Algorithm: m.file.Algorithm,
	}
}

// publish keeps a result and its account in one act. A name that is taken gets
// the time into it; taken says that the plain one is.
func (s *Service) publish(ctx context.Context, m *made, meta store.Meta, acc account, name string, taken bool) ([]store.Meta, error) {
	const most = 100 // seconds
	data, err := m.fits.Bytes()
	if err != nil {
		return nil, err
	}
	for n := range most {
		place := name
		if taken || n > 0 {
			place += "_" + exo.Stamp(meta.RetrievedAt.Add(time.Duration(max(n-1, 0))*time.Second))
		}
		meta.Path = exo.Path(place + ".fits")
		metas, err := s.publishAt(ctx, data, meta, acc)
		if !errors.Is(err, exo.Exists) {
			return metas, err
		}
	}
	return nil, exo.Errorf("process.publish", exo.Exists, meta.Path, "every name from %s on is taken", meta.Path)
}

// publishAt publishes the two files under the names that follow from meta.Path.
func (s *Service) publishAt(ctx context.Context, data []byte, meta store.Meta, acc account) (_ []store.Meta, err error) {
	acc.Output = meta.Path
	text, err := encodeAccount(acc)
	if err != nil {
		return nil, err
	}
	about := meta
	about.Kind, about.Path, about.Rows = store.Report, reportPath(meta.Path), 0
	about.From = append([]store.Ref{{Path: meta.Path, SHA256: exo.DigestOf(data)}}, meta.From...)
	items := []store.Item{{Meta: meta}, {Meta: about}}
	for i, content := range [][]byte{data, text} {
		st, err := s.opt.Store.Stage(ctx)
		if err != nil {
			return nil, err
		}
		defer func() {
			if derr := st.Discard(); derr != nil {
				s.log.WarnContext(ctx, "a staged file is left behind", "path", items[i].Meta.Path, "error", derr)
			}
		}()
		if _, err := st.Write(content); err != nil {
			return nil, err
		}
		items[i].Staged = st
	}
	return s.opt.Store.Publish(ctx, items...)
}

// encodeAccount gives an account's bytes: JSON with two blanks of indent and a
// final newline.
func encodeAccount(a account) ([]byte, error) {
	if a.Known == nil {
		a.Known = []preprocess.Ephemeris{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(a); err != nil {
		return nil, exo.E("process.publish", exo.Internal, a.Output, err)
	}
	return b.Bytes(), nil
}

// outputOf describes a result that is kept.
func outputOf(m, src store.Meta, report preprocess.Report, cached bool) Output {
	return Output{
		Path: m.Path, ReportPath: reportPath(m.Path), SourcePath: src.Path, SourceChecksum: src.SHA256,
		SectorQuarter: sliceOf(src), CadenceS: src.CadenceS, Checksum: m.SHA256, Recipe: m.Recipe, Cached: cached, Report: report,
	}
}

package ingest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/store"
)

// fetchedCurve is what became of one file.
type fetchedCurve struct {
	meta     store.Meta
	source   Source
	warnings []string
	err      error // then meta is the file held, if there is one
}

// fetchCurve brings one file into the store, unless it is held already. A file that
// is not what the archive's list promised is fetched once more.
func (s *Service) fetchCurve(ctx context.Context, p archive.Product, held *store.Meta, force bool, with *answers) fetchedCurve {
	if held != nil && !force {
		same, err := s.unchanged(ctx, p, held)
		switch {
		case err != nil:
			return fetchedCurve{meta: *held, source: Stale, err: err}
		case same:
			return fetchedCurve{meta: *held, source: Unchanged}
		}
	}
	var f fetchedCurve
	for try := range 2 {
		f = s.fetchCurveOnce(ctx, p, held, with)
		if f.err == nil || ctx.Err() != nil || !badContent(f.err) {
			break
		}
		if try == 0 {
			s.log.WarnContext(ctx, "light curve came damaged and is fetched again", "file", p.FileName, "err", f.err)
		}
	}
	if f.err != nil && held != nil {
		f.meta, f.source = *held, Stale
	}
	return f
}

// unchanged tells whether the file held is still the archive's. The list tells
// its length; a reprocessed file may have the same, which the validators of the
// download tell where the archive gives them.
func (s *Service) unchanged(ctx context.Context, p archive.Product, held *store.Meta) (bool, error) {
	if p.SizeBytes > 0 && p.SizeBytes != held.SizeBytes {
		return false, nil
	}
	c, can := s.opt.LightCurves.(archive.Confirmer)
	if !can {
		return true, nil
	}
	release, err := s.acquire(ctx, loadsOf)
	if err != nil {
		return false, err
	}
	defer release()
	same, told, err := c.Same(ctx, p, held.Origin)
	if err != nil {
		return false, exchange(err)
	}
	return same || !told, nil
}

// badContent reports whether an error is about what came, not about the way.
func badContent(err error) bool { return errors.As(err, new(*contentError)) }

// contentError marks an error about a file's content.
type contentError struct{ error }

func (e *contentError) Unwrap() error { return e.error }

// fetchCurveOnce downloads, checks and publishes a file.
func (s *Service) fetchCurveOnce(ctx context.Context, p archive.Product, held *store.Meta, with *answers) (f fetchedCurve) {
	staged, err := s.opt.Store.Stage(ctx)
	if err != nil {
		return fetchedCurve{err: err}
	}
	defer func() {
		if derr := staged.Discard(); derr != nil {
			s.log.WarnContext(ctx, "a staged file is left behind", "file", p.FileName, "err", derr)
		}
	}()
	origin, err := s.download(ctx, p, staged)
	if err != nil {
		return fetchedCurve{err: err}
	}
	if p.SizeBytes > 0 && staged.Size() != p.SizeBytes {
		return fetchedCurve{err: contentFault(p, "it has %d bytes, the archive lists %d", staged.Size(), p.SizeBytes)}
	}
	if held != nil && held.SHA256 == staged.Digest() {
		return fetchedCurve{meta: *held, source: Unchanged}
	}
	meta, warnings, err := s.inspect(staged, p)
	if err != nil {
		return fetchedCurve{err: err}
	}
	meta.Origin, meta.RetrievedAt = origin, s.now()
	if held != nil && meta.RetrievedAt.Before(held.RetrievedAt) { // the clock went back; the newest is what came last
		meta.RetrievedAt = held.RetrievedAt.Add(time.Second)
	}
	if meta, err = s.publishCurve(ctx, staged, meta, p.FileName, held, with); err != nil {
		return fetchedCurve{err: err}
	}
	return fetchedCurve{meta: meta, source: FromArchive, warnings: warnings}
}

// download fetches the bytes, when the line is free.
func (s *Service) download(ctx context.Context, p archive.Product, staged *store.Staged) (exo.Origin, error) {
	release, err := s.acquire(ctx, loadsOf)
	if err != nil {
		return exo.Origin{}, err
	}
	defer release()
	origin, err := s.opt.LightCurves.Download(ctx, p, staged)
	if err != nil {
		return exo.Origin{}, exchange(err)
	}
	return origin, nil
}

// publishCurve gives the file its place: the archive's own name, or beside a file of
// that name that holds other bytes one with the time in its name. The first
// file of a search takes the archive's answers along.
func (s *Service) publishCurve(ctx context.Context, staged *store.Staged, m store.Meta, name string, held *store.Meta, with *answers) (store.Meta, error) {
	plain := m.Path
	for n := 0; n < 10; {
		if n > 0 || held != nil {
			// Two changes within a second take the next seconds' names.
			stamp := exo.Stamp(m.RetrievedAt.Add(time.Duration(max(n-1, 0)) * time.Second))
			path, err := exo.ParsePath(plain.Dir() + "/" + strings.TrimSuffix(name, ".fits") + "_" + stamp + ".fits")
			if err != nil {
				return store.Meta{}, err
			}
			m.Path = path
		}
		along := with.take(ctx)
		metas, err := s.opt.Store.Publish(ctx, append([]store.Item{{Staged: staged, Meta: m}}, along...)...)
		if err == nil {
			return metas[0], nil
		}
		with.giveBack(along)
		switch {
		case !errors.Is(err, exo.Exists):
			return store.Meta{}, err
		case len(along) > 0: // it may be the answers' name that is taken
			with.stayBehind()
		default:
			n++
		}
	}
	return store.Meta{}, exo.Errorf("ingest.publish", exo.Conflict, plain, "%s changes too often", name)
}

// inspect checks a downloaded file against what was promised and describes it.
// The file is looked at where it lies; it is not read into memory.
func (s *Service) inspect(staged *store.Staged, p archive.Product) (m store.Meta, warnings []string, err error) {
	examiner := <-s.curves.checks // a check takes a moment and never waits for others
	defer func() { s.curves.checks <- examiner }()
	data, unmap, err := staged.Map()
	if err != nil {
		return store.Meta{}, nil, err
	}
	defer func() {
		if uerr := unmap(); err == nil {
			err = uerr
		}
	}()
	file, err := fits.Parse(data)
	if err == nil {
		err = file.Verify()
	}
	if err != nil {
		return store.Meta{}, nil, contentFault(p, "%s", exo.MessageOf(err))
	}
	info, findings, err := examiner.Examine(file, p.Product)
	if err != nil {
		return store.Meta{}, nil, contentFault(p, "%s", exo.MessageOf(err))
	}
	for _, finding := range findings {
		if finding.Fatal {
			return store.Meta{}, nil, contentFault(p, "%s", finding.Message)
		}
		warnings = append(warnings, fmt.Sprintf("%s: %s", p.FileName, finding.Message))
	}
	m, err = describeCurve(info, p, len(warnings))
	return m, warnings, err
}

// contentFault says that a file is not what it should be.
func contentFault(p archive.Product, format string, args ...any) error {
	return &contentError{exo.Errorf("ingest.inspect", exo.Upstream, p.FileName, "the archive's file %s cannot be used: %s", p.FileName, fmt.Sprintf(format, args...)).
		Try("try again later; the archive may be replacing the file")}
}

// describeCurve makes the provenance record, apart from where and when.
func describeCurve(info lightcurve.Info, p archive.Product, warnings int) (store.Meta, error) {
	path, err := lightcurve.StorePath(p.Product, p.FileName)
	if err != nil {
		return store.Meta{}, err
	}
	m := store.Meta{
		Path: path, Kind: store.LightCurve, Rows: info.Rows, Target: p.ID, Mission: p.Mission, Author: p.Author,
		CadenceS: round(info.CadenceS), TimeStart: finite(info.First), TimeEnd: finite(info.Last), Scale: info.Scale, Release: info.Release,
		Validation: &catalog.Summary{Valid: true, Warnings: warnings, Metrics: catalog.Metrics{Completeness: catalog.Overall(share(info.FiniteTimes, info.Rows))}},
	}
	slice := p.SectorQuarter
	if slice < 0 {
		slice = info.SectorQuarter
	}
	if slice >= 0 {
		m.SectorQuarter = &slice
	}
	if m.CadenceS == 0 {
		m.CadenceS = float64(p.CadenceS)
	}
	return m, nil
}

// round drops digits of a cadence that are noise of the header's own rounding.
func round(seconds float64) float64 { return math.Round(finite(seconds)*1000) / 1000 }

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

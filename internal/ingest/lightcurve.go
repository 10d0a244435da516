package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/store"
	"exoplanetai/internal/trace"
)

// curveState is what the calls for light curves share.
type curveState struct {
	runs sharedRuns[LightCurveResult] // by what is asked
	one  sharedRuns[fetchedCurve]     // by file

	once   sync.Once
	loads  chan struct{}             // one for each download on its way: Workers
	checks chan *lightcurve.Examiner // those at rest; Workers in all, which keep their memory
	files  chan struct{}             // one for each file that is fetched, checked or published
}

// inWork is how many files are worked on for each that is downloaded, so that
// the line is busy while others are checked and wait for the disk.
const inWork = 2

// acquire takes a place in one of the service's queues of files; release gives
// it back.
func (s *Service) acquire(ctx context.Context, pick func(*curveState) chan struct{}) (release func(), err error) {
	s.curves.once.Do(func() {
		s.curves.loads = make(chan struct{}, s.opt.Workers)
		s.curves.files = make(chan struct{}, inWork*s.opt.Workers)
		s.curves.checks = make(chan *lightcurve.Examiner, s.opt.Workers)
		for range s.opt.Workers {
			s.curves.checks <- &lightcurve.Examiner{}
		}
	})
	c := pick(&s.curves)
	select {
	case c <- struct{}{}:
		return func() { <-c }, nil
	case <-ctx.Done():
		return nil, exo.E("ingest", exo.KindOf(ctx.Err()), nil, ctx.Err())
	}
}

func loadsOf(c *curveState) chan struct{} { return c.loads }
func filesOf(c *curveState) chan struct{} { return c.files }

// LightCurve brings the light curves of one star up to date and tells what is
// held. Calls for the same star at the same time share one run.
//
// A file that cannot be had does not stop the others: the status is then
// "partial" and a warning says why. If none can be had the error is that of the
// first file.
//
// Errors: exo.Invalid for a wrong name, mission, author or cadence, and for a
// name that several stars answer to, with `candidates`; exo.NotFound for an
// unknown star, or one without such light curves; exo.Upstream for files that
// cannot be used; exo.Unavailable if the archive does not answer and nothing is
// held, or a refresh was forced. With something held the error carries
// `last_good`.
func (s *Service) LightCurve(ctx context.Context, req LightCurveRequest, report Report) (LightCurveResult, error) {
	const op = "ingest.LightCurve"
	if s.opt.LightCurves == nil {
		return LightCurveResult{}, exo.Errorf(op, exo.Unavailable, nil, "no archive of light curves is set up").
			Try("set data_sources.mast.base_url in the configuration")
	}
	target, err := s.resolver(req.ForceRefresh).resolve(ctx, req.TargetName, req.Mission)
	if err != nil {
		return LightCurveResult{}, err
	}
	query, err := archive.LightCurveQuery{
		Target: target.ID, Mission: target.Mission, SectorQuarter: req.SectorQuarter, Author: req.Author, CadenceS: max(req.CadenceS, 0),
	}.Checked()
	if err != nil {
		return LightCurveResult{}, err
	}
	r := &curveRun{Service: s, target: target, query: query, force: req.ForceRefresh, report: report}
	res, err := s.curves.runs.do(ctx, fmt.Sprint(r.key(query.SectorQuarter), "/", req.ForceRefresh), r.run)
	if err != nil {
		return LightCurveResult{}, err
	}
	// The run may have been another caller's, who spelled the name otherwise.
	res.Target, res.Files, res.Warnings = target, slices.Clone(res.Files), slices.Clone(res.Warnings)
	return res, nil
}

// Resolve finds the one star that a name means: the number that it is, the
// tables that are held, then the archives' resolvers. The mission may be empty.
// Its errors are those of LightCurve.
func (s *Service) Resolve(ctx context.Context, query, mission string) (Target, error) {
	return s.resolver(false).resolve(ctx, query, mission)
}

func (s *Service) resolver(refresh bool) resolver {
	return resolver{stars: s.opt.Held.Find, asked: s.opt.Resolvers, cache: s.opt.Cache, refresh: refresh}
}

// curveRun is one request for light curves on its way.
type curveRun struct {
	*Service
	target Target
	query  archive.LightCurveQuery
	force  bool
	report Report

	held     map[string]store.Meta // newest file of each archive name, that the query wants
	asked    store.Check           // when the archive was last asked this, or more
	told     string                // warnings of that time, a line each, if it was asked just this
	left     []string              // what the choice left out, in words
	gone     []string              // names of files held that the archive no longer lists
	warnings []string
}

// key names what is asked, for the notes about checks. Without a sector it is
// the key of all of them.
func (r *curveRun) key(slice *int) string {
	part := "all"
	if slice != nil {
		part = fmt.Sprint(*slice)
	}
	q := r.query
	return fmt.Sprintf("lightcurve/%s/%s/%s/%d/%s", q.Target, q.Mission, q.Author, q.CadenceS, part)
}

func (r *curveRun) run(ctx context.Context) (res LightCurveResult, err error) {
	ctx, span := trace.Start(ctx, "ingest.lightcurve")
	span.Text("target", string(r.query.Target.String()))
	told := r.watch("lightcurve")
	defer func() {
		told(res.Source, func() int64 { return newBytes(res.Files) }, err)
		span.End(err)
	}()
	return r.bring(ctx)
}

// newBytes sums what came from the archive.
func newBytes(files []LightCurveFile) (n int64) {
	for _, f := range files {
		if f.Source == FromArchive {
			n += f.SizeBytes
		}
	}
	return n
}

func (r *curveRun) bring(ctx context.Context) (LightCurveResult, error) {
	if err := r.look(ctx); err != nil {
		return LightCurveResult{}, err
	}
	if len(r.held) > 0 && !r.force && r.asked.Outcome != "" && r.good(r.asked.At, "lightcurve") {
		return r.answer(r.heldFiles(FromCache)), nil
	}
	res, err := r.ask(ctx)
	r.count("lightcurve", err)
	if err == nil {
		return res, nil
	}
	return r.failed(ctx, err)
}

// look finds what is held and when the archive was last asked.
func (r *curveRun) look(ctx context.Context) error {
	metas, err := r.opt.Store.List(ctx, store.Filter{Kind: store.LightCurve, Target: r.query.Target, Mission: r.query.Mission})
	if err != nil {
		return err
	}
	r.held = map[string]store.Meta{}
	for name, m := range newest(metas) {
		if r.query.Wants(asProduct(m).Product) {
			r.held[name] = m
		}
	}
	keys := []string{r.key(nil)}
	if r.query.SectorQuarter != nil {
		keys = append(keys, r.key(r.query.SectorQuarter))
	}
	for _, key := range keys {
		c, ok, err := r.opt.Store.Check(ctx, key)
		if err != nil {
			return err
		}
		if ok && c.At.After(r.asked.At) {
			r.asked, r.told = c, ""
			if key == r.key(r.query.SectorQuarter) {
				r.told = c.Note
			}
		}
	}
	return nil
}

func (r *curveRun) freshUntil() time.Time {
	return r.asked.At.Add(r.opt.Freshness["lightcurve"])
}

// ask asks the archive what there is and fetches what is not held.
func (r *curveRun) ask(ctx context.Context) (LightCurveResult, error) {
	found, err := r.opt.LightCurves.Find(ctx, r.query)
	if err != nil {
		return LightCurveResult{}, exchange(err)
	}
	chosen := choose(r.query, append(found.Products, r.unlisted(found.Products)...))
	if len(chosen.products) == 0 {
		return LightCurveResult{}, r.nothing(found.Products)
	}
	for _, name := range r.gone {
		if slices.ContainsFunc(chosen.products, func(p archive.Product) bool { return p.FileName == name }) {
			chosen.warnings = append(chosen.warnings, fmt.Sprintf("%s is held, but the archive no longer lists it", name))
		}
	}
	r.left, r.warnings = chosen.warnings, chosen.warnings
	answers, err := r.newAnswers(ctx, r.target, found.Answers)
	if err != nil {
		return LightCurveResult{}, err
	}
	files, err := r.fetchAll(ctx, chosen.products, answers)
	if err != nil {
		return LightCurveResult{}, err
	}
	if err := answers.publish(ctx); err != nil {
		return LightCurveResult{}, err
	}
	return r.settle(ctx, files)
}

// fetchAll fetches the files side by side. The outcomes are in the order of
// the products. Only a cancelled context or a full disk is an error.
func (r *curveRun) fetchAll(ctx context.Context, products []archive.Product, answers *answers) ([]fetchedCurve, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	files := make([]fetchedCurve, len(products))
	progress := counter{report: r.report, total: int64(len(products)), unit: "files"}
	var wg sync.WaitGroup
	for i, p := range products {
		release, err := r.acquire(ctx, filesOf)
		if err != nil {
			break // the context has ended, see below
		}
		wg.Go(func() {
			defer release()
			files[i] = r.fetchShared(ctx, p, answers)
			if errors.Is(files[i].err, exo.Full) {
				stop(files[i].err)
			}
			progress.step(p.FileName)
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		cause := context.Cause(ctx)
		return nil, exo.E("ingest.LightCurve", exo.KindOf(cause), r.target.ID, cause)
	}
	return files, nil
}

// fetchShared fetches a file, unless another request is fetching it just now.
func (r *curveRun) fetchShared(ctx context.Context, p archive.Product, answers *answers) fetchedCurve {
	var held *store.Meta
	if m, ok := r.held[p.FileName]; ok {
		held = &m
	}
	force := r.force && !slices.Contains(r.gone, p.FileName)
	f, err := r.curves.one.do(ctx, fmt.Sprint(p.FileName, "/", force), func(ctx context.Context) (fetchedCurve, error) {
		return r.fetchCurve(ctx, p, held, force, answers), nil
	})
	if err != nil { // only if the context has ended
		return fetchedCurve{err: err}
	}
	return f
}

// unlisted returns the files held that the archive no longer lists, as if it
// did: they stay part of the answer, with a warning.
func (r *curveRun) unlisted(listed []archive.Product) (list []archive.Product) {
	for name, m := range r.held {
		if !slices.ContainsFunc(listed, func(p archive.Product) bool { return p.FileName == name }) {
			list = append(list, asProduct(m))
			r.gone = append(r.gone, name)
		}
	}
	slices.Sort(r.gone)
	return list
}

// nothing is the error when the archive has nothing that suits.
func (r *curveRun) nothing(all []archive.Product) error {
	err := exo.Errorf("ingest.LightCurve", exo.NotFound, nil, "there is no light curve of %s by %s that suits the request", r.target.ID, r.query.Author)
	var have []string
	for _, p := range all {
		text := fmt.Sprintf("%s %s %d, %d s", p.Author, archive.SliceWord(p.Mission), p.SectorQuarter, p.CadenceS)
		if !slices.Contains(have, text) && len(have) < 20 {
			have = append(have, text)
		}
	}
	if len(have) == 0 {
		return err.Try("check the star's number and the mission; another author may have one")
	}
	return err.Try("the archive has: %s", strings.Join(have, "; "))
}

// settle judges the outcomes of all files, notes them and makes the answer.
func (r *curveRun) settle(ctx context.Context, files []fetchedCurve) (LightCurveResult, error) {
	var first error
	failed, outcome := 0, "unchanged"
	for _, f := range files {
		if f.err != nil {
			failed++
			if first == nil {
				first = f.err
			}
			r.warnings = append(r.warnings, "a file was not fetched: "+exo.MessageOf(f.err))
			continue
		}
		if f.source == FromArchive {
			outcome = "new"
		}
		r.warnings = append(r.warnings, f.warnings...)
	}
	if failed == len(files) {
		return LightCurveResult{}, first
	}
	if failed == 0 {
		r.asked = store.Check{At: r.now(), Outcome: outcome, Note: clip(strings.Join(r.left, "\n"), 1000)}
		if err := r.opt.Store.SetCheck(ctx, r.key(r.query.SectorQuarter), r.asked); err != nil {
			return LightCurveResult{}, err
		}
	}
	res := r.answer(slices.DeleteFunc(files, func(f fetchedCurve) bool { return f.meta.Path == "" }))
	if failed > 0 {
		res.Status = "partial"
	}
	return res, nil
}

// heldFiles are the files held that the query takes, as if just fetched.
func (r *curveRun) heldFiles(from Source) []fetchedCurve {
	products := make([]archive.Product, 0, len(r.held))
	for _, m := range r.held {
		products = append(products, asProduct(m))
	}
	chosen := choose(r.query, products)
	r.warnings = slices.Clone(chosen.warnings)
	for line := range strings.Lines(r.told) {
		if line = strings.TrimSpace(line); !slices.Contains(r.warnings, line) {
			r.warnings = append(r.warnings, line)
		}
	}
	files := make([]fetchedCurve, 0, len(chosen.products))
	for _, p := range chosen.products {
		files = append(files, fetchedCurve{meta: r.held[p.FileName], source: from})
	}
	return files
}

// failed decides what becomes of an error: data that are held outlive an
// archive that does not answer.
func (r *curveRun) failed(ctx context.Context, err error) (LightCurveResult, error) {
	const op = "ingest.LightCurve"
	if ctx.Err() != nil {
		return LightCurveResult{}, exo.E(op, exo.KindOf(ctx.Err()), r.target.ID, err)
	}
	note := store.Check{At: r.now(), Outcome: "failed", Note: clip(exo.MessageOf(err), 1000)}
	if nerr := r.opt.Store.SetCheck(ctx, r.key(r.query.SectorQuarter)+"/failed", note); nerr != nil {
		return LightCurveResult{}, errors.Join(err, nerr)
	}
	r.log.WarnContext(ctx, "light curves were not ingested", "target", r.target.ID, "error", err)
	if len(r.held) == 0 {
		return LightCurveResult{}, err
	}
	var silent *noAnswer
	if r.force || !errors.As(err, &silent) {
		return LightCurveResult{}, r.withLastGood(err)
	}
	res := r.answer(r.heldFiles(Stale))
	res.Warnings = append(res.Warnings, fmt.Sprintf("the archive gave no usable answer (%s); these data came %s ago, at %s",
		exo.MessageOf(silent.err), age(r.now().Sub(res.RetrievedAt)), res.RetrievedAt.Format(time.RFC3339)))
	return res, nil
}

// withLastGood adds the newest file that is held to an error.
func (r *curveRun) withLastGood(err error) error {
	var last store.Meta
	for _, m := range r.held {
		if m.RetrievedAt.After(last.RetrievedAt) || m.RetrievedAt.Equal(last.RetrievedAt) && m.Path < last.Path {
			last = m
		}
	}
	kind := exo.KindOf(err)
	if kind == exo.RateLimited {
		kind = exo.Unavailable
	}
	return exo.E("ingest.LightCurve", kind, r.target.ID, err).With("last_good", map[string]any{
		"path": last.Path, "retrieved_at": last.RetrievedAt, "checksum": last.SHA256,
	})
}

// nominal returns the cadence in whole seconds that sorts files.
func nominal(m store.Meta) int {
	if p, ok := lightcurve.ParseFileName(lightcurve.ArchiveName(m.Path.Base())); ok && p.CadenceS > 0 {
		return p.CadenceS
	}
	return int(m.CadenceS)
}

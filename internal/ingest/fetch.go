package ingest

import (
	"context"
	"errors"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// ask asks the archive as cheaply as it allows.
func (r *run) ask(ctx context.Context) (TableResult, error) {
	since := ""
	full, err := r.fullDue(ctx)
	if err != nil {
		return TableResult{}, err
	}
	var probe archive.Probe
	if p, ok := r.src.(archive.Prober); ok && r.newest != nil && !r.force && !full {
		probe, ok, err = p.Probe(ctx, r.t)
		if err != nil && exo.KindOf(err) != exo.Upstream { // an odd answer to the probe says nothing of the table
			return TableResult{}, r.refused(err)
		}
		if ok = ok && err == nil && probe.Newest != ""; ok {
			late, err := r.mayBeLate(ctx)
			if err != nil {
				return TableResult{}, err
			}
			if probe.Rows == r.newest.Rows && probe.Newest == r.newest.Newest && !late {
				return r.unchanged(ctx, false)
			}
			since = dayBefore(r.newest.Newest)
		}
	}
	if since != "" {
		res, done, err := r.changes(ctx, since, probe)
		if done || err != nil {
			return res, err
		}
		r.log.InfoContext(ctx, "the changed rows do not settle the table; it is loaded whole", "table", r.t)
	}
	return r.whole(ctx)
}

// fullDue tells whether it is time to load the whole table, because rows that
// the archive deleted show nowhere else.
func (r *run) fullDue(ctx context.Context) (bool, error) {
	if r.newest == nil || r.newest.Full == nil {
		return true, nil
	}
	c, _, err := r.opt.Store.Check(ctx, fullKey(r.t))
	if err != nil {
		return false, err
	}
	last := *r.newest.Full
	if r.ahead(last) || c.At.After(last) && !r.ahead(c.At) {
		last = c.At
	}
	return r.ahead(last) || r.now().Sub(last) >= r.opt.FullReload, nil
}

// mayBeLate tells whether rows may have changed after the last fetch without a
// sign in the newest update time, because that is a day, and the day was not
// over. A day that the archive ends later than we do is allowed for.
func (r *run) mayBeLate(ctx context.Context) (bool, error) {
	day, err := time.Parse(time.DateOnly, r.newest.Newest)
	if err != nil {
		return false, nil // a time to the second, or nothing that can be reckoned with
	}
	seen := r.newest.RetrievedAt
	for _, key := range []string{fullKey(r.t), rowsKey(r.t)} {
		c, _, err := r.opt.Store.Check(ctx, key)
		if err != nil {
			return false, err
		}
		if c.At.After(seen) {
			seen = c.At
		}
	}
	return seen.Before(day.AddDate(0, 0, 2)) || r.ahead(seen), nil
}

// dayBefore goes back one day from an update time, in its own form. Updates of
// the day of the newest row may have come after the last fetch; rows that come
// twice do no harm. A text that is no date gives "".
func dayBefore(newest string) string {
	for _, form := range [...]string{time.DateOnly, time.DateTime} {
		if t, err := time.Parse(form, newest); err == nil {
			return t.AddDate(0, 0, -1).Format(form)
		}
	}
	return ""
}

// load is what came from the archive, staged.
type load struct {
	staged *store.Staged
	bytes  []byte       // its content
	unmap  func() error // lets go of bytes; nil: nothing to let go of
	answer archive.TableAnswer
	at     time.Time

	table *catalog.Table // set by parsed
	err   error
}

// parsed reads the bytes as a table, once.
func (l *load) parsed(t catalog.Type) (*catalog.Table, error) {
	if l.table == nil && l.err == nil {
		l.table, l.err = catalog.Parse(t, l.bytes)
	}
	return l.table, l.err
}

// close discards what was not published.
func (r *run) close(l *load) {
	if l.unmap != nil {
		if err := l.unmap(); err != nil {
			r.log.Warn("a staged file stays mapped", "error", err)
		}
	}
	_ = r.drop(l.staged, nil)
}

// fetch stages what the source sends. The caller closes the load.
func (r *run) fetch(ctx context.Context, since string) (*load, error) {
	req := archive.TableRequest{Type: r.t, Since: since}
	if r.newest != nil && !r.force {
		req.Known = &r.newest.Origin
	}
	if r.t == catalog.Gaia {
		if err := r.targets(ctx, &req); err != nil {
			return nil, err
		}
	}
	st, err := r.opt.Store.Stage(ctx)
	if err != nil {
		return nil, err
	}
	l := &load{staged: st}
	w := &meter{ctx: ctx, st: st, report: r.report, table: r.t}
	l.answer, err = r.src.Fetch(ctx, req, w)
	switch {
	case w.err != nil:
		err = w.err // of the disk, not of the archive
	case err != nil:
		err = r.refused(err)
	}
	if err != nil {
		return nil, r.drop(st, err)
	}
	if st.Size() > 0 {
		if l.bytes, l.unmap, err = st.Map(); err != nil {
			return nil, r.drop(st, err)
		}
	}
	l.at = r.now()
	if r.newest != nil && l.at.Before(r.newest.RetrievedAt) {
		r.log.WarnContext(ctx, "the clock went back; the new table is dated after the current one", "clock", l.at, "current", r.newest.RetrievedAt)
		l.at = r.newest.RetrievedAt.Add(time.Second)
	}
	if r.report != nil {
		r.report(st.Size(), st.Size(), "bytes", "checking the "+string(r.t)+" table")
	}
	return l, nil
}

// drop discards a staged file and passes the error on.
func (r *run) drop(st *store.Staged, err error) error {
	if derr := st.Discard(); derr != nil {
		r.log.Warn("a staged file is left behind", "error", derr)
	}
	return err
}

// meter writes to the staged file and reports progress.
type meter struct {
	ctx    context.Context
	st     *store.Staged
	report Report
	table  catalog.Type
	told   int64
	err    error // of the staged file
}

// step is how many bytes pass between two reports.
const step = 256 << 10

func (m *meter) Write(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	if m.st.Size()+int64(len(p)) > catalog.MaxBytes {
		return 0, exo.Errorf("ingest.Table", exo.Upstream, m.table, "the %s table is larger than %d bytes", m.table, catalog.MaxBytes)
	}
	n, err := m.st.Write(p)
	if err != nil {
		m.err = err
		return n, err
	}
	if m.report != nil && m.st.Size()-m.told >= step {
		m.told = m.st.Size()
		m.report(m.told, 0, "bytes", "fetching the "+string(m.table)+" table")
	}
	return n, nil
}

// whole loads the whole table and makes it current if nothing speaks against it.
// An answer with another number of rows than the archive counts is asked for once
// more: the table may have changed in between, or the answer was cut.
func (r *run) whole(ctx context.Context) (TableResult, error) {
	res, again, err := r.wholeOnce(ctx, false)
	if again && err == nil {
		r.log.InfoContext(ctx, "the rows that came are not those that the archive counts; the table is loaded again", "table", r.t)
		res, _, err = r.wholeOnce(ctx, true)
	}
	return res, err
}

// wholeOnce is whole; again tells that nothing was decided, because the number
// of rows is in doubt. The last time it decides.
func (r *run) wholeOnce(ctx context.Context, last bool) (res TableResult, again bool, err error) {
	l, err := r.fetch(ctx, "")
	if err != nil {
		return TableResult{}, false, err
	}
	defer r.close(l)
	if l.answer.NotModified && r.newest != nil {
		res, err = r.unchanged(ctx, true)
		return res, false, err
	}
	if l.answer.NotModified || l.answer.Partial {
		return TableResult{}, false, exo.Errorf("ingest.Table", exo.Upstream, r.t, "the archive sent a part of the %s table where the whole was asked for", r.t)
	}
	if r.newest != nil && l.staged.Digest() == r.newest.SHA256 {
		res, err = r.unchanged(ctx, true)
		return res, false, err
	}
	if table, err := l.parsed(r.t); err == nil {
		rows, counted, err := r.rows(ctx)
		switch {
		case err != nil:
			return TableResult{}, false, err
		case counted && rows != table.Len() && !last:
			return TableResult{}, true, nil
		case counted && rows > table.Len():
			return TableResult{}, false, &noAnswer{exo.Errorf("ingest.Table", exo.Upstream, r.t,
				"the archive counts %d rows of the %s table and sent %d: the answer was cut", rows, r.t, table.Len()).
				Try("try again later; a proxy or the archive may limit the length of answers")}
		}
	}
	full := l.at
	res, err = r.take(ctx, l, store.Meta{Origin: l.answer.Origin, Full: &full}, nil)
	return res, false, err
}

// rows asks the archive how many rows the table has. counted is false where it
// does not tell: then the answer that came stands for itself.
func (r *run) rows(ctx context.Context) (n int, counted bool, err error) {
	c, ok := r.src.(archive.Counter)
	if !ok {
		return 0, false, nil
	}
	n, counted, err = c.Count(ctx, r.t)
	if err != nil && ctx.Err() != nil {
		return 0, false, err
	}
	if err != nil {
		r.log.WarnContext(ctx, "the archive did not count the rows", "table", r.t, "error", err)
	}
	return n, counted && err == nil, nil
}

// changes fetches the rows that changed and puts them into the current table.
// done is false if that leaves a doubt: then nothing was kept.
func (r *run) changes(ctx context.Context, since string, probe archive.Probe) (res TableResult, done bool, err error) {
	l, err := r.fetch(ctx, since)
	if errors.Is(err, exo.Upstream) { // the archive may not take the question
		return TableResult{}, false, nil
	}
	if err != nil {
		return TableResult{}, false, err
	}
	defer r.close(l)
	if l.answer.NotModified {
		return TableResult{}, false, nil
	}
	if !l.answer.Partial { // the source cannot select rows
		if l.staged.Digest() == r.newest.SHA256 {
			res, err = r.unchanged(ctx, true)
			return res, true, err
		}
		full := l.at
		res, err = r.take(ctx, l, store.Meta{Origin: l.answer.Origin, Full: &full}, nil)
		return res, true, err
	}
	base, err := r.opt.Held.Parsed(ctx, *r.newest)
	if err != nil {
		return TableResult{}, false, err
	}
	delta, err := l.parsed(r.t)
	if err != nil || !covers(delta, base, since) {
		return TableResult{}, false, nil
	}
	text, ok := catalog.Merge(base, delta)
	if !ok {
		return TableResult{}, false, nil
	}
	merged, err := catalog.Parse(r.t, text)
	if err != nil || merged.Len() != probe.Rows || merged.Newest() != probe.Newest {
		return TableResult{}, false, nil
	}
	res, err = r.takeMerged(ctx, l, merged, text)
	return res, true, err
}

// covers tells whether the changed rows hold every row of the base from the time
// they were asked for. One that is missing was deleted, or has another key now,
// or the answer was cut.
func covers(delta, base *catalog.Table, since string) bool {
	have := make(map[string]bool, delta.Len())
	for i := range delta.Len() {
		have[delta.Key(i)] = true
	}
	for i := range base.Len() {
		if base.Get(i, catalog.RoleUpdated) > since && !have[base.Key(i)] {
			return false
		}
	}
	return true
}

// takeMerged stages the assembled table and makes it current, with the changed
// rows kept beside it.
func (r *run) takeMerged(ctx context.Context, l *load, merged *catalog.Table, text []byte) (TableResult, error) {
	st, err := r.opt.Store.Stage(ctx)
	if err != nil {
		return TableResult{}, err
	}
	defer func() { _ = r.drop(st, nil) }()
	if _, err := st.Write(text); err != nil {
		return TableResult{}, err
	}
	if st.Digest() == r.newest.SHA256 {
		if err := r.opt.Store.SetCheck(ctx, rowsKey(r.t), store.Check{At: l.at, Outcome: "unchanged"}); err != nil {
			return TableResult{}, err
		}
		return r.unchanged(ctx, false)
	}
	m := store.Meta{Origin: l.answer.Origin, Full: r.newest.Full, From: []store.Ref{{Path: r.newest.Path, SHA256: r.newest.SHA256}}}
	return r.take(ctx, &load{staged: st, bytes: text, answer: l.answer, at: l.at, table: merged}, m, l)
}

package reports

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
	"exoplanetai/internal/validate"
)

// folder is where the reports stand.
const folder = "metadata/validation/"

// MaxSize bounds a report that is kept or read: the findings of a table of which
// every cell is wrong have a third of it.
const MaxSize = 64 << 20

// Keep stores a report under metadata/validation/ and returns its path. A report
// equal to the newest of the same files is not stored again, whatever its time
// and the freshness at that time: the path of the one that is held is returned.
func (r *Reports) Keep(ctx context.Context, of Subject, rep *validate.Report) (exo.Path, error) {
	p, err := r.keep(ctx, of, rep)
	if err == nil && r.Observe != nil {
		all := validate.Count{}
		for _, c := range rep.Levels {
			all.Errors, all.Warnings, all.Infos = all.Errors+c.Errors, all.Warnings+c.Warnings, all.Infos+c.Infos
		}
		r.Observe(of.DataType, rep.Valid, all.Errors, all.Warnings, all.Infos)
	}
	return p, err
}

func (r *Reports) keep(ctx context.Context, of Subject, rep *validate.Report) (exo.Path, error) {
	const op = "reports.Keep"
	if rep == nil || of.At.IsZero() || of.DataType == "" || rep.DataType != of.DataType {
		return "", exo.Errorf(op, exo.Internal, of.DataType, "a report needs a subject of its own type, and a time")
	}
	if err := CheckType(op, of.DataType); err != nil {
		return "", err
	}
	of.At = of.At.UTC().Truncate(time.Second)
	of.Files = slices.Clone(of.Files)
	slices.SortFunc(of.Files, func(a, b store.Ref) int { return strings.Compare(string(a.Path), string(b.Path)) })
	doc := Document{Subject: of, Program: r.store.Program, Report: rep}
	held, err := r.same(ctx, doc)
	if err != nil || held != "" {
		return held, err
	}
	text, err := Encode(doc)
	if err != nil {
		return "", err
	}
	return r.publish(ctx, doc, text)
}

// same looks for the newest report of the same files, and returns its path if it
// says the same.
func (r *Reports) same(ctx context.Context, doc Document) (exo.Path, error) {
	var of exo.Digest
	if len(doc.Files) > 0 {
		of = doc.Files[0].SHA256
	}
	list, err := r.metas(ctx, doc.DataType, doc.Target, of)
	if err != nil {
		return "", err
	}
	for _, m := range list {
		if !slices.Equal(m.From, doc.Files) {
			continue
		}
		_, old, err := r.read(ctx, m.Path)
		if errors.Is(err, exo.Corrupt) || errors.Is(err, exo.TooLarge) {
			return "", nil // one that is damaged says nothing; a new one is stored beside it
		}
		if err != nil {
			return "", err
		}
		a, err := Encode(timeless(old))
		if err != nil {
			return "", err
		}
		b, err := Encode(timeless(doc))
		if err != nil || !bytes.Equal(a, b) {
			return "", err
		}
		return m.Path, nil
	}
	return "", nil
}

// timeless is a document without what only the time of its making decides.
func timeless(d Document) Document {
	rep := *d.Report
	rep.Metrics.Freshness = nil
	d.At, d.Report = time.Time{}, &rep
	return d
}

// mostAtOnce is how many different reports of one subject one second may have.
const mostAtOnce = 100

// publish gives the report a name that is free.
func (r *Reports) publish(ctx context.Context, doc Document, text []byte) (exo.Path, error) {
	meta := store.Meta{
		Kind: store.Validation, RetrievedAt: doc.At, From: doc.Files, Target: doc.Target, Rows: doc.Report.Rows,
		Origin: exo.Origin{Archive: "local"}, Program: doc.Program,
	}
	summary := doc.Report.Summary()
	meta.Validation = &summary
	if doc.DataType != LightCurve {
		meta.Table = catalog.Type(doc.DataType)
	}
	for n := 1; ; n++ {
		meta.Path = name(doc.Subject, n)
		p, err := r.stage(ctx, meta, text)
		if !errors.Is(err, exo.Exists) || n == mostAtOnce {
			return p, err
		}
	}
}

func (r *Reports) stage(ctx context.Context, meta store.Meta, text []byte) (_ exo.Path, err error) {
	staged, err := r.store.Stage(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, staged.Discard()) }()
	if _, err := staged.Write(text); err != nil {
		return "", err
	}
	metas, err := r.store.Publish(ctx, store.Item{Staged: staged, Meta: meta})
	if err != nil {
		return "", err
	}
	return metas[0].Path, nil
}

// name is the place of a report: koi_20260102_030405.json of tables,
// tic441420236_20260102_030405.json of light curves; from the second of one
// second on with its number.
func name(of Subject, n int) exo.Path {
	what := of.DataType
	if !of.Target.IsZero() {
		what = strings.ToLower(strings.ReplaceAll(of.Target.String(), " ", ""))
	}
	if n > 1 {
		return exo.Path(fmt.Sprintf("%s%s_%s_%d.json", folder, what, exo.Stamp(of.At), n))
	}
	return exo.Path(folder + what + "_" + exo.Stamp(of.At) + ".json")
}

// metas lists the records of reports, newest first; of a file with that digest
// among others, if it is given.
func (r *Reports) metas(ctx context.Context, dataType string, target exo.TargetID, of exo.Digest) ([]store.Meta, error) {
	f := store.Filter{Kind: store.Validation, Target: target, From: of}
	if dataType != LightCurve {
		f.Table = catalog.Type(dataType)
	}
	list, err := r.store.List(ctx, f)
	if err != nil {
		return nil, err
	}
	if dataType == LightCurve {
		list = slices.DeleteFunc(list, func(m store.Meta) bool { return m.Table != "" })
	}
	slices.SortFunc(list, func(a, b store.Meta) int {
		return cmp.Or(b.RetrievedAt.Compare(a.RetrievedAt), compareNames(b.Path, a.Path))
	})
	return list, nil
}

// compareNames orders the reports of one second as they came.
func compareNames(a, b exo.Path) int {
	return cmp.Or(cmp.Compare(len(path.Base(string(a))), len(path.Base(string(b)))), strings.Compare(string(a), string(b)))
}

package reports

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/store"
)

// Types lists the data types that reports are of.
func Types() []string {
	list := make([]string, 0, len(catalog.Types)+1)
	for _, t := range catalog.Types {
		list = append(list, string(t))
	}
	return append(list, LightCurve)
}

// CheckType refuses a data type that there is not; op names the operation in the
// error.
func CheckType(op, dataType string) error {
	known := Types()
	if slices.Contains(known, dataType) {
		return nil
	}
	e := exo.Errorf(op, exo.Invalid, nil, "%.40q is not a data type", dataType).With("parameter", "data_type").With("allowed", known)
	best, near := 3, ""
	for _, t := range known {
		if d := exo.Edits(strings.ToLower(dataType), t); d < best && d < len(dataType) {
			best, near = d, t
		}
	}
	if near != "" {
		return e.Try("did you mean %s? There are %s", near, strings.Join(known, ", "))
	}
	return e.Try("use one of %s", strings.Join(known, ", "))
}

// List lists the reports of a data type, all for "", newest first; target zero
// for all stars, limit 0 for no limit. No report is read.
func (r *Reports) List(ctx context.Context, dataType string, target exo.TargetID, limit int) ([]Entry, error) {
	if dataType != "" {
		if err := CheckType("reports.List", dataType); err != nil {
			return nil, err
		}
	}
	metas, err := r.metas(ctx, dataType, target, exo.Digest{})
	if err != nil {
		return nil, err
	}
	if limit > 0 && len(metas) > limit {
		metas = metas[:limit]
	}
	list := make([]Entry, len(metas))
	for i, m := range metas {
		list[i] = entryOf(m)
	}
	return list, nil
}

// entryOf is the line of a report in the list. A table that did not become
// current was kept in a folder that says so.
func entryOf(m store.Meta) Entry {
	e := Entry{Path: m.Path, Checksum: m.SHA256, Subject: Subject{DataType: string(m.Table), Target: m.Target, Files: m.From, At: m.RetrievedAt}}
	if e.DataType == "" {
		e.DataType = LightCurve
	}
	if e.Files == nil {
		e.Files = []store.Ref{}
	}
	e.Rejected = slices.ContainsFunc(m.From, func(f store.Ref) bool { return strings.Contains(string(f.Path), "/rejected/") })
	if v := m.Validation; v != nil {
		e.Valid, e.Errors, e.Warnings, e.Metrics = v.Valid, v.Errors, v.Warnings, brief(v.Metrics)
	}
	return e
}

// brief leaves out the columns: a list is to be read at a glance.
func brief(m catalog.Metrics) catalog.Metrics {
	for _, x := range []**catalog.Metric{&m.Completeness, &m.Accuracy, &m.Consistency, &m.Freshness} {
		if *x != nil {
			*x = catalog.Overall((*x).Overall)
		}
	}
	return m
}

// Place returns the path of a kept report, named by its path or the last part of
// it, with or without .json.
func Place(name string) (exo.Path, error) {
	p := strings.TrimPrefix(name, folder)
	if !strings.HasSuffix(p, ".json") {
		p += ".json"
	}
	if _, err := exo.ParsePath(p); err != nil || strings.Contains(p, "/") {
		return "", exo.Errorf("reports.Place", exo.Invalid, nil, "%.120q is not the name of a report", name).With("parameter", "name").
			Try("write koi_20260102_030405, as the list of reports has it")
	}
	return exo.Path(folder + p), nil
}

// Read reads a kept report, named by its path or the last part of it.
//
// Errors: exo.Invalid for what is no name, exo.NotFound, exo.Corrupt for a report
// that is damaged, exo.TooLarge for one above 64 MiB.
func (r *Reports) Read(ctx context.Context, name string) (Entry, Document, error) {
	p, err := Place(name)
	if err != nil {
		return Entry{}, Document{}, err
	}
	m, doc, err := r.read(ctx, p)
	if err != nil {
		return Entry{}, Document{}, err
	}
	e := entryOf(m)
	e.Subject = doc.Subject
	return e, doc, nil
}

func (r *Reports) read(ctx context.Context, p exo.Path) (store.Meta, Document, error) {
	const op = "reports.Read"
	f, err := r.store.Read(ctx, p)
	if err != nil {
		if errors.Is(err, exo.NotFound) {
			return store.Meta{}, Document{}, exo.E(op, exo.NotFound, p, err).Say("there is no report %s", strings.TrimPrefix(string(p), folder)).
				Try("exoplanetai validate reports, or GET /api/v1/data/validate/reports, lists them")
		}
		return store.Meta{}, Document{}, err
	}
	doc, err := decode(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return store.Meta{}, Document{}, err
	}
	return f.Meta, doc, nil
}

// decode reads the document of a file whose bytes are what they were.
func decode(f *store.File) (Document, error) {
	const op = "reports.Read"
	p := f.Meta.Path
	if f.Meta.Kind != store.Validation {
		return Document{}, exo.Errorf(op, exo.NotFound, p, "%s is no report", p)
	}
	if f.Size() > MaxSize {
		return Document{}, exo.Errorf(op, exo.TooLarge, p, "the report %s is larger than %d bytes", p, MaxSize)
	}
	text, err := f.Bytes()
	if err != nil {
		return Document{}, err
	}
	var doc Document
	if err := json.Unmarshal(text, &doc); err != nil || doc.Report == nil {
		return Document{}, exo.E(op, exo.Corrupt, p, err).Say("the report %s cannot be read", p).Try("validate again: a new report is stored beside it")
	}
	return doc, nil
}

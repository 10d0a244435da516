package ingest_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/store"
)

// followed notes what came after tables were accepted.
type followed struct {
	mu   sync.Mutex
	list []string
}

func (f *followed) after(_ context.Context, t catalog.Type) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, string(t))
	return []string{"after " + string(t)}
}

func (f *followed) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.list
	f.list = nil
	slices.Sort(list)
	return list
}

func TestWhatFollowsATableFollowsOnceWhenItWasAccepted(t *testing.T) {
	var f followed
	b := newBench(t, func(o *ingest.Options) { o.After = f.after })
	b.koi.text = many(100, "CANDIDATE")
	if res := must(t, b, "koi", false); !slices.Equal(res.Warnings, []string{"after koi"}) || !slices.Equal(f.take(), []string{"koi"}) {
		t.Errorf("new: %+v", res)
	}
	for name, force := range map[string]bool{"fresh": false, "unchanged": true} {
		if res := must(t, b, "koi", force); len(res.Warnings) > 0 || len(f.take()) > 0 {
			t.Errorf("%s: %+v", name, res)
		}
	}
	b.koi.set(func(k *tableFake) { k.text = strings.Replace(k.text, "K00001.01", "1.01", 1) })
	if _, err := table(t, b, "koi", true); err == nil || len(f.take()) > 0 {
		t.Errorf("rejected: %v", err)
	}
	b.koi.set(func(k *tableFake) { k.text = many(50, "CANDIDATE") })
	b.clock.Pass(time.Hour)
	_, err := table(t, b, "koi", true)
	id, _ := exo.ExtraOf(err)["held_id"].(string)
	if id == "" || len(f.take()) > 0 || document(t, b, exo.ExtraOf(err)["report_path"]).Report.Rows != 50 {
		t.Fatalf("held: %v", err)
	}
	res, err := b.Approve(t.Context(), id)
	if err != nil || !slices.Equal(res.Warnings, []string{"after koi"}) || !slices.Equal(f.take(), []string{"koi"}) || res.ReportPath == "" {
		t.Errorf("approved: %+v %v", res, err)
	}
}

func TestWhatFollowsABatchFollowsAllOfItsTables(t *testing.T) {
	var f followed
	var b *bench
	b = newBench(t, func(o *ingest.Options) {
		o.After = func(ctx context.Context, typ catalog.Type) []string {
			for _, other := range []string{"koi", "k2"} { // all that come have come
				if st, err := b.Status(ctx); err != nil || st.Tables[catalog.Type(other)].Versions != 1 {
					t.Errorf("after %s: %+v %v", typ, st.Tables, err)
				}
			}
			return f.after(ctx, typ)
		}
	})
	b.toi.err = down["down"]
	res, err := b.Batch(t.Context(), ingest.BatchRequest{}, nil)
	if err != nil || !slices.Equal(f.take(), []string{"k2", "koi"}) || !slices.Equal(res.Results[catalog.KOI].Warnings, []string{"after koi"}) {
		t.Errorf("%+v %v", res, err)
	}
	if _, err = b.Batch(t.Context(), ingest.BatchRequest{}, nil); err != nil || len(f.take()) > 0 {
		t.Error("again", err)
	}
}

// A crash may come between the table and what follows it.
func TestWhatDidNotFollowFollowsTheNextRequest(t *testing.T) {
	var f followed
	b := newBench(t) // nothing follows, and then the program ends
	path := exo.Path("raw/nasa/koi_20260102_030405.csv")
	st, err := b.store.Stage(t.Context())
	if err == nil {
		_, err = st.Write([]byte(koiText))
	}
	if err != nil {
		t.Fatal(err)
	}
	tab := parsed(t, catalog.KOI, koiText)
	if _, err := b.store.Publish(t.Context(), store.Item{Staged: st, Meta: store.Meta{
		Path: path, Kind: store.Table, Table: catalog.KOI, RetrievedAt: b.clock.Now(), Rows: tab.Len(), Columns: tab.Columns,
	}}); err != nil {
		t.Fatal(err)
	}
	next := ingest.New(ingest.Options{Store: b.store, Clock: b.clock.Now, After: f.after, Tables: map[catalog.Type]archive.TableSource{catalog.KOI: b.koi}})
	ctx, cancel := context.WithCancel(t.Context())
	for i, want := range []string{"koi", ""} {
		res, err := next.Table(ctx, ingest.TableRequest{TableType: "koi"}, nil)
		if err != nil || res.Source != ingest.FromCache || res.RawPath != path || strings.Join(f.take(), " ") != want {
			t.Errorf("request %d: %+v %v", i, res, err)
		}
		doc := document(t, b, res.ReportPath)
		if s := doc.Report.Summary(); doc.Files[0].Path != path || doc.Report.Rows != 3 || !res.Validation.Valid || res.Validation.Warnings != s.Warnings || res.Validation.Metrics.Completeness == nil {
			t.Errorf("%+v, the answer says %+v", doc, res.Validation)
		}
	}
	// Who gives up in between lets it follow the next request too.
	b.koi.set(func(k *tableFake) { k.text = strings.Replace(koiText, "10.463", "10.464", 1) })
	short := ingest.New(ingest.Options{Store: b.store, Clock: b.clock.Now, Tables: map[catalog.Type]archive.TableSource{catalog.KOI: b.koi},
		After: func(context.Context, catalog.Type) []string { cancel(); return nil }})
	if _, err := short.Table(ctx, ingest.TableRequest{TableType: "koi", ForceRefresh: true}, nil); err != nil {
		t.Error(err)
	}
	if _, err := next.Table(t.Context(), ingest.TableRequest{TableType: "koi"}, nil); err != nil || strings.Join(f.take(), " ") != "koi" {
		t.Error(err)
	}
}

// counter is an archive that counts its rows, and may send fewer.
type counter struct {
	*tableFake
	rows []int // answers, the last one for ever; empty: an error
	cut  int   // rows that are sent, 0: all
}

func (c *counter) Count(context.Context, catalog.Type) (int, bool, error) {
	if len(c.rows) == 0 {
		return 0, false, exo.Errorf("fake", exo.Upstream, nil, "no such function")
	}
	n := c.rows[0]
	if len(c.rows) > 1 {
		c.rows = c.rows[1:]
	}
	return n, true, nil
}

func (c *counter) Fetch(ctx context.Context, req archive.TableRequest, w io.Writer) (archive.TableAnswer, error) {
	if c.cut > 0 {
		c.set(func(f *tableFake) { f.text = strings.Join(strings.SplitAfter(f.text, "\n")[:c.cut+1], "") })
	}
	return c.tableFake.Fetch(ctx, req, w)
}

// A limit on the length of an answer may cut it at the end of a row, so that it
// is a sound table of fewer rows.
func TestATableThatIsCutAtTheEndOfARowIsNotTaken(t *testing.T) {
	for name, tt := range map[string]struct {
		counts  []int
		cut     int
		fetches int
		kind    exo.Kind // "": it is taken
	}{
		"whole":                        {[]int{100}, 0, 1, ""},
		"cut by less than a twentieth": {[]int{100}, 97, 2, exo.Upstream},
		"growing meanwhile":            {[]int{99, 100}, 0, 2, ""},
		"growing all the time":         {[]int{99, 98}, 0, 2, ""},
		"not counted":                  {nil, 97, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := &counter{tableFake: &tableFake{text: many(100, "CANDIDATE")}, rows: tt.counts, cut: tt.cut}
			b := newBench(t, func(o *ingest.Options) { o.Tables[catalog.KOI] = c })
			_, err := table(t, b, "koi", false)
			if c.asked() != tt.fetches || tt.kind == "" && err != nil || tt.kind != "" && (exo.KindOf(err) != tt.kind || exo.HintOf(err) == "" || !strings.Contains(exo.MessageOf(err), "counts 100 rows")) {
				t.Errorf("%d fetches, %v", c.asked(), err)
			}
			if tt.kind != "" {
				onlyFiles(t, b)
			}
		})
	}
	t.Run("the last good table stays", func(t *testing.T) {
		c := &counter{tableFake: &tableFake{text: many(100, "CANDIDATE")}, rows: []int{100}}
		b := newBench(t, func(o *ingest.Options) { o.Tables[catalog.KOI] = c })
		first := must(t, b, "koi", false)
		c.cut = 97
		b.clock.Pass(48 * time.Hour)
		if res := must(t, b, "koi", false); res.Source != ingest.Stale || res.RawPath != first.RawPath || len(res.Warnings) != 1 {
			t.Errorf("%+v", res)
		}
	})
}

func TestAVeryWideTableIsTakenAndItsRecordStaysInItsLimits(t *testing.T) {
	b := newBench(t)
	var names, cells strings.Builder
	for i := range 3900 {
		fmt.Fprintf(&names, ",%s_%d", strings.Repeat("x", 240), i)
		cells.WriteString(",1")
	}
	lines := strings.SplitAfter(koiText, "\n")
	var text strings.Builder
	for i, line := range lines[:4] {
		more := cells.String()
		if i == 0 {
			more = names.String()
		}
		text.WriteString(strings.TrimSuffix(line, "\n") + more + "\n")
	}
	b.koi.text = text.String()
	res, err := table(t, b, "koi", false)
	if err != nil || res.Columns != 3909 {
		t.Errorf("%d columns, %v", res.Columns, err)
	}
	if m, err := b.store.Get(t.Context(), res.RawPath); err != nil || len(m.Columns) != 3909 || m.Validation.Metrics.Completeness == nil {
		t.Errorf("%d columns in the record, %v", len(m.Columns), err)
	}
	if doc := document(t, b, res.ReportPath); len(doc.Report.Metrics.Completeness.Columns) != 3909 {
		t.Errorf("%d columns in the report", len(doc.Report.Metrics.Completeness.Columns))
	}
}

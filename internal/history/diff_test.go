package history_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/history"
	"exoplanetai/internal/tables"
)

func ref(t testing.TB, s string) tables.Ref {
	t.Helper()
	r, err := tables.ParseRef(s, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestADiffIsOfTheNewestAndTheOneBefore(t *testing.T) {
	b := open(t)
	row := func(disp, p string) string { return "1,K00001.01,," + disp + "," + p + ",0.001,170.5,0.01,2,2,1,1" }
	b.hold(catalog.KOI, 0, csv(koiHead, row("CANDIDATE", "10")))
	s := b.serve(history.Options{})
	if _, err := s.Diff(t.Context(), history.DiffRequest{Table: catalog.KOI}); kind(err) != exo.NotFound || exo.HintOf(err) == "" {
		t.Errorf("one version: %v", err)
	}
	b.hold(catalog.KOI, 1, csv(koiHead, row("CONFIRMED", "10")))
	b.hold(catalog.KOI, 2, csv(koiHead, row("FALSE POSITIVE", "11")))
	for _, tt := range []struct {
		from, to string
		want     []string
		a, b     int
	}{
		{"", "", []string{"CONFIRMED FALSE POSITIVE", "10 11"}, 2, 3},
		{"", "v2", []string{"CANDIDATE CONFIRMED"}, 1, 2},
		{"v1", "", []string{"CANDIDATE FALSE POSITIVE", "10 11"}, 1, 3},
		{"v3", "v1", []string{"FALSE POSITIVE CANDIDATE", "11 10"}, 3, 1},
		{"2026-01-02", "2026-01-03", []string{"CANDIDATE CONFIRMED"}, 1, 2},
		{"v2", "v2", nil, 2, 2},
	} {
		d, err := s.Diff(t.Context(), history.DiffRequest{Table: catalog.KOI, From: ref(t, tt.from), To: ref(t, tt.to)})
		if err != nil {
			t.Errorf("%s to %s: %v", tt.from, tt.to, err)
			continue
		}
		var got []string
		for _, e := range d.Events {
			got = append(got, e.From+" "+e.To)
		}
		if !slices.Equal(got, tt.want) || d.From.Number != tt.a || d.To.Number != tt.b || d.EventsTotal != len(tt.want) {
			t.Errorf("%s to %s: %+v", tt.from, tt.to, d)
		}
	}
	for name, r := range map[string]history.DiffRequest{
		"to":      {Table: catalog.KOI, To: ref(t, "v9")},
		"from":    {Table: catalog.KOI, From: ref(t, "koi_19990101")},
		"limit":   {Table: catalog.KOI, Limit: -2},
		"offset":  {Table: catalog.KOI, Offset: -1},
		"kinds":   {Table: catalog.KOI, Kinds: []catalog.EventKind{"moved"}},
		"columns": {Table: catalog.KOI, Columns: []string{"koi_periods"}},
	} {
		_, err := s.Diff(t.Context(), r)
		if k := kind(err); k != exo.Invalid && k != exo.NotFound || exo.ExtraOf(err)["parameter"] != name || exo.HintOf(err) == "" {
			t.Errorf("%s: %v %v", name, err, exo.ExtraOf(err))
		}
	}
	_, err := s.Diff(t.Context(), history.DiffRequest{Table: catalog.KOI, Columns: []string{"koi_periods"}})
	if !strings.Contains(exo.HintOf(err), "koi_period") {
		t.Errorf("the near column is not named: %s", exo.HintOf(err))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.serve(history.Options{}).Diff(ctx, history.DiffRequest{Table: catalog.KOI}); kind(err) != exo.Canceled {
		t.Errorf("given up: %v", err)
	}
}

func TestPagesOfADiffAreTheWholeDiff(t *testing.T) {
	b := open(t)
	b.hold(catalog.TOI, 0, real(t, toi2023))
	b.hold(catalog.TOI, 1, real(t, toi2025))
	s := b.serve(history.Options{})
	all, err := s.Diff(t.Context(), history.DiffRequest{Table: catalog.TOI, Limit: -1})
	if err != nil || all.Next != 0 || len(all.Events) != all.EventsTotal || len(all.Rows) != all.RowsTotal || all.RowsTotal != 1505+4960 {
		t.Fatal(err, len(all.Events), all.EventsTotal, all.RowsTotal)
	}
	sum := 0
	for _, n := range all.Kinds {
		sum += n
	}
	if sum != all.EventsTotal || all.Kinds[catalog.EventNew] != 1505 {
		t.Errorf("%v", all.Kinds)
	}
	var events []catalog.Event
	var rows []string
	for r := (history.DiffRequest{Table: catalog.TOI, Limit: 1000}); ; {
		d, err := s.Diff(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, d.Events...)
		for _, row := range d.Rows {
			rows = append(rows, row.Key)
		}
		if d.Next == 0 {
			break
		}
		r.Offset = d.Next
	}
	if !slices.Equal(events, all.Events) || len(rows) != all.RowsTotal {
		t.Errorf("%d events, %d rows on pages; %d, %d in all", len(events), len(rows), all.EventsTotal, all.RowsTotal)
	}
	d, err := s.Diff(t.Context(), history.DiffRequest{Table: catalog.TOI, Kinds: []catalog.EventKind{catalog.EventDisposition}, Columns: []string{"tfopwg_disp"}, Limit: -1})
	if err != nil || d.EventsTotal != all.Kinds[catalog.EventDisposition] || d.RowsTotal != 1505+d.EventsTotal || d.Changes != all.Changes {
		t.Errorf("%v %d %d", err, d.EventsTotal, d.RowsTotal)
	}
	of := 0
	for _, tr := range d.Dispositions {
		of += tr.Rows
	}
	if of != d.EventsTotal || d.Dispositions[0].Rows < d.Dispositions[1].Rows {
		t.Errorf("%+v", d.Dispositions)
	}
	if past, err := s.Diff(t.Context(), history.DiffRequest{Table: catalog.TOI, Offset: 1 << 30}); err != nil || len(past.Events)+len(past.Rows)+past.Next != 0 || past.Events == nil {
		t.Errorf("behind the end: %v %+v", err, past.Next)
	}
}

func TestARenamedColumnIsToldOnce(t *testing.T) {
	b := open(t)
	b.hold(catalog.KOI, 0, csv(koiHead, "1,K00001.01,,CANDIDATE,10,0.001,170.5,0.01,2,2,1,1", "2,K00002.01,,CANDIDATE,11,0.001,171.5,0.01,2,3,1,1"))
	b.hold(catalog.KOI, 1, csv(strings.Replace(koiHead, "koi_duration", "koi_durations", 1), "1,K00001.01,,CANDIDATE,10,0.001,170.5,0.01,2,2,1,1", "2,K00002.01,,CANDIDATE,11,0.001,171.5,0.01,2,3,1,1"))
	d, err := b.serve(history.Options{}).Diff(t.Context(), history.DiffRequest{Table: catalog.KOI})
	if err != nil || len(d.Renamed) != 1 || d.Renamed[0] != (history.Renamed{From: "koi_duration", To: "koi_durations"}) || d.RowsTotal+d.EventsTotal != 0 || d.Changes.Unchanged != 2 {
		t.Errorf("%v %+v", err, d)
	}
}

func TestManyCallersShareOneComparison(t *testing.T) {
	b := open(t)
	for k, name := range []string{exofop2024, exofop2025, toi2023, toi2025} {
		b.hold(catalog.TOI, k, real(t, name))
	}
	s := b.serve(history.Options{Keep: 2})
	done := make(chan error)
	for k := range 6 {
		go func() {
			r := history.DiffRequest{Table: catalog.TOI, From: tables.Ref{Version: []string{"v1", "v2", "v3"}[k%3]}, To: tables.Ref{Version: "v4"}, Limit: 10}
			d, err := s.Diff(t.Context(), r)
			if err == nil && d.From.Number != k%3+1 {
				t.Errorf("%+v", d.From)
			}
			done <- err
		}()
	}
	for range 6 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

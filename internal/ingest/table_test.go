package ingest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/reports"
	"exoplanetai/internal/store"
)

func TestATableIsFetchedOnceAndThenAnsweredFromWhatIsHeld(t *testing.T) {
	b := newBench(t)
	res := must(t, b, "koi", false)
	if res.Source != ingest.FromArchive || res.Records != 3 || res.Columns != 9 || res.Changes != (catalog.Changes{Added: 3}) ||
		res.RawPath != "raw/nasa/koi_20260102_030405.csv" || res.MetadataPath != "metadata/raw/nasa/koi_20260102_030405.csv.json" ||
		res.Checksum != exo.DigestOf([]byte(koiText)) || !res.Validation.Valid || !res.FreshUntil.Equal(b.clock.Now().Add(24*time.Hour)) {
		t.Errorf("%+v", res)
	}
	if got, err := os.ReadFile(filepath.Join(b.dir, string(res.RawPath))); err != nil || string(got) != koiText {
		t.Errorf("stored %q %v", got, err)
	}
	b.clock.Pass(23 * time.Hour)
	again := must(t, b, "koi", false)
	if doc := document(t, b, res.ReportPath); !doc.Report.Valid || doc.Rejected || doc.Files[0] != (store.Ref{Path: res.RawPath, SHA256: res.Checksum}) {
		t.Errorf("%+v", doc)
	}
	if again.Source != ingest.FromCache || again.ReportPath != res.ReportPath || again.Changes != (catalog.Changes{Unchanged: 3}) || again.RawPath != res.RawPath || b.koi.asked() != 1 {
		t.Errorf("%+v after %d fetches", again, b.koi.asked())
	}
	b.clock.Pass(2 * time.Hour)
	later := must(t, b, "koi", false)
	if later.Source != ingest.Unchanged || later.RawPath != res.RawPath || b.koi.asked() != 2 || !later.FreshUntil.Equal(b.clock.Now().Add(24*time.Hour)) {
		t.Errorf("%+v", later)
	}
	if files := rawFiles(t, b); len(files) != 1 {
		t.Errorf("files %v", files)
	}
	js, err := json.Marshal(res)
	if err != nil || !strings.Contains(string(js), `"warnings":[]`) || !strings.Contains(string(js), `"schema_changes":{"added":[],"removed":[],"renamed":[]}`) {
		t.Errorf("%s %v", js, err)
	}
}

func TestForceRefreshAsksAlways(t *testing.T) {
	b := newBench(t)
	must(t, b, "koi", true)
	if res := must(t, b, "koi", true); res.Source != ingest.Unchanged || b.koi.asked() != 2 {
		t.Errorf("%+v after %d fetches", res, b.koi.asked())
	}
	if b.koi.fetches[1].Known != nil {
		t.Error("a forced refresh was conditional")
	}
}

func TestAChangeIsPublishedBesideTheOldFileAndCounted(t *testing.T) {
	b := newBench(t)
	must(t, b, "koi", true)
	b.koi.set(func(f *tableFake) {
		f.text = strings.Replace(koiText, "Kepler-10 c\",\"CONFIRMED", "Kepler-10 c\",\"CANDIDATE", 1)
	})
	res := must(t, b, "koi", true) // in the same second
	if res.Source != ingest.FromArchive || res.Changes != (catalog.Changes{Changed: 1, Unchanged: 2}) || res.RawPath != "raw/nasa/koi_20260102_030406.csv" {
		t.Errorf("%+v", res)
	}
	b.koi.set(func(f *tableFake) { f.text = koiText })
	back := must(t, b, "koi", true)
	if back.Changes.Changed != 1 || back.RawPath != "raw/nasa/koi_20260102_030407.csv" {
		t.Errorf("%+v", back)
	}
	if files := rawFiles(t, b); len(files) != 3 {
		t.Errorf("files %v", files)
	}
}

func TestColumnsThatComeAndGoAreReported(t *testing.T) {
	b := newBench(t)
	must(t, b, "koi", true)
	b.koi.set(func(f *tableFake) { f.text = strings.Replace(koiText, "koi_kepmag", "koi_gmag", 1) })
	res := must(t, b, "koi", true)
	if len(res.SchemaChanges.Added) != 1 || len(res.SchemaChanges.Removed) != 1 || len(res.Warnings) != 2 || res.Changes.Unchanged != 3 {
		t.Errorf("%+v", res)
	}
}

func TestNotModifiedIsUnchanged(t *testing.T) {
	b := newBench(t)
	b.koi.etag = `"1"`
	must(t, b, "koi", false)
	b.clock.Pass(25 * time.Hour)
	if res := must(t, b, "koi", false); res.Source != ingest.Unchanged || b.koi.fetches[1].Known == nil {
		t.Errorf("%+v", res)
	}
}

// down are the ways in which an archive does not answer.
var down = map[string]error{
	"down":      exo.Errorf("fake", exo.Unavailable, nil, "connection refused"),
	"busy":      exo.Errorf("fake", exo.RateLimited, nil, "too many requests"),
	"a page":    exo.Errorf("fake", exo.Upstream, nil, "sent a web page"),
	"too late":  exo.E("fake", exo.Unavailable, nil, context.DeadlineExceeded),
	"truncated": exo.Errorf("fake", exo.Upstream, nil, "the table breaks off"),
}

func TestWhenTheArchiveDoesNotAnswer(t *testing.T) {
	for name, cause := range down {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.koi.err = cause
			if _, err := table(t, b, "koi", false); exo.KindOf(err) != exo.KindOf(cause) || exo.ExtraOf(err)["last_good"] != nil {
				t.Errorf("nothing held: %v", err)
			}
			b.koi.set(func(f *tableFake) { f.err = nil })
			first := must(t, b, "koi", false)
			b.koi.set(func(f *tableFake) { f.err = cause })
			b.clock.Pass(75 * time.Hour)
			res := must(t, b, "koi", false)
			if res.Source != ingest.Stale || res.RawPath != first.RawPath || len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], "3 days 3 hours ago") {
				t.Errorf("expired: %+v", res)
			}
			_, err := table(t, b, "koi", true)
			want := exo.KindOf(cause)
			if want == exo.RateLimited {
				want = exo.Unavailable
			}
			good, _ := exo.ExtraOf(err)["last_good"].(map[string]any)
			if exo.KindOf(err) != want || good["path"] != first.RawPath || good["retrieved_at"] != first.RetrievedAt {
				t.Errorf("forced: %v %v", err, good)
			}
			onlyFiles(t, b, string(first.RawPath))
		})
	}
}

func TestWhatCannotBeUsedIsKeptAsideAndNeverCurrent(t *testing.T) {
	for name, tt := range map[string]struct{ text, says string }{
		"a missing column":    {strings.Replace(koiText, "koi_period", "period_of_koi", 1), "lacks the column koi_period"},
		"a duplicated row":    {koiText + strings.Split(koiText, "\n")[1] + "\n", "twice"},
		"a wrong position":    {strings.Replace(koiText, "285.67942", "385.67942", 1), "right ascension"},
		"a word for a number": {strings.Replace(koiText, "0.837491225", "fast", 1), "not a number"},
		"a row cut":           {koiText[:len(koiText)-30], "row 3 has"},
		"Latin-1":             {strings.Replace(koiText, "Kepler-2 b", "Kepler-2 \xe9", 1), "row 3 is not valid UTF-8"},
		"a NUL":               {strings.Replace(koiText, "Kepler-2 b", "Kepler\x002 b", 1), "row 3 holds a NUL"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			first := must(t, b, "koi", false)
			b.koi.set(func(f *tableFake) { f.text = tt.text })
			b.clock.Pass(25 * time.Hour)
			_, err := table(t, b, "koi", false)
			extra := exo.ExtraOf(err)
			if !errors.Is(err, exo.Upstream) || exo.KindOf(err) != exo.Upstream || !strings.Contains(exo.MessageOf(err), tt.says) || exo.HintOf(err) == "" {
				t.Errorf("%v", err)
			}
			if extra["validation"] == nil || extra["last_good"] == nil || extra["report_path"] != exo.Path("metadata/validation/koi_20260103_040405.json") {
				t.Errorf("%v", extra)
			}
			if doc := document(t, b, extra["report_path"]); doc.Report.Valid || !doc.Rejected || len(doc.Files) != 1 || doc.Files[0].Path != extra["rejected_path"] {
				t.Errorf("%+v", doc)
			}
			if _, err := table(t, b, "koi", true); !errors.Is(err, exo.Upstream) {
				t.Errorf("again: %v", err)
			}
			onlyFiles(t, b, string(first.RawPath), "raw/nasa/rejected/koi_20260103_040405.csv")
			b.koi.set(func(f *tableFake) { f.text = koiText })
			if res := must(t, b, "koi", true); res.Source != ingest.Unchanged || res.RawPath != first.RawPath {
				t.Errorf("afterwards: %+v", res)
			}
		})
	}
}

// document reads a report that an answer names.
func document(t testing.TB, b *bench, path any) reports.Document {
	t.Helper()
	p, _ := path.(exo.Path)
	_, doc, err := reports.New(b.store).Read(t.Context(), string(p))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// many makes a KOI table.
func many(n int, disposition string) string {
	var b strings.Builder
	b.WriteString("kepid,kepoi_name,koi_disposition,koi_period,koi_time0bk,ra,dec\n")
	for i := range n {
		k := float64(i % 40) // periods, epochs and places as the real table has them
		fmt.Fprintf(&b, "%d,K%05d.01,%s,%.4f,%.5f,%.5f,%.6f\n", 1_000_000+i, i+1, disposition,
			0.9*math.Pow(1.13, k)+0.001*float64(i), 131.5+0.37*k, 285+0.11*k+0.01*float64(i%7), 40+0.05*float64(i))
	}
	return b.String()
}

func TestMassChangesWaitForApproval(t *testing.T) {
	all := many(100, "CANDIDATE")
	lines := strings.SplitAfter(all, "\n")
	for name, tt := range map[string]struct {
		text string
		held bool
	}{
		"one row gone":                 {strings.Join(lines[:100], ""), false},
		"five of a hundred rows gone":  {strings.Join(lines[:96], ""), false},
		"six of a hundred rows gone":   {strings.Join(lines[:95], ""), true},
		"all dispositions flipped":     {many(100, "CONFIRMED"), true},
		"no rows":                      {lines[0], true},
		"half the dispositions change": {strings.Join(lines[:51], "") + strings.ReplaceAll(strings.Join(lines[51:], ""), "CANDIDATE", "CONFIRMED"), false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.koi.text = all
			first := must(t, b, "koi", false)
			b.koi.set(func(f *tableFake) { f.text = tt.text })
			b.clock.Pass(time.Hour)
			res, err := table(t, b, "koi", true)
			if !tt.held {
				if err != nil || res.Source != ingest.FromArchive {
					t.Errorf("%+v %v", res, err)
				}
				return
			}
			extra := exo.ExtraOf(err)
			if exo.KindOf(err) != exo.Conflict || extra["held_id"] != "koi_20260102_040405" || extra["difference"] == nil || extra["last_good"] == nil {
				t.Fatalf("%v %v", err, extra)
			}
			if _, err := table(t, b, "koi", true); exo.ExtraOf(err)["held_id"] != extra["held_id"] {
				t.Errorf("again: %v", err)
			}
			onlyFiles(t, b, string(first.RawPath), "raw/nasa/held/koi_20260102_040405.csv")
			if res := must(t, b, "koi", false); res.RawPath != first.RawPath {
				t.Errorf("current: %+v", res)
			}
			list, err := b.Held(t.Context())
			if err != nil || len(list) != 1 || list[0].ID != "koi_20260102_040405" || list[0].Reason == "" {
				t.Errorf("%+v %v", list, err)
			}
			decideBothWays(t, b, list[0], tt.text)
		})
	}
}

// decideBothWays discards the held table, has it held again and approves it.
func decideBothWays(t *testing.T, b *bench, h ingest.HeldTable, text string) {
	t.Helper()
	if err := b.Discard(t.Context(), h.ID); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{h.ID, "koi_x", ""} {
		if err := b.Discard(t.Context(), id); !errors.Is(err, exo.NotFound) {
			t.Errorf("discard %q: %v", id, err)
		}
		if _, err := b.Approve(t.Context(), id); !errors.Is(err, exo.NotFound) {
			t.Errorf("approve %q: %v", id, err)
		}
	}
	b.clock.Pass(time.Minute)
	_, err := table(t, b, "koi", true)
	id, _ := exo.ExtraOf(err)["held_id"].(string)
	if id == "" || id == h.ID {
		t.Fatalf("not held again: %v", err)
	}
	res, err := b.Approve(t.Context(), id)
	if err != nil || res.Changes != h.Changes || res.Checksum != exo.DigestOf([]byte(text)) {
		t.Fatalf("%+v %v", res, err)
	}
	if now := must(t, b, "koi", false); now.RawPath != res.RawPath || now.Source != ingest.FromCache {
		t.Errorf("current: %+v", now)
	}
	if list, err := b.Held(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
}

func TestApprovingIsRefusedWhenANewerTableIsCurrent(t *testing.T) {
	b := newBench(t)
	b.koi.text = many(100, "CANDIDATE")
	must(t, b, "koi", false)
	b.koi.set(func(f *tableFake) { f.text = many(50, "CANDIDATE") })
	b.clock.Pass(time.Hour)
	_, err := table(t, b, "koi", true)
	id, _ := exo.ExtraOf(err)["held_id"].(string)
	b.koi.set(func(f *tableFake) { f.text = many(101, "CANDIDATE") })
	b.clock.Pass(time.Hour)
	must(t, b, "koi", true)
	if _, err := b.Approve(t.Context(), id); exo.KindOf(err) != exo.Conflict {
		t.Errorf("%v", err)
	}
}

func TestApprovingTwiceMakesOneFile(t *testing.T) {
	b := newBench(t)
	b.koi.text = many(100, "CANDIDATE")
	must(t, b, "koi", false)
	b.koi.set(func(f *tableFake) { f.text = many(50, "CANDIDATE") })
	b.clock.Pass(time.Hour)
	_, err := table(t, b, "koi", true)
	id, _ := exo.ExtraOf(err)["held_id"].(string)
	// As after a crash: the table is published, the decision is not noted.
	st, err := b.store.Stage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Write([]byte(many(50, "CANDIDATE"))); err != nil {
		t.Fatal(err)
	}
	held, err := b.store.Get(t.Context(), exo.Path("raw/nasa/held/"+id+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	held.Path, held.Kind = exo.Path("raw/nasa/"+id+".csv"), store.Table
	if _, err := b.store.Publish(t.Context(), store.Item{Staged: st, Meta: held}); err != nil {
		t.Fatal(err)
	}
	res, err := b.Approve(t.Context(), id)
	if err != nil || res.RawPath != held.Path {
		t.Errorf("%+v %v", res, err)
	}
	onlyFiles(t, b, "raw/nasa/held/"+id+".csv", "raw/nasa/"+id+".csv", "raw/nasa/koi_20260102_030405.csv")
}

func TestAnEmptyFirstTableIsRejected(t *testing.T) {
	b := newBench(t)
	b.koi.text = strings.SplitAfter(koiText, "\n")[0]
	_, err := table(t, b, "koi", false)
	if exo.KindOf(err) != exo.Upstream || exo.ExtraOf(err)["report_path"] == nil {
		t.Fatalf("%v", err)
	}
	if doc := document(t, b, exo.ExtraOf(err)["report_path"]); doc.Report.Valid || !doc.Rejected || len(doc.Report.Findings) == 0 {
		t.Errorf("%+v", doc.Report)
	}
}

func TestAProbeSavesTheFetch(t *testing.T) {
	b := newBench(t)
	b.k2f.probe = &archive.Probe{Rows: 3, Newest: "2025-09-25"}
	must(t, b, "k2", false)
	b.clock.Pass(25 * time.Hour)
	if res := must(t, b, "k2", false); res.Source != ingest.Unchanged || b.k2f.asked() != 1 || b.k2f.probes != 1 {
		t.Errorf("%+v, %d fetches, %d probes", res, b.k2f.asked(), b.k2f.probes)
	}
	b.clock.Pass(7 * 24 * time.Hour)
	if res := must(t, b, "k2", false); res.Source != ingest.Unchanged || b.k2f.asked() != 2 || b.k2f.probes != 1 {
		t.Errorf("no whole load after a week: %+v, %d fetches", res, b.k2f.asked())
	}
	b.clock.Pass(25 * time.Hour)
	if must(t, b, "k2", false); b.k2f.asked() != 2 || b.k2f.probes != 2 {
		t.Errorf("%d fetches, %d probes", b.k2f.asked(), b.k2f.probes)
	}
}

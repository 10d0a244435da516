package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/store"
)

var auMic = tic(441420236)

// paths lists the places of the files of an answer.
func paths(res ingest.LightCurveResult) (list []string) {
	for _, f := range res.Files {
		list = append(list, string(f.Path))
	}
	return list
}

// files lists what lies below a folder of the data tree.
func (b *curveBench) files(t *testing.T, folder string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(b.dir, folder), func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(b.dir, name)
			list = append(list, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// content reads a stored file.
func (b *curveBench) content(t *testing.T, path exo.Path) string {
	t.Helper()
	f, err := b.store.Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestALightCurveIsFetchedCheckedAndStored(t *testing.T) {
	c := curve{id: auMic, slice: 1, cadence: 120}
	b := newCurveBench(t, []curve{c})
	var seen []string
	res, err := b.LightCurve(t.Context(), ingest.LightCurveRequest{TargetName: "tic-441420236", Mission: "tess", SectorQuarter: slicePtr(1)}, func(done, total int64, unit, message string) {
		seen = append(seen, fmt.Sprint(done, "/", total, " ", unit, " ", message))
	})
	if err != nil {
		t.Fatal(err)
	}
	path := "lightcurves/tess/s0001/tess2018206045859-s0001-0000000441420236-0120-s_lc.fits"
	same(t, "paths", paths(res), []string{path})
	same(t, "target", res.Target, ingest.Target{Query: "tic-441420236", Mission: exo.TESS, ID: auMic, Name: "TIC 441420236"})
	same(t, "status and source", res.Status+" "+string(res.Source), "success archive")
	same(t, "progress", seen, []string{"1/1 files tess2018206045859-s0001-0000000441420236-0120-s_lc.fits"})
	stored, err := os.ReadFile(filepath.Join(b.dir, path))
	if err != nil || !bytes.Equal(stored, c.bytes(t)) {
		t.Errorf("the stored file is not the archive's: %v", err)
	}
	f := res.Files[0]
	same(t, "file", []any{f.SectorQuarter, f.CadenceS, f.Records, f.Checksum, f.SizeBytes, f.Source}, []any{1, 120.0, 50, exo.DigestOf(stored), len(stored), ingest.FromArchive})
	same(t, "points", res.DataPoints, 50)
	if want := 49 * 120.0 / 86400; res.TimeSpanDays < want-1e-9 || res.TimeSpanDays > want+1e-9 {
		t.Errorf("span %g, want %g", res.TimeSpanDays, want)
	}
	same(t, "valid", res.Validation.Valid, true)
	same(t, "completeness", res.Validation.Metrics.Completeness.Overall, 0.98)
	same(t, "times", []any{res.RetrievedAt, res.FreshUntil}, []any{b.clock.Now(), b.clock.Now().Add(6 * time.Hour)})
	m, err := b.store.Get(t.Context(), f.Path)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "metadata", []any{m.Kind, m.Target, m.Mission, m.Author, *m.SectorQuarter, m.Rows, m.Scale, m.Release, m.Origin.Archive},
		[]any{store.LightCurve, auMic, exo.TESS, "SPOC", 1, 50, exo.BTJD, "DR1 test-1", "mast"})
	same(t, "answers", b.files(t, "raw/mast"), []string{"raw/mast/tic441420236_20260102_030405_search.json"})
	if text, err := json.Marshal(res); err != nil || !strings.Contains(string(text), `"warnings":[]`) {
		t.Errorf("JSON: %s, %v", text, err)
	}
}

func TestFreshLightCurvesAreAnsweredFromWhatIsHeld(t *testing.T) {
	b := newCurveBench(t, []curve{{id: auMic, slice: 1, cadence: 120}, {id: auMic, slice: 27, cadence: 120}, {id: auMic, slice: 27, cadence: 20}})
	all := ingest.LightCurveRequest{TargetName: "TIC 441420236"}
	one := ingest.LightCurveRequest{TargetName: "TIC 441420236", SectorQuarter: slicePtr(27)}
	first := b.get(t, all)
	b.clock.Pass(5 * time.Hour)
	for name, req := range map[string]ingest.LightCurveRequest{"the same": all, "a part of it": one} {
		res := b.get(t, req)
		same(t, name+": source", res.Source, ingest.FromCache)
		same(t, name+": fresh until", res.FreshUntil, first.FreshUntil)
		same(t, name+": file's source", res.Files[len(res.Files)-1].Source, ingest.FromCache)
	}
	same(t, "files", paths(b.get(t, all)), paths(first))
	same(t, "searches and downloads", []int{b.mast.finds, b.mast.downloads()}, []int{1, 2})
	b.clock.Pass(2 * time.Hour)
	res := b.get(t, all)
	same(t, "after six hours", res.Source, ingest.Unchanged)
	same(t, "fresh again", res.FreshUntil, b.clock.Now().Add(6*time.Hour))
	same(t, "retrieved at", res.RetrievedAt, first.RetrievedAt)
	same(t, "searches and downloads", []int{b.mast.finds, b.mast.downloads()}, []int{2, 2})
	forced := all
	forced.ForceRefresh = true
	res = b.get(t, forced)
	same(t, "forced", res.Source, ingest.Unchanged)
	same(t, "searches and downloads", []int{b.mast.finds, b.mast.downloads()}, []int{3, 4})
	same(t, "answers are stored when they differ", len(b.files(t, "raw/mast")), 1)
	same(t, "light curves", len(b.files(t, "lightcurves")), 2)
}

func TestAChangedFileIsKeptBesideTheOldOne(t *testing.T) {
	old := curve{id: auMic, slice: 1, cadence: 120}
	b := newCurveBench(t, []curve{old})
	req := ingest.LightCurveRequest{TargetName: "TIC 441420236"}
	first := b.get(t, req)
	for i := range 3 {
		b.clock.Pass(7 * time.Hour)
		b.mast.hold(t, curve{id: auMic, slice: 1, cadence: 120, rows: 200 + 100*i})
		res := b.get(t, req)
		stem := strings.TrimSuffix(string(first.Files[0].Path), ".fits")
		same(t, "paths", paths(res), []string{stem + "_" + exo.Stamp(b.clock.Now()) + ".fits"})
		same(t, "source", res.Source, ingest.FromArchive)
		same(t, "held now", paths(b.get(t, req)), paths(res))
	}
	stored, err := os.ReadFile(filepath.Join(b.dir, string(first.Files[0].Path)))
	if err != nil || !bytes.Equal(stored, old.bytes(t)) {
		t.Errorf("the old file has changed: %v", err)
	}
	same(t, "files", len(b.files(t, "lightcurves")), 4)
	t.Run("of the same length it is found by force alone", func(t *testing.T) {
		b.clock.Pass(7 * time.Hour)
		b.mast.hold(t, curve{id: auMic, slice: 1, cadence: 120, rows: 400, seed: 1})
		same(t, "without force", b.get(t, req).Source, ingest.Unchanged)
		forced := req
		forced.ForceRefresh = true
		same(t, "with force", b.get(t, forced).Source, ingest.FromArchive)
	})
}

func TestAReprocessedFileOfTheSameLengthIsFoundByItsValidators(t *testing.T) {
	b := newCurveBench(t, []curve{{id: auMic, slice: 1, cadence: 120}})
	req := ingest.LightCurveRequest{TargetName: "TIC 441420236"}
	first := b.get(t, req)
	b.mast.hold(t, curve{id: auMic, slice: 1, cadence: 120, seed: 1})
	answer := func(same, ok bool, err error) {
		b.clock.Pass(7 * time.Hour)
		b.mast.confirm = func(string, exo.Origin) (bool, bool, error) { return same, ok, err }
	}
	answer(true, true, nil)
	same(t, "the archive says that it is the same", b.get(t, req).Source, ingest.Unchanged)
	answer(false, false, nil)
	same(t, "the archive cannot tell", b.get(t, req).Source, ingest.Unchanged)
	answer(false, false, exo.Errorf("fake", exo.Unavailable, nil, "the archive is down"))
	res := b.get(t, req)
	same(t, "the archive does not answer", []any{res.Source, paths(res), len(res.Warnings) > 0}, []any{ingest.Stale, paths(first), true})
	answer(false, true, nil)
	res = b.get(t, req)
	same(t, "the archive says that it is another", res.Source, ingest.FromArchive)
	if res.Files[0].Path == first.Files[0].Path || res.Files[0].Checksum == first.Files[0].Checksum {
		t.Errorf("the new file is %+v, as the old one", res.Files[0])
	}
	same(t, "files", len(b.files(t, "lightcurves")), 2)
}

func TestAFileThatTheArchiveNoLongerListsIsKept(t *testing.T) {
	one, two := curve{id: auMic, slice: 1, cadence: 120}, curve{id: auMic, slice: 2, cadence: 120}
	b := newCurveBench(t, []curve{one, two})
	req := ingest.LightCurveRequest{TargetName: "TIC 441420236"}
	first := b.get(t, req)
	b.mast.hold(t, two)
	for _, force := range []bool{false, true} {
		b.clock.Pass(7 * time.Hour)
		req.ForceRefresh = force
		res := b.get(t, req)
		same(t, "files", paths(res), paths(first))
		same(t, "source", res.Source, ingest.Unchanged)
		same(t, "warnings", res.Warnings, []string{one.fileName() + " is held, but the archive no longer lists it"})
	}
	req.ForceRefresh = false
	res := b.get(t, req)
	same(t, "from the cache", []any{res.Source, len(res.Files), len(res.Warnings)}, []any{ingest.FromCache, 2, 1})
}

func TestAFileNamedAfterAGaiaStarIsFoundAgain(t *testing.T) {
	b := newCurveBench(t, []curve{{id: auMic, slice: 7, cadence: 1800, name: "hlsp_tglc_tess_ffi_gaiaid-5707485527450614656-s0007-cam2-ccd3_tess_v2_llc.fits",
		change: func(primary, table *fits.Header) {
			primary.Set("ORIGIN", "UCSB/TGLC", "")
			table.Set("XPTIME", 1800.0, "")
		},
		columns: func(cols []fits.ColumnData) {
			for i, name := range map[int]string{0: "time", 1: "cadence_num", 2: "aperture_flux", 4: "cal_aper_flux", 6: "TESS_flags"} {
				cols[i].Name = name
			}
		}}})
	for _, source := range []ingest.Source{ingest.FromArchive, ingest.FromCache} {
		res := b.get(t, ingest.LightCurveRequest{TargetName: "TIC 441420236", Author: "tglc"})
		same(t, "source and files", []any{res.Source, len(res.Files), res.Files[0].SectorQuarter}, []any{source, 1, 7})
	}
}

func TestTwoSearchesInOneSecondHaveTheirOwnNames(t *testing.T) {
	b := newCurveBench(t, []curve{{id: auMic, slice: 1, cadence: 120}, {id: auMic, slice: 2, cadence: 120}})
	search := func(sector int, bodies ...string) {
		b.mast.answered = nil
		for i, body := range bodies {
			origin := exo.Origin{Archive: "mast", URL: "http://archive.test", Query: "q", ETag: fmt.Sprint(sector)}
			b.mast.answered = append(b.mast.answered, archive.Answer{Name: []string{"observations", "products", "../x y"}[i], Origin: origin, Body: []byte(body)})
		}
		b.get(t, ingest.LightCurveRequest{TargetName: "TIC 441420236", SectorQuarter: slicePtr(sector), ForceRefresh: true})
	}
	search(1, `{"a" :1.0}`, "[ ]", "no JSON")
	search(2, `{"a" :1.0}`, "[ ]", "no JSON")
	search(2, `{"a" :1.0}`, "[1]", "")
	first, second := "raw/mast/tic441420236_20260102_030405_search.json", "raw/mast/tic441420236_20260102_030406_search.json"
	same(t, "answers", b.files(t, "raw/mast"), []string{first, second})
	const origin = `"origin":{"archive":"mast","url":"http://archive.test","query":"q"}`
	same(t, "first", b.content(t, exo.Path(first)), `[{"name":"observations",`+origin+`,"answer":{"a" :1.0}},
{"name":"products",`+origin+`,"answer":[ ]},
{"name":"../x y",`+origin+`,"answer":"no JSON"}]
`)
	same(t, "second", b.content(t, exo.Path(second)), `[{"name":"observations",`+origin+`,"answer":{"a" :1.0}},
{"name":"products",`+origin+`,"answer":[1]}]
`)
}

func TestCadencesAndSectorsAreChosenByRule(t *testing.T) {
	star, k := tic(42), kic(10666592)
	b := newCurveBench(t, []curve{
		{id: star, slice: 2, cadence: 120}, {id: star, slice: 27, cadence: 20}, {id: star, slice: 27, cadence: 120}, {id: star, slice: 28, cadence: 20},
		{id: k, slice: 0, cadence: 60}, {id: k, slice: 2, cadence: 1800}, {id: epic(7), slice: 102, cadence: 1800}, {id: epic(7), slice: 101, cadence: 1800},
	})
	for name, c := range map[string]struct {
		req  ingest.LightCurveRequest
		want string // sector:cadence …
		warn string
	}{
		"120 s stands for a sector, 20 s where it is alone": {ingest.LightCurveRequest{TargetName: "TIC 42"}, "2:120 27:120 28:20", "the 20 s light curves of sector 27 were left out beside those of 120 s; ask for them with cadence_s 20"},
		"one sector":                      {ingest.LightCurveRequest{TargetName: "TIC 42", SectorQuarter: slicePtr(28)}, "28:20", ""},
		"another cadence":                 {ingest.LightCurveRequest{TargetName: "TIC 42", CadenceS: 20}, "27:20 28:20", ""},
		"Kepler":                          {ingest.LightCurveRequest{TargetName: "KIC 10666592"}, "0:60 2:1800", ""},
		"both halves of a split campaign": {ingest.LightCurveRequest{TargetName: "EPIC 7", SectorQuarter: slicePtr(10)}, "101:1800 102:1800", ""},
		"one half of a split campaign":    {ingest.LightCurveRequest{TargetName: "EPIC 7", SectorQuarter: slicePtr(102)}, "102:1800", ""},
		"the author's name in lower case": {ingest.LightCurveRequest{TargetName: "TIC 42", Author: "spoc", SectorQuarter: slicePtr(2)}, "2:120", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, source := range []ingest.Source{ingest.FromArchive, ingest.FromCache} {
				res := b.get(t, c.req)
				var got []string
				for _, f := range res.Files {
					got = append(got, fmt.Sprint(f.SectorQuarter, ":", f.CadenceS))
				}
				same(t, "files", strings.Join(got, " "), c.want)
				same(t, "warnings", strings.Join(res.Warnings, "; "), c.warn)
				if source == ingest.FromCache {
					same(t, "source", res.Source, source)
				}
			}
		})
	}
}

func TestRequestsThatCannotBeAnswered(t *testing.T) {
	b := newCurveBench(t, []curve{{id: tic(42), slice: 2, cadence: 120}, {id: tic(43), slice: 1, cadence: 120, rights: "EXCLUSIVE_ACCESS"}})
	must(t, b.bench, "toi", false)
	must(t, b.bench, "koi", false)
	must(t, b.bench, "k2", false)
	for name, c := range map[string]struct {
		req  ingest.LightCurveRequest
		want exo.Kind
		text string
	}{
		"no name":                              {ingest.LightCurveRequest{}, exo.Invalid, "empty"},
		"a bare number":                        {ingest.LightCurveRequest{TargetName: "42"}, exo.Invalid, "TIC 42"},
		"a path":                               {ingest.LightCurveRequest{TargetName: "../../etc/passwd"}, exo.Invalid, ""},
		"a NUL":                                {ingest.LightCurveRequest{TargetName: "TIC 4\x002"}, exo.Invalid, ""},
		"300 characters":                       {ingest.LightCurveRequest{TargetName: strings.Repeat("x", 300)}, exo.Invalid, "longer"},
		"a mission that is none":               {ingest.LightCurveRequest{TargetName: "TIC 42", Mission: "Hubble"}, exo.Invalid, "TESS, Kepler or K2"},
		"an author that is none":               {ingest.LightCurveRequest{TargetName: "TIC 42", Author: "me"}, exo.Invalid, "SPOC"},
		"an author of another mission":         {ingest.LightCurveRequest{TargetName: "TIC 42", Author: "EVEREST"}, exo.Invalid, "QLP"},
		"a negative sector":                    {ingest.LightCurveRequest{TargetName: "TIC 42", SectorQuarter: slicePtr(-1)}, exo.Invalid, ""},
		"a sector without data":                {ingest.LightCurveRequest{TargetName: "TIC 42", SectorQuarter: slicePtr(3)}, exo.NotFound, "leave the sector out"},
		"a star without data":                  {ingest.LightCurveRequest{TargetName: "TIC 44"}, exo.NotFound, "TIC 44"},
		"a name nobody knows":                  {ingest.LightCurveRequest{TargetName: "Vulcan"}, exo.NotFound, "no star is known"},
		"a KIC star asked for TESS":            {ingest.LightCurveRequest{TargetName: "KIC 11904151", Mission: "TESS"}, exo.NotFound, "leave the mission out"},
		"data that are not public yet":         {ingest.LightCurveRequest{TargetName: "TIC 43"}, exo.NotFound, "SPOC sector 1, 120 s"},
		"a K2 star whose mission is not clear": {ingest.LightCurveRequest{TargetName: "EPIC 201912552", Mission: "Kepler"}, exo.NotFound, "EPIC"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.LightCurve(t.Context(), c.req, nil)
			if !errors.Is(err, c.want) || !strings.Contains(exo.MessageOf(err)+" "+exo.HintOf(err), c.text) {
				t.Errorf("got %v (%s; %s), want %s with %q", err, exo.MessageOf(err), exo.HintOf(err), c.want, c.text)
			}
			if exo.HintOf(err) == "" && name != "a negative sector" {
				t.Error("no hint")
			}
		})
	}
	if left := b.files(t, "lightcurves"); len(left) != 0 {
		t.Errorf("something was stored: %v", left)
	}
}

func TestBadFilesAreFetchedOnceMoreAndNeverStored(t *testing.T) {
	good := curve{id: auMic, slice: 1, cadence: 120}
	for name, c := range map[string]struct {
		bad  curve
		text string
	}{
		"another star":            {curve{id: tic(7), slice: 1, cadence: 120, name: good.fileName()}, "star is TIC 7, not TIC 441420236"},
		"another sector":          {curve{id: auMic, slice: 2, cadence: 120, name: good.fileName()}, "sector is 2, not 1"},
		"another cadence":         {curve{id: auMic, slice: 1, cadence: 20, name: good.fileName()}, "cadence is 20 s, not 120 s"},
		"another mission":         {curve{id: kic(441420236), slice: 1, cadence: 120, name: good.fileName()}, "mission"},
		"times that go backwards": {curve{id: auMic, slice: 1, cadence: 120, columns: func(cols []fits.ColumnData) { slices.Reverse(cols[0].Data.([]float64)) }}, "later"},
		"a wrong checksum":        {curve{id: auMic, slice: 1, cadence: 120, change: func(_, table *fits.Header) { table.Set("DATASUM", "12345", "") }}, "checksum"},
		"no light curve in it":    {curve{id: auMic, slice: 1, cadence: 120, change: func(_, table *fits.Header) { table.Set("EXTNAME", "PIXELS", "") }}, "LIGHTCURVE"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newCurveBench(t, []curve{c.bad})
			req := ingest.LightCurveRequest{TargetName: "TIC 441420236"}
			_, err := b.LightCurve(t.Context(), req, nil)
			if !errors.Is(err, exo.Upstream) || !strings.Contains(exo.MessageOf(err), c.text) {
				t.Errorf("got %v, want Upstream with %q", err, c.text)
			}
			same(t, "tries", b.mast.downloads(), 2)
			same(t, "left behind", b.files(t, "lightcurves"), []string{})
			same(t, "staged", b.files(t, ".staging"), []string{})
		})
	}
	t.Run("an HTML page, once", func(t *testing.T) {
		b := newCurveBench(t, []curve{good})
		b.mast.spoil = func(_ string, try int, data []byte) []byte {
			if try > 1 {
				return data
			}
			return append([]byte("<html>down for maintenance</html>"), data[33:]...)
		}
		same(t, "status", b.get(t, ingest.LightCurveRequest{TargetName: "TIC 441420236"}).Status, "success")
		same(t, "tries", b.mast.downloads(), 2)
	})
	t.Run("a file shorter than listed", func(t *testing.T) {
		short := good
		short.listed = 1 << 20
		b := newCurveBench(t, []curve{short})
		_, err := b.LightCurve(t.Context(), ingest.LightCurveRequest{TargetName: "TIC 441420236"}, nil)
		if !errors.Is(err, exo.Upstream) || !strings.Contains(exo.MessageOf(err), "lists 1048576") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a flaw that is none to refuse is a warning", func(t *testing.T) {
		odd := curve{id: auMic, slice: 1, cadence: 120, columns: func(cols []fits.ColumnData) { cols[1].Data.([]int32)[9] = 99 }}
		res := newCurveBench(t, []curve{odd}).get(t, ingest.LightCurveRequest{TargetName: "TIC 441420236"})
		if len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], "cadence") || res.Validation.Warnings != 1 {
			t.Errorf("warnings %q, %+v", res.Warnings, res.Validation)
		}
	})
}

func TestOneBadFileDoesNotStopTheOthers(t *testing.T) {
	b := newCurveBench(t, []curve{{id: auMic, slice: 1, cadence: 120}, {id: auMic, slice: 2, cadence: 120, name: "tess2018234235059-s0003-0000000441420236-0121-s_lc.fits"}, {id: auMic, slice: 27, cadence: 120}})
	req := ingest.LightCurveRequest{TargetName: "TIC 441420236"}
	res := b.get(t, req)
	same(t, "status", res.Status, "partial")
	same(t, "files", len(res.Files), 2)
	if len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], "sector is 2, not 3") {
		t.Errorf("warnings %q", res.Warnings)
	}
	res = b.get(t, req)
	same(t, "a partial answer is not fresh", []any{res.Status, res.Source, b.mast.finds}, []any{"partial", ingest.Unchanged, 2})
}

func TestWhenTheLightCurveArchiveFails(t *testing.T) {
	outages := map[string]error{
		"down": exo.Errorf("x", exo.Unavailable, nil, "mast is down"), "busy": exo.Errorf("x", exo.RateLimited, nil, "too fast"),
		"talking HTML": exo.Errorf("x", exo.Upstream, nil, "mast sent a web page"),
	}
	for name, outage := range outages {
		for where, break_ := range map[string]func(*curveFake){
			"search":   func(f *curveFake) { f.findErr = outage },
			"download": func(f *curveFake) { f.loadErr[curve{id: auMic, slice: 1, cadence: 120}.fileName()] = outage },
		} {
			t.Run(name+" in the "+where, func(t *testing.T) {
				b := newCurveBench(t, []curve{{id: auMic, slice: 1, cadence: 120}})
				req := ingest.LightCurveRequest{TargetName: "TIC 441420236"}
				b.mast.set(break_)
				if _, err := b.LightCurve(t.Context(), req, nil); !errors.Is(err, exo.KindOf(outage)) {
					t.Errorf("nothing held: got %v, want %s", err, exo.KindOf(outage))
				}
				same(t, "staged", b.files(t, ".staging"), []string{})
				b.mast.set(func(f *curveFake) { f.findErr, f.loadErr = nil, map[string]error{} })
				first := b.get(t, req)
				b.clock.Pass(7 * time.Hour)
				b.mast.hold(t, curve{id: auMic, slice: 1, cadence: 120, rows: 200}) // so that a download is needed
				b.mast.set(break_)
				res := b.get(t, req)
				same(t, "source", []any{res.Source, res.Files[0].Source}, []any{ingest.Stale, ingest.Stale})
				same(t, "data", paths(res), paths(first))
				if len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], exo.MessageOf(outage)) || !strings.Contains(res.Warnings[0], "7 hours") {
					t.Errorf("warnings %q", res.Warnings)
				}
				req.ForceRefresh = true
				_, err := b.LightCurve(t.Context(), req, nil)
				good, _ := exo.ExtraOf(err)["last_good"].(map[string]any)
				if k := exo.KindOf(err); k != exo.Unavailable && k != exo.Upstream || good["path"] != first.Files[0].Path {
					t.Errorf("forced: got %v with %v", err, exo.ExtraOf(err))
				}
				b.mast.set(func(f *curveFake) { f.findErr, f.loadErr = nil, map[string]error{} })
				same(t, "afterwards", b.get(t, req).Source, ingest.FromArchive)
			})
		}
	}
}

func TestCancelLeavesNothing(t *testing.T) {
	b := newCurveBench(t, []curve{{id: auMic, slice: 1, cadence: 120}, {id: auMic, slice: 2, cadence: 120}})
	b.mast.wait = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := b.LightCurve(ctx, ingest.LightCurveRequest{TargetName: "TIC 441420236"}, nil)
		failed <- err
	}()
	for b.mast.downloads() < 2 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-failed; !errors.Is(err, exo.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	same(t, "staged", b.files(t, ".staging"), []string{})
	same(t, "stored", b.files(t, "lightcurves"), []string{})
	close(b.mast.wait)
	same(t, "afterwards", b.get(t, ingest.LightCurveRequest{TargetName: "TIC 441420236"}).Status, "success")
}

func TestTheSameTargetTwiceAtOnceIsOneFetch(t *testing.T) {
	b := newCurveBench(t, []curve{{id: auMic, slice: 1, cadence: 120}})
	b.mast.wait = make(chan struct{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := []string{"TIC 441420236", "tic441420236"}[i%2]
			res, err := b.LightCurve(t.Context(), ingest.LightCurveRequest{TargetName: name}, nil)
			if err != nil || res.Status != "success" || res.Target.Query != name {
				t.Errorf("%v %+v", err, res)
			}
		})
	}
	for b.mast.downloads() == 0 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	close(b.mast.wait)
	wg.Wait()
	same(t, "searches and downloads", []int{b.mast.finds, b.mast.downloads()}, []int{1, 1})
}

func TestAFileThatTwoRequestsWantIsFetchedOnce(t *testing.T) {
	b := newCurveBench(t, []curve{{id: auMic, slice: 1, cadence: 120}})
	b.mast.wait = make(chan struct{})
	var wg sync.WaitGroup
	for _, slice := range []*int{nil, slicePtr(1)} {
		wg.Go(func() {
			res, err := b.LightCurve(t.Context(), ingest.LightCurveRequest{TargetName: "TIC 441420236", SectorQuarter: slice}, nil)
			if err != nil || len(res.Files) != 1 {
				t.Errorf("%v %+v", err, res)
			}
		})
	}
	for deadline := time.Now().Add(10 * time.Second); b.mast.searches() < 2 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	close(b.mast.wait)
	wg.Wait()
	same(t, "downloads", b.mast.downloads(), 1)
}

func TestManyTargetsAtOnce(t *testing.T) {
	var files []curve
	var reqs []ingest.LightCurveRequest
	for i := range 12 {
		files = append(files, curve{id: tic(uint64(100 + i)), slice: 1, cadence: 120})
		reqs = append(reqs, ingest.LightCurveRequest{TargetName: fmt.Sprint("TIC ", 100+i)})
	}
	reqs[3].TargetName = "TIC 999"
	reqs[5].TargetName = "77"
	b := newCurveBench(t, files, func(o *ingest.Options) { o.Workers = 3 })
	last := int64(0)
	outcomes, err := b.LightCurves(t.Context(), reqs, func(done, total int64, unit, _ string) {
		if done != last+1 || total != 12 || unit != "targets" {
			t.Errorf("progress %d/%d %s after %d", done, total, unit, last)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range outcomes {
		want := map[int]exo.Kind{3: exo.NotFound, 5: exo.Invalid}[i]
		if o.Code != want || (o.Result == nil) != (want != "") || o.Request != reqs[i] || want != "" && (o.Detail == "" || o.Hint == "") {
			t.Errorf("outcome %d: %+v", i, o)
		}
	}
	if b.mast.busiest > 3 {
		t.Errorf("%d downloads at a time, 3 are allowed", b.mast.busiest)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.LightCurves(ctx, reqs, nil); !errors.Is(err, exo.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

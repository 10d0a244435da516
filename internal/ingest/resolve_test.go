package ingest_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/cache/cachetest"
	"exoplanetai/internal/cache/file"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/ingest"
)

func star(id exo.TargetID, name string) archive.Candidate {
	return archive.Candidate{ID: id, Name: name, RA: 10, Dec: 20, Mag: 9.5, Resolver: "TIC"}
}

// nameBench has the small tables, light curves of their stars, and resolvers.
func nameBench(t *testing.T, first, second *resolverFake, change ...func(*ingest.Options)) *curveBench {
	t.Helper()
	b := newCurveBench(t, []curve{
		{id: kic(11904151), slice: 2, cadence: 1800}, {id: tic(150428135), slice: 1, cadence: 120}, {id: epic(201912552), slice: 1, cadence: 1800},
		{id: tic(388804061), slice: 45, cadence: 120}, {id: tic(231663901), slice: 1, cadence: 120}, {id: auMic, slice: 27, cadence: 120},
	}, append([]func(*ingest.Options){func(o *ingest.Options) { o.Resolvers = []archive.Resolver{first, second} }}, change...)...)
	for _, name := range []string{"koi", "toi", "k2"} {
		must(t, b.bench, name, false)
	}
	return b
}

func TestNamesBecomeStars(t *testing.T) {
	mast := &resolverFake{known: map[string][]archive.Candidate{
		"AU Mic":         {star(auMic, "AU Mic"), star(auMic, "AU Microscopii")},
		"EPIC 201912552": {star(epic(201912552), ""), star(tic(388804061), "K2-18")},
		"KIC 11904151":   {star(kic(11904151), "")},
	}}
	first := &resolverFake{}
	b := nameBench(t, first, mast)
	for name, c := range map[string]struct {
		query, mission string
		want           exo.TargetID
		resolvers      int // asked
	}{
		"a KOI's planet":                        {"K00072.01", "", kic(11904151), 0},
		"a KOI in another spelling":             {"koi-72", "Kepler", kic(11904151), 0},
		"a Kepler planet":                       {"kepler-10b", "", kic(11904151), 0},
		"a Kepler host":                         {"Kepler-10", "", kic(11904151), 0},
		"a TOI":                                 {"TOI-700", "", tic(150428135), 0},
		"a TOI's planet":                        {"toi 700.01", "TESS", tic(150428135), 0},
		"a K2 planet":                           {"K2-18 b", "", epic(201912552), 0},
		"a K2 planet's star for TESS":           {"K2-18", "TESS", tic(388804061), 0},
		"a name from a comment":                 {"WASP-46", "", tic(231663901), 0},
		"a number":                              {"kplr011904151", "", kic(11904151), 0},
		"a name that the resolver knows":        {"  AU   Mic ", "", auMic, 2},
		"a name for a mission":                  {"AU Mic", "TESS", auMic, 2},
		"a number of another mission's catalog": {"EPIC 201912552", "TESS", tic(388804061), 2},
	} {
		t.Run(name, func(t *testing.T) {
			before := first.asked + mast.asked
			res, err := b.LightCurve(t.Context(), ingest.LightCurveRequest{TargetName: c.query, Mission: c.mission}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if res.Target.ID != c.want || res.Target.Mission != c.want.Catalog.Mission() || res.Target.Query != strings.TrimSpace(c.query) || res.Target.Name == "" {
				t.Errorf("got %+v, want %s", res.Target, c.want)
			}
			if n := first.asked + mast.asked - before; n != c.resolvers {
				t.Errorf("resolvers were asked %d times, want %d", n, c.resolvers)
			}
		})
	}
}

func TestAnAmbiguousNameIsListedAndNeverGuessed(t *testing.T) {
	mast := &resolverFake{known: map[string][]archive.Candidate{"Twin": {star(auMic, "Twin A"), star(tic(2), "Twin B")}}}
	b := nameBench(t, &resolverFake{}, mast)
	_, err := b.LightCurve(t.Context(), ingest.LightCurveRequest{TargetName: "Twin"}, nil)
	list, _ := exo.ExtraOf(err)["candidates"].([]archive.Candidate)
	if !errors.Is(err, exo.Invalid) || len(list) != 2 || !strings.Contains(exo.HintOf(err), "TIC 441420236, TIC 2") || strings.Contains(exo.HintOf(err), "mission") {
		t.Errorf("got %v (%s) with %v", err, exo.HintOf(err), list)
	}
	if text, err := json.Marshal(list); err != nil || !strings.Contains(string(text), `"id":"TIC 441420236"`) {
		t.Errorf("candidates as JSON: %s, %v", text, err)
	}
	if b.mast.finds != 0 {
		t.Error("a star was guessed")
	}
}

func TestResolversThatFail(t *testing.T) {
	down := exo.Errorf("x", exo.Unavailable, nil, "the resolver is down")
	knows := map[string][]archive.Candidate{"AU Mic": {star(auMic, "AU Mic")}}
	req := ingest.LightCurveRequest{TargetName: "AU Mic"}
	t.Run("the second answers for the first", func(t *testing.T) {
		b := nameBench(t, &resolverFake{err: down}, &resolverFake{known: knows})
		same(t, "star", b.get(t, req).Target.ID, auMic)
	})
	t.Run("nobody can say that a name is unknown while one is down", func(t *testing.T) {
		b := nameBench(t, &resolverFake{err: down}, &resolverFake{})
		_, err := b.LightCurve(t.Context(), req, nil)
		if !errors.Is(err, exo.Unavailable) || !strings.Contains(exo.HintOf(err), "catalog number") || !strings.Contains(exo.MessageOf(err), "the resolver is down") {
			t.Errorf("got %v (%s)", err, exo.HintOf(err))
		}
	})
	t.Run("numbers and names of the tables need none", func(t *testing.T) {
		b := nameBench(t, &resolverFake{err: down}, &resolverFake{err: down})
		for _, name := range []string{"TIC 441420236", "TOI-700"} {
			b.get(t, ingest.LightCurveRequest{TargetName: name})
		}
	})
}

func TestResolversAreAskedOnceAWeek(t *testing.T) {
	disk, err := fsys.OpenDir(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	clock := cachetest.NewClock()
	c, err := file.New(file.Options{FS: disk, Clock: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	mast := &resolverFake{known: map[string][]archive.Candidate{"AU Mic": {star(auMic, "AU Mic")}}}
	b := nameBench(t, &resolverFake{}, mast, func(o *ingest.Options) { o.Cache = c })
	asked := func(force bool) int {
		t.Helper()
		res := b.get(t, ingest.LightCurveRequest{TargetName: "au mic", ForceRefresh: force})
		same(t, "star", res.Target.ID, auMic)
		return mast.asked
	}
	mast.known["au mic"] = mast.known["AU Mic"]
	same(t, "first", asked(false), 1)
	same(t, "again", asked(false), 1)
	same(t, "forced", asked(true), 2)
	clock.Add(8 * 24 * time.Hour)
	same(t, "after eight days", asked(false), 3)
}

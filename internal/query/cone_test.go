package query_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/query"
	"exoplanetai/internal/xtest"
)

func TestConesAreReadInEveryUsualForm(t *testing.T) {
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, []byte(smallKOI))
	s := w.service(t, func(o *query.Options) {
		o.Resolve = func(_ context.Context, name string) (ra, dec float64, err error) {
			if name == "AU Mic" {
				return 311.29, -31.34, nil
			}
			return 0, 0, exo.Errorf("test", exo.NotFound, nil, "%s is not known", name)
		}
	})
	for text, want := range map[string]query.Cone{
		"291.93,48.14,0.1":                {RA: 291.93, Dec: 48.14, Radius: 0.1},
		" 291.93 , +48.14 , 6' ":          {RA: 291.93, Dec: 48.14, Radius: 0.1},
		"291.93d,-48.14deg,360\"":         {RA: 291.93, Dec: -48.14, Radius: 0.1},
		"291.93°,-48.14°,360 arcsec":      {RA: 291.93, Dec: -48.14, Radius: 0.1},
		"1,2,6arcmin":                     {RA: 1, Dec: 2, Radius: 0.1},
		"1,2,6′":                          {RA: 1, Dec: 2, Radius: 0.1},
		"1,2,360″":                        {RA: 1, Dec: 2, Radius: 0.1},
		"1,2,360''":                       {RA: 1, Dec: 2, Radius: 0.1},
		"1,2,0.1deg":                      {RA: 1, Dec: 2, Radius: 0.1},
		"1,2,0.1°":                        {RA: 1, Dec: 2, Radius: 0.1},
		"1,2,360000mas":                   {RA: 1, Dec: 2, Radius: 0.1},
		"1,2,180":                         {RA: 1, Dec: 2, Radius: 180},
		"360,-90,1e-3":                    {RA: 0, Dec: -90, Radius: 0.001},
		"19:16:52.2,+47:53:04,0.1":        {RA: 289.2175, Dec: 47.88444444, Radius: 0.1},
		"19h16m52.2s,+47d53m04s,0.1":      {RA: 289.2175, Dec: 47.88444444, Radius: 0.1},
		"19h 16m 52.2s, +47d 53m 4s, 0.1": {RA: 289.2175, Dec: 47.88444444, Radius: 0.1},
		"19 16 52.2,47 53 04,0.1":         {RA: 289.2175, Dec: 47.88444444, Radius: 0.1},
		"19ʰ16ᵐ52.2ˢ,−47°53′04″,0.1":      {RA: 289.2175, Dec: -47.88444444, Radius: 0.1},
		"19h,-0:30,0.1":                   {RA: 285, Dec: -0.5, Radius: 0.1},
		"289d13m03s,-00:00:36,0.1":        {RA: 289.2175, Dec: -0.01, Radius: 0.1},
		"K00072,0.1":                      {RA: 285.68, Dec: 50.24, Radius: 0.1},
		"KIC 11904151, 0.1":               {RA: 285.68, Dec: 50.24, Radius: 0.1},
		"AU Mic,30\"":                     {RA: 311.29, Dec: -31.34, Radius: 30. / 3600},
	} {
		a, err := ask(t.Context(), s, query.Request{Table: catalog.KOI, Cone: text})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := *a.Head.Cone
		if math.Abs(got.RA-want.RA) > 1e-8 || math.Abs(got.Dec-want.Dec) > 1e-8 || math.Abs(got.Radius-want.Radius) > 1e-12 {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	if _, err := ask(t.Context(), s, query.Request{Table: catalog.KOI, Cone: "Nemesis,1"}); !errors.Is(err, exo.NotFound) {
		t.Error(err)
	}
}

// The points stand around the poles, along right ascension 0, on the borders of
// cells and at random; the radii from a second of arc to the whole sky.
func testPoints(r *rand.Rand) (points [][2]float64, cones []query.Cone) {
	for range 1500 {
		points = append(points, [2]float64{360 * r.Float64(), math.Asin(2*r.Float64()-1) * 180 / math.Pi})
	}
	for range 300 {
		near := math.Exp(-12 * r.Float64())
		points = append(points,
			[2]float64{360 * r.Float64(), 90 - near}, [2]float64{360 * r.Float64(), near - 90},
			[2]float64{near, 20 * (r.Float64() - 0.5)}, [2]float64{360 - near, 20 * (r.Float64() - 0.5)},
			[2]float64{float64(r.IntN(360)), float64(r.IntN(181) - 90)})
	}
	points = append(points, [2]float64{0, 90}, [2]float64{0, -90}, [2]float64{0, 0}, [2]float64{360, 0}, [2]float64{180, 0})
	for _, at := range [][2]float64{{0, 90}, {123, 90}, {0, -90}, {0, 0}, {360, 0.5}, {359.9999, 89.9}, {0.0001, -89.5}, {180, 60}} {
		for _, radius := range []float64{1. / 3600, 0.01, 0.5, 1, 7, 30, 31, 89.9, 90, 90.1, 120, 179, 180} {
			cones = append(cones, query.Cone{RA: math.Mod(at[0], 360), Dec: at[1], Radius: radius})
		}
	}
	for range 200 {
		p := points[r.IntN(len(points))]
		cones = append(cones, query.Cone{RA: math.Mod(p[0], 360), Dec: p[1], Radius: min(180, math.Exp(16*r.Float64()-10))})
	}
	return points, cones
}

func TestCellsOfACircleHoldEveryPointInIt(t *testing.T) {
	alone(t)
	points, cones := testPoints(rand.New(rand.NewPCG(1, 2)))
	var looked, matched float64
	for _, c := range cones {
		seps := query.Separations(c.RA, c.Dec, points)
		holds, share := query.Cover(c)
		for i, p := range points {
			if seps[i] <= c.Radius*3600 && !holds(p[0], p[1]) {
				t.Fatalf("%+v does not cover %v, %v arcsec away", c, p, seps[i])
			}
		}
		if c.Radius > 4 && c.Radius < 90 {
			looked += share
			matched += (1 - math.Cos(c.Radius*math.Pi/180)) / 2
		}
	}
	if looked > 1.35*matched {
		t.Errorf("the cells of large circles hold %.2f times their sky", looked/matched)
	}
}

const astropySeparations = `
import json, sys
import numpy as np
from astropy.coordinates import SkyCoord
import astropy.units as u
d = json.load(open(sys.argv[1]))
p = np.array(d["points"]); sky = SkyCoord(p[:,0]*u.deg, p[:,1]*u.deg)
json.dump([SkyCoord(c["ra"]*u.deg, c["dec"]*u.deg).separation(sky).arcsec.tolist() for c in d["cones"]], sys.stdout)
`

// astropySays measures from the centers to the points.
func astropySays(t *testing.T, points [][2]float64, cones []query.Cone) (far [][]float64) {
	t.Helper()
	in, err := json.Marshal(map[string]any{"points": points, "cones": cones})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "sky.json")
	if err := os.WriteFile(name, in, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(xtest.Python(t, astropySeparations, name)), &far); err != nil {
		t.Fatal(err)
	}
	return far
}

func TestSeparationsAreThoseOfAstropy(t *testing.T) {
	alone(t)
	points, cones := testPoints(rand.New(rand.NewPCG(3, 4)))
	for k, far := range astropySays(t, points, cones) {
		got := query.Separations(cones[k].RA, cones[k].Dec, points)
		for i := range points {
			if math.Abs(got[i]-far[i]) > 1e-6 { // a millionth of a second of arc
				t.Fatalf("from %+v to %v: %v arcsec, astropy says %v", cones[k], points[i], got[i], far[i])
			}
		}
	}
}

func TestConesHoldWhatAstropySays(t *testing.T) {
	alone(t)
	points, cones := testPoints(rand.New(rand.NewPCG(5, 6)))
	var text strings.Builder
	text.WriteString("kepoi_name,kepid,koi_disposition,koi_period,koi_time0bk,koi_duration,ra,dec\n")
	for i, p := range points {
		fmt.Fprintf(&text, "K%05d.01,%d,CANDIDATE,1,131,2,%v,%v\n", i+1, i+1, p[0], p[1])
	}
	text.WriteString("K99999.01,99999,CANDIDATE,1,131,2,,\n")
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, []byte(text.String()))
	s := w.service(t)
	matches := 0
	for k, far := range astropySays(t, points, cones) {
		c := cones[k]
		a := must(t, s, query.Request{Table: catalog.KOI, Cone: fmt.Sprintf("%v,%v,%v", c.RA, c.Dec, c.Radius), Columns: []string{"kepid", "separation"}, Limit: -1})
		got, last := map[int64]float64{}, 0.0
		for _, row := range a.rows {
			id, sep := row[0].(int64)-1, row[1].(float64)
			got[id] = sep
			if sep < last {
				t.Fatalf("%+v: %v after %v", c, sep, last)
			}
			last = sep
			if math.Abs(sep-far[id]) > 1e-6 {
				t.Fatalf("%+v: %v is %v away, astropy says %v", c, points[id], sep, far[id])
			}
		}
		for i, d := range far {
			_, in := got[int64(i)]
			border := math.Abs(d-c.Radius*3600) < 1e-8*(1+d)
			if in != (d <= c.Radius*3600) && !border {
				t.Fatalf("%+v: %v is in: %v, astropy says %v arcsec of %v", c, points[i], in, d, c.Radius*3600)
			}
		}
		matches += len(got)
	}
	t.Logf("%d cones, %d rows in them", len(cones), matches)
}

func TestTheCenterOfAConeIsInIt(t *testing.T) {
	alone(t)
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, xtest.Gunzip(t, koi2025))
	s := w.service(t)
	for _, name := range []string{"Kepler-227", "K00752", "KIC 10797460"} {
		a := must(t, s, query.Request{Table: catalog.KOI, Cone: name + ",0.001\""})
		n := len(a.Columns)
		if a.Total != 2 || a.rows[0][n-1] != 0.0 || a.Columns[n-1].Name != "separation" || a.Columns[n-1].Unit != "arcsec" {
			t.Errorf("%s: %d rows, %v", name, a.Total, a.rows)
		}
	}
}

func TestSortInAConeAndSeparationAreForTheAsking(t *testing.T) {
	alone(t)
	w := newWorld(t)
	w.hold(t, catalog.KOI, noon, xtest.Gunzip(t, koi2025))
	s := w.service(t)
	r := query.Request{Table: catalog.KOI, Cone: "290,45,1", Columns: []string{"kepoi_name", "koi_period"}, Limit: -1}
	plain := must(t, s, r)
	if len(plain.Columns) != 2 {
		t.Error(plain.Columns)
	}
	r.Sort = "-separation"
	back := must(t, s, r)
	r.Sort = "koi_period"
	period := must(t, s, r)
	if plain.Total < 10 || back.Total != plain.Total || period.Total != plain.Total || fmt.Sprint(back.rows[0]) == fmt.Sprint(plain.rows[0]) {
		t.Error(plain.Total, back.Total, period.Total)
	}
	if !slices.IsSortedFunc(period.rows, func(a, b []any) int {
		return int(math.Copysign(1, a[1].(float64)-b[1].(float64)))
	}) {
		t.Error("not by period")
	}
}

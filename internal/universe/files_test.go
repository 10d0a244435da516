package universe_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/lightcurve"
	"exoplanetai/internal/universe"
	"exoplanetai/internal/xtest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sky is the universe that most tests look at; its files are made once.
var (
	sky  = sync.OnceValue(func() *universe.Universe { return universe.New(1) })
	made sync.Map // name to []byte
)

func bytesOf(t testing.TB, u *universe.Universe, name string) []byte {
	t.Helper()
	if b, ok := made.Load(name); ok && u == sky() {
		return b.([]byte)
	}
	b, err := u.FITS(name)
	if err != nil {
		t.Fatal(err)
	}
	if u == sky() {
		made.Store(name, b)
	}
	return b
}

func parsed(t testing.TB, u *universe.Universe, name string) *fits.File {
	t.Helper()
	f, err := fits.Parse(bytesOf(t, u, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

func TestFilesAreWhatTheyClaim(t *testing.T) {
	u := sky()
	for _, f := range u.Files() {
		b := bytesOf(t, u, f.Name)
		if f.Flaw == universe.FlawTruncated {
			if _, err := fits.Parse(b); int64(len(b)) >= f.SizeBytes || exo.KindOf(err) != exo.Corrupt {
				t.Errorf("%s is not cut short: %v", f.Name, err)
			}
			continue
		}
		if int64(len(b)) != f.SizeBytes {
			t.Errorf("%s has %d bytes, not %d", f.Name, len(b), f.SizeBytes)
		}
		file := parsed(t, u, f.Name)
		if err := file.Verify(); (err != nil) != (f.Flaw == universe.FlawChecksum) {
			t.Errorf("%s: %v", f.Name, err)
		}
		found := lightcurve.Check(file, f.Product)
		want := map[string]string{universe.FlawTarget: lightcurve.RuleTarget, universe.FlawNoFlux: lightcurve.RuleNoFlux}[f.Flaw]
		if n := len(found); want == "" && n != 0 || want != "" && (n != 1 || found[0].Rule != want) {
			t.Errorf("%s (%s): %+v", f.Name, f.Flaw, found)
		}
		info, err := lightcurve.Inspect(file)
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		zero := info.Scale.Zero() - 2400000.5
		if math.Abs(info.First+zero-f.TMinMJD) > 0.05 || math.Abs(info.Last+zero-f.TMaxMJD) > 0.05 {
			t.Errorf("%s: %v to %v, listed as %v to %v", f.Name, info.First+zero, info.Last+zero, f.TMinMJD, f.TMaxMJD)
		}
	}
	if _, err := u.FITS("no.fits"); exo.KindOf(err) != exo.NotFound {
		t.Errorf("an unknown file: %v", err)
	}
}

func TestTheGuidesTargetsHaveFiles(t *testing.T) {
	u := sky()
	var total int64
	count, flaws := map[string]int{}, map[string]int{}
	for _, f := range u.Files() {
		total += f.SizeBytes
		count[fmt.Sprintf("%s %d %d", f.Target, f.Product.SectorQuarter, f.Product.CadenceS)]++
		if f.Flaw != "" {
			flaws[f.Flaw]++
		}
	}
	for _, want := range []string{"TIC 441420236 1 120", "TIC 441420236 27 120", "TIC 441420236 27 20", "TIC 150428135 1 120", "TIC 231663901 1 120",
		"TIC 424865156 14 120", "KIC 11904151 1 1800", "KIC 11904151 2 1800", "KIC 11904151 3 1800", "KIC 11904151 0 60", "EPIC 201912552 1 1800"} {
		if count[want] != 1 {
			t.Errorf("%s has %d files", want, count[want])
		}
	}
	if total > 40<<20 || len(u.Files()) < 25 || len(flaws) != 4 {
		t.Errorf("%d bytes in %d files with the flaws %v", total, len(u.Files()), flaws)
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	a, b, other := universe.New(5), universe.New(5), universe.New(6)
	differ, files := 0, 0
	for _, f := range a.Files() {
		if f.SizeBytes > 2_000_000 { // the small ones will do
			continue
		}
		files++
		x := bytesOf(t, a, f.Name)
		if !slices.Equal(x, bytesOf(t, b, f.Name)) || !slices.Equal(x, bytesOf(t, a, f.Name)) {
			t.Errorf("%s differs from itself", f.Name)
		}
		if y, err := other.FITS(f.Name); err != nil || !slices.Equal(x, y) {
			differ++
		}
	}
	if differ != files {
		t.Errorf("another seed changes %d of %d files", differ, files)
	}
	for _, name := range []string{"cumulative", "toi", "exofop", "k2pandc", "gaia"} {
		if digestOf(a, name) != digestOf(b, name) || digestOf(a, name) == digestOf(other, name) {
			t.Errorf("the table %s does not follow the seed", name)
		}
	}
}

func digestOf(u *universe.Universe, table string) string {
	tab, _ := u.Table(table)
	h := sha256.New()
	for _, r := range tab.Rows {
		fmt.Fprintln(h, strings.Join(r, "|"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TestBytesAreTheSameOnEveryMachine compares with digests made once.
func TestBytesAreTheSameOnEveryMachine(t *testing.T) {
	u := sky()
	var b strings.Builder
	for _, f := range u.Files() {
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(bytesOf(t, u, f.Name)), f.Name)
	}
	for _, name := range []string{"cumulative", "exofop", "gaia", "k2pandc", "toi"} {
		fmt.Fprintf(&b, "%s  table %s\n", digestOf(u, name), name)
	}
	const golden = "testdata/seed1.sha256.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("digests differ from %s; run with -update if the universe was changed on purpose\n%s", golden, b.String())
	}
}

// keys returns the keywords of a header; the one that is named after the
// camera gets a common name.
func keys(h *fits.HDU) []string {
	var list []string
	for c := range h.Header.Cards() {
		k := c.Key()
		if strings.HasPrefix(k, "TMOFST") {
			k = "TMOFST"
		}
		list = append(list, k)
	}
	return list
}

func TestHeadersHaveTheRealFilesCards(t *testing.T) {
	u := sky()
	for ours, theirs := range map[string]string{
		"tess2018206045859-s0001-0000000441420236-0120-s_lc.fits": "tess/tess2018206045859*25155310*",
		"tess2019198215352-s0014-0000000424865156-0150-s_lc.fits": "tess/tess2019198215352*",
		"kplr011904151-2009259160929_llc.fits":                    "kepler/kplr010002792-2009259160929*",
		"kplr011904151-2009350155506_llc.fits":                    "kepler/kplr009726699-2009350155506*",
		"kplr011904151-2009131110544_slc.fits":                    "kepler/kplr010666592-2009131110544*",
		"ktwo201912552-c01_llc.fits":                              "k2/ktwo206103150*",
	} {
		b, err := os.ReadFile(xtest.Glob(t, "data/real/lightcurves/"+theirs)[0])
		if err != nil {
			t.Fatal(err)
		}
		want, err := fits.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		got := parsed(t, u, ours)
		for i := range 3 {
			if !slices.Equal(keys(got.HDUs[i]), keys(want.HDUs[i])) {
				t.Errorf("%s HDU %d:\n got %v\nwant %v", ours, i, keys(got.HDUs[i]), keys(want.HDUs[i]))
			}
			compareCards(t, ours, got.HDUs[i], want.HDUs[i])
		}
	}
}

// compareCards holds the kind of value and the comment of each card against
// the real file's. Values differ, and what a star lacks another has.
func compareCards(t *testing.T, name string, got, want *fits.HDU) {
	t.Helper()
	free := map[string]bool{"CHECKSUM": true, "DATE": true, "CREATOR": true, "PR_WGHT1": true}
	for c := range want.Header.Cards() {
		g, ok := got.Header.Get(c.Key())
		if !ok || free[c.Key()] {
			continue
		}
		if g.Comment() != c.Comment() {
			t.Errorf("%s: the comment of %s is %q, want %q", name, c.Key(), g.Comment(), c.Comment())
		}
		if g.Kind() != c.Kind() && g.Kind() != fits.Undefined && c.Kind() != fits.Undefined {
			t.Errorf("%s: %s is of kind %v, want %v", name, c.Key(), g.Kind(), c.Kind())
		}
	}
}

func TestMissingValuesFollowTheMissions(t *testing.T) {
	u := sky()
	for name, want := range map[string]struct{ noTime, quietNaN [2]int }{ // least and most
		"tess2018206045859-s0001-0000000441420236-0120-s_lc.fits": {[2]int{815, 815}, [2]int{0, 0}},
		"tess2019198215352-s0014-0000000424865156-0150-s_lc.fits": {[2]int{683, 683}, [2]int{0, 0}},
		"kplr011904151-2009259160929_llc.fits":                    {[2]int{90, 170}, [2]int{0, 0}},
		"kplr011904151-2009131110544_slc.fits":                    {[2]int{0, 0}, [2]int{0, 0}},
		"ktwo201912552-c01_llc.fits":                              {[2]int{7, 7}, [2]int{10, 150}},
	} {
		file := parsed(t, u, name)
		pdc, err := lightcurve.FromFITS(file, lightcurve.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sap, err := lightcurve.FromFITS(file, lightcurve.Options{Flux: lightcurve.SAP})
		if err != nil {
			t.Fatal(err)
		}
		table, _ := file.HDUs[1].Table()
		corr, err := table.Float64(nil, "TIMECORR")
		if err != nil {
			t.Fatal(err)
		}
		noTime, quiet, noSAP, noPDC := 0, 0, 0, 0
		for i, q := range pdc.Quality {
			gap, lost := math.IsNaN(pdc.Time[i]), math.IsNaN(pdc.Flux[i])
			if gap {
				noTime++
				if corr[i] != 0 || !lost || !math.IsNaN(sap.Flux[i]) {
					t.Fatalf("%s row %d: a gap with values", name, i)
				}
			}
			if math.IsNaN(sap.Flux[i]) {
				noSAP++
			}
			if lost {
				noPDC++
				if q == 0 {
					quiet++
				}
			}
			if lost != math.IsNaN(pdc.FluxErr[i]) {
				t.Fatalf("%s row %d: flux and error do not agree", name, i)
			}
			const noFlux = 4 | 8 | 16 | 32 | 128 | 4096 | 32768 // archives' files: exactly these
			if pdc.Mission == exo.TESS && lost != (q&noFlux != 0) {
				t.Fatalf("%s row %d: quality %d and PDCSAP lost is %v", name, i, q, lost)
			}
		}
		if noTime < want.noTime[0] || noTime > want.noTime[1] || quiet < want.quietNaN[0] || quiet > want.quietNaN[1] || noSAP < noTime || noPDC <= noSAP {
			t.Errorf("%s: %d rows without time, %d without SAP, %d without PDCSAP, %d of these unflagged", name, noTime, noSAP, noPDC, quiet)
		}
	}
}

// depthByFold measures the depth of a planet in a light curve: for each
// transit the mean of its middle against the means at both sides, all transits
// averaged. Rows in transits of the star's other planets are left out. sigma is
// what the noise of the rows makes of it.
func depthByFold(lc *lightcurve.LightCurve, star universe.Star, p universe.Injected) (depth, sigma float64, transits int) {
	type sums struct{ in, before, after, err2, n, b, a float64 }
	all := map[float64]*sums{}
	half := p.DurationH / 48
	phase := func(bjd float64, q universe.Planet) (number, dt float64) {
		number = math.Round((bjd - q.EpochBJD) / q.PeriodDays)
		return number, bjd - q.EpochBJD - number*q.PeriodDays
	}
	others := func(bjd float64) bool {
		return slices.ContainsFunc(star.Planets, func(q universe.Planet) bool {
			_, dt := phase(bjd, q)
			return q != p.Planet && math.Abs(dt) < q.DurationH/48+0.02
		})
	}
	for i, t := range lc.Time {
		if math.IsNaN(t) || math.IsNaN(lc.Flux[i]) || lc.Quality[i]&512 != 0 {
			continue
		}
		number, dt := phase(t+lc.Scale.Zero(), p.Planet)
		if math.Abs(dt) > 3*half || others(t+lc.Scale.Zero()) {
			continue
		}
		s := all[number]
		if s == nil {
			s = &sums{}
			all[number] = s
		}
		switch {
		case math.Abs(dt) < half*0.2:
			s.in, s.err2, s.n = s.in+lc.Flux[i], s.err2+lc.FluxErr[i]*lc.FluxErr[i], s.n+1
		case dt < -half*1.2 && dt > -half*2.2:
			s.before, s.b = s.before+lc.Flux[i], s.b+1
		case dt > half*1.2 && dt < half*2.2:
			s.after, s.a = s.after+lc.Flux[i], s.a+1
		}
	}
	var err2 float64
	for _, s := range all {
		if s.n > 0 && s.b > 1 && s.a > 1 {
			base := (s.before/s.b + s.after/s.a) / 2
			depth += 1e6 * (1 - s.in/s.n/base)
			err2 += 1e12 * s.err2 / (s.n * s.n) / (base * base) * 1.4
			transits++
		}
	}
	return depth / float64(transits), math.Sqrt(err2) / float64(transits), transits
}

func TestTransitsAreRecoveredByAFoldAtTheTablesEphemeris(t *testing.T) {
	u := sky()
	checked := 0
	for _, f := range u.Files() {
		if f.Flaw != "" {
			continue
		}
		lc, err := lightcurve.FromFITS(parsed(t, u, f.Name), lightcurve.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range u.Truth() {
			i := slices.IndexFunc(u.Stars(), func(s universe.Star) bool { return s.ID == p.Star })
			star := u.Stars()[i]
			if (star.ID != f.Target && !slices.Contains(star.Other, f.Target)) || p.PeriodDays == 0 {
				continue
			}
			depth, sigma, n := depthByFold(lc, star, p)
			if n == 0 {
				continue
			}
			checked++
			t.Logf("%-60s %-10s %6.0f ± %3.0f ppm from %2d transits, the table says %.0f", f.Name, p.KOI+p.TOI, depth, sigma, n, p.DepthPPM)
			// Five sigma, for the noise has a memory, too; the curvature in the
			// middle and the length of an exposure take up to an eighth.
			tolerance := 5*sigma + p.DepthPPM/8
			if star.Aliases != nil && star.Aliases[0] == "AU Mic" {
				tolerance += 1200 // spots and flares
			}
			if math.Abs(depth-p.DepthPPM) > tolerance {
				t.Errorf("%s %s%s: %.0f ± %.0f ppm, the table says %.0f", f.Name, p.KOI, p.TOI, depth, sigma, p.DepthPPM)
			}
		}
	}
	if checked < 15 {
		t.Errorf("only %d transits could be measured", checked)
	}
}

// openScript does without astropy's own test of CHECKSUM, which takes an absent
// DATASUM for 0 and so fails on the missions' files, too.
const openScript = `
import sys, warnings, numpy as np
warnings.simplefilter('error')
from astropy.io import fits
for name in sys.argv[1:]:
    raw = open(name, 'rb').read()
    with fits.open(name) as h:
        assert [x.name for x in h] == ['PRIMARY', 'LIGHTCURVE', 'APERTURE'], name
        assert len(h[1].columns) == 20 and h[1].data['TIME'].size == h[1].header['NAXIS2']
        assert h[2].data.shape == (h[2].header['NAXIS2'], h[2].header['NAXIS1'])
        assert all('CHECKSUM' in x.header and 'DATASUM' not in x.header for x in h)
        for x in h:
            at = x.fileinfo()
            part = raw[at['hdrLoc']:at['datLoc'] + at['datSpan']]
            total = int(np.frombuffer(part, '>u4').astype('u8').sum())
            while total >> 32:
                total = (total >> 32) + (total & 0xffffffff)
            assert total == 0xffffffff, (name, x.name)
print('ok')`

func TestAstropyAndFitsverifyAccept(t *testing.T) {
	u, dir := sky(), t.TempDir()
	var names []string
	for _, f := range u.Files() {
		if f.Flaw != "" && f.Flaw != universe.FlawTarget && f.Flaw != universe.FlawNoFlux {
			continue
		}
		name := filepath.Join(dir, f.Name)
		if err := os.WriteFile(name, bytesOf(t, u, f.Name), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if out := xtest.Python(t, openScript, names...); strings.TrimSpace(out) != "ok" {
		t.Errorf("astropy: %s", out)
	}
	verify := xtest.Tool(t, "fitsverify")
	for _, name := range names {
		out, _ := exec.Command(verify, "-e", name).CombinedOutput()
		if !strings.Contains(string(out), "0 error") && !strings.Contains(string(out), "No errors") {
			t.Errorf("fitsverify %s:\n%s", filepath.Base(name), out)
		}
	}
}

func TestAUniverseMayBeUsedByMany(t *testing.T) {
	u := sky()
	var wg sync.WaitGroup
	for _, f := range u.Files()[:6] {
		for range 2 {
			wg.Go(func() {
				if _, err := u.FITS(f.Name); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		universe.New(1)
	}
}

func BenchmarkFITS20k(b *testing.B) {
	u := sky()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := u.FITS("tess2018206045859-s0001-0000000150428135-0120-s_lc.fits"); err != nil {
			b.Fatal(err)
		}
	}
}

package fits_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/fits"
	"exoplanetai/internal/fsys"
	"exoplanetai/internal/xtest"
)

const tessFile = "data/real/lightcurves/tess/tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"

// tess20k is a real TESS file: 20,076 rows of 20 columns, 2.0 MB.
func tess20k(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, tessFile))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// curve is what a light curve is made of, each column in the type that the file
// has it in; the peers read the same types.
type curve struct {
	time          []float64
	flux, fluxErr []float32
	quality       []int32
}

// read reads the four columns, from the bytes of a file on.
func (c *curve) read(t testing.TB, b []byte) {
	f, err := fits.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := f.HDUs[1].Table()
	if err != nil {
		t.Fatal(err)
	}
	err = tab.Read(fits.Into{Name: "TIME", Float64: &c.time}, fits.Into{Name: "PDCSAP_FLUX", Float32: &c.flux},
		fits.Into{Name: "PDCSAP_FLUX_ERR", Float32: &c.fluxErr}, fits.Into{Name: "QUALITY", Int32: &c.quality})
	if err != nil {
		t.Fatal(err)
	}
}

// middle returns the shortest and the median time. A mean would measure what
// else the machine does, and the collector in a heap of 4 MB.
func middle(times []time.Duration) (shortest, median time.Duration) {
	slices.Sort(times)
	return times[0], times[len(times)/2]
}

func report(b *testing.B, times []time.Duration) {
	shortest, median := middle(times)
	b.ReportMetric(float64(shortest), "min-ns")
	b.ReportMetric(float64(median), "median-ns")
}

func BenchmarkReadTESS20k(b *testing.B) {
	file := tess20k(b)
	var times []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		new(curve).read(b, file)
		times = append(times, time.Since(start))
	}
	report(b, times)
}

// The slices of the last file are used for the next, as a loop over a
// thousand files does it.
func BenchmarkReadTESS20kIntoTheSameSlices(b *testing.B) {
	file := tess20k(b)
	var times []time.Duration
	var c curve
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		c.read(b, file)
		times = append(times, time.Since(start))
	}
	report(b, times)
}

// The file is opened, mapped, read and unmapped each time; it is in the page
// cache, as after a download.
func BenchmarkReadTESS20kMapped(b *testing.B) {
	path := xtest.Shared(b, tessFile)
	disk, err := fsys.OpenDir(filepath.Dir(path), false)
	if err != nil {
		b.Fatal(err)
	}
	var c curve
	var times []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		file, unmap, err := disk.Map(filepath.Base(path))
		if err != nil {
			b.Fatal(err)
		}
		c.read(b, file)
		if err := unmap(); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	report(b, times)
}

func BenchmarkParse(b *testing.B) {
	file := tess20k(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fits.Parse(file); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify2MB(b *testing.B) {
	file := tess20k(b)
	f := parse(b, file)
	var times []time.Duration
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if err := f.Verify(); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	report(b, times)
}

func BenchmarkReadGzip2MB(b *testing.B) {
	file := tess20k(b)
	packed := pack(b, file)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fits.Read(bytes.NewReader(packed), 1<<24); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteTable20k(b *testing.B) {
	f := parse(b, tess20k(b))
	tab, err := f.HDUs[1].Table()
	if err != nil {
		b.Fatal(err)
	}
	columns := make([]fits.ColumnData, 20)
	for i, c := range tab.Columns {
		v, err := tab.Float32(nil, c.Name)
		if err != nil {
			b.Fatal(err)
		}
		columns[i] = fits.ColumnData{Name: c.Name, Data: v}
	}
	b.ReportAllocs()
	for b.Loop() {
		h, err := fits.NewTable(fits.NewHeader(), columns)
		if err != nil {
			b.Fatal(err)
		}
		if err := h.AddChecksum("sum"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPeer reads the same four columns of the same file in memory by this
// package, by cfitsio and by astropy, in turns, and prints how much longer the
// others take. The peers are in testdata/peer. cfitsio's memory is taken and
// given back for each file, which C does without leaving the cache: our new
// slices mean new pages now and then, our same slices mean what C does.
func BenchmarkPeer(b *testing.B) {
	peers := []struct {
		name, hint string
		cmd        []string
	}{
		{"cfitsio", "needs gcc and libcfitsio-dev", compilePeer(b)},
		{"astropy", "needs Debian's python3-astropy", []string{"/usr/bin/python3", filepath.Join("testdata", "peer", "peer.py")}},
	}
	file := tess20k(b)
	path := xtest.Shared(b, tessFile)
	const rounds, runs = 5, 200
	times := map[string][]time.Duration{}
	for range rounds {
		for range runs {
			start := time.Now()
			new(curve).read(b, file)
			times["new slices"] = append(times["new slices"], time.Since(start))
		}
		var same curve
		for range runs {
			start := time.Now()
			same.read(b, file)
			times["same slices"] = append(times["same slices"], time.Since(start))
		}
		for _, p := range peers {
			times[p.name] = append(times[p.name], runPeer(b, p.cmd, path, runs)...)
		}
	}
	for _, ours := range []string{"new slices", "same slices"} {
		shortest, median := middle(times[ours])
		b.Logf("ours, %-11s min %10s  median %10s", ours, shortest, median)
		for _, p := range peers {
			if len(times[p.name]) == 0 {
				b.Logf("%s left out: %s", p.name, p.hint)
				continue
			}
			s, m := middle(times[p.name])
			b.Logf("%-17s min %10s  median %10s  %.1f and %.1f times as long", p.name, s, m, float64(s)/float64(shortest), float64(m)/float64(median))
		}
	}
	for b.Loop() {
		continue // the times are those above
	}
	b.ReportMetric(0, "ns/op")
}

// compilePeer builds the C program; nil when it cannot be built here.
func compilePeer(b *testing.B) []string {
	bin := filepath.Join(b.TempDir(), "peer")
	if out, err := exec.Command("gcc", "-O2", "-o", bin, filepath.Join("testdata", "peer", "peer.c"), "-lcfitsio").CombinedOutput(); err != nil {
		b.Logf("cfitsio: %v %s", err, out)
		return nil
	}
	return []string{bin}
}

// runPeer returns the times that a peer prints; none when it is not there.
func runPeer(b *testing.B, cmd []string, args string, runs int) []time.Duration {
	if cmd == nil {
		return nil
	}
	out, err := exec.Command(cmd[0], append(cmd[1:], args, strconv.Itoa(runs))...).Output()
	if err != nil {
		b.Logf("%s: %v", cmd[0], err)
		return nil
	}
	var times []time.Duration
	for _, line := range strings.Fields(string(out)) {
		ns, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Duration(ns))
	}
	return times
}

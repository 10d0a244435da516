package ingest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/lightcurve"
)

// Size of the benchmark: files of 2 MB, as TESS has them, and the downloads at
// a time that the configuration gives by default.
const (
	benchFiles   = 200
	benchRows    = 20_076
	benchWorkers = 5
)

// loopback is an archive of many files that differ in their first block alone.
type loopback struct {
	server      *httptest.Server
	client      *archive.Client
	endpoint    archive.Endpoint
	head, rest  []byte // of the file of star and sector 1001
	size        int64
	starAt      []int // offsets of the number in head
	sectorAt    int
	manySectors bool // the files are sectors of one star, else stars of one sector
}

const benchNumber = 1001

func newLoopback(b *testing.B, manySectors bool) *loopback {
	b.Helper()
	sector := 1
	if manySectors {
		sector = benchNumber
	}
	wide := curve{id: tic(benchNumber), slice: sector, cadence: 120, rows: benchRows, wide: true}
	data := wide.bytes(b)
	l := &loopback{head: data[:2880], rest: data[2880:], size: int64(len(data)), manySectors: manySectors}
	for _, key := range []string{"OBJECT  = 'TIC ", "TICID   = ", "SECTOR  = "} {
		card := bytes.Index(l.head, []byte(key))
		at := card + bytes.Index(l.head[card:card+80], fmt.Append(nil, benchNumber))
		switch {
		case key[0] == 'S':
			l.sectorAt = at
		default:
			l.starAt = append(l.starAt, at)
		}
	}
	l.server = httptest.NewServer(http.HandlerFunc(l.serve))
	b.Cleanup(l.server.Close)
	l.endpoint = archive.Endpoint{Base: l.server.URL, Timeout: time.Minute}
	l.client = archive.NewClient(archive.Options{PerHost: benchWorkers, Allowed: []string{l.server.URL}})
	b.Cleanup(l.client.Close)
	return l
}

func (l *loopback) name(n int) string {
	star, sector := benchNumber+n, 1
	if l.manySectors {
		star, sector = benchNumber, benchNumber+n
	}
	return curve{id: tic(uint64(star)), slice: sector, cadence: 120}.fileName()
}

func (l *loopback) serve(w http.ResponseWriter, r *http.Request) {
	p, ok := lightcurve.ParseFileName(strings.TrimPrefix(r.URL.Path, "/"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	head := bytes.Clone(l.head)
	if l.manySectors {
		copy(head[l.sectorAt:], fmt.Sprint(p.SectorQuarter))
	} else {
		for _, at := range l.starAt {
			copy(head[at:], fmt.Sprint(p.ID.Number))
		}
	}
	w.Header().Set("Content-Length", fmt.Sprint(l.size))
	_, _ = w.Write(head)
	_, _ = w.Write(l.rest)
}

func (l *loopback) Find(_ context.Context, q archive.LightCurveQuery) (archive.Found, error) {
	var found archive.Found
	for n := range benchFiles {
		p, _ := lightcurve.ParseFileName(l.name(n))
		if q.Wants(p) {
			found.Products = append(found.Products, archive.Product{Product: p, FileName: l.name(n), SizeBytes: l.size, Rights: "PUBLIC"})
		}
	}
	origin := exo.Origin{Archive: "mast", URL: l.server.URL}
	for _, name := range []string{"observations", "products"} {
		found.Answers = append(found.Answers, archive.Answer{Name: name, Origin: origin, Body: fmt.Appendf(nil, "%s of %s", name, q.Target)})
	}
	return found, nil
}

func (l *loopback) Download(ctx context.Context, p archive.Product, dst archive.Partial) (exo.Origin, error) {
	return l.client.Download(ctx, l.endpoint, archive.File{Name: p.FileName, URL: l.server.URL + "/" + p.FileName, Size: p.SizeBytes}, dst)
}

// bare downloads the files and does the least that keeps them: SHA-256, fsync,
// rename, fsync of the folder.
func (l *loopback) bare(b *testing.B, dir string) {
	next := make(chan int)
	var wg sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchWorkers}}
	defer client.CloseIdleConnections()
	for range benchWorkers {
		wg.Go(func() {
			for n := range next {
				if err := l.bareOne(client, dir, l.name(n)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for n := range benchFiles {
		next <- n
	}
	close(next)
	wg.Wait()
}

func (l *loopback) bareOne(client *http.Client, dir, name string) error {
	resp, err := client.Get(l.server.URL + "/" + name)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	f, err := os.Create(filepath.Join(dir, name+".part"))
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha256.New()
	if n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(f, hash)}, resp.Body, make([]byte, 128<<10)); err != nil || n != l.size {
		return fmt.Errorf("%d of %d bytes, %w", n, l.size, err)
	}
	hash.Sum(nil)
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// BenchmarkIngest200LightCurves ingests 200 light curves of 2 MB from a
// loopback server, and downloads the same with the bare loop, in turns. The
// metric "%ofbare" is the rate of the first in percent of the second; "%cpu" is
// the same by the processor time of this process, server included, which other
// work on the machine disturbs less.
func BenchmarkIngest200LightCurves(b *testing.B) {
	for name, manySectors := range map[string]bool{"one star": true, "200 stars": false} {
		b.Run(name, func(b *testing.B) {
			l := newLoopback(b, manySectors)
			var ours, bare, oursCPU, bareCPU time.Duration
			runBare := func() {
				dir, begun, spent := b.TempDir(), time.Now(), processCPU(b)
				l.bare(b, dir)
				bare, bareCPU = bare+time.Since(begun), bareCPU+processCPU(b)-spent
			}
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				bench := newBench(b, func(o *ingest.Options) { o.LightCurves, o.Workers = l, benchWorkers })
				if i%2 == 0 { // each goes first as often as the other
					runBare()
				}
				b.StartTimer()
				begun, spent := time.Now(), processCPU(b)
				l.ingest(b, bench)
				ours, oursCPU = ours+time.Since(begun), oursCPU+processCPU(b)-spent
				b.StopTimer()
				if i%2 == 1 {
					runBare()
				}
				b.StartTimer()
			}
			b.ReportMetric(100*bareCPU.Seconds()/oursCPU.Seconds(), "%cpu")
			b.ReportMetric(peakMB(b), "MB-peak")
			b.ReportMetric(100*bare.Seconds()/ours.Seconds(), "%ofbare")
			b.ReportMetric(float64(b.N)*benchFiles*float64(l.size)/1e6/ours.Seconds(), "MB/s")
		})
	}
}

// processCPU is the processor time that this process has used.
func processCPU(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// peakMB is the largest resident memory of this process so far, files mapped
// into it included.
func peakMB(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0 // not on this system
	}
	for line := range strings.Lines(string(text)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	b.Fatal("no VmHWM in /proc/self/status")
	return 0
}

// ingest brings all files into the store.
func (l *loopback) ingest(b *testing.B, bench *bench) {
	reqs := []ingest.LightCurveRequest{{TargetName: fmt.Sprint("TIC ", benchNumber)}}
	for n := 1; n < benchFiles && !l.manySectors; n++ {
		reqs = append(reqs, ingest.LightCurveRequest{TargetName: fmt.Sprint("TIC ", benchNumber+n)})
	}
	outcomes, err := bench.LightCurves(b.Context(), reqs, nil)
	if err != nil {
		b.Fatal(err)
	}
	files := 0
	for _, o := range outcomes {
		if o.Result == nil {
			b.Fatal(o.Detail)
		}
		files += len(o.Result.Files)
	}
	if files != benchFiles {
		b.Fatalf("%d files of %d", files, benchFiles)
	}
}

// wideColumns fills a row up to the 100 bytes of the missions' files.
func wideColumns(rows int) (cols []fits.ColumnData) {
	for _, name := range strings.Fields("TIMECORR SAP_BKG SAP_BKG_ERR PSF_CENTR1_ERR PSF_CENTR2_ERR MOM_CENTR1_ERR MOM_CENTR2_ERR POS_CORR1 POS_CORR2") {
		cols = append(cols, fits.ColumnData{Name: name, Data: make([]float32, rows)})
	}
	for _, name := range strings.Fields("PSF_CENTR1 PSF_CENTR2 MOM_CENTR1 MOM_CENTR2") {
		cols = append(cols, fits.ColumnData{Name: name, Data: make([]float64, rows)})
	}
	return cols
}

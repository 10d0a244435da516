package ingest_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/fits"
	"exoplanetai/internal/ingest"
	"exoplanetai/internal/lightcurve"
)

// curve describes a light-curve file to be made.
type curve struct {
	id      exo.TargetID
	slice   int
	cadence int // seconds, nominal
	rows    int // 0: 50
	seed    float32
	release int                                     // DATA_REL; 0: 1
	name    string                                  // archive's file name; empty: as the mission names it
	change  func(primary, table *fits.Header)       // before the file is built
	columns func(cols []fits.ColumnData)            // before the file is built
	rights  string                                  // empty: PUBLIC
	listed  int64                                   // size that the archive lists; 0: the true one
	wide    bool                                    // all columns of the missions
	product func(p archive.Product) archive.Product // what the archive lists
}

func tic(n uint64) exo.TargetID  { return exo.TargetID{Catalog: exo.TIC, Number: n} }
func kic(n uint64) exo.TargetID  { return exo.TargetID{Catalog: exo.KIC, Number: n} }
func epic(n uint64) exo.TargetID { return exo.TargetID{Catalog: exo.EPIC, Number: n} }

func (c curve) fileName() string {
	switch {
	case c.name != "":
		return c.name
	case c.id.Catalog == exo.KIC && c.cadence == 60:
		return fmt.Sprintf("kplr%09d-2009131110544_slc.fits", c.id.Number)
	case c.id.Catalog == exo.KIC:
		return fmt.Sprintf("kplr%09d-2009%03d155506_llc.fits", c.id.Number, 100+c.slice)
	case c.id.Catalog == exo.EPIC:
		return fmt.Sprintf("ktwo%09d-c%02d_llc.fits", c.id.Number, c.slice)
	case c.cadence == 20:
		return fmt.Sprintf("tess2020186164531-s%04d-%016d-0189-a_fast-lc.fits", c.slice, c.id.Number)
	}
	return fmt.Sprintf("tess2018206045859-s%04d-%016d-0120-s_lc.fits", c.slice, c.id.Number)
}

// bytes builds the file, in the mission's layout as far as it matters here.
func (c curve) bytes(t testing.TB) []byte {
	t.Helper()
	primary, table := fits.NewHeader(), fits.NewHeader()
	telescope, key, slice, quality := "TESS", "TICID", "SECTOR", "QUALITY"
	zero := 2457000
	if c.id.Catalog != exo.TIC {
		telescope, key, slice, quality, zero = "Kepler", "KEPLERID", "QUARTER", "SAP_QUALITY", 2454833
	}
	primary.Set("SIMPLE", true, "")
	primary.Set("BITPIX", 8, "")
	primary.Set("NAXIS", 0, "")
	primary.Set("EXTEND", true, "")
	primary.Set("TELESCOP", telescope, "")
	primary.Set("OBJECT", c.id.String(), "")
	primary.Set(key, int(c.id.Number), "")
	if c.id.Catalog == exo.EPIC {
		slice = "CAMPAIGN"
		primary.Set("MISSION", "K2", "")
	}
	primary.Set(slice, c.slice, "")
	primary.Set("DATA_REL", max(c.release, 1), "")
	primary.Set("PROCVER", "test-1", "")
	table.Set("XTENSION", "BINTABLE", "")
	table.Set("EXTNAME", "LIGHTCURVE", "")
	table.Set("BJDREFI", zero, "")
	table.Set("BJDREFF", 0.0, "")
	table.Set("TIMEDEL", float64(c.cadence)/86400, "")
	if c.change != nil {
		c.change(primary, table)
	}
	cols := c.data(quality)
	if c.columns != nil {
		c.columns(cols)
	}
	head, err := fits.NewPrimary(primary)
	if err != nil {
		t.Fatal(err)
	}
	body, err := fits.NewTable(table, cols)
	if err != nil {
		t.Fatal(err)
	}
	data, err := (&fits.File{HDUs: []*fits.HDU{head, body}}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (c curve) data(quality string) []fits.ColumnData {
	rows := c.rows
	if rows == 0 {
		rows = 50
	}
	time, cadence, flags := make([]float64, rows), make([]int32, rows), make([]int32, rows)
	flux, errs := make([]float32, rows), make([]float32, rows)
	for i := range rows {
		time[i] = 1000 + 30*float64(c.slice) + float64(i*c.cadence)/86400
		cadence[i], flux[i], errs[i] = int32(i), 1000+c.seed+float32(i%7), 0.5
	}
	time[1] = math.NaN() // every real file has gaps
	cols := []fits.ColumnData{
		{Name: "TIME", Unit: "d", Data: time}, {Name: "CADENCENO", Data: cadence},
		{Name: "SAP_FLUX", Data: flux}, {Name: "SAP_FLUX_ERR", Data: errs},
		{Name: "PDCSAP_FLUX", Data: flux}, {Name: "PDCSAP_FLUX_ERR", Data: errs}, {Name: quality, Data: flags},
	}
	if c.wide {
		cols = append(cols, wideColumns(rows)...)
	}
	return cols
}

// curveFake is an archive of light curves.
type curveFake struct {
	mu       sync.Mutex
	files    []curve                                                        // all under mu
	data     map[string][]byte                                              // by file name
	findErr  error                                                          // instead of an answer
	loadErr  map[string]error                                               // by file name, after half the file
	confirm  func(name string, known exo.Origin) (same, ok bool, err error) // nil: it cannot tell
	spoil    func(name string, try int, data []byte) []byte                 // what is sent instead
	wait     chan struct{}                                                  // received from before every download
	finds    int
	loads    map[string]int
	busy     int
	busiest  int
	answered []archive.Answer
}

func newCurveFake(t testing.TB, files ...curve) *curveFake {
	t.Helper()
	f := &curveFake{loads: map[string]int{}, loadErr: map[string]error{}}
	f.hold(t, files...)
	return f
}

// hold replaces what the archive has.
func (f *curveFake) hold(t testing.TB, files ...curve) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files, f.data = files, map[string][]byte{}
	for _, c := range files {
		f.data[c.fileName()] = c.bytes(t)
	}
}

func (f *curveFake) Find(_ context.Context, q archive.LightCurveQuery) (archive.Found, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finds++
	if f.findErr != nil {
		return archive.Found{}, f.findErr
	}
	var found archive.Found
	for _, c := range f.files {
		p, ok := lightcurve.ParseFileName(c.fileName())
		if p.ID.IsZero() {
			p.ID = c.id // the archive knows which star it filed it under
		}
		if !ok || !q.Wants(p) {
			continue
		}
		product := archive.Product{Product: p, FileName: c.fileName(), URI: "mast:" + c.fileName(), SizeBytes: int64(len(f.data[c.fileName()])), Rights: "PUBLIC"}
		if c.rights != "" {
			product.Rights = c.rights
		}
		if c.listed != 0 {
			product.SizeBytes = max(c.listed, 0)
		}
		if c.product != nil {
			product = c.product(product)
		}
		found.Products = append(found.Products, product)
	}
	if len(found.Products) == 0 {
		return archive.Found{}, q.NothingFound("fake.Find", "the fake archive")
	}
	slices.Reverse(found.Products) // an archive promises no order
	found.Answers = f.answered
	if found.Answers == nil {
		found.Answers = []archive.Answer{{Name: "products", Origin: exo.Origin{Archive: "mast", URL: "http://archive.test"}, Body: fmt.Append(nil, found.Products)}}
	}
	return found, nil
}

func (f *curveFake) Same(_ context.Context, p archive.Product, known exo.Origin) (same, ok bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.confirm == nil {
		return false, false, nil
	}
	return f.confirm(p.FileName, known)
}

func (f *curveFake) Download(ctx context.Context, p archive.Product, dst archive.Partial) (exo.Origin, error) {
	f.mu.Lock()
	f.loads[p.FileName]++
	f.busy++
	f.busiest = max(f.busiest, f.busy)
	data, fail, wait := f.data[p.FileName], f.loadErr[p.FileName], f.wait
	if f.spoil != nil {
		data = f.spoil(p.FileName, f.loads[p.FileName], slices.Clone(data))
	}
	f.mu.Unlock()
	defer func() { f.mu.Lock(); f.busy--; f.mu.Unlock() }()
	half := len(data) / 2
	if _, err := dst.Write(data[:half]); err != nil {
		return exo.Origin{}, err
	}
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return exo.Origin{}, exo.E("fake", exo.KindOf(ctx.Err()), p.FileName, ctx.Err())
		}
	}
	if fail != nil {
		return exo.Origin{}, fail
	}
	_, err := dst.Write(data[half:])
	return exo.Origin{Archive: "mast", URL: "http://archive.test/" + p.FileName}, err
}

func (f *curveFake) downloads() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range f.loads {
		n += k
	}
	return n
}

func (f *curveFake) searches() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.finds
}

func (f *curveFake) set(change func(*curveFake)) {
	f.mu.Lock()
	change(f)
	f.mu.Unlock()
}

// resolverFake knows some names.
type resolverFake struct {
	mu    sync.Mutex
	known map[string][]archive.Candidate // by canonical name
	err   error
	asked int
}

func (r *resolverFake) Resolve(_ context.Context, name exo.Name, _ exo.Mission) ([]archive.Candidate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if r.err != nil {
		return nil, r.err
	}
	if list, ok := r.known[name.Canonical]; ok {
		return list, nil
	}
	return nil, exo.Errorf("fake.Resolve", exo.NotFound, nil, "no such name")
}

// curveBench is a bench with an archive of light curves.
type curveBench struct {
	*bench
	mast *curveFake
}

func newCurveBench(t testing.TB, files []curve, change ...func(*ingest.Options)) *curveBench {
	t.Helper()
	fake := newCurveFake(t, files...)
	with := func(o *ingest.Options) { o.LightCurves = fake }
	return &curveBench{newBench(t, append([]func(*ingest.Options){with}, change...)...), fake}
}

func (b *curveBench) get(t testing.TB, req ingest.LightCurveRequest) ingest.LightCurveResult {
	t.Helper()
	res, err := b.LightCurve(t.Context(), req, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func slicePtr(n int) *int { return &n }

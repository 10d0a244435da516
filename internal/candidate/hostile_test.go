package candidate_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"exoplanetai/internal/candidate"
	"exoplanetai/internal/catalog"
)

// table makes a Normal without parsing.
func table(typ catalog.Type, columns []string, rows int, cells func(i int) []string) *candidate.Normal {
	n := &candidate.Normal{Type: typ}
	for _, c := range columns {
		n.Columns = append(n.Columns, candidate.Column{Name: c, Type: "char"})
	}
	for i := range rows {
		n.Rows = append(n.Rows, cells(i))
	}
	return n
}

// Eight times the rows may cost eight times as much and some, not sixty-four times.
func TestHostileTablesAreMergedInLinearTime(t *testing.T) {
	const few, many = 1_000, 8_000
	columns := []string{"row_key", "object", "kic", "tic", "ra_deg", "dec_deg", "pm_ra_mas_yr", "pm_dec_mas_yr", "period_d", "comments", "epoch_bjd"}
	type row struct{ object, star, ra, pm, period, comment string }
	for name, f := range map[string]func(i, n int) row{
		"all stars at one place":              func(i, n int) row { return row{fmt.Sprint(i), fmt.Sprint(i), "10", "", "1", ""} },
		"all stars at one place, moving fast": func(i, n int) row { return row{fmt.Sprint(i), fmt.Sprint(i), "10", "10000", "1", ""} },
		"one star with all signals":           func(i, n int) row { return row{fmt.Sprint(i), "1", "10", "", "1", ""} },
		"one star with periods 1 and 2":       func(i, n int) row { return row{fmt.Sprint(i), "1", "10", "", fmt.Sprint(1 + i%2), ""} },
		"one object, each row with another star": func(i, n int) row {
			return row{"x", fmt.Sprint(i), fmt.Sprint(float64(i) / float64(n) * 360), "", fmt.Sprint(i), "Kepler-1 b"}
		},
		"all rows name one planet": func(i, n int) row {
			return row{fmt.Sprint(i), fmt.Sprint(i), "10", "", "1", strings.Repeat("Kepler-1 b; KOI-1.01; ", 5)}
		},
		"a line of stars": func(i, n int) row {
			return row{fmt.Sprint(i), fmt.Sprint(i), fmt.Sprint(10 + float64(i)/36000), "3000", "1", ""}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cost := func(n int) time.Duration {
				cells := func(catalog string, number int) func(i int) []string {
					return func(i int) []string {
						r := f(i, n)
						ids := []string{"", ""}
						ids[number] = catalog + r.star
						return []string{r.object, catalog + r.object, ids[0], ids[1], r.ra, "0", r.pm, r.pm, r.period, r.comment, "2458000"}
					}
				}
				s := candidate.Sources{KOI: table(catalog.KOI, columns, n, cells("KIC ", 0)), TOI: table(catalog.TOI, columns, n, cells("TIC ", 1))}
				start := spent(t)
				m, err := candidate.Merge(s)
				if err != nil || m.Counts.Sources["koi"] != n {
					t.Fatal(err, m.Counts)
				}
				return spent(t) - start
			}
			small, big := cost(few), cost(many)
			t.Log(small, big)
			if big > 30*max(small, 20*time.Millisecond) {
				t.Errorf("%d rows take %v, %d rows %v of the processor", few, small, many, big)
			}
		})
	}
}

// spent returns the processor time used so far: that of the clock depends on
// what else runs.
func spent(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Skip(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// FuzzMerge makes odd tables of a few words: nothing panics, the sums hold, and
// the order of rows means nothing.
func FuzzMerge(f *testing.F) {
	for _, seed := range []string{"", "0123456789", "aaaaaaaaaaaaaaaa", "\x00\xff\x10\x20zzzzzz", "K00001.01 TOI 5.01"} {
		f.Add([]byte(seed), []byte(seed))
	}
	words := [][]string{ // by column; the values are near each other, so that much matches
		{"a", "b", "c", "", "d #2"},
		{"K00001.01", "K00001.02", "TOI 5.01", "TOI-5.01", "K2-1 b", "", "x", "EPIC 1.01", "Kepler-1 b"},
		{"KIC 1", "KIC 2", ""}, {"TIC 1", "TIC 2", ""}, {"EPIC 1", ""},
		{"10", "10.0002", "10.0004", "10.002", "", "x", "400", "NaN"}, {"0", "0.0003", "90", "-90", "", "1e9"}, {"", "1000", "1e9", "-260"}, {"", "3"},
		{"1", "1.001", "2", "2.004", "0", "", "-1", "1e300", "3"}, {"", "0.1", "1e-9", "-1"}, {"", "0", "1", "-1"},
		{"2458000", "2458000.5", "", "1e300", "-1"}, {"", "0.001"}, {"2", "", "1e9"}, {"10", "17", ""}, {"1", "0", ""},
		{"CONFIRMED", "CANDIDATE", "", "FALSE ALARM"},
		{"", "Kepler-1 b", "K2-1 b; KOI-1.02", "single transit of Kepler-1 b", "WASP-1 b", "K2-1b / KOI 1.01"}, {"", "Kepler-1 b", "WASP-1 b", "K2-1 b"},
		{"", "EPIC 1.01", "EPIC 1.02"}, {"2020-01-01", ""}, {"K2-1", "", "x"},
	}
	columns := []string{"row_key", "object", "kic", "tic", "epic", "ra_deg", "dec_deg", "pm_ra_mas_yr", "pm_dec_mas_yr", "period_d", "period_d_err_up", "period_d_limit",
		"epoch_bjd", "epoch_bjd_err_up", "duration_h", "kepler_mag", "default_flag", "disposition", "comments", "planet_name", "candidate_name", "updated", "host_name"}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		at := 0
		next := func(n int) int {
			data := a
			if at >= len(a) && len(b) > 0 {
				data = b
			}
			at++
			if len(data) == 0 {
				return 0
			}
			return int(data[at*7%len(data)]+byte(at)) % n
		}
		make := func(typ catalog.Type) *candidate.Normal {
			if next(5) == 0 {
				return nil
			}
			return table(typ, columns[:2+next(len(columns)-1)], next(12), nil2(func() []string {
				row := []string{}
				for _, w := range words {
					row = append(row, w[next(len(w))])
				}
				return row
			}))
		}
		s := candidate.Sources{KOI: make(catalog.KOI), TOI: make(catalog.TOI), K2: make(catalog.K2), Gaia: make(catalog.Gaia)}
		for _, n := range []*candidate.Normal{s.KOI, s.TOI, s.K2, s.Gaia} {
			if n != nil {
				for i := range n.Rows {
					n.Rows[i] = n.Rows[i][:len(n.Columns)]
				}
			}
		}
		want := everything(t, s)
		for _, n := range []*candidate.Normal{s.KOI, s.TOI, s.K2, s.Gaia} {
			if n != nil {
				slices.Reverse(n.Rows)
			}
		}
		if got := everything(t, s); !slices.Equal(got, want) {
			t.Fatalf("another order, other bytes:\n%s\nwas\n%s", got, want)
		}
	})
}

func nil2(f func() []string) func(int) []string { return func(int) []string { return f() } }

// FuzzNormalize reads odd texts as tables: nothing panics, no row is lost, and
// what is written is read back.
func FuzzNormalize(f *testing.F) {
	f.Add(uint8(0), koiHead+"1,K00001.01,Kepler-1 b,CONFIRMED,2.5,1e-4,-1e-4,100,1e-3,2,1000,100,0,11\n")
	f.Add(uint8(1), toiHead+"9,5.01,KP,10:00:00,-0:0:1,3,4,2458000.5,1e-4,2.50001,1e-6,2.1,,10.8,WASP-99 b\n")
	f.Add(uint8(2), k2Head+"K2-18 b,K2-18,,0,CONFIRMED,<a href=/abs/x/y>z</a>,32.9,,,0,2457264.4,2.2,2020-01-01,172,7\n")
	f.Add(uint8(3), gaiaHead+"TIC 9,0.9,22,100,0,6.0,10.9\n")
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		typ := catalog.Types[int(which)%len(catalog.Types)]
		tab, err := catalog.Parse(typ, []byte(text))
		if err != nil {
			return
		}
		n, err := candidate.Normalize(tab)
		if err != nil || len(n.Rows) != tab.Len() {
			t.Fatal(err, len(n.Rows))
		}
		n.JSON()
		seen := map[string]bool{}
		for _, c := range n.Columns {
			if seen[c.Name] {
				t.Fatalf("column %q twice", c.Name)
			}
			seen[c.Name] = true
		}
		s := candidate.Sources{}
		switch typ {
		case catalog.KOI:
			s.KOI = n
		case catalog.TOI:
			s.TOI = n
		case catalog.K2:
			s.K2 = n
		case catalog.Gaia:
			s.Gaia = n
		}
		m, err := candidate.Merge(s)
		if err != nil {
			t.Fatal(err)
		}
		sound(t, s, m)
		if len(m.Rows) > 0 {
			if _, err := catalog.Parse(catalog.Candidates, m.CSV()); err != nil {
				t.Fatalf("the merged table cannot be read: %v", err)
			}
		}
	})
}
